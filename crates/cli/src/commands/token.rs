//! `token`

use serde_json::json;
use session_export::format_timestamp;

use super::Context;
use crate::args::TokenArgs;
use crate::connection::Connection;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: TokenArgs) -> Result<(), Failure> {
    let connection = Connection::open(args.connection, context.timeout, context.progress).await?;
    let token = connection.token().await?;
    let expires_at = token.expires_at().map(format_timestamp);
    let line = match &expires_at {
        Some(end) => format!("there is a token, good until {end}"),
        None => "there is a token from the environment; when it ends is not known".to_owned(),
    };
    // Printing the secret is what --json was asked for; nothing else ever prints it.
    context.result(
        &json!({"token": token.expose_secret(), "expires_at": expires_at}),
        line,
    )
}
