//! A report as one page that needs nothing else: no script, no font, no network.

mod bars;
mod card;
mod columns;
mod course;
mod escape;
mod overview;
mod scale;
mod words;

use std::fmt::{self, Display, Formatter};

use chrono::{DateTime, FixedOffset, Offset, TimeZone};

use crate::Report;
use words::both;

/// A language of the page. Both are in it; this is the one that it shows first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

/// What a page says beyond the figures.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PageOptions {
    language: Language,
    source: Option<String>,
    made_at: Option<DateTime<FixedOffset>>,
}

impl PageOptions {
    /// English first, and nothing beyond the figures.
    pub fn new() -> Self {
        Self::default()
    }

    /// The language that is shown first.
    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// What the sessions are of, such as a file's name. It is escaped like everything else, and cut after 160 characters.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// When the page is made: nothing here reads a clock. It is shown in the zone that it is given in.
    pub fn made_at<Z: TimeZone>(mut self, moment: &DateTime<Z>) -> Self {
        self.made_at = Some(moment.with_timezone(&moment.offset().fix()));
        self
    }
}

/// A report as HTML, to be written with `write!` or `to_string`.
///
/// One file without a script and without a link: charts are drawings (SVG) inside of it, and its policy
/// (`Content-Security-Policy`) forbids whatever could still be loaded. Light and dark follow the reader's setting; a switch
/// without a script changes between English and Chinese. Every text of a session is escaped and cut after 160 characters,
/// so that the size follows from the lengths of the lists (about 80 KB with 10 names each), never from the number of
/// sessions.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    report: &'a Report,
    options: &'a PageOptions,
}

impl Report {
    /// The report as a page.
    ///
    /// ```
    /// use session_export_report::{PageOptions, Summary, SummaryOptions};
    ///
    /// let report = Summary::new(SummaryOptions::new()).finish();
    /// let page = report.page(&PageOptions::new().source("sessions.xlsx")).to_string();
    /// assert!(page.starts_with("<!DOCTYPE html>"));
    /// ```
    pub fn page<'a>(&'a self, options: &'a PageOptions) -> Page<'a> {
        Page {
            report: self,
            options,
        }
    }
}

const STYLE: &str = include_str!("page.css");

/// The page's own style is all that it may use.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { report, options } = self;
        let (tag, english, chinese) = match options.language {
            Language::English => ("en", " checked", ""),
            Language::Chinese => ("zh-CN", "", " checked"),
        };
        write!(
            f,
            "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <input class=\"pick\" type=\"radio\" name=\"language\" id=\"pick-en\" aria-label=\"English\"{english}>\
             <input class=\"pick\" type=\"radio\" name=\"language\" id=\"pick-zh\" aria-label=\"中文\"{chinese}>\n",
            overview::title(report).escaped()
        )?;
        overview::header(report, options.source.as_deref(), f)?;
        f.write_str("<main>\n")?;
        overview::tiles(report, f)?;
        if report.sessions == 0 {
            let words = both("There is no session in this list.", "此列表中没有会话。");
            write!(
                f,
                "<section class=\"card wide\"><p class=\"nothing\">{words}</p></section>"
            )?;
        } else {
            f.write_str("<div class=\"cards\">\n")?;
            columns::days(report, f)?;
            course::write(report, f)?;
            f.write_str("<div class=\"halves\">\n")?;
            bars::failures(report, f)?;
            bars::states(report, f)?;
            columns::durations(report, f)?;
            bars::kinds(report, f)?;
            f.write_str("</div>\n")?;
            bars::users(report, f)?;
            bars::servers(report, f)?;
            overview::notes(report, f)?;
            f.write_str("</div>\n")?;
        }
        overview::definitions(f)?;
        f.write_str("</main>\n")?;
        overview::footer(options.made_at, f)?;
        f.write_str("</body>\n</html>\n")
    }
}

#[cfg(test)]
mod tests;
