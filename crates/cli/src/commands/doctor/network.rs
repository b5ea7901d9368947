//! Whether the services can be reached, by one request without a credential to each.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use session_export::{
    BaseUrl, ClockSkew, Endpoint, Request, RequestBody, Transport, TransportError, TransportErrorKind,
};
use tokio::task::JoinSet;

use super::report::{Check, Report};
use super::{CLOCK, CONNECTION, NAME, PROXY, TLS};
use crate::failure::{Failure, chain, exit};
use crate::settings::{Key, Settings};
use crate::transport::Proxy;

/// More than a second or two of which come from the way of the answer.
const WORTH_A_WORD: TimeDelta = TimeDelta::seconds(60);

const NO_CONNECTION: &str = "there is no connection";

const SET_THE_CLOCK: &str = "set this machine's clock, best by NTP";

/// What one request told.
pub(super) struct Reached {
    /// By how much this machine's clock is ahead, and what shows it.
    clock: Option<(TimeDelta, String)>,
    asked_at: DateTime<Utc>,
    date: Option<String>,
    pub(super) answered: bool,
}

/// A host, and what it is for.
struct Host {
    base: BaseUrl,
    roles: Vec<&'static str>,
}

impl Host {
    fn name(&self) -> String {
        request(&self.base).uri().host().unwrap_or_default().to_owned()
    }

    fn of(&self) -> String {
        format!("of {}", self.roles.join(", "))
    }

    fn skipped(&self, check: &'static str, text: &str) -> Check {
        Check::skipped(check, format!("{}: {text}", self.name())).of(self.of())
    }
}

/// Checks the proxy, if requests go through one. False if there is one that cannot be reached.
pub(super) async fn check_proxy(
    report: &mut Report,
    settings: &Settings,
    endpoint: Option<&Endpoint>,
    direct: &Arc<dyn Transport>,
    limit: Duration,
) -> Result<bool, Failure> {
    if settings.emulator {
        report.add(Check::skipped(PROXY, "the emulator is on this machine"));
        return Ok(true);
    }
    let Some(proxy) = Proxy::of(settings)? else {
        report.add(Check::skipped(PROXY, "none is set, so requests go directly"));
        return Ok(true);
    };
    let shown = settings
        .get(Key::Proxy)
        .map_or_else(String::new, |setting| setting.value.to_string());
    let named = format!("{shown} ({})", proxy.origin);
    let used = endpoint.is_none_or(|endpoint| {
        hosts(endpoint)
            .iter()
            .any(|host| goes_through(Some(&proxy), &host.base))
    });
    if !used {
        report.add(Check::skipped(
            PROXY,
            format!("{named} is not for any of these endpoints (NO_PROXY, plain http, or this machine)"),
        ));
        return Ok(true);
    }
    let Ok(base) = shown.parse::<BaseUrl>() else {
        report.add(Check::skipped(PROXY, format!("{named} was not tried")));
        return Ok(true);
    };
    let answer = ask(direct, &base, limit).await;
    let answers = answer.is_ok();
    report.add(match answer {
        Ok(_) => Check::ok(PROXY, format!("{named} answers")),
        Err(error) => Check::failed(
            PROXY,
            format!("{named}: {}", chain(&error)),
            format!(
                "check its host and port in {}; without a proxy, remove it there",
                proxy.origin
            ),
            exit::UNAVAILABLE,
        ),
    });
    Ok(answers)
}

/// Asks every host once, all at the same time, but for those behind a proxy that does not answer. By the name of the service: what
/// came of it.
pub(super) async fn check_hosts(
    report: &mut Report,
    settings: &Settings,
    endpoint: &Endpoint,
    transport: &Arc<dyn Transport>,
    proxy_answers: bool,
    limit: Duration,
) -> Result<BTreeMap<&'static str, Reached>, Failure> {
    let proxy = match settings.emulator {
        true => None,
        false => Proxy::of(settings)?,
    };
    let mut asking = JoinSet::new();
    let (mut hosts, mut cut_off) = (hosts(endpoint), Vec::new());
    if !proxy_answers {
        (cut_off, hosts) = hosts
            .into_iter()
            .partition(|host| goes_through(proxy.as_ref(), &host.base));
    }
    for host in &cut_off {
        for (check, why) in [
            (NAME, "the proxy resolves it"),
            (CONNECTION, "the proxy was not reached"),
            (TLS, NO_CONNECTION),
        ] {
            report.add(host.skipped(check, why));
        }
    }
    for (index, host) in hosts.iter().enumerate() {
        let (transport, base) = (Arc::clone(transport), host.base.clone());
        asking.spawn(async move { (index, Utc::now(), ask(&transport, &base, limit).await) });
    }
    let mut outcomes: Vec<_> = hosts.iter().map(|_| None).collect();
    while let Some(asked) = asking.join_next().await {
        if let Ok((index, at, outcome)) = asked {
            outcomes[index] = Some((at, outcome));
        }
    }
    let mut reached = BTreeMap::new();
    for (host, outcome) in hosts.iter().zip(outcomes) {
        let (asked_at, outcome) = outcome.unwrap_or_else(|| {
            let lost = TransportError::new(TransportErrorKind::Other, session_export::Delivery::Unknown);
            (Utc::now(), Err(lost))
        });
        let proxied = goes_through(proxy.as_ref(), &host.base);
        judge(report, host, proxied, outcome.as_ref().err());
        let date = outcome.as_ref().ok().cloned().flatten();
        for role in &host.roles {
            let clock = date
                .as_deref()
                .and_then(|date| Some((ahead(asked_at, Utc::now(), date)?, (*role).to_owned())));
            reached.insert(
                *role,
                Reached {
                    clock,
                    asked_at,
                    date: date.clone(),
                    answered: outcome.is_ok(),
                },
            );
        }
    }
    Ok(reached)
}

