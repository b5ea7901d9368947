//! How a file of rows is read.

use chrono::{Local, Utc};
use session_export::{Columns, Field, ReadOptions, TextEncoding};

use crate::args::{Encoding, ReadingArgs};
use crate::failure::Failure;
use crate::time_flags::Zone;

/// What the flags say; times without a zone are of that one.
pub(crate) fn options(args: &ReadingArgs, zone: Zone) -> Result<ReadOptions, Failure> {
    let options = ReadOptions::new()
        .columns(columns(&args.columns)?)
        .encoding(match args.encoding {
            Encoding::Auto => TextEncoding::Detect,
            Encoding::Utf8 => TextEncoding::Utf8,
            Encoding::Gb18030 => TextEncoding::Gb18030,
            Encoding::Utf16 => TextEncoding::Utf16,
        });
    Ok(match zone {
        Zone::Utc => options.time_zone(Utc),
        Zone::Local => options.time_zone(Local),
        Zone::Offset(offset) => options.time_zone(offset),
    })
}

fn columns(given: &[String]) -> Result<Columns, Failure> {
    let mut columns = Columns::known();
    for given in given {
        if given.contains('=') {
            columns = with(columns, given, "--columns")?;
            continue;
        }
        let text = std::fs::read_to_string(given).map_err(|error| {
            Failure::usage(format!(
                "--columns: {given:?} is neither HEADER=FIELD nor a file that can be read: {error}"
            ))
        })?;
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                columns = with(columns, line, &format!("--columns {given}, line {}", number + 1))?;
            }
        }
    }
    Ok(columns)
}

/// The last sign divides, because a header may have one and a field has none.
fn with(columns: Columns, text: &str, place: &str) -> Result<Columns, Failure> {
    let (header, name) = text
        .rsplit_once('=')
        .ok_or_else(|| Failure::usage(format!("{place}: {text:?} is not HEADER=FIELD")))?;
    let field = Field::named(name.trim()).ok_or_else(|| {
        let names: Vec<_> = Field::ALL.iter().map(|field| field.name()).collect();
        Failure::usage(format!(
            "{place}: {:?} is no field; there are {}",
            name.trim(),
            names.join(", ")
        ))
    })?;
    if !header.chars().any(char::is_alphanumeric) {
        return Err(Failure::usage(format!(
            "{place}: the header {header:?} has neither a letter nor a digit"
        )));
    }
    Ok(columns.with(header, field))
}
