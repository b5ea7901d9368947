//! What the published pages leave open, as options: one small enum for each question, and the list of all of them.
//!
//! The list is the only place that knows every choice. The names for the command line, the table in
//! `docs/emulator.md` and the setters all come from it, so that none of them can be forgotten.

mod downloads;
mod exports;
mod filters;
mod gateway;
mod lists;
mod windows;

use std::time::Duration;

use crate::error::EmulatorError;
use crate::options::{ExportFormat, Options};

pub use downloads::{
    ContentDisposition, ContentType, DownloadFraming, DownloadMark, DownloadRanges, DownloadRedirect, NoFile,
    RepeatedDownload,
};
pub use exports::{ConcurrentExports, CreatingDeletion, ExportCentre, FileName, UnknownDeletion};
pub use filters::{
    EmptyBody, EmptyText, IsSuccess, JsonBoolean, JsonNull, ListPublicIp, MediaType, RepeatedStates,
    SessionStates, TextLength, UnknownFields, UserNameMatch,
};
pub use gateway::{ErrorDetail, ExpiredToken, GatewayHeaders, HwAkSk, RateLimit, RetryAfter, WrongMethod};
pub use lists::{
    DownloadedOmitted, ListCount, ListOffset, SessionOrder, SortAlone, TaskFileName, TaskOrder, TaskTimes,
};
pub use windows::{
    BlankInTime, DefaultWindow, EqualTimes, HalfWindow, ReversedWindow, ThirtyDays, ThirtyDaysBoundary,
    WindowEnds, WindowError, ZonelessTime,
};

/// A question that the published pages leave open, and the answers that the emulator can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// A name that will not change: `thirty-days`.
    pub name: &'static str,
    /// The value that counts when nothing is chosen.
    pub default: &'static str,
    /// Every value, the default first. A single one in capitals, such as `SECONDS`, stands for a number.
    pub values: &'static [ChoiceValue],
    /// The question.
    pub text: &'static str,
    /// What the published pages, definitions and SDKs say about it.
    pub evidence: &'static str,
}

/// One answer to a [`Choice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChoiceValue {
    /// Its name.
    pub value: &'static str,
    /// What the emulator does then.
    pub text: &'static str,
}

/// One answer that was chosen; every enum of the choices converts into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting(Kind);

/// An enum whose variants answer a [`Choice`].
pub(crate) trait Alternatives: Copy + 'static {
    const CHOICE: Choice;
    /// In the order of [`Choice::values`].
    const ALL: &'static [Self];

    fn named(value: &str) -> Option<Self> {
        let mut values = Self::CHOICE.values.iter().zip(Self::ALL);
        values
            .find(|(known, _)| known.value == value)
            .map(|(_, variant)| *variant)
    }
}

