//! A transport around a transport: [`Recorder`] writes down what passes, [`Player`] gives it back without a network.
//!
//! A recording is a directory: `NNNN.json` with the request line, the status and a few headers, and `NNNN.body` with the
//! bytes of the response. It holds no secret: request headers and bodies are never written, response headers only if they
//! are on a list, and what goes to IAM (`/v3/…`) is passed on without being recorded at all.

mod exchange;
mod player;
mod recorder;

pub use player::Player;
pub use recorder::Recorder;
