//! Makes the hashes of as many signatures as it is told: `hashes <signatures>`.

use std::hint::black_box;

use session_export_benches::{Failure, hashes, wire};

fn main() -> Result<(), Failure> {
    let signatures: usize = std::env::args()
        .nth(1)
        .ok_or("the number of signatures is missing")?
        .parse()?;
    let date = "20240227T034751Z";
    let canonical = hashes::canonical_request("127.0.0.1:40000", date);
    for _ in 0..signatures {
        let signature = hashes::signature(
            black_box(wire::SECRET_KEY),
            black_box(&canonical),
            date,
            black_box(wire::SUBMIT.as_bytes()),
        );
        black_box(signature);
    }
    Ok(())
}
