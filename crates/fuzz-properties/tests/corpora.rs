//! Every input that is checked in goes through its property, and no target is forgotten.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use session_export_fuzz_properties::PROPERTIES;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn names_in(folder: &str) -> BTreeSet<String> {
    fs::read_dir(fuzz().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_input_of_the_corpora_has_its_property() {
    let mut failed = Vec::new();
    for (name, property) in PROPERTIES {
        let mut inputs: Vec<_> = fs::read_dir(fuzz().join("corpus").join(name))
            .unwrap_or_else(|error| panic!("no corpus for {name}: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "the corpus of {name} is empty");
        for path in inputs {
            let input = fs::read(&path).unwrap();
            // Inputs that end early are the simplest of hostile ones.
            let ends = (0..input.len())
                .step_by(input.len() / 32 + 1)
                .chain([input.len()]);
            let holds = |end: &usize| catch_unwind(|| property(&input[..*end])).is_ok();
            if let Some(end) = ends.into_iter().find(|end| !holds(end)) {
                failed.push(format!("{name}: {} up to byte {end}", path.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_property_has_a_target_and_a_corpus_and_the_other_way_round() {
    let properties: BTreeSet<_> = PROPERTIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names_in("fuzz_targets"), properties);
    assert_eq!(names_in("corpus"), properties);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in &properties {
        let target = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            target.contains(&format!("session_export_fuzz_properties::{name}(data)")),
            "{target}"
        );
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
    assert!(names_in("dictionaries").is_subset(&properties));
}
