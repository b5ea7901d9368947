//! What a page and its translation must have in common: commands, code, tables' first columns, links.

use std::fs;

/// Takes out of a page what both languages have alike.
type Part = fn(&str) -> Vec<String>;

/// The first thing that differs, if one does.
pub(crate) fn difference(page: &str, translation: &str) -> Result<Option<String>, String> {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let found = compare(&read(page)?, &read(translation)?);
    Ok(found.map(|(what, here, there)| {
        format!("{translation}: its {what} differ from those of {page}, which has\n    {here}\n  where the translation has\n    {there}")
    }))
}

fn compare(page: &str, translation: &str) -> Option<(&'static str, String, String)> {
    let parts: [(&str, Part); 5] = [
        ("headings' levels", levels),
        ("code blocks", code_blocks),
        ("tables' first columns", first_columns),
        ("links", links),
        ("words in code type", |text| sorted(code_words(text))),
    ];
    for (what, of) in parts {
        let (mut here, mut there) = (of(page).into_iter(), of(translation).into_iter());
        loop {
            match (here.next(), there.next()) {
                (None, None) => break,
                (here, there) if here == there => {}
                (here, there) => {
                    let or = |line: Option<String>| line.unwrap_or_else(|| "nothing more".to_owned());
                    return Some((what, or(here), or(there)));
                }
            }
        }
    }
    None
}

fn levels(text: &str) -> Vec<String> {
    let prose = prose(text);
    let levels = prose.lines().filter(|line| line.starts_with('#'));
    levels
        .map(|line| line.chars().take_while(|letter| *letter == '#').collect())
        .collect()
}

fn code_blocks(text: &str) -> Vec<String> {
    let mut within = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        let fence = line.starts_with("```");
        within ^= fence;
        if within || fence {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn first_columns(text: &str) -> Vec<String> {
    let prose = prose(text);
    let rows: Vec<&str> = prose.lines().collect();
    let rows = rows.iter().enumerate().filter(|(at, row)| {
        // The row above the line of dashes has the columns' names, in the page's language.
        let heads = rows.get(at + 1).is_some_and(|next| next.starts_with("|---"));
        row.starts_with('|') && !heads
    });
    rows.filter_map(|(_, row)| row.split('|').nth(1))
        .map(|cell| cell.trim().to_owned())
        .collect()
}

/// Where the links lead, in alphabetical order: a translation may have them in another one. Links between the two pages are left out.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    sorted(
        targets
            .filter(|target| !target.starts_with("README"))
            .map(str::to_owned)
            .collect(),
    )
}

/// What stands between backticks outside of code blocks.
fn code_words(text: &str) -> Vec<String> {
    let prose = prose(text).replace('\n', " ");
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn prose(text: &str) -> String {
    let mut within = false;
    let lines = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        within ^= fence;
        !within && !fence
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

#[cfg(test)]
mod tests {
    use super::compare;

    const PAGE: &str = "# A\n[b](b.md) `c`\n```console\n$ d\n```\n| head | x |\n|---|---|\n| `e` | f |\n";

    #[test]
    fn another_language_is_no_difference() {
        let translation = "# 甲\n`c` [乙](b.md)\n[English](README.md)\n```console\n$ d\n```\n| 头 | x |\n|---|---|\n| `e` | 己 |\n";
        assert_eq!(compare(PAGE, translation), None);
    }

    #[test]
    fn another_command_row_link_word_or_heading_is() {
        let cases = [
            ("$ d", "$ e", "code blocks"),
            ("| `e` | f |\n", "", "tables' first columns"),
            ("b.md", "c.md", "links"),
            ("`c`", "`z`", "words in code type"),
            ("# A", "## A", "headings' levels"),
        ];
        for (from, to, what) in cases {
            let found = compare(PAGE, &PAGE.replace(from, to)).unwrap();
            assert_eq!(found.0, what, "{found:?}");
        }
    }
}
