//! The public items of a crate, one line each.

use std::collections::BTreeSet;

use rustdoc_types::{
    Attribute, Crate, Id, Impl, Item, ItemEnum, StructKind, Trait, Type, Use, VariantKind, Visibility,
};

use super::render::{PublicPaths, Renderer, value};
use super::rustdoc::Docs;

/// What a type promises by having none of these: a positive one is not listed, it would be a line for nearly every type.
const AUTO_TRAITS: &[&str] = &["Send", "Sync", "Unpin"];

/// One public item.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// How it is reached: `session_export::Client::builder`.
    pub(super) path: String,
    /// What stands in the record.
    pub(super) line: String,
    /// The other crates that the line names.
    pub(super) named: BTreeSet<String>,
    pub(super) docs: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Has a name of its own that others can write.
    Named,
    /// As that, and its result is awaited.
    Asynchronous,
    /// A trait that a type implements.
    Impl,
    /// Another crate's item, or a module.
    Place,
}

impl Entry {
    pub(super) fn name(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or_default()
    }
}

/// Where each of our items is public.
pub(super) fn public_paths(docs: &Docs) -> PublicPaths {
    let mut public = PublicPaths::new();
    for docs in docs.values() {
        let nothing = PublicPaths::new();
        let mut lister = Lister::new(docs, &nothing);
        lister.root();
        for (id, path) in lister.placed {
            if let Some(summary) = docs.paths.get(&id) {
                public.entry(summary.path.join("::")).or_insert(path);
            }
        }
    }
    public
}

/// All public items of a crate, by their paths.
pub(super) fn entries(docs: &Crate, public: &PublicPaths) -> Vec<Entry> {
    let mut lister = Lister::new(docs, public);
    lister.root();
    let mut entries = lister.entries;
    entries.sort_by(|a, b| (&a.path, a.kind, &a.line).cmp(&(&b.path, b.kind, &b.line)));
    // `impl From<A> for B` belongs to both.
    let mut seen = BTreeSet::new();
    entries.retain(|entry| seen.insert(entry.line.clone()));
    entries
}

struct Lister<'a> {
    docs: &'a Crate,
    public: &'a PublicPaths,
    entries: Vec<Entry>,
    /// Items that can be named in a type, and where: the order is that of the source.
    placed: Vec<(Id, String)>,
    /// Modules on the way here: a glob may lead back to one.
    open: Vec<Id>,
}

impl<'a> Lister<'a> {
    fn new(docs: &'a Crate, public: &'a PublicPaths) -> Self {
        Self {
            docs,
            public,
            entries: Vec::new(),
            placed: Vec::new(),
            open: Vec::new(),
        }
    }

    fn root(&mut self) {
        if let Some(item) = self.docs.index.get(&self.docs.root) {
            let name = item.name.clone().unwrap_or_default();
            self.item(item, &name);
        }
    }

    fn add(&mut self, item: &Item, path: &str, kind: Kind, line: impl FnOnce(&mut Renderer) -> String) {
        let mut renderer = Renderer::new(self.docs, self.public);
        let line = line(&mut renderer);
        let attributes: String = item.attrs.iter().filter_map(attribute).collect();
        self.entries.push(Entry {
            path: path.to_owned(),
            line: attributes + &line,
            named: renderer.into_named(),
            docs: item.docs.clone().unwrap_or_default(),
            kind,
        });
    }

    /// The items with these ids, each below `path`. What is not public is not in the index.
    fn below(&mut self, ids: &[Id], path: &str) {
        for id in ids {
            if let Some(item) = self.docs.index.get(id) {
                let name = item.name.as_deref().unwrap_or_default();
                self.item(item, &format!("{path}::{name}"));
            }
        }
    }

