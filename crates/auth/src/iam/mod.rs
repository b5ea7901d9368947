//! Identity and Access Management: the issuer of tokens.

mod password;
mod wire;

pub use password::{IamPassword, ProjectScope};
