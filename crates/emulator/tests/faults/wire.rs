//! Connections: faults hit the call that they are meant for, and nothing of them stays.

use session_export_emulator::{Cut, DownloadFraming, Fault, FaultOperation, FaultScript};

use crate::socket::{After, Came};
use crate::stage::Stage;

use FaultOperation::{DownloadExportFile, ExportSessions, ListSessions};

/// Calls on one connection until it ends.
async fn until_the_end(stage: &Stage, calls: usize) -> Vec<Came> {
    let mut socket = stage.socket().await;
    let mut all = Vec::new();
    for _ in 0..calls {
        let came = stage.call_on(&mut socket, ListSessions, "").await;
        let over = came.after != After::Open;
        all.push(came);
        if over {
            break;
        }
    }
    all
}

#[tokio::test]
async fn a_fault_ends_the_connection_with_its_own_answer() {
    for (fault, after, bytes) in [
        (Fault::reset(Cut::BeforeHead), After::Reset, 0),
        (Fault::close(Cut::BeforeHead), After::Closed, 0),
        (Fault::reset(Cut::InHead), After::Reset, 24),
        (Fault::close(Cut::InHead), After::Closed, 24),
        (Fault::garbage(), After::Closed, 21),
    ] {
        let script = FaultScript::new().with(fault.on(ListSessions).nth(3));
        let stage = Stage::start(|builder| builder.faults(script)).await;
        let all = until_the_end(&stage, 9).await;
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(all[0].body(), all[1].body());
        assert_eq!((all[2].after, all[2].bytes.len()), (after, bytes));
        let again = until_the_end(&stage, 2).await;
        assert_eq!((again.len(), again[1].body()), (2, all[0].body()));
    }
}

