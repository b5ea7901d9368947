//! Every clause, group by group.

mod body;
mod cancel;
mod concurrency;
mod failure;
mod http2;
mod never;
mod proxy;
mod request;
mod response;
mod secrets;
mod streaming;
mod tls;
mod unasked;
mod verdict;

use super::Clause;

/// Every clause, in the order of the guide.
pub fn all() -> impl Iterator<Item = &'static Clause> {
    [
        request::CLAUSES,
        response::CLAUSES,
        streaming::CLAUSES,
        never::CLAUSES,
        unasked::CLAUSES,
        failure::CONNECTING,
        failure::EXCHANGE,
        body::CLAUSES,
        cancel::CLAUSES,
        concurrency::CLAUSES,
        secrets::CLAUSES,
        proxy::CLAUSES,
        tls::CLAUSES,
        http2::CLAUSES,
    ]
    .into_iter()
    .flatten()
}
