//! States that an emulator does not start with, and directories that it cannot use.

use std::fs;
use std::path::Path;

use serde_json::json;
use session_export_emulator::{
    Emulator, EmulatorBuilder, EmulatorError, ProjectSpec, RowFormat, RowSource, UserSpec,
};

use super::start;

fn small(directory: &Path) -> EmulatorBuilder {
    Emulator::builder().sessions(5).state_dir(directory)
}

async fn refused(builder: EmulatorBuilder) -> EmulatorError {
    builder.start().await.unwrap_err()
}

/// An error with its causes.
fn told(error: &EmulatorError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[tokio::test]
async fn a_second_emulator_is_kept_out_until_the_first_one_ends() {
    let directory = tempfile::tempdir().unwrap();
    let first = small(directory.path()).start().await.unwrap();
    let log = fs::read(directory.path().join("state.jsonl")).unwrap();
    let error = refused(small(directory.path())).await;
    assert!(matches!(&error, EmulatorError::StateInUse { path } if path == directory.path()));
    assert!(
        error
            .to_string()
            .starts_with("another emulator keeps its state in "),
        "{error}"
    );
    assert_eq!(fs::read(directory.path().join("state.jsonl")).unwrap(), log);
    drop(first);
    let second = small(directory.path()).start().await.unwrap();
    second.shutdown().await;
    // A start that fails late lets go of it, too.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = small(directory.path()).admin(address.local_addr().unwrap());
    assert!(matches!(refused(taken).await, EmulatorError::Listen { .. }));
    small(directory.path()).start().await.unwrap();
}

#[tokio::test]
async fn other_options_are_refused_by_their_names() {
    let directory = tempfile::tempdir().unwrap();
    let rows = |text: &'static str| RowSource::reader("rows", RowFormat::Csv, text.as_bytes());
    let project = || ProjectSpec::new("p").sessions(3).user(UserSpec::new("alice"));
    let usual = || small(directory.path()).project(project());
    drop(usual().start().await.unwrap());
    let log = fs::read(directory.path().join("state.jsonl")).unwrap();
    for (builder, option) in [
        (usual().seed(2), "seed: 1, not 2"),
        (usual().sessions(6), "sessions: 5, not 6"),
        (usual().days(61), "days: 60, not 61"),
        (usual().rows(rows("start_time\n")), "rows: false, not true"),
        (usual().project_id("other"), "project_id: "),
        (
            usual().user_name("other"),
            "user_name: \"emulator-user\", not \"other\"",
        ),
        (usual().domain_name("other"), "domain_name: "),
        (usual().agency("other"), "agency: "),
        (small(directory.path()), "projects: "),
        (usual().project(ProjectSpec::new("q")), "projects: "),
        (
            small(directory.path()).project(project().sessions(4)),
            "projects: ",
        ),
        (
            small(directory.path()).project(project().user(UserSpec::new("bob"))),
            "projects: ",
        ),
    ] {
        let error = refused(builder).await;
        assert!(matches!(error, EmulatorError::StateOption { .. }), "{error}");
        let told = error.to_string();
        let expected = format!("the state belongs to an emulator with another {option}");
        assert!(told.contains(&expected), "{told}");
        assert_eq!(
            fs::read(directory.path().join("state.jsonl")).unwrap(),
            log,
            "{told}"
        );
    }
    drop(usual().start().await.unwrap());

    // Of rows, what counts is what they say.
    let directory = tempfile::tempdir().unwrap();
    let with = |text| small(directory.path()).rows(rows(text));
    drop(
        with("start_time,login_user\n2024-02-27T03:47:51Z,a\n")
            .start()
            .await
            .unwrap(),
    );
    drop(
        with("login_user,start_time\na,2024-02-27T03:47:51Z\n")
            .start()
            .await
            .unwrap(),
    );
    let error = refused(with("start_time,login_user\n2024-02-27T03:47:51Z,b\n")).await;
    assert!(
        error.to_string().contains("another set of sessions in project "),
        "{error}"
    );
    let both = small(directory.path()).export_dir(directory.path());
    assert!(matches!(
        refused(both).await,
        EmulatorError::InvalidOption {
            option: "export_dir",
            ..
        }
    ));
}

#[tokio::test]
async fn another_version_and_damage_are_refused_and_left_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let rig = start(directory.path()).await;
    rig.submit(&json!({})).await;
    drop(rig);
    let path = directory.path().join("state.jsonl");
    let log = fs::read_to_string(&path).unwrap();
    let start = || Emulator::builder().sessions(300).state_dir(directory.path());
    let changed = [
        log.replacen("\"version\":2", "\"version\":7", 1),
        log.replacen("\"event\":\"user\"", "\"event\":\"usher\"", 1),
        log.replacen("\"event\":\"user\"", "\"event\" \"user\"", 1),
        log.lines().skip(1).collect::<Vec<_>>().join("\n"),
        String::new(),
    ];
    for (changed, expected) in changed.iter().zip([
        "the state has version 7, and this emulator reads versions up to 2",
        "line 2 is damaged: it has not the fields of an event",
        "line 2 is damaged: it is not JSON",
        "line 1 is damaged",
        "line 1 is damaged",
    ]) {
        fs::write(&path, changed).unwrap();
        let error = refused(start()).await;
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(&fs::read_to_string(&path).unwrap(), changed);
    }
    fs::write(&path, &log).unwrap();
    start().start().await.unwrap();
}

#[tokio::test]
async fn a_last_line_that_is_cut_off_at_any_byte_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let rig = start(directory.path()).await;
    let kept = rig.submit(&json!({})).await;
    let lost = rig.submit(&json!({ "user_name": "张三" })).await;
    drop(rig);
    let path = directory.path().join("state.jsonl");
    let log = fs::read(&path).unwrap();
    let last = log[..log.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    for cut in last..=log.len() {
        fs::write(&path, &log[..cut]).unwrap();
        let builder = Emulator::builder().sessions(300).state_dir(directory.path());
        let emulator = builder.start().await.unwrap();
        let whole = cut + 1 >= log.len();
        assert_eq!(
            emulator.exports_created(),
            if whole { 2 } else { 1 },
            "at byte {cut}"
        );
        let log = fs::read_to_string(&path).unwrap();
        assert!(log.ends_with('\n') && log.contains(&kept));
        assert_eq!(log.contains(&lost), whole, "at byte {cut}");
    }
}

#[tokio::test]
async fn directories_that_cannot_be_used_are_errors_that_name_them() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "mine").unwrap();
    let with = |name: &str, entry: &str| {
        let state = directory.path().join(name);
        fs::create_dir(&state).unwrap();
        match entry {
            "exports" => fs::write(state.join(entry), "mine").unwrap(),
            _ => fs::create_dir(state.join(entry)).unwrap(),
        }
        (state.clone(), state.join(entry))
    };
    let (log, log_entry) = with("a", "state.jsonl");
    let (exports, exports_entry) = with("b", "exports");
    let (lock, lock_entry) = with("c", "lock");
    let (new, _) = with("d", "state.jsonl.new");
    let new_entry = new.join("state.jsonl");
    for (state, named) in [
        (file.clone(), file.join("exports")),
        (file.join("below"), file.join("below/exports")),
        (log, log_entry),
        (exports, exports_entry),
        (lock, lock_entry),
        (new, new_entry),
    ] {
        let error = refused(small(&state)).await;
        assert!(
            matches!(&error, EmulatorError::State { path, .. } if *path == named),
            "{}",
            told(&error)
        );
        assert!(
            told(&error).len() > error.to_string().len() + 2,
            "{}",
            told(&error)
        );
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}