#[tokio::test]
async fn a_fault_that_leaves_the_connection_open_leaves_nothing_behind() {
    for fault in [
        Fault::status(500),
        Fault::throttled(None),
        Fault::html_page(200),
        Fault::shorten(3),
        Fault::corrupt(3, 3),
        Fault::content_type("text/html"),
        Fault::trickle(500, std::time::Duration::from_millis(1)),
        Fault::clock(5),
        Fault::delay_body(std::time::Duration::from_millis(1)),
    ] {
        let script = FaultScript::new().with(fault.clone().on(ListSessions).nth(2));
        let stage = Stage::start(|builder| builder.faults(script)).await;
        let all = until_the_end(&stage, 4).await;
        assert_eq!(all.len(), 4, "{fault:?}");
        assert_eq!(all[0].body(), all[2].body(), "{fault:?}");
        assert_eq!(all[0].body(), all[3].body(), "{fault:?}");
        assert_eq!(
            all[2].head().map(str::len),
            all[0].head().map(str::len),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn of_pipelined_calls_the_ones_before_the_fault_are_answered_whole() {
    for (fault, rest) in [
        (Fault::close(Cut::BeforeHead), 0),
        (Fault::close(Cut::InHead), 24),
        (Fault::garbage(), 21),
    ] {
        let script = FaultScript::new().with(fault.on(ListSessions).nth(3));
        let stage = Stage::start(|builder| builder.faults(script)).await;
        let usual = stage.call(ListSessions).await.bytes.len();
        let mut socket = stage.socket().await;
        let (method, target, _) = stage.call_of(ListSessions, "");
        let request = socket.request(method, &target, &stage.headers(), b"");
        socket.write(&request.repeat(3)).await;
        let mut bytes = Vec::new();
        let after = loop {
            let came = socket.read().await;
            bytes.extend_from_slice(&came.bytes);
            if came.after != After::Open {
                break came.after;
            }
        };
        // The third call was already read, so that closing does not reset.
        assert_eq!((bytes.len(), after), (usual + rest, After::Closed));
    }
}

#[tokio::test]
async fn an_answer_without_a_body_is_cut_as_well() {
    for (at, after) in [(Cut::BeforeHead, 0), (Cut::InHead, 24)] {
        let script = FaultScript::new().with(Fault::reset(at).nth(1));
        let stage = Stage::start(|builder| builder.faults(script)).await;
        let mut socket = stage.socket().await;
        let came = socket.send("HEAD", "/v3/projects", &[], b"").await;
        assert_eq!((came.after, came.bytes.len()), (After::Reset, after));
        let entry = stage.emulator.journal().entries()[0].clone();
        assert_eq!(entry.ending().unwrap().name(), "reset");
    }
}

#[tokio::test]
async fn a_large_download_is_cut_where_the_script_says() {
    let (bytes, cut) = (400_000, 300_001);
    for (fault, sent, after) in [
        (Fault::close(Cut::InBody(cut)), cut, After::Closed),
        (Fault::reset(Cut::InBody(cut)), cut, After::Reset),
        (Fault::close(Cut::AfterHead), 0, After::Closed),
        (Fault::truncate(1), 0, After::Closed),
        (Fault::close(Cut::InBody(u64::MAX)), 0, After::Closed),
    ] {
        let stage = Stage::start(|builder| builder.sessions(2_000).days(20)).await;
        let task = stage.submit().await;
        let whole = stage.call_about(DownloadExportFile, &task).await.body().to_vec();
        assert!(whole.len() > bytes, "{}", whole.len());
        let last = whole.len() - 1;
        let sent = if fault == Fault::close(Cut::AfterHead) || sent > 0 {
            sent as usize
        } else {
            last
        };
        stage.emulator.set_faults(FaultScript::new().with(fault)).unwrap();
        let came = stage.call_about(DownloadExportFile, &task).await;
        assert_eq!((came.declared(), came.after), (Some(whole.len()), after));
        assert_eq!(came.body().len(), sent);
        assert!(whole.starts_with(came.body()));
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_shortened_and_changed_as_well() {
    let stage = Stage::start(|builder| builder.choose(DownloadFraming::Chunked)).await;
    let task = stage.submit().await;
    let set = |fault| stage.emulator.set_faults(FaultScript::new().with(fault)).unwrap();
    let whole = stage.call_about(DownloadExportFile, &task).await;
    assert_eq!(
        (whole.declared(), whole.header("transfer-encoding")),
        (None, Some("chunked"))
    );

    set(Fault::truncate(10));
    let cut = stage.call_about(DownloadExportFile, &task).await;
    assert_eq!(cut.after, After::Closed);
    assert!(!cut.bytes.ends_with(b"0\r\n\r\n") && cut.bytes.len() > whole.bytes.len() / 2);
    set(Fault::reset(Cut::InBody(100)));
    let cut = stage.call_about(DownloadExportFile, &task).await;
    assert_eq!(
        (cut.after, cut.body().len()),
        (After::Reset, "64\r\n".len() + 100 + "\r\n".len())
    );
    set(Fault::shorten(10));
    let short = stage.call_about(DownloadExportFile, &task).await;
    assert_eq!(short.after, After::Open);
    assert!(short.bytes.ends_with(b"\r\n0\r\n\r\n"));
    assert!((1..30).contains(&(whole.bytes.len() - short.bytes.len())));
}

#[tokio::test]
async fn a_trickle_comes_in_pieces_and_is_whole() {
    let stage = Stage::start(|builder| builder).await;
    let usual = stage.call(ListSessions).await;
    let pause = std::time::Duration::from_millis(20);
    let script = FaultScript::new().with(Fault::trickle(500, pause));
    stage.emulator.set_faults(script).unwrap();
    let slow = stage.call(ListSessions).await;
    assert_eq!(slow.body(), usual.body());
    let pauses = u32::try_from(usual.body().len().div_ceil(500) - 1).unwrap();
    assert!(pauses > 2 && slow.whole >= pause * pauses, "{:?}", slow.whole);
}

#[tokio::test]
async fn a_submit_with_a_body_in_flight_is_read_before_it_is_dropped() {
    let script = FaultScript::new().with(
        Fault::close(Cut::BeforeHead)
            .carried_out(false)
            .on(ExportSessions),
    );
    let stage = Stage::start(|builder| builder.faults(script)).await;
    let mut socket = stage.socket().await;
    let (method, target, _) = stage.call_of(ExportSessions, "");
    let body = vec![b' '; 3_000_000];
    let came = socket.send(method, &target, &stage.headers(), &body).await;
    assert_eq!(
        (came.bytes.len(), came.after),
        (0, After::Closed),
        "a FIN, not a reset"
    );
    assert_eq!(stage.emulator.journal().entries()[0].request_bytes(), 3_000_000);
}

/// While a client does not read, whole answers wait in front of the one that is cut. At one of these numbers the
/// buffers of the system are full just then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_waits_for_the_answers_in_front_of_it() {
    let body = "x".repeat(262_144);
    let clients = (2..=30).map(|calls: u64| {
        let script = FaultScript::new()
            .with(Fault::close(Cut::BeforeHead).nth(calls))
            .with(Fault::status(200).with_body("text/plain", body.as_str()));
        tokio::spawn(async move {
            let stage = Stage::start(|builder| builder.sessions(0).faults(script)).await;
            let mut socket = stage.socket().await;
            let request = socket.request("GET", "/v3/projects", &[], b"");
            socket.write(&request.repeat(calls as usize)).await;
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            let mut sent = 0;
            while socket.read_some(&mut sent).await {}
            let answers = sent / 262_144;
            assert_eq!(answers as u64, calls - 1, "{sent}");
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}
