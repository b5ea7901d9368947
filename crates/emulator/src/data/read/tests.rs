use std::ops::Bound;

use super::*;
use crate::data::{Criteria, Dataset, Given, Name, State};

fn from_csv(text: impl AsRef<[u8]>) -> Result<Dataset, String> {
    given(csv(text.as_ref()))
}

fn from_json(text: impl AsRef<[u8]>) -> Result<Dataset, String> {
    given(json_lines(text.as_ref()))
}

fn given(rows: Result<Vec<GivenRow>, Fault>) -> Result<Dataset, String> {
    match rows {
        Ok(rows) => Ok(Dataset::Given(Given::new(rows))),
        Err(Fault::Row { line, fault }) => Err(format!("{line}: {fault}")),
        Err(Fault::Io(error)) => Err(error.to_string()),
    }
}

fn rows(data: &Dataset) -> Vec<Value> {
    (0..).map_while(|position| data.json(position)).collect()
}

#[test]
fn both_formats_give_the_same_rows_sorted_by_start() {
    let text = "\u{feff}login_user,start_time,id,failed_reason\r\n\
        张三,2024-02-27T03:47:51.182Z,b,\"a, \"\"quoted\"\"\nreason\"\r\n\
        o'brien,2024-02-28 00:00:00,,\r\n\
        李四,2024-02-27T11:47:51.182+08:00,a,=1+1\r\n";
    let lines = r#"
        {"login_user":"张三","start_time":"2024-02-27T03:47:51.182Z","id":"b","failed_reason":"a, \"quoted\"\nreason"}
        {"login_user":"o'brien","start_time":"2024-02-28 00:00:00","id":null}

        {"id":"a","login_user":"李四","start_time":"2024-02-27T11:47:51.182+08:00","failed_reason":"=1+1"}"#;
    let (one, other) = (from_csv(text).unwrap(), from_json(lines).unwrap());
    assert_eq!(rows(&one), rows(&other));
    let expected = [
        serde_json::json!({ "login_user": "o'brien", "start_time": "2024-02-28 00:00:00" }),
        serde_json::json!({ "id": "a", "login_user": "李四", "start_time": "2024-02-27T11:47:51.182+08:00",
            "failed_reason": "=1+1" }),
        serde_json::json!({ "id": "b", "login_user": "张三", "start_time": "2024-02-27T03:47:51.182Z",
            "failed_reason": "a, \"quoted\"\nreason" }),
    ];
    assert_eq!(rows(&one), expected);
    assert_eq!(rows(&from_csv("start_time\n").unwrap()).len(), 0);
    assert_eq!(rows(&from_json("").unwrap()).len(), 0);
}

#[test]
fn errors_name_the_line_and_the_field() {
    let long = "x".repeat(4_097);
    let longer = "start_time,id\n2024-02-27T03:47:51Z,\"".to_owned() + &"x\n".repeat(100_000);
    for (text, expected) in [
        ("", "1: the file is empty: the first line must name the fields"),
        ("start_time,user\n", "1: \"user\": SessionInfo has no such field"),
        ("start_time,id,id\n", "1: id: the column is there twice"),
        ("id\nx\n", "2: start_time: is missing"),
        (
            "id,start_time\nx,2024-02-27T03:47:51Z\ny,\n",
            "3: start_time: is missing",
        ),
        (
            "start_time\n27.02.2024\n",
            "2: start_time: must be a time such as 2024-02-27T03:47:51.182Z",
        ),
        (
            "start_time,id\n2024-02-27T03:47:51Z\n",
            "2: has 1 values, and the header has 2 names",
        ),
        (
            "start_time,app_name\n2024-02-27T03:47:51Z,a\u{1}b\n",
            "2: app_name: has a control character",
        ),
        (
            &format!("start_time,app_name\n2024-02-27T03:47:51Z,\"a\nb\"\n2024-02-27T03:47:51Z,{long}\n"),
            "4: app_name: has more than 4,096 characters",
        ),
        (&longer, "2: the row has more than 65,535 bytes"),
    ] {
        assert_eq!(from_csv(text).map(|_| ()), Err(expected.to_owned()));
    }
    assert_eq!(
        from_csv(b"start_time,id\n2024-02-27T03:47:51Z,\xff\n").map(|_| ()),
        Err("2: is not UTF-8".to_owned())
    );
    let valid = r#"{"start_time":"2024-02-27T03:47:51Z"}"#;
    for (text, expected) in [
        ("[]", "2: not a JSON object"),
        ("{", "2: not a JSON value on one line"),
        (r#"{"start":"x"}"#, "2: \"start\": SessionInfo has no such field"),
        (r#"{"session_type":1}"#, "2: session_type: must be a string"),
        (r#"{"start_time":""}"#, "2: start_time: is missing"),
        (&"x".repeat(65_536), "2: the row has more than 65,535 bytes"),
        (&" ".repeat(1_000_000), "2: the row has more than 65,535 bytes"),
    ] {
        let text = format!("{valid}\n{text}\n{valid}\n");
        assert_eq!(from_json(text).map(|_| ()), Err(expected.to_owned()));
    }
}

#[test]
fn fields_of_the_longest_kind_are_kept() {
    let name = "张".repeat(4_096);
    let data = from_csv(format!("start_time,login_user\n2024-02-27T03:47:51Z,{name}")).unwrap();
    assert_eq!(rows(&data)[0]["login_user"], name);
}

#[test]
fn filters_look_at_what_is_there() {
    let data = from_csv(
        "start_time,login_user,session_state,failed_code,vm_ip\n\
        2024-02-27T00:00:05Z,Ana,Active,WKS.00000000,10.0.0.1\n\
        2024-02-27T00:00:04Z,ana,Hibernated,,10.0.0.2\n\
        2024-02-27T00:00:03Z,,InitFail,WKS.0407,\n\
        2024-02-27T00:00:02Z,张三,,,10.0.0.1\n",
    )
    .unwrap();
    let all = Criteria::window(time::parse("2024-02-27T00:00:00Z").unwrap().at, Bound::Unbounded);
    let found = |criteria: Criteria| {
        let selection = data.select(&criteria);
        let positions: Vec<u32> = selection.positions(&data).collect();
        assert_eq!(selection.len(), positions.len());
        positions
    };
    assert_eq!(found(all.clone()), [0, 1, 2, 3]);
    let name = |name| Criteria {
        user_name: Some(name),
        ..all.clone()
    };
    assert_eq!(found(name(Name::Whole("Ana".to_owned()))), [0]);
    assert_eq!(found(name(Name::Part("an".to_owned()))), [0, 1]);
    let vm_ip = Some("10.0.0.1".to_owned());
    assert_eq!(found(Criteria { vm_ip, ..all.clone() }), [0, 3]);
    let states = Some(vec![State::Active, State::InitFail]);
    assert_eq!(
        found(Criteria {
            states,
            ..all.clone()
        }),
        [0, 2]
    );
    // Without a code, or with an empty one, a session was created.
    assert_eq!(
        found(Criteria {
            success: Some(true),
            ..all.clone()
        }),
        [0, 1, 3]
    );
    assert_eq!(
        found(Criteria {
            success: Some(false),
            ..all
        }),
        [2]
    );
}
