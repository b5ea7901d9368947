//! The seam between session-export and the network.
//!
//! A [`Transport`] carries one HTTP request to a server and brings back the head of its response, whose body is
//! then streamed. Everything that makes an exchange *safe* (authentication, limits, retries, decoding) lives above
//! the trait; everything that makes it *possible* (sockets, TLS, proxies, pools) lives below it.
//!
//! ```
//! use async_trait::async_trait;
//! use session_export_transport::{Request, Response, ResponseBody, Transport, TransportError};
//!
//! /// Answers every request with an empty `200 OK`.
//! #[derive(Debug)]
//! struct AlwaysOk;
//!
//! #[async_trait]
//! impl Transport for AlwaysOk {
//!     async fn send(&self, _request: Request) -> Result<Response, TransportError> {
//!         Ok(Response::new(ResponseBody::empty()))
//!     }
//! }
//! ```
//!
//! Time is a seam too: [`Clock`] is the only door through which the libraries see it. [`send_traced`] makes an exchange
//! visible to `tracing`.

mod base_url;
mod body;
mod clock;
mod error;
#[cfg(feature = "test-util")]
pub mod test_util;
mod traced;
mod transport;

pub use base_url::{BaseUrl, InvalidBaseUrl, is_loopback};
pub use body::{RequestBody, ResponseBody};
pub use clock::{Clock, Sleep};
pub use error::{Delivery, TransportError, TransportErrorKind};
pub use traced::{TARGET, send_traced};
pub use transport::{Request, Response, Transport};
