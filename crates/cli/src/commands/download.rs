//! `download`, and the second half of `export`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use session_export::{FileFormat, ReadyExport, Receipt};

use super::{Context, task_id};
use crate::args::{DownloadArgs, OutputArgs};
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: DownloadArgs) -> Result<(), Failure> {
    let id = task_id(&args.task)?;
    let target = Target::new(args.output, context.json)?;
    let connection = Connection::open(args.connection, context.timeout, context.progress).await?;
    context.progress.has_task(&id);
    let ready = connection.client.task(id).ready().await?;
    receive(context, &ready, &target).await?.tell(context)
}

/// Where the file goes.
pub(super) struct Target {
    place: Place,
    force: bool,
}

enum Place {
    StandardOutput,
    Directory(PathBuf),
    File(PathBuf),
}

impl Target {
    /// Checks what can be checked before a file is there.
    pub(super) fn new(args: OutputArgs, json: bool) -> Result<Self, Failure> {
        let place = match args.output {
            None => Place::Directory(PathBuf::new()),
            Some(path) if path == Path::new("-") && json => {
                return Err(Failure::usage(
                    "--json and `-o -` both want standard output; leave one out",
                ));
            }
            Some(path) if path == Path::new("-") => Place::StandardOutput,
            Some(path) if path.is_dir() => Place::Directory(path),
            Some(path) => {
                check_file(&path, args.force)?;
                Place::File(path)
            }
        };
        Ok(Self {
            place,
            force: args.force,
        })
    }
}

fn check_file(path: &Path, force: bool) -> Result<(), Failure> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(Failure::usage(format!(
            "{} is already there; use --force to replace it",
            path.display()
        )));
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let names_a_directory = path
        .as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator);
    if names_a_directory {
        return Err(Failure::usage(format!(
            "{} is not a directory; make it first",
            path.display()
        )));
    }
    if !parent.is_dir() {
        return Err(Failure::usage(format!(
            "{} is not a directory; make it first",
            parent.display()
        )));
    }
    Ok(())
}

/// What came, not told yet.
pub(super) struct Received {
    /// None when the file itself is on standard output.
    document: Option<Value>,
    line: String,
}

impl Received {
    /// Tells the result.
    pub(super) fn tell(&self, context: &Context<'_>) -> Result<(), Failure> {
        match &self.document {
            Some(document) => context.result(document, &self.line),
            None => {
                self.say(context);
                Ok(())
            }
        }
    }

    /// Says it on standard error.
    pub(super) fn say(&self, context: &Context<'_>) {
        context.progress.say(&self.line);
    }
}

/// Downloads.
pub(super) async fn receive(
    context: &Context<'_>,
    ready: &ReadyExport,
    target: &Target,
) -> Result<Received, Failure> {
    let download = ready.download().overwrite(target.force);
    let file = match &target.place {
        Place::StandardOutput => {
            let receipt = download.to_writer(&mut io::stdout()).await?;
            io::stdout()
                .flush()
                .map_err(|error| Failure::io("write to standard output", &error))?;
            return Ok(Received {
                document: None,
                line: summary(Path::new("standard output"), &receipt_of(&receipt)),
            });
        }
        Place::Directory(directory) => download.to_directory(directory).await?,
        Place::File(path) => download.to_path(path).await?,
    };
    let what = What {
        bytes: file.bytes,
        sha256: file.sha256.map(|digest| digest.to_string()),
        format: file.format,
    };
    if let Some(note) = wrong_suffix(&file.path, file.format) {
        context.progress.say(note);
    }
    let document = json!({
        "task_id": ready.task_id(),
        "path": file.path.to_string_lossy(),
        "bytes": file.bytes,
        "sha256": what.sha256,
        "file_name": file.file_name.as_ref().map(|name| name.as_str()),
        "format": file.format.as_str(),
    });
    Ok(Received {
        document: Some(document),
        line: summary(&file.path, &what),
    })
}

struct What {
    bytes: u64,
    sha256: Option<String>,
    format: FileFormat,
}

fn receipt_of(receipt: &Receipt) -> What {
    What {
        bytes: receipt.bytes,
        sha256: receipt.sha256.map(|digest| digest.to_string()),
        format: receipt.format,
    }
}

fn summary(place: &Path, what: &What) -> String {
    let digest = what.sha256.as_deref().unwrap_or("not computed");
    format!(
        "{}: {} bytes, {}, sha256 {digest}",
        place.display(),
        what.bytes,
        what.format
    )
}

/// A spreadsheet program believes the suffix, not the content.
fn wrong_suffix(path: &Path, format: FileFormat) -> Option<String> {
    let suffix = path
        .extension()
        .map(|suffix| suffix.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    if format == FileFormat::Unknown || suffix == format.as_str() {
        return None;
    }
    Some(format!(
        "note: {} holds {format}; name it {}",
        path.display(),
        path.with_extension(format.as_str()).display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_suffix_is_pointed_out_and_a_right_one_is_not() {
        assert_eq!(wrong_suffix(Path::new("a.XLSX"), FileFormat::Xlsx), None);
        assert_eq!(wrong_suffix(Path::new("a.txt"), FileFormat::Unknown), None);
        assert_eq!(
            wrong_suffix(Path::new("a.csv"), FileFormat::Xlsx).unwrap(),
            "note: a.csv holds xlsx; name it a.xlsx"
        );
        assert_eq!(
            wrong_suffix(Path::new("a"), FileFormat::Csv).unwrap(),
            "note: a holds csv; name it a.csv"
        );
    }
}
