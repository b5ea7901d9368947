//! Both lists.

use std::time::Duration;

use serde_json::{Value, json};

use super::{listed, with};
use crate::http::encode;
use crate::rig::{ALL, Rig};

/// The ids of the tasks in a list.
async fn tasks(rig: &Rig, query: &str) -> Vec<String> {
    let reply = rig.get(&format!("{}?{query}", rig.tasks_path())).await;
    assert_eq!(reply.status, 200, "{query}: {reply:?}");
    let body = reply.json();
    let id = |task: &Value| task["task_id"].as_str().unwrap().to_owned();
    body["export_tasks"].as_array().unwrap().iter().map(id).collect()
}

/// Three tasks, a minute apart.
async fn submit(rig: &Rig) -> [String; 3] {
    let mut ids = [const { String::new() }; 3];
    for id in &mut ids {
        *id = rig.submit(&json!({})).await;
        rig.advance(Duration::from_secs(60));
    }
    ids
}

#[tokio::test]
async fn sessions_have_an_order() {
    let rig = with(&[("session-order", "newest-first")]).await;
    let newest_first = listed(&rig, ALL).await;
    let rig = with(&[("session-order", "oldest-first")]).await;
    let mut oldest_first = listed(&rig, ALL).await;
    assert_ne!(oldest_first, newest_first);
    oldest_first.reverse();
    assert_eq!(oldest_first, newest_first);
    let rig = with(&[("session-order", "id")]).await;
    let by_id = listed(&rig, ALL).await;
    let mut sorted = newest_first;
    sorted.sort();
    assert_eq!(by_id, sorted);
}

#[tokio::test]
async fn the_count_is_of_all_sessions_or_of_the_page() {
    for (choice, counts) in [
        (("list-count", "total"), [300, 300]),
        (("list-count", "page"), [70, 20]),
    ] {
        let rig = with(&[choice]).await;
        let count = async |page: &str| rig.list(&format!("{ALL}&{page}")).await.json()["count"].take();
        assert_eq!(count("limit=70").await, counts[0], "{choice:?}");
        assert_eq!(count("limit=70&offset=280").await, counts[1], "{choice:?}");
    }
}

#[tokio::test]
async fn the_offset_counts_rows_or_pages() {
    for (choice, skipped) in [(("list-offset", "rows"), 2), (("list-offset", "pages"), 14)] {
        let rig = with(&[choice]).await;
        let first = rig.list(&format!("{ALL}&limit=100")).await.json();
        let page = rig.list(&format!("{ALL}&limit=7&offset=2")).await.json();
        assert_eq!(page["items"][0], first["items"][skipped], "{choice:?}");
    }
}

#[tokio::test]
async fn tasks_have_an_order() {
    let rig = with(&[("task-order", "newest-first")]).await;
    let [a, b, c] = submit(&rig).await;
    assert_eq!(tasks(&rig, "").await, [c, b, a]);
    let rig = with(&[("task-order", "oldest-first")]).await;
    let [a, b, c] = submit(&rig).await;
    assert_eq!(tasks(&rig, "").await, [a.clone(), b.clone(), c.clone()]);
    assert_eq!(
        tasks(&rig, "sort_field=create_time&sort_type=DESC").await,
        [c, b, a]
    );
}

#[tokio::test]
async fn one_half_of_an_order_is_refused_or_completed() {
    let rig = with(&[("sort-alone", "refused")]).await;
    for query in ["sort_field=create_time", "sort_type=ASC"] {
        assert_eq!(
            rig.get(&format!("{}?{query}", rig.tasks_path())).await.status,
            400,
            "{query}"
        );
    }
    let rig = with(&[("sort-alone", "completed")]).await;
    let [a, b, c] = submit(&rig).await;
    assert_eq!(
        tasks(&rig, "sort_field=create_time").await,
        [a.clone(), b.clone(), c.clone()]
    );
    assert_eq!(tasks(&rig, "sort_type=DESC").await, [c, b, a]);
    let reply = rig
        .get(&format!("{}?sort_field=file_name", rig.tasks_path()))
        .await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn file_names_of_tasks_are_compared_exactly_or_as_a_part() {
    for (choice, found) in [(("task-file-name", "exact"), 0), (("task-file-name", "fuzzy"), 1)] {
        let rig = with(&[choice]).await;
        let [a, ..] = submit(&rig).await;
        let name = rig.task(&a).await["file_name"].as_str().unwrap().to_owned();
        assert_eq!(
            tasks(&rig, &format!("file_name={}", encode(&name))).await,
            [a],
            "{choice:?}"
        );
        let part = name[9..name.len() - 4].to_uppercase();
        assert_eq!(
            tasks(&rig, &format!("file_name={}", encode(&part))).await.len(),
            found,
            "{choice:?}"
        );
    }
}

#[tokio::test]
async fn a_downloaded_task_stays_in_the_list_or_disappears() {
    for (choice, left) in [
        (("is-download-omitted", "all"), 3),
        (("is-download-omitted", "not-downloaded"), 2),
    ] {
        let rig = with(&[choice]).await;
        let [a, ..] = submit(&rig).await;
        let by_id = format!("task_id={a}");
        assert_eq!(tasks(&rig, "").await.len(), 3, "{choice:?}");
        assert_eq!(tasks(&rig, &by_id).await.len(), 1, "{choice:?}");
        assert_eq!(rig.download(&a).await.status, 200);
        assert_eq!(tasks(&rig, "").await.len(), left, "{choice:?}");
        assert_eq!(tasks(&rig, &by_id).await.len(), left - 2, "{choice:?}");
        assert_eq!(
            tasks(&rig, &format!("{by_id}&is_download=true")).await.len(),
            1,
            "{choice:?}"
        );
    }
}

#[tokio::test]
async fn times_of_tasks_end_in_a_letter_or_a_zone() {
    for (name, end) in [("task-times", "Z"), ("task-times", "+0000")] {
        let rig = with(&[(name, end)]).await;
        let [a, ..] = submit(&rig).await;
        let task = rig.task(&a).await;
        assert_eq!(task["create_time"], format!("2024-03-01T10:00:00.000{end}"));
        assert_eq!(task["end_time"], format!("2024-03-01T10:00:01.500{end}"));
    }
}