    fn item(&mut self, item: &Item, path: &str) {
        match &item.inner {
            ItemEnum::Module(module) => {
                if self.open.contains(&item.id) {
                    return;
                }
                self.open.push(item.id);
                self.add(item, path, Kind::Place, |_| format!("pub mod {path}"));
                for id in &module.items {
                    if let Some(inner) = self.docs.index.get(id) {
                        self.inside(inner, path);
                    }
                }
                self.open.pop();
            }
            ItemEnum::Struct(kind) => {
                self.placed.push((item.id, path.to_owned()));
                let (fields, hidden, tuple) = match &kind.kind {
                    StructKind::Unit => (Vec::new(), "", None),
                    StructKind::Tuple(fields) => (Vec::new(), "", Some(fields)),
                    StructKind::Plain {
                        fields,
                        has_stripped_fields,
                    } => (
                        fields.clone(),
                        if *has_stripped_fields { " { .. }" } else { " {}" },
                        None,
                    ),
                };
                let tuple = tuple.map(|fields| self.kinds(fields));
                self.add(item, path, Kind::Named, |renderer| {
                    let parameters = renderer.parameters(&kind.generics.params);
                    let tuple = tuple
                        .map(|kinds| in_brackets(renderer, &kinds))
                        .unwrap_or_default();
                    let conditions = renderer.conditions(&kind.generics);
                    format!("pub struct {path}{parameters}{tuple}{conditions}{hidden}")
                });
                self.below(&fields, path);
                self.impls(&kind.impls, path);
            }
            ItemEnum::Enum(kind) => {
                self.placed.push((item.id, path.to_owned()));
                self.add(item, path, Kind::Named, |renderer| {
                    let parameters = renderer.parameters(&kind.generics.params);
                    let conditions = renderer.conditions(&kind.generics);
                    format!("pub enum {path}{parameters}{conditions}")
                });
                self.below(&kind.variants, path);
                self.impls(&kind.impls, path);
            }
            ItemEnum::Union(kind) => {
                self.placed.push((item.id, path.to_owned()));
                self.add(item, path, Kind::Named, |_| format!("pub union {path}"));
                self.below(&kind.fields, path);
                self.impls(&kind.impls, path);
            }
            ItemEnum::Variant(variant) => {
                let (tuple, fields) = match &variant.kind {
                    VariantKind::Plain => (None, Vec::new()),
                    VariantKind::Tuple(fields) => (Some(self.kinds(fields)), Vec::new()),
                    VariantKind::Struct { fields, .. } => (None, fields.clone()),
                };
                let discriminant = variant.discriminant.as_ref().map(|it| format!(" = {}", it.value));
                let braces = if fields.is_empty() { "" } else { " { .. }" };
                self.add(item, path, Kind::Named, |renderer| {
                    let tuple = tuple
                        .map(|kinds| in_brackets(renderer, &kinds))
                        .unwrap_or_default();
                    format!("{path}{tuple}{braces}{}", discriminant.unwrap_or_default())
                });
                self.below(&fields, path);
            }
            ItemEnum::StructField(kind) => {
                self.add(item, path, Kind::Named, |renderer| {
                    format!("pub {path}: {}", renderer.kind(kind))
                });
            }
            ItemEnum::Function(function) => self.function(item, path, function, "pub ", ""),
            ItemEnum::Trait(kind) => self.trait_(item, path, kind),
            ItemEnum::TypeAlias(alias) => {
                self.placed.push((item.id, path.to_owned()));
                self.add(item, path, Kind::Named, |renderer| {
                    let parameters = renderer.parameters(&alias.generics.params);
                    format!("pub type {path}{parameters} = {}", renderer.kind(&alias.type_))
                });
            }
            ItemEnum::Constant { type_, const_ } => {
                self.add(item, path, Kind::Named, |renderer| {
                    format!("pub const {path}: {} = {}", renderer.kind(type_), value(const_))
                });
            }
            ItemEnum::AssocConst { type_, value } => {
                let value = value.as_ref().map(|value| format!(" = {value}"));
                self.add(item, path, Kind::Named, |renderer| {
                    format!(
                        "pub const {path}: {}{}",
                        renderer.kind(type_),
                        value.unwrap_or_default()
                    )
                });
            }
            ItemEnum::AssocType { bounds, type_, .. } => {
                self.add(item, path, Kind::Named, |renderer| {
                    let bounds = renderer.colon(bounds);
                    let default = type_.as_ref().map(|kind| format!(" = {}", renderer.kind(kind)));
                    format!("type {path}{bounds}{}", default.unwrap_or_default())
                });
            }
            ItemEnum::Static(kind) => {
                self.add(item, path, Kind::Named, |renderer| {
                    format!("pub static {path}: {}", renderer.kind(&kind.type_))
                });
            }
            ItemEnum::Macro(_) | ItemEnum::ProcMacro(_) => {
                self.add(item, path, Kind::Named, |_| format!("pub macro {path}!"));
            }
            // None of ours has one of these; an item that is not listed would be a promise that nobody sees.
            other => {
                self.add(item, path, Kind::Named, |_| {
                    format!("pub {:?} {path}", other.item_kind())
                });
            }
        }
    }

