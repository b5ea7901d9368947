//! An emulator by itself, for measurements: `cargo run --release -p session-export-emulator --example emulator --
//! --sessions 1000000 --days 30 --export-format csv`. It prints where it listens, and runs until its input ends.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "whoever started it reads the address from there, and closes the input, which blocks a thread"
)]

use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;

use serde_json::json;
use session_export_emulator::{Emulator, ExportFormat, RowSource};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = Emulator::builder();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or("every option has a value")?;
        builder = match name.as_str() {
            "--sessions" => builder.sessions(value.parse()?),
            "--days" => builder.days(value.parse()?),
            "--seed" => builder.seed(value.parse()?),
            "--listen" => builder.listen(value.parse()?),
            "--state-dir" => builder.state_dir(value),
            "--export-dir" => builder.export_dir(value),
            "--rows" => builder.rows(RowSource::file(PathBuf::from(value))),
            "--export-format" => builder.export_format(match value.as_str() {
                "csv" => ExportFormat::Csv,
                _ => ExportFormat::Xlsx,
            }),
            _ => return Err(format!("unknown option {name}").into()),
        };
    }
    let emulator = builder.start().await?;
    let document = json!({
        "endpoint": emulator.base_url(),
        "project_id": emulator.project_id(),
        "user_name": emulator.user_name(),
        "password": emulator.password(),
        "domain_name": emulator.domain_name(),
    });
    println!("{document}");
    std::io::stdout().flush()?;
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    emulator.serve_until(async { drop(ended.await) }).await;
    Ok(())
}
