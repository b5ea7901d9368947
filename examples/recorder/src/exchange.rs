//! One exchange on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// Response headers that a client reads and that hold no secret. Everything else stays out: a token may be in any.
const KEPT: [&str; 6] = [
    "content-type",
    "content-length",
    "content-disposition",
    "transfer-encoding",
    "x-request-id",
    "retry-after",
];

/// The head of an exchange, as `NNNN.json`.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    /// The path and query; not the host, so that a recording can be played to any client.
    pub(crate) target: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
}

impl Exchange {
    pub(crate) fn write(&self, directory: &Path, number: usize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(directory.join(format!("{number:04}.json")), text + "\n")
    }

    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }
}

pub(crate) fn body_path(directory: &Path, number: usize) -> PathBuf {
    directory.join(format!("{number:04}.body"))
}

pub(crate) fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    KEPT.iter()
        .flat_map(|name| {
            headers
                .get_all(*name)
                .iter()
                .map(|value| ((*name).to_owned(), value))
        })
        .filter_map(|(name, value)| Some((name, value.to_str().ok()?.to_owned())))
        .collect()
}

pub(crate) fn header_map(headers: &[(String, String)]) -> HeaderMap {
    let pair = |(name, value): &(String, String)| {
        Some((
            name.parse::<HeaderName>().ok()?,
            value.parse::<HeaderValue>().ok()?,
        ))
    };
    headers.iter().filter_map(pair).collect()
}

/// The part of a URL that a recording knows it by.
pub(crate) fn target(uri: &http::Uri) -> &str {
    uri.path_and_query().map_or("/", |target| target.as_str())
}
