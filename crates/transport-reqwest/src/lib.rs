//! reqwest behind the transport trait of session-export.
//!
//! ```
//! use session_export_transport_reqwest::ReqwestTransport;
//!
//! # fn main() -> Result<(), session_export_transport_reqwest::BuildTransportError> {
//! let transport = ReqwestTransport::new()?;
//! # let _ = transport;
//! # Ok(())
//! # }
//! ```
//!
//! [`ReqwestTransport`] speaks HTTP/1.1 and, where a TLS server offers it, HTTP/2. Everything reqwest would do on its
//! own initiative is off: redirects, retries, cookies, decompression, referers, and proxies found in the environment.
//!
//! # What is added to a request
//!
//! - `accept: */*`, unless the request has an `accept` header. reqwest has no way to leave it out.
//! - `host`, and `content-length` unless the body is empty: HTTP asks for them.
//! - `proxy-authorization`, for a plain `http` URL through a proxy whose URL has credentials.

mod body;
mod build_error;
mod builder;
mod cause;
mod clients;
mod failure;
mod proxy;
mod target;
mod tls;
mod transport;

pub use build_error::BuildTransportError;
pub use builder::ReqwestTransportBuilder;
pub use transport::ReqwestTransport;
