//! An emulator with few sessions and a clock that stands still, and the calls that tests make.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use session_export_emulator::{Emulator, EmulatorBuilder, ExportFormat, FaultOperation, FaultScript};

use crate::socket::{Came, Socket};

/// 2024-03-01T10:00:00Z
const NOW: i64 = 1_709_287_200;

const WINDOW: &str = "query_begin_time=2023-01-01T00:00:00Z&query_end_time=2025-01-01T00:00:00Z";

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    token: String,
}

impl Stage {
    pub(crate) async fn start(options: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let builder = Emulator::builder()
            .sessions(20)
            .export_format(ExportFormat::Csv)
            .export_delay(Duration::ZERO)
            .clock(|| DateTime::<Utc>::from_timestamp(NOW, 0).unwrap());
        let emulator = options(builder).start().await.unwrap();
        let script = emulator.faults();
        emulator.set_faults(FaultScript::new()).unwrap();
        let mut stage = Self {
            emulator,
            token: String::new(),
        };
        let reply = stage.call(FaultOperation::CreateToken).await;
        stage.token = reply.header("x-subject-token").unwrap().to_owned();
        stage.emulator.clear_journal();
        // The token is no call of the test.
        stage.emulator.set_faults(script).unwrap();
        stage
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) async fn socket(&self) -> Socket {
        Socket::connect(&self.emulator.base_url()).await
    }

    /// The method, the target and the body of a call that is right.
    pub(crate) fn call_of(&self, operation: FaultOperation, task: &str) -> (&'static str, String, String) {
        let project = self.emulator.project_id();
        let sessions = format!("/v1/{project}/session/list-sessions");
        let tasks = format!("/v2/{project}/export-tasks");
        match operation {
            FaultOperation::CreateToken => {
                let body = json!({ "auth": {
                    "identity": { "methods": ["password"], "password": { "user": {
                        "name": self.emulator.user_name(),
                        "password": self.emulator.password(),
                        "domain": { "name": self.emulator.domain_name() },
                    } } },
                    "scope": { "project": { "name": self.emulator.region() } },
                } });
                (
                    "POST",
                    "/v3/auth/tokens?nocatalog=true".to_owned(),
                    body.to_string(),
                )
            }
            FaultOperation::DescribeToken => ("GET", "/v3/auth/tokens".to_owned(), String::new()),
            FaultOperation::ListProjects => ("GET", "/v3/projects".to_owned(), String::new()),
            FaultOperation::CreateTemporaryKey => {
                let body = json!({ "auth": { "identity": { "methods": ["token"], "token": {} } } });
                (
                    "POST",
                    "/v3.0/OS-CREDENTIAL/securitytokens".to_owned(),
                    body.to_string(),
                )
            }
            FaultOperation::Metadata => ("GET", "/openstack/latest/securitykey".to_owned(), String::new()),
            FaultOperation::ListSessions => ("GET", format!("{sessions}?limit=5&{WINDOW}"), String::new()),
            FaultOperation::ExportSessions => ("POST", format!("{sessions}/export"), "{}".to_owned()),
            FaultOperation::ListExportTasks => ("GET", format!("{tasks}?task_id={task}"), String::new()),
            FaultOperation::DownloadExportFile => ("GET", format!("{tasks}/{task}/download"), String::new()),
            FaultOperation::DeleteExportTasks => {
                let body = json!({ "task_ids": [task] }).to_string();
                ("POST", format!("{tasks}/batch-delete"), body)
            }
            _ => ("GET", "/nowhere".to_owned(), String::new()),
        }
    }

    pub(crate) async fn call(&self, operation: FaultOperation) -> Came {
        self.call_about(operation, "none").await
    }

    pub(crate) async fn call_about(&self, operation: FaultOperation, task: &str) -> Came {
        self.call_on(&mut self.socket().await, operation, task).await
    }

    pub(crate) async fn call_on(&self, socket: &mut Socket, operation: FaultOperation, task: &str) -> Came {
        let (method, target, body) = self.call_of(operation, task);
        socket
            .send(method, &target, &self.headers(), body.as_bytes())
            .await
    }

    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        let mut headers = vec![("Content-Type", "application/json")];
        if !self.token.is_empty() {
            headers.push(("X-Auth-Token", &self.token));
            headers.push(("X-Subject-Token", &self.token));
        }
        headers
    }

    /// Submits an export without a fault and gives its task id.
    pub(crate) async fn submit(&self) -> String {
        let reply = self.call(FaultOperation::ExportSessions).await;
        reply.json()["task_id"].as_str().unwrap().to_owned()
    }

    /// The task as the export centre lists it.
    pub(crate) async fn task(&self, id: &str) -> Value {
        let reply = self.call_about(FaultOperation::ListExportTasks, id).await;
        assert_eq!(reply.status(), Some(200), "{reply:?}");
        reply.json()["export_tasks"].get(0).cloned().unwrap_or_default()
    }
}
