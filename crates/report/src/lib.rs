//! Figures over lists of user sessions: how many on which day, for whom, how long, how many at once, and what failed.
//!
//! A [`Summary`] takes sessions one by one and makes a [`Report`] of them; a report serialises to JSON and shows itself as
//! a [`Page`] of HTML. What each number means exactly is in `docs/report.md`; this is the short form:
//!
//! - A session belongs to the day on which it **started**, in the zone that was asked for.
//! - It **failed** if its `failed_code` is neither empty nor `WKS.00000000`; without a code if its `failed_reason` is
//!   neither empty nor `success`; without both if its state is `InitFail`.
//! - It **lasted** from its start to its end. Quantiles are over sessions that have both.
//! - **At once** are sessions that have started and not ended. One without an end is open, unless its state says that it is
//!   over: it counts until the latest moment that is known.
//! - What is missing or does not fit together is counted ([`Odd`], [`WithoutEnd`]) and fails nothing.
//!
//! Nothing here does I/O, starts a thread or reads a clock. Times are milliseconds: finer digits are cut off.

mod figures;
mod html;
mod periods;
mod quantities;
mod summary;
mod written;
mod zone;

pub use figures::{
    Bin, Concurrency, Count, Counts, Day, Durations, Failure, Failures, Odd, Outcome, Report, Share, Step,
    Usage, WithoutEnd,
};
pub use html::{Language, Page, PageOptions};
pub use periods::Period;
pub use quantities::{grouped, length, percent};
pub use summary::{Summary, SummaryOptions};
