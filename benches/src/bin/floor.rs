//! Makes the same calls without it: `floor <connection|hyper|reqwest> <operation> <base URL> <calls> [<in flight>]`.

use std::sync::Arc;

use session_export_benches::Failure;
use session_export_benches::cases::Carrier;
use session_export_benches::floor::{Connection, Floor, Hyper, Reqwest, Stack};
use session_export_benches::runs::{Run, measured};

fn main() -> Result<(), Failure> {
    let run = Run::from_arguments()?;
    match run.carrier {
        Carrier::Connection => measured(async { make(&run, Connection::new(&run.base).await?).await }),
        Carrier::Hyper => {
            let hyper = Hyper::new()?;
            measured(make(&run, hyper))
        }
        Carrier::Reqwest => {
            let reqwest = Reqwest::new()?;
            measured(make(&run, reqwest))
        }
        other => Err(format!("there is no floor over {other}").into()),
    }
}

async fn make(run: &Run, stack: impl Stack) -> Result<(), Failure> {
    let floor = Arc::new(Floor::new(stack, &run.base)?);
    let operation = run.operation;
    run.make(move || {
        let floor = Arc::clone(&floor);
        async move { floor.call(operation).await }
    })
    .await
}
