//! The calls themselves: what a program would write that had no library for them.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_export_model::{ExportTaskList, SessionList, SubmittedTask};

use super::Stack;
use crate::cases::Operation;
use crate::{Failure, wire};

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: HeaderValue = HeaderValue::from_static("session-export/0.1.0");

/// Makes the calls over a stack.
#[derive(Clone, Debug)]
pub struct Floor<S> {
    stack: S,
    base: String,
    token: HeaderValue,
}

/// The body of a submit.
#[derive(Serialize)]
struct Filter<'a> {
    user_name: &'a str,
    query_begin_time: &'a str,
    query_end_time: &'a str,
    app_server_group_id: &'a str,
    vm_ip: &'a str,
    public_ip: &'a str,
    machine_name: &'a str,
    session_state: &'a str,
    is_success: &'a str,
}

const FILTER: Filter<'_> = Filter {
    user_name: "user005",
    query_begin_time: "2024-02-27T03:47:51.182Z",
    query_end_time: "2024-03-01T11:47:51.000Z",
    app_server_group_id: "e75fef51bbb748",
    vm_ip: "10.0.0.1",
    public_ip: "203.0.113.9",
    machine_name: "APS-01",
    session_state: "Active,Disconnected",
    is_success: "true",
};

impl<S: Stack> Floor<S> {
    /// Calls over `stack`.
    ///
    /// # Errors
    ///
    /// Never: the token is a valid header.
    pub fn new(stack: S, base: &str) -> Result<Self, Failure> {
        Ok(Self {
            stack,
            base: base.to_owned(),
            token: wire::token().try_into()?,
        })
    }

    /// Makes a call and decodes its reply.
    ///
    /// # Errors
    ///
    /// When it fails, and for a signed submit: the floor has no signer.
    pub async fn call(&self, operation: Operation) -> Result<(), Failure> {
        match operation {
            Operation::Submit => self.submit().await.map(drop),
            Operation::Poll => self.poll().await.map(drop),
            Operation::List => self.list().await.map(drop),
            Operation::SubmitSigned => Err("the floor signs nothing; the program `hashes` does".into()),
        }
    }

    async fn submit(&self) -> Result<SubmittedTask, Failure> {
        let url = format!("{}/v1/{}/session/list-sessions/export", self.base, wire::PROJECT);
        let body = serde_json::to_vec(&FILTER)?;
        self.json(Method::POST, url, body.into()).await
    }

    async fn poll(&self) -> Result<ExportTaskList, Failure> {
        let url = format!(
            "{}/v2/{}/export-tasks?task_id={}",
            self.base,
            wire::PROJECT,
            wire::CREATING
        );
        self.json(Method::GET, url, Bytes::new()).await
    }

    async fn list(&self) -> Result<SessionList, Failure> {
        let mut url = format!(
            "{}/v1/{}/session/list-sessions?limit={}&offset={}",
            self.base,
            wire::PROJECT,
            wire::ROWS,
            0
        );
        for (name, value) in [
            ("user_name", FILTER.user_name),
            ("query_begin_time", FILTER.query_begin_time),
            ("query_end_time", FILTER.query_end_time),
            ("app_server_group_id", FILTER.app_server_group_id),
            ("vm_ip", FILTER.vm_ip),
            ("public_ip", FILTER.public_ip),
            ("machine_name", FILTER.machine_name),
            ("session_state", FILTER.session_state),
            ("is_success", FILTER.is_success),
        ] {
            url.push('&');
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, ESCAPED));
        }
        self.json(Method::GET, url, Bytes::new()).await
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        url: String,
        body: Bytes,
    ) -> Result<T, Failure> {
        let headers = [
            Some((ACCEPT, JSON)),
            (method == Method::POST).then_some((CONTENT_TYPE, JSON)),
            Some((USER_AGENT, AGENT)),
            Some((X_AUTH_TOKEN, self.token.clone())),
        ];
        let reply = self.stack.exchange(method, url, headers, body).await?;
        Ok(serde_json::from_slice(&reply)?)
    }
}
