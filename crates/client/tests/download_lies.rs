//! Answers to a request for the rest of a file that are not that: the result is never put together of two files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::breaking::{Reply, Rig, TAG, after, as_it_is, file, is_incomplete, part_of, untagged, whole};
use common::guarded;

#[tokio::test]
async fn what_cannot_be_continued_is_begun_again_for_a_path() {
    let end = file().len();
    let start = || whole(TAG, 1000);
    let of_length = |range: String| part_of(TAG, &range, 1000, end, end - 1000);
    let last = end - 1;
    let plain = |status, headers: &[(&str, String)]| Reply::new(status, headers, b"");
    for (case, lie, begins_at_once) in [
        ("no ranges", whole(TAG, end), true),
        ("another file", whole(r#""v2""#, end), true),
        (
            "overlap",
            part_of(TAG, &format!("bytes 900-{last}/{end}"), 900, end, end - 900),
            false,
        ),
        ("gap", of_length(format!("bytes 1001-{last}/{end}")), false),
        (
            "another total",
            of_length(format!("bytes 1000-{last}/{}", end + 1)),
            false,
        ),
        (
            "past the end",
            of_length(format!("bytes 1000-{end}/{end}")),
            false,
        ),
        (
            "another unit",
            of_length(format!("rows 1000-{last}/{end}")),
            false,
        ),
        (
            "another tag",
            part_of(
                r#""v2""#,
                &format!("bytes 1000-{last}/{end}"),
                1000,
                end,
                end - 1000,
            ),
            false,
        ),
        (
            "a weak tag",
            part_of(
                r#"W/"v1""#,
                &format!("bytes 1000-{last}/{end}"),
                1000,
                end,
                end - 1000,
            ),
            false,
        ),
        (
            "no tag",
            Reply::new(
                206,
                &[
                    ("content-range", format!("bytes 1000-{last}/{end}")),
                    ("content-length", (end - 1000).to_string()),
                ],
                &file()[1000..],
            ),
            false,
        ),
        (
            "several ranges",
            Reply::new(
                206,
                &[
                    ("etag", TAG.to_owned()),
                    ("content-type", "multipart/byteranges; boundary=b".to_owned()),
                    ("content-range", format!("bytes 1000-{last}/{end}")),
                    ("content-length", (end - 1000).to_string()),
                ],
                &file()[1000..],
            ),
            false,
        ),
        (
            "longer than it says",
            Reply::new(
                206,
                &[
                    ("etag", TAG.to_owned()),
                    ("content-range", format!("bytes 1000-{}/{end}", last - 10)),
                    ("transfer-encoding", "chunked".to_owned()),
                ],
                &[
                    format!("{:x}\r\n", end - 1000).as_bytes(),
                    &file()[1000..],
                    b"\r\n0\r\n\r\n",
                ]
                .concat(),
            ),
            false,
        ),
        (
            "two lengths",
            Reply::new(
                206,
                &[
                    ("etag", TAG.to_owned()),
                    ("content-range", format!("bytes 1000-{last}/{end}")),
                    ("content-length", "10".to_owned()),
                ],
                &file()[1000..1010],
            ),
            false,
        ),
        (
            "416",
            plain(
                416,
                &[
                    ("content-range", "bytes */1000".to_owned()),
                    ("content-length", "0".to_owned()),
                ],
            ),
            false,
        ),
        ("204", plain(204, &[]), false),
    ] {
        // After a lie nothing is asked for with a range again.
        let rest = if begins_at_once {
            vec![]
        } else {
            vec![whole(TAG, 2000), whole(TAG, end)]
        };
        let count = 2 + rest.len();
        let rig = Rig::new([start(), lie].into_iter().chain(rest)).await;
        let outcome = rig.to_path(as_it_is).await;
        rig.assert_whole(outcome);
        let ranges = rig.ranges();
        assert_eq!(ranges.len(), count, "{case}");
        assert_eq!(ranges[1], after(1000), "{case}");
        assert!(ranges[2..].iter().all(Option::is_none), "{case}: {ranges:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_continued_fails_for_a_writer_and_a_stream() {
    let end = file().len();
    for (second, says) in [
        (whole(TAG, end), "from its start"),
        (
            part_of(TAG, &format!("bytes 900-{}/{end}", end - 1), 900, end, end - 900),
            "begins elsewhere",
        ),
    ] {
        let rig = Rig::new([whole(TAG, 1000), second]).await;
        let mut written = Vec::new();
        let error = guarded(rig.ready.download().to_writer(&mut written))
            .await
            .unwrap_err();
        assert!(
            is_incomplete(&error) && common::shown(&error).contains(says),
            "{error:?}"
        );
        assert_eq!((written.len(), error.received_bytes()), (1000, Some(1000)));
        assert!(written == file()[..1000]);
        assert_eq!(rig.requests().len(), 2);
    }
    // Nothing to continue with: not even a second request.
    let rig = Rig::new([untagged(1000)]).await;
    let mut stream = guarded(rig.ready.download().into_stream()).await.unwrap();
    let error = loop {
        match guarded(stream.next()).await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(is_incomplete(&error));
    assert_eq!(error.received_bytes(), Some(1000));
    assert!(stream.next().await.is_none() && stream.receipt().is_none());
    assert_eq!(rig.requests().len(), 1);
}

#[tokio::test]
async fn nothing_of_a_longer_file_stays_behind_a_shorter_one() {
    let shorter = b"id,name\r\n";
    let headers = [
        ("etag", r#""v2""#.to_owned()),
        ("content-length", shorter.len().to_string()),
    ];
    let rig = Rig::new([whole(TAG, 1000), Reply::new(200, &headers, shorter)]).await;
    let receipt = rig.to_path(as_it_is).await.unwrap();
    assert_eq!(receipt.bytes, shorter.len() as u64);
    assert_eq!(std::fs::read(receipt.path).unwrap(), shorter);
}
