//! What IAM is told and what it answers.

mod reply;
mod request;

pub(super) use reply::{json, read_access_key, read_token, success};
pub(super) use request::{
    AssumeRole, Auth, AuthRequest, Identity, KeyLife, Named, Password, PasswordUser, Project, Reference,
    Scope, SessionUser, Totp, TotpUser, secret_body,
};
