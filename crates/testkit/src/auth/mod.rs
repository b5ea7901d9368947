//! Clauses for those who authenticate requests in a way of their own.
//!
//! ```no_run
//! use session_export_auth::{StaticToken, Token, TokenAuthenticator};
//! use session_export_testkit::auth::Suite;
//!
//! fn main() {
//!     let make = || TokenAuthenticator::new(StaticToken::new(Token::new("MIIplanted").expect("a valid token")));
//!     Suite::new("static token", make).secret("MIIplanted").run();
//! }
//! ```
//!
//! A provider of tokens is checked through [`TokenAuthenticator`](session_export_auth::TokenAuthenticator), which is how
//! it is used.

mod clauses;
mod suite;

pub use suite::Suite;
