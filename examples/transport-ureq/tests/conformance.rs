//! What ureq can do behind the trait, and what it cannot: the report card shows both.

use std::convert::Infallible;
use std::time::Duration;

use session_export_example_transport_ureq::UreqTransport;
use session_export_testkit::transport::{Capability, Setup, Suite};

fn make(setup: &Setup) -> Result<UreqTransport, Infallible> {
    Ok(UreqTransport::new(
        setup.connect_limit.unwrap_or(Duration::from_secs(10)),
    ))
}

fn main() {
    Suite::new("ureq (example)", make)
        .declare(Capability::Streaming)
        .declare(Capability::SeveralRuntimes)
        .run()
}