/// Makes an enum from a question: the first variant is the default, and the documentation is the table's text.
macro_rules! alternatives {
    (
        $(#[doc = $about:literal])+
        $type:ident, $name:literal, $evidence:literal {
            $(#[doc = $first_text:literal])+
            $first:ident = $first_value:literal,
            $($(#[doc = $text:literal])+ $variant:ident = $value:literal,)+
        }
    ) => {
        $(#[doc = $about])+
        #[doc = ""]
        #[doc = concat!("The choice `", $name, "`. Evidence: ", $evidence)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = $first_text])+
            #[doc = concat!("\n\nBy name: `", $first_value, "`, the default.")]
            #[default]
            $first,
            $(
                $(#[doc = $text])+
                #[doc = concat!("\n\nBy name: `", $value, "`.")]
                $variant,
            )+
        }

        impl crate::choices::Alternatives for $type {
            const CHOICE: crate::choices::Choice = crate::choices::Choice {
                name: $name,
                default: $first_value,
                values: &[
                    crate::choices::ChoiceValue {
                        value: $first_value,
                        text: concat!($($first_text),+).trim_ascii(),
                    },
                    $(crate::choices::ChoiceValue {
                        value: $value,
                        text: concat!($($text),+).trim_ascii(),
                    },)+
                ],
                text: concat!($($about),+).trim_ascii(),
                evidence: $evidence,
            };
            const ALL: &'static [Self] = &[Self::$first, $(Self::$variant),+];
        }
    };
}
use alternatives;

/// Lists the choices once. What operations look at, the names and the conversions follow from it.
macro_rules! settings {
    ($($field:ident: $type:ident,)+) => {
        /// What was chosen.
        #[derive(Debug, Clone, Copy, Default)]
        pub(crate) struct Choices {
            $(pub(crate) $field: $type,)+
        }

        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Kind {
            $($type($type),)+
            ExportFormat(ExportFormat),
            Retention(Duration),
            ExportDelay(Duration),
        }

        $(impl From<$type> for Setting {
            fn from(value: $type) -> Self {
                Self(Kind::$type(value))
            }
        })+

        const ENUMS: &[Choice] = &[$(<$type>::CHOICE),+];

        impl Setting {
            pub(crate) fn apply(self, options: &mut Options) {
                match self.0 {
                    $(Kind::$type(value) => options.choices.$field = value,)+
                    Kind::ExportFormat(format) => options.export_format = format,
                    Kind::Retention(span) => options.retention = span,
                    Kind::ExportDelay(span) => options.export_delay = span,
                }
            }

            fn of_enum(name: &str, value: &str) -> Option<Self> {
                $(if name == <$type>::CHOICE.name {
                    return <$type>::named(value).map(Self::from);
                })+
                None
            }
        }
    };
}

settings! {
    thirty_days: ThirtyDays,
    thirty_days_boundary: ThirtyDaysBoundary,
    default_window: DefaultWindow,
    half_window: HalfWindow,
    reversed_window: ReversedWindow,
    equal_times: EqualTimes,
    window_ends: WindowEnds,
    window_error: WindowError,
    zoneless_time: ZonelessTime,
    blank_in_time: BlankInTime,
    user_name: UserNameMatch,
    list_public_ip: ListPublicIp,
    empty_text: EmptyText,
    session_states: SessionStates,
    repeated_states: RepeatedStates,
    is_success: IsSuccess,
    json_boolean: JsonBoolean,
    json_null: JsonNull,
    unknown_fields: UnknownFields,
    text_length: TextLength,
    media_type: MediaType,
    empty_body: EmptyBody,
    session_order: SessionOrder,
    list_count: ListCount,
    list_offset: ListOffset,
    task_order: TaskOrder,
    sort_alone: SortAlone,
    task_file_name: TaskFileName,
    downloaded_omitted: DownloadedOmitted,
    task_times: TaskTimes,
    export_centre: ExportCentre,
    concurrent_exports: ConcurrentExports,
    file_name: FileName,
    creating_deletion: CreatingDeletion,
    unknown_deletion: UnknownDeletion,
    content_type: ContentType,
    content_disposition: ContentDisposition,
    framing: DownloadFraming,
    ranges: DownloadRanges,
    redirect: DownloadRedirect,
    mark: DownloadMark,
    repeated_download: RepeatedDownload,
    no_file: NoFile,
    wrong_method: WrongMethod,
    rate_limit: RateLimit,
    retry_after: RetryAfter,
    expired_token: ExpiredToken,
    gateway_headers: GatewayHeaders,
    error_detail: ErrorDetail,
    hw_ak_sk: HwAkSk,
}

impl From<ExportFormat> for Setting {
    fn from(format: ExportFormat) -> Self {
        Self(Kind::ExportFormat(format))
    }
}

impl Alternatives for ExportFormat {
    const CHOICE: Choice = Choice {
        name: "file-format",
        default: "xlsx",
        values: &[
            ChoiceValue {
                value: "xlsx",
                text: "A spreadsheet of Office Open XML.",
            },
            ChoiceValue {
                value: "csv",
                text: "Comma-separated values in UTF-8 without a byte order mark.",
            },
        ],
        text: "The format of exported files.",
        evidence: "No page, sample or test names the format of a session export; sibling exports are described as Excel.",
    };
    const ALL: &'static [Self] = &[Self::Xlsx, Self::Csv];
}

const RETENTION: Choice = Choice {
    name: "retention",
    default: "604800",
    values: &[ChoiceValue {
        value: "SECONDS",
        text: "From 0 to 315360000 (3,650 days), on the emulator's clock.",
    }],
    text: "How long the file of a successful task can be downloaded before the task is EXPIRED.",
    evidence: "The status EXPIRED exists; no page says when it comes.",
};

const EXPORT_DELAY: Choice = Choice {
    name: "export-delay",
    default: "1500",
    values: &[ChoiceValue {
        value: "MILLISECONDS",
        text: "From 0 to 315360000000 (3,650 days), on the emulator's clock.",
    }],
    text: "How long a task stays CREATING.",
    evidence: "No page gives a typical duration or a polling interval.",
};

/// Every choice, in the order of the table in `docs/emulator.md`.
///
/// ```
/// for choice in session_export_emulator::choices() {
///     println!("{}={}", choice.name, choice.default);
/// }
/// ```
pub fn choices() -> impl Iterator<Item = Choice> {
    let more = [ExportFormat::CHOICE, RETENTION, EXPORT_DELAY];
    ENUMS.iter().copied().chain(more)
}

impl Setting {
    /// Reads a setting as the program's command line gives it.
    pub(crate) fn parse(name: &str, value: &str) -> Result<Self, EmulatorError> {
        let choice =
            choices()
                .find(|choice| choice.name == name)
                .ok_or_else(|| EmulatorError::UnknownChoice {
                    name: name.to_owned(),
                    known: listed(choices().map(|choice| choice.name)),
                })?;
        let number = || {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| value.parse().ok()).flatten()
        };
        let setting = match name {
            _ if name == ExportFormat::CHOICE.name => ExportFormat::named(value).map(Self::from),
            _ if name == RETENTION.name => number()
                .map(Duration::from_secs)
                .map(|span| Self(Kind::Retention(span))),
            _ if name == EXPORT_DELAY.name => number()
                .map(Duration::from_millis)
                .map(|span| Self(Kind::ExportDelay(span))),
            _ => Self::of_enum(name, value),
        };
        setting.ok_or_else(|| EmulatorError::InvalidChoice {
            name: choice.name,
            value: value.to_owned(),
            allowed: listed(choice.values.iter().map(|value| value.value)),
        })
    }
}

fn listed(texts: impl Iterator<Item = &'static str>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::EmulatorBuilder;

    #[test]
    fn names_and_values_are_unique_and_read_back() {
        let names: BTreeSet<_> = choices().map(|choice| choice.name).collect();
        assert_eq!(names.len(), choices().count());
        for choice in choices() {
            assert!(
                choice.text.ends_with('.') && choice.evidence.ends_with('.'),
                "{choice:?}"
            );
            let values: BTreeSet<_> = choice.values.iter().map(|value| value.value).collect();
            assert_eq!(values.len(), choice.values.len(), "{choice:?}");
            assert!(Setting::parse(choice.name, choice.default).is_ok(), "{choice:?}");
            if choice.values.len() > 1 {
                assert_eq!(choice.values[0].value, choice.default);
                for value in values {
                    assert!(
                        Setting::parse(choice.name, value).is_ok(),
                        "{} {value}",
                        choice.name
                    );
                }
            }
        }
    }

    #[test]
    fn defaults_are_those_of_the_builder() {
        let untouched = format!("{:?}", EmulatorBuilder::default());
        let set = choices().fold(EmulatorBuilder::default(), |builder, choice| {
            builder.choice(choice.name, choice.default).unwrap()
        });
        assert_eq!(format!("{set:?}"), untouched);
    }

    #[test]
    fn errors_say_what_there_is() {
        let error = Setting::parse("thirty-day", "age").unwrap_err().to_string();
        assert!(
            error.contains("thirty-day") && error.contains("thirty-days, thirty-days-boundary"),
            "{error}"
        );
        let error = Setting::parse("thirty-days", "years").unwrap_err().to_string();
        assert!(
            error.contains("years") && error.contains("length, age"),
            "{error}"
        );
        for value in ["", "-1", "1h", "99999999999999999999"] {
            assert!(Setting::parse("retention", value).is_err(), "{value}");
        }
    }
}
