//! `token`

use serde_json::{Value, json};
use session_export::{Credential, Found, Outcome, Token, format_timestamp};

use super::Context;
use crate::args::TokenArgs;
use crate::connection::{Access, explained, iam_of, project};
use crate::failure::Failure;
use crate::login::patiently;
use crate::settings::Settings;
use crate::time_flags::Zone;

pub(super) async fn run(context: &Context<'_>, args: TokenArgs) -> Result<(), Failure> {
    let limit = context.limit;
    let zone = context.settings.zone();
    if args.explain {
        let found = explained(&context.settings, limit, context.progress).await?;
        let values = values(&context.settings, &found);
        return context
            .result(&explanation(&found, &values), lines(&found, &values))
            .await;
    }
    let access = Access::find(&context.settings, limit, context.progress).await?;
    let token = access.login.token(&access.aim, context.progress).await?;
    if args.check {
        return check(context, &access, &token, zone).await;
    }
    let expires_at = token.expires_at().map(format_timestamp);
    let line = match token.expires_at() {
        Some(end) => format!("there is a token, good until {}", zone.shown(end)),
        None => {
            "there is a token; it was not checked (--check does), and when it ends is not known".to_owned()
        }
    };
    if context.json && expires_at.is_none() {
        context
            .progress
            .say("note: the token was there already; it was not checked");
    }
    // Printing the secret is what --json was asked for; nothing else ever prints it.
    let document = json!({
        "token": token.expose_secret(),
        "expires_at": expires_at,
        "project_id": token.project_id(),
    });
    context.result(&document, line).await
}

/// What IAM says about the token.
async fn check(context: &Context<'_>, access: &Access, token: &Token, zone: Zone) -> Result<(), Failure> {
    let iam = access.iam.as_ref().ok_or_else(|| {
        Failure::usage("--check needs to know where IAM is; give --region or --iam-endpoint")
    })?;
    let describe = async |_| iam.describe(token).await;
    let described = patiently(
        access.aim.limit,
        context.progress,
        "asking IAM about the token",
        describe,
    );
    let described = described.await?;
    let end = format_timestamp(described.expires_at);
    let account = described.domain.as_deref().unwrap_or("an unknown account");
    let project = match (&described.project_name, &described.project_id) {
        (Some(name), Some(id)) => format!("for the project {name} ({id})"),
        (None, Some(id)) => format!("for the project {id}"),
        _ => "for the account, and for no project".to_owned(),
    };
    let line = format!(
        "the token is of {} of {account}, {project}, good until {}",
        described.user,
        zone.shown(described.expires_at)
    );
    let document = json!({
        "user": described.user,
        "domain": described.domain,
        "project_id": described.project_id,
        "project_name": described.project_name,
        "expires_at": end,
        "methods": described.methods,
    });
    context.result(&document, line).await
}

/// The names and values of what would be used.
type Values = [(&'static str, Option<String>); 5];

fn values(settings: &Settings, found: &Found) -> Values {
    let region = settings
        .region()
        .or(found.region())
        .map(|region| region.as_str().to_owned());
    let (project_id, project_name) = project(settings, found, None);
    [
        (
            "agency",
            found.agency().map(|agency| agency.agency().name().to_owned()),
        ),
        ("project_id", project_id.map(|id| id.as_str().to_owned())),
        ("project_name", project_name),
        ("region", region),
        (
            "iam_endpoint",
            iam_of(settings, found).map(|base| base.as_str().to_owned()),
        ),
    ]
}

fn explanation(found: &Found, values: &Values) -> Value {
    let looked = found.report().iter().map(|looked| {
        let outcome = match looked.outcome() {
            Outcome::Used(_) => "used",
            Outcome::Absent(_) => "absent",
            Outcome::NotUsed(_) => "not_used",
            Outcome::Warning(_) => "warning",
            _ => "note",
        };
        json!({"place": looked.source().to_string(), "outcome": outcome, "text": looked.outcome().to_string()})
    });
    let credential = match found.credential() {
        Credential::Token(_) => "token",
        Credential::AccessKey(_) => "access_key",
        Credential::Password(_) => "password",
        Credential::InstanceMetadata(_) => "instance_metadata",
        _ => "other",
    };
    let mut document = json!({"credential": credential, "looked_at": looked.collect::<Vec<_>>()});
    for (name, value) in values {
        document[*name] = value.clone().into();
    }
    document
}

fn lines(found: &Found, values: &Values) -> String {
    let looked = found.report().iter().map(ToString::to_string);
    let values = values.iter().filter_map(|(name, value)| {
        let name = name.replace('_', " ").replace("iam endpoint", "IAM");
        Some(format!("{name}: {}", value.as_deref()?))
    });
    looked.chain(values).collect::<Vec<_>>().join("\n")
}
