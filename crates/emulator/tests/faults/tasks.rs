//! Faults that touch more than one call: what was carried out, fates, revoked credentials, the clock.

use std::time::Duration;

use session_export_emulator::{Cut, Fate, Fault, FaultOperation, FaultScript, TaskIdFault};

use crate::socket::After;
use crate::stage::Stage;

use FaultOperation::{CreateTemporaryKey, ExportSessions, ListSessions};

async fn created(fault: Fault) -> u64 {
    let script = FaultScript::new().with(fault.on(ExportSessions));
    let stage = Stage::start(|builder| builder.faults(script)).await;
    stage.call(ExportSessions).await;
    let created = stage.emulator.exports_created();
    assert_eq!(
        created,
        stage.emulator.exports_created_in(stage.emulator.project_id())
    );
    assert_eq!(stage.emulator.exports_created_in("nowhere"), 0);
    let ids = stage.emulator.journal().entries()[0].task_ids().len();
    assert_eq!(ids as u64, created, "the journal knows the task");
    created
}

#[tokio::test]
async fn an_export_is_counted_although_its_answer_is_lost() {
    for at in [Cut::BeforeHead, Cut::InHead] {
        assert_eq!(created(Fault::close(at)).await, 1);
        assert_eq!(created(Fault::reset(at)).await, 1);
        assert_eq!(created(Fault::close(at).carried_out(false)).await, 0);
        assert_eq!(created(Fault::reset(at).carried_out(false)).await, 0);
    }
    assert_eq!(created(Fault::reset(Cut::AfterHead)).await, 1);
    assert_eq!(created(Fault::truncate(5)).await, 1);
    assert_eq!(created(Fault::garbage()).await, 1);
    assert_eq!(created(Fault::garbage().carried_out(false)).await, 0);
    assert_eq!(created(Fault::status(504)).await, 0);
    assert_eq!(created(Fault::status(504).carried_out(true)).await, 1);
    assert_eq!(created(Fault::throttled(None)).await, 0);
    assert_eq!(created(Fault::task_id(TaskIdFault::Missing)).await, 1);
    assert_eq!(created(Fault::task_id(TaskIdFault::Wrong)).await, 1);
}

#[tokio::test]
async fn a_client_that_gives_up_has_submitted_all_the_same() {
    let script = FaultScript::new().with(Fault::delay(Duration::from_secs(3_000)).on(ExportSessions).nth(1));
    let stage = Stage::start(|builder| builder.faults(script)).await;
    let mut socket = stage.socket().await;
    let (method, target, body) = stage.call_of(ExportSessions, "");
    let request = socket.request(method, &target, &stage.headers(), body.as_bytes());
    socket.write(&request).await;
    while stage.emulator.exports_created() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        stage.emulator.journal().entries()[0].ending(),
        None,
        "it is being answered"
    );
    drop(socket);
    while stage.emulator.journal().entries()[0].ending().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let entry = stage.emulator.journal().entries()[0].clone();
    assert_eq!(
        (entry.ending().unwrap().name(), entry.status()),
        ("abandoned", None)
    );
    assert_eq!(stage.task(&entry.task_ids()[0]).await["status"], "SUCCESS");
}

#[tokio::test]
async fn a_fate_comes_when_the_task_would_have_ended() {
    for (fate, status) in [
        (Fate::Fails, "FAIL"),
        (Fate::Expires, "EXPIRED"),
        (Fate::Hangs, "CREATING"),
        (Fate::UnknownStatus, "ARCHIVED"),
        (Fate::Vanishes, ""),
    ] {
        let script = FaultScript::new().with(Fault::task(fate).nth(1));
        let stage =
            Stage::start(|builder| builder.faults(script).export_delay(Duration::from_secs(100))).await;
        let (id, other) = (stage.submit().await, stage.submit().await);
        assert_eq!(stage.task(&id).await["status"], "CREATING", "{fate:?}");
        stage.emulator.set_clock_offset(100);
        assert_eq!(
            stage.task(&id).await["status"].as_str().unwrap_or_default(),
            status,
            "{fate:?}"
        );
        assert_eq!(stage.task(&other).await["status"], "SUCCESS", "{fate:?}");
    }
}

#[tokio::test]
async fn revoked_credentials_are_refused_by_the_call_itself_and_afterwards() {
    let script = FaultScript::new().with(Fault::revoke_tokens().on(ListSessions).nth(2));
    let stage = Stage::start(|builder| builder.faults(script)).await;
    let mut socket = stage.socket().await;
    for status in [200, 401, 401] {
        assert_eq!(
            stage.call_on(&mut socket, ListSessions, "").await.status(),
            Some(status)
        );
    }
    assert_eq!(stage.call(FaultOperation::CreateToken).await.status(), Some(201));
    assert_eq!(stage.call(CreateTemporaryKey).await.status(), Some(401));
}

#[tokio::test]
async fn a_clock_that_is_off_shows_in_dates_and_refuses_old_tokens() {
    let script = FaultScript::new().with(Fault::clock(86_400).nth(2));
    let stage = Stage::start(|builder| builder.faults(script)).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let reply = stage.call(ListSessions).await;
        seen.push((
            reply.status().unwrap(),
            reply.header("date").unwrap()[5..16].to_owned(),
        ));
    }
    let day = |status, date: &str| (status, date.to_owned());
    assert_eq!(
        seen,
        [
            day(200, "01 Mar 2024"),
            day(401, "02 Mar 2024"),
            day(200, "01 Mar 2024")
        ]
    );
    stage.emulator.set_clock_offset(-3_600);
    let reply = stage.call(ListSessions).await;
    assert_eq!(reply.header("date"), Some("Fri, 01 Mar 2024 09:00:00 GMT"));
    stage.emulator.set_clock_offset(i64::MAX);
    assert_eq!(stage.emulator.clock_offset(), 315_360_000);
}

#[tokio::test]
async fn a_pause_ends_when_the_emulator_stops() {
    let script = FaultScript::new().with(Fault::delay(Duration::from_secs(3_000)).on(ListSessions));
    let stage = Stage::start(|builder| builder.faults(script)).await;
    let mut socket = stage.socket().await;
    let (method, target, _) = stage.call_of(ListSessions, "");
    let request = socket.request(method, &target, &stage.headers(), b"");
    socket.write(&request).await;
    while stage.emulator.journal().entries().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::timeout(Duration::from_secs(4), stage.emulator.shutdown())
        .await
        .unwrap();
    let came = socket.read().await;
    assert_eq!((came.status(), came.after), (Some(200), After::Closed));
}
