use std::collections::{BTreeMap, BTreeSet};

use super::made::{Made, Session};
use super::*;
use crate::time;

fn at(text: &str) -> DateTime<Utc> {
    time::parse(text).unwrap().at
}

fn anchor() -> DateTime<Utc> {
    at("2024-03-01T00:00:00Z")
}

fn generate(seed: u64, count: usize, days: u32) -> Made {
    Made::generate(seed, count, days, anchor(), "0123456789abcdef0123456789abcdef")
}

fn dataset(seed: u64, count: usize) -> Made {
    generate(seed, count, 60)
}

fn column(data: &Made, name: &str) -> Vec<Option<String>> {
    let index = FIELDS.iter().position(|field| *field == name).unwrap();
    (0..data.sessions.len())
        .map(|position| data.row(position).unwrap()[index].clone().map(Cow::into_owned))
        .collect()
}

fn texts(data: &Made, name: &str) -> Vec<String> {
    column(data, name).into_iter().flatten().collect()
}

#[test]
fn one_seed_gives_one_set() {
    let rows = |data: Made| FIELDS.map(|name| column(&data, name));
    assert_eq!(rows(dataset(1, 500)), rows(dataset(1, 500)));
    assert_ne!(dataset(1, 500).sessions, dataset(2, 500).sessions);
    let later = Made::generate(1, 500, 60, at("2024-03-02T00:00:00Z"), "p");
    assert_ne!(dataset(1, 500).sessions, later.sessions);
}

#[test]
fn every_set_has_what_tests_look_for() {
    for seed in 0..20 {
        let data = dataset(seed, 100);
        for state in State::ALL {
            assert!(
                column(&data, "session_state").contains(&Some(state.name().to_owned())),
                "{state:?}"
            );
        }
        let failed = data
            .sessions
            .iter()
            .filter(|session| !session.succeeded())
            .count();
        assert_eq!(failed, 5);
    }
}

#[test]
fn times_are_before_the_anchor_and_in_order() {
    for (count, days) in [(1, 1), (3, 2), (2000, 60), (300, 1)] {
        let data = generate(3, count, days);
        assert_eq!(data.sessions.len(), count);
        let first = anchor().timestamp_millis() - i64::from(days) * 86_400_000;
        for session in &data.sessions {
            assert!(session.started >= first && session.started < anchor().timestamp_millis());
            assert!(session.started + i64::from(session.lasts) < anchor().timestamp_millis());
        }
        for (connected, started) in texts(&data, "pre_conn_time")
            .iter()
            .zip(texts(&data, "start_time"))
        {
            assert!(*connected < started);
        }
        let keys: Vec<_> = data
            .sessions
            .iter()
            .zip(texts(&data, "id"))
            .map(|(one, id)| (std::cmp::Reverse(one.started), id))
            .collect();
        assert!(keys.is_sorted());
    }
}

#[test]
fn ids_decide_between_sessions_of_the_same_moment() {
    let data = generate(1, 30_000, 1);
    let ids = texts(&data, "id");
    let mut ties = 0;
    for (pair, ids) in data.sessions.windows(2).zip(ids.windows(2)) {
        if pair[0].started == pair[1].started {
            ties += 1;
            assert!(ids[0] < ids[1]);
        }
    }
    assert!(ties > 3, "{ties}");
}

#[test]
fn the_last_week_is_never_empty_until_the_day_ends() {
    for count in [1, 2, 10] {
        for seed in 0..50 {
            let newest = dataset(seed, count).sessions[0].started;
            assert!(newest >= (anchor() - chrono::TimeDelta::days(6)).timestamp_millis());
        }
    }
}

#[test]
fn open_sessions_are_recent_and_only_they_have_no_end() {
    let data = dataset(1, 2000);
    let ends = column(&data, "end_time");
    let open: Vec<&Session> = data
        .sessions
        .iter()
        .zip(&ends)
        .filter_map(|(session, end)| end.is_none().then_some(session))
        .collect();
    assert_eq!(open.len(), 40);
    let recent = (anchor() - chrono::TimeDelta::days(4)).timestamp_millis();
    assert!(open.iter().all(|session| session.started >= recent));
    for (session, end) in data.sessions.iter().zip(&ends) {
        let open_state = matches!(
            session.state,
            State::Active | State::Disconnected | State::AppcInit
        );
        assert_eq!(end.is_none(), open_state);
    }
}

