//! The domain of the Huawei Cloud Workspace *user session list*: its types, its rules and its JSON shapes.
//!
//! This crate does no I/O, knows no HTTP and reads no clock. It answers three questions:
//!
//! - *Is this request allowed?* [`SessionFilter`] is checked as a whole before anything is sent, and a refusal names
//!   every [`Violation`] at once.
//! - *What goes over the wire?* A filter serialises to exactly the body of the API page; times have three fractional
//!   digits and a `Z`; an absent field is not sent.
//! - *What came back?* [`SessionInfo`], [`ExportTaskInfo`] and [`ErrorBody`] read every shape that the service, its
//!   gateway and IAM are known to answer with, and open enums such as [`SessionState`] keep values that are new.
//!
//! ```
//! use session_export_model::{SessionFilter, SessionState};
//!
//! let filter = SessionFilter::builder()
//!     .user_name("user005")
//!     .begin("2024-02-27T03:47:51.182Z")
//!     .end("2024-02-28T11:47:51+08:00")
//!     .state(SessionState::Active)
//!     .build()?;
//! assert_eq!(
//!     serde_json::to_string(&filter).unwrap(),
//!     r#"{"user_name":"user005","query_begin_time":"2024-02-27T03:47:51.182Z","query_end_time":"2024-02-28T03:47:51.000Z","session_state":"Active"}"#
//! );
//! # Ok::<(), session_export_model::Violations>(())
//! ```
//!
//! The rules come from the API page *导出用户会话列表* (export user session list, 2025-11-11) and from the published
//! API definitions behind it; [`limits`] names the source of each number.

mod advice;
mod clock_skew;
mod connection_filter;
mod error_body;
mod export;
mod filter;
mod ids;
pub mod limits;
mod open_enum;
mod retry_hint;
mod session;
mod state;
mod task;
mod task_query;
mod task_ref;
mod timestamp;
mod violation;
mod wall_time;
mod written;

pub use advice::advice;
pub use clock_skew::ClockSkew;
pub use connection_filter::{
    AppConnectionFilter, AppConnectionFilterBuilder, AppConnections, ConnectionField, ConnectionFilter,
    ConnectionFilterBuilder, ConnectionList, UserConnectionFilter, UserConnectionFilterBuilder,
    UserConnections,
};
pub use error_body::{ErrorBody, ErrorShape, one_line};
pub use export::{ExportFilter, ExportKind};
pub use filter::{
    AddressFilter, ServiceRules, SessionFilter, SessionFilterBuilder, SessionOperation, TimeInput, Window,
};
pub use ids::{ProjectId, Region, TaskId};
pub use open_enum::UnknownName;
pub use retry_hint::{parse_http_date, retry_hint};
pub use session::{ServiceTime, SessionInfo, SessionList, SessionType};
pub use state::SessionState;
pub use task::{ExportTaskInfo, ExportTaskList, SubmittedTask, TaskIds, TaskStatus};
pub use task_query::{SortDirection, TaskQuery};
pub use task_ref::TaskRef;
pub use timestamp::{ParseTimestampError, format_timestamp, parse_timestamp};
pub use violation::{RuleKind, Violation, ViolationCode, Violations};
pub use wall_time::moments_of_wall_time;
