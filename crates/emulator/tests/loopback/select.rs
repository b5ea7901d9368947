//! The rows of an export against an obvious reading of the whole list: nine filters, windows, unicode, states.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use session_export_emulator::{ExportFormat, RowFormat, RowSource};
use tokio::runtime::Runtime;

use crate::rig::{ALL, Rig};

/// A filter as the body of an export.
type Body = Map<String, Value>;

const STATES: [&str; 5] = ["Active", "Disconnected", "AppcInit", "SignedOut", "InitFail"];

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// Milliseconds since 1970, of a time that ends in `Z` and has three digits of a fraction.
fn millis(time: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(time)
        .unwrap()
        .timestamp_millis()
}

/// What the page says, one sentence a line.
fn is_wanted(row: &Value, body: &Body, now: i64) -> bool {
    let wanted = |filter: &str| body.get(filter).and_then(Value::as_str);
    let started = millis(text(row, "start_time"));
    let (begin, end) = match (wanted("query_begin_time"), wanted("query_end_time")) {
        (Some(begin), Some(end)) => (millis(begin), millis(end)),
        _ => (now - 30 * 86_400_000, now),
    };
    let created = ["", "WKS.00000000"].contains(&text(row, "failed_code"));
    let same = |filter: &str, field: &str| wanted(filter).is_none_or(|value| value == text(row, field));
    begin <= started
        && started <= end
        && same("user_name", "login_user")
        && same("app_server_group_id", "app_server_group_id")
        && same("vm_ip", "vm_ip")
        && same("public_ip", "public_ip")
        && same("machine_name", "machine_name")
        && wanted("session_state")
            .is_none_or(|list| list.split(',').any(|state| state == text(row, "session_state")))
        && wanted("is_success").is_none_or(|value| (value == "true") == created)
}

/// Filters with values of one row, so that most of them find something; a few with values that no row has.
fn bodies(rows: Vec<Value>) -> impl Strategy<Value = Body> {
    let fields = [
        ("user_name", "login_user"),
        ("app_server_group_id", "app_server_group_id"),
        ("vm_ip", "vm_ip"),
        ("public_ip", "public_ip"),
        ("machine_name", "machine_name"),
    ];
    let parts = (
        any::<Index>(),
        prop::option::weighted(0.8, any::<(Index, Index, i64, i64)>()),
        subsequence(fields.to_vec(), 0..=5),
        prop::option::of(subsequence(STATES.to_vec(), 1..=5).prop_shuffle()),
        prop::option::of(select(vec!["true", "false"])),
        prop::option::weighted(0.1, "\\PC{1,64}"),
    );
    parts.prop_map(move |(row, window, fields, states, success, stranger)| {
        let row = row.get(&rows);
        let mut body = Body::new();
        if let Some((one, other, before, after)) = window {
            // At the start of a session, and up to a millisecond beside it.
            let moment = |index: Index, off: i64| millis(text(index.get(&rows), "start_time")) + off % 2;
            let mut window = [moment(one, before), moment(other, after)];
            window.sort_unstable();
            let [begin, end] = window;
            let written = |at: i64| {
                let at = chrono::DateTime::from_timestamp_millis(at).unwrap();
                at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
            };
            body.insert("query_begin_time".to_owned(), json!(written(begin)));
            body.insert(
                "query_end_time".to_owned(),
                json!(written(end.min(begin + 30 * 86_400_000))),
            );
        }
        for (filter, field) in fields {
            if !text(row, field).is_empty() {
                body.insert(filter.to_owned(), row[field].clone());
            }
        }
        if let Some(states) = states {
            body.insert("session_state".to_owned(), json!(states.join(",")));
        }
        if let Some(success) = success {
            body.insert("is_success".to_owned(), json!(success));
        }
        if let Some(stranger) = stranger {
            body.insert("user_name".to_owned(), json!(stranger));
        }
        body
    })
}

/// The rows of a CSV file as JSON objects without their absent fields.
fn read(bytes: &[u8]) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(bytes);
    let names = reader.headers().unwrap().clone();
    let object = |record: csv::StringRecord| {
        let fields = names.iter().zip(&record).filter(|(_, value)| !value.is_empty());
        Value::Object(
            fields
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect(),
        )
    };
    reader.records().map(|record| object(record.unwrap())).collect()
}

/// Runs `cases` random filters. Gives how many of them found something.
fn compare(runtime: &Runtime, rig: &Rig, cases: u32) -> usize {
    let rows = runtime.block_on(rig.list_all(ALL));
    let found = Cell::new(0);
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    });
    let outcome = runner.run(&bodies(rows.clone()), |body| {
        let now = rig.now().timestamp_millis();
        let expected: Vec<&Value> = rows.iter().filter(|row| is_wanted(row, &body, now)).collect();
        let exported = runtime.block_on(async {
            let id = rig.submit(&Value::Object(body.clone())).await;
            rig.advance(std::time::Duration::from_millis(1_500));
            read(&rig.download(&id).await.body)
        });
        found.set(found.get() + usize::from(!expected.is_empty()));
        prop_assert_eq!(exported.iter().collect::<Vec<_>>(), expected);
        Ok(())
    });
    outcome.unwrap();
    found.get()
}

#[test]
fn an_export_has_exactly_the_rows_that_the_filter_wants() {
    let runtime = Runtime::new().unwrap();
    let rig = runtime.block_on(Rig::start(|builder| {
        builder.sessions(1_500).export_format(ExportFormat::Csv)
    }));
    let found = compare(&runtime, &rig, 200);
    assert!(found > 80, "only {found} of the filters found anything");
}

#[test]
fn an_export_of_own_rows_has_exactly_the_rows_that_the_filter_wants() {
    let runtime = Runtime::new().unwrap();
    // Few values that repeat in all combinations, with absent fields and moments that two sessions share.
    let mut lines = String::new();
    for number in 0_i64..600 {
        let at = chrono::DateTime::from_timestamp_millis(1_707_000_000_000 + number / 2 * 3_456_789).unwrap();
        let pick = |values: &[&str], step: i64| values[(number / step) as usize % values.len()].to_owned();
        let mut row = json!({
            "id": format!("{number:032x}"),
            "start_time": at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "login_user": pick(&["张三", "Zoë, \"the\" user", "=1+1", "张三 ", "o'brien"], 1),
            "session_state": pick(&STATES, 2),
            "vm_ip": pick(&["10.0.0.1", "10.0.0.11"], 3),
            "machine_name": pick(&["APS-1", "aps-1", "服务器"], 4),
            "app_server_group_id": pick(&["e75fef51-bbb7-489c-b4bd-63e0587faa41", "g"], 7),
            "public_ip": pick(&["203.0.113.9", "2001:db8::9"], 5),
        });
        if number % 3 != 0 {
            row["failed_code"] = json!(pick(&["WKS.00000000", "WKS.0407"], 3));
        }
        if number % 11 == 0 {
            row.as_object_mut().unwrap().remove("login_user");
        }
        lines.push_str(&format!("{row}\n"));
    }
    let rig = runtime.block_on(Rig::start(|builder| {
        let source = RowSource::reader("rows", RowFormat::JsonLines, std::io::Cursor::new(lines));
        builder.rows(source).export_format(ExportFormat::Csv)
    }));
    let found = compare(&runtime, &rig, 150);
    assert!(found > 50, "only {found} of the filters found anything");
}
