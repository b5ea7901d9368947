//! `ListSessions`: pages, filters against an independent reading of the same rows, and refusals.

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::http::encode;
use crate::rig::{ALL, Rig};

#[tokio::test]
async fn pages_do_not_overlap_and_have_the_right_total() {
    let rig = Rig::start(|builder| builder.sessions(1_234)).await;
    for limit in [1_usize, 7, 100] {
        let mut ids = BTreeSet::new();
        let last = if limit == 1 { 40 } else { 1_234 };
        for offset in (0..last).step_by(limit) {
            let reply = rig
                .list(&format!("limit={limit}&offset={offset}&{ALL}"))
                .await
                .json();
            assert_eq!(reply["count"], 1_234);
            let items = reply["items"].as_array().unwrap();
            assert_eq!(items.len(), limit.min(1_234 - offset));
            for item in items {
                assert!(
                    ids.insert(item["id"].as_str().unwrap().to_owned()),
                    "twice: {item}"
                );
            }
        }
        assert_eq!(ids.len(), last);
    }
    assert_eq!(rig.list(ALL).await.json()["items"].as_array().unwrap().len(), 10);
    let beyond = rig.list(&format!("offset=2147483647&{ALL}")).await.json();
    assert_eq!(beyond, json!({ "count": 1_234, "items": [] }));
}

#[tokio::test]
async fn sessions_are_sorted_and_look_like_the_schema() {
    let rig = Rig::start(|builder| builder).await;
    let rows = rig.list_all(ALL).await;
    let keys: Vec<_> = rows
        .iter()
        .map(|row| (row["start_time"].to_string(), row["id"].to_string()))
        .collect();
    assert!(keys.is_sorted_by(|a, b| a.0 > b.0 || (a.0 == b.0 && a.1 < b.1)));
    for row in &rows {
        let start = row["start_time"].as_str().unwrap();
        assert!(start.len() == 24 && start.ends_with('Z') && start < "2024-03-01T00:00:00.000Z");
        assert_eq!(row["tenant_id"], rig.emulator.project_id());
        let open = ["Active", "Disconnected", "AppcInit"].contains(&row["session_state"].as_str().unwrap());
        assert_eq!(row.get("end_time").is_none(), open);
        assert!(
            row.as_object()
                .unwrap()
                .values()
                .all(|value| value.as_str().is_some_and(|text| !text.is_empty()))
        );
    }
}

#[tokio::test]
async fn the_seed_decides_over_the_rows() {
    let first = Rig::start(|builder| builder.seed(5)).await;
    let second = Rig::start(|builder| builder.seed(5)).await;
    let other = Rig::start(|builder| builder.seed(6)).await;
    assert_ne!(first.emulator.base_url(), second.emulator.base_url());
    assert_ne!(first.emulator.password(), second.emulator.password());
    let rows = first.list_all(ALL).await;
    assert_eq!(rows, second.list_all(ALL).await);
    assert_ne!(rows, other.list_all(ALL).await);
    // Later on the same day: the same answer.
    first.advance(std::time::Duration::from_secs(13 * 3_600));
    assert_eq!(rows, first.list_all(ALL).await);
    // A token of one emulator means nothing to another.
    let headers = [("X-Auth-Token", first.token())];
    assert_eq!(
        second
            .send("GET", &second.tasks_path(), &headers, b"")
            .await
            .status,
        401
    );
}

/// The filters of a query, as text.
type Filters = Vec<(&'static str, String)>;

/// What the page says about each filter, read from the JSON of a row.
fn matches(row: &Value, filters: &Filters) -> bool {
    let field = |name: &str| row[name].as_str().unwrap().to_owned();
    filters.iter().all(|(name, wanted)| match *name {
        "query_begin_time" => field("start_time") >= *wanted,
        "query_end_time" => field("start_time") <= *wanted,
        "user_name" => field("login_user") == *wanted,
        "session_state" => wanted.split(',').any(|state| state == field("session_state")),
        "is_success" => (field("failed_code") == "WKS.00000000").to_string() == *wanted,
        name => field(name) == *wanted,
    })
}

/// Filters with values of an existing row, so that most of them find something.
fn filters(rows: Vec<Value>) -> impl Strategy<Value = Filters> {
    let fields = vec![
        "user_name",
        "app_server_group_id",
        "vm_ip",
        "public_ip",
        "machine_name",
    ];
    let states = vec!["Active", "Disconnected", "AppcInit", "SignedOut", "InitFail"];
    let parts = (
        any::<Index>(),
        any::<(Index, Index)>(),
        subsequence(fields, 0..=2),
        prop::option::of(subsequence(states, 1..=4)),
        prop::option::of(any::<bool>()),
    );
    parts.prop_map(move |(row, (one, other), fields, states, success)| {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let mut window = [one, other].map(|index| text(index.get(&rows), "start_time"));
        window.sort();
        let [begin, end] = window;
        let row = row.get(&rows);
        let mut filters = vec![("query_begin_time", begin), ("query_end_time", end)];
        for field in fields {
            filters.push((
                field,
                text(row, if field == "user_name" { "login_user" } else { field }),
            ));
        }
        filters.extend(states.map(|states| ("session_state", states.join(","))));
        filters.extend(success.map(|success| ("is_success", success.to_string())));
        filters
    })
}

#[test]
fn every_combination_of_filters_finds_what_it_should() {
    let runtime = Runtime::new().unwrap();
    let rig = runtime.block_on(Rig::start(|builder| builder.sessions(1_000)));
    let rows = runtime.block_on(rig.list_all(ALL));
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(150)
    });
    let found = Cell::new(0);
    let outcome = runner.run(&filters(rows.clone()), |filters| {
        let query: Vec<_> = filters
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let expected: Vec<_> = rows
            .iter()
            .filter(|row| matches(row, &filters))
            .cloned()
            .collect();
        found.set(found.get() + usize::from(!expected.is_empty()));
        prop_assert_eq!(runtime.block_on(rig.list_all(&query.join("&"))), expected);
        Ok(())
    });
    outcome.unwrap();
    let found = found.get();
    assert!(found > 50, "only {found} of the filters found anything");
}

