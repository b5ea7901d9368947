//! Every choice, both ways. The names are written out as on a command line: a test below reads this module's source
//! and looks for every value of every choice.

mod downloads;
mod exports;
mod filters;
mod gateway;
mod lists;
mod windows;

use std::time::Duration;

use serde_json::Value;
use session_export_emulator::{Emulator, EmulatorError, choices};

use crate::rig::Rig;

/// An emulator with these choices, which exports files that are easy to read.
async fn with(chosen: &[(&str, &str)]) -> Rig {
    Rig::start(|builder| {
        let builder = builder.choice("file-format", "csv").unwrap();
        chosen.iter().fold(builder, |builder, (name, value)| {
            builder.choice(name, value).unwrap()
        })
    })
    .await
}

/// The ids in the file of an export with this filter.
async fn exported(rig: &Rig, filter: &Value) -> Vec<String> {
    let task = rig.submit(filter).await;
    rig.advance(Duration::from_secs(2));
    let reply = rig.download(&task).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    ids_of_csv(&reply.body)
}

fn ids_of_csv(bytes: &[u8]) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let rows = reader.records().map(|row| row.unwrap()[0].to_owned());
    rows.collect()
}

/// The ids of all sessions in a list.
async fn listed(rig: &Rig, query: &str) -> Vec<String> {
    let rows = rig.list_all(query).await;
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_value_of_every_choice_is_tested_here() {
    let sources = concat!(
        include_str!("downloads.rs"),
        include_str!("exports.rs"),
        include_str!("filters.rs"),
        include_str!("gateway.rs"),
        include_str!("lists.rs"),
        include_str!("windows.rs"),
    );
    let missing: Vec<_> = choices()
        .flat_map(|choice| choice.values.iter().map(move |value| (choice.name, value.value)))
        .filter(|(name, value)| {
            let number = value.bytes().all(|byte| byte.is_ascii_uppercase());
            let wanted = if number {
                format!("(\"{name}\", \"")
            } else {
                format!("(\"{name}\", \"{value}\")")
            };
            !sources.contains(&wanted)
        })
        .collect();
    assert!(missing.is_empty(), "without a test: {missing:?}");
}

#[tokio::test]
async fn unknown_names_and_values_are_refused_with_what_there_is() {
    let error = Emulator::builder().choice("frames", "chunked").unwrap_err();
    assert!(
        matches!(&error, EmulatorError::UnknownChoice { known, .. } if known.contains("framing")),
        "{error}"
    );
    let error = Emulator::builder().choice("framing", "none").unwrap_err();
    assert!(error.to_string().contains("length, chunked, close"), "{error}");
    // A number is read here, and its bounds are looked at when the emulator starts.
    let builder = Emulator::builder().choice("retention", "315360001").unwrap();
    let error = builder.start().await.unwrap_err();
    assert!(
        matches!(
            error,
            EmulatorError::InvalidOption {
                option: "retention",
                ..
            }
        ),
        "{error}"
    );
}
