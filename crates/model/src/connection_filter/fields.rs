//! The table of a list's fields.

use std::fmt::Debug;

use super::ConnectionFilter;
use crate::ExportFilter;
use crate::filter::rules::WindowFields;

/// A list of connections that can be exported: what its filter may say.
///
/// Implemented by this crate alone.
pub trait ConnectionList: Copy + Debug + Eq + Send + Sync + 'static + private::Sealed {
    /// The fields in the order of the published definition.
    const FIELDS: &'static [ConnectionField];

    /// The filter as one of any list.
    fn export(filter: ConnectionFilter<Self>) -> ExportFilter;
}

pub(crate) mod private {
    /// Keeps others from adding lists that the client does not know.
    pub trait Sealed {}
}

/// A field that a list of connections is filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionField {
    pub(crate) name: &'static str,
    pub(crate) rule: FieldRule,
    pub(crate) about: &'static str,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldRule {
    /// 1 to so many characters.
    Text(usize),
    /// A moment.
    Time,
    /// The two ends of the window.
    Begin,
    End,
}

impl ConnectionField {
    /// The name on the wire: `user_name`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Which connections it selects, to be put after *only connections*: `of this user`.
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// The longest text that it takes, in characters; none for a time.
    pub fn longest(&self) -> Option<usize> {
        match self.rule {
            FieldRule::Text(most) => Some(most),
            _ => None,
        }
    }

    /// Whether it is the begin of the window.
    pub fn is_begin(&self) -> bool {
        self.rule == FieldRule::Begin
    }

    /// Whether it is the end of the window.
    pub fn is_end(&self) -> bool {
        self.rule == FieldRule::End
    }
}

impl<L: ConnectionList> From<ConnectionFilter<L>> for ExportFilter {
    fn from(filter: ConnectionFilter<L>) -> Self {
        L::export(filter)
    }
}

/// The names of the two ends of a list's window.
pub(super) fn window_of<L: ConnectionList>() -> WindowFields {
    let name = |rule| {
        L::FIELDS
            .iter()
            .find(|field| field.rule == rule)
            .map(|field| field.name)
    };
    WindowFields {
        begin: name(FieldRule::Begin).unwrap_or_default(),
        end: name(FieldRule::End).unwrap_or_default(),
    }
}

/// Makes a list of its fields: the table, and a setter for each text and each time.
///
/// The numbers are the `maxLength` of the published definition, in characters. The ends of the window have the setters
/// that all lists have in common.
macro_rules! connection_list {
    ($list:ident, $variant:ident: $($name:ident: $rule:ident $(($most:literal))?, $about:literal;)*) => {
        impl crate::connection_filter::fields::private::Sealed for $list {}

        impl crate::ConnectionList for $list {
            const FIELDS: &'static [crate::ConnectionField] = &[$(crate::ConnectionField {
                name: stringify!($name),
                rule: crate::connection_filter::fields::FieldRule::$rule $(($most))?,
                about: $about,
            }),*];

            fn export(filter: crate::ConnectionFilter<Self>) -> crate::ExportFilter {
                crate::ExportFilter::$variant(filter)
            }
        }

        impl crate::ConnectionFilterBuilder<$list> {
            $(connection_list!(@$rule $name, $about $(, $most)?);)*
        }
    };
    (@Text $name:ident, $about:literal, $most:literal) => {
        #[doc = concat!("Only connections ", $about, ": 1 to ", $most, " characters.")]
        pub fn $name(self, text: impl Into<String>) -> Self {
            self.set(stringify!($name), text.into().into())
        }
    };
    (@Time $name:ident, $about:literal) => {
        #[doc = concat!("Only connections ", $about, ".")]
        ///
        /// A text is read by [`parse_timestamp`](crate::parse_timestamp); digits beyond the millisecond are cut off.
        pub fn $name(self, time: impl Into<crate::TimeInput>) -> Self {
            self.set(stringify!($name), time.into())
        }
    };
    (@Begin $name:ident, $about:literal) => {};
    (@End $name:ident, $about:literal) => {};
}

pub(crate) use connection_list;
