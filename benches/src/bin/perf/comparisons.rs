//! What is not counted in instructions: downloads, many exports at once, the cache, start-up, other clients. Times are
//! ratios of runs that take turns, because a shared machine is now faster and now slower.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use session_export_benches::usage::Usage;
use session_export_benches::{Failure, wire};

use crate::callgrind;
use crate::programs::{self, Server, Spent, run};

const MIB: u64 = 1 << 20;
/// Turns of each comparison; the least time of a side counts, since nothing makes a program faster than it is.
const TURNS: usize = 5;
const BURST: usize = 10_000;

/// All of them.
pub(crate) fn print_all(out: &mut impl Write) -> Result<(), Failure> {
    downloads(out)?;
    burst(out)?;
    let waiting = printed(&programs::path("scale")?, &["waiting", &BURST.to_string()])?;
    writeln!(
        out,
        "\n{BURST} exports between two looks: {} bytes each.",
        waiting.trim()
    )?;
    for tasks in ["1", "64"] {
        let tokens = printed(&programs::path("scale")?, &["tokens", "20000", tasks])?;
        writeln!(
            out,
            "A token from the cache, {tasks} tasks on two threads: {}",
            tokens.trim()
        )?;
    }
    calls_in_time(out)?;
    start_up(out)
}

fn downloads(out: &mut impl Write) -> Result<(), Failure> {
    let server = Server::start(None)?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("file");
    let size = 256 * MIB;
    writeln!(
        out,
        "\nDownload of 256 MiB to a file, CPU as a share of the floor's; curl: of curl's."
    )?;
    writeln!(
        out,
        "{:<10} {:>10} {:>12} {:>10} {:>12}",
        "transport", "no digest", "with digest", "of curl", "with digest"
    )?;
    for carrier in ["hyper", "reqwest"] {
        let [mut floor, mut plain, mut digest, mut curl] = [Duration::MAX; 4];
        for _ in 0..TURNS {
            let least = |side: &str, extra: Option<&str>, so_far: &mut Duration| -> Result<(), Failure> {
                let spent = download(side, carrier, size, &server, directory.path(), extra)?;
                *so_far = (*so_far).min(Duration::from_micros(spent.cpu_us));
                Ok(())
            };
            least("floor", None, &mut floor)?;
            least("ours", None, &mut plain)?;
            least("ours", Some("digest"), &mut digest)?;
            curl = curl.min(by_curl(&server, size, &file)?);
        }
        let of = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
        writeln!(
            out,
            "{carrier:<10} {:>10.2} {:>12.2} {:>10.2} {:>12.2}",
            of(plain, floor),
            of(digest, floor),
            of(plain, curl),
            of(digest, curl)
        )?;
    }
    for carrier in ["hyper", "reqwest"] {
        let small = download(
            "ours",
            carrier,
            64 * MIB,
            &server,
            directory.path(),
            Some("digest"),
        )?;
        let large = download(
            "ours",
            carrier,
            4096 * MIB,
            &server,
            directory.path(),
            Some("digest"),
        )?;
        writeln!(
            out,
            "Peak memory over {carrier}: {} KiB for 64 MiB, {} KiB for 4 GiB.",
            small.peak_kib, large.peak_kib
        )?;
    }
    Ok(())
}

fn download(
    side: &str,
    carrier: &str,
    bytes: u64,
    server: &Server,
    directory: &Path,
    extra: Option<&str>,
) -> Result<Spent, Failure> {
    let bytes = bytes.to_string();
    let directory = directory
        .to_str()
        .ok_or("the directory for files has an odd name")?;
    let arguments = ["download", side, carrier, &bytes, &server.base, directory];
    let arguments = arguments.into_iter().chain(extra).map(str::to_owned);
    run("scale", &arguments.collect::<Vec<_>>())
}

fn by_curl(server: &Server, bytes: u64, file: &Path) -> Result<Duration, Failure> {
    let url = format!(
        "{}/v2/{}/export-tasks/{}{bytes}/download",
        server.base,
        wire::PROJECT,
        wire::READY
    );
    cpu_of(
        Command::new("curl")
            .args(["--silent", "--fail", "--output"])
            .arg(file)
            .arg(url),
    )
}

