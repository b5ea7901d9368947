//! A signer for tests, written a second time on purpose: it knows nothing of the emulator's code.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::http::Reply;
use crate::rig::Rig;

/// An access key, permanent or temporary.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) access: String,
    pub(crate) secret: String,
    pub(crate) security_token: Option<String>,
}

impl Key {
    /// The user's permanent key.
    pub(crate) fn permanent(rig: &Rig) -> Self {
        Self {
            access: rig.emulator.access_key_id().to_owned(),
            secret: rig.emulator.secret_access_key().to_owned(),
            security_token: None,
        }
    }

    /// The key in an answer of IAM or the instance metadata.
    pub(crate) fn temporary(reply: &Reply) -> Self {
        let credential = &reply.json()["credential"];
        let text = |name: &str| credential[name].as_str().unwrap().to_owned();
        assert!(matches!(credential, Value::Object(members) if members.len() == 4));
        Self {
            access: text("access"),
            secret: text("secret"),
            security_token: Some(text("securitytoken")),
        }
    }
}

/// A request that is about to be signed. Its target must be in canonical form, apart from the slash at the end.
#[derive(Clone)]
pub(crate) struct Draft {
    method: String,
    target: String,
    body: Vec<u8>,
    date: String,
    /// Headers with whether they are signed.
    headers: Vec<(String, String, bool)>,
    payload: Option<String>,
    signs_host: bool,
}

impl Draft {
    /// With `X-Sdk-Date` as the emulator's clock has it, and nothing else.
    pub(crate) fn new(rig: &Rig, method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            body: Vec::new(),
            date: rig.now().format("%Y%m%dT%H%M%SZ").to_string(),
            headers: Vec::new(),
            payload: None,
            signs_host: true,
        }
    }

    pub(crate) fn json(self, body: &str) -> Self {
        let body = body.as_bytes().to_vec();
        Self { body, ..self }.header("content-type", "application/json")
    }

    pub(crate) fn body(self, body: &[u8]) -> Self {
        Self {
            body: body.to_vec(),
            ..self
        }
    }

    /// Adds a signed header. The name is in lower case.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned(), true));
        self
    }

    /// Adds a header that is not signed.
    pub(crate) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned(), false));
        self
    }

    pub(crate) fn at(self, date: &str) -> Self {
        Self {
            date: date.to_owned(),
            ..self
        }
    }

    /// Signs this instead of the body's hash.
    pub(crate) fn payload(self, payload: &str) -> Self {
        Self {
            payload: Some(payload.to_owned()),
            ..self
        }
    }

    pub(crate) fn without_host(self) -> Self {
        Self {
            signs_host: false,
            ..self
        }
    }

    /// The canonical request.
    pub(crate) fn canonical(&self, rig: &Rig, key: &Key) -> String {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let slash = if path.ends_with('/') { "" } else { "/" };
        let signed = self.signed(rig, key);
        let lines: String = signed
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        let names: Vec<&str> = signed.iter().map(|(name, _)| name.as_str()).collect();
        let hash = self
            .payload
            .clone()
            .unwrap_or_else(|| hex(&Sha256::digest(&self.body)));
        let names = names.join(";");
        format!(
            "{}\n{path}{slash}\n{query}\n{lines}\n{names}\n{hash}",
            self.method
        )
    }

    fn signed(&self, rig: &Rig, key: &Key) -> Vec<(String, String)> {
        let mut signed: Vec<(String, String)> = self
            .headers
            .iter()
            .filter(|(_, _, signed)| *signed)
            .map(|(name, value, _)| (name.clone(), value.clone()))
            .collect();
        if self.signs_host {
            let host = rig.emulator.base_url().trim_start_matches("http://").to_owned();
            signed.push(("host".to_owned(), host));
        }
        if let Some(token) = &key.security_token {
            signed.push(("x-security-token".to_owned(), token.clone()));
        }
        signed.push(("x-sdk-date".to_owned(), self.date.clone()));
        signed.sort();
        signed
    }

    pub(crate) fn authorization(&self, rig: &Rig, key: &Key) -> String {
        let canonical = self.canonical(rig, key);
        let text = format!(
            "SDK-HMAC-SHA256\n{}\n{}",
            self.date,
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let names: Vec<String> = self.signed(rig, key).into_iter().map(|(name, _)| name).collect();
        format!(
            "SDK-HMAC-SHA256 Access={}, SignedHeaders={}, Signature={}",
            key.access,
            names.join(";"),
            hex(&mac.finalize().into_bytes())
        )
    }

    /// Signs and sends.
    pub(crate) async fn send(&self, rig: &Rig, key: &Key) -> Reply {
        self.send_with(rig, key, &self.authorization(rig, key)).await
    }

    /// Sends with another `Authorization`.
    pub(crate) async fn send_with(&self, rig: &Rig, key: &Key, authorization: &str) -> Reply {
        let mut headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value, _)| (name.as_str(), value.as_str()))
            .collect();
        if let Some(token) = &key.security_token {
            headers.push(("X-Security-Token", token));
        }
        headers.push(("X-Sdk-Date", &self.date));
        headers.push(("Authorization", authorization));
        rig.send(&self.method, &self.target, &headers, &self.body).await
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
