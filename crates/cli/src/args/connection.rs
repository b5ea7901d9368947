//! Where to connect.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The connection flags. Secrets are never among them: they come from the environment.
#[derive(Args, Debug)]
#[command(
    next_help_heading = "Connection",
    after_long_help = "Credentials are looked for, first to last, in SESSION_EXPORT_TOKEN, in the variables of the official SDKs \
(HUAWEICLOUD_SDK_AK, …), of Terraform (HW_AUTH_TOKEN; HW_ACCESS_KEY, …; HW_USER_NAME, …) and of OpenStack (OS_…), in \
~/.huaweicloud/credentials, in KooCLI's settings, and in this machine's metadata. `session-export token --explain` says \
what was found where."
)]
pub(crate) struct ConnectionArgs {
    /// Start an emulator inside this program and use it; needs no account
    #[arg(long, conflicts_with_all = ["region", "project_id", "project_name", "endpoint", "export_endpoint", "iam_endpoint", "allow_http", "credentials", "credentials_file", "credentials_profile", "exchange_token", "proxy", "ca_file", "client_cert"])]
    pub(crate) emulator: bool,

    /// The region, such as cn-north-4 [env: HW_REGION_NAME, OS_REGION_NAME]
    #[arg(long, value_name = "ID")]
    pub(crate) region: Option<String>,

    /// The project's id [env: HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID, …]; without one it is found by the region's name
    #[arg(long, value_name = "ID")]
    pub(crate) project_id: Option<String>,

    /// The project's name, which is usually the region's; IAM knows its id [env: HW_PROJECT_NAME, …]
    #[arg(long, value_name = "NAME", conflicts_with = "project_id")]
    pub(crate) project_name: Option<String>,

    /// The base URL of the sessions service, instead of the region's
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,

    /// The base URL of the export centre, instead of the region's
    #[arg(long, value_name = "URL")]
    pub(crate) export_endpoint: Option<String>,

    /// The base URL of IAM, instead of the region's [env: HW_AUTH_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) iam_endpoint: Option<String>,

    /// Send secrets over plain http beyond this machine
    #[arg(long)]
    pub(crate) allow_http: bool,

    #[command(flatten)]
    pub(crate) credential: CredentialArgs,

    #[command(flatten)]
    pub(crate) transport: TransportArgs,
}

/// Where the credential is. The credential itself is never an argument.
#[derive(Args, Debug)]
#[command(next_help_heading = "Credentials")]
pub(crate) struct CredentialArgs {
    /// Look for credentials in this place and nowhere else
    #[arg(long, value_name = "PLACE", value_enum)]
    pub(crate) credentials: Option<Place>,

    /// The section of the credentials file, or the profile of KooCLI
    #[arg(long, value_name = "NAME")]
    pub(crate) credentials_profile: Option<String>,

    /// Read this credentials file [env: HUAWEICLOUD_SDK_CREDENTIALS_FILE]
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials_file: Option<PathBuf>,

    /// Exchange the token for one of the project: a token of an account, or of a federated log-in
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) exchange_token: Option<bool>,
}

/// A place where credentials can be.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Place {
    /// The variables of the official SDKs, of Terraform and of OpenStack
    Environment,
    /// ~/.huaweicloud/credentials
    File,
    /// ~/.hcloud/config.json
    Koocli,
    /// The agency of the cloud server that this runs on
    Metadata,
}

/// What carries the requests.
#[derive(Args, Debug)]
#[command(next_help_heading = "Transport")]
pub(crate) struct TransportArgs {
    /// The HTTP stack [default: reqwest]
    #[arg(long, value_name = "NAME", value_enum, overrides_with = "transport")]
    pub(crate) transport: Option<Stack>,

    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Send everything but plain http to this machine through this HTTP proxy; HTTPS_PROXY and NO_PROXY are read otherwise
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Show this certificate (PEM) to servers that ask for one
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,

    /// The private key (PEM) of --client-cert
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
}

/// The bundled HTTP stacks.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Stack {
    /// reqwest
    Reqwest,
    /// hyper, without reqwest around it
    Hyper,
}
