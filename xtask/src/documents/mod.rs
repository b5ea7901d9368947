//! Parts of the documents that follow from the code: written by `documents --write`, compared by `documents`. What people
//! write about the code (the tables of errors, the names of files) is only compared.

mod adrs;
mod crates;
mod errors;
mod excerpts;
mod features;
mod guards;
mod links;
mod publish_order;
mod translation;

use session_export_pages::Section;

use crate::cargo::Metadata;

/// What was compared, and which parts differ.
pub(crate) struct Outcome {
    pub(crate) compared: usize,
    pub(crate) differences: Vec<String>,
}

/// Compares every part with the code, or writes it.
pub(crate) fn check(write: bool) -> Result<Outcome, String> {
    let metadata = Metadata::read()?;
    let mut sections = vec![
        Section::new("docs/architecture.md", "crates", crates::table(&metadata)),
        Section::new("docs/architecture.md", "features", features::table(&metadata)?),
        Section::new("docs/releasing.md", "order", publish_order::list(&metadata)?),
        Section::new("docs/architecture.md", "decisions", adrs::list("docs/adr")?),
    ];
    sections.extend(excerpts::sections()?);
    let mut differences = guards::missing()?;
    for section in &sections {
        if write {
            section.write()?;
        } else {
            let difference = section.difference()?;
            differences.extend(difference.map(|difference| {
                format!("{difference}\n  if the code is right: cargo run -p xtask -- documents --write")
            }));
        }
    }
    differences.extend(translation::difference("README.md", "README.zh-CN.md")?);
    differences.extend(links::broken()?);
    let (tables, rows) = errors::differences()?;
    differences.extend(rows);
    let (paths, lost) = excerpts::lost_paths()?;
    differences.extend(lost);
    Ok(Outcome {
        // Besides: the guards, the translation and the links.
        compared: sections.len() + 3 + tables + paths,
        differences,
    })
}
