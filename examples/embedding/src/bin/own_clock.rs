//! A clock of your own: an export that takes the service an hour, in a test that takes a moment.

#![allow(clippy::print_stdout, reason = "a program says what it did")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use session_export::{Clock, ReqwestTransport, Sleep, WaitPolicy};
use session_export_example_embedding::{Outcome, SESSIONS, check, client, emulator, filter, sessions_in};

const START: &str = "2024-03-01T12:00:00Z";
const HOUR: Duration = Duration::from_secs(3600);
/// The client's limits on single responses are longer than this, and no pause of its wait is.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

// region: clock
/// Time passes only in pauses, and then at once. Everything that the library knows of time comes through this trait:
/// pauses, limits, deadlines, the ages of tokens, the dates in signatures.
#[derive(Clone, Debug)]
struct Simulated {
    start: DateTime<Utc>,
    passed: Arc<Mutex<Duration>>,
}

impl Clock for Simulated {
    fn now(&self) -> DateTime<Utc> {
        self.start + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        if duration > LONGEST_PAUSE {
            // A limit on something that is under way over real sockets: it does not pass while nobody pauses.
            return Box::pin(std::future::pending());
        }
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner) += duration;
        Box::pin(std::future::ready(()))
    }
}
// endregion: clock

#[tokio::main]
async fn main() -> Outcome {
    let clock = Simulated {
        start: START.parse()?,
        passed: Arc::default(),
    };
    let shared = clock.clone();
    let emulator = emulator()
        .export_delay(HOUR)
        .clock(move || shared.now())
        .start()
        .await?;
    let client = client(&emulator, Arc::new(ReqwestTransport::new()?))?
        .clock(clock.clone())
        .build()?;
    let task = client.export_sessions(filter()?).submit().await?;
    let policy = WaitPolicy::default().longest_pause(LONGEST_PAUSE);
    let ready = task.wait(policy).await?;
    let mut file = Vec::new();
    ready.download().to_writer(&mut file).await?;
    check(
        sessions_in(&file) == SESSIONS,
        format!("{} sessions", sessions_in(&file)),
    )?;
    let passed = clock.monotonic();
    check(passed >= HOUR, format!("only {passed:?} passed"))?;
    println!("an hour passed for client and service, and nobody waited: {passed:?}");
    Ok(())
}
