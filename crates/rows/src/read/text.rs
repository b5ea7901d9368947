//! From the encodings of text files to UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::{RowsError, RowsErrorKind};

const BLOCK: usize = 64 << 10;
/// A decoder needs room for a few characters, which a reader need not have.
const ROOM: usize = 64;

/// The encoding of a text file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextEncoding {
    /// By the mark at the beginning; without one UTF-8, unless the first text that is not ASCII is no UTF-8: then GB18030.
    #[default]
    Detect,
    /// UTF-8, with or without a mark.
    Utf8,
    /// GB18030, and so GBK and GB2312: what Chinese versions of spreadsheet programs write.
    Gb18030,
    /// UTF-16 in the order that its mark names, little-endian without one.
    Utf16,
}

/// A reader of UTF-8. What was UTF-8 before is passed on without a look: who reads it checks it, and can say where it is
/// wrong.
pub(super) struct Decoded<R> {
    input: R,
    /// Bytes that were read and not decoded: `block[from..to]`.
    block: Box<[u8]>,
    from: usize,
    to: usize,
    has_ended: bool,
    state: State,
    /// Text for a reader that has little room: `small[..]` from `small_from` on.
    small: Vec<u8>,
    small_from: usize,
}

enum State {
    Beginning(TextEncoding),
    /// Only ASCII so far, which is the same in both.
    Undecided,
    Utf8,
    Other(Box<Decoder>, &'static Encoding),
    /// A decoder that has come to the end must not be called again.
    Done,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(input: R, encoding: TextEncoding) -> Self {
        Self {
            input,
            block: vec![0; BLOCK].into(),
            from: 0,
            to: 0,
            has_ended: false,
            state: State::Beginning(encoding),
            small: Vec::new(),
            small_from: 0,
        }
    }

    /// Reads until the block is full or the input at its end.
    fn fill(&mut self) -> io::Result<()> {
        self.block.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        while self.to < BLOCK && !self.has_ended {
            match self.input.read(&mut self.block[self.to..]) {
                Ok(0) => self.has_ended = true,
                Ok(read) => self.to += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn begin(&mut self, asked: TextEncoding) -> io::Result<State> {
        self.fill()?;
        let marked = Encoding::for_bom(&self.block[..self.to]);
        let other = |encoding: &'static Encoding| {
            State::Other(Box::new(encoding.new_decoder_without_bom_handling()), encoding)
        };
        let (state, mark) = match (asked, marked) {
            (TextEncoding::Detect, None) => (State::Undecided, 0),
            (TextEncoding::Utf8, None) => (State::Utf8, 0),
            (TextEncoding::Utf8 | TextEncoding::Detect, Some((encoding, mark))) if encoding == UTF_8 => {
                (State::Utf8, mark)
            }
            (TextEncoding::Utf16 | TextEncoding::Detect, Some((encoding, mark)))
                if encoding == UTF_16LE || encoding == UTF_16BE =>
            {
                (other(encoding), mark)
            }
            (TextEncoding::Utf16, None) => (other(UTF_16LE), 0),
            (TextEncoding::Gb18030, _) => {
                // GB18030 has a mark of its own, which nearly nothing writes.
                let mark = if self.block[..self.to].starts_with(b"\x84\x31\x95\x33") {
                    4
                } else {
                    0
                };
                (other(GB18030), mark)
            }
            (_, Some((encoding, _))) => {
                let name = encoding.name();
                let problem = format!("it begins with the mark of {name}, but another encoding was named");
                return Err(RowsError::damaged(problem).into());
            }
        };
        self.from = mark;
        Ok(state)
    }

    /// What is in the block, ASCII at the beginning of it apart, is looked at to the block's end.
    fn decide(&self) -> State {
        let text = &self.block[self.from..self.to];
        let is_utf8 = match std::str::from_utf8(text) {
            Ok(_) => true,
            // Cut in the middle of a character at the block's end.
            Err(error) => error.error_len().is_none() && !self.has_ended,
        };
        if is_utf8 {
            State::Utf8
        } else {
            State::Other(Box::new(GB18030.new_decoder_without_bom_handling()), GB18030)
        }
    }

    fn pass(&mut self, buffer: &mut [u8], most: usize) -> usize {
        let amount = most.min(buffer.len());
        buffer[..amount].copy_from_slice(&self.block[self.from..self.from + amount]);
        self.from += amount;
        amount
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.small_from == self.small.len() {
            if buffer.len() >= ROOM {
                return self.decode(buffer);
            }
            let mut small = std::mem::take(&mut self.small);
            small.resize(ROOM, 0);
            let length = self.decode(&mut small)?;
            small.truncate(length);
            self.small = small;
            self.small_from = 0;
        }
        let left = &self.small[self.small_from..];
        let amount = left.len().min(buffer.len());
        buffer[..amount].copy_from_slice(&left[..amount]);
        self.small_from += amount;
        Ok(amount)
    }
}

impl<R: Read> Decoded<R> {
    /// At least one byte, unless it is the end. `buffer` has [`ROOM`].
    fn decode(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let State::Beginning(asked) = self.state {
                self.state = self.begin(asked)?;
            }
            if self.from == self.to {
                self.fill()?;
            }
            let here = self.to - self.from;
            match &mut self.state {
                State::Beginning(_) => {}
                State::Done => return Ok(0),
                State::Utf8 => return Ok(self.pass(buffer, here)),
                State::Undecided => {
                    let text = &self.block[self.from..self.to];
                    let ascii = text.iter().take_while(|byte| byte.is_ascii()).count();
                    if ascii > 0 || here == 0 {
                        return Ok(self.pass(buffer, ascii));
                    }
                    // As much as there is room for, so that the decision rests on something.
                    self.fill()?;
                    self.state = self.decide();
                }
                State::Other(decoder, encoding) => {
                    let last = self.has_ended;
                    let text = &self.block[self.from..self.to];
                    let (result, read, written) =
                        decoder.decode_to_utf8_without_replacement(text, buffer, last);
                    self.from += read;
                    if let DecoderResult::Malformed(..) = result {
                        let kind = RowsErrorKind::Encoding(encoding.name());
                        return Err(RowsError::new(kind).into());
                    }
                    if last && result == DecoderResult::InputEmpty {
                        self.state = State::Done;
                        return Ok(written);
                    }
                    if written > 0 {
                        return Ok(written);
                    }
                    // Half a character is left: more of it has to come.
                    self.fill()?;
                }
            }
        }
    }
}
