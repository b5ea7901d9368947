//! Parts of an archive, unpacked as they are read.
//!
//! The archive's own reader borrows the archive, and what is read row by row has to own its input. So the archive only
//! tells where parts are; the input is lent to one part at a time, and comes back from it.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::{RowsError, RowsErrorKind};

const BUFFER: usize = 64 << 10;

/// Where the parts are.
pub(super) struct Archive {
    parts: HashMap<String, Place>,
}

#[derive(Clone, Copy)]
struct Place {
    start: u64,
    packed: u64,
    checksum: u32,
    method: CompressionMethod,
}

impl Archive {
    /// Reads the directory of the archive, and gives the input back.
    pub(super) fn open<R: Read + Seek>(input: R) -> Result<(Self, R), RowsError> {
        let mut archive = ZipArchive::new(input).map_err(failure)?;
        let mut parts = HashMap::new();
        for index in 0..archive.len() {
            let part = archive.by_index_raw(index).map_err(failure)?;
            let name = part.name().map_err(failure)?;
            let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
            if part.encrypted() && is_xml {
                return Err(RowsError::new(RowsErrorKind::Format(
                    "a spreadsheet with a password; save it without one",
                )));
            }
            if let Some(start) = part.data_start().filter(|_| is_xml) {
                let place = Place {
                    start,
                    packed: part.compressed_size(),
                    checksum: part.crc32(),
                    method: part.compression(),
                };
                parts.insert(name.into_owned(), place);
            }
        }
        Ok((Self { parts }, archive.into_inner()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.contains_key(name)
    }

    /// Begins to read a part.
    pub(super) fn read<R: Read + Seek>(&self, name: &str, mut input: R) -> Result<Part<R>, RowsError> {
        let Some(place) = self.parts.get(name) else {
            return Err(RowsError::damaged(format!("the part {name} is missing")));
        };
        input.seek(SeekFrom::Start(place.start))?;
        let packed = BufReader::with_capacity(BUFFER, input.take(place.packed));
        let unpacked = match place.method {
            CompressionMethod::Stored => Unpacked::Stored(packed),
            CompressionMethod::Deflated => Unpacked::Deflated(Box::new(DeflateDecoder::new(packed))),
            other => {
                let problem =
                    format!("the part {name} is compressed by {other}, which spreadsheets do not use");
                return Err(RowsError::damaged(problem));
            }
        };
        Ok(Part(BufReader::with_capacity(
            BUFFER,
            Checked {
                unpacked,
                sum: Crc::new(),
                expected: place.checksum,
            },
        )))
    }
}

fn failure(error: ZipError) -> RowsError {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.into(),
        other => RowsError::damaged(format!("the archive: {other}")),
    }
}

/// One part. Its end is an error if it is not what was packed.
pub(super) struct Part<R>(BufReader<Checked<R>>);

impl<R> Part<R> {
    pub(super) fn into_inner(self) -> R {
        let packed = match self.0.into_inner().unpacked {
            Unpacked::Stored(packed) => packed,
            Unpacked::Deflated(decoder) => decoder.into_inner(),
        };
        packed.into_inner().into_inner()
    }
}

impl<R: Read> Read for Part<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> BufRead for Part<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

struct Checked<R> {
    unpacked: Unpacked<R>,
    sum: Crc,
    expected: u32,
}

enum Unpacked<R> {
    Stored(BufReader<Take<R>>),
    Deflated(Box<DeflateDecoder<BufReader<Take<R>>>>),
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.unpacked {
            Unpacked::Stored(stored) => stored.read(buffer),
            Unpacked::Deflated(decoder) => decoder.read(buffer),
        };
        // The decoder has no better word for it than a kind.
        let read = read.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                RowsError::damaged("a part of the archive cannot be unpacked").into()
            }
            _ => error,
        })?;
        if read == 0 && !buffer.is_empty() && self.sum.sum() != self.expected {
            return Err(RowsError::damaged("a part of the archive is not what its checksum says").into());
        }
        self.sum.update(&buffer[..read]);
        Ok(read)
    }
}
