//! `summary`

use std::io::{self, Write};
use std::path::Path;

use chrono::{Local, Utc};
use serde_json::json;
use session_export::{
    ExportKind, ReadOptions, Row, RowFormat, Rows, RowsError, SessionFilter, SessionOperation, WholeFile,
};
use session_export_report::{Language, PageOptions, Report, Summary, SummaryOptions};

use super::Context;
use super::input::Input;
use super::place::NewFile;
use crate::args::{Encoding, PageLanguage, SummaryArgs};
use crate::connection::Connection;
use crate::exported_file;
use crate::failure::Failure;
use crate::overview::Overview;
use crate::reading;
use crate::shown::shown;
use crate::time_flags::Zone;

pub(super) async fn run(context: &Context<'_>, args: SummaryArgs) -> Result<(), Failure> {
    let page = match &args.html {
        Some(path) => Some(Target::new(path, args.force, context.json)?),
        None => None,
    };
    // Without a flag: as `convert` reads a file, and `sessions` its flags.
    let zone = match (args.time_zone, &args.file) {
        (Some(zone), _) => zone,
        (None, Some(_)) => Zone::of_file(None, args.filter.utc),
        (None, None) => context.settings.zone(),
    };
    let options = SummaryOptions::new().top(args.top.into());
    let options = match zone {
        Zone::Local => options.time_zone(Local),
        Zone::Utc => options.time_zone(Utc),
        Zone::Offset(offset) => options.time_zone(offset),
    };
    let (report, source) = match args.file {
        Some(path) => {
            let reading = reading::options(&args.reading, zone)?;
            let report = of_file(context, &path, reading, options).await?;
            let name = path.file_name().unwrap_or(path.as_os_str());
            (report, name.to_string_lossy().into_owned())
        }
        None => {
            if !args.reading.columns.is_empty() || args.reading.encoding != Encoding::Auto {
                return Err(Failure::usage(
                    "--columns and --encoding are for a FILE; name one",
                ));
            }
            let filter = args
                .filter
                .build_in(zone, &context.settings, SessionOperation::List)?;
            let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
            context.say_window(filter.window());
            let source = described(&filter);
            (of_service(&connection, filter, options).await?, source)
        }
    };
    let mut document = json!(report);
    if let Some(page) = page {
        let language = match args.language {
            PageLanguage::En => Language::English,
            PageLanguage::Zh => Language::Chinese,
        };
        let options = PageOptions::new()
            .language(language)
            .source(source)
            .made_at(&zone.at(Utc::now()));
        document["html"] = page.write(context, &report.page(&options).to_string())?;
    }
    let text = match context.json {
        true => context.text(&document, "") + "\n",
        false => Overview::new(&report).to_string(),
    };
    // Whoever reads figures may have seen enough of them.
    context
        .print(Failure::listing, move |out| out.write_all(text.as_bytes()))
        .await
}

async fn of_file(
    context: &Context<'_>,
    path: &Path,
    reading: ReadOptions,
    options: SummaryOptions,
) -> Result<Report, Failure> {
    let (mut input, kind) = Input::open(context, path, reading, true, kind_of).await?;
    // A list of connections has rows that could be counted, and the numbers would be wrong.
    if let Some(kind) = kind.filter(|kind| *kind != ExportKind::Sessions) {
        return Err(Failure::usage(format!(
            "{} is a list of {}, and a summary is of sessions; `session-export convert` turns it into csv, JSON Lines or Parquet",
            input.name,
            kind.as_str().replace('_', " ")
        )));
    }
    let mut summary = Summary::new(options);
    let mut add = |row: &Row| {
        summary.add(&row.session());
        Ok(())
    };
    while input.some(&mut add).await? {}
    for _ in 0..input.left_out {
        summary.add_unreadable();
    }
    Ok(summary.finish())
}

/// Which list a file is, where its header tells.
fn kind_of(rows: &mut Rows<'static>) -> Result<Option<ExportKind>, RowsError> {
    if rows.format() == RowFormat::Json {
        // Which columns there are is known at its end only, and `sessions --json` is what makes such files.
        return Ok(None);
    }
    let columns = rows.columns()?.iter();
    Ok(exported_file::kind_of(columns.map(|column| column.name())))
}

async fn of_service(
    connection: &Connection,
    filter: SessionFilter,
    options: SummaryOptions,
) -> Result<Report, Failure> {
    let end = filter.window().map(|window| window.end());
    // What will be is not known yet.
    let known = end.map_or_else(Utc::now, |end| end.min(Utc::now()));
    let mut summary = Summary::new(options.known_until(known));
    let mut sessions = connection.client.list_sessions(filter).stream();
    while let Some(session) = sessions.next().await.transpose()? {
        summary.add(&session);
    }
    Ok(summary.finish())
}

/// The filter, for whoever reads the page.
fn described(filter: &SessionFilter) -> String {
    let pairs: Vec<_> = filter
        .pairs()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join(", ")
}

/// Where the page goes.
struct Target {
    path: String,
    file: WholeFile,
}

impl Target {
    /// Makes sure that a page can be there, before anything is read.
    fn new(path: &Path, force: bool, json: bool) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Err(Failure::usage(
                "--html needs the name of a file; standard output has the overview",
            ));
        }
        let file = NewFile {
            flag: "--html",
            printed_by: None,
            force,
            json,
        };
        file.check(path)?;
        Ok(Self {
            path: path.to_string_lossy().into_owned(),
            file: WholeFile::create(path, force)?,
        })
    }

    /// Writes the page. What is said of it goes into the document.
    fn write(mut self, context: &Context<'_>, page: &str) -> Result<serde_json::Value, Failure> {
        let failed = |error: io::Error| Failure::io(&format!("write {}", self.path), &error);
        self.file.write_all(page.as_bytes()).map_err(failed)?;
        self.file.commit()?;
        let bytes = page.len();
        context
            .progress
            .say(format!("page: {}, {bytes} bytes", shown(Path::new(&self.path))));
        Ok(json!({"path": self.path, "bytes": bytes}))
    }
}
