//! What the bundled transports of session-export share.
//!
//! Two HTTP stacks behind one trait are to be set up alike and to fail alike. So the settings, and what is made of
//! them, exist once: certificate authorities, client certificate and crypto provider become a TLS configuration, a
//! proxy's URL becomes an address and a header, and errors become causes that show no secret.
//!
//! ```
//! use session_export_transport_hyper::HyperTransport;
//! use session_export_transport_net::TransportBuilder;
//! use session_export_transport_reqwest::ReqwestTransport;
//!
//! # fn main() -> Result<(), session_export_transport_net::BuildTransportError> {
//! let one: HyperTransport = TransportBuilder::new().proxy("http://proxy.example:3128").build()?;
//! let other: ReqwestTransport = TransportBuilder::new().proxy("http://proxy.example:3128").build()?;
//! # let _ = (one, other);
//! # Ok(())
//! # }
//! ```
//!
//! A transport of one's own may use it, and needs none of it: the trait is in `session-export-transport`. The tests of
//! this crate run every case through both bundled transports, over real sockets.

mod build_error;
mod builder;
mod cause;
mod checks;
mod failure;
mod per_runtime;
mod proxy;
mod received_body;
mod tls;

pub use build_error::BuildTransportError;
pub use builder::{FromSettings, Settings, TransportBuilder};
pub use checks::{Unsupported, check};
pub use failure::{Hidden, broken_body, chain, established, failed, is_tls, refused};
pub use per_runtime::PerRuntime;
pub use proxy::Proxy;
pub use received_body::ReceivedBody;
pub use rustls::crypto::CryptoProvider;
pub use tls::Tls;
