//! The simulator itself: a seed is a run, some seeds pass, and what breaks a law is found out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use simulator::{Law, Run, run};

fn of(seed: u64, operations: u64) -> Run {
    Run { seed, operations, breaks: None }
}

#[test]
fn a_seed_is_a_run() {
    for seed in [3, 4] {
        let [one, other] = [(); 2].map(|()| run(of(seed, 60)).unwrap());
        assert_eq!(one, other, "{seed}");
        assert!(one.commits > 0, "{seed}");
    }
}

#[test]
fn seeds_pass() {
    for seed in 10_000..10_030 {
        run(of(seed, 80)).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// The first of so many seeds that notices.
fn found(breaks: Law, operations: u64) -> Option<u64> {
    (1..=40).find(|seed| run(Run { breaks: Some(breaks), ..of(*seed, operations) }).is_err())
}

/// What the contract of a store asks for is asked for because something breaks without it.
#[test]
fn a_store_that_breaks_a_law_is_found_out() {
    let unseen: Vec<Law> = Law::STORES.into_iter().filter(|law| found(*law, 80).is_none()).collect();
    assert_eq!(unseen, []);
}

/// An engine whose clock runs back, that issues a period twice, or has a package live an instant too long is found out as well.
#[test]
fn an_engine_that_breaks_a_rule_is_found_out() {
    let unseen: Vec<Law> = Law::ENGINES.into_iter().filter(|law| found(*law, 200).is_none()).collect();
    assert_eq!(unseen, []);
}

/// Lines of code that the model has: no more than that without a reason.
const MODEL_LINES_MAX: usize = 892;

/// A model that is as large as what it is held to is wrong as often: it grows only where someone says so here.
#[test]
fn the_model_stays_small() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/model");
    let texts =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let code = |text: &String| {
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    let lines: usize = texts.map(|text| code(&text)).sum();
    assert!((1..=MODEL_LINES_MAX).contains(&lines), "{lines} lines: see docs/simulator.md");
}
