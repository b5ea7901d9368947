//! One exchange on a connection, and what becomes of the connection.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::HOST;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Uri, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use session_export_transport::Request;

use crate::connection::{Http1, not_sent};
use crate::failure::{ExchangeFailure, Unsent};
use crate::pool::{Place, Pool, Taken};

/// Sends `request` on a connection of `pool`, once.
///
/// Dropping the future drops the connection with it (HTTP/1), or resets the stream (HTTP/2).
pub(crate) async fn exchange(
    pool: &Arc<Pool>,
    mut request: Request,
) -> Result<http::Response<PooledBody>, ExchangeFailure> {
    match pool.take(request.uri()).await? {
        Taken::Http1 {
            mut connection,
            place,
        } => {
            if request.version() == Version::HTTP_2 {
                place.give_back(connection);
                return Err(Unsent::NoHttp2.into());
            }
            prepare(&mut request, place.ends_at_proxy());
            let response = pin!(connection.hand_over(request));
            let response = connection.outcome(response).await?;
            Ok(response.map(|body| PooledBody::new(body, Some((connection, place)))))
        }
        Taken::Http2(mut sender) => {
            let response = sender.try_send_request(request);
            // hyper's queue gives back what the connection's end has left in it when the last sender goes.
            drop(sender);
            let response = response.await.map_err(not_sent)?;
            Ok(response.map(|body| PooledBody::new(body, None)))
        }
    }
}

/// Gives an HTTP/1 request its host and its target the form that the other end reads.
fn prepare(request: &mut Request, ends_at_proxy: bool) {
    if !request.headers().contains_key(HOST)
        && let Some(host) = host(request.uri())
    {
        request.headers_mut().insert(HOST, host);
    }
    if ends_at_proxy {
        return;
    }
    let target = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(target.unwrap_or_else(|| PathAndQuery::from_static("/")));
}

/// The host, and the port unless the scheme implies it.
fn host(uri: &Uri) -> Option<HeaderValue> {
    let authority = uri.authority()?;
    let implied = if uri.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    match authority.port_u16() {
        Some(port) if port != implied => {
            // As it was given, unless it was given in another form than a number has.
            let canonical = authority
                .as_str()
                .rsplit(':')
                .next()
                .is_some_and(|text| !text.starts_with('0'));
            match canonical {
                true => HeaderValue::from_str(authority.as_str()).ok(),
                false => HeaderValue::try_from(format!("{}:{port}", authority.host())).ok(),
            }
        }
        _ => HeaderValue::from_str(authority.host()).ok(),
    }
}

/// A response's body, which gives its connection back at its end. Dropped before that, it closes it.
pub(crate) struct PooledBody {
    body: Incoming,
    connection: Option<(Http1, Place)>,
}

impl PooledBody {
    fn new(body: Incoming, connection: Option<(Http1, Place)>) -> Self {
        let mut pooled = Self { body, connection };
        pooled.give_back_at_end();
        pooled
    }

    fn give_back_at_end(&mut self) {
        if self.body.is_end_stream()
            && let Some((connection, place)) = self.connection.take()
        {
            place.give_back(connection);
        }
    }
}

impl Body for PooledBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(_))) => self.give_back_at_end(),
            Poll::Ready(None) => {
                if let Some((connection, place)) = self.connection.take() {
                    place.give_back(connection);
                }
            }
            Poll::Ready(Some(Err(_))) => self.connection = None,
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