    fn inside(&mut self, item: &Item, module: &str) {
        if let ItemEnum::Use(import) = &item.inner {
            self.import(item, module, import);
        } else if !matches!(item.inner, ItemEnum::Impl(_)) {
            let name = item.name.as_deref().unwrap_or_default();
            self.item(item, &format!("{module}::{name}"));
        }
    }

    fn import(&mut self, item: &Item, module: &str, import: &Use) {
        let target = import.id.and_then(|id| self.docs.index.get(&id));
        match target.map(|target| (target, &target.inner)) {
            Some((target, ItemEnum::Module(inside))) if import.is_glob => {
                if !self.open.contains(&target.id) {
                    self.open.push(target.id);
                    for id in &inside.items {
                        if let Some(inner) = self.docs.index.get(id) {
                            self.inside(inner, module);
                        }
                    }
                    self.open.pop();
                }
            }
            Some((_, ItemEnum::Enum(kind))) if import.is_glob => self.below(&kind.variants, module),
            Some((target, _)) => self.item(target, &format!("{module}::{}", import.name)),
            // Of another crate.
            None => {
                let name = if import.is_glob { "*" } else { &import.name };
                let path = format!("{module}::{name}");
                let owner = import.source.split("::").next().unwrap_or_default().to_owned();
                let line = format!("pub use {} as {path}", import.source);
                self.add(item, &path, Kind::Place, |_| line);
                if let Some(entry) = self.entries.last_mut() {
                    entry.named.insert(owner);
                }
            }
        }
    }

    fn function(
        &mut self,
        item: &Item,
        path: &str,
        function: &rustdoc_types::Function,
        before: &str,
        after: &str,
    ) {
        let mut kind = Kind::Named;
        let mut renderer = Renderer::new(self.docs, self.public);
        let output = function.sig.output.as_ref().map(|output| renderer.kind(output));
        // An asynchronous method of a trait is a function that returns a boxed future.
        if function.header.is_async
            || output.is_some_and(|output| output.contains("dyn Future") || output.contains("impl Future"))
        {
            kind = Kind::Asynchronous;
        }
        self.add(item, path, kind, |renderer| {
            format!("{before}{}{after}", renderer.function(path, function))
        });
    }

    fn trait_(&mut self, item: &Item, path: &str, kind: &Trait) {
        self.placed.push((item.id, path.to_owned()));
        self.add(item, path, Kind::Named, |renderer| {
            let parameters = renderer.parameters(&kind.generics.params);
            let bounds = renderer.colon(&kind.bounds);
            let conditions = renderer.conditions(&kind.generics);
            format!("pub trait {path}{parameters}{bounds}{conditions}")
        });
        for id in &kind.items {
            let Some(member) = self.docs.index.get(id) else {
                continue;
            };
            let path = format!("{path}::{}", member.name.as_deref().unwrap_or_default());
            match &member.inner {
                // One that need not be written can be added without breaking anybody.
                ItemEnum::Function(function) => {
                    let after = if function.has_body { " { … }" } else { "" };
                    self.function(member, &path, function, "", after);
                }
                _ => self.item(member, &path),
            }
        }
        // Those for our own types are listed with these.
        for id in &kind.implementations {
            let Some((item, implemented)) = self.implementation(id) else {
                continue;
            };
            let is_ours = match &implemented.for_ {
                Type::ResolvedPath(path) => self.docs.paths.get(&path.id).is_some_and(|it| it.crate_id == 0),
                _ => false,
            };
            if !is_ours {
                self.implemented(item, implemented, path);
            }
        }
    }

