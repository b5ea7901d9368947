//! Who is calling: tokens, where they come from, and how a request is made to carry one.
//!
//! Two verbs, two traits. [`ProvideToken`] fetches a token and never keeps it; [`Authenticate`] makes a request carry
//! a credential. [`TokenAuthenticator`] joins them with a cache, so that any number of calls share one log-in.
//!
//! ```
//! use session_export_auth::{Authenticate, StaticToken, Token, TokenAuthenticator};
//! use session_export_transport::{Request, RequestBody};
//!
//! # futures_util::future::FutureExt::now_or_never(async {
//! let authenticator = TokenAuthenticator::new(StaticToken::new(Token::new("MIIexample")?));
//! let mut request = Request::new(RequestBody::empty());
//! *request.uri_mut() = "https://workspace.cn-north-4.myhuaweicloud.com/v2/p/export-tasks".parse().unwrap();
//! authenticator.authenticate(&mut request, chrono::DateTime::UNIX_EPOCH).await?;
//! assert!(request.headers().contains_key("x-auth-token"));
//! # Ok::<(), session_export_auth::AuthError>(())
//! # }).unwrap().unwrap();
//! ```
//!
//! Nothing here spawns a task, reads a clock or an environment variable, or writes a secret to a log, an error or a
//! `Debug` output.

mod authenticate;
mod error;
mod iam;
mod plain_http;
mod provide_token;
mod static_token;
mod token;
mod token_authenticator;

pub use authenticate::{Authenticate, Stamp};
pub use error::{AuthError, AuthErrorKind, Refusal};
pub use iam::{IamPassword, ProjectScope};
pub use plain_http::PlainHttp;
#[cfg(feature = "test-util")]
pub use provide_token::MockProvideToken;
pub use provide_token::ProvideToken;
pub use static_token::StaticToken;
pub use token::Token;
pub use token_authenticator::TokenAuthenticator;
