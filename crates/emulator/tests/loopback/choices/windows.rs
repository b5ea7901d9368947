//! Times and windows.

use serde_json::{Value, json};

use super::{exported, listed, with};
use crate::http::encode;
use crate::rig::Rig;

const PARAMETER: &str = "WKS.00211102";

fn window(begin: &str, end: &str) -> Value {
    json!({ "query_begin_time": begin, "query_end_time": end })
}

fn query(begin: &str, end: &str) -> String {
    format!(
        "query_begin_time={}&query_end_time={}",
        encode(begin),
        encode(end)
    )
}

/// The status of an export, and its error code if it has one.
async fn submitted(rig: &Rig, body: &Value) -> (u16, String) {
    let reply = rig.export(body).await;
    if reply.status == 200 {
        (200, String::new())
    } else {
        reply.error()
    }
}

fn refused() -> (u16, String) {
    (400, PARAMETER.to_owned())
}

fn accepted() -> (u16, String) {
    (200, String::new())
}

#[tokio::test]
async fn thirty_days_are_a_length_an_age_or_a_cut() {
    let old = window("2024-01-05T00:00:00Z", "2024-01-20T00:00:00Z");
    let long = window("2024-01-05T00:00:00Z", "2024-03-01T10:00:00Z");
    let recent = window("2024-02-10T00:00:00Z", "2024-02-20T00:00:00Z");

    let rig = with(&[("thirty-days", "length")]).await;
    assert_eq!(submitted(&rig, &old).await, accepted());
    assert_eq!(submitted(&rig, &long).await, refused());

    let rig = with(&[("thirty-days", "age")]).await;
    assert_eq!(submitted(&rig, &old).await, refused());
    assert_eq!(submitted(&rig, &long).await, refused());
    assert_eq!(submitted(&rig, &recent).await, accepted());
    assert_eq!(submitted(&rig, &json!({})).await, accepted());

    let rig = with(&[("thirty-days", "cut")]).await;
    let rows = listed(&rig, &query("2024-01-31T10:00:00Z", "2024-03-01T10:00:00Z")).await;
    assert!(!rows.is_empty());
    assert!(
        rows.len()
            < listed(&rig, &query("2024-01-05T00:00:00Z", "2024-03-01T10:00:00Z"))
                .await
                .len()
    );
    assert_eq!(exported(&rig, &long).await, rows);
    assert!(exported(&rig, &old).await.is_empty());
}

#[tokio::test]
async fn exactly_thirty_days_pass_or_not() {
    let exactly = window("2024-01-20T00:00:00Z", "2024-02-19T00:00:00Z");
    let less = window("2024-01-20T00:00:00.001Z", "2024-02-19T00:00:00Z");
    for (boundary, expected) in [
        ("thirty-days-boundary", "passes"),
        ("thirty-days-boundary", "refused"),
    ]
    .into_iter()
    .zip([accepted(), refused()])
    {
        let rig = with(&[boundary]).await;
        assert_eq!(submitted(&rig, &exactly).await, expected, "{boundary:?}");
        assert_eq!(submitted(&rig, &less).await, accepted(), "{boundary:?}");
        // What is not asked for is never too much.
        assert_eq!(submitted(&rig, &json!({})).await, accepted(), "{boundary:?}");
    }
    let age = with(&[("thirty-days", "age"), ("thirty-days-boundary", "refused")]).await;
    let since = |begin: &str| window(begin, "2024-03-01T10:00:00Z");
    assert_eq!(
        submitted(&age, &since("2024-01-31T10:00:00.000Z")).await,
        refused()
    );
    assert_eq!(
        submitted(&age, &since("2024-01-31T10:00:00.001Z")).await,
        accepted()
    );
}

#[tokio::test]
async fn without_a_window_there_are_thirty_days_or_a_month() {
    for (choice, begin) in [
        (("default-window", "30-days"), "2024-01-31T10:00:00Z"),
        (("default-window", "month"), "2024-02-01T10:00:00Z"),
    ] {
        let rig = Rig::start(|builder| {
            let builder = builder.sessions(3_000).choice("file-format", "csv").unwrap();
            builder.choice(choice.0, choice.1).unwrap()
        })
        .await;
        let rows = listed(&rig, &query(begin, "2024-03-01T10:00:00Z")).await;
        assert_eq!(exported(&rig, &json!({})).await, rows, "{choice:?}");
    }
}

#[tokio::test]
async fn half_a_window_is_refused_or_open() {
    let begin = json!({ "query_begin_time": "2024-02-20T00:00:00Z" });
    let end = json!({ "query_end_time": "2024-02-20T00:00:00Z" });
    let rig = with(&[("half-window", "refused")]).await;
    assert_eq!(submitted(&rig, &begin).await, refused());
    assert_eq!(submitted(&rig, &end).await, refused());
    let rig = with(&[("half-window", "open")]).await;
    let after = listed(&rig, &query("2024-02-20T00:00:00Z", "2024-03-01T10:00:00Z")).await;
    let before = listed(&rig, &query("2024-01-21T00:00:00Z", "2024-02-20T00:00:00Z")).await;
    assert_eq!(exported(&rig, &begin).await, after);
    assert_eq!(exported(&rig, &end).await, before);
}

