//! What ends one attempt at a file, and whether another follows.
//!
//! A download only reads, so it may be started again; it is continued instead where the server lets it. What failed
//! before a head came is not repeated here: that is the call's own business.

use std::future::pending;
use std::time::Duration;

use session_export_model::TaskId;
use session_export_transport::{Delivery, TARGET, TransportError, TransportErrorKind};
use tracing::debug;

use super::open::{ask, begin};
use super::{Download, DownloadStream};
use crate::client::Cut;
use crate::observe::error_type;
use crate::operation::{Operation, Reply};
use crate::retry::{Budget, Pauses, seed_of};
use crate::{Client, Error, ErrorKind, PauseReason};

/// How many times a file is begun, where it cannot be continued.
const WHOLE_ATTEMPTS: u32 = 3;
/// How often it is continued without progress in between.
const FRUITLESS: u32 = 5;
/// Less than this is no progress: a server that gives one byte and breaks off would be asked for ever.
const PROGRESS: u64 = 64 << 10;

/// Why an attempt ended before the file did.
pub(super) struct Interruption {
    pub(super) error: Error,
    pub(super) then: Then,
}

/// What may follow.
pub(super) enum Then {
    Stop,
    /// Begin again. `ranges` is false when the server has shown that its ranges are not to be believed.
    StartOver {
        ranges: bool,
    },
    /// The same, and the answer that holds the file from its start is already here.
    Fresh(Box<Reply>),
}

impl Interruption {
    /// The body broke off; begun again, it may arrive.
    pub(super) fn start_over(error: Error) -> Self {
        let then = Then::StartOver { ranges: true };
        Self { error, then }
    }

    /// What came for a range is not what follows.
    pub(super) fn distrust(why: &'static str) -> Self {
        Self {
            error: not_continued(why),
            then: Then::StartOver { ranges: false },
        }
    }

    /// The server sends the file from its start.
    pub(super) fn fresh(reply: Reply) -> Self {
        Self {
            error: not_continued(
                "it could not be continued, the server sends it from its start; a path can take that, a writer or a stream cannot",
            ),
            then: Then::Fresh(Box::new(reply)),
        }
    }

    /// Whether the body broke off, and nothing worse.
    pub(super) fn broke_off(&self) -> bool {
        use TransportErrorKind::{BodyIncomplete, Closed, Other, TimedOut};

        matches!(self.then, Then::Stop)
            && matches!(
                self.error.kind(),
                ErrorKind::Transport {
                    kind: BodyIncomplete | Closed | Other | TimedOut,
                    ..
                }
            )
    }
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        Self {
            error,
            then: Then::Stop,
        }
    }
}

fn not_continued(why: &'static str) -> Error {
    let error = TransportError::new(TransportErrorKind::BodyIncomplete, Delivery::Unknown).with_source(why);
    Error::transport(Operation::Download, error)
}

/// Whole attempts: at most three.
pub(super) struct Attempts {
    made: u32,
    ranges: bool,
    reply: Option<Reply>,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            made: 0,
            ranges: true,
            reply: None,
        }
    }

    /// Begins the file.
    pub(super) async fn begin(&mut self, download: &Download) -> Result<DownloadStream, Interruption> {
        let reply = match self.reply.take() {
            Some(reply) => reply,
            None => ask(download).await?,
        };
        begin(download, reply, self.ranges).await
    }

    /// Waits until the next attempt, or gives the error back when there is none: `may` says whether one is wanted.
    pub(super) async fn after(
        &mut self,
        download: &Download,
        interruption: Interruption,
        may: bool,
    ) -> Result<(), Error> {
        let Interruption { error, then } = interruption;
        self.made += 1;
        match then {
            Then::Stop => Err(error),
            _ if self.made == WHOLE_ATTEMPTS || !may => Err(error),
            _ if !download.client.retry_budget().pay_for_retry() => Err(error),
            Then::Fresh(reply) => {
                self.reply = Some(*reply);
                Ok(())
            }
            Then::StartOver { ranges } => {
                self.ranges &= ranges;
                let length = back_off(&download.task_id, self.made);
                debug!(
                    name: "session_export.download.begun_again",
                    target: TARGET,
                    {
                        session_export.task_id = download.task_id.as_str(),
                        session_export.pause = length.as_secs_f64(),
                        error.type = &*error_type(&error),
                        error.message = %error,
                    },
                    "the download broke off and is begun again"
                );
                pause(&download.client, length, error).await
            }
        }
    }

    /// The file is here: the last repetition was no waste.
    pub(super) fn succeeded(&self, client: &Client) {
        if self.made > 0 {
            client.retry_budget().refund_retry();
        }
    }

    /// Whether the server's ranges can still be believed.
    pub(super) fn ranges(&self) -> bool {
        self.ranges
    }
}

