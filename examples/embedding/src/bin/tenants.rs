//! Several tenants in one process: a client for each, one transport for all.

#![allow(clippy::print_stdout, reason = "a program says what it did")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use session_export::{
    Client, Error, ErrorKind, ReqwestTransport, SessionFilter, TaskId, Transport, WaitPolicy,
};
use session_export_emulator::{Emulator, ProjectSpec, UserSpec};
use session_export_example_embedding::{Outcome, check, client_of_project, emulator, filter, sessions_in};

const TENANTS: [(&str, usize); 3] = [("alpha", 11), ("beta", 22), ("gamma", 33)];

// region: tenants
/// What belongs to a tenant is in its client: project, credential, budget of retries, what a 429 said, exports in flight.
/// What is shared is named: the transport, with its connections and its TLS settings. There are no globals.
fn clients(emulator: &Emulator, transport: &Arc<dyn Transport>) -> Outcome<Vec<Client>> {
    let client = |(tenant, _)| {
        client_of_project(emulator, Arc::clone(transport), tenant)?
            .exports_in_flight(1)
            .user_agent(format!("example/1 (tenant {tenant})"))
            .build()
            .map_err(Into::into)
    };
    TENANTS.into_iter().map(client).collect()
}

async fn export(client: &Client, filter: SessionFilter) -> Result<(TaskId, Vec<u8>), Error> {
    let task = client.export_sessions(filter).submit().await?;
    let policy = WaitPolicy::default().first_pause(Duration::from_millis(20));
    let ready = task.wait(policy).await?;
    let mut file = Vec::new();
    ready.download().to_writer(&mut file).await?;
    Ok((task.task_id().clone(), file))
}
// endregion: tenants

#[tokio::main]
async fn main() -> Outcome {
    let emulator = TENANTS
        .into_iter()
        .fold(emulator(), |emulator, (tenant, sessions)| {
            let user = UserSpec::new(format!("{tenant}-user"));
            emulator.project(ProjectSpec::new(tenant).sessions(sessions).days(20).user(user))
        })
        .start()
        .await?;
    let transport: Arc<dyn Transport> = Arc::new(ReqwestTransport::new()?);
    let clients = clients(&emulator, &transport)?;
    let filter = filter()?;
    let exports = clients.iter().map(|client| export(client, filter.clone()));
    let exports = try_join_all(exports).await?;
    for ((tenant, sessions), (_, file)) in TENANTS.iter().zip(&exports) {
        let found = sessions_in(file);
        check(found == *sessions, format!("{tenant} got {found} sessions"))?;
    }
    // A task of another tenant is not there, with whatever id somebody asks.
    let (task, _) = &exports[0];
    match clients[1].task(task.clone()).ready().await {
        Err(error) if matches!(error.kind(), ErrorKind::Task(_)) => {}
        other => return Err(format!("another tenant's task: {other:?}").into()),
    }
    println!("each tenant got its own sessions, over one transport");
    Ok(())
}
