//! Types and signatures of rustdoc's JSON as text.

use std::collections::{BTreeMap, BTreeSet};

use rustdoc_types::{
    AssocItemConstraintKind, Constant, Crate, Function, FunctionSignature, GenericArg, GenericArgs,
    GenericBound, GenericParamDef, GenericParamDefKind, Generics, Id, Path, PolyTrait, PreciseCapturingArg,
    Term, TraitBoundModifier, Type, WherePredicate,
};

/// What needs no path to be understood.
const PRELUDE: &[&str] = &[
    "alloc::borrow::Cow",
    "alloc::boxed::Box",
    "alloc::string::String",
    "alloc::sync::Arc",
    "alloc::vec::Vec",
    "core::clone::Clone",
    "core::cmp::Eq",
    "core::cmp::Ord",
    "core::cmp::PartialEq",
    "core::cmp::PartialOrd",
    "core::convert::AsRef",
    "core::convert::From",
    "core::convert::Into",
    "core::convert::TryFrom",
    "core::default::Default",
    "core::future::future::Future",
    "core::iter::traits::collect::IntoIterator",
    "core::iter::traits::iterator::Iterator",
    "core::marker::Copy",
    "core::marker::Send",
    "core::marker::Sized",
    "core::marker::Sync",
    "core::marker::Unpin",
    "core::ops::function::Fn",
    "core::ops::function::FnMut",
    "core::ops::function::FnOnce",
    "core::option::Option",
    "core::pin::Pin",
    "core::result::Result",
    "core::time::Duration",
];

/// Where an item is defined, to where it is public: definitions are in private modules, of this crate or of another of ours.
pub(super) type PublicPaths = BTreeMap<String, String>;

