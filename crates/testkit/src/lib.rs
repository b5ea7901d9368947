//! Proves that a transport keeps the promises of [`Transport`](session_export_transport::Transport).
//!
//! A transport is easy to write and easy to write wrongly: one that follows a redirect leaks a token, one that retries
//! inside doubles an export, one that takes a truncated body for a whole one corrupts a file. This kit finds out. A
//! test target without the standard harness is all it takes:
//!
//! ```no_run
//! use session_export_testkit::transport::{self, Capability, Setup};
//! # #[derive(Debug)] struct MyTransport;
//! # impl MyTransport { fn new(_: &Setup) -> Result<Self, std::io::Error> { Ok(Self) } }
//! # #[async_trait::async_trait]
//! # impl session_export_transport::Transport for MyTransport {
//! #     async fn send(&self, _: session_export_transport::Request)
//! #         -> Result<session_export_transport::Response, session_export_transport::TransportError> {
//! #         use session_export_transport::{Delivery, TransportError, TransportErrorKind};
//! #         Err(TransportError::new(TransportErrorKind::Unsupported, Delivery::NotSent))
//! #     }
//! # }
//!
//! fn main() {
//!     transport::Suite::new("my-transport", |setup| MyTransport::new(setup))
//!         .declare(Capability::Proxy)
//!         .run();
//! }
//! ```
//!
//! Every clause runs over real sockets against the scripted [`server`], and is filtered by name like any test. At the
//! end stands a report card on which everything that was opted out shows.
//!
//! [`auth`] has the same for implementers of `ProvideToken` and `Authenticate`, smaller.

#![allow(
    clippy::disallowed_methods,
    reason = "a test kit has a watchdog, serves connections in tasks, and starts itself again with another environment"
)]

pub mod auth;
mod runner;
pub mod server;
pub mod transport;
