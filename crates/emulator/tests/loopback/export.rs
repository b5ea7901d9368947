//! `ExportSessions` and the files that come of it.

use std::io::Cursor;
use std::time::Duration;

use calamine::{Reader, Xlsx};
use serde_json::{Value, json};
use session_export_emulator::ExportFormat;

use crate::rig::{ALL, Rig};

/// The header row: the fields of `SessionInfo` in the order of the API definition.
const FIELDS: &str = "id,session_stamp,os_session_id,protocol_type,login_user,session_type,app_server_group_id,\
    app_server_group_name,pre_conn_time,start_time,end_time,status_continue_time,machine_sid,machine_name,\
    session_state,app_name,client_mac,client_name,client_ip,public_ip,client_version,client_type,agent_version,vm_ip,\
    failed_reason,failed_code,last_update_status_time,tenant_id,primary_server_group_id,secondary_server_group_id";

const DELAY: Duration = Duration::from_millis(1_500);

/// The rows of a list as the cells of a file: a header, then text, with nothing for an absent field.
fn cells(items: &[Value]) -> Vec<Vec<String>> {
    let header: Vec<String> = FIELDS.split(',').map(str::to_owned).collect();
    let row = |item: &Value| {
        header
            .iter()
            .map(|name| item[name].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    [vec![header.clone()], rows].concat()
}

fn read_xlsx(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    assert_eq!(book.sheet_names(), ["sessions"]);
    let range = book.worksheet_range("sessions").unwrap();
    range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

fn read_csv(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[tokio::test]
async fn a_file_has_the_rows_of_the_list() {
    type Read = fn(&[u8]) -> Vec<Vec<String>>;
    let formats: [(ExportFormat, &str, &str, Read); 2] = [
        (
            ExportFormat::Xlsx,
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            read_xlsx,
        ),
        (ExportFormat::Csv, "csv", "text/csv; charset=utf-8", read_csv),
    ];
    for (format, suffix, media_type, read) in formats {
        let rig = Rig::start(|builder| builder.sessions(800).export_format(format)).await;
        let (begin, end) = ("2024-02-10T00:00:00.000Z", "2024-02-29T12:00:00.000Z");
        let window = format!("query_begin_time={begin}&query_end_time={end}");
        for (filter, query) in [
            (json!({}), ""),
            (json!({ "is_success": "false" }), "&is_success=false"),
        ] {
            let mut body = json!({ "query_begin_time": begin, "query_end_time": end });
            body.as_object_mut()
                .unwrap()
                .extend(filter.as_object().unwrap().clone());
            let id = rig.submit(&body).await;
            rig.advance(DELAY);
            let reply = rig.download(&id).await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("content-type"), Some(media_type));
            let name = rig.task(&id).await["file_name"].as_str().unwrap().to_owned();
            assert!(name.ends_with(&format!(".{suffix}")));
            assert_eq!(
                reply.header("content-disposition"),
                Some(&*format!("attachment; filename=\"{name}\""))
            );
            assert!(reply.header("content-length").is_some());
            let listed = rig.list_all(&format!("{window}{query}")).await;
            assert!(!listed.is_empty());
            assert_eq!(read(&reply.body), cells(&listed));
            // A second download gives the same file.
            assert_eq!(rig.download(&id).await.body, reply.body);
        }
    }
}

#[tokio::test]
async fn an_export_without_a_window_covers_the_last_thirty_days() {
    let rig = Rig::start(|builder| builder.export_format(ExportFormat::Csv)).await;
    let id = rig.submit(&json!({})).await;
    rig.advance(DELAY);
    let window = "query_begin_time=2024-01-31T10:00:00Z&query_end_time=2024-03-01T10:00:00Z";
    let rows = rig.list_all(window).await;
    assert!(rows.len() < rig.list_all(ALL).await.len());
    assert_eq!(read_csv(&rig.download(&id).await.body), cells(&rows));
}

#[tokio::test]
async fn an_export_of_nothing_is_a_file_with_a_header() {
    let rig = Rig::start(|builder| builder).await;
    let id = rig.submit(&json!({ "user_name": "nobody" })).await;
    rig.advance(DELAY);
    assert_eq!(read_xlsx(&rig.download(&id).await.body), cells(&[]));
}

#[tokio::test]
async fn every_way_to_write_a_time_is_accepted() {
    let rig = Rig::start(|builder| builder).await;
    for (begin, end) in [
        ("2024-02-27T03:47:51.182Z", "2024-02-27T03:47:51.182Z"),
        ("2024-02-27T03:47:51Z", "2024-02-28T03:47:51Z"),
        ("2024-02-27T03:47:51.182000+00:00", "2024-03-01T11:47:51+08:00"),
        ("2024-02-27T03:47:51.182000", "2024-02-28 03:47:51"),
    ] {
        let reply = rig
            .export(&json!({ "query_begin_time": begin, "query_end_time": end }))
            .await;
        assert_eq!(reply.status, 200, "{begin} {end}");
        assert_eq!(reply.json()["task_id"].as_str().map(str::len), Some(32));
    }
}

#[tokio::test]
async fn bad_filters_are_refused() {
    let rig = Rig::start(|builder| builder).await;
    for body in [
        json!([]),
        json!("text"),
        json!({ "user_name": "" }),
        json!({ "user_name": null }),
        json!({ "user_name": "张".repeat(65) }),
        json!({ "machine_name": "m".repeat(129) }),
        json!({ "is_success": true }),
        json!({ "is_success": "True" }),
        json!({ "session_state": "Active,Actve" }),
        json!({ "query_begin_time": "2024-02-27T03:47:51Z" }),
        json!({ "query_begin_time": "2024-02-02T00:00:00Z", "query_end_time": "2024-02-01T00:00:00Z" }),
        json!({ "query_begin_time": "2024-01-01T00:00:00.000Z", "query_end_time": "2024-01-31T00:00:00.001Z" }),
        json!({ "query_begin_time": "2024-01-01", "query_end_time": "2024-01-02" }),
    ] {
        assert_eq!(
            rig.export(&body).await.error(),
            (400, "WKS.00211102".to_owned()),
            "{body}"
        );
    }
    let path = format!("{}/export", rig.sessions_path());
    for body in [
        &b"{"[..],
        b"\xff",
        b"null",
        b"{\"user_name\":\"\\ud800\"}",
        &vec![b'['; 100_000],
    ] {
        assert_eq!(
            rig.post(&path, body).await.error(),
            (400, "WKS.00211102".to_owned())
        );
    }
    assert_eq!(rig.post(&path, b"").await.error(), (400, "WKS.0001".to_owned()));
    assert_eq!(rig.get(&rig.tasks_path()).await.json()["count"], 0);
    assert_eq!(
        rig.export(&json!({ "user_name": "张".repeat(64), "surprise": [1] }))
            .await
            .status,
        200
    );
    assert_eq!(rig.post(&path, b"{\"vm_ip\": \"\"}\n").await.status, 200);
}

#[tokio::test]
async fn only_json_is_a_supported_media_type() {
    let rig = Rig::start(|builder| builder).await;
    for path in [
        format!("{}/export", rig.sessions_path()),
        format!("{}/batch-delete", rig.tasks_path()),
    ] {
        for media_type in [
            None,
            Some("text/plain"),
            Some("application/xml"),
            Some("application/json-seq"),
        ] {
            let mut headers = vec![("X-Auth-Token", rig.token())];
            headers.extend(media_type.map(|media_type| ("Content-Type", media_type)));
            let reply = rig.send("POST", &path, &headers, b"{}").await;
            assert_eq!(reply.error(), (415, "WKS.00000415".to_owned()), "{media_type:?}");
        }
    }
    let headers = [
        ("X-Auth-Token", rig.token()),
        ("Content-Type", "application/json; charset=UTF-8"),
    ];
    let path = format!("{}/export", rig.sessions_path());
    assert_eq!(rig.send("POST", &path, &headers, b"{}").await.status, 200);
}