/// Continuations: any number as long as there is progress, at most five in a row without. One after progress is no
/// repetition and costs nothing; the others are paid from the client's budget of retries.
#[derive(Default)]
pub(super) struct Breaks {
    fruitless: u32,
    mark: u64,
}

impl Breaks {
    /// How long to wait before going on at `arrived`; `None` when there is no point in it, or nothing to pay it with.
    pub(super) fn next(&mut self, task: &TaskId, arrived: u64, budget: &Budget) -> Option<Duration> {
        if arrived >= self.mark + PROGRESS {
            (self.fruitless, self.mark) = (0, arrived);
        }
        self.fruitless += 1;
        let may = self.fruitless <= FRUITLESS && (self.fruitless == 1 || budget.pay_for_retry());
        may.then(|| back_off(task, self.fruitless))
    }

    /// The file is here: the last repetition was no waste.
    pub(super) fn succeeded(&self, budget: &Budget) {
        if self.fruitless > 1 {
            budget.refund_retry();
        }
    }
}

/// The pause before try number `number` (from 1): 0.5 s, 1 s, 2 s, … at most 8 s, each shortened by up to half by
/// chance.
fn back_off(task: &TaskId, number: u32) -> Duration {
    let longest = Duration::from_secs(8);
    let pauses = Pauses::new(Duration::from_millis(500), longest, 2.0, Some(seed_of(task)));
    let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    pauses.take(64).nth(index).unwrap_or(longest)
}

/// Lets `time` pass. When the deadline comes first, that is the error, and `cause` is why there was a pause.
pub(super) async fn pause(client: &Client, time: Duration, cause: Error) -> Result<(), Error> {
    client
        .pauses()
        .tell(Operation::Download, time, || PauseReason::after(&cause));
    match client.within(time, pending::<()>()).await {
        Err(Cut::Deadline) => Err(client.deadline_error(Operation::Download).with_source(cause)),
        Ok(()) | Err(Cut::Limit) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_cap_and_are_shortened_by_at_most_half() {
        let task = "2b31ed52".parse().unwrap();
        for (number, longest) in [(1, 500), (2, 1000), (3, 2000), (4, 4000), (5, 8000), (9, 8000)] {
            let longest = Duration::from_millis(longest);
            let pause = back_off(&task, number);
            assert!(pause >= longest / 2 && pause <= longest, "{number}: {pause:?}");
        }
    }

    #[test]
    fn only_real_progress_starts_the_count_again() {
        let task = "2b31ed52".parse().unwrap();
        let (mut breaks, budget) = (Breaks::default(), Budget::default());
        for arrived in 1..=5 {
            assert!(breaks.next(&task, arrived, &budget).is_some());
        }
        assert!(breaks.next(&task, PROGRESS - 1, &budget).is_none());
        for _ in 0..5 {
            assert!(breaks.next(&task, PROGRESS, &budget).is_some());
        }
        assert!(breaks.next(&task, 2 * PROGRESS - 1, &budget).is_none());
    }

    #[test]
    fn with_an_empty_budget_only_progress_goes_on() {
        let task = "2b31ed52".parse().unwrap();
        let (mut breaks, budget) = (Breaks::default(), Budget::default());
        while budget.pay_for_retry() {}
        for part in 1..=200 {
            assert!(breaks.next(&task, part * PROGRESS, &budget).is_some());
        }
        assert!(breaks.next(&task, 200 * PROGRESS + 1, &budget).is_none());
    }
}
