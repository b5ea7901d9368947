//! A local stand-in for Huawei Cloud IAM and Workspace, for tests and first steps with session-export.
//!
//! ```
//! use session_export_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder().sessions(500).seed(7).start().await?;
//! println!("listening at {}", emulator.base_url());
//! // Point a client's three base URLs there, and sign in as `emulator.user_name()` or sign requests with
//! // `emulator.access_key_id()` and `emulator.secret_access_key()`.
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! It runs in the calling tokio runtime, listens on loopback only, and keeps all state inside the [`Emulator`] or in a
//! directory of its own, so that a process can have several. One listener serves all roles:
//!
//! | role | operations | callers |
//! |---|---|---|
//! | IAM | `POST /v3/auth/tokens` with a password, a password and a passcode, a token, or an agency | that, and `X-Auth-Token` for an agency |
//! | | `GET /v3/auth/tokens` | `X-Auth-Token` |
//! | | `POST /v3.0/OS-CREDENTIAL/securitytokens` by a token or through an agency | `X-Auth-Token` |
//! | | `GET /v3/projects` | `X-Auth-Token` or a signature |
//! | instance metadata | `PUT /meta-data/latest/api/token`, `GET /openstack/latest/securitykey` | `X-Metadata-Token`, see [`MetadataTokens`] |
//! | sessions | `GET /v1/{project_id}/session/list-sessions`, `POST /v1/{project_id}/session/list-sessions/export` | `X-Auth-Token` or a signature |
//! | export centre | `GET /v2/{project_id}/export-tasks`, `GET /v2/{project_id}/export-tasks/{task_id}/download`, `POST /v2/{project_id}/export-tasks/batch-delete` | `X-Auth-Token` or a signature |
//!
//! A signature is `SDK-HMAC-SHA256` of the guide to API request signing, with a permanent access key or a temporary
//! one and its `X-Security-Token`. The real instance metadata listens on a link-local address; here it is always
//! served, since the listener is loopback.
//!
//! | a redirected download | `GET /export-files/{ticket}`, see [`DownloadRedirect`] | everybody who knows the path |
//!
//! # Tests of your own code
//!
//! Anything that speaks HTTP can be pointed at [`base_url`](Emulator::base_url): a client in another language, an
//! official SDK with its endpoints set, or a few lines over a socket. Each test starts an emulator of its own; they do
//! not meet, and there is nothing to clean up.
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicI64, Ordering};
//!
//! use chrono::DateTime;
//! use session_export_emulator::{Emulator, ThirtyDays};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::TcpStream;
//!
//! /// Plain HTTP, so that nothing here depends on session-export.
//! async fn send(emulator: &Emulator, request: String) -> std::io::Result<String> {
//!     let base = emulator.base_url();
//!     let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await?;
//!     stream.write_all(request.as_bytes()).await?;
//!     let mut answer = String::new();
//!     stream.read_to_string(&mut answer).await?;
//!     Ok(answer)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The test moves the clock; nothing waits for it in real time.
//! let now = Arc::new(AtomicI64::new(1_709_287_200));
//! let clock = Arc::clone(&now);
//! let emulator = Emulator::builder()
//!     .clock(move || DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap_or_default())
//!     .choose(ThirtyDays::Age)
//!     .start()
//!     .await?;
//!
//! let (user, password) = (emulator.user_name(), emulator.password());
//! let body = format!(
//!     r#"{{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{
//!         "name":"{user}","password":"{password}","domain":{{"name":"{}"}}}}}}}},
//!         "scope":{{"project":{{"id":"{}"}}}}}}}}"#,
//!     emulator.domain_name(),
//!     emulator.project_id(),
//! );
//! let head = "POST /v3/auth/tokens HTTP/1.1\r\nHost: iam\r\nConnection: close";
//! let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
//! let answer = send(&emulator, request).await?;
//! assert!(answer.starts_with("HTTP/1.1 201 "));
//! let token = answer
//!     .lines()
//!     .find_map(|line| line.strip_prefix("x-subject-token: "))
//!     .ok_or("no token")?;
//!
//! // A day later the token is of no use any more.
//! now.fetch_add(86_400, Ordering::SeqCst);
//! let tasks = format!("/v2/{}/export-tasks", emulator.project_id());
//! let head = format!("GET {tasks} HTTP/1.1\r\nHost: workspace\r\nConnection: close");
//! let answer = send(&emulator, format!("{head}\r\nX-Auth-Token: {token}\r\n\r\n")).await?;
//! assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("token expires"));
//!
//! // What arrived, to be compared with what your code should have sent.
//! let seen = emulator.requests_seen();
//! assert_eq!(seen[1].path(), tasks);
//! # Ok(())
//! # }
//! ```
//!
//! # Tenants
//!
//! | account | project | sessions | who gets there |
//! |---|---|---|---|
//! | [`domain_name`](Emulator::domain_name) | `emulator-1`, [`project_id`](Emulator::project_id) | as many as asked for | the user; the user's key |
//! | | `emulator-1_sub`, [`sub_project_id`](Emulator::sub_project_id) | up to 100 | the user; the user's key |
//! | [`agency_domain_name`](Emulator::agency_domain_name) | `emulator-1`, [`agency_project_id`](Emulator::agency_project_id) | up to 100 | the user through [`agency_name`](Emulator::agency_name) |
//!
//! [`EmulatorBuilder::project`] adds others, each with sessions, users, keys and [permissions](Permission) of its own.
//! Whoever is not let into a project gets 403 `WKS.00081102` there, whatever is asked for, and another project's tasks
//! are unknown.
//!
//! It decodes requests with its own code and shares none with the client: a mistake on one side shows on the other.
//!
//! # Data
//! The sessions of a project depend on the seed, their number, the number of days and the current day in UTC. All of
//! them start before 00:00 UTC of the day on which the emulator was started, so that answers stay the same until the
//! day ends; every tenth one starts within the five days before. People work by day and on weekdays, mostly on one server
//! and from one office. About 2 % of the sessions, the newest ones, are still open; 5 % failed, most of them on servers
//! that were out of order for some hours. There are more people and servers with more sessions. Names, addresses and ids
//! are made up; public addresses are from the networks reserved for documentation. A million sessions are ready in less
//! than a second, and take about 30 MiB.
//!
//! App connections and user connections follow from the sessions: a user connection is a session, an app connection one
//! with an application. Their columns are the fields of `AppConnectionInfo` and `UserConnectionInfo`, in the order of
//! the definitions. What is a choice: a connection has the id and the times of its session, `wi_ip` is the server's
//! address, `connect_flag` is 0, `transaction_id` the session's stamp, `aps_instance_name` the server's name; `app_id`,
//! `virtual_ip`, `aps_instance_id` and `aps_host_id` are empty. `user_name` and `app_name` of app connections match
//! in part, as the definition says; every other filter of connections matches the whole text.
//!
//! [`EmulatorBuilder::rows`] takes sessions of your own in place of those of the main project.
//!
//! # Files
//! Exports of up to 20,000 sessions are written when their task is first seen finished. A larger one is written in the
//! background from its submission on, one at a time, the others in a queue, and stays `CREATING` until its file is whole.
//! An export that cannot be stored ends in `FAIL`. Files are temporary, in the system's directory for such or in
//! [`EmulatorBuilder::export_dir`], unless there is a directory for the state: a file is deleted with its task, at the
//! first call to the export centre after the task has expired, and when the emulator stops without that directory.
//!
//! # State
//! Everything but exported files is in memory, and all of it is forgotten with the emulator, unless
//! [`EmulatorBuilder::state_dir`] names a directory.
//! Then tasks, files, tokens, temporary keys, and the passwords and permanent keys of users are there again after the
//! next start, also when the process was killed: an event is in the log before a client hears of it, a file gets its
//! name when it is whole, and an export that was interrupted is written anew. The made-up sessions keep the day of the
//! first start. Faults, the journal, locks, rate limits and redirected downloads are not kept.
//!
//! The next start must have the options from which sessions and ids follow: `seed`, `sessions`, `days`, what the `rows`
//! say, `project_id`, `user_name`, `domain_name`, `agency`, and the projects with the names of their users. Another one
//! is refused with [`EmulatorError::StateOption`]. One emulator at a time has the directory. The log is JSON Lines for its
//! owner only, since it holds secrets; `docs/emulator.md` describes it.
//!
//! # Time
//! The status of a task, the validity of tokens and keys, the age of a signature and the end of a lock follow from the
//! [clock](EmulatorBuilder::clock) at the moment of a request. No timer runs in the background, so a test that moves its
//! clock sees the change with its next request.
//!
//! # Faults
//! A [`FaultScript`] says which calls go wrong, and how: late, refused, cut off, garbled, lost. The [`Journal`] has every
//! call as it arrived and how it was answered, and [`exports_created`](Emulator::exports_created) counts the exports of
//! which the client never heard, too. `docs/emulator-faults.md` describes both, and the
//! [admin address](EmulatorBuilder::admin).
//!
//! # Choices
//! The published pages leave much open. Where they allow more than one answer, [`EmulatorBuilder::choose`] gives
//! another one: [`choices()`] lists the questions with their answers and the evidence, and so does the table in
//! `docs/emulator.md`. What follows is fixed, and is no fact about the service either:
//!
//! - **Tenants**: the main project is named like the region, `emulator-1`. The sub-project and the delegating
//!   account's project have their own sessions, made with the next two seeds, and their own export tasks. Every user
//!   of the user's account may assume the agency. The parent of a region's project is its account, that of the
//!   sub-project is the region's project.
//! - **IAM**: an unknown project or domain, or one of another account, is answered with 401, a scope that is missing
//!   or is not exactly one project or domain with 400. With an id and a name, both must fit. The media type is not
//!   checked. Token, user and role ids are made up; a token has 323 characters.
//!   The method `totp` may have a blank in front, as in the published list.
//! - **Second factor**: the passcode never changes. With an option for it, a right password alone is answered with
//!   401; without, a log-in with a passcode is a wrong one (401).
//! - **Locks**: five wrong passwords or passcodes in a row lock the user for 15 minutes, both options; right ones are
//!   refused meanwhile, tokens still work, and attempts do not prolong the lock. An unknown name counts for nobody, and
//!   neither does a missing passcode.
//! - **Re-scoping**: a token that was had for another one does not outlive it, and its `methods` are `token` alone.
//!   An agency's token keeps to the delegating account.
//! - **Agencies**: one that does not exist or may not be assumed is answered with 403 (`IAM.0003` where codes are
//!   given). Who acts through an agency cannot assume another one. The `user` of such a token is the agency, named
//!   `account/agency`. An account by id and by name must be one and the same.
//! - **Description of tokens**: only somebody who acts in the same account gets it; to others the subject is invalid
//!   (404). Without exactly one `X-Subject-Token` the answer is 400, and the header is not repeated in the answer.
//! - **Temporary keys**: `X-Auth-Token` counts before the token in the body; without it 401 `IAM.0001`, an unknown
//!   one 401 `IAM.0067`, an expired one 401 `IAM.0066`; a body that is not as it should be 400 `IAM.0011`, an empty one
//!   or more than 32 KB 400 `IAM.1101`. A `policy` has to be an object and is not looked at. A key by a token reaches
//!   what the token is for, a project or all projects of the account; one through an agency reaches all of the
//!   delegating account. It may outlive the token. The last 10,000 keys are remembered.
//! - **List of projects**: everything in the caller's account in a fixed order; `name` is compared exactly; `page` and
//!   `per_page` may come alone, with 1 and 5,000 for the other. A signature with an unknown key is answered with 400
//!   `IAM.1106`, with an expired security token with 400 `IAM.1108`, else like the gateway.
//! - **Instance metadata**: errors are plain text: 400 for a lifetime that is not from 1 to 21,600 seconds, 401 for a
//!   wrong, expired, repeated or missing token, 404 without the feature. Every request gets a new key of the user for
//!   24 hours and all projects of the account.
//! - **Tokens**: 401 messages begin with "Incorrect IAM authentication information:". A revoked token is unknown
//!   ("decrypt token fail"). A token header that is given twice is refused. The last 10,000 tokens are remembered.
//! - **Signatures**: with an `Authorization` header the signature decides and a token is not looked at; every other
//!   scheme in it is refused. `SignedHeaders` must be in lower case, ascending, without repetition, and have
//!   `x-sdk-date`; each name must be there exactly once; the signature is in lower case. A path or query with a broken
//!   encoding is signed as it stands; `+` in a query is a blank. `X-Sdk-Content-Sha256` counts as it is, signed or not,
//!   and is not compared with the body; with an empty body the hash of nothing counts as well. A permanent key with an
//!   `X-Security-Token` is refused. The answer to a wrong signature shows the canonical request, with `|` for line
//!   ends, without the values of headers that hold secrets, up to 2,048 bytes. Only wrong signatures count for the
//!   lock of a key: the sixth in a row begins it, for five minutes, and attempts do not prolong it.
//! - **Projects and keys**: the user's permanent key signs for all projects of its account. A token of an account is
//!   for no project. `X-Project-Id` of another project than the path's, or given twice, is answered with 403
//!   `WKS.00081102`, also beside a token; `X-Domain-Id` is not looked at.
//! - **Order of checks**: path (404), method (405), size of the head (414, 494), of the body (413), caller (401), rate
//!   (429), project and permission (403), media type (415), parameters (400). Of a signature: its form, the clock
//!   (`APIGW.0303`), the key, its lock, the security token, the signature itself. Credentials for another project than the path's, or a path with a project that does not exist,
//!   are answered with 403 `WKS.00081102`. There is no `HEAD`. A path with a slash at its end is unknown.
//! - **Headers**: the `Date` of an answer comes from the emulator's clock. IAM's answers have an `X-IAM-Trace-Id` of
//!   their own. What is not HTTP is refused with 400 `APIGW.0201`, and so is a body that breaks off; more than 100
//!   headers count as too many bytes (494). The size of all headers is that of their names, values and line ends.
//! - **Queries**: `+` is a blank, a parameter given twice is refused, an unknown one is ignored.
//! - **Filters**: an empty `user_name` or time is refused with 400, all other texts are compared exactly and with case.
//!   `is_success` is true for sessions whose `failed_code` is `WKS.00000000`, empty or absent, whatever their state is. A list has no
//!   longest window. Refusals of a list have `WKS.00139901`, other refusals of an export `WKS.00211102`.
//! - **Sessions**: `status_continue_time` is in seconds; `last_update_status_time` has whole seconds and the other
//!   times have milliseconds. Failure codes are taken from other operations, and their texts are no promise.
//! - **Tasks**: rows are chosen when the export is submitted. A task that fails carries `WKS.00211401`. The last 10,000
//!   tasks of a project are remembered.
//! - **Files**: the header row has the 30 field names of `SessionInfo` in the order of the API definition; every cell is
//!   text, also where it begins with `=`, `+`, `-` or `@`; an absent field is an empty cell. The sheet is named
//!   `sessions`, and a further one begins after 1,048,575
//!   sessions.
//! - **Permissions**: each of the five operations needs the action that its page names; what an agency lets do is not
//!   limited. IAM and the instance metadata need none.

