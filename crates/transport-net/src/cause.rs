//! An error's causes, kept as texts.

use std::error::Error as StdError;
use std::fmt;

use crate::failure::{Hidden, chain};

/// One cause, and what caused it.
///
/// The libraries below show URLs and a peer's words in their errors. A cause has been through a filter, and it does
/// not make their types part of a transport's interface.
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

    /// An error and its causes, without the hidden ones.
    pub(crate) fn of(error: &(dyn StdError + 'static), hidden: Hidden) -> Option<Self> {
        let mut texts: Vec<String> = Vec::new();
        for error in chain(error).filter(|error| !hidden(*error)) {
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
