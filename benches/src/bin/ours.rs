//! Makes calls with the library: `ours <hyper|reqwest> <operation> <base URL> <calls> [<in flight>]`.

use session_export_benches::Failure;
use session_export_benches::ours::Ours;
use session_export_benches::runs::{Run, measured};

fn main() -> Result<(), Failure> {
    let run = Run::from_arguments()?;
    let ours = Ours::new(run.carrier, run.operation, &run.base)?;
    measured(async {
        let operation = run.operation;
        run.make(move || {
            let ours = ours.clone();
            async move { ours.call(operation).await }
        })
        .await
    })
}
