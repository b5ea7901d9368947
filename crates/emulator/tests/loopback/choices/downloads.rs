//! Downloads.

use std::time::Duration;

use serde_json::json;

use super::{ids_of_csv, with};
use crate::http::Reply;
use crate::rig::Rig;

/// A task whose file can be downloaded.
async fn ready(rig: &Rig) -> String {
    let task = rig.submit(&json!({})).await;
    rig.advance(Duration::from_secs(2));
    task
}

async fn download_with(rig: &Rig, task: &str, headers: &[(&str, &str)]) -> Reply {
    let mut all = vec![("X-Auth-Token", rig.token())];
    all.extend_from_slice(headers);
    let target = format!("{}/{task}/download", rig.tasks_path());
    rig.send("GET", &target, &all, b"").await
}

/// Joins the chunks of a body.
fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&bytes[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            assert_eq!(&bytes[end..], b"\r\n\r\n");
            return whole;
        }
        whole.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
}

#[tokio::test]
async fn a_download_has_a_content_type_or_none() {
    for (choice, expected) in [
        (("content-type", "format"), Some("text/csv; charset=utf-8")),
        (("content-type", "octet-stream"), Some("application/octet-stream")),
        (("content-type", "absent"), None),
    ] {
        let rig = with(&[choice]).await;
        let task = ready(&rig).await;
        assert_eq!(
            rig.download(&task).await.header("content-type"),
            expected,
            "{choice:?}"
        );
    }
    let rig = with(&[("file-format", "xlsx")]).await;
    let task = ready(&rig).await;
    assert!(rig.download(&task).await.body.starts_with(b"PK"));
}

#[tokio::test]
async fn a_download_names_its_file_or_does_not() {
    let name = "会话列表_20240301100000.csv";
    let encoded = "%E4%BC%9A%E8%AF%9D%E5%88%97%E8%A1%A8_20240301100000.csv";
    for (choice, expected) in [
        (
            ("content-disposition", "quoted"),
            Some(format!("attachment; filename=\"{name}\"")),
        ),
        (
            ("content-disposition", "encoded"),
            Some(format!("attachment; filename*=UTF-8''{encoded}")),
        ),
        (("content-disposition", "absent"), None),
    ] {
        let rig = with(&[choice, ("file-name", "chinese")]).await;
        let task = ready(&rig).await;
        let reply = rig.download(&task).await;
        assert_eq!(
            reply.header("content-disposition"),
            expected.as_deref(),
            "{choice:?}"
        );
    }
}

#[tokio::test]
async fn the_end_of_a_body_is_marked_in_three_ways() {
    let mut bodies = Vec::new();
    for choice in [
        ("framing", "length"),
        ("framing", "chunked"),
        ("framing", "close"),
    ] {
        let rig = with(&[choice]).await;
        let task = ready(&rig).await;
        let reply = rig.download(&task).await;
        let (length, coding) = (reply.header("content-length"), reply.header("transfer-encoding"));
        assert_eq!(length.is_some(), choice.1 == "length", "{choice:?}");
        assert_eq!(coding, (choice.1 == "chunked").then_some("chunked"), "{choice:?}");
        assert_eq!(
            reply.version,
            if choice.1 == "close" {
                "HTTP/1.0"
            } else {
                "HTTP/1.1"
            }
        );
        assert_eq!(reply.header("x-request-id").map(str::len), Some(32), "{choice:?}");
        bodies.push(if choice.1 == "chunked" {
            unchunk(&reply.body)
        } else {
            reply.body
        });
    }
    assert!(bodies.iter().all(|body| body == &bodies[0]));
    assert!(!ids_of_csv(&bodies[0]).is_empty());
}

#[tokio::test]
async fn a_connection_that_would_stay_is_closed_where_only_its_end_marks_the_body() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let rig = with(&[("framing", "close")]).await;
    let task = ready(&rig).await;
    let address = rig.emulator.base_url().trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET {}/{task}/download HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {}\r\n\r\n",
        rig.tasks_path(),
        rig.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes));
    end.await.expect("the connection ends").unwrap();
    assert!(bytes.ends_with(&rig.download(&task).await.body));
}

