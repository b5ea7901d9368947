//! One export through every layer: the spans that it makes and the bytes on the wire, as they stand in
//! `docs/follow-one-request.md`. `just guide` writes them anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
#[path = "follow_one_request/stable.rs"]
mod stable;
#[path = "follow_one_request/tap.rs"]
mod tap;

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use common::spans::{Recording, Told};
use common::{PROJECT, TASK, clock, endpoint, guarded, seconds};
use session_export::{
    Client, Clock, Iam, IamPassword, Receipt, SessionFilter, Sleep, TokenAuthenticator, TokenScope,
    WaitPolicy,
};
use session_export_emulator::{Emulator, ExportFormat};
use session_export_transport::test_util::ManualClock;
use session_export_transport_reqwest::ReqwestTransport;
use stable::Placeholders;
use tap::Tap;

const PAGE: &str = "follow-one-request.md";
const PASSWORD: &str = "planted-password";

/// Pauses pass at once, limits never: the emulator and the client see the same time, and nobody waits for it.
#[derive(Clone, Debug)]
struct Stepping(ManualClock);

impl Clock for Stepping {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        if duration > seconds(30) {
            return Box::pin(std::future::pending());
        }
        self.0.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

fn client_of(emulator: &Emulator, tap: &Tap, clock: &ManualClock) -> Client {
    // Always this one: header names and their order are the transport's.
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let base = format!("http://{}", tap.address);
    let login = IamPassword::new(
        Iam::new(Arc::clone(&transport), base.parse().unwrap()),
        emulator.user_name(),
        PASSWORD,
        emulator.domain_name(),
        TokenScope::project_name(emulator.region()),
    );
    Client::builder(endpoint(&base), PROJECT.parse().unwrap())
        .transport(transport)
        .authenticator(TokenAuthenticator::new(login))
        .clock(Stepping(clock.clone()))
        .build()
        .unwrap()
}

// region: program
async fn export(client: &Client, file: &mut Vec<u8>) -> Result<Receipt, Box<dyn Error>> {
    let filter = SessionFilter::builder()
        .begin("2024-02-20T00:00:00Z")
        .end("2024-02-22T00:00:00Z")
        .states(["SignedOut", "Disconnected"])
        .build()?;
    let task = client.export_sessions(filter).submit().await?;
    let ready = task.wait(WaitPolicy::default()).await?;
    Ok(ready.download().to_writer(file).await?)
}
// endregion: program

#[tokio::test]
async fn the_page_shows_what_is_told_and_sent() {
    let clock = clock();
    let now = clock.clone();
    let emulator = Emulator::builder()
        .project_id(PROJECT)
        .password(PASSWORD)
        .sessions(40)
        .export_delay(seconds(4))
        .export_format(ExportFormat::Csv)
        .clock(move || now.now())
        .start()
        .await
        .unwrap();
    let tap = Tap::before(emulator.base_url().strip_prefix("http://").unwrap().to_owned()).await;
    let client = client_of(&emulator, &tap, &clock);
    let (recording, mut file) = (Recording::default(), Vec::new());
    let receipt = {
        let _recording = recording.start();
        guarded(export(&client, &mut file)).await.unwrap()
    };
    assert_eq!(receipt.bytes, file.len() as u64);

    let exchanges = tap.exchanges();
    let [log_in, submit, first, .., last, download] = &exchanges[..] else {
        panic!("{} exchanges", exchanges.len());
    };
    let task_id = submit.response.split('"').nth(3).unwrap();
    let mut placeholders = Placeholders::default();
    placeholders.add(&tap.address, "127.0.0.1:8080");
    placeholders.add(
        &format!("server.port={}", tap.address.rsplit(':').next().unwrap()),
        "server.port=8080",
    );
    placeholders.add(task_id, TASK);
    // The name of the file begins with the same digits.
    placeholders.add(&task_id[..8], &TASK[..8]);
    // When the file is there: how long the emulator takes to write it is not the same every time.
    let end = last.response.split_once(r#""end_time":""#).unwrap().1;
    placeholders.add(end.split('"').next().unwrap(), "<end>");
    placeholders.add(PASSWORD, "<password>");
    placeholders.add_headers(&exchanges);
    session_export_pages::compare(
        PAGE,
        "spans",
        format!("```text\n{}```", placeholders.apply(&spans(&recording.told()))),
    );
    for (part, exchange) in [
        ("log-in", log_in),
        ("submit", submit),
        ("first look", first),
        ("last look", last),
        ("download", download),
    ] {
        session_export_pages::compare(PAGE, part, placeholders.blocks(exchange));
    }
    let shown = std::fs::read_to_string(session_export_pages::root().join("docs").join(PAGE)).unwrap();
    assert!(!shown.contains("planted"), "a secret is on the page");
}

/// One a line. Of the looks only the first and the last are kept: how many there are between depends on how long the
/// emulator takes to write the file.
fn spans(told: &[Told]) -> String {
    let looks = |told: &&Told| told.value("otel.name") == Some("list_tasks");
    let (count, mut look) = (told.iter().filter(looks).count(), 0);
    let mut text = String::new();
    for one in told {
        if looks(&one) {
            look += 1;
        }
        let is_between = look > 1 && look < count;
        if !is_between {
            let indent = "  ".repeat(one.depth);
            let mark = if one.metadata.is_span() { "" } else { "· " };
            write!(text, "{indent}{mark}{}", one.metadata.name()).unwrap();
            let values = one.values.iter().filter(|(name, _)| *name != "message");
            for (name, value) in values {
                // What the span's name says already.
                write!(text, "\n{indent}    {name}={value}").unwrap();
            }
            text.push('\n');
        }
    }
    text
}
