//! One transport, used by many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_export_transport::{Delivery, Transport};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;

use super::super::clause::{Clause, ensure};
use super::super::context::{Context, get, whole};
use super::super::{Capability, Finding};
use super::verdict::OK;
use crate::server::{Gate, Server};

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "concurrency.in-flight",
        "256 requests are in flight at the same time, and each gets the answer to its own. A hidden limit makes a \
         platform's exports wait for each other, or for ever when one waits for another; a mix-up shows one tenant the \
         sessions of another.",
        |context| Box::pin(in_flight(context)),
    ),
    Clause::must(
        "concurrency.isolation",
        "A request whose answer takes its time holds up no other. Polls, downloads and submits share one transport, and \
         a gateway that needs thirty seconds for one of them must not stop the rest.",
        |context| Box::pin(isolation(context)),
    ),
    Clause::must(
        "concurrency.two-runtimes",
        "A transport that was used in one runtime and is then used in another works there, or fails with delivery \
         NotSent; it never hangs, whether the first runtime is idle or gone. Connections belong to the runtime that made \
         them, and tests, command line tools and blocking wrappers make many; a pool that hands out a connection that \
         nobody drives any more waits for ever.",
        |context| Box::pin(two_runtimes(context)),
    )
    .of(Capability::SeveralRuntimes),
];

async fn in_flight(context: &Context) -> Result<(), Finding> {
    const REQUESTS: usize = 256;
    // Twice as many sockets: suites that run side by side must not add theirs up beyond what a process may open.
    static ALONE: Mutex<()> = Mutex::const_new(());
    let _alone = ALONE.lock().await;

    let (arrived, all) = (Arc::new(AtomicUsize::new(0)), Gate::new());
    let (arriving, gate) = (Arc::clone(&arrived), all.clone());
    let server = Server::plain(move |mut connection| {
        let (arriving, gate) = (Arc::clone(&arriving), gate.clone());
        async move {
            while let Some(request) = connection.request().await {
                if arriving.fetch_add(1, Ordering::SeqCst) + 1 == REQUESTS {
                    gate.open();
                }
                gate.passed().await;
                let (length, target) = (request.target.len(), request.target);
                connection
                    .write(format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{target}"
                    ))
                    .await;
            }
        }
    })
    .await;
    let transport = context.plain()?;
    let mut requests = JoinSet::new();
    for number in 0..REQUESTS {
        let (transport, target) = (Arc::clone(&transport), format!("/{number}"));
        let url = server.url(&target);
        requests.spawn(async move {
            let answer = whole(transport.send(get(url)).await?).await?;
            ensure!(
                answer == target.as_bytes(),
                "the answer to another request came for {target}"
            );
            Ok::<_, Finding>(())
        });
    }
    let every_answer = async {
        while let Some(answered) = requests.join_next().await {
            answered??;
        }
        Ok::<_, Finding>(())
    };
    let answers = context.soon("the answer to each of 256 requests", every_answer);
    answers.await.map_err(|finding| {
        let arrived = arrived.load(Ordering::SeqCst);
        Finding::new(format!("{finding}; {arrived} requests arrived"))
    })?
}

async fn isolation(context: &Context) -> Result<(), Finding> {
    let (arrived, released) = (Gate::new(), Gate::new());
    let (arriving, gate) = (arrived.clone(), released.clone());
    let server = Server::plain(move |mut connection| {
        let (arriving, gate) = (arriving.clone(), gate.clone());
        async move {
            while let Some(request) = connection.request().await {
                if request.target == "/slow" {
                    arriving.open();
                    gate.passed().await;
                }
                connection.write(OK).await;
            }
        }
    })
    .await;
    let transport = context.plain()?;
    let mut slow = JoinSet::new();
    slow.spawn({
        let (transport, url) = (Arc::clone(&transport), server.url("/slow"));
        async move { whole(transport.send(get(url)).await?).await }
    });
    context
        .soon("the arrival of the slow request", arrived.passed())
        .await?;
    let fast = async { whole(transport.send(get(server.url("/fast"))).await?).await };
    context.soon("the answer to the fast request", fast).await??;
    ensure!(
        slow.try_join_next().is_none(),
        "the slow request ended before its answer"
    );
    released.open();
    let answer = context.soon("the answer to the slow request", slow.join_next());
    if let Some(answer) = answer.await? {
        answer??;
    }
    Ok(())
}

async fn two_runtimes(context: &Context) -> Result<(), Finding> {
    let server = Server::plain(|connection| connection.answer_all(OK)).await;
    let transport = context.plain()?;
    let (send_first, first) = oneshot::channel();
    let (send_gone, gone) = oneshot::channel();
    // Sent, or dropped with this function: the first runtime is to end.
    let (end, ended) = std::sync::mpsc::channel::<()>();
    std::thread::spawn({
        let (transport, url) = (Arc::clone(&transport), server.url("/first"));
        move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            let exchange = async { whole(transport.send(get(url)).await?).await };
            let _ = send_first.send(runtime.block_on(exchange));
            // Idle from here: nobody drives it.
            let _ = ended.recv();
            drop(runtime);
            let _ = send_gone.send(());
        }
    });
    context.soon("the answer in the first runtime", first).await???;
    elsewhere(context, &*transport, &server, "while the first runtime is idle").await?;
    let _ = end.send(());
    context.soon("the end of the first runtime", gone).await??;
    elsewhere(context, &*transport, &server, "after the first runtime").await
}

async fn elsewhere(
    context: &Context,
    transport: &dyn Transport,
    server: &Server,
    when: &str,
) -> Result<(), Finding> {
    let exchange = async { Ok(whole(transport.send(get(server.url("/second"))).await?).await) };
    match context.soon(&format!("an answer {when}"), exchange).await? {
        Ok(body) => body.map(drop).map_err(Finding::from),
        Err::<_, session_export_transport::TransportError>(error) => {
            ensure!(
                error.delivery() == Delivery::NotSent,
                "a request {when} is {:?}: {error:?}",
                error.delivery()
            );
            Ok(())
        }
    }
}
