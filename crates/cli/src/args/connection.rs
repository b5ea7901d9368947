//! Where to connect.

use clap::Args;

/// The connection flags. Secrets are never among them: they come from the environment.
#[derive(Args, Debug)]
#[command(
    next_help_heading = "Connection",
    after_long_help = "Credentials come from the environment: SESSION_EXPORT_TOKEN, else HW_AUTH_TOKEN, else \
HW_USER_NAME with HW_USER_PASSWORD and HW_DOMAIN_NAME (or the OS_… names of OpenStack)."
)]
pub(crate) struct ConnectionArgs {
    /// Start an emulator inside this program and use it; needs no account
    #[arg(long, conflicts_with_all = ["region", "project_id", "endpoint", "export_endpoint", "iam_endpoint", "allow_http"])]
    pub(crate) emulator: bool,

    /// The region, such as cn-north-4 [env: HW_REGION_NAME]
    #[arg(long, value_name = "ID")]
    pub(crate) region: Option<String>,

    /// The project's id [env: HW_PROJECT_ID]; with a password it is found out by itself
    #[arg(long, value_name = "ID")]
    pub(crate) project_id: Option<String>,

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
}
