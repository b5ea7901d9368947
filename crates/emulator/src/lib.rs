//! A local stand-in for Huawei Cloud IAM and Workspace, for tests and first steps with session-export.
//!
//! ```
//! use session_export_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder().sessions(500).seed(7).start().await?;
//! println!("listening at {}", emulator.base_url());
//! // Point a client's three base URLs there and sign in as `emulator.user_name()`.
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! It runs in the calling tokio runtime, listens on loopback only, and keeps all state inside the [`Emulator`], so
//! that a process can have several. One listener serves all three roles:
//!
//! | role | operations |
//! |---|---|
//! | IAM | `POST /v3/auth/tokens` |
//! | sessions | `GET /v1/{project_id}/session/list-sessions`, `POST /v1/{project_id}/session/list-sessions/export` |
//! | export centre | `GET /v2/{project_id}/export-tasks`, `GET /v2/{project_id}/export-tasks/{task_id}/download`, `POST /v2/{project_id}/export-tasks/batch-delete` |
//!
//! It decodes requests with its own code and shares none with the client: a mistake on one side shows on the other.
//!
//! # Data
//! The sessions depend on the seed, their number, the number of days and the current day in UTC. All of them start
//! before 00:00 UTC of the day on which the emulator was started, so that answers stay the same until the day ends;
//! every tenth one starts within the five days before. About 2 % of them, the newest ones, are still open; 5 % failed.
//! Names, addresses and ids are made up; public addresses are from the networks reserved for documentation.
//!
//! # Time
//! The status of a task and the validity of a token follow from the [clock](EmulatorBuilder::clock) at the moment of
//! a request. No timer runs in the background, so a test that moves its clock sees the change with its next request.
//!
//! # Choices
//! The published pages leave much open. These are choices of this emulator, not facts about the service:
//!
//! - **IAM**: an unknown project is answered with 401, a scope that is missing, is a domain or is not alone with 400.
//!   The media type is not checked. The only project is named like the region, `emulator-1`. Token, user and role
//!   ids are made up; a token has 323 characters. Wrong passwords never lock the account.
//! - **Tokens**: 401 messages begin with "Incorrect IAM authentication information:". A revoked token is unknown
//!   ("decrypt token fail"). The last 10,000 tokens are remembered.
//! - **Order of checks**: path (404), method (405), size (413), token (401), project (403), media type (415),
//!   parameters (400). A token of another project than the path's, or a path with a project that does not exist, is
//!   answered with 403 `WKS.00081102`. There is no `HEAD`. A path with a slash at its end is unknown.
//! - **Headers**: the `Date` of an answer comes from the emulator's clock. What is not HTTP at all, or has a head
//!   above the HTTP library's limits (about 400 kB, 100 headers, a target of 64 kB), is refused without
//!   `X-Request-Id`. `Retry-After` and rate limits do not exist.
//! - **Queries**: `+` is a blank, a parameter given twice is refused, an unknown one is ignored.
//! - **Filters**: all texts are compared exactly and with case. An empty text is no filter, except for `user_name`,
//!   `is_success` and the times, where it is refused. `session_state` has no blanks and no empty names; names may
//!   repeat. `is_success` is true for sessions whose `failed_code` is `WKS.00000000`, whatever their state is. Times
//!   filter on the start and include both ends; one without an offset is UTC. `public_ip` works in lists too.
//! - **Windows**: the 30 days of an export are the length of its window, of which exactly 30 × 24 hours pass; the age
//!   of the data is not limited. Without a window, an export covers the 30 days before the request. A list has no
//!   longest window. Half a window, a reversed one and one that is too long are answered with 400, `WKS.00211102` by
//!   the export and `WKS.00139901` by the list.
//! - **Lists of sessions**: newest start first, then by id; `count` is the number of all matches; `offset` counts rows.
//! - **Sessions**: `status_continue_time` is in seconds; `last_update_status_time` has whole seconds and the other
//!   times have milliseconds. Failure codes are taken from other operations, and their texts are no promise.
//! - **Tasks**: rows are chosen when the export is submitted. Without `sort_field` the newest task comes first.
//!   Without `is_download` all tasks are listed. `file_name` is compared exactly. Times end in a literal `Z`. A task
//!   that fails carries `WKS.00211401`. A successful one expires after the [retention](EmulatorBuilder::retention).
//!   The last 10,000 tasks are remembered.
//! - **Downloads**: `.xlsx` by default, or `.csv` in UTF-8 without a byte order mark and with CR LF. The header row
//!   has the 30 field names of `SessionInfo` in the order of the API definition; every cell is text; an absent field
//!   is an empty cell. The sheet is named `sessions`, and a further one begins after 1,048,575 sessions. The name is
//!   in `Content-Disposition`. `is_download` turns true when a download begins. Downloads can be repeated. Ranges are
//!   ignored. A task that is not `SUCCESS` is answered with 400 `WKS.00010032`, an unknown one with 400 `WKS.0202`.
//! - **Deletion**: unknown ids are ignored, and tasks may be deleted while they are `CREATING`. A media type other
//!   than JSON is answered with 415.

#![allow(
    clippy::disallowed_methods,
    reason = "the emulator is a server: it reads the system's clock and spawns tasks"
)]

mod app;
mod builder;
mod data;
mod dispatch;
mod emulator;
mod error;
mod export_centre;
mod files;
mod filter;
mod iam;
mod random;
mod reply;
mod request;
mod seen;
mod sessions;
mod tasks;
mod time;
mod tokens;

pub use builder::{EmulatorBuilder, ExportFormat, ExportOutcome};
pub use emulator::Emulator;
pub use error::EmulatorError;
pub use seen::SeenRequest;
