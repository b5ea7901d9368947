//! A list of sessions, page by page, as a stream.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::collections::HashSet;

use common::{Answer, Log, client, clock, emulator_client, guarded, json, mock_transport, wide_window};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use session_export::{
    AddressFilter, Error, ErrorKind, SessionFilter, SessionFilterBuilder, SessionInfo, SessionOperation,
};
use session_export_emulator::Emulator;

fn row(id: u32) -> Value {
    json!({ "id": format!("{id:032x}"), "login_user": format!("user{id}"), "public_ip": format!("203.0.113.{}", id % 2) })
}

fn page(count: Option<u32>, ids: impl IntoIterator<Item = u32>) -> Answer {
    let items: Vec<_> = ids.into_iter().map(row).collect();
    let mut page = json!({ "items": items });
    if let Some(count) = count {
        page["count"] = count.into();
    }
    json(200, page.to_string())
}

fn window() -> SessionFilterBuilder {
    SessionFilter::builder()
        .begin("2024-02-26T03:47:51.182Z")
        .end("2024-02-28T17:47:51.182Z")
}

fn filter(builder: SessionFilterBuilder) -> SessionFilter {
    builder.build_for(SessionOperation::List).unwrap()
}

struct Listed {
    ids: Vec<u32>,
    error: Option<Error>,
    count: Option<u32>,
    log: Log,
}

/// Reads the stream to its end, which comes at once after an error.
fn list_with(page_size: u32, filter: SessionFilter, pages: impl IntoIterator<Item = Answer>) -> Listed {
    let clock = clock();
    let (transport, log) = mock_transport(&clock, pages);
    let mut stream = client(transport, &clock)
        .list_sessions(filter)
        .page_size(page_size)
        .stream();
    let (mut ids, mut error) = (Vec::new(), None);
    clock.drive(async {
        while let Some(session) = stream.next().await {
            assert!(error.is_none(), "the stream goes on after an error");
            match session {
                Ok(SessionInfo { id: Some(id), .. }) => ids.push(u32::from_str_radix(&id, 16).unwrap()),
                Ok(row) => panic!("{row:?}"),
                Err(failed) => error = Some(failed),
            }
        }
        assert!(stream.next().await.is_none());
    });
    Listed {
        ids,
        error,
        count: stream.count(),
        log,
    }
}

fn list(page_size: u32, pages: impl IntoIterator<Item = Answer>) -> Listed {
    list_with(page_size, filter(window()), pages)
}

impl Listed {
    /// The rows, if nothing failed.
    fn whole(&self) -> &[u32] {
        assert!(self.error.is_none(), "{:?}", self.error);
        &self.ids
    }

    fn offsets(&self) -> Vec<String> {
        let target = |line: String| {
            line.split("offset=")
                .nth(1)
                .unwrap()
                .split('&')
                .next()
                .unwrap()
                .to_owned()
        };
        self.log.lines().into_iter().map(target).collect()
    }
}

#[tokio::test]
async fn twelve_hundred_and_thirty_four_sessions_come_each_once() {
    let emulator = Emulator::builder().sessions(1234).start().await.unwrap();
    let client = emulator_client(&emulator).build().unwrap();
    let everything = filter(
        SessionFilter::builder()
            .begin("2000-01-01T00:00:00Z")
            .end("2100-01-01T00:00:00Z"),
    );
    let mut stream = client.list_sessions(everything).stream();
    assert_eq!(stream.count(), None);
    let first = guarded(stream.next()).await.unwrap().unwrap();
    assert_eq!(stream.count(), Some(1234));
    let rest: Vec<_> = guarded(stream.try_collect()).await.unwrap();
    let ids: HashSet<_> = rest
        .into_iter()
        .chain([first])
        .map(|session| session.id.unwrap())
        .collect();
    assert_eq!(ids.len(), 1234);
    let pages = emulator
        .requests_seen()
        .iter()
        .filter(|seen| seen.path().ends_with("/list-sessions"))
        .count();
    assert_eq!(pages, 13);
}

#[tokio::test]
async fn the_emulator_and_the_client_mean_the_same_by_a_filter() {
    let emulator = Emulator::builder().sessions(500).start().await.unwrap();
    let client = emulator_client(&emulator).build().unwrap();
    let window = || {
        SessionFilter::builder()
            .begin("2000-01-01T00:00:00Z")
            .end("2100-01-01T00:00:00Z")
    };
    let all: Vec<_> = guarded(client.list_sessions(filter(window())).stream().try_collect())
        .await
        .unwrap();
    let of = |session: &SessionInfo| {
        (
            session.login_user.clone().unwrap(),
            session.session_state.clone().unwrap(),
        )
    };
    let (user, state) = of(&all[7]);
    let narrow = filter(window().user_name(&user).state(state.clone()));
    let some: Vec<_> = guarded(client.list_sessions(narrow).page_size(3).stream().try_collect())
        .await
        .unwrap();
    let expected: Vec<_> = all
        .iter()
        .filter(|session| of(session) == (user.clone(), state.clone()))
        .cloned()
        .collect();
    assert!(!some.is_empty() && some.len() < all.len());
    assert_eq!(some, expected);
}

