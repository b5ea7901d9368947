//! Who is calling: tokens and access keys, where they come from, and how a request is made to carry one.
//!
//! | verb | for a token | for an access key |
//! |---|---|---|
//! | fetch one, and keep nothing | [`ProvideToken`]: [`StaticToken`], [`IamPassword`], [`IamExchange`], [`IamAgency`] | [`ProvideAccessKey`]: [`StaticAccessKey`], [`IamTemporaryKey`], [`InstanceMetadata`] |
//! | make a request carry it: [`Authenticate`] | [`TokenAuthenticator`]: `X-Auth-Token` | [`AccessKeyAuthenticator`]: a signature |
//!
//! Both authenticators keep what they fetched in the same cache, so that any number of calls share one log-in. Where a
//! user already has credentials, [`CredentialChain`] finds them, when it is asked to.
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
//! Nothing here spawns a task, reads a clock, or writes a secret to a log, an error or a `Debug` output. The environment
//! is read by [`Environment::of_process`], and the two files of the chain by [`CredentialChain::find`], and by nothing else.

mod access_key;
mod access_key_authenticator;
mod authenticate;
mod cache;
mod chain;
mod error;
mod iam;
mod instance_metadata;
mod plain_http;
mod provide_token;
mod retry;
mod signer;
mod static_token;
mod token;
mod token_authenticator;

#[cfg(feature = "test-util")]
pub use access_key::MockProvideAccessKey;
pub use access_key::{AccessKey, ProvideAccessKey, StaticAccessKey};
pub use access_key_authenticator::AccessKeyAuthenticator;
pub use authenticate::{Authenticate, Stamp};
pub use chain::{
    Credential, CredentialChain, Environment, Found, FoundAgency, Looked, NoCredentials, NoCredentialsKind,
    Outcome, PasswordLogin, Source, SourceKind, VariableNotText,
};
pub use error::{AuthError, AuthErrorKind, Refusal};
pub use iam::{
    Agency, Iam, IamAgency, IamExchange, IamPassword, IamTemporaryKey, TokenDescription, TokenScope,
    TotpPasscode,
};
pub use instance_metadata::InstanceMetadata;
pub use plain_http::PlainHttp;
#[cfg(feature = "test-util")]
pub use provide_token::MockProvideToken;
pub use provide_token::ProvideToken;
pub use retry::CredentialRetry;
pub use static_token::StaticToken;
pub use token::Token;
pub use token_authenticator::TokenAuthenticator;
