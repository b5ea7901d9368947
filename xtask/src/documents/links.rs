//! Whether the links between the pages, and from them into the code, lead somewhere.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Every link of a page of the repository that leads to nothing: no such file, or no such heading.
pub(crate) fn broken() -> Result<Vec<String>, String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.md",
        ])
        .output()
        .map_err(|error| format!("git ls-files: {error}"))?;
    let listed = String::from_utf8(listed.stdout).map_err(|error| error.to_string())?;
    let mut broken = Vec::new();
    for page in listed.split_terminator('\0').map(Path::new) {
        let text = fs::read_to_string(page).map_err(|error| format!("{}: {error}", page.display()))?;
        for target in targets(&text) {
            if let Some(why) = fault(page, &text, target) {
                broken.push(format!("{}: the link to {target}: {why}", page.display()));
            }
        }
    }
    Ok(broken)
}

/// Where the links lead that stay in the repository.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let ends = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ', '\n']).next());
    ends.filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
}

fn fault(page: &Path, text: &str, target: &str) -> Option<String> {
    let (file, heading) = match target.split_once('#') {
        Some((file, heading)) => (file, Some(heading)),
        None => (target, None),
    };
    let other;
    let mut led_to = text;
    if !file.is_empty() {
        let path = page.parent().unwrap_or(Path::new("")).join(file);
        if !path.exists() {
            return Some("there is no such file".to_owned());
        }
        if heading.is_some() {
            other = fs::read_to_string(&path).ok()?;
            led_to = &other;
        }
    }
    let heading = heading?;
    let known = led_to.lines().filter(|line| line.starts_with('#')).map(anchor);
    (!known.into_iter().any(|anchor| anchor == heading)).then(|| "there is no such heading".to_owned())
}

/// What the pages' renderer makes of a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{anchor, fault, targets};

    #[test]
    fn links_elsewhere_are_not_looked_at() {
        let text = "[a](https://a.example) [b](b.md#c) ![d](d.png \"e\") [f](#g)";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["b.md#c", "d.png", "#g"]);
    }

    #[test]
    fn a_file_or_heading_that_is_not_there_is_a_fault() {
        let page = Path::new("page.md");
        let text = "# A page\n## What is *known*, and what is not\n";
        let fault = |target| fault(page, text, target);
        assert_eq!(fault("#what-is-known-and-what-is-not"), None);
        assert_eq!(fault("#a-pag").unwrap(), "there is no such heading");
        assert_eq!(fault("nowhere.md").unwrap(), "there is no such file");
        assert_eq!(fault("src/main.rs"), None);
    }

    #[test]
    fn anchors_are_lower_case_words_with_hyphens() {
        assert_eq!(anchor("### `tasks`, and 2 more: all"), "tasks-and-2-more-all");
    }
}