    fn implementation(&self, id: &Id) -> Option<(&'a Item, &'a Impl)> {
        let item = self.docs.index.get(id)?;
        match &item.inner {
            ItemEnum::Impl(implemented) => Some((item, implemented)),
            _ => None,
        }
    }

    fn impls(&mut self, ids: &[Id], path: &str) {
        for id in ids {
            let Some((item, implemented)) = self.implementation(id) else {
                continue;
            };
            match implemented.trait_ {
                None => {
                    let public = |id: &&Id| {
                        let item = self.docs.index.get(id);
                        item.is_some_and(|item| item.visibility == Visibility::Public)
                    };
                    let members: Vec<_> = implemented.items.iter().filter(public).copied().collect();
                    self.below(&members, path);
                }
                Some(_) => self.implemented(item, implemented, path),
            }
        }
    }

    fn implemented(&mut self, item: &Item, implemented: &Impl, path: &str) {
        let Some(of) = &implemented.trait_ else {
            return;
        };
        let name = of.path.rsplit("::").next().unwrap_or_default();
        let is_auto = implemented.is_synthetic && !(implemented.is_negative && AUTO_TRAITS.contains(&name));
        if is_auto || implemented.blanket_impl.is_some() || name == "StructuralPartialEq" {
            return;
        }
        let types: Vec<_> = implemented
            .items
            .iter()
            .filter_map(|id| self.docs.index.get(id))
            .filter_map(|member| match &member.inner {
                ItemEnum::AssocType {
                    type_: Some(kind), ..
                } => Some((member.name.as_deref()?, kind)),
                _ => None,
            })
            .collect();
        self.add(item, path, Kind::Impl, |renderer| {
            let parameters = renderer.parameters(&implemented.generics.params);
            let not = if implemented.is_negative { "!" } else { "" };
            let of = renderer.path(of);
            let for_ = renderer.kind(&implemented.for_);
            let conditions = renderer.conditions(&implemented.generics);
            let types: Vec<_> = types
                .iter()
                .map(|(name, kind)| format!("type {name} = {}", renderer.kind(kind)))
                .collect();
            let types = match types.is_empty() {
                true => String::new(),
                false => format!(" {{ {} }}", types.join("; ")),
            };
            format!("impl{parameters} {not}{of} for {for_}{conditions}{types}")
        });
    }

    /// The types of a tuple's fields; `None` for one that is private.
    fn kinds(&self, fields: &[Option<Id>]) -> Vec<Option<&'a Type>> {
        fields
            .iter()
            .map(|id| match &self.docs.index.get(id.as_ref()?)?.inner {
                ItemEnum::StructField(kind) => Some(kind),
                _ => None,
            })
            .collect()
    }
}

fn in_brackets(renderer: &mut Renderer, kinds: &[Option<&Type>]) -> String {
    let kinds: Vec<_> = kinds
        .iter()
        .map(|kind| kind.map_or_else(|| "_".to_owned(), |kind| renderer.kind(kind)))
        .collect();
    format!("({})", kinds.join(", "))
}

/// Attributes that are part of the promise.
fn attribute(attribute: &Attribute) -> Option<&'static str> {
    match attribute {
        Attribute::NonExhaustive => Some("#[non_exhaustive] "),
        Attribute::MustUse { .. } => Some("#[must_use] "),
        _ => None,
    }
}