#[test]
fn the_query_is_in_the_order_of_the_page() {
    let full = window()
        .created_successfully(false)
        .states(["Active", "SignedOut"])
        .machine_name("APS 测试&1")
        .public_ip("203.0.113.1")
        .vm_ip("10.0.0.1")
        .app_server_group_id("g-1")
        .user_name("user+005");
    let listed = list_with(10, filter(full), [page(Some(1), [1])]);
    assert_eq!(
        listed.log.lines(),
        [
            "GET https://appstream.cn-north-4.myhuaweicloud.com/v1/a4da8115c9d8464ead3a38309130523f/session/list-sessions\
          ?limit=10&offset=0&user_name=user%2B005&query_begin_time=2024-02-26T03%3A47%3A51.182Z\
          &query_end_time=2024-02-28T17%3A47%3A51.182Z&app_server_group_id=g-1&vm_ip=10.0.0.1&public_ip=203.0.113.1\
          &machine_name=APS%20%E6%B5%8B%E8%AF%95%261&session_state=Active%2CSignedOut&is_success=false"
        ]
    );
    let request = &listed.log.requests()[0];
    assert_eq!(request.headers()["accept"], "application/json");
    assert!(request.headers().get("content-type").is_none() && request.body().as_bytes().is_empty());
}

#[test]
fn the_page_size_stays_within_what_the_service_takes() {
    for (asked, sent) in [
        (0, "?limit=1&"),
        (1, "?limit=1&"),
        (100, "?limit=100&"),
        (101, "?limit=100&"),
        (u32::MAX, "?limit=100&"),
    ] {
        let listed = list(asked, [page(Some(0), [])]);
        assert!(listed.log.lines()[0].contains(sent), "{asked}");
    }
    let (clock, pages) = (clock(), [page(Some(0), [])]);
    let (transport, log) = mock_transport(&clock, pages);
    clock
        .drive(client(transport, &clock).list_sessions(wide_window()).page(700))
        .unwrap();
    assert!(log.lines()[0].contains("?limit=100&offset=700&"));
}

#[test]
fn the_count_is_the_end() {
    let listed = list(
        2,
        [page(Some(5), [1, 2]), page(Some(5), [3, 4]), page(Some(5), [5])],
    );
    assert_eq!(listed.whole(), [1, 2, 3, 4, 5]);
    assert_eq!(listed.offsets(), ["0", "2", "4"]);
    assert_eq!(listed.count, Some(5));
    assert_eq!(list(2, [page(Some(2), [1, 2])]).whole(), [1, 2]);
    assert_eq!(list(2, [page(Some(0), [])]).whole(), [0; 0]);
}

#[test]
fn a_server_with_smaller_pages_is_read_to_the_end() {
    let listed = list(
        100,
        [page(Some(5), [1, 2]), page(Some(5), [3, 4]), page(Some(5), [5])],
    );
    assert_eq!(listed.whole(), [1, 2, 3, 4, 5]);
    assert_eq!(listed.offsets(), ["0", "2", "4"]);
}

#[test]
fn without_a_count_an_empty_page_is_the_end() {
    let listed = list(2, [page(None, [1, 2]), page(None, [3]), page(None, [])]);
    assert_eq!(listed.whole(), [1, 2, 3]);
    assert_eq!(listed.offsets(), ["0", "2", "3"]);
    assert_eq!(listed.count, None);
    assert_eq!(list(2, [json(200, "{}")]).whole(), [0; 0]);
}

#[test]
fn an_empty_page_before_the_end_is_an_error_not_the_end() {
    let listed = list(2, [page(Some(9), [1, 2]), page(Some(9), [])]);
    assert_eq!(listed.ids, [1, 2]);
    let error = listed.error.unwrap().to_string();
    assert!(
        error.contains("the page at offset 2 is empty, although the service counts more"),
        "{error}"
    );
}

#[test]
fn a_row_that_comes_again_is_left_out() {
    let listed = list(3, [page(Some(5), [1, 2, 3]), page(Some(6), [3, 4, 5])]);
    assert_eq!(listed.whole(), [1, 2, 3, 4, 5]);
    let listed = list(3, [page(Some(3), [1, 1, 2])]);
    assert_eq!(listed.whole(), [1, 2]);
}

