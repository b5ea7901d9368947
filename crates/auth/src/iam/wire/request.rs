//! The bodies of `POST /v3/auth/tokens` and `POST /v3.0/OS-CREDENTIAL/securitytokens`.

use bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroizing;

/// Enough for any body that is sent here, so that the buffer never moves and leaves a copy of the secret behind: the
/// largest holds a token, which has at most 32 KiB because a header must hold it too.
const BODY_CAPACITY: usize = 40 << 10;

#[derive(Serialize)]
pub(in crate::iam) struct AuthRequest<'a> {
    pub(in crate::iam) auth: Auth<'a>,
}

#[derive(Serialize)]
pub(in crate::iam) struct Auth<'a> {
    pub(in crate::iam) identity: Identity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) scope: Option<Scope<'a>>,
}

/// Who is asking: the names of the methods, and what each of them needs.
#[derive(Default, Serialize)]
pub(in crate::iam) struct Identity<'a> {
    pub(in crate::iam) methods: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) password: Option<Password<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) totp: Option<Totp<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) token: Option<KeyLife<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) assume_role: Option<AssumeRole<'a>>,
}

#[derive(Serialize)]
pub(in crate::iam) struct Password<'a> {
    pub(in crate::iam) user: PasswordUser<'a>,
}

#[derive(Serialize)]
pub(in crate::iam) struct PasswordUser<'a> {
    pub(in crate::iam) name: &'a str,
    pub(in crate::iam) password: &'a str,
    pub(in crate::iam) domain: Named<'a>,
}

#[derive(Serialize)]
pub(in crate::iam) struct Totp<'a> {
    pub(in crate::iam) user: TotpUser<'a>,
}

#[derive(Serialize)]
pub(in crate::iam) struct TotpUser<'a> {
    pub(in crate::iam) id: &'a str,
    pub(in crate::iam) passcode: &'a str,
}

/// The method `token`: the token itself, or, for temporary keys, only how long they should live.
#[derive(Serialize)]
pub(in crate::iam) struct KeyLife<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) duration_seconds: Option<u64>,
}

#[derive(Serialize)]
pub(in crate::iam) struct AssumeRole<'a> {
    pub(in crate::iam) agency_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) domain_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) domain_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) duration_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) session_user: Option<SessionUser<'a>>,
}

#[derive(Serialize)]
pub(in crate::iam) struct SessionUser<'a> {
    pub(in crate::iam) name: &'a str,
}

#[derive(Serialize)]
pub(in crate::iam) struct Named<'a> {
    pub(in crate::iam) name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::iam) enum Reference<'a> {
    Id(&'a str),
    Name(&'a str),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::iam) enum Scope<'a> {
    Project(Project<'a>),
    Domain(Reference<'a>),
}

#[derive(Serialize)]
pub(in crate::iam) struct Project<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::iam) domain: Option<Named<'a>>,
}

/// The body as bytes that are overwritten when the last reference is dropped.
pub(in crate::iam) fn secret_body(request: &AuthRequest<'_>) -> Bytes {
    let mut body = Zeroizing::new(Vec::with_capacity(BODY_CAPACITY));
    serde_json::to_writer(&mut *body, request).expect("texts always serialise");
    Bytes::from_owner(body)
}
