//! `emulator`

use std::io::{self, Write};
use std::time::Duration;

use serde_json::json;
use session_export_emulator::{Emulator, ExportFormat};

use super::Context;
use crate::args::{EmulatorArgs, Format};
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: EmulatorArgs) -> Result<(), Failure> {
    // Before anybody can know that it runs.
    let terminated = terminated();
    let emulator = Emulator::builder()
        .listen(args.listen)
        .sessions(args.sessions)
        .seed(args.seed)
        .export_delay(Duration::from_millis(args.export_delay_ms))
        .export_format(match args.export_format {
            Format::Xlsx => ExportFormat::Xlsx,
            Format::Csv => ExportFormat::Csv,
        })
        .token_ttl(Duration::from_secs(args.token_ttl_s))
        .start()
        .await
        .map_err(|error| Failure::emulator(&error))?;
    let base = emulator.base_url();
    let document = json!({
        "endpoint": base,
        "export_endpoint": base,
        "iam_endpoint": base,
        "project_id": emulator.project_id(),
        "user_name": emulator.user_name(),
        "password": emulator.password(),
        "domain_name": emulator.domain_name(),
        "access_key": emulator.access_key_id(),
        "secret_key": emulator.secret_access_key(),
        "agency": emulator.agency_name(),
        "agency_domain_name": emulator.agency_domain_name(),
        "agency_project_id": emulator.agency_project_id(),
    });
    let lines = format!(
        "the emulator listens on {base} until Ctrl-C; in another terminal:\n\
         \n\
         export HW_USER_NAME={} HW_USER_PASSWORD={} HW_DOMAIN_NAME={} HW_PROJECT_ID={}\n\
         session-export sessions --endpoint {base} --export-endpoint {base} --iam-endpoint {base}\n\
         \n\
         or, with an access key:\n\
         \n\
         export HW_ACCESS_KEY={} HW_SECRET_KEY={} HW_PROJECT_ID={}",
        emulator.user_name(),
        emulator.password(),
        emulator.domain_name(),
        emulator.project_id(),
        emulator.access_key_id(),
        emulator.secret_access_key(),
        emulator.project_id(),
    );
    // On this thread: whoever reads the line may end the emulator at once, and must have got all of it.
    writeln!(io::stdout(), "{}", context.text(&document, lines)).map_err(|error| Failure::output(&error))?;
    emulator.serve_until(terminated).await;
    context.progress.say("the emulator has stopped");
    Ok(())
}

/// Listens for SIGTERM from now on, and completes on it; Ctrl-C ends every command, this one too.
fn terminated() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        #[cfg(unix)]
        if let Ok(mut signal) = signal {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}
