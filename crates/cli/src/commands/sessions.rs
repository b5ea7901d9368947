//! `sessions`

use std::io::{self, Seek, Write};

use session_export::{SessionInfo, SessionOperation, SessionStream};
use tempfile::SpooledTempFile;

use super::Context;
use crate::args::SessionsArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::table::Table;

/// Rows that are held back in memory; more go to a temporary file.
const SPOOL_BYTES: usize = 8 << 20;
/// Lines of a table that are written at once.
const PRINT_BYTES: usize = 8 << 10;

pub(super) async fn run(context: &Context<'_>, args: SessionsArgs) -> Result<(), Failure> {
    let filter = args.filter.build(&context.settings, SessionOperation::List)?;
    let connection = Connection::open(&context.settings, context.timeout, context.progress).await?;
    context.say_window(&filter);
    let mut sessions = connection.client.list_sessions(filter).stream();
    let limit = args.limit.unwrap_or(usize::MAX);
    if context.json {
        write_json(context, &mut sessions, limit).await
    } else {
        write_table(context, &mut sessions, limit).await
    }
}

/// One document, written only once every row is there: a list that breaks off must not look like a whole one.
async fn write_json(
    context: &Context<'_>,
    sessions: &mut SessionStream,
    limit: usize,
) -> Result<(), Failure> {
    let spool = |error: io::Error| Failure::io("hold the rows back in a temporary file", &error);
    let mut rows = SpooledTempFile::new(SPOOL_BYTES);
    let mut read = 0;
    while read < limit
        && let Some(session) = sessions.next().await.transpose()?
    {
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
    context
        .print(Failure::listing, move |out| {
            write!(out, "{{\"count\":{count},\"items\":[")?;
            io::copy(&mut rows, out)?;
            writeln!(out, "]}}")
        })
        .await
}

async fn write_table(
    context: &Context<'_>,
    sessions: &mut SessionStream,
    limit: usize,
) -> Result<(), Failure> {
    let table = Table::new([20, 12, 24, 24, 20, 0]);
    let mut out = Vec::new();
    table
        .row(
            &mut out,
            ["USER", "STATE", "START", "END", "MACHINE", "APP OR FAILURE"],
        )
        .map_err(|error| Failure::output(&error))?;
    let mut read = 0;
    while read < limit
        && let Some(session) = sessions.next().await.transpose()?
    {
        table
            .row(&mut out, cells(&session))
            .map_err(|error| Failure::output(&error))?;
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

fn cells(session: &SessionInfo) -> [&str; 6] {
    let failure = session
        .failed_reason
        .as_deref()
        .filter(|reason| !reason.is_empty() && *reason != "success");
    [
        session.login_user.as_deref().unwrap_or_default(),
        session.session_state.as_ref().map_or("", |state| state.as_str()),
        session.start_time.as_ref().map_or("", |time| time.as_str()),
        session.end_time.as_ref().map_or("", |time| time.as_str()),
        session.machine_name.as_deref().unwrap_or_default(),
        failure.or(session.app_name.as_deref()).unwrap_or_default(),
    ]
}
