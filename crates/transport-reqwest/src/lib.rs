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
//!
//! Its tests are in `session-export-transport-net`: every case there runs through both bundled transports.

mod client;
mod failure;
mod target;
mod transport;

pub use session_export_transport_net::{BuildTransportError, CryptoProvider};
pub use transport::{ReqwestTransport, ReqwestTransportBuilder};
