//! What a spreadsheet says about itself: its sheets, its date system, which styles are dates.

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};

use super::part::Archive;
use super::xml::{Xml, attribute};
use crate::RowsError;

/// The description, and where things are.
#[derive(Default)]
pub(super) struct Description {
    /// Names and parts of the sheets, in order.
    pub(super) sheets: Vec<(String, Arc<str>)>,
    pub(super) shared_texts: Option<Arc<str>>,
    pub(super) since_1904: bool,
    /// By the number of a style, whether a number in it is a date.
    pub(super) dates: Vec<bool>,
}

/// Of a relation: its type and where it leads.
struct Relation {
    kind: String,
    /// Shared, because any number of sheets may name one relation.
    part: Arc<str>,
}

impl Description {
    pub(super) fn read<R: Read + Seek>(archive: &Archive, input: R) -> Result<(Self, R), RowsError> {
        let (relations, input) = relations(archive, "", "_rels/.rels", input)?;
        let book = relations
            .into_values()
            .find(|relation| relation.kind == "officeDocument")
            .map_or_else(|| "xl/workbook.xml".into(), |relation| relation.part);
        let (folder, file) = book.rsplit_once('/').unwrap_or(("", &book));
        let (relations, input) = self::relations(
            archive,
            folder,
            &joined(folder, &format!("_rels/{file}.rels")),
            input,
        )?;
        let mut description = Self::default();
        let part = |kind: &str| {
            let mut found = relations.values().filter(|relation| relation.kind == kind);
            found.next().map(|relation| Arc::clone(&relation.part))
        };
        description.shared_texts = part("sharedStrings").filter(|part| archive.has(part));
        let styles = part("styles").filter(|part| archive.has(part));

        let mut xml = Xml::short(archive.read(&book, input)?);
        each(&mut xml, |element, _| match element.local_name().as_ref() {
            "workbookPr" => {
                let since_1904 = attribute(element, "date1904");
                description.since_1904 = since_1904.is_some_and(|value| value == "1" || value == "true");
            }
            "sheet" => {
                let name = attribute(element, "name").unwrap_or_default();
                let relation = attribute(element, "id").and_then(|id| relations.get(&id));
                // Sheets of charts have no cells.
                if let Some(relation) = relation.filter(|relation| relation.kind == "worksheet") {
                    description.sheets.push((name, Arc::clone(&relation.part)));
                }
            }
            _ => {}
        })?;
        let mut input = xml.finish()?;
        if let Some(styles) = styles {
            (description.dates, input) = dates(archive, &styles, input)?;
        }
        Ok((description, input))
    }
}

/// Every element that begins, and its parent's name.
fn each<R: Read>(xml: &mut Xml<R>, mut look: impl FnMut(&BytesStart<'_>, &str)) -> Result<(), RowsError> {
    let mut parents: Vec<String> = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(element) => {
                look(&element, parents.last().map_or("", String::as_str));
                parents.push(element.local_name().as_ref().to_owned());
            }
            Event::Empty(element) => look(&element, parents.last().map_or("", String::as_str)),
            Event::End(_) => {
                parents.pop();
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn relations<R: Read + Seek>(
    archive: &Archive,
    folder: &str,
    name: &str,
    input: R,
) -> Result<(HashMap<String, Relation>, R), RowsError> {
    let mut relations = HashMap::new();
    if !archive.has(name) {
        return Err(RowsError::damaged(format!(
            "{name} is missing, so it is an archive but no spreadsheet"
        )));
    }
    let mut xml = Xml::short(archive.read(name, input)?);
    each(&mut xml, |element, _| {
        if let (Some(id), Some(kind), Some(target)) = (
            attribute(element, "Id"),
            attribute(element, "Type"),
            attribute(element, "Target"),
        ) {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            let part = joined(folder, &target).into();
            relations.insert(id, Relation { kind, part });
        }
    })?;
    Ok((relations, xml.finish()?))
}

/// Where a target leads that is named in a folder.
fn joined(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            other => parts.push(other),
        }
    }
    parts.join("/")
}

fn dates<R: Read + Seek>(archive: &Archive, name: &str, input: R) -> Result<(Vec<bool>, R), RowsError> {
    let mut formats: HashMap<u32, bool> = HashMap::new();
    let mut dates = Vec::new();
    let mut xml = Xml::short(archive.read(name, input)?);
    each(&mut xml, |element, parent| {
        let number = |name| attribute(element, name).and_then(|id| id.parse().ok());
        match (element.local_name().as_ref(), parent) {
            ("numFmt", _) => {
                if let (Some(id), Some(code)) = (number("numFmtId"), attribute(element, "formatCode")) {
                    formats.insert(id, is_date(&code));
                }
            }
            ("xf", "cellXfs") => {
                let id = number("numFmtId").unwrap_or(0);
                // Formats below 164 are not written down; these are the dates among them, in any language.
                let built_in = matches!(id, 14..=22 | 27..=36 | 45 | 47 | 50..=58);
                dates.push(formats.get(&id).copied().unwrap_or(built_in));
            }
            _ => {}
        }
    })?;
    Ok((dates, xml.finish()?))
}

/// Whether a format shows a date: it has a part of one outside of quotes and brackets. Hours in brackets are a duration.
fn is_date(code: &str) -> bool {
    let mut characters = code.chars();
    let mut found = false;
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                characters.by_ref().take_while(|c| *c != '"').for_each(drop);
            }
            '\\' | '_' | '*' => drop(characters.next()),
            '[' => {
                let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
                let unit = inside.to_ascii_lowercase();
                if !unit.is_empty()
                    && ["h", "m", "s"]
                        .iter()
                        .any(|sign| unit.replace(sign, "").is_empty())
                {
                    return false;
                }
            }
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => found = true,
            // Only of the form for positive numbers.
            ';' => return found,
            // `General` has none of these letters, but `E+00` would not be a date with one.
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_dates() {
        for (code, expected) in [
            ("yyyy-mm-dd hh:mm:ss", true),
            ("[$-409]m/d/yy h:mm AM/PM;@", true),
            ("yyyy\"年\"m\"月\"", true),
            ("0.00", false),
            ("General", false),
            ("#,##0 \"days\"", false),
            ("[h]:mm:ss", false),
            ("[mm]:ss", false),
            ("[Red]0.0", false),
            ("0\\d", false),
            ("@", false),
        ] {
            assert_eq!(is_date(code), expected, "{code}");
        }
    }

    #[test]
    fn targets_lead_from_their_folder() {
        assert_eq!(joined("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(joined("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(joined("xl/a", "../../b/./c.xml"), "b/c.xml");
        assert_eq!(joined("", "../x"), "x");
    }
}
