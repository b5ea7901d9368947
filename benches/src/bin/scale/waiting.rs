//! Many exports of one client, all of them between two looks: what each takes in memory.

use std::io::Write as _;

use async_trait::async_trait;
use session_export::{
    BaseUrl, Client, Endpoint, Request, Response, ResponseBody, StaticToken, Token, TokenAuthenticator,
    Transport, TransportError, WaitPolicy,
};
use session_export_benches::{Failure, wire};
use session_export_transport::test_util::ManualClock;

use crate::ALLOCATOR;

/// Answers every look in memory: no connection is open while an export waits.
#[derive(Debug)]
struct InMemory;

#[async_trait]
impl Transport for InMemory {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let query = request.uri().query().unwrap_or_default();
        let id = query.strip_prefix("task_id=").unwrap_or_default();
        let body = wire::polled(id, "CREATING");
        Ok(http::Response::new(ResponseBody::from(body)))
    }
}

/// Prints bytes and allocations per export.
pub(crate) fn run(exports: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let clock = ManualClock::new("2024-02-27T03:47:51Z".parse()?);
    let base: BaseUrl = "http://127.0.0.1:1".parse()?;
    let client = Client::builder(
        Endpoint::builder()
            .sessions(base.clone())
            .export_centre(base)
            .build()?,
        wire::project(),
    )
    .authenticator(TokenAuthenticator::new(StaticToken::new(Token::new(
        wire::token(),
    )?)))
    .transport(InMemory)
    .clock(clock.clone())
    .build()?;
    let held = || ALLOCATOR.stats().bytes_allocated as i64 - ALLOCATOR.stats().bytes_deallocated as i64;
    let before = held();
    runtime.block_on(async {
        for number in 0..exports {
            let task = client.task(wire::task(&format!("2b31ed520a5f4d0a{number:016x}")));
            drop(tokio::spawn(
                async move { task.wait(WaitPolicy::default()).await },
            ));
        }
        // Each takes its first look, which is answered at once, and then pauses.
        while clock.timers() < exports {
            tokio::task::yield_now().await;
        }
    });
    let each = (held() - before) as f64 / exports as f64;
    writeln!(std::io::stdout(), "{each:.0}")?;
    // Without it, 10,000 pauses would each look for their timer among all the others.
    std::process::exit(0)
}
