//! Doubles for tests: a transport that is told what to answer, and a clock that is moved by hand.

mod manual_clock;
mod mock_transport;

pub use manual_clock::ManualClock;
pub use mock_transport::MockTransport;
