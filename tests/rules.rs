//! Every numbered rule of the domain about packages, spending, recurring credits, limits and legacy accounts: a test of its number, on
//! the profiles that ship. docs/rules.md says each rule in a line.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::similar_names,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

mod rules {
    mod accounts;
    mod holds;
    mod limits;
    mod numbers;
    mod packages;
    mod paying;
    mod recharge;
    mod renewing;
    mod sellers;
}

use std::fs;
use std::path::{Path, PathBuf};

/// What is shown here; the rules about buying are shown by docs/seeds.md and the scenarios.
fn numbers() -> Vec<String> {
    (1..=7).chain(17..=34).map(|number| format!("{number:02}")).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tests of this folder, as `tests/rules/packages.rs::rule_01_…`, by their names.
fn tests() -> Vec<String> {
    let mut found = Vec::new();
    for file in fs::read_dir(root().join("tests/rules")).unwrap() {
        let path: PathBuf = file.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = source.lines().collect();
        for pair in lines.windows(2) {
            let name = pair[1].strip_prefix("fn rule_").and_then(|name| name.strip_suffix("() {"));
            if let (["#[test]", _], Some(name)) = (pair, name) {
                let file = path.file_name().unwrap().to_str().unwrap();
                found.push(format!("tests/rules/{file}::rule_{name}"));
            }
        }
    }
    found.sort_by_key(|test| test.split_once("::").unwrap().1.to_owned());
    found
}

#[test]
fn every_rule_has_its_test() {
    let numbered = |test: &String| test.split_once("::rule_").unwrap().1.chars().take(2).collect::<String>();
    assert_eq!(tests().iter().map(numbered).collect::<Vec<_>>(), numbers());
}

#[test]
fn the_table_names_them_and_no_others() {
    let docs = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let rows = docs.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #"));
    let mut named = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, rule, test] = cells[..] else { panic!("a row has three cells: {row}") };
        assert!(!rule.is_empty());
        let test = test.trim_matches('`');
        assert!(test.contains(&format!("::rule_{number:0>2}_")), "{row}");
        named.push(test.to_owned());
    }
    assert_eq!(named, tests());
}
