//! Which other crates' types the public signatures of the neutral crates name.

use super::{Api, Outcome};
use crate::walls::NEUTRAL;

/// The shared vocabulary, as docs/architecture.md has it.
const ALLOWED: &[&str] = &[
    "alloc",
    "bytes",
    "chrono",
    "core",
    "futures_core",
    "http",
    "http_body",
    "serde",
    // Where serde's traits are defined.
    "serde_core",
    "std",
];

pub(super) fn check(apis: &[Api], outcome: &mut Outcome) {
    let mut lines = 0;
    for api in apis.iter().filter(|api| NEUTRAL.contains(&api.package.as_str())) {
        for entry in &api.entries {
            lines += 1;
            for named in entry.named.iter().filter(|named| !may_name(apis, named)) {
                outcome.differences.push(format!(
                    "{}: the signature of {} names a type of {named}:\n  {}\n  wrap it in a type of its own, or, if {named} \
                     belongs to the shared vocabulary, add it to xtask/src/public_api/foreign_types.rs and say why in an ADR",
                    api.package, entry.path, entry.line
                ));
            }
        }
    }
    outcome.done.push(format!(
        "{lines} lines of {} neutral crates that name no type outside the shared vocabulary",
        NEUTRAL.len()
    ));
}

fn may_name(apis: &[Api], named: &str) -> bool {
    ALLOWED.contains(&named) || apis.iter().any(|api| api.package.replace('-', "_") == named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public_api::listing::Kind;

    fn differences(package: &str, named: &str) -> Vec<String> {
        let mut api = Api::of(package, &["pub fn a::b() -> c::D"], Kind::Named);
        api.entries[0].named.insert(named.to_owned());
        let mut outcome = Outcome::default();
        check(&[api], &mut outcome);
        outcome.differences
    }

    #[test]
    fn a_type_of_another_library_is_named_with_its_line() {
        let found = differences("session-export-auth", "reqwest");
        assert!(
            found[0].contains("session-export-auth") && found[0].contains("a type of reqwest"),
            "{found:?}"
        );
        assert!(found[0].contains("pub fn a::b() -> c::D"), "{found:?}");
        for allowed in ["core", "http", "session_export_auth"] {
            assert!(
                differences("session-export-auth", allowed).is_empty(),
                "{allowed}"
            );
        }
        // A transport may show its stack.
        assert!(differences("session-export-transport-reqwest", "reqwest").is_empty());
    }
}
