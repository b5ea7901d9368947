//! The server of the measurements, in a process of its own: prints its base URL and serves until it is ended.

use std::io::Write as _;

use session_export_benches::Failure;
use session_export_benches::server::Server;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let hold = std::env::args().nth(1).map(|hold| hold.parse()).transpose()?;
    let server = Server::bind(hold, |_| {}).await?;
    writeln!(std::io::stdout(), "{}", server.base()?)?;
    server.run().await
}
