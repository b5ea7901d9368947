//! Sessions in JSON Lines on standard input, a page on standard output.
//!
//! ```console
//! $ cargo run -p session-export-report --example page < sessions.jsonl > report.html
//! ```

use std::error::Error;
use std::io::{self, BufRead, Write};

use session_export_report::{PageOptions, Summary, SummaryOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut summary = Summary::new(SummaryOptions::new());
    for line in io::stdin().lock().lines() {
        summary.add(&serde_json::from_str(&line?)?);
    }
    let options = PageOptions::new().source("standard input");
    write!(io::stdout(), "{}", summary.finish().page(&options))?;
    Ok(())
}
