//! `convert`

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use session_export::{CsvOptions, Field, Row, RowWriter, Rows, RowsError, WholeFile};

use super::Context;
use super::input::Input;
use super::place::NewFile;
use crate::args::{ConvertArgs, RowsFormat};
use crate::failure::Failure;
use crate::reading;
use crate::shown::shown;
use crate::time_flags::Zone;

pub(super) async fn run(context: &Context<'_>, args: ConvertArgs) -> Result<(), Failure> {
    let format = format(&args)?;
    let output = Output::new(&args, format, context.json)?;
    let options = reading::options(&args.reading, Zone::of_file(args.time_zone, args.utc))?;
    let look = |rows: &mut Rows<'static>| {
        let others = rows.others()?;
        let columns = rows.columns()?;
        let is_there = |field: &&Field| columns.iter().any(|column| column.field() == Some(**field));
        let fields = Field::ALL.iter().filter(is_there).count();
        Ok((fields + others.len(), others))
    };
    let opened = Input::open(context, &args.input, options, args.skip_bad_rows, look);
    let (mut input, (columns, others)) = opened.await?;
    let sink = output.open(&args)?;
    let unwritable = |error: RowsError| Failure::unwritable(&output.name, &error);
    let csv = CsvOptions::default()
        .byte_order_mark(args.bom)
        .escape_formulas(args.escape_formulas);
    let mut writer = match format {
        RowsFormat::Csv => RowWriter::csv(sink, &others, csv).map_err(unwritable)?,
        RowsFormat::Jsonl => RowWriter::json_lines(sink),
        RowsFormat::Parquet => RowWriter::parquet(sink, &others).map_err(unwritable)?,
    };
    let mut written = 0_u64;
    let mut write = |row: &Row| {
        written += 1;
        writer.write(row).map_err(unwritable)
    };
    while input.some(&mut write).await? {
        output.pass_on(context).await?;
    }
    let sink = writer.finish().map_err(unwritable)?;
    output.pass_on(context).await?;
    if let Sink::File(file) = sink {
        file.commit()?;
    }
    let left_out = input.left_out;
    let mut line = format!(
        "{}: {written} rows, {columns} columns, {} not understood",
        output.name,
        others.len()
    );
    if left_out > 0 {
        line.push_str(&format!("; {left_out} rows or sheets left out"));
    }
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|name| format!("{name:?}")).collect();
        context.progress.say(format!(
            "note: kept as they are, because no field is known by these headers: {}; --columns names one",
            names.join(", ")
        ));
    }
    if output.printed.is_some() {
        context.progress.say(line);
        return Ok(());
    }
    let document = json!({
        "path": args.output.to_string_lossy(),
        "format": format.name(),
        "rows": written,
        "columns": columns,
        "not_understood": others,
        "left_out": left_out,
    });
    context.result(&document, line).await
}

impl RowsFormat {
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    fn of_suffix(path: &Path) -> Option<Self> {
        let suffix = path.extension()?.to_str()?.to_lowercase();
        match suffix.as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

fn format(args: &ConvertArgs) -> Result<RowsFormat, Failure> {
    let format = args.format.or_else(|| RowsFormat::of_suffix(&args.output)).ok_or_else(|| {
        Failure::usage(format!(
            "{} does not say what to write: let its name end with .csv, .jsonl or .parquet, or give --format",
            shown(&args.output)
        ))
    })?;
    if format != RowsFormat::Csv && (args.bom || args.escape_formulas) {
        return Err(Failure::usage("--bom and --escape-formulas are for csv"));
    }
    if format == RowsFormat::Parquet && args.output == Path::new("-") {
        return Err(Failure::usage(
            "Parquet is written into a file only: name one instead of -",
        ));
    }
    Ok(format)
}

/// Where the rows go.
struct Output {
    name: String,
    /// What is to be printed next, when they go to standard output.
    printed: Option<Arc<Mutex<Vec<u8>>>>,
}

enum Sink {
    File(WholeFile),
    Printed(Arc<Mutex<Vec<u8>>>),
}

impl Output {
    /// Checks what can be checked before anything is read.
    fn new(args: &ConvertArgs, format: RowsFormat, json: bool) -> Result<Self, Failure> {
        if args.output != Path::new("-") {
            let printed_by = match format {
                RowsFormat::Parquet => None,
                _ => Some(format!("- --format {}", format.name())),
            };
            let file = NewFile {
                flag: "OUT",
                printed_by: printed_by.as_deref(),
                force: args.force,
                json,
            };
            file.check(&args.output)?;
            return Ok(Self {
                name: shown(&args.output),
                printed: None,
            });
        }
        if json {
            return Err(Failure::usage(
                "--json and `-` both want standard output; leave one out",
            ));
        }
        Ok(Self {
            name: "standard output".to_owned(),
            printed: Some(Arc::default()),
        })
    }

    fn open(&self, args: &ConvertArgs) -> Result<Sink, Failure> {
        Ok(match &self.printed {
            Some(printed) => Sink::Printed(Arc::clone(printed)),
            None => Sink::File(WholeFile::create(&args.output, args.force)?),
        })
    }

    /// Prints what is to be printed.
    async fn pass_on(&self, context: &Context<'_>) -> Result<(), Failure> {
        let Some(printed) = &self.printed else {
            return Ok(());
        };
        let bytes = std::mem::take(&mut *printed.lock().unwrap_or_else(PoisonError::into_inner));
        if bytes.is_empty() {
            return Ok(());
        }
        context
            .print(Failure::listing, move |out| out.write_all(&bytes))
            .await
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Printed(printed) => {
                let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
                printed.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Printed(_) => Ok(()),
        }
    }
}
