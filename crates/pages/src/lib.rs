//! Parts of the pages in `docs/` that follow from the code: tests and `xtask` write them, and compare them.

use std::fs;
use std::path::{Path, PathBuf};

/// What should stand between `<!-- name: begin -->` and `<!-- name: end -->` of a page.
#[derive(Debug)]
pub struct Section {
    page: PathBuf,
    name: String,
    text: String,
}

impl Section {
    /// A part of a page, and what it should be. Blank lines around it do not count.
    pub fn new(page: impl Into<PathBuf>, name: impl Into<String>, text: String) -> Self {
        Self {
            page: page.into(),
            name: name.into(),
            text,
        }
    }

    /// The first line that differs, if one does.
    ///
    /// # Errors
    ///
    /// The page cannot be read, or does not have the part's marks.
    pub fn difference(&self) -> Result<Option<String>, String> {
        let page = self.read()?;
        let (_, found, _) = self.split(&page)?;
        let (mut wanted, mut found) = (self.text.trim().lines(), found.trim().lines());
        loop {
            let (wanted, found) = match (wanted.next(), found.next()) {
                (None, None) => return Ok(None),
                (wanted, found) if wanted == found => continue,
                (wanted, found) => (wanted.unwrap_or("nothing more"), found.unwrap_or("nothing more")),
            };
            return Ok(Some(format!(
                "{}, part {:?}: the page says\n    {found}\n  the code says\n    {wanted}",
                self.page.display(),
                self.name
            )));
        }
    }

    /// Puts the text into the page.
    ///
    /// # Errors
    ///
    /// The page cannot be read or written, or does not have the part's marks.
    pub fn write(&self) -> Result<(), String> {
        let page = self.read()?;
        let (before, _, after) = self.split(&page)?;
        let text = format!("{before}\n\n{}\n\n{after}", self.text.trim());
        fs::write(&self.page, text).map_err(|error| format!("{}: {error}", self.page.display()))
    }

    fn read(&self) -> Result<String, String> {
        fs::read_to_string(&self.page).map_err(|error| format!("{}: {error}", self.page.display()))
    }

    /// What is before, between and after the marks, which belong to the outer parts.
    fn split<'a>(&self, page: &'a str) -> Result<(&'a str, &'a str, &'a str), String> {
        let marks = [
            format!("<!-- {}: begin -->", self.name),
            format!("<!-- {}: end -->", self.name),
        ];
        let places = marks.each_ref().map(|mark| page.find(mark.as_str()));
        match places {
            [Some(begin), Some(end)] if begin < end => {
                let begin = begin + marks[0].len();
                Ok((&page[..begin], &page[begin..end], &page[end..]))
            }
            _ => Err(format!(
                "{}: the marks {} and {} are not there, in this order",
                self.page.display(),
                marks[0],
                marks[1]
            )),
        }
    }
}

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    // Two folders above this crate.
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Compares the part `name` of `docs/{page}` with `text`, or writes it there if `just guide` asks for that.
///
/// # Panics
///
/// With the first line that differs, and what to do.
#[track_caller]
pub fn compare(page: &str, name: &str, text: String) {
    let section = Section::new(root().join("docs").join(page), name, text);
    #[allow(
        clippy::disallowed_methods,
        reason = "a variable tells a test to write the part instead of comparing it"
    )]
    let writes = std::env::var_os("SESSION_EXPORT_WRITE_GUIDE").is_some();
    let outcome = match writes {
        true => section.write(),
        false => section.difference().and_then(|difference| match difference {
            Some(difference) => Err(format!(
                "{difference}\n  if the code is right: `just guide` writes the page anew"
            )),
            None => Ok(()),
        }),
    };
    if let Err(why) = outcome {
        fail(&why);
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "it is how a test fails")]
fn fail(why: &str) {
    panic!("{why}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let page = directory.path().join("page.md");
        fs::write(&page, text).unwrap();
        (directory, page)
    }

    #[test]
    fn what_is_written_does_not_differ_and_the_rest_stays() {
        let (_directory, page) = page("before\n<!-- a: begin -->\nold\n<!-- a: end -->\nafter\n");
        let section = Section::new(&page, "a", "| new |\n".to_owned());
        let difference = section.difference().unwrap().unwrap();
        assert!(
            difference.contains("old") && difference.contains("| new |"),
            "{difference}"
        );
        section.write().unwrap();
        assert_eq!(section.difference().unwrap(), None);
        section.write().unwrap();
        assert_eq!(
            fs::read_to_string(&page).unwrap(),
            "before\n<!-- a: begin -->\n\n| new |\n\n<!-- a: end -->\nafter\n"
        );
        // A line more, a line less.
        for text in ["| new |\n| more |", ""] {
            let section = Section::new(&page, "a", text.to_owned());
            assert!(section.difference().unwrap().unwrap().contains("nothing more"));
        }
    }

    #[test]
    fn a_page_without_its_marks_is_an_error() {
        for text in ["", "<!-- a: end --><!-- a: begin -->", "<!-- a: begin -->"] {
            let (_directory, page) = page(text);
            let section = Section::new(&page, "a", String::new());
            assert!(section.difference().is_err() && section.write().is_err());
        }
    }
}