#[test]
fn people_work_on_weekdays_and_by_day() {
    let mut weekend = 0;
    let mut night = 0;
    let data = dataset(1, 5000);
    for session in &data.sessions {
        let started = time::from_millis(session.started);
        weekend += usize::from(chrono::Datelike::weekday(&started).number_from_monday() > 5);
        night += usize::from(chrono::Timelike::hour(&started) < 6);
    }
    assert!(weekend > 0 && weekend < 500, "{weekend}");
    assert!(night > 0 && night < 300, "{night}");
}

/// How often the most frequent value occurs.
fn most<T: Ord>(values: impl IntoIterator<Item = T>) -> usize {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

#[test]
fn people_have_habits() {
    let data = dataset(1, 50_000);
    for user in [0_u16, 100, 300] {
        let own: Vec<&Session> = data
            .sessions
            .iter()
            .filter(|session| session.user == user)
            .collect();
        assert!(own.len() > 20, "{user}: {}", own.len());
        // Most sessions are on one server, from one office, and never in another group.
        assert!(most(own.iter().map(|session| session.server)) * 10 > own.len() * 6);
        assert!(most(own.iter().map(|session| session.public_ip)) * 10 > own.len() * 5);
    }
    let mut by_user: BTreeMap<u16, BTreeSet<usize>> = BTreeMap::new();
    for session in data.sessions.iter().filter(|session| session.succeeded()) {
        let group = data.directory.server(usize::from(session.server)).group;
        by_user.entry(session.user).or_default().insert(group);
    }
    assert!(by_user.values().all(|groups| groups.len() == 1));
}

#[test]
fn failures_come_in_clusters() {
    let data = dataset(1, 50_000);
    let failed: Vec<&Session> = data
        .sessions
        .iter()
        .filter(|session| !session.succeeded())
        .collect();
    assert_eq!(failed.len(), 2_500);
    // Three of five failures are in an outage. Spread evenly over 60 days and 12 servers, the fullest hour of a server
    // would have fewer than ten.
    let hour = |session: &&Session| (session.server, session.started / 3_600_000);
    let fullest = most(failed.iter().map(hour));
    assert!(fullest > 40, "{fullest}");
    let hours: BTreeSet<_> = failed.iter().map(hour).collect();
    assert!(hours.len() < failed.len() / 2, "{}", hours.len());
}

#[test]
fn large_sets_have_more_people_and_machines_with_names_of_their_own() {
    let data = generate(1, 400_000, 120);
    for (name, count) in [
        ("login_user", 4_000),
        ("machine_name", 80),
        ("vm_ip", 80),
        ("client_mac", 7_500),
    ] {
        let values: BTreeSet<String> = texts(&data, name).into_iter().collect();
        assert!(
            values.len() >= count * 9 / 10 && values.len() <= count * 2,
            "{name}: {}",
            values.len()
        );
    }
    let names: BTreeSet<&str> = data
        .directory
        .users()
        .iter()
        .map(|user| user.name.as_str())
        .collect();
    assert_eq!(names.len(), data.directory.users().len());
    let ips: BTreeSet<&String> = data.directory.public_ips().iter().collect();
    assert_eq!(ips.len(), data.directory.public_ips().len());
}

#[test]
fn a_session_is_small() {
    assert_eq!(size_of::<Session>(), 24);
}

#[test]
fn ids_are_unique_and_values_have_their_form() {
    let data = dataset(1, 3000);
    let ids: BTreeSet<_> = texts(&data, "id").into_iter().collect();
    assert_eq!(ids.len(), 3000);
    assert!(ids.iter().all(|id| id.len() == 32));

    let users: BTreeSet<_> = column(&data, "login_user").into_iter().flatten().collect();
    assert!(users.len() > 70 && users.iter().any(|name| !name.is_ascii()));

    for ip in column(&data, "public_ip").into_iter().flatten() {
        assert!(ip.starts_with("203.0.113.") || ip.starts_with("198.51.100."));
        ip.parse::<std::net::Ipv4Addr>().unwrap();
    }
    for ip in column(&data, "vm_ip")
        .into_iter()
        .chain(column(&data, "client_ip"))
        .flatten()
    {
        ip.parse::<std::net::Ipv4Addr>().unwrap();
    }
    let groups: BTreeMap<_, _> = column(&data, "app_server_group_id")
        .into_iter()
        .zip(column(&data, "app_server_group_name"))
        .collect();
    assert_eq!(groups.len(), 4);
    let types: BTreeSet<_> = column(&data, "session_type").into_iter().flatten().collect();
    assert_eq!(types, BTreeSet::from(["1".to_owned(), "2".to_owned()]));
}

#[test]
fn absent_fields_are_absent_in_json() {
    let data = dataset(1, 2000);
    let position = |wanted: fn(&Session) -> bool| data.sessions.iter().position(wanted).unwrap() as u32;
    let open = position(|session| session.state == State::Active);
    let failed = position(|session| !session.succeeded());
    let data = Dataset::Made(data);
    let json = data.json(open).unwrap();
    assert!(json.get("end_time").is_none());
    assert_eq!(json["failed_code"], "WKS.00000000");
    assert!(
        data.json(failed).unwrap()["failed_code"]
            .as_str()
            .is_some_and(|code| code != "WKS.00000000")
    );
    assert!(json.as_object().unwrap().values().all(Value::is_string));
    assert_eq!(data.json(2_000), None);
}

fn criteria(begin: &str, end: &str) -> Criteria {
    Criteria::window(at(begin), std::ops::Bound::Included(at(end)))
}

#[test]
fn windows_end_where_they_say() {
    let data = Dataset::Made(dataset(1, 3_000));
    let starts: Vec<DateTime<Utc>> = (0..3_000)
        .map(|position| at(data.row(position).unwrap()[9].as_deref().unwrap()))
        .collect();
    let nano = chrono::TimeDelta::nanoseconds(1);
    let (late, early) = (starts[700], starts[2_100]);
    for begin in [early - nano, early, early + nano] {
        for end in [late - nano, late, late + nano] {
            for (bound, is_in) in [
                (
                    std::ops::Bound::Included(end),
                    (|at, end| at <= end) as fn(_, _) -> bool,
                ),
                (std::ops::Bound::Excluded(end), |at, end| at < end),
            ] {
                let wanted = Criteria {
                    begin,
                    end: bound,
                    ..criteria("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z")
                };
                let expected: Vec<u32> = (0..3_000)
                    .filter(|index| starts[*index as usize] >= begin && is_in(starts[*index as usize], end))
                    .collect();
                let selection = data.select(&wanted);
                assert_eq!(selection.positions(&data).collect::<Vec<_>>(), expected);
                assert_eq!(selection.len(), expected.len());
            }
        }
    }
    let reversed = Criteria {
        begin: late,
        end: std::ops::Bound::Included(early),
        ..criteria("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z")
    };
    assert_eq!(data.select(&reversed).len(), 0);
}

#[test]
fn pages_are_parts_of_the_selection() {
    let data = Dataset::Made(dataset(1, 3_000));
    let window = criteria("2024-01-15T00:00:00Z", "2024-02-25T00:00:00Z");
    let states = Criteria {
        states: Some(vec![State::InitFail, State::Active]),
        ..window.clone()
    };
    for criteria in [window, states] {
        let selection = data.select(&criteria);
        let all: Vec<u32> = selection.positions(&data).collect();
        assert!(all.len() > 20 && selection.len() == all.len());
        for (offset, limit) in [
            (0, 10),
            (7, 100),
            (all.len() - 3, 10),
            (all.len(), 10),
            (usize::MAX, 1),
        ] {
            let expected: Vec<u32> = all.iter().copied().skip(offset).take(limit).collect();
            assert_eq!(selection.page(&data, offset, limit), expected);
        }
    }
}
