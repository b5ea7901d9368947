//! Instructions and allocations of every call, ours and the floor's.

use std::io::Write;

use session_export_benches::Failure;
use session_export_benches::cases::{Carrier, Operation};

use crate::callgrind::{Counts, per_call};
use crate::programs::Server;

/// What a call of ours takes, and what it is compared with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) operation: Operation,
    pub(crate) carrier: Carrier,
    pub(crate) ours: Counts,
    /// There is none for a signed submit.
    pub(crate) floor: Option<Counts>,
    /// For a signed submit: instructions more than a submit with a token and 1.15 times the hashes take.
    pub(crate) beyond_hashes: Option<f64>,
}

/// Counts every call over both transports, and prints each as it comes.
pub(crate) fn count_all(out: &mut impl Write) -> Result<Vec<Measured>, Failure> {
    let server = Server::start(None)?;
    let hashes = per_call("hashes", &[], 500..1500)?;
    writeln!(
        out,
        "Instructions (I) and allocations (A) of a call, by callgrind; no SHA instructions there.\n"
    )?;
    writeln!(
        out,
        "{:<14} {:<10} {:>10} {:>10} {:>6} {:>7} {:>7} {:>7}",
        "call", "transport", "ours I", "floor I", "ratio", "ours A", "floor A", "more A"
    )?;
    let mut all: Vec<Measured> = Vec::new();
    for carrier in [Carrier::Hyper, Carrier::Reqwest] {
        for operation in Operation::ALL {
            let ours = count("ours", carrier, operation, &server)?;
            let floor = match operation {
                Operation::SubmitSigned => None,
                _ => Some(count("floor", carrier, operation, &server)?),
            };
            let with_token = all
                .iter()
                .find(|other| other.carrier == carrier && other.operation == Operation::Submit);
            let beyond_hashes = with_token
                .filter(|_| operation == Operation::SubmitSigned)
                .map(|token| ours.instructions - token.ours.instructions - 1.15 * hashes.instructions);
            let measured = Measured {
                operation,
                carrier,
                ours,
                floor,
                beyond_hashes,
            };
            print(out, &measured)?;
            all.push(measured);
        }
    }
    writeln!(
        out,
        "\nThe hashes of one signature: {:.0} I.",
        hashes.instructions
    )?;
    for operation in [Operation::Submit, Operation::Poll] {
        let counts = count("floor", Carrier::Connection, operation, &server)?;
        writeln!(
            out,
            "One connection of hyper's without a pool, {operation}: {:.0} I, {:.1} A.",
            counts.instructions, counts.allocations
        )?;
    }
    Ok(all)
}

fn count(program: &str, carrier: Carrier, operation: Operation, server: &Server) -> Result<Counts, Failure> {
    // A page of 100 rows takes as much as 50 submits.
    let calls = if operation == Operation::List {
        20..60
    } else {
        500..1500
    };
    let arguments = [carrier.to_string(), operation.to_string(), server.base.clone()];
    per_call(program, &arguments, calls)
}

fn print(out: &mut impl Write, measured: &Measured) -> Result<(), Failure> {
    let Measured {
        operation,
        carrier,
        ours,
        ..
    } = measured;
    write!(out, "{operation:<14} {carrier:<10} {:>10.0} ", ours.instructions)?;
    match (measured.floor, measured.beyond_hashes) {
        (Some(floor), _) => writeln!(
            out,
            "{:>10.0} {:>6.3} {:>7.1} {:>7.1} {:>7.1}",
            floor.instructions,
            ours.instructions / floor.instructions,
            ours.allocations,
            floor.allocations,
            ours.allocations - floor.allocations
        )?,
        (None, Some(beyond)) => writeln!(
            out,
            "{:>10} {:>6} {:>7.1}   ({beyond:.0} I beyond the token's and 1.15 times the hashes)",
            "-", "-", ours.allocations
        )?,
        (None, None) => writeln!(out)?,
    }
    Ok(())
}