#[tokio::test]
async fn ranges_are_ignored_or_served() {
    let rig = with(&[("ranges", "ignored")]).await;
    let task = ready(&rig).await;
    let whole = rig.download(&task).await.body;
    let reply = download_with(&rig, &task, &[("Range", "bytes=5-9")]).await;
    assert_eq!((reply.status, &reply.body), (200, &whole));
    assert!(reply.header("accept-ranges").is_none() && reply.header("etag").is_none());

    let rig = with(&[("ranges", "bytes")]).await;
    let task = ready(&rig).await;
    let first = rig.download(&task).await;
    let (whole, length) = (first.body.clone(), first.body.len());
    assert_eq!(
        (first.status, first.header("accept-ranges")),
        (200, Some("bytes"))
    );
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with('"'), "a strong tag: {tag}");
    let reply = download_with(&rig, &task, &[("Range", "bytes=5-9")]).await;
    assert_eq!((reply.status, &reply.body[..]), (206, &whole[5..10]));
    assert_eq!(
        reply.header("content-range"),
        Some(&*format!("bytes 5-9/{length}"))
    );
    let reply = download_with(&rig, &task, &[("Range", "bytes=7-"), ("If-Range", tag)]).await;
    assert_eq!((reply.status, &reply.body[..]), (206, &whole[7..]));
    let reply = download_with(&rig, &task, &[("Range", "bytes=7-"), ("If-Range", "\"other\"")]).await;
    assert_eq!((reply.status, &reply.body), (200, &whole));
    let reply = download_with(&rig, &task, &[("Range", &format!("bytes={length}-"))]).await;
    assert_eq!((reply.status, reply.body.len()), (416, 0));
    assert_eq!(reply.header("content-range"), Some(&*format!("bytes */{length}")));
}

#[tokio::test]
async fn a_download_comes_at_once_or_from_another_place() {
    let rig = with(&[("redirect", "none")]).await;
    let task = ready(&rig).await;
    assert_eq!(rig.download(&task).await.status, 200);

    let rig = with(&[("redirect", "location")]).await;
    let task = ready(&rig).await;
    let reply = rig.download(&task).await;
    assert_eq!((reply.status, reply.body.len()), (302, 0));
    assert_eq!(rig.task(&task).await["is_download"], false);
    let base = rig.emulator.base_url();
    let target = reply
        .header("location")
        .unwrap()
        .strip_prefix(&base)
        .unwrap()
        .to_owned();
    assert!(!target.contains(&task));
    // The token stays with the service.
    let file = rig.send("GET", &target, &[], b"").await;
    assert_eq!(file.status, 200);
    assert!(!ids_of_csv(&file.body).is_empty());
    assert_eq!(rig.task(&task).await["is_download"], true);
    rig.advance(Duration::from_secs(899));
    assert_eq!(rig.send("GET", &target, &[], b"").await.status, 200);
    rig.advance(Duration::from_secs(1));
    assert_eq!(
        rig.send("GET", &target, &[], b"").await.error(),
        (404, "APIGW.0101".to_owned())
    );
    assert_eq!(rig.send("GET", "/export-files/guess", &[], b"").await.status, 404);
}

#[tokio::test]
async fn a_task_is_marked_when_a_download_begins_when_it_ends_or_never() {
    for (choice, after_a_part, after_all) in [
        (("download-mark", "begin"), true, true),
        (("download-mark", "end"), false, true),
        (("download-mark", "never"), false, false),
    ] {
        let rig = with(&[choice, ("ranges", "bytes")]).await;
        let task = ready(&rig).await;
        let reply = download_with(&rig, &task, &[("Range", "bytes=0-9")]).await;
        assert_eq!(reply.body.len(), 10);
        assert_eq!(rig.task(&task).await["is_download"], after_a_part, "{choice:?}");
        rig.download(&task).await;
        assert_eq!(rig.task(&task).await["is_download"], after_all, "{choice:?}");
    }
}

#[tokio::test]
async fn a_file_can_be_downloaded_again_or_not() {
    for (choice, status) in [
        (("repeated-download", "allowed"), 200),
        (("repeated-download", "refused"), 400),
    ] {
        let rig = with(&[choice]).await;
        let task = ready(&rig).await;
        assert_eq!(rig.download(&task).await.status, 200);
        assert_eq!(rig.download(&task).await.status, status, "{choice:?}");
    }
}

#[tokio::test]
async fn without_a_file_the_answer_is_400_or_404() {
    for (choice, unknown, creating) in [
        (("no-file", "400"), (400, "WKS.0202"), (400, "WKS.00010032")),
        (("no-file", "404"), (404, "WKS.00211902"), (404, "WKS.00211902")),
    ] {
        let rig = with(&[choice]).await;
        let task = rig.submit(&json!({})).await;
        let error = async |task: &str| rig.download(task).await.error();
        assert_eq!(
            error("unknown").await,
            (unknown.0, unknown.1.to_owned()),
            "{choice:?}"
        );
        assert_eq!(
            error(&task).await,
            (creating.0, creating.1.to_owned()),
            "{choice:?}"
        );
    }
}
