//! The file that events are appended to.

use std::fs::File;
use std::io::{self, Write};

use serde::Serialize;

/// A log that is open for appending.
pub(super) struct Log {
    file: File,
    /// The bytes of the whole lines.
    length: u64,
    /// Whether a part of a line may stand behind them, because the disk was full.
    is_torn: bool,
}

impl Log {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self {
            file,
            length,
            is_torn: false,
        })
    }

    /// Appends a line, or leaves the log as it was. The line is the operating system's when this returns: it outlives
    /// the process, and a loss of power only if it came some seconds before.
    pub(super) fn append(&mut self, event: &impl Serialize) -> io::Result<()> {
        let mut line = Vec::new();
        write_line(&mut line, event)?;
        if self.is_torn {
            self.file.set_len(self.length)?;
            self.is_torn = false;
        }
        // In one piece, so that a process that is killed leaves a whole line or none.
        if let Err(error) = self.file.write_all(&line) {
            // A part of it may be there. Where it cannot be taken back now, it is before the next line.
            self.is_torn = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

pub(super) fn write_line(writer: &mut impl Write, event: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, event)?;
    writer.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    #[test]
    fn a_line_that_does_not_fit_leaves_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = OpenOptions::new().append(true).open(file.path()).unwrap();
        let mut log = Log::new(open).unwrap();
        log.append(&"one").unwrap();
        // What a full disk leaves behind: a part of a line that could not be taken back.
        (&log.file).write_all(b"\"tw").unwrap();
        log.is_torn = true;
        log.append(&"three").unwrap();
        assert_eq!(
            std::fs::read_to_string(file.path()).unwrap(),
            "\"one\"\n\"three\"\n"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_the_log_goes_on_when_there_is_room() {
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let mut log = Log::new(full).unwrap();
        for _ in 0..2 {
            let error = log.append(&"one").unwrap_err();
            assert!(
                matches!(
                    error.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::InvalidInput
                ),
                "{error}"
            );
            assert_eq!(log.length, 0);
        }
    }
}
