//! A request as it stood on the wire.

/// A request as it stood on the wire: names in their case, values in their bytes, everything in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The number of the connection it came over, from 0.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// The request target, byte for byte.
    pub target: String,
    /// The headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without its chunks.
    pub body: Vec<u8>,
}

impl Received {
    /// Reads a head, which ends with its blank line; `None` when it is not one.
    pub(super) fn parse(connection: usize, head: &[u8]) -> Option<Self> {
        let mut lines = head
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = String::from_utf8_lossy(lines.next()?).into_owned();
        let mut parts = first.split(' ');
        let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let header = |line: &[u8]| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = String::from_utf8_lossy(&line[..colon]).into_owned();
            Some((name, line[colon + 1..].trim_ascii().to_vec()))
        };
        let headers = lines
            .filter(|line| !line.is_empty())
            .map(header)
            .collect::<Option<_>>()?;
        Some(Self {
            connection,
            method,
            target,
            headers,
            body: Vec::new(),
        })
    }

    /// The values of a header, whatever the case of its name.
    pub fn values(&self, name: &str) -> Vec<&[u8]> {
        self.headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
            .collect()
    }

    /// The only value of a header as text; `None` when there is none, or more than one.
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.values(name).as_slice() {
            [value] => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }

    pub(super) fn content_length(&self) -> Option<usize> {
        self.value("content-length")?.parse().ok()
    }

    pub(super) fn is_chunked(&self) -> bool {
        self.values("transfer-encoding")
            .iter()
            .any(|value| value.to_ascii_lowercase().ends_with(b"chunked"))
    }
}
