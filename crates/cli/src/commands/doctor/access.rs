//! Whether the services know who is calling, and what they permit: by harmless reads.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use session_export::{
    Client, Credential, Error, Found, SessionFilter, SessionOperation, TaskQuery, format_timestamp,
};

use super::network::Reached;
use super::report::{Check, Report};
use super::{LIST_SESSIONS, LIST_TASKS, LOG_IN, step};
use crate::commands::Context;
use crate::connection::Access;
use crate::failure::{Failure, exit};
use crate::limit::Limit;
use crate::login::{Login, patiently};

const LIST_EXPORT_TASKS: &str = "workspace:tenants:listExportTasks";
const LIST_SESSIONS_ACTION: &str = "workspace:session:listSessions";

/// Whether a credential signs requests, so that the clock matters.
pub(super) fn signs(found: &Found) -> bool {
    matches!(
        found.credential(),
        Credential::AccessKey(_) | Credential::InstanceMetadata(_)
    )
}

/// Logs in, and reads one task and one session.
pub(super) async fn check(
    context: &Context<'_>,
    report: &mut Report,
    mut access: Access,
    reached: &BTreeMap<&'static str, Reached>,
    limit: Limit,
) {
    let answered = |role: &str| reached.get(role).is_some_and(|reached| reached.answered);
    access.aim.limit = Limit::starting(Some(step(limit)));
    match log_in(context, &access, answered("IAM")).await {
        Ok(check) => report.add(check),
        Err(check) => {
            report.add(check);
            report.skip(&[LIST_TASKS, LIST_SESSIONS], "nobody is logged in");
            return;
        }
    }
    access.aim.limit = Limit::starting(Some(step(limit)));
    let project = access
        .login
        .project(access.iam.as_ref(), &access.aim, context.progress);
    let connected = match project.await {
        Ok(project_id) => access.connect(project_id, limit, context.progress),
        Err(failure) => Err(failure),
    };
    let connection = match connected {
        Ok(connection) => connection,
        Err(failure) => {
            report.add(Check::of_failure(LIST_TASKS, &failure, "give --project-id"));
            report.skip(&[LIST_SESSIONS], "the project is not known");
            return;
        }
    };
    match answered("export centre") {
        true => report.add(tasks(&connection.client.with_deadline(step(limit))).await),
        false => report.skip(&[LIST_TASKS], "the export centre was not reached"),
    }
    match answered("sessions") {
        true => report.add(sessions(&connection.client.with_deadline(step(limit))).await),
        false => report.skip(&[LIST_SESSIONS], "the sessions service was not reached"),
    }
}

/// An `Err` ends the checks.
async fn log_in(context: &Context<'_>, access: &Access, iam_answers: bool) -> Result<Check, Check> {
    let refused = |failure: &Failure| {
        Check::of_failure(
            LOG_IN,
            failure,
            "check the credential, and the account and project that it is for; five wrong passwords in a row lock a user",
        )
    };
    let Login::Token(_) = access.login else {
        return Ok(Check::skipped(
            LOG_IN,
            "an access key does not log in; whether it is accepted, the next checks tell",
        ));
    };
    // A token that is there already needs no IAM, and shows only when it is used whether it is good.
    if access.iam.is_some() && !iam_answers {
        return Err(Check::skipped(LOG_IN, "IAM was not reached"));
    }
    let token = access.login.token(&access.aim, context.progress).await;
    let token = token.map_err(|failure| refused(&failure))?;
    let Some(iam) = &access.iam else {
        return Ok(Check::skipped(
            LOG_IN,
            "there is a token, and IAM, which could tell about it, is not known (--iam-endpoint)",
        ));
    };
    let describe = async |_| iam.describe(&token).await;
    let described = patiently(
        access.aim.limit,
        context.progress,
        "asking IAM about the token",
        describe,
    );
    let described = match described.await {
        Ok(described) => described,
        Err(failure) if failure.exit_code() == exit::NOT_AUTHENTICATED => return Err(refused(&failure)),
        // The token may be good all the same.
        Err(failure) => {
            return Ok(Check::warning(
                LOG_IN,
                format!(
                    "there is a token, and IAM does not tell about it: {}",
                    failure.message()
                ),
                "see whether the next checks fail too",
            ));
        }
    };
    let account = described.domain.as_deref().unwrap_or("an unknown account");
    Ok(Check::ok(
        LOG_IN,
        format!(
            "{} of {account}, good until {}",
            described.user,
            format_timestamp(described.expires_at)
        ),
    ))
}

async fn tasks(client: &Client) -> Check {
    match client.list_tasks(&TaskQuery::new().limit(1)).await {
        Ok(_) => Check::ok(LIST_TASKS, format!("permitted ({LIST_EXPORT_TASKS})")),
        Err(error) => denied(LIST_TASKS, LIST_EXPORT_TASKS, error),
    }
}

async fn sessions(client: &Client) -> Check {
    let now = Utc::now();
    let filter = SessionFilter::builder()
        .begin(now - TimeDelta::days(1))
        .end(now)
        .build_for(SessionOperation::List);
    let filter = match filter {
        Ok(filter) => filter,
        Err(violations) => {
            let failure = Failure::invalid_filter(&violations);
            return Check::of_failure(LIST_SESSIONS, &failure, "set this machine's clock");
        }
    };
    match client.list_sessions(filter).page_size(1).page(0).await {
        Ok(_) => Check::ok(LIST_SESSIONS, format!("permitted ({LIST_SESSIONS_ACTION})")),
        Err(error) => denied(LIST_SESSIONS, LIST_SESSIONS_ACTION, error),
    }
}

fn denied(check: &'static str, action: &str, error: Error) -> Check {
    let is_forbidden = error.is_forbidden();
    let to_do = if is_forbidden {
        format!("ask whoever manages the account's users for the permission {action} in this project")
    } else if error.is_unauthenticated() {
        "the credential is not accepted: check that it has not ended, and that it is for this project and region".to_owned()
    } else {
        "try again later; if it stays, give the service's support the request id".to_owned()
    };
    let failure = Failure::from(error);
    match is_forbidden {
        // What is known about the code is less exact than the action.
        true => Check::failed(check, failure.message(), to_do, failure.exit_code()),
        false => Check::of_failure(check, &failure, to_do),
    }
}
