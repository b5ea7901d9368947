//! Raw hyper behind the transport trait of session-export.
//!
//! ```
//! use session_export_transport_hyper::HyperTransport;
//!
//! # fn main() -> Result<(), session_export_transport_hyper::BuildTransportError> {
//! let transport = HyperTransport::new()?;
//! # let _ = transport;
//! # Ok(())
//! # }
//! ```
//!
//! [`HyperTransport`] speaks HTTP/1.1 and, where a TLS server offers it, HTTP/2. It is hyper with a small pool of
//! connections and hyper-rustls' TLS, and has the settings of the reqwest transport under the same names. What it has in addition is
//! that every request target reaches the wire as it was given: `/a/../b` stays `/a/../b`.
//!
//! # What is added to a request
//!
//! - `host`, unless the request has one, and `content-length` unless the body is empty: HTTP asks for them.
//! - `proxy-authorization`, for a plain `http` URL through a proxy whose URL has credentials.
//!
//! Its tests are in `session-export-transport-net`: every case there runs through both bundled transports.

mod connection;
mod connector;
mod exchange;
mod failure;
mod names;
mod pool;
mod transport;

pub use session_export_transport_net::{BuildTransportError, CryptoProvider};
pub use transport::{HyperTransport, HyperTransportBuilder};
