//! `download`, and the second half of `export`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use session_export::{Download, Error, FileFormat, ReadyExport, Receipt, Sha256Digest};

use super::leftovers::Leftovers;
use super::place::{NewFile, parent};
use super::{Context, needs_tasks, task_id};
use crate::args::DownloadArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::settings::{Key, Origin, Settings};
use crate::shown::shown;

pub(super) async fn run(context: &Context<'_>, args: DownloadArgs) -> Result<(), Failure> {
    needs_tasks(&args.connection)?;
    let id = task_id(&args.task)?;
    let target = Target::new(Output::of(&context.settings, args.output.force), context.json)?;
    let connection = Connection::open(&context.settings, context.limit, context.progress).await?;
    context.progress.has_task(&id);
    let ready = connection.client.task(id).ready().await?;
    let received = receive(context, &ready, &target, None).await?;
    received.tell(context).await
}

/// Where the user wants the file.
pub(super) struct Output {
    pub(super) path: Option<PathBuf>,
    /// Whether the path is that of a directory, whatever is there; and who says so.
    pub(super) directory: Option<Origin>,
    pub(super) force: bool,
    pub(super) max_bytes: Option<u64>,
}

impl Output {
    pub(super) fn of(settings: &Settings, force: bool) -> Self {
        let origin = settings.get(Key::OutputDir).map(|setting| setting.origin.clone());
        Self {
            path: settings.path(Key::OutputDir).map(Path::to_owned),
            // A flag may name a file.
            directory: origin.filter(|origin| !matches!(origin, Origin::Flag(_))),
            force,
            max_bytes: settings.number(Key::MaxBytes),
        }
    }
}

/// Where the file goes.
pub(super) struct Target {
    place: Place,
    force: bool,
    max_bytes: Option<u64>,
}

enum Place {
    StandardOutput,
    Directory(PathBuf),
    File(PathBuf),
}

impl Target {
    /// Checks what can be checked before a file is there.
    pub(super) fn new(output: Output, json: bool) -> Result<Self, Failure> {
        let file = NewFile {
            flag: "-o",
            printed_by: Some("-o -"),
            force: output.force,
            json,
        };
        let place = match output.path {
            None => Place::Directory(PathBuf::new()),
            Some(path) if path == Path::new("-") && json => {
                return Err(Failure::usage(
                    "--json and `-o -` both want standard output; leave one out",
                ));
            }
            Some(path) if path == Path::new("-") => Place::StandardOutput,
            Some(path) if path.is_dir() => {
                file.check_name(&path)?;
                Place::Directory(path)
            }
            Some(path) => match &output.directory {
                Some(origin) => {
                    return Err(Failure::usage(format!(
                        "there is no directory {} ({}, {origin}); make it, or name another with -o",
                        shown(&path),
                        Key::OutputDir
                    )));
                }
                None => {
                    file.check(&path)?;
                    Place::File(path)
                }
            },
        };
        Ok(Self {
            place,
            force: output.force,
            max_bytes: output.max_bytes,
        })
    }

    /// The target of an export that goes on: a file that is there may be its own.
    pub(super) fn resumed(
        path: PathBuf,
        force: bool,
        max_bytes: Option<u64>,
        json: bool,
    ) -> Result<Self, Failure> {
        let is_file = path.is_file();
        let output = Output {
            path: Some(path),
            directory: None,
            force: force || is_file,
            max_bytes,
        };
        let target = Self::new(output, json)?;
        Ok(Self { force, ..target })
    }

    /// Makes sure that a file can be made there, by making one.
    pub(super) fn check_writable(&self) -> Result<(), Failure> {
        let real;
        let directory = match &self.place {
            Place::StandardOutput => return Ok(()),
            Place::Directory(directory) if directory.as_os_str().is_empty() => Path::new("."),
            Place::Directory(directory) => directory,
            Place::File(path) => {
                // A link is followed, so the file is made beside what it leads to.
                real = path.canonicalize().unwrap_or_else(|_| path.clone());
                parent(&real)
            }
        };
        // Under a name like that of the file's own beginning, which may be all that is allowed there.
        tempfile::Builder::new()
            .prefix(".session-export-")
            .suffix(".part")
            .tempfile_in(directory)
            .map(drop)
            .map_err(|error| {
                Failure::io(
                    &format!("write into {}, so nothing was submitted", shown(directory)),
                    &error,
                )
            })
    }
}

/// What came, not told yet.
pub(super) struct Received {
    /// None when the file itself is on standard output.
    document: Option<Value>,
    line: String,
    pub(super) file: Option<ReceivedFile>,
}

/// The file.
pub(super) struct ReceivedFile {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) sha256: Option<Sha256Digest>,
}

impl Received {
    /// Adds something to the document, if there is one.
    pub(super) fn add(&mut self, key: &str, value: Option<Value>) {
        if let (Some(document), Some(value)) = (&mut self.document, value) {
            document[key] = value;
        }
    }