#[test]
fn a_page_of_known_rows_is_passed_over_while_the_count_grows() {
    let listed = list(1, [page(Some(2), [1]), page(Some(3), [1]), page(Some(3), [2])]);
    assert_eq!(listed.whole(), [1, 2]);
    assert_eq!(listed.offsets(), ["0", "1", "2"]);
}

#[test]
fn a_count_that_shrinks_or_grows_moves_the_end() {
    let grown = list(
        2,
        [
            page(Some(2 + 1), [1, 2]),
            page(Some(5), [3, 4]),
            page(Some(5), [5]),
        ],
    );
    assert_eq!((grown.whole(), grown.count), (&[1, 2, 3, 4, 5][..], Some(5)));
    let shrunk = list(2, [page(Some(9), [1, 2]), page(Some(4), [3, 4])]);
    assert_eq!((shrunk.whole(), shrunk.count), (&[1, 2, 3, 4][..], Some(4)));
    let emptied = list(2, [page(Some(9), [1, 2]), page(Some(0), [])]);
    assert_eq!(emptied.whole(), [1, 2]);
}

#[test]
fn a_server_that_ignores_the_offset_is_an_error() {
    for count in [Some(1000), None] {
        let listed = list(2, [page(count, [1, 2]), page(count, [1, 2])]);
        assert_eq!(listed.ids, [1, 2]);
        let error = listed.error.unwrap();
        assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error:?}");
        assert!(
            error
                .to_string()
                .contains("the page at offset 2 holds no session that was not"),
            "{error}"
        );
    }
}

#[test]
fn rows_without_an_id_are_all_kept() {
    let nameless = || {
        json(
            200,
            r#"{"count":4,"items":[{"login_user":"a"},{"login_user":"a"}]}"#,
        )
    };
    let clock = clock();
    let (transport, _) = mock_transport(&clock, [nameless(), nameless()]);
    let stream = client(transport, &clock)
        .list_sessions(wide_window())
        .page_size(2)
        .stream();
    let rows: Vec<SessionInfo> = clock.drive(stream.try_collect()).unwrap();
    assert_eq!(rows.len(), 4);
}

#[test]
fn a_public_address_that_the_gateway_did_not_filter_on_is_filtered_here() {
    let pages = || [page(Some(4), [1, 2]), page(Some(4), [3, 4])];
    let odd = list_with(2, filter(window().public_ip("203.0.113.1")), pages());
    assert_eq!((odd.whole(), odd.count), (&[1, 3][..], Some(4)));
    let part = list_with(
        2,
        filter(window().public_ip(AddressFilter::verbatim("113.0"))),
        pages(),
    );
    assert_eq!(part.whole(), [2, 4]);
    // A page of which nothing is left is not the end, and a row without an address does not pass.
    let none = list_with(2, filter(window().public_ip("198.51.100.1")), pages());
    assert_eq!((none.whole(), none.log.count()), (&[0; 0][..], 2));
    let bare = json(200, r#"{"count":1,"items":[{"id":"1"}]}"#);
    assert_eq!(
        list_with(2, filter(window().public_ip("203.0.113.1")), [bare]).whole(),
        [0; 0]
    );
}

#[test]
fn an_error_in_the_middle_ends_the_stream_after_the_rows_before_it() {
    let away = || json(503, r#"{"error_code":"WKS.00050902","error_msg":"Later."}"#);
    let listed = list(2, [page(Some(9), [1, 2]), away(), away(), away(), away()]);
    assert_eq!((&listed.ids[..], listed.count), (&[1, 2][..], Some(9)));
    let error = listed.error.unwrap();
    assert_eq!(error.to_string(), "list_sessions: HTTP 503 WKS.00050902: Later.");
    assert!(error.is_transient());
}

#[test]
fn an_error_code_with_200_is_the_services_error() {
    let listed = list(
        2,
        [json(200, r#"{"error_code":"WKS.00010109","error_msg":"No."}"#)],
    );
    assert_eq!(
        listed.error.unwrap().to_string(),
        "list_sessions: HTTP 200 WKS.00010109: No."
    );
}

#[test]
fn a_row_that_is_not_understood_is_named_by_its_place() {
    let listed = list(
        2,
        [json(
            200,
            r#"{"count":2,"items":[{"id":"1"},{"id":{"planted":1}}]}"#,
        )],
    );
    let error = listed.error.unwrap();
    common::shown(&error);
    assert_eq!(
        error.to_string(),
        "list_sessions: the response is not understood, at items[1].id"
    );
}
