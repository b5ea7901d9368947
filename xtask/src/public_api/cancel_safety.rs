//! Every asynchronous function says what becomes of it when its future is dropped.

use super::listing::Kind;
use super::{Api, Outcome};

const HEADING: &str = "# Cancel safety";

pub(super) fn check(apis: &[Api], outcome: &mut Outcome) {
    let asynchronous = apis
        .iter()
        .flat_map(|api| &api.entries)
        .filter(|entry| entry.kind == Kind::Asynchronous);
    let mut count = 0;
    for entry in asynchronous {
        count += 1;
        if !entry.docs.lines().any(|line| line.trim() == HEADING) {
            outcome.differences.push(format!(
                "{}: it is asynchronous, and its documentation has no section `{HEADING}`: say what is lost when its \
                 future is dropped",
                entry.path
            ));
        }
    }
    outcome.done.push(format!(
        "{count} asynchronous functions with a section on cancelling them"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(kind: Kind, docs: &str) -> Vec<String> {
        let mut api = Api::of("a", &["pub async fn a::b()"], kind);
        api.entries[0].docs = docs.to_owned();
        let mut outcome = Outcome::default();
        check(&[api], &mut outcome);
        outcome.differences
    }

    #[test]
    fn an_asynchronous_function_without_the_section_is_named() {
        let found = differences(Kind::Asynchronous, "Waits.\n\nNot a heading: # Cancel safety");
        assert!(
            found[0].starts_with("pub async fn a::b(): it is asynchronous"),
            "{found:?}"
        );
        assert!(differences(Kind::Asynchronous, "Waits.\n\n# Cancel safety\n\nLoses nothing.").is_empty());
        assert!(differences(Kind::Named, "Does not wait.").is_empty());
    }
}
