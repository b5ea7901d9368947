//! What the setters take: text, which is read when the filter is built, or a value.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{DateTime, TimeZone, Utc};

use crate::written::Written;

/// A time as a text or as a value.
///
/// A text is read by [`parse_timestamp`](crate::parse_timestamp) when the filter is built.
#[derive(Clone, Debug)]
pub struct TimeInput(pub(super) TimeValue);

#[derive(Clone, Debug)]
pub(super) enum TimeValue {
    Moment(DateTime<Utc>),
    Text(String),
}

impl TimeInput {
    /// The text, if it is one.
    pub(crate) fn into_text(self) -> Option<String> {
        match self.0 {
            TimeValue::Text(text) => Some(text),
            TimeValue::Moment(_) => None,
        }
    }
}

impl<Tz: TimeZone> From<DateTime<Tz>> for TimeInput {
    fn from(time: DateTime<Tz>) -> Self {
        Self(TimeValue::Moment(time.to_utc()))
    }
}

impl From<&str> for TimeInput {
    fn from(text: &str) -> Self {
        Self(TimeValue::Text(text.to_owned()))
    }
}

impl From<String> for TimeInput {
    fn from(text: String) -> Self {
        Self(TimeValue::Text(text))
    }
}

/// An IP address to filter on, or a text that the service may match on.
///
/// A plain text must be an IP address; otherwise the filter is refused. The published definition sets no pattern, so
/// the service may also match parts of addresses: [`verbatim`](Self::verbatim) sends any text as it is.
///
/// ```
/// use session_export_model::{AddressFilter, SessionFilter};
///
/// assert!(SessionFilter::builder().vm_ip("10.0.0.").build().is_err());
/// assert!(SessionFilter::builder().vm_ip(AddressFilter::verbatim("10.0.0.")).build().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressFilter(pub(super) AddressValue);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AddressValue {
    Address(IpAddr),
    Verbatim(Box<str>),
    /// Must turn out to be an address when the filter is built; no built filter holds one.
    Unread(Box<str>),
}

impl AddressFilter {
    /// A text that goes out as it is: 1 to 64 characters. In the canonical form of an address it is that address.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self(AddressValue::Verbatim(text.into().into_boxed_str()))
    }

    /// The address, unless it is a text to be matched.
    pub fn address(&self) -> Option<IpAddr> {
        match &self.0 {
            AddressValue::Address(address) => Some(*address),
            AddressValue::Verbatim(_) | AddressValue::Unread(_) => None,
        }
    }

    /// What goes over the wire; an address in its canonical form.
    pub fn to_text(&self) -> Cow<'_, str> {
        match &self.0 {
            AddressValue::Address(address) => Cow::Owned(Written::address(*address).as_str().to_owned()),
            AddressValue::Verbatim(text) | AddressValue::Unread(text) => Cow::Borrowed(text),
        }
    }

    /// Whether a session that shows `text` in this field passes: the same address however it is written, or a text that holds
    /// the one that was given.
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            AddressValue::Address(address) => text.trim().parse() == Ok(*address),
            AddressValue::Verbatim(part) | AddressValue::Unread(part) => {
                let is_it = |address: IpAddr| text.trim().parse() == Ok(address);
                text.contains(&**part) || part.parse().is_ok_and(is_it)
            }
        }
    }
}

impl From<IpAddr> for AddressFilter {
    fn from(address: IpAddr) -> Self {
        Self(AddressValue::Address(address))
    }
}

impl From<Ipv4Addr> for AddressFilter {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl From<Ipv6Addr> for AddressFilter {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl From<&str> for AddressFilter {
    fn from(text: &str) -> Self {
        Self(AddressValue::Unread(text.into()))
    }
}

impl From<String> for AddressFilter {
    fn from(text: String) -> Self {
        Self(AddressValue::Unread(text.into_boxed_str()))
    }
}
