//! `token`

use serde_json::json;
use session_export::format_timestamp;

use super::Context;
use crate::args::TokenArgs;
use crate::connection::Connection;
use crate::credentials::Credentials;
use crate::failure::Failure;

pub(super) async fn run(context: &Context<'_>, args: TokenArgs) -> Result<(), Failure> {
    // Nobody is asked about a token that is there, so nobody needs to be known.
    if !args.connection.emulator
        && let Credentials::Token(token) = Credentials::from_environment()?
    {
        if context.json {
            context
                .progress
                .say("note: the token is from the environment; it was not checked");
        }
        return context
            .result(
                &json!({"token": token.expose_secret(), "expires_at": null}),
                "there is a token from the environment; it was not checked, and when it ends is not known",
            )
            .await;
    }
    let connection = Connection::open(args.connection, context.timeout, context.progress).await?;
    let token = connection.token().await?;
    let expires_at = token.expires_at().map(format_timestamp);
    let line = match &expires_at {
        Some(end) => format!("there is a token, good until {end}"),
        None => "there is a token; when it ends is not known".to_owned(),
    };
    // Printing the secret is what --json was asked for; nothing else ever prints it.
    context
        .result(
            &json!({"token": token.expose_secret(), "expires_at": expires_at}),
            line,
        )
        .await
}