#[tokio::test]
async fn both_ends_of_a_window_belong_to_it() {
    let rig = Rig::start(|builder| builder).await;
    let rows = rig.list_all(ALL).await;
    let start = rows[100]["start_time"].as_str().unwrap();
    let exactly = rig
        .list_all(&format!("query_begin_time={start}&query_end_time={start}"))
        .await;
    assert!(exactly.contains(&rows[100]));
    // The same moment in another zone and another precision.
    let zone = encode(&start.replace('Z', "000+00:00"));
    assert_eq!(
        rig.list_all(&format!("query_begin_time={zone}&query_end_time={zone}"))
            .await,
        exactly
    );
}

/// The same two moments as each official SDK writes them, and then as people do.
const WINDOWS: [(&str, &str); 10] = [
    // Python: an aware time, and one without a zone.
    ("2024-02-10T00:00:00.182000+00:00", "2024-02-20T00:00:00+00:00"),
    ("2024-02-10T00:00:00.182000", "2024-02-20T00:00:00"),
    ("2024-02-10T08:00:00.182000+08:00", "2024-02-20T08:00:00+08:00"),
    // Java: as many digits as there are, and the offset as it was.
    ("2024-02-10T00:00:00.182Z", "2024-02-20T00:00:00Z"),
    ("2024-02-10T00:00:00.182000000Z", "2024-02-20T00:00:00.000000001Z"),
    ("2024-02-09T20:30:00.182-03:30", "2024-02-19T20:30:00-03:30"),
    // Node.
    ("2024-02-10T00:00:00.182Z", "2024-02-20T00:00:00.000Z"),
    // Blanks, and an offset without a colon.
    ("2024-02-10 00:00:00.182", "2024-02-20 00:00:00"),
    ("2024-02-10 00:00:00.182Z", "2024-02-20 00:00:00Z"),
    ("2024-02-10T05:30:00.182+0530", "2024-02-20T05:30:00+0530"),
];

#[tokio::test]
async fn times_are_read_as_each_sdk_sends_them() {
    let rig = Rig::start(|builder| builder).await;
    let query = |begin: &str, end: &str| {
        format!(
            "query_begin_time={}&query_end_time={}",
            encode(begin),
            encode(end)
        )
    };
    let expected = rig.list(&query(WINDOWS[0].0, WINDOWS[0].1)).await.json();
    assert!(expected["count"].as_u64().unwrap() > 0);
    for (begin, end) in WINDOWS {
        assert_eq!(
            rig.list(&query(begin, end)).await.json(),
            expected,
            "{begin} {end}"
        );
        let body = json!({ "query_begin_time": begin, "query_end_time": end });
        assert_eq!(rig.export(&body).await.status, 200, "{begin} {end}");
    }
    // Go sends whole seconds.
    let (begin, end) = ("2024-02-10T00:00:00Z", "2024-02-20T00:00:00Z");
    assert!(rig.list(&query(begin, end)).await.json()["count"].as_u64() >= expected["count"].as_u64());
    assert_eq!(
        rig.export(&json!({ "query_begin_time": begin, "query_end_time": end }))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let rig = Rig::start(|builder| builder).await;
    for query in [
        "",
        "query_begin_time=2024-02-01T00:00:00Z",
        "query_end_time=2024-02-01T00:00:00Z",
        "query_begin_time=&query_end_time=",
        "query_begin_time=2024-02-02T00:00:00Z&query_end_time=2024-02-01T00:00:00Z",
        "query_begin_time=yesterday&query_end_time=today",
    ] {
        assert_eq!(
            rig.list(query).await.error(),
            (400, "WKS.00139901".to_owned()),
            "{query}"
        );
    }
    for extra in [
        "limit=0",
        "limit=101",
        "limit=",
        "limit=ten",
        "limit=-1",
        "limit=1.5",
        "limit=99999999999999999999",
        "offset=-1",
        "offset=2147483648",
        "user_name=",
        "session_state=Actve",
        "is_success=yes",
        "is_success=",
        "user_name=%ff",
        "user_name=%",
        "vm_ip=1&vm_ip=2",
    ] {
        assert_eq!(
            rig.list(&format!("{ALL}&{extra}")).await.error(),
            (400, "WKS.00139901".to_owned()),
            "{extra}"
        );
    }
    let long = format!("{ALL}&user_name={}", encode(&"张".repeat(65)));
    assert_eq!(rig.list(&long).await.status, 400);
    assert_eq!(
        rig.list(&format!("{ALL}&vm_ip=&session_state=&surprise=1"))
            .await
            .json()["count"],
        300
    );
}
