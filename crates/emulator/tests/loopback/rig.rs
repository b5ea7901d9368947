//! An emulator with a clock that tests move, and requests that carry a token.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use session_export_emulator::{Emulator, EmulatorBuilder};

use crate::http::{Reply, encode, send};

/// 2024-03-01T10:00:00Z, a Friday.
pub(crate) const START: i64 = 1_709_287_200_000;

/// The widest window that the data fills.
pub(crate) const ALL: &str = "query_begin_time=2023-01-01T00:00:00Z&query_end_time=2025-01-01T00:00:00Z";

pub(crate) struct Rig {
    pub(crate) emulator: Emulator,
    now: Arc<AtomicI64>,
    token: OnceLock<String>,
}

impl Rig {
    /// An emulator whose clock stands at [`START`].
    pub(crate) async fn start(options: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&now);
        let builder = Emulator::builder()
            .sessions(300)
            .clock(move || DateTime::<Utc>::from_timestamp_millis(clock.load(Ordering::SeqCst)).unwrap());
        let emulator = options(builder).start().await.unwrap();
        let rig = Self {
            emulator,
            now,
            token: OnceLock::new(),
        };
        let token = rig.ask_token("?nocatalog=true", &rig.credentials()).await;
        assert_eq!(token.status, 201);
        let token = token.header("x-subject-token").unwrap().to_owned();
        rig.token.set(token).unwrap();
        rig
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now.load(Ordering::SeqCst)).unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.now
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// The body of a token request that is right in every respect.
    pub(crate) fn credentials(&self) -> Value {
        let mut identity = json!({ "methods": ["password"], "password": { "user": {
            "name": self.emulator.user_name(),
            "password": self.emulator.password(),
            "domain": { "name": self.emulator.domain_name() },
        } } });
        if let Some(passcode) = self.emulator.totp_passcode() {
            identity["methods"] = json!(["password", "totp"]);
            identity["totp"] = json!({ "user": { "id": self.emulator.user_id(), "passcode": passcode } });
        }
        json!({ "auth": {
            "identity": identity,
            "scope": { "project": { "name": self.emulator.region() } },
        } })
    }

    /// A token for another scope than the usual one.
    pub(crate) async fn token_for(&self, scope: Value) -> String {
        let mut body = self.credentials();
        body["auth"]["scope"] = scope;
        self.token_from(&body).await
    }

    /// The token that a request for one leads to.
    pub(crate) async fn token_from(&self, body: &Value) -> String {
        let reply = self.ask_token("", body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.header("x-subject-token").unwrap().to_owned()
    }

    pub(crate) async fn ask_token(&self, query: &str, body: &Value) -> Reply {
        let target = format!("/v3/auth/tokens{query}");
        let headers = [
            ("Content-Type", "application/json;charset=UTF-8"),
            ("X-Auth-Token", self.token()),
        ];
        // Only an agency needs a token here, and the first one is asked for without.
        let headers = if self.token().is_empty() {
            &headers[..1]
        } else {
            &headers
        };
        self.send("POST", &target, headers, body.to_string().as_bytes())
            .await
    }

    pub(crate) async fn sign_in(&self) -> String {
        self.token_from(&self.credentials()).await
    }

    pub(crate) fn token(&self) -> &str {
        self.token.get().map_or("", String::as_str)
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        send(&self.emulator.base_url(), method, target, headers, body).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send("GET", target, &[("X-Auth-Token", self.token())], b"")
            .await
    }

    pub(crate) async fn post(&self, target: &str, body: &[u8]) -> Reply {
        let headers = [
            ("X-Auth-Token", self.token()),
            ("Content-Type", "application/json"),
        ];
        self.send("POST", target, &headers, body).await
    }

    pub(crate) fn sessions_path(&self) -> String {
        format!("/v1/{}/session/list-sessions", self.emulator.project_id())
    }

    pub(crate) fn tasks_path(&self) -> String {
        format!("/v2/{}/export-tasks", self.emulator.project_id())
    }

    pub(crate) async fn list(&self, query: &str) -> Reply {
        self.get(&format!("{}?{query}", self.sessions_path())).await
    }

    /// Every session that matches, gathered page by page.
    pub(crate) async fn list_all(&self, query: &str) -> Vec<Value> {
        let mut items = Vec::new();
        loop {
            let reply = self
                .list(&format!("limit=100&offset={}&{query}", items.len()))
                .await;
            assert_eq!(reply.status, 200, "{query}: {reply:?}");
            let Value::Array(page) = reply.json()["items"].take() else {
                panic!("no items: {reply:?}")
            };
            items.extend(page.iter().cloned());
            if page.len() < 100 {
                assert_eq!(reply.json()["count"], items.len());
                return items;
            }
        }
    }

    pub(crate) async fn export(&self, filter: &Value) -> Reply {
        self.post(
            &format!("{}/export", self.sessions_path()),
            filter.to_string().as_bytes(),
        )
        .await
    }

    /// Submits an export and gives its task id.
    pub(crate) async fn submit(&self, filter: &Value) -> String {
        let reply = self.export(filter).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["task_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn task(&self, id: &str) -> Value {
        let mut list = self
            .get(&format!("{}?task_id={}", self.tasks_path(), encode(id)))
            .await
            .json();
        list["export_tasks"][0].take()
    }

    pub(crate) async fn download(&self, id: &str) -> Reply {
        self.get(&format!("{}/{}/download", self.tasks_path(), encode(id)))
            .await
    }
}
