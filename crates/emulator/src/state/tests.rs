use std::ops::Bound;

use proptest::prelude::*;

use super::event::FilterRecord;
use super::*;
use crate::data::{Criteria, Dataset, Name, State};
use crate::options::ExportFormat;
use crate::time;

const ID: &str = "0123456789abcdef0123456789abcdef";

fn header() -> Header {
    Header {
        event: event::HeaderEvent::Begin,
        version: VERSION,
        anchor: time::from_millis(1_709_251_200_000),
        options: BTreeMap::from([("seed".to_owned(), Value::from(1))]),
        data: BTreeMap::new(),
    }
}

fn task(id: &str) -> TaskRecord {
    let at = time::from_millis(1_709_287_200_123);
    TaskRecord {
        project_id: "p".to_owned(),
        task_id: id.to_owned(),
        file_name: "会话.xlsx".to_owned(),
        format: ExportFormat::Xlsx,
        create_time: at,
        filter: FilterRecord::from(&Criteria::window(at, Bound::Included(at))),
        sessions: 7,
        exports: 1,
        fate: None,
        file: None,
        is_download: false,
    }
}

/// One event of each kind, and some that undo others.
fn story() -> Vec<Event> {
    let at = time::from_millis(1_709_287_200_000);
    let (first, second) = (ID.to_owned(), ID.replace('0', "f"));
    let text = str::to_owned;
    let actor = || ActorRecord {
        user_id: text("u"),
        agency_id: Some(text("a")),
        scope: ScopeRecord::Project(text("p")),
    };
    let token = |token: &str| {
        Event::Token(GrantRecord {
            token: text(token),
            actor: actor(),
            methods: vec![text("password")],
            issued_at: at,
            expires_at: DateTime::<Utc>::MAX_UTC,
        })
    };
    let key = |access: &str| {
        Event::Key(KeyRecord {
            access_key: text(access),
            secret_key: text("s"),
            security_token: text("t"),
            actor: ActorRecord {
                agency_id: None,
                scope: ScopeRecord::Domain(text("d")),
                ..actor()
            },
            expires_at: at,
        })
    };
    vec![
        Event::User(UserRecord {
            user_id: text("u"),
            name: text("张三"),
            password: text("p\"\\\n"),
            access_key: text("AK"),
            secret_key: text("SK"),
        }),
        token("one"),
        Event::Task(Box::new(task(&first))),
        Event::Fate {
            task_id: first.clone(),
            fate: crate::Fate::Fails,
        },
        Event::Task(Box::new(TaskRecord {
            exports: 2,
            ..task(&second)
        })),
        Event::File {
            task_id: second.clone(),
            file: FileRecord::Written { at, bytes: 12 },
        },
        Event::Downloaded {
            task_id: second.clone(),
        },
        Event::TokensRevoked,
        token("two"),
        key("one"),
        Event::KeysRevoked,
        key("two"),
        Event::MetadataToken(MetadataRecord {
            token: text("m"),
            expires_at: at,
        }),
        Event::Deleted {
            task_ids: vec![first],
        },
        Event::File {
            task_id: second.clone(),
            file: FileRecord::Gone,
        },
        // It was whole a moment too late.
        Event::File {
            task_id: second,
            file: FileRecord::Written { at, bytes: 12 },
        },
        Event::Accepted {
            project_id: text("p"),
            exports: 9,
        },
    ]
}

fn lines(events: &[Event]) -> Vec<u8> {
    let mut log = Vec::new();
    log::write_line(&mut log, &header()).unwrap();
    for event in events {
        log::write_line(&mut log, event).unwrap();
    }
    log
}

fn read(log: &[u8]) -> Vec<Event> {
    let (found, kept) = Kept::read(log).unwrap();
    assert_eq!(found, header());
    kept.events().collect()
}

#[test]
fn a_log_that_is_cut_off_at_any_byte_is_read_up_to_its_last_whole_line() {
    let story = story();
    let log = lines(&story);
    let ends: Vec<usize> = (0..log.len()).filter(|at| log[*at] == b'\n').collect();
    assert_eq!(ends.len(), story.len() + 1);
    for cut in 0..=log.len() {
        // A line without its end is whole, too.
        let whole = ends.iter().filter(|end| **end <= cut).count();
        match whole.checked_sub(1) {
            Some(events) => {
                assert_eq!(read(&log[..cut]), read(&lines(&story[..events])), "at byte {cut}");
            }
            // The first line is never written in place, so that nothing but damage cuts it off.
            None => assert!(matches!(Kept::read(&log[..cut]), Err(Unreadable::Line(1, _)))),
        }
    }
}

#[test]
fn what_a_log_adds_up_to_is_written_down_in_fewer_lines_that_add_up_to_the_same() {
    let kept = read(&lines(&story()));
    assert_eq!(kept.len(), 6, "{kept:?}");
    assert_eq!(read(&lines(&kept)), kept);
    let Some(Event::Task(task)) = kept.iter().find(|event| matches!(event, Event::Task(_))) else {
        panic!("no task: {kept:?}")
    };
    assert!(task.is_download);
    assert_eq!(task.file, Some(FileRecord::Gone));
    let names: Vec<&str> = kept
        .iter()
        .map(|event| match event {
            Event::Token(token) => token.token.as_str(),
            Event::Key(key) => key.access_key.as_str(),
            Event::MetadataToken(token) => token.token.as_str(),
            Event::Accepted { exports: 9, .. } => "accepted",
            Event::User(user) => user.name.as_str(),
            _ => "task",
        })
        .collect();
    assert_eq!(names, ["张三", "accepted", "task", "two", "two", "m"]);
}