#![allow(
    clippy::disallowed_methods,
    reason = "the emulator is a server: it reads the system's clock and spawns tasks"
)]

mod admin;
mod admission;
mod app;
mod bounds;
mod builder;
mod choices;
mod control;
mod data;
mod dispatch;
mod download;
mod emulator;
mod error;
mod export_centre;
mod faults;
mod files;
mod filter;
mod iam;
mod journal;
mod keys;
mod lists;
mod metadata;
mod options;
mod permissions;
mod projects;
mod random;
mod remembered;
mod reply;
mod request;
mod sessions;
mod signing;
mod state;
mod strikes;
mod tasks;
mod tenancy;
mod throttle;
mod tickets;
mod time;
mod tokens;
mod wire;

pub use builder::EmulatorBuilder;
pub use choices::{
    BlankInTime, Choice, ChoiceValue, ConcurrentExports, ContentDisposition, ContentType, CreatingDeletion,
    DefaultWindow, DownloadFraming, DownloadMark, DownloadRanges, DownloadRedirect, DownloadedOmitted,
    EmptyBody, EmptyText, EqualTimes, ErrorDetail, ExpiredToken, ExportCentre, FileName, GatewayHeaders,
    HalfWindow, HwAkSk, IsSuccess, JsonBoolean, JsonNull, ListCount, ListOffset, ListPublicIp, MediaType,
    NoFile, RateLimit, RepeatedDownload, RepeatedStates, RetryAfter, ReversedWindow, SessionOrder,
    SessionStates, Setting, SortAlone, TaskFileName, TaskOrder, TaskTimes, TextLength, ThirtyDays,
    ThirtyDaysBoundary, UnknownDeletion, UnknownFields, UserNameMatch, WindowEnds, WindowError, WrongMethod,
    ZonelessTime, choices,
};
pub use data::{RowFormat, RowSource};
pub use emulator::Emulator;
pub use error::EmulatorError;
pub use faults::{
    Cut, Fate, Fault, FaultOperation, FaultScript, FaultScriptError, RetryHint, TaskIdFault, WindowUnit,
};
pub use journal::{Credential, Ending, Journal, JournalEntry, SeenRequest};
pub use options::{ExportFormat, ExportOutcome, MetadataTokens};
pub use permissions::Permission;
pub use projects::{ProjectAccess, ProjectSpec, UserAccess, UserSpec};
