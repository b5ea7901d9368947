//! `emulator`

use std::io::{self, Write};
use std::time::Duration;

use serde_json::json;
use session_export_emulator::{
    Emulator, EmulatorBuilder, EmulatorError, ExportFormat, FaultScript, RowSource, choices,
};

use super::Context;
use crate::args::{EmulatorArgs, Format};
use crate::failure::Failure;
use crate::shown::shown;

pub(super) async fn run(context: &Context<'_>, args: EmulatorArgs) -> Result<(), Failure> {
    // Before anybody can know that it runs.
    let terminated = terminated();
    if args.choices {
        return list_choices(context).await;
    }
    let emulator = builder(&args)?.start().await.map_err(|error| match error {
        EmulatorError::NotLoopback(address) if args.admin == Some(address) => {
            Failure::usage(format!("--admin: {error}"))
        }
        error => Failure::emulator(&error),
    })?;
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
        "admin": emulator.admin_url(),
    });
    let admin = match emulator.admin_url() {
        Some(url) => format!("; its admin address is {url}"),
        None => String::new(),
    };
    let lines = format!(
        "the emulator listens on {base} until Ctrl-C{admin}; in another terminal:\n\
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

fn builder(args: &EmulatorArgs) -> Result<EmulatorBuilder, Failure> {
    let mut builder = Emulator::builder()
        .listen(args.listen)
        .sessions(args.sessions)
        .seed(args.seed)
        .days(args.days)
        .export_delay(Duration::from_millis(args.export_delay_ms))
        .export_format(match args.export_format {
            Format::Xlsx => ExportFormat::Xlsx,
            Format::Csv => ExportFormat::Csv,
        })
        .token_ttl(Duration::from_secs(args.token_ttl_s));
    if let Some(path) = &args.rows {
        builder = builder.rows(RowSource::file(path));
    }
    if let Some(directory) = &args.export_dir {
        builder = builder.export_dir(directory);
    }
    if let Some(directory) = &args.state_dir {
        builder = builder.state_dir(directory);
    }
    for choice in &args.choice {
        let (name, value) = choice
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--choice {choice}: write it like retention=604800")))?;
        builder = builder
            .choice(name, value)
            .map_err(|error| Failure::usage(format!("--choice: {error}")))?;
    }
    if let Some(path) = &args.faults {
        let script = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("--faults: {} cannot be read: {error}", shown(path))))?;
        let script = FaultScript::from_json(&script)
            .map_err(|error| Failure::usage(format!("--faults: {}: {error}", shown(path))))?;
        builder = builder.faults(script);
    }
    if let Some(address) = args.admin {
        builder = builder.admin(address);
    }
    Ok(builder)
}

async fn list_choices(context: &Context<'_>) -> Result<(), Failure> {
    let all: Vec<_> = choices().collect();
    let document = all.iter().map(|choice| {
        let values = choice
            .values
            .iter()
            .map(|value| json!({"value": value.value, "text": value.text}));
        json!({
            "name": choice.name,
            "default": choice.default,
            "values": values.collect::<Vec<_>>(),
            "text": choice.text,
        })
    });
    let lines = all.iter().map(|choice| {
        let others = choice
            .values
            .iter()
            .map(|value| format!("\n    {}: {}", value.value, value.text));
        format!(
            "{}={}\n  {}{}",
            choice.name,
            choice.default,
            choice.text,
            others.collect::<String>()
        )
    });
    context
        .result(
            &json!({"choices": document.collect::<Vec<_>>()}),
            lines.collect::<Vec<_>>().join("\n"),
        )
        .await
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
