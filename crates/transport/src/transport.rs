//! The trait that every transport implements.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{RequestBody, ResponseBody, TransportError};

/// A request whose body is in memory, so that it can be signed and sent again.
pub type Request = http::Request<RequestBody>;

/// A response whose body has not been read yet.
pub type Response = http::Response<ResponseBody>;

/// Carries one HTTP request to its server.
///
/// # What an implementation promises
///
/// - **One attempt.** The server sees a request at most once. A submit that is sent twice creates two exports.
/// - **No redirects.** A 3xx is returned like any other status; following it would carry the token to another host.
/// - **Nothing added.** No cookies, no credentials, no decompression, no proxy taken from the environment.
/// - **The request target as it is**, byte for byte: a signature covers it. The client builds only targets that URL
///   normalisation leaves unchanged.
/// - **Any status is `Ok`.** An error means that no whole response head arrived.
/// - **The body is streamed**, and one that ends early is an error, never a clean end.
/// - **Honest delivery.** [`Delivery::NotSent`](crate::Delivery::NotSent) only when no byte of the request can have
///   reached a server that could act on it; in doubt [`Delivery::Unknown`](crate::Delivery::Unknown).
/// - **No secrets in errors**: never a URL's query, a header or a body.
/// - **Only a limit on connecting.** Limits on the response are the client's; it enforces them by dropping the future.
///
/// # Cancel safety
///
/// Dropping the future of [`send`](Transport::send), or a response body that was not read to its end, must cancel the
/// exchange and close its connection (HTTP/1) or reset its stream (HTTP/2). Whether the server saw the request is
/// then unknown.
#[async_trait]
pub trait Transport: Debug + Send + Sync + 'static {
    /// Sends `request` and waits for the head of the response.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] when no whole response head arrived.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the exchange and closes its connection or resets its stream; whether the server saw the
    /// request is then unknown.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (**self).send(request).await
    }
}
