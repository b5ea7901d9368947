//! Exchanges that bring no response, and whether the server may have seen them.

mod connecting;
mod exchange;

pub(super) use connecting::CLAUSES as CONNECTING;
pub(super) use exchange::CLAUSES as EXCHANGE;
