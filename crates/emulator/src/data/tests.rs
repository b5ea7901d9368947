use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn anchor() -> DateTime<Utc> {
    time::parse("2024-03-01T00:00:00Z").unwrap()
}

fn dataset(seed: u64, count: usize) -> Dataset {
    Dataset::generate(seed, count, 60, anchor(), "0123456789abcdef0123456789abcdef")
}

fn column(data: &Dataset, name: &str) -> Vec<Option<String>> {
    let index = FIELDS.iter().position(|field| *field == name).unwrap();
    data.sessions()
        .iter()
        .map(|session| data.row(session)[index].clone().map(Cow::into_owned))
        .collect()
}

#[test]
fn one_seed_gives_one_set() {
    assert_eq!(dataset(1, 500).sessions(), dataset(1, 500).sessions());
    assert_ne!(dataset(1, 500).sessions(), dataset(2, 500).sessions());
    let later = Dataset::generate(1, 500, 60, time::parse("2024-03-02T00:00:00Z").unwrap(), "p");
    assert_ne!(dataset(1, 500).sessions(), later.sessions());
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
            .sessions()
            .iter()
            .filter(|session| !session.succeeded())
            .count();
        assert_eq!(failed, 5);
    }
}

#[test]
fn times_are_before_the_anchor_and_in_order() {
    for (count, days) in [(1, 1), (3, 2), (2000, 60), (300, 1)] {
        let data = Dataset::generate(3, count, days, anchor(), "p");
        assert_eq!(data.sessions().len(), count);
        let first = anchor().timestamp_millis() - i64::from(days) * 86_400_000;
        for session in data.sessions() {
            assert!(session.started >= first && session.started < anchor().timestamp_millis());
            assert!(session.connecting < session.started && session.started <= session.updated);
            assert!(session.ended.is_none_or(|ended| ended >= session.started));
            assert!(session.ended.unwrap_or(session.updated) < anchor().timestamp_millis());
        }
        let keys: Vec<_> = data
            .sessions()
            .iter()
            .map(|one| (std::cmp::Reverse(one.started), one.id))
            .collect();
        assert!(keys.is_sorted());
    }
}

#[test]
fn ids_decide_between_sessions_of_the_same_moment() {
    let data = Dataset::generate(1, 30_000, 1, anchor(), "p");
    let mut ties = 0;
    for pair in data.sessions().windows(2) {
        if pair[0].started == pair[1].started {
            ties += 1;
            assert!(pair[0].id < pair[1].id);
        }
    }
    assert!(ties > 3, "{ties}");
}

#[test]
fn the_last_week_is_never_empty_until_the_day_ends() {
    for count in [1, 2, 10] {
        for seed in 0..50 {
            let newest = dataset(seed, count).sessions()[0].started;
            assert!(newest >= (anchor() - chrono::TimeDelta::days(6)).timestamp_millis());
        }
    }
}

#[test]
fn open_sessions_are_recent_and_only_they_have_no_end() {
    let data = dataset(1, 2000);
    let open: Vec<_> = data
        .sessions()
        .iter()
        .filter(|session| session.ended.is_none())
        .collect();
    assert_eq!(open.len(), 40);
    assert!(
        open.iter()
            .all(|session| session.started() >= anchor() - chrono::TimeDelta::days(4))
    );
    for session in data.sessions() {
        let open_state = matches!(
            session.state,
            State::Active | State::Disconnected | State::AppcInit
        );
        assert_eq!(session.ended.is_none(), open_state);
    }
}

#[test]
fn people_work_on_weekdays_and_by_day() {
    let mut weekend = 0;
    let mut night = 0;
    let data = dataset(1, 5000);
    for session in data.sessions() {
        weekend += usize::from(chrono::Datelike::weekday(&session.started()).number_from_monday() > 5);
        night += usize::from(chrono::Timelike::hour(&session.started()) < 6);
    }
    assert!(weekend > 0 && weekend < 500, "{weekend}");
    assert!(night > 0 && night < 300, "{night}");
}

#[test]
fn ids_are_unique_and_values_have_their_form() {
    let data = dataset(1, 3000);
    let ids: BTreeSet<_> = column(&data, "id").into_iter().flatten().collect();
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
    let open = data
        .sessions()
        .iter()
        .find(|session| session.ended.is_none())
        .unwrap();
    let json = data.json(open);
    assert!(json.get("end_time").is_none());
    assert_eq!(json["failed_code"], "WKS.00000000");
    let failed = data
        .sessions()
        .iter()
        .find(|session| !session.succeeded())
        .unwrap();
    assert!(
        data.json(failed)["failed_code"]
            .as_str()
            .is_some_and(|code| code != "WKS.00000000")
    );
    assert!(json.as_object().unwrap().values().all(Value::is_string));
}
