//! `sessions`

use std::io::{self, Seek, SeekFrom, Write};

use anstyle::Style;
use session_export::{SessionInfo, SessionOperation, SessionStream};
use tempfile::SpooledTempFile;

use super::Context;
use super::rows::{self, Csv};
use crate::args::{ListFormat, SessionsArgs};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::style;
use crate::table::Table;
use crate::time_flags::Zone;

/// Rows that are held back in memory; more go to a temporary file.
const SPOOL_BYTES: usize = 8 << 20;
/// Lines of a table that are written at once.
const PRINT_BYTES: usize = 8 << 10;

pub(super) async fn run(context: &Context<'_>, args: SessionsArgs) -> Result<(), Failure> {
    let zone = context.settings.zone();
    let filter = args.filter.build(&context.settings, SessionOperation::List)?;
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    context.say_window(filter.window());
    let mut sessions = connection.client.list_sessions(filter).stream();
    let limit = args.limit.unwrap_or(usize::MAX);
    match args.list.output {
        _ if context.json => write_json(context, &mut sessions, limit).await,
        ListFormat::Csv => write_csv(context, &mut sessions, limit).await,
        ListFormat::Table | ListFormat::Json => write_table(context, &mut sessions, limit, zone).await,
    }
}

/// One document, written only once every row is there: a list that breaks off must not look like a whole one.
async fn write_json(
    context: &Context<'_>,
    sessions: &mut SessionStream,
    limit: usize,
) -> Result<(), Failure> {
    let mut rows = SpooledTempFile::new(SPOOL_BYTES);
    let mut read = 0;
    while let Some(session) = next(context, sessions, read, limit).await? {
        if read > 0 {
            rows.write_all(b",").map_err(spool)?;
        }
        serde_json::to_writer(&mut rows, &session).map_err(|error| spool(error.into()))?;
        read += 1;
    }
    // Read to the end, the rows themselves are the count; cut short, only the service knows it.
    let ended = read < limit;
    let count = if ended {
        Some(read)
    } else {
        sessions.count().map(|count| count as usize)
    };
    rows.rewind().map_err(spool)?;
    let count = count.map_or_else(|| "null".to_owned(), |count| count.to_string());
    let schema = context.schema();
    context
        .print(Failure::listing, move |out| {
            write!(out, "{{\"schema\":\"{schema}\",\"count\":{count},\"items\":[")?;
            io::copy(&mut rows, out)?;
            writeln!(out, "]}}")
        })
        .await
}

/// As JSON: nothing is written before every row is there.
async fn write_csv(context: &Context<'_>, sessions: &mut SessionStream, limit: usize) -> Result<(), Failure> {
    let mut csv = Csv::new(SpooledTempFile::new(SPOOL_BYTES), rows::session()).map_err(spool)?;
    let mut read = 0;
    while let Some(session) = next(context, sessions, read, limit).await? {
        csv.row(&session).map_err(spool)?;
        read += 1;
    }
    let mut rows = csv.finish().map_err(spool)?;
    rows.seek(SeekFrom::Start(0)).map_err(spool)?;
    context
        .print(Failure::listing, move |out| io::copy(&mut rows, out).map(drop))
        .await?;
    context.progress.say(format!("{read} sessions"));
    Ok(())
}

#[allow(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
fn spool(error: io::Error) -> Failure {
    Failure::io("hold the rows back in a temporary file", &error)
}

/// The next row of a list that nobody sees before it is whole.
async fn next(
    context: &Context<'_>,
    sessions: &mut SessionStream,
    read: usize,
    limit: usize,
) -> Result<Option<SessionInfo>, Failure> {
    if read >= limit {
        return Ok(None);
    }
    let session = sessions.next().await.transpose()?;
    if session.is_some() {
        context.progress.reads(read + 1, sessions.count().map(u64::from));
    }
    Ok(session)
}

async fn write_table(
    context: &Context<'_>,
    sessions: &mut SessionStream,
    limit: usize,
    zone: Zone,
) -> Result<(), Failure> {
    let table = Table::new([16, 12, 26, 26, 12, 0]).on_standard_output();
    let mut out = Vec::new();
    table
        .header(
            &mut out,
            ["USER", "STATE", "START", "END", "MACHINE", "APP OR FAILURE"],
        )
        .map_err(|error| Failure::output(&error))?;
    let mut read = 0;
    while read < limit
        && let Some(session) = sessions.next().await.transpose()?
    {
        write_row(&table, &mut out, &session, zone).map_err(|error| Failure::output(&error))?;
        read += 1;
        if out.len() >= PRINT_BYTES {
            print(context, std::mem::take(&mut out)).await?;
        }
    }
    print(context, out).await?;
    context.progress.say(format!("{read} sessions"));
    Ok(())
}

async fn print(context: &Context<'_>, lines: Vec<u8>) -> Result<(), Failure> {
    context
        .print(Failure::listing, move |out| out.write_all(&lines))
        .await
}

fn write_row(table: &Table<6>, out: &mut Vec<u8>, session: &SessionInfo, zone: Zone) -> io::Result<()> {
    let plain = Style::new();
    let failure = session
        .failed_reason
        .as_deref()
        .filter(|reason| !reason.is_empty() && *reason != "success");
    let state = session.session_state.as_ref().map_or("", |state| state.as_str());
    let start = zone.shown_time(session.start_time.as_ref());
    let end = zone.shown_time(session.end_time.as_ref());
    let last = match failure {
        Some(failure) => (failure, style::BAD),
        None => (session.app_name.as_deref().unwrap_or_default(), plain),
    };
    let cells = [
        (session.login_user.as_deref().unwrap_or_default(), plain),
        (state, style::of_state(state)),
        (&start, plain),
        (&end, plain),
        (session.machine_name.as_deref().unwrap_or_default(), plain),
        last,
    ];
    table.row(out, cells)
}
