//! One exchange as a span, in the words of OpenTelemetry's conventions for HTTP clients.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Uri, uri::Scheme};
use tracing::{Span, field::Empty, info_span};

use crate::{Request, Response, Transport, TransportError};

/// The target of everything that these libraries tell `tracing`.
pub const TARGET: &str = "session_export";

/// Sends `request` over `transport` within the span `session_export.http`: one span for one exchange, whoever makes it.
///
/// `template` is the path with names in place of ids (`/v1/{project_id}/session/list-sessions`), so that spans can be
/// grouped by it; it is not taken from the URL, because a path may hold ids and a query may hold names of people.
/// `resends` says how many times the same request was sent before.
///
/// The span ends with the response's head; its length is how long the server took. It costs a comparison where nobody
/// listens at level INFO. What it holds is listed in `docs/observability.md`.
///
/// ```
/// use http::Uri;
/// use session_export_transport::{Request, RequestBody, Response, Transport, TransportError, send_traced};
///
/// async fn ping(transport: &dyn Transport) -> Result<Response, TransportError> {
///     let mut request = Request::new(RequestBody::empty());
///     *request.uri_mut() = Uri::from_static("https://iam.example.com/v3/42");
///     send_traced(transport, request, "/v3/{id}", 0).await
/// }
/// ```
///
/// # Errors
///
/// Whatever the transport ends with.
///
/// # Cancel safety
///
/// As [`Transport::send`]: dropping the future drops the exchange. Its span then ends with `error.type` `dropped`.
pub fn send_traced<'a>(
    transport: &'a dyn Transport,
    request: Request,
    template: &str,
    resends: u32,
) -> impl Future<Output = Result<Response, TransportError>> + Send + 'a {
    let span = span(&request, template, resends);
    // Written by hand, because an `async` block would hold, and move, the request a second time.
    Exchange {
        span: (!span.is_disabled()).then_some(span),
        response: transport.send(request),
    }
}

/// An exchange, and its span if somebody listens.
struct Exchange<'a> {
    /// None once it has said how the exchange ended, too.
    span: Option<Span>,
    response: Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>,
}

impl Future for Exchange<'_> {
    type Output = Result<Response, TransportError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(span) = &this.span else {
            return this.response.as_mut().poll(cx);
        };
        let result = {
            let _entered = span.enter();
            ready!(this.response.as_mut().poll(cx))
        };
        match &result {
            Ok(response) => {
                let status = response.status();
                span.record("http.response.status_code", status.as_u16());
                if status.is_client_error() || status.is_server_error() {
                    failed(span, status.as_str());
                }
            }
            Err(error) => failed(span, error.kind().as_str()),
        }
        this.span = None;
        Poll::Ready(result)
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if let Some(span) = &self.span {
            failed(span, "dropped");
        }
    }
}

fn failed(span: &Span, error_type: &str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", "ERROR");
}

fn span(request: &Request, template: &str, resends: u32) -> Span {
    let (method, uri) = (request.method(), request.uri());
    info_span!(
        target: TARGET,
        "session_export.http",
        otel.name = %format_args!("{method} {template}"),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method.as_str(),
        http.request.resend_count = (resends > 0).then_some(resends),
        http.response.status_code = Empty,
        server.address = uri.host(),
        server.port = port(uri),
        url.template = template,
        error.type = Empty,
    )
}

fn port(uri: &Uri) -> u16 {
    let is_https = uri.scheme() == Some(&Scheme::HTTPS);
    uri.port_u16().unwrap_or(if is_https { 443 } else { 80 })
}
