//! Holds docs/seeds.md to its word: every sentence of the sellers' pages names a test that exists, or says that it is open.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

/// What may stand in place of tests.
const WITHOUT_TESTS: &[&str] = &["open", "host"];

/// The rows of a section: the number, the sentence and what shows it.
fn rows(section: &str) -> Vec<[String; 3]> {
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #"));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
        let row = [cells.next(), cells.next(), cells.next()].map(Option::unwrap_or_default);
        assert_eq!(cells.next(), None, "a row has three cells: {row:?}");
        row
    })
    .collect()
}

/// Whether a test of that name stands in a file.
fn exists(path: &str, name: &str) -> bool {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let Ok(source) = fs::read_to_string(&file) else { return false };
    if file.extension().is_some_and(|extension| extension == "rs") {
        let lines: Vec<_> = source.lines().map(str::trim).collect();
        return lines.join("\n").contains(&["#[test]\nfn ", name, "("].concat());
    }
    source.contains(&["test(\"", name, "\","].concat())
}

fn named(cell: &str) -> Vec<(&str, &str)> {
    cell.split("`, `").map(|test| test.trim_matches('`').split_once("::").unwrap_or((test, ""))).collect()
}

#[test]
fn every_sentence_names_a_test_or_is_open() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/seeds.md");
    let docs = fs::read_to_string(file).unwrap();
    let sections: Vec<_> = docs.split("\n## ").skip(1).map(rows).collect();
    assert_eq!(sections.iter().map(Vec::len).collect::<Vec<_>>(), [22, 17, 22], "sentences of each page");
    let mut missing = Vec::new();
    for section in sections {
        for (index, [number, sentence, shown]) in section.iter().enumerate() {
            assert_eq!(*number, (index + 1).to_string(), "{sentence}");
            assert!(!sentence.is_empty());
            if WITHOUT_TESTS.contains(&shown.as_str()) {
                continue;
            }
            for (path, name) in named(shown) {
                if !exists(path, name) {
                    missing.push(format!("{sentence}: `{path}::{name}`"));
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "no such test");
}

#[test]
fn a_name_that_is_no_tests_is_found_out() {
    assert!(exists("tests/seeds.rs", "a_name_that_is_no_tests_is_found_out"));
    assert!(!exists("tests/seeds.rs", "exists"), "a function, but no test");
    assert!(!exists("tests/seeds.rs", "a_name"));
    assert!(!exists("tests/no_such_file.rs", "a_name_that_is_no_tests_is_found_out"));
    assert!(exists("js/test/facade.test.ts", "segments are counted at once, without a store"));
    assert!(!exists("js/test/facade.test.ts", "segments are counted"));
}
