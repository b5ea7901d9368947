//! An error's causes, kept as texts.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// One cause, and what caused it.
///
/// The libraries below show URLs and a peer's words in their errors. A cause has been through a filter, and it does
/// not make their types part of this crate's interface.
#[derive(Debug)]
pub(crate) struct Cause {
    text: String,
    source: Option<Box<Cause>>,
}

impl Cause {
    pub(crate) fn new(text: String, source: Option<Self>) -> Self {
        Self {
            text,
            source: source.map(Box::new),
        }
    }

    /// The causes of a reqwest error, without its own text: it says no more than the kind of the transport's error,
    /// and may show the URL.
    pub(crate) fn of(error: &reqwest::Error) -> Option<Self> {
        let mut texts: Vec<String> = Vec::new();
        for error in chain(error) {
            if error.is::<reqwest::Error>() {
                continue;
            }
            let text = match error.downcast_ref::<h2::Error>() {
                // Its own text quotes what the peer says, which may be part of the request.
                Some(error) => match error.reason() {
                    Some(reason) => format!("HTTP/2: {}", reason.description()),
                    None => "HTTP/2 failed".to_owned(),
                },
                None => error.to_string(),
            };
            if texts.last() != Some(&text) {
                texts.push(text);
            }
        }
        texts
            .into_iter()
            .rev()
            .fold(None, |source, text| Some(Self::new(text, source)))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

/// An error and all below it.
pub(crate) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| below(*error))
}

/// An `io::Error` hides the error it wraps from `source`; here the one follows the other.
fn below<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => error.source(),
    }
}
