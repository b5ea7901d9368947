//! A token from the cache, by many callers.

use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use session_export::{Authenticate, Request, RequestBody, StaticToken, Token, TokenAuthenticator};
use session_export_benches::{Failure, wire};

use crate::ALLOCATOR;

/// Authenticates `calls` requests in each of `tasks` tasks on two threads; prints ns and allocations per call.
pub(crate) fn run(calls: u32, tasks: u32) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    let at: DateTime<Utc> = "2024-02-27T03:47:51Z".parse()?;
    let token = Token::new(wire::token())?.with_expiry("2024-02-28T03:47:51Z".parse()?);
    let authenticator: Arc<dyn Authenticate> = Arc::new(TokenAuthenticator::new(StaticToken::new(token)));
    let mut first = request()?;
    runtime.block_on(authenticator.authenticate(&mut first, at))?;

    let (allocations, began) = (ALLOCATOR.stats().allocations, Instant::now());
    let callers: Vec<_> = (0..tasks)
        .map(|_| {
            let authenticator = Arc::clone(&authenticator);
            runtime.spawn(async move {
                // Its headers have room, so that what is counted is the authenticator's.
                let mut request = request()?;
                for _ in 0..calls {
                    black_box(authenticator.authenticate(&mut request, at).await?);
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for caller in callers {
        runtime.block_on(caller)??;
    }
    let all = f64::from(calls) * f64::from(tasks);
    let took = began.elapsed().as_nanos() as f64 / all;
    let allocated = (ALLOCATOR.stats().allocations - allocations) as f64 / all;
    writeln!(
        std::io::stdout(),
        r#"{{"ns":{took:.1},"allocations":{allocated:.2}}}"#
    )?;
    Ok(())
}

fn request() -> Result<Request, Failure> {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() =
        "https://appstream.cn-north-4.myhuaweicloud.com/v1/p/session/list-sessions/export".parse()?;
    request.headers_mut().reserve(8);
    Ok(request)
}