#[tokio::test]
async fn a_reversed_window_is_refused_or_empty() {
    let (begin, end) = ("2024-02-20T00:00:00Z", "2024-02-10T00:00:00Z");
    let rig = with(&[("reversed-window", "refused")]).await;
    assert_eq!(submitted(&rig, &window(begin, end)).await, refused());
    assert_eq!(
        rig.list(&query(begin, end)).await.error(),
        (400, "WKS.00139901".to_owned())
    );
    let rig = with(&[("reversed-window", "empty")]).await;
    assert!(exported(&rig, &window(begin, end)).await.is_empty());
    assert_eq!(rig.list(&query(begin, end)).await.json()["count"], 0);
}

#[tokio::test]
async fn equal_times_are_accepted_or_refused() {
    let at = "2024-02-20T00:00:00Z";
    let rig = with(&[("equal-times", "accepted")]).await;
    assert_eq!(submitted(&rig, &window(at, at)).await, accepted());
    assert_eq!(rig.list(&query(at, at)).await.status, 200);
    let rig = with(&[("equal-times", "refused")]).await;
    assert_eq!(submitted(&rig, &window(at, at)).await, refused());
    assert_eq!(rig.list(&query(at, at)).await.status, 400);
}

#[tokio::test]
async fn the_end_belongs_to_a_window_or_not() {
    for (choice, belongs) in [
        (("window-ends", "closed"), true),
        (("window-ends", "half-open"), false),
    ] {
        let rig = with(&[choice]).await;
        let rows = rig
            .list_all(&query("2024-02-10T00:00:00Z", "2024-03-01T00:00:00Z"))
            .await;
        let (first, last) = (&rows[rows.len() - 1], &rows[0]);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let (begin, end) = (text(first, "start_time"), text(last, "start_time"));
        let ids = listed(&rig, &query(&begin, &end)).await;
        assert!(ids.contains(&text(first, "id")), "{choice:?}");
        assert_eq!(ids.contains(&text(last, "id")), belongs, "{choice:?}");
        assert_eq!(exported(&rig, &window(&begin, &end)).await, ids, "{choice:?}");
    }
}

#[tokio::test]
async fn a_time_without_a_zone_is_utc_china_time_or_refused() {
    let (begin, end) = ("2024-02-20T00:00:00", "2024-02-20T16:00:00.500000");
    for (choice, zone) in [
        (("zoneless-time", "utc"), "Z"),
        (("zoneless-time", "utc+8"), "+08:00"),
    ] {
        let rig = with(&[choice]).await;
        let zoned = |text: &str| format!("{text}{zone}");
        let rows = listed(&rig, &query(&zoned(begin), &zoned(end))).await;
        assert_eq!(listed(&rig, &query(begin, end)).await, rows, "{choice:?}");
        assert_eq!(exported(&rig, &window(begin, end)).await, rows, "{choice:?}");
        // The two readings differ.
        let other = if zone == "Z" { "+08:00" } else { "Z" };
        let other = listed(&rig, &query(&format!("{begin}{other}"), &format!("{end}{other}"))).await;
        assert_ne!(rows, other, "{choice:?}");
    }
    let rig = with(&[("zoneless-time", "refused")]).await;
    assert_eq!(submitted(&rig, &window(begin, end)).await, refused());
    assert_eq!(rig.list(&query(begin, end)).await.status, 400);
    assert_eq!(
        submitted(&rig, &window("2024-02-20T00:00:00Z", "2024-02-20T01:00:00-01:00")).await,
        accepted()
    );
}

#[tokio::test]
async fn a_window_has_an_error_code_of_its_own() {
    for (name, code) in [
        ("window-error", "WKS.00211102"),
        ("window-error", "WKS.00139901"),
        ("window-error", "WKS.0001"),
    ] {
        let rig = with(&[(name, code)]).await;
        let expected = (400, code.to_owned());
        for body in [
            json!({ "query_end_time": "2024-02-20T00:00:00Z" }),
            window("2024-02-20T00:00:00Z", "2024-02-10T00:00:00Z"),
            window("2024-01-01T00:00:00Z", "2024-02-10T00:00:00Z"),
        ] {
            assert_eq!(submitted(&rig, &body).await, expected, "{body}");
        }
        // Anything else keeps the sample's code.
        assert_eq!(submitted(&rig, &json!({ "user_name": "" })).await, refused());
        assert_eq!(submitted(&rig, &window("yesterday", "today")).await, refused());
    }
}

#[tokio::test]
async fn a_blank_may_stand_for_the_t_or_not() {
    let (begin, end) = ("2024-02-20 00:00:00Z", "2024-02-20T01:00:00Z");
    let rig = with(&[("blank-in-time", "accepted")]).await;
    assert_eq!(submitted(&rig, &window(begin, end)).await, accepted());
    assert_eq!(rig.list(&query(begin, end)).await.status, 200);
    let rig = with(&[("blank-in-time", "refused")]).await;
    assert_eq!(submitted(&rig, &window(begin, end)).await, refused());
    assert_eq!(rig.list(&query(begin, end)).await.status, 400);
}