    /// Tells the result.
    pub(super) async fn tell(&self, context: &Context<'_>) -> Result<(), Failure> {
        match &self.document {
            Some(document) => context.result(document, &self.line).await,
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

/// Downloads. With a journal, what an earlier process has left is continued, and what this one leaves is written down.
pub(super) async fn receive(
    context: &Context<'_>,
    ready: &ReadyExport,
    target: &Target,
    leftovers: Option<&Leftovers<'_>>,
) -> Result<Received, Failure> {
    let mut download = ready
        .download()
        .overwrite(target.force)
        .on_progress(context.progress.download_listener());
    if let Some(bytes) = target.max_bytes {
        download = download.max_bytes(bytes);
    }
    if let Some(leftovers) = leftovers {
        download = leftovers.continued(download);
    }
    let keep = |error: &Error| {
        if let Some(leftovers) = leftovers {
            leftovers.keep(context, error);
        }
    };
    let file = match &target.place {
        Place::StandardOutput => {
            let receipt = to_standard_output(context, download).await?;
            return Ok(Received {
                document: None,
                line: summary("standard output", receipt.bytes, receipt.sha256, receipt.format),
                file: None,
            });
        }
        Place::Directory(directory) => download.to_directory(directory).await.inspect_err(keep)?,
        Place::File(path) => download.to_path(path).await.inspect_err(keep)?,
    };
    let receipt = file.receipt();
    Ok(received(context, ready, file.path, &receipt))
}

/// Downloads for an export that goes on. A file that is there is its own, if it is the same: the process that was before
/// this one died after it had renamed the file, and before it could write that down.
pub(super) async fn receive_again(
    context: &Context<'_>,
    ready: &ReadyExport,
    target: &Target,
    leftovers: Option<&Leftovers<'_>>,
) -> Result<Received, Failure> {
    let path = match &target.place {
        Place::File(path) => Some(path.clone()),
        Place::Directory(directory) => ready.file_name().map(|name| directory.join(name)),
        Place::StandardOutput => None,
    };
    let Some(path) = path.filter(|path| !target.force && path.is_file()) else {
        return receive(context, ready, target, leftovers).await;
    };
    let failed = |error| Failure::io(&format!("read {}", shown(&path)), &error);
    let mut there = Comparison::new(File::open(&path).map_err(failed)?);
    let receipt = ready.download().to_writer(&mut there).await?;
    if !there.ends_the_same().map_err(failed)? {
        return Err(Failure::taken(&shown(&path)));
    }
    context.progress.say("the file was there already, whole");
    Ok(received(context, ready, path, &receipt))
}

/// Compares what is written into it with a file.
struct Comparison {
    file: BufReader<File>,
    differs: bool,
}

impl Comparison {
    fn new(file: File) -> Self {
        Self {
            file: BufReader::new(file),
            differs: false,
        }
    }

    /// Whether the file was the same to its end.
    fn ends_the_same(mut self) -> io::Result<bool> {
        Ok(!self.differs && self.file.fill_buf()?.is_empty())
    }
}

impl Write for Comparison {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len()];
        if !self.differs {
            self.differs = match self.file.read_exact(&mut there) {
                Ok(()) => there != bytes,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => true,
                Err(error) => return Err(error),
            };
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn received(context: &Context<'_>, ready: &ReadyExport, path: PathBuf, receipt: &Receipt) -> Received {
    if let Some(note) = wrong_suffix(&path, receipt.format) {
        context.progress.say(note);
    }
    let document = json!({
        "task_id": ready.task_id(),
        "path": path.to_string_lossy(),
        "bytes": receipt.bytes,
        "sha256": receipt.sha256.map(|digest| digest.to_string()),
        "file_name": receipt.file_name.as_ref().map(|name| name.as_str()),
        "format": receipt.format.as_str(),
    });
    Received {
        document: Some(document),
        line: summary(&shown(&path), receipt.bytes, receipt.sha256, receipt.format),
        file: Some(ReceivedFile {
            path,
            bytes: receipt.bytes,
            sha256: receipt.sha256,
        }),
    }
}

/// The library's own writer would write on the thread that listens for signals.
async fn to_standard_output(context: &Context<'_>, download: Download) -> Result<Receipt, Failure> {
    let mut stream = download.into_stream().await?;
    while let Some(bytes) = stream.next().await.transpose()? {
        context
            .print(Failure::output, move |out| out.write_all(&bytes))
            .await?;
    }
    Ok(stream
        .receipt()
        .expect("a stream that ended without an error is whole"))
}

fn summary(place: &str, bytes: u64, sha256: Option<Sha256Digest>, format: FileFormat) -> String {
    let digest = sha256.map_or_else(|| "not computed".to_owned(), |digest| digest.to_string());
    format!("{place}: {bytes} bytes, {format}, sha256 {digest}")
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
        shown(path),
        shown(&path.with_extension(format.as_str()))
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