/// What the answers say about this machine's clock. Whether signatures are refused because of it.
pub(super) fn check_clock(report: &mut Report, reached: &BTreeMap<&str, Reached>, signs: bool) -> bool {
    let apart = |reached: &&Reached| reached.clock.as_ref().map(|(ahead, _)| ahead.abs());
    let furthest = reached
        .values()
        .filter(|reached| reached.clock.is_some())
        .max_by_key(apart);
    let Some(of) = furthest else {
        report.add(Check::skipped(CLOCK, "no answer with a Date to compare it with"));
        return false;
    };
    let Some((ahead, role)) = &of.clock else {
        return false;
    };
    let skew = of
        .date
        .as_deref()
        .and_then(|date| ClockSkew::between(of.asked_at, date));
    let apart = ahead.abs();
    let direction = if *ahead < TimeDelta::zero() {
        "behind"
    } else {
        "ahead of"
    };
    let text = format!(
        "this machine's clock is {} min {} s {direction} that of {role}",
        apart.num_minutes(),
        apart.num_seconds() % 60
    );
    match skew {
        Some(_) if signs => {
            let to_do = format!("{SET_THE_CLOCK}; a signature that is more than 15 minutes off is refused");
            report.add(Check::failed(CLOCK, text, to_do, exit::OTHER));
            return true;
        }
        Some(_) => {
            let to_do = format!(
                "{SET_THE_CLOCK}; a token works all the same, but --last is off, and when the token ends is misjudged"
            );
            report.add(Check::warning(CLOCK, text, to_do));
        }
        None if apart >= WORTH_A_WORD => {
            let to_do = format!("{SET_THE_CLOCK}; from 15 minutes on signatures are refused");
            report.add(Check::warning(CLOCK, text, to_do));
        }
        None => report.add(Check::ok(CLOCK, format!("within a minute of that of {role}"))),
    }
    false
}

/// Hosts without repetition, in the order sessions, export centre, IAM.
fn hosts(endpoint: &Endpoint) -> Vec<Host> {
    let mut hosts: Vec<Host> = Vec::new();
    for (role, base) in [
        ("sessions", Some(endpoint.sessions())),
        ("export centre", Some(endpoint.export_centre())),
        ("IAM", endpoint.iam()),
    ] {
        let Some(base) = base else { continue };
        match hosts
            .iter_mut()
            .find(|host| authority(&host.base) == authority(base))
        {
            Some(host) => host.roles.push(role),
            None => hosts.push(Host {
                base: base.clone(),
                roles: vec![role],
            }),
        }
    }
    hosts
}

/// `https://host:port`, without a path.
fn authority(base: &BaseUrl) -> &str {
    let text = base.as_str();
    let start = text.find("://").map_or(0, |at| at + 3);
    let end = text[start..].find('/').map_or(text.len(), |at| start + at);
    &text[..end]
}

fn goes_through(proxy: Option<&Proxy<'_>>, base: &BaseUrl) -> bool {
    let uri = request(base).uri().clone();
    proxy.is_some_and(|proxy| proxy.covers(uri.scheme_str(), uri.host().unwrap_or_default()))
}

/// A read of nothing, by nobody.
fn request(base: &BaseUrl) -> Request {
    let mut request = Request::new(RequestBody::empty());
    *request.uri_mut() = base.url(["v1"], std::iter::empty::<(&str, &str)>());
    request
}

