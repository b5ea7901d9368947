//! Faults of the group *concurrency*.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use session_export_transport::{
    Delivery, Request, Response, Transport, TransportError, TransportErrorKind as Kind,
};
use session_export_transport_reqwest::ReqwestTransport;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::faulty::{Broken, good};

pub(crate) fn all() -> Vec<Broken> {
    vec![
        limited("carries-a-hundred-at-a-time", &["concurrency.in-flight"], 100),
        limited(
            "carries-one-at-a-time",
            &["concurrency.in-flight", "concurrency.isolation"],
            1,
        ),
        Broken::made(
            "works-where-it-was-first-used",
            &["concurrency.two-runtimes"],
            |setup| {
                Ok(Settled {
                    good: Arc::new(good(setup)?),
                    jobs: OnceLock::new(),
                })
            },
        ),
    ]
}

fn limited(name: &'static str, caught_by: &[&'static str], most: usize) -> Broken {
    let permits = Arc::new(Semaphore::new(most));
    Broken::new(name, caught_by, move |good, request| {
        let permits = Arc::clone(&permits);
        Box::pin(async move {
            let _permit = permits.acquire_owned().await;
            good.send(request).await
        })
    })
}

type Job = (Request, oneshot::Sender<Result<Response, TransportError>>);

/// Its requests are sent by a task of the runtime that used it first.
#[derive(Debug)]
struct Settled {
    good: Arc<ReqwestTransport>,
    jobs: OnceLock<mpsc::UnboundedSender<Job>>,
}

#[async_trait]
impl Transport for Settled {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let jobs = self.jobs.get_or_init(|| {
            let (jobs, waiting) = mpsc::unbounded_channel();
            tokio::spawn(work(Arc::clone(&self.good), waiting));
            jobs
        });
        let gone = || TransportError::new(Kind::Other, Delivery::Unknown);
        let (answer, answered) = oneshot::channel();
        jobs.send((request, answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn work(good: Arc<ReqwestTransport>, mut waiting: mpsc::UnboundedReceiver<Job>) {
    while let Some((request, mut answer)) = waiting.recv().await {
        let good = Arc::clone(&good);
        tokio::spawn(async move {
            tokio::select! {
                () = answer.closed() => {}
                outcome = good.send(request) => {
                    let _ = answer.send(outcome);
                }
            }
        });
    }
}
