//! An emulator and a client of it over real sockets, on one clock that moves only while nothing is on its way.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use session_export::{
    AccessKeyAuthenticator, Client, Clock, ExportTask, Iam, IamPassword, IamTemporaryKey, RetryPolicy,
    TokenAuthenticator, TokenScope, Transport, WaitPolicy,
};
use session_export_emulator::{DownloadRanges, Emulator, ExportFormat, FaultScript, Journal, JournalEntry};
use session_export_transport::test_util::ManualClock;
use session_export_transport_hyper::HyperTransport;
use session_export_transport_reqwest::ReqwestTransport;

use crate::common::{endpoint, no_filter, seconds};
use crate::faults::Hangs;
use crate::wire::{Part, Watched, Wire};

/// How often it is looked whether an answer will never come.
const LOOK: Duration = Duration::from_millis(10);
/// Ends a test that would wait for ever; no passing one comes near, however slow the machine is.
const GUARD: Duration = seconds(180);

/// The two bundled transports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Reqwest,
    Hyper,
}

impl Carrier {
    pub(crate) const ALL: [Self; 2] = [Self::Reqwest, Self::Hyper];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::Hyper => "hyper",
        }
    }

    /// One of its own for every cell: a connection that a fault has ended is nobody else's.
    fn transport(self) -> Arc<dyn Transport> {
        match self {
            Self::Reqwest => Arc::new(ReqwestTransport::new().unwrap()),
            Self::Hyper => Arc::new(HyperTransport::new().unwrap()),
        }
    }
}

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
    pub(crate) clock: ManualClock,
    wire: Wire,
    hangs: Hangs,
}

impl Stage {
    /// `signed` is for a client that signs with a temporary key, instead of a token; `ranges` for an export centre that
    /// gives parts of files.
    pub(crate) async fn start(carrier: Carrier, signed: bool, ranges: bool, hangs: Hangs) -> Self {
        let clock = ManualClock::new("2024-03-01T10:00:00Z".parse().unwrap());
        let time = clock.clone();
        let mut builder = Emulator::builder()
            .sessions(20)
            .export_format(ExportFormat::Csv)
            .export_delay(seconds(2))
            .clock(move || time.now());
        if ranges {
            builder = builder.choose(DownloadRanges::Bytes);
        }
        let emulator = builder.start().await.unwrap();
        let wire = Wire::default();
        let transport = Watched {
            transport: carrier.transport(),
            wire: wire.clone(),
        };
        let iam = || Iam::new(transport.clone(), emulator.base_url().parse().unwrap());
        let password = IamPassword::new(
            iam(),
            emulator.user_name(),
            emulator.password().to_owned(),
            emulator.domain_name(),
            TokenScope::project_id(emulator.project_id().parse().unwrap()),
        );
        let client = Client::builder(
            endpoint(&emulator.base_url()),
            emulator.project_id().parse().unwrap(),
        )
        .transport(transport.clone())
        .clock(clock.clone())
        .retry_policy(RetryPolicy::default().jitter(false));
        let client = match signed {
            true => client.authenticator(AccessKeyAuthenticator::for_account(IamTemporaryKey::new(
                iam(),
                password,
            ))),
            false => client.authenticator(TokenAuthenticator::new(password)),
        };
        Self {
            client: client.build().unwrap(),
            emulator,
            clock,
            wire,
            hangs,
        }
    }

    /// Looks for the task's file until it is there, at the same times in every run.
    pub(crate) fn patience() -> WaitPolicy {
        WaitPolicy::default().jitter(false)
    }

    /// A task that was submitted without a fault.
    pub(crate) async fn submitted(&self) -> ExportTask {
        let submit = self.client.export_sessions(no_filter()).submit();
        self.run(submit).await.unwrap()
    }

    /// From now on calls go wrong, and are counted.
    pub(crate) fn set(&self, script: FaultScript) {
        self.emulator.set_faults(script).unwrap();
        self.emulator.clear_journal();
        self.wire.clear();
    }

    pub(crate) fn journal(&self) -> Journal {
        self.emulator.journal()
    }

    /// Runs `future` to its end. Time stands still while a request or its answer is on its way, so that no limit passes
    /// because the machine is slow; it jumps to the next timer when the client waits for nothing else, and when the
    /// emulator has begun to hold an answer back for ever.
    pub(crate) async fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut looks = tokio::time::interval(LOOK);
        let run = poll_fn(|cx| {
            loop {
                if let Poll::Ready(output) = future.as_mut().poll(cx) {
                    return Poll::Ready(output);
                }
                let stands_still = self.wire.waiting().is_none() || self.never_comes();
                match self.clock.next_timer().filter(|_| stands_still) {
                    Some(pause) => self.clock.advance(pause),
                    None => {
                        while looks.poll_tick(cx).is_ready() {}
                        return Poll::Pending;
                    }
                }
            }
        });
        #[allow(clippy::disallowed_methods, reason = "a guard over sockets")]
        let guarded = tokio::time::timeout(GUARD, run).await;
        guarded.unwrap_or_else(|_| {
            panic!(
                "it hangs, waiting for {:?}; the journal: {:?}",
                self.wire.waiting(),
                self.journal()
            )
        })
    }

    /// Whether the emulator has carried out the latest call, and holds back what the client waits for.
    fn never_comes(&self) -> bool {
        let waited_for = match self.hangs {
            Hangs::Not => return false,
            Hangs::BeforeHead => Part::Head,
            Hangs::BeforeBody => Part::Start,
            Hangs::InBody => Part::Rest,
        };
        if self.wire.waiting() != Some(waited_for) {
            return false;
        }
        let journal = self.journal();
        let entries = journal.entries();
        let is_held = |call: &JournalEntry| {
            let is_done = call.operation() != "export_sessions" || !call.task_ids().is_empty();
            call.fault().is_some() && call.ending().is_none() && is_done
        };
        entries.len() == self.wire.sent() && entries.last().is_some_and(is_held)
    }
}