/// The `Date` of whatever is answered. Any answer shows that the host is reached.
async fn ask(
    transport: &Arc<dyn Transport>,
    base: &BaseUrl,
    limit: Duration,
) -> Result<Option<String>, TransportError> {
    match tokio::time::timeout(limit, transport.send(request(base))).await {
        Ok(Ok(response)) => {
            let date = response.headers().get("date");
            Ok(date.and_then(|date| Some(date.to_str().ok()?.to_owned())))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(TransportError::new(
            TransportErrorKind::TimedOut,
            session_export::Delivery::Unknown,
        )),
    }
}

/// By how much this machine's clock is ahead of an answer's.
fn ahead(asked_at: DateTime<Utc>, answered_at: DateTime<Utc>, date: &str) -> Option<TimeDelta> {
    let date = DateTime::parse_from_rfc2822(date).ok()?.to_utc();
    Some(if date < asked_at {
        asked_at - date
    } else if date > answered_at {
        answered_at - date
    } else {
        TimeDelta::zero()
    })
}

/// How far a request came: name, connection, TLS, answer.
fn judge(report: &mut Report, host: &Host, proxied: bool, error: Option<&TransportError>) {
    let uri = request(&host.base).uri().clone();
    let (name, of) = (host.name(), host.of());
    let kind = error.map(TransportError::kind);
    let why = error.map(|error| chain(error)).unwrap_or_default();
    let failed = |check, to_do: String| {
        Check::failed(check, format!("{name}: {why}"), to_do, exit::UNAVAILABLE).of(of.clone())
    };
    let skipped = |check, text: &str| host.skipped(check, text);
    let ok = |check, text: &str| Check::ok(check, format!("{name}: {text}")).of(of.clone());

    if proxied {
        report.add(skipped(NAME, "the proxy resolves it"));
    } else if is_address(&name) {
        report.add(skipped(NAME, "an address needs no resolving"));
    } else if kind == Some(TransportErrorKind::Resolve) {
        report.add(failed(NAME, format!(
            "check how the host is written ({}), and this machine's DNS; in a closed network set a proxy (--proxy, HTTPS_PROXY)",
            authority(&host.base)
        )));
    } else {
        report.add(ok(NAME, "is resolved"));
    }
    let secure = uri.scheme_str() == Some("https");
    match kind {
        Some(TransportErrorKind::Resolve) if !proxied => {
            report.add(skipped(CONNECTION, "the name is not resolved"));
            report.add(skipped(TLS, NO_CONNECTION));
        }
        None => {
            report.add(ok(CONNECTION, "an answer came"));
            report.add(match secure {
                true => ok(TLS, "its certificate is trusted"),
                false => skipped(TLS, "plain http"),
            });
        }
        Some(TransportErrorKind::Tls) => {
            report.add(ok(CONNECTION, "is made"));
            report.add(failed(TLS, about_tls(&why)));
        }
        Some(_) => {
            let to_do = if proxied {
                "ask whoever runs the proxy whether it lets this host through; if it wants a password, set \
                 SESSION_EXPORT_PROXY=http://user:password@host:port"
            } else {
                "check the port, and whether a firewall is in between; behind a proxy set --proxy or HTTPS_PROXY"
            };
            report.add(failed(CONNECTION, to_do.to_owned()));
            report.add(skipped(TLS, NO_CONNECTION));
        }
    }
}

fn is_address(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok()
}

/// What to do about TLS. Only the advice hangs on the text; that TLS failed is known by the error's kind.
fn about_tls(why: &str) -> String {
    if why.contains("UnknownIssuer") {
        "nobody who is trusted has signed its certificate: if a proxy or a service of your own did, trust its authority with \
         --ca-file; if not, somebody is in between"
    } else if why.contains("certificate expired") || why.contains("not valid after") {
        "its certificate has expired: have it renewed, or see whether this machine's clock is right"
    } else if why.contains("not valid for name") {
        "its certificate is another host's: check how the host is written, or have a certificate made for it"
    } else if why.contains("no certificate authority is trusted") {
        "install the system's certificate authorities (the package ca-certificates), or give some with --ca-file"
    } else if why.contains("CertificateRequired") {
        "it wants a certificate: show one with --client-cert and --client-key"
    } else {
        "check the port: it may not speak TLS, or only versions of it that are not safe any more"
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_asked_once_each() {
        let endpoint = Endpoint::region("ap-southeast-1").unwrap();
        let roles: Vec<_> = hosts(&endpoint).into_iter().map(|host| host.roles).collect();
        assert_eq!(roles, [vec!["sessions", "export centre"], vec!["IAM"]]);
        let base: BaseUrl = "https://a.example:8443/x/y".parse().unwrap();
        assert_eq!(authority(&base), "https://a.example:8443");
    }

    #[test]
    fn the_time_that_an_answer_takes_is_no_skew() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let (asked, answered) = (at("2024-02-27T03:00:00.900Z"), at("2024-02-27T03:00:08Z"));
        for (date, expected) in [
            ("Tue, 27 Feb 2024 03:00:05 GMT", Some(TimeDelta::zero())),
            ("Tue, 27 Feb 2024 03:20:08 GMT", Some(TimeDelta::minutes(-20))),
            (
                "Tue, 27 Feb 2024 02:40:00 GMT",
                Some(TimeDelta::milliseconds(1_200_900)),
            ),
            ("yesterday", None),
        ] {
            assert_eq!(ahead(asked, answered, date), expected, "{date}");
        }
    }
}
