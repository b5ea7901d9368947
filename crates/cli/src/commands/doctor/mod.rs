//! `doctor`: looks for what is wrong, one thing after the other, and creates no work.
//!
//! Each check is made with what the commands themselves use: the same settings, the same transport, the same calls.

mod access;
mod network;
mod report;

use std::time::Duration;

use session_export::{Endpoint, EndpointBuilder, Found, Outcome};

use self::report::{Check, Report};
use super::Context;
use crate::connection::Route;
use crate::failure::Failure;
use crate::limit::Limit;
use crate::settings::{Key, Settings};
use crate::shown::shown;

/// The most that one check takes: more than the limit on connecting, so that its reason is seen.
const STEP: Duration = Duration::from_secs(15);

/// The most that everything takes, unless `--timeout` says otherwise.
const TOTAL: Duration = Duration::from_secs(60);

const CONFIGURATION: &str = "configuration";
const CREDENTIALS: &str = "credentials";
const ENDPOINTS: &str = "endpoints";
const PROXY: &str = "proxy";
const NAME: &str = "name";
const CONNECTION: &str = "connection";
const TLS: &str = "tls";
const CLOCK: &str = "clock";
const LOG_IN: &str = "log-in";
const LIST_TASKS: &str = "list tasks";
const LIST_SESSIONS: &str = "list sessions";
const EXPORT: &str = "export";

/// The order of the checks.
const ALL: [&str; 12] = [
    CONFIGURATION,
    CREDENTIALS,
    ENDPOINTS,
    PROXY,
    NAME,
    CONNECTION,
    TLS,
    CLOCK,
    LOG_IN,
    LIST_TASKS,
    LIST_SESSIONS,
    EXPORT,
];

pub(super) async fn run(context: &Context<'_>, broken: Option<Failure>) -> Result<(), Failure> {
    let mut report = Report::default();
    let limit = context.limit.or(TOTAL);
    examine(context, broken, &mut report, limit).await;
    context.result(&report.document(), report.text()).await?;
    match report.exit_code() {
        0 => Ok(()),
        code => Err(Failure::already_told(code)),
    }
}

/// The limit of the next check.
fn step(limit: Limit) -> Duration {
    limit.left().unwrap_or(STEP).min(STEP)
}

async fn examine(context: &Context<'_>, broken: Option<Failure>, report: &mut Report, limit: Limit) {
    let settings = &context.settings;
    let route = match broken {
        Some(failure) => Err(failure),
        None => Route::of(settings, context.progress).await,
    };
    let route = match route {
        Ok(route) => route,
        Err(failure) => {
            let to_do = "mend it; `session-export config show --explain` says where each value comes from";
            report.add(Check::of_failure(CONFIGURATION, &failure, to_do));
            report.skip(&ALL[1..], "the configuration is not usable");
            return;
        }
    };
    report.add(configuration(context));

    let found = match limit.over("looking for credentials", route.find(settings)).await {
        Ok(found) => found,
        Err(late) => Err(late),
    };
    report.add(credentials(&found));
    let (transport, direct) = (route.transport.clone(), route.direct.clone());
    let signs = found.as_ref().is_ok_and(access::signs);
    // Where there is no credential to bring a region along, or none that can be used, the network is looked at all the same.
    let without = without_credential(&route, settings, found.as_ref().ok());
    let access = match found {
        Ok(found) => route.access(found, settings, limit).map_err(Some),
        Err(_) => Err(None),
    };
    let endpoint = match &access {
        Ok(access) => access.endpoint.clone().build(),
        Err(_) => without.build(),
    };
    let endpoint = match endpoint {
        Ok(endpoint) => {
            report.add(Check::ok(ENDPOINTS, listed(&endpoint)));
            Some(endpoint)
        }
        Err(error) => {
            let failure = Failure::from(error);
            let to_do = "set --region, HW_REGION_NAME, or `region` in a profile";
            report.add(Check::of_failure(ENDPOINTS, &failure, to_do));
            None
        }
    };
    let step_limit = step(limit);
    let proxy = network::check_proxy(report, settings, endpoint.as_ref(), &direct, step_limit).await;
    let proxy_answers = proxy.unwrap_or_else(|failure| {
        report.add(Check::of_failure(PROXY, &failure, "mend the variable"));
        true
    });
    let Some(endpoint) = endpoint else {
        report.skip(&ALL[4..], "it is not known where the services are");
        return;
    };
    let asked = network::check_hosts(
        report,
        settings,
        &endpoint,
        &transport,
        proxy_answers,
        step(limit),
    )
    .await;
    let reached = match asked {
        Ok(reached) => reached,
        Err(failure) => {
            report.add(Check::of_failure(CONNECTION, &failure, "mend the variable"));
            report.skip(&ALL[7..], "nothing was reached");
            return;
        }
    };
    let refused = network::check_clock(report, &reached, signs);
    match access {
        Err(None) => report.skip(&ALL[8..11], "there are no credentials"),
        Err(Some(failure)) => {
            report.add(Check::of_failure(LOG_IN, &failure, "see docs/credentials.md"));
            report.skip(&ALL[9..11], "nobody is logged in");
        }
        Ok(_) if refused => report.skip(
            &ALL[8..11],
            "the clock is too far off, and a signature that is refused counts against the key",
        ),
        Ok(access) => access::check(context, report, access, &reached, limit).await,
    }
    report.add(Check::skipped(
        EXPORT,
        "whether exports may be created cannot be tried without creating one; it needs workspace:session:exportSessions",
    ));
}

