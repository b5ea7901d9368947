//! The floor: the same requests, made with the HTTP stacks alone, and their replies decoded into the same structs.

mod calls;
mod stacks;

pub use calls::Floor;
pub use stacks::{Connection, Hyper, Reqwest, Stack};
