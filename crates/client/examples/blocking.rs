//! An export from a plain `main`, without an asynchronous runtime.
//!
//! ```console
//! $ session-export emulator --listen 127.0.0.1:8080   # says project and password
//! $ export EMULATOR=http://127.0.0.1:8080 EMULATOR_PROJECT=… EMULATOR_PASSWORD=…
//! $ cargo run -p session-export --features blocking --example blocking
//! ```

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program has an environment and a standard output"
)]

use std::env;
use std::error::Error;
use std::sync::Arc;

use session_export::{
    Blocking, Client, Endpoint, Iam, IamPassword, ReqwestTransport, SessionFilter, TokenAuthenticator,
    TokenScope, WaitPolicy,
};

fn main() -> Result<(), Box<dyn Error>> {
    let base = env::var("EMULATOR")?.parse::<session_export::BaseUrl>()?;
    let project: session_export::ProjectId = env::var("EMULATOR_PROJECT")?.parse()?;
    let endpoint = Endpoint::builder()
        .sessions(base.clone())
        .export_centre(base.clone())
        .iam(base.clone())
        .build()?;
    let transport = Arc::new(ReqwestTransport::new()?);
    let login = IamPassword::new(
        Iam::new(transport.clone(), base),
        "emulator-user",
        env::var("EMULATOR_PASSWORD")?,
        "emulator-domain",
        TokenScope::project_id(project.clone()),
    );
    let client = Client::builder(endpoint, project)
        .transport(transport)
        .authenticator(TokenAuthenticator::new(login))
        .build()?;

    let blocking = Blocking::new()?;
    let task = blocking.run(client.export_sessions(SessionFilter::builder().build()?).submit())?;
    println!("submitted: task {}", task.task_id());
    let ready = blocking.run(task.wait(WaitPolicy::default()))?;
    let file = blocking.run(ready.download().to_directory("."))?;
    println!("{}: {} bytes", file.path.display(), file.bytes);
    Ok(())
}
