//! Export user sessions from Huawei Cloud Workspace: who used which desktop or application, when, and whether it worked.
//!
//! The cloud offers the *user session list* as an asynchronous export: submit a filter, wait for a task, download a
//! file. This library does the whole job, with a typed filter that is checked before anything is sent, on a transport of
//! your choice.
//!
//! # A first export
//!
//! ```no_run
//! use session_export::{
//!     Client, Endpoint, Iam, IamPassword, SessionFilter, TokenAuthenticator, TokenScope, WaitPolicy,
//! };
//! # use session_export::Transport;
//!
//! # async fn export(transport: std::sync::Arc<dyn Transport>, password: String) -> Result<(), Box<dyn std::error::Error>> {
//! // 1. Where, and who. A password becomes a token, and the token is kept for as long as it is good.
//! let endpoint = Endpoint::region("cn-north-4")?;
//! let iam = Iam::new(transport.clone(), endpoint.iam().expect("a region has an IAM").clone());
//! let scope = TokenScope::project_name("cn-north-4");
//! let login = IamPassword::new(iam, "user005", password, "account-a", scope);
//! let client = Client::builder(endpoint, "a4da8115c9d8464ead3a38309130523f".parse()?)
//!     .transport(transport)
//!     .authenticator(TokenAuthenticator::new(login))
//!     .build()?;
//!
//! // 2. Which sessions. Every fault of a filter is reported at once, before anything is sent.
//! let filter = SessionFilter::builder()
//!     .begin("2024-02-20T00:00:00Z")
//!     .end("2024-02-27T00:00:00Z")
//!     .states(["Active", "Disconnected"])
//!     .build()?;
//!
//! // 3. Submit, wait, download. The file appears whole or not at all.
//! let task = client.export_sessions(filter).submit().await?;
//! let ready = task.wait(WaitPolicy::default()).await?;
//! let file = ready.download().to_path("sessions.xlsx").await?;
//! println!("{} bytes in {}", file.bytes, file.path.display());
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - It spawns no task, starts no thread, and sees time only through [`Clock`]. It reads no environment variable and no
//!   file, unless you ask [`CredentialChain`] or [`EndpointOverrides`] to. A bundled transport hands its connections and name look-ups to the runtime that calls, and reads the
//!   system's certificate authorities when it is built (`SSL_CERT_FILE` and `SSL_CERT_DIR` included).
//! - A submit is sent once; again only where the service certainly did not take it. When its answer is lost, that is
//!   [`ErrorKind::Ambiguous`], not a second task; [`Client::reconcile`] finds out what became of it, and a
//!   [`SubmitJournal`] lets another process do so.
//! - Everything else is tried again when it failed for a passing reason ([`RetryPolicy`]), and a 429 holds back every call of
//!   the client for the window that it names.
//! - A download that breaks off is continued under the same strong validator or begun again: never a file that is put
//!   together of two, never half of one under the final name.
//! - Secrets are never in a log, an error or a `Debug` output, and never travel over plain http beyond this machine
//!   unless you say so ([`PlainHttp`]).
//! - Dropping a future cancels what it does; every asynchronous function says what that leaves behind.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `reqwest` | yes | `ReqwestTransport`, used when [`ClientBuilder::transport`] is not called |
//! | `hyper` | no | `HyperTransport`, to be passed to [`ClientBuilder::transport`] |
//! | `blocking` | no | `Blocking` runs all of it on the calling thread, in programs without a runtime |
//! | `regions-file` | no | [`EndpointOverrides`] can read `~/.huaweicloud/regions.yaml` |
//! | `rows` | no | `ReadOptions` and `Rows`: typed rows of a downloaded file; `RowWriter`: csv and JSON Lines |
//! | `parquet` | no | `rows`, and `RowWriter::parquet` |
//!
//! Without `reqwest` and `hyper` there is no HTTP stack among the dependencies. Without `reqwest`, [`ClientBuilder::build`] asks for
//! a transport.