/// The endpoints as far as they are known without a log-in.
fn without_credential(route: &Route, settings: &Settings, found: Option<&Found>) -> EndpointBuilder {
    let of_variable = settings.get(Key::Region).map(|setting| setting.value.to_string());
    let of_found = found.and_then(|found| Some(found.region()?.as_str().to_owned()));
    match of_variable.or(of_found) {
        Some(region) => route.endpoint.clone().region(region),
        None => route.endpoint.clone(),
    }
}

fn configuration(context: &Context<'_>) -> Check {
    let configuration = &context.configuration;
    let mut text = match (configuration.place.path(), configuration.exists) {
        (Some(path), true) => shown(path),
        (Some(path), false) => format!("no file (it would be {})", shown(path)),
        (None, _) => "no file".to_owned(),
    };
    if let Some(chosen) = &configuration.chosen {
        text.push_str(&format!(", profile {} ({})", chosen.name, chosen.by));
    } else if configuration.exists {
        text.push_str(", no profile chosen");
    }
    for note in &context.settings.notes {
        text.push_str(&format!("; {note}"));
    }
    if let Some(warning) = &configuration.warning {
        return Check::warning(CONFIGURATION, text, warning);
    }
    let unknown: Vec<_> = context
        .settings
        .environment
        .names()
        .filter(|name| name.starts_with("SESSION_EXPORT_") && !is_known(name))
        .collect();
    match unknown.as_slice() {
        [] => Check::ok(CONFIGURATION, text),
        names => Check::warning(
            CONFIGURATION,
            text,
            format!(
                "no such variable is known: {}; check how it is written",
                names.join(", ")
            ),
        ),
    }
}

/// Whether the program looks at a variable of its own prefix.
fn is_known(name: &str) -> bool {
    use crate::configuration::{CONFIG, PROFILE};
    use crate::credentials::METADATA_ENDPOINT;
    const OF_CREDENTIALS: [&str; 2] = ["SESSION_EXPORT_TOKEN", "SESSION_EXPORT_TOTP_PASSCODE"];
    [CONFIG, PROFILE, METADATA_ENDPOINT].contains(&name)
        || OF_CREDENTIALS.contains(&name)
        || Key::all().any(|key| key.variable() == name)
}

/// Which credential is used, and never what it is.
fn credentials(found: &Result<Found, Failure>) -> Check {
    let found = match found {
        Ok(found) => found,
        Err(failure) => return Check::of_failure(CREDENTIALS, failure, "see docs/credentials.md"),
    };
    let (mut used, mut warnings) = (String::new(), Vec::new());
    for looked in found.report() {
        match looked.outcome() {
            Outcome::Used(_) => used = looked.to_string(),
            Outcome::Warning(_) => warnings.push(looked.to_string()),
            _ => {}
        }
    }
    match warnings.as_slice() {
        [] => Check::ok(CREDENTIALS, used),
        warnings => Check::warning(CREDENTIALS, used, warnings.join("; ")),
    }
}

fn listed(endpoint: &Endpoint) -> String {
    let mut text = format!(
        "sessions {}, export centre {}",
        endpoint.sessions(),
        endpoint.export_centre()
    );
    if let Some(iam) = endpoint.iam() {
        text.push_str(&format!(", IAM {iam}"));
    }
    text
}