/// CPU time of a program, its start included.
fn cpu_of(command: &mut Command) -> Result<Duration, Failure> {
    let before = Usage::cpu_of_children()?;
    let status = command.stdout(Stdio::null()).status()?;
    match status.success() {
        true => Ok(Usage::cpu_of_children()?.saturating_sub(before)),
        false => Err(format!("{command:?} failed").into()),
    }
}

/// As many submits as the server waits for before it answers the first.
fn burst(out: &mut impl Write) -> Result<(), Failure> {
    writeln!(
        out,
        "\n{BURST} submits on the wire at once, as a share of the floor's."
    )?;
    let server = Server::start(Some(BURST))?;
    for carrier in ["hyper", "reqwest"] {
        let mut best = [(u64::MAX, u64::MAX); 2];
        for _ in 0..TURNS {
            for (side, best) in ["floor", "ours"].into_iter().zip(&mut best) {
                let many = BURST.to_string();
                let arguments = [carrier, "submit", &server.base, &many, &many].map(str::to_owned);
                let spent = run(side, &arguments)?;
                *best = (best.0.min(spent.wall_us), best.1.min(spent.peak_kib));
            }
        }
        let [floor, ours] = best;
        writeln!(
            out,
            "{carrier:<10} wall {:.2}, peak memory {:.2} ({} KiB / {} KiB)",
            ours.0 as f64 / floor.0 as f64,
            ours.1 as f64 / floor.1 as f64,
            ours.1,
            floor.1
        )?;
    }
    Ok(())
}

/// CPU time of signed submits, ours and the official Python SDK's, and the floor's with a token.
fn calls_in_time(out: &mut impl Write) -> Result<(), Failure> {
    let server = Server::start(None)?;
    writeln!(out, "\nCPU µs per submit, the least of {TURNS} turns.")?;
    let least = |side: &str, carrier: &str, operation: &str| -> Result<f64, Failure> {
        let mut least = f64::MAX;
        for _ in 0..TURNS {
            let arguments = [carrier, operation, &server.base, "5000"].map(str::to_owned);
            least = least.min(run(side, &arguments)?.cpu_us as f64 / 5000.0);
        }
        Ok(least)
    };
    let mut signed = f64::MAX;
    for carrier in ["hyper", "reqwest"] {
        let floor = least("floor", carrier, "submit")?;
        let token = least("ours", carrier, "submit")?;
        signed = least("ours", carrier, "submit-signed")?;
        let ratio = token / floor;
        writeln!(
            out,
            "{carrier:<10} floor {floor:.1}, ours {token:.1} (ratio {ratio:.2}), signed {signed:.1}"
        )?;
    }
    let python = repository().join("target/official-sdk/bin/python");
    if !python.exists() {
        writeln!(
            out,
            "The official Python SDK is not there; `just perf` installs it."
        )?;
        return Ok(());
    }
    let script = repository().join("benches/official_sdk.py");
    let script = script.to_str().ok_or("the repository has an odd name")?;
    let said = printed(&python, &[script, &server.base, "500"])?;
    let micros: f64 = said.trim().parse()?;
    writeln!(
        out,
        "The official Python SDK: {micros:.0}, which is {:.0} times ours (signed, reqwest).",
        micros / signed
    )?;
    Ok(())
}

/// The program's start: instructions, time, size.
fn start_up(out: &mut impl Write) -> Result<(), Failure> {
    let program = programs::path("session-export")?;
    let version = ["--version".to_owned()];
    let counts = callgrind::whole(&program, &version)?;
    let mut least = Duration::MAX;
    for _ in 0..4 * TURNS {
        least = least.min(cpu_of(Command::new(&program).args(&version))?);
    }
    let size = std::fs::metadata(&program)?.len();
    writeln!(
        out,
        "\nsession-export --version: {:.2} million instructions, {:.1} ms CPU; the program has {:.1} MiB.",
        counts.instructions / 1e6,
        least.as_secs_f64() * 1e3,
        size as f64 / MIB as f64
    )?;
    Ok(())
}

fn printed(program: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Err(format!("{} {} failed", program.display(), arguments.join(" ")).into()),
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