#[cfg(feature = "blocking")]
mod blocking;
mod client;
mod clock;
mod deadline;
mod directory;
mod download;
mod endpoint;
mod error;
mod export;
mod journal;
mod observe;
mod operation;
mod pause;
mod reconcile;
mod retry;
mod written_path;

#[cfg(feature = "blocking")]
pub use blocking::Blocking;
pub use client::{Client, ClientBuilder};
pub use clock::SystemClock;
pub use download::{
    Download, DownloadProgress, DownloadStream, FileFormat, FileName, FileReceipt, PartialFile, Receipt,
    Sha256Digest, WholeFile,
};
pub use endpoint::{Endpoint, EndpointBuilder, EndpointOverrides};
pub use error::{Error, ErrorKind, JournalProblem, ServiceFailure, Spent, TaskFailure};
pub use export::{Export, ExportTask, ReadyExport, TaskState, WaitEvent, WaitPolicy, Watch};
pub use journal::{FileJournal, JournalRefusal, JournalState, SubmitIntent, SubmitJournal};
pub use operation::{Effect, ListSessions, Operation, SessionStream};
pub use pause::{Pause, PauseReason};
pub use reconcile::{Ambiguity, Candidate, Reconciliation};
pub use retry::RetryPolicy;

pub use session_export_auth::{
    AccessKey, AccessKeyAuthenticator, Agency, AuthError, AuthErrorKind, Authenticate, Credential,
    CredentialChain, CredentialRetry, Environment, Found, FoundAgency, Iam, IamAgency, IamExchange,
    IamPassword, IamTemporaryKey, InstanceMetadata, Looked, NoCredentials, NoCredentialsKind, Outcome,
    PasswordLogin, PlainHttp, ProvideAccessKey, ProvideToken, Refusal, Source, SourceKind, Stamp,
    StaticAccessKey, StaticToken, Token, TokenAuthenticator, TokenDescription, TokenScope, TotpPasscode,
    VariableNotText,
};
pub use session_export_model::{
    AddressFilter, AppConnectionFilter, AppConnectionFilterBuilder, AppConnections, ClockSkew,
    ConnectionField, ConnectionFilter, ConnectionFilterBuilder, ConnectionList, ExportFilter, ExportKind,
    ExportTaskInfo, ExportTaskList, ProjectId, Region, RuleKind, ServiceRules, ServiceTime, SessionFilter,
    SessionFilterBuilder, SessionInfo, SessionList, SessionOperation, SessionState, SessionType,
    SortDirection, TaskId, TaskIds, TaskQuery, TaskRef, TaskStatus, TimeInput, UnknownName,
    UserConnectionFilter, UserConnectionFilterBuilder, UserConnections, Violation, ViolationCode, Violations,
    Window, advice, format_timestamp, limits, moments_of_wall_time, parse_timestamp,
};
#[cfg(feature = "rows")]
pub use session_export_rows::{
    Column, Columns, CsvOptions, Field, Limits, ReadOptions, Row, RowFormat, RowWriter, Rows, RowsError,
    RowsErrorKind, TextEncoding,
};
pub use session_export_transport::{
    BaseUrl, Clock, Delivery, InvalidBaseUrl, Request, RequestBody, Response, ResponseBody, Sleep, Transport,
    TransportError, TransportErrorKind, send_traced,
};
#[cfg(all(feature = "hyper", not(feature = "reqwest")))]
pub use session_export_transport_hyper::BuildTransportError;
#[cfg(feature = "hyper")]
pub use session_export_transport_hyper::{HyperTransport, HyperTransportBuilder};
#[cfg(feature = "reqwest")]
pub use session_export_transport_reqwest::BuildTransportError;
#[cfg(feature = "reqwest")]
pub use session_export_transport_reqwest::{ReqwestTransport, ReqwestTransportBuilder};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