#[test]
fn damage_before_the_last_line_is_told_with_its_line_and_without_what_stands_there() {
    for damage in [
        "{\"event\":\"token\",\"token\":\"hunter-2\"",
        "{\"event\":\"user\",\"user_id\":1,\"password\":\"hunter-2\"}",
        "{\"event\":\"hunter-2\"}",
        "",
        "\0\0",
        "{\"event\":\"deleted\"}",
    ] {
        let mut log = lines(&[]);
        log.extend_from_slice(format!("{damage}\n").as_bytes());
        log::write_line(&mut log, &Event::TokensRevoked).unwrap();
        match Kept::read(&log) {
            Err(Unreadable::Line(2, fault)) => assert!(!fault.contains("hunter-2"), "{fault}"),
            other => panic!("{damage:?}: {other:?}"),
        }
    }
    // No file outside of the directory is ever named by a log.
    let mut log = lines(&[
        Event::Task(Box::new(task("../../etc/passwd"))),
        Event::KeysRevoked,
    ]);
    assert!(matches!(Kept::read(&log), Err(Unreadable::Line(2, _))));
    log = lines(&[]);
    let newer = String::from_utf8(log)
        .unwrap()
        .replace("\"version\":2", "\"version\":3,\"new\":{}");
    assert_eq!(Kept::read(newer.as_bytes()).unwrap_err(), Unreadable::Version(3));
}

#[test]
fn as_many_tokens_are_kept_as_an_emulator_remembers() {
    let Event::Token(token) = story().swap_remove(1) else {
        panic!("not the token")
    };
    let number = |number: usize| {
        Event::Token(GrantRecord {
            token: number.to_string(),
            ..token.clone()
        })
    };
    let events: Vec<Event> = (0..=crate::remembered::CAPACITY).map(number).collect();
    assert_eq!(read(&lines(&events)), events[1..]);
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", story());
    for secret in ["SK", "\"s\"", "\"t\"", "\"two\"", "\"m\""] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_down_is_told_and_a_stopped_emulator_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
    let lock = File::create(directory.path().join(LOCK)).unwrap();
    let store = Store(Some(Arc::new(Disk {
        exports: directory.path().to_owned(),
        log: Mutex::new(Some((Log::new(full).unwrap(), lock))),
        failure: Mutex::default(),
    })));
    assert_eq!(store.failure(), None);
    store.note(|| Event::KeysRevoked);
    let failure = store.failure().unwrap();
    assert!(failure.starts_with("No space left on device"), "{failure}");
    assert!(store.record(|| Event::KeysRevoked).is_err());
    store.close();
    let error = store.record(|| Event::KeysRevoked).unwrap_err();
    assert_eq!(error.to_string(), "the emulator has stopped");
    // In memory nothing is made that nobody would read.
    Store::default()
        .record(|| unreachable!("there is no log"))
        .unwrap();
}

#[test]
fn other_sessions_have_another_fingerprint() {
    let made = |seed, count, days| {
        Dataset::generate(seed, count, days, time::from_millis(1_700_000_000_000), "p").fingerprint()
    };
    let usual = made(1, 500, 60);
    assert_eq!(usual, made(1, 500, 60));
    assert_eq!(usual.len(), 32);
    for other in [
        made(2, 500, 60),
        made(1, 501, 60),
        made(1, 500, 61),
        made(1, 0, 60),
    ] {
        assert_ne!(usual, other);
    }
    let given = |text: &'static str| {
        let source = crate::RowSource::reader("rows", crate::RowFormat::Csv, text.as_bytes());
        source.read().unwrap().fingerprint()
    };
    let usual = given("start_time,login_user,app_name\n2024-02-27T03:47:51Z,a,\n");
    for other in [
        "start_time,login_user,app_name\n2024-02-27T03:47:51Z,b,\n",
        "start_time,login_user,app_name\n2024-02-27T03:47:51Z,,a\n",
        "start_time,login_user,app_name\n2024-02-27T03:47:52Z,a,\n",
        "start_time\n",
    ] {
        assert_ne!(usual, given(other));
    }
}

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    prop_oneof![
        Just(DateTime::<Utc>::MIN_UTC),
        Just(DateTime::<Utc>::MAX_UTC),
        (-8_000_000_000_000_i64..8_000_000_000_000, 0_u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap_or_default()),
    ]
}

proptest! {
    #[test]
    fn a_filter_is_read_back_as_it_was(
        begin in moments(),
        end in moments(),
        included in any::<bool>(),
        name in prop_oneof![
            Just(None),
            ".{0,9}".prop_map(|name| Some(Name::Whole(name))),
            ".{0,9}".prop_map(|name| Some(Name::Part(name))),
        ],
        texts in prop::collection::vec(prop::option::of(".{0,9}"), 4),
        states in prop::option::of(prop::collection::vec(prop::sample::select(State::ALL.to_vec()), 0..6)),
        success in any::<Option<bool>>(),
    ) {
        let criteria = Criteria {
            user_name: name,
            app_server_group_id: texts[0].clone(),
            vm_ip: texts[1].clone(),
            public_ip: texts[2].clone(),
            machine_name: texts[3].clone(),
            states,
            success,
            ..Criteria::window(begin, if included { Bound::Included(end) } else { Bound::Excluded(end) })
        };
        let text = serde_json::to_string(&FilterRecord::from(&criteria)).unwrap();
        let read: FilterRecord = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read.criteria(), criteria);
    }

    #[test]
    fn no_log_makes_it_panic(log in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = Kept::read(&log);
        let mut log = lines(&story());
        let at = at.index(log.len());
        log[at] = byte;
        let _ = Kept::read(&log);
    }
}