/// Writes what one item says, and remembers which crates it names.
pub(super) struct Renderer<'a> {
    docs: &'a Crate,
    public: &'a PublicPaths,
    named: BTreeSet<String>,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(docs: &'a Crate, public: &'a PublicPaths) -> Self {
        let named = BTreeSet::new();
        Self { docs, public, named }
    }

    /// The other crates whose items were named so far.
    pub(super) fn into_named(self) -> BTreeSet<String> {
        self.named
    }

    /// `name<T>(&self, a: A) -> B where …`, with what stands before the name.
    pub(super) fn function(&mut self, name: &str, function: &Function) -> String {
        let header = &function.header;
        let mut text = String::new();
        for (is_so, word) in [
            (header.is_const, "const "),
            (header.is_async, "async "),
            (header.is_unsafe, "unsafe "),
        ] {
            text.push_str(if is_so { word } else { "" });
        }
        let parameters = self.parameters(&function.generics.params);
        let signature = self.signature(&function.sig);
        let conditions = self.conditions(&function.generics);
        text + &format!("fn {name}{parameters}{signature}{conditions}")
    }

    fn signature(&mut self, signature: &FunctionSignature) -> String {
        let inputs: Vec<_> = signature
            .inputs
            .iter()
            .map(|(name, kind)| match (name.as_str(), self.kind(kind).as_str()) {
                ("self", "Self") => "self".to_owned(),
                ("self", "&Self") => "&self".to_owned(),
                ("self", "&mut Self") => "&mut self".to_owned(),
                (name, kind) => format!("{name}: {kind}"),
            })
            .collect();
        let output = match &signature.output {
            Some(output) => format!(" -> {}", self.kind(output)),
            None => String::new(),
        };
        format!("({}){output}", inputs.join(", "))
    }

    /// `<'a, T: Bound>`, or nothing.
    pub(super) fn parameters(&mut self, parameters: &[GenericParamDef]) -> String {
        let mut texts = Vec::new();
        for parameter in parameters {
            let name = &parameter.name;
            texts.push(match &parameter.kind {
                GenericParamDefKind::Lifetime { outlives } if outlives.is_empty() => name.clone(),
                GenericParamDefKind::Lifetime { outlives } => format!("{name}: {}", outlives.join(" + ")),
                // `impl Trait` of an argument, which is written there.
                GenericParamDefKind::Type {
                    is_synthetic: true, ..
                } => continue,
                GenericParamDefKind::Type { bounds, default, .. } => {
                    let default = default.as_ref().map(|kind| format!(" = {}", self.kind(kind)));
                    format!("{name}{}{}", self.colon(bounds), default.unwrap_or_default())
                }
                GenericParamDefKind::Const { type_, .. } => format!("const {name}: {}", self.kind(type_)),
            });
        }
        match texts.is_empty() {
            true => String::new(),
            false => format!("<{}>", texts.join(", ")),
        }
    }

    /// ` where …`, or nothing.
    pub(super) fn conditions(&mut self, generics: &Generics) -> String {
        let texts: Vec<_> = generics
            .where_predicates
            .iter()
            .map(|predicate| match predicate {
                WherePredicate::BoundPredicate {
                    type_,
                    bounds,
                    generic_params,
                } => {
                    let all = self.for_all(generic_params);
                    format!("{all}{}{}", self.kind(type_), self.colon(bounds))
                }
                WherePredicate::LifetimePredicate { lifetime, outlives } => {
                    format!("{lifetime}: {}", outlives.join(" + "))
                }
                WherePredicate::EqPredicate { lhs, rhs } => {
                    format!("{} = {}", self.kind(lhs), self.term(rhs))
                }
            })
            .collect();
        match texts.is_empty() {
            true => String::new(),
            false => format!(" where {}", texts.join(", ")),
        }
    }

    /// `: A + B`, or nothing.
    pub(super) fn colon(&mut self, bounds: &[GenericBound]) -> String {
        match bounds.is_empty() {
            true => String::new(),
            false => format!(": {}", self.bounds(bounds)),
        }
    }

    fn bounds(&mut self, bounds: &[GenericBound]) -> String {
        let texts: Vec<_> = bounds
            .iter()
            .map(|bound| match bound {
                GenericBound::TraitBound {
                    trait_,
                    generic_params,
                    modifier,
                } => {
                    let mark = match modifier {
                        TraitBoundModifier::None => "",
                        TraitBoundModifier::Maybe => "?",
                        TraitBoundModifier::MaybeConst => "~const ",
                    };
                    format!("{}{mark}{}", self.for_all(generic_params), self.path(trait_))
                }
                GenericBound::Outlives(lifetime) => lifetime.clone(),
                GenericBound::Use(captured) => {
                    let captured: Vec<_> = captured
                        .iter()
                        .map(|one| match one {
                            PreciseCapturingArg::Lifetime(name) | PreciseCapturingArg::Param(name) => {
                                name.as_str()
                            }
                        })
                        .collect();
                    format!("use<{}>", captured.join(", "))
                }
            })
            .collect();
        texts.join(" + ")
    }

    fn for_all(&mut self, parameters: &[GenericParamDef]) -> String {
        match self.parameters(parameters) {
            text if text.is_empty() => text,
            text => format!("for{text} "),
        }
    }

    pub(super) fn kind(&mut self, kind: &Type) -> String {
        match kind {
            Type::ResolvedPath(path) => self.path(path),
            Type::DynTrait(object) => {
                let mut parts: Vec<_> = object.traits.iter().map(|bound| self.poly(bound)).collect();
                parts.extend(object.lifetime.clone());
                format!("dyn {}", parts.join(" + "))
            }
            Type::Generic(name) | Type::Primitive(name) => name.clone(),
            Type::FunctionPointer(pointer) => {
                let all = self.for_all(&pointer.generic_params);
                format!("{all}fn{}", self.signature(&pointer.sig))
            }
            Type::Tuple(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| self.kind(kind)).collect();
                match &kinds[..] {
                    [one] => format!("({one},)"),
                    kinds => format!("({})", kinds.join(", ")),
                }
            }
            Type::Slice(kind) => format!("[{}]", self.kind(kind)),
            Type::Array { type_, len } => format!("[{}; {len}]", self.kind(type_)),
            Type::Pat { type_, .. } => self.kind(type_),
            Type::ImplTrait(bounds) => format!("impl {}", self.bounds(bounds)),
            Type::Infer => "_".to_owned(),
            Type::RawPointer { is_mutable, type_ } => {
                let word = if *is_mutable { "mut" } else { "const" };
                format!("*{word} {}", self.kind(type_))
            }
            Type::BorrowedRef {
                lifetime,
                is_mutable,
                type_,
            } => {
                let lifetime = lifetime
                    .as_ref()
                    .map(|name| format!("{name} "))
                    .unwrap_or_default();
                let word = if *is_mutable { "mut " } else { "" };
                let inner = self.kind(type_);
                match inner.starts_with("dyn ") && inner.contains(" + ") {
                    true => format!("&{lifetime}{word}({inner})"),
                    false => format!("&{lifetime}{word}{inner}"),
                }
            }
            Type::QualifiedPath {
                name,
                args,
                self_type,
                trait_,
            } => {
                let args = self.arguments(args.as_deref());
                let of = self.kind(self_type);
                match trait_.as_ref().map(|path| self.path(path)) {
                    // An associated type of a bound, or of the trait itself, has no path.
                    Some(path) if !path.is_empty() && of != "Self" => {
                        format!("<{of} as {path}>::{name}{args}")
                    }
                    _ => format!("{of}::{name}{args}"),
                }
            }
        }
    }

    fn poly(&mut self, bound: &PolyTrait) -> String {
        let all = self.for_all(&bound.generic_params);
        format!("{all}{}", self.path(&bound.trait_))
    }

    pub(super) fn path(&mut self, path: &Path) -> String {
        let name = self.name(path.id, &path.path);
        name + &self.arguments(path.args.as_deref())
    }

    /// Where an item is public, or where it is defined if that is not one of our crates.
    fn name(&mut self, id: Id, written: &str) -> String {
        let Some(summary) = self.docs.paths.get(&id) else {
            return written.to_owned();
        };
        if let Some(other) = self.docs.external_crates.get(&summary.crate_id) {
            self.named.insert(other.name.clone());
        }
        let defined = summary.path.join("::");
        if let Some(public) = self.public.get(&defined) {
            return public.clone();
        }
        match PRELUDE.contains(&defined.as_str()) {
            true => summary.path.last().cloned().unwrap_or_default(),
            false => defined,
        }
    }

    fn arguments(&mut self, arguments: Option<&GenericArgs>) -> String {
        match arguments {
            None => String::new(),
            Some(GenericArgs::AngleBracketed { args, constraints }) => {
                let mut texts: Vec<_> = args
                    .iter()
                    .map(|argument| match argument {
                        GenericArg::Lifetime(name) => name.clone(),
                        GenericArg::Type(kind) => self.kind(kind),
                        GenericArg::Const(constant) => value(constant),
                        GenericArg::Infer => "_".to_owned(),
                    })
                    .collect();
                for constraint in constraints {
                    let of = self.arguments(constraint.args.as_deref());
                    let binding = match &constraint.binding {
                        AssocItemConstraintKind::Equality(term) => format!(" = {}", self.term(term)),
                        AssocItemConstraintKind::Constraint(bounds) => self.colon(bounds),
                    };
                    texts.push(format!("{}{of}{binding}", constraint.name));
                }
                match texts.is_empty() {
                    true => String::new(),
                    false => format!("<{}>", texts.join(", ")),
                }
            }
            Some(GenericArgs::Parenthesized { inputs, output }) => {
                let inputs: Vec<_> = inputs.iter().map(|kind| self.kind(kind)).collect();
                let output = output.as_ref().map(|kind| format!(" -> {}", self.kind(kind)));
                format!("({}){}", inputs.join(", "), output.unwrap_or_default())
            }
            Some(GenericArgs::ReturnTypeNotation) => "(..)".to_owned(),
        }
    }

    fn term(&mut self, term: &Term) -> String {
        match term {
            Term::Type(kind) => self.kind(kind),
            Term::Constant(constant) => value(constant),
        }
    }
}

/// The number or text a constant stands for, else how it is written.
pub(super) fn value(constant: &Constant) -> String {
    constant.value.clone().unwrap_or_else(|| constant.expr.clone())
}
