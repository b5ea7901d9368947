//! Checks a document against a schema of docs/json-schema. Only the words that those schemas use are known, and another one
//! fails: a rule that nobody checks would be no rule. `just json-schema` checks the same with a validator of another make.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Words that only describe.
const NOTES: [&str; 6] = ["$schema", "$id", "$defs", "title", "description", "required"];

/// `name` are the words of a command.
fn file(name: &str) -> PathBuf {
    let name = name.replace(' ', "-");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/json-schema/{name}.json"))
}

/// Whether there is a schema of this name.
pub(crate) fn exists(name: &str) -> bool {
    file(name).is_file()
}

/// What is wrong with a document, each fault with its place; nothing if it is as the schema of this name says. A field
/// that the schema does not name is a fault, because it is not documented.
pub(crate) fn faults(name: &str, document: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let root: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(
        root["$id"],
        format!("session-export/{}/v1", name.replace(' ', "-"))
    );
    let mut faults = Vec::new();
    check(&root, &root, document, "$", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let mut fail = |problem: String| faults.push(format!("{place}: {problem}: {value}"));
    for (word, rule) in schema.as_object().unwrap_or_else(|| panic!("{place}: {schema}")) {
        match word.as_str() {
            "const" if value != rule => fail(format!("it is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => fail(format!("it is none of {rule}")),
            "type" if !is_of_type(rule, value) => fail(format!("it is no {rule}")),
            "minimum" if value.as_i64().is_some_and(|value| value < rule.as_i64().unwrap()) => {
                fail(format!("it is below {rule}"));
            }
            "format" => {
                assert_eq!(rule, "date-time");
                // All of ours are UTC with a `Z`.
                let is_time =
                    |text: &str| text.ends_with('Z') && session_export::parse_timestamp(text).is_ok();
                if value.as_str().is_some_and(|text| !is_time(text)) {
                    fail("it is no time in UTC".to_owned());
                }
            }
            "const" | "enum" | "type" | "minimum" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(pointer).unwrap(), value, place, faults);
                return;
            }
            "anyOf" => {
                let branches = rule.as_array().unwrap().iter().map(|branch| {
                    let mut found = Vec::new();
                    check(root, branch, value, place, &mut found);
                    found
                });
                // The branch that is nearest is probably the one that was meant.
                faults.extend(branches.min_by_key(Vec::len).unwrap());
                return;
            }
            // With the fields that have names.
            "additionalProperties" => assert!(schema["properties"].is_object(), "{place}"),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{place}[{index}]"), faults);
                }
                return;
            }
            "properties" => {
                fields(root, schema, rule, value, place, faults);
                return;
            }
            note => assert!(NOTES.contains(&note), "{place}: nobody checks {note:?}"),
        }
    }
}

fn fields(
    root: &Value,
    schema: &Value,
    properties: &Value,
    value: &Value,
    place: &str,
    faults: &mut Vec<String>,
) {
    let Some(object) = value.as_object() else {
        faults.push(format!("{place}: it is no object: {value}"));
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            faults.push(format!("{place}: it has no {name}"));
        }
    }
    for (name, value) in object {
        match properties.get(name) {
            Some(schema) => check(root, schema, value, &format!("{place}.{name}"), faults),
            None => match schema.get("additionalProperties") {
                Some(rule) => check(root, rule, value, &format!("{place}.{name}"), faults),
                None => faults.push(format!("{place}.{name} is not documented")),
            },
        }
    }
}

fn is_of_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("there is no type {other}"),
    };
    match rule {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}
