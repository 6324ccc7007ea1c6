//! `simulator --seeds N [--seed S] [--operations N] [--coverage]`: runs seeds, tells of those that fail, and ends with `N passed, M failed`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program")]

use lexopt::prelude::*;
use simulator::{Done, Run, run, smallest};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Failures that are told in full.
const TOLD_MAX: u64 = 3;

struct Arguments {
    seeds: u64,
    first: u64,
    operations: u64,
    coverage: bool,
}

fn arguments() -> Result<Arguments, lexopt::Error> {
    let mut arguments = Arguments { seeds: 1, first: 1, operations: 200, coverage: false };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => arguments.seeds = parser.value()?.parse()?,
            Long("seed") => arguments.first = parser.value()?.parse()?,
            Long("operations") => arguments.operations = parser.value()?.parse()?,
            Long("coverage") => arguments.coverage = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(arguments)
}

/// What all runs have come to.
#[derive(Default)]
struct Total {
    done: Done,
    passed: u64,
    failed: u64,
    told: Option<Instant>,
}

impl Total {
    fn tell(&mut self, seeds: u64) {
        if self.told.is_none_or(|told| told.elapsed() > Duration::from_secs(2)) {
            self.told = Some(Instant::now());
            let done = &self.done;
            let ran = self.passed.saturating_add(self.failed);
            eprintln!(
                "{ran} of {seeds} seeds: {} operations, {} of them faulted, {} calls, {} commits, {} faults",
                done.operations,
                done.faulted,
                done.calls,
                done.commits,
                done.coverage.faults()
            );
        }
    }
}

/// The commit that a seed belongs to.
fn commit() -> String {
    let told = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let told = told.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    told.map_or_else(|| "unknown".to_owned(), |hash| String::from_utf8_lossy(&hash).trim().to_owned())
}

fn work(arguments: &Arguments, next: &AtomicU64, total: &Mutex<Total>) {
    loop {
        let place = next.fetch_add(1, Ordering::Relaxed);
        if place >= arguments.seeds {
            return;
        }
        let seed = arguments.first.saturating_add(place);
        let operations = arguments.operations;
        let this = Run { seed, operations, breaks: None };
        let outcome = run(this);
        let Ok(mut total) = total.lock() else { return };
        match outcome {
            Ok(done) => {
                total.passed = total.passed.saturating_add(1);
                total.done.add(&done);
            }
            Err(problem) => {
                total.failed = total.failed.saturating_add(1);
                if total.failed <= TOLD_MAX {
                    // The smallest run may take its time.
                    println!("\nseed {seed} of commit {} fails\n  {problem}", commit());
                    let failure = smallest(this, problem);
                    println!("at its smallest: {}", failure.problem);
                    println!("smallest: --seed {seed} with {}; its last steps:", failure.smallest);
                    failure.steps.iter().for_each(|step| println!("  {step}"));
                }
            }
        }
        total.tell(arguments.seeds);
    }
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    // A panic is told with its run.
    std::panic::set_hook(Box::new(|_| {}));
    let (next, total) = (AtomicU64::new(0), Mutex::new(Total::default()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(&arguments, &next, &total));
        }
    });
    let Ok(mut total) = total.into_inner() else { return ExitCode::FAILURE };
    total.told = None;
    total.tell(arguments.seeds);
    if arguments.coverage {
        println!("{}", total.done.coverage.table());
        let problems = total.done.coverage.unexplained();
        for problem in &problems {
            println!("coverage: {problem}");
        }
        total.failed = total.failed.saturating_add(u64::from(!problems.is_empty()));
        total.passed = total.passed.saturating_add(u64::from(problems.is_empty()));
    }
    println!(
        "commit {}, seeds {} to {}",
        commit(),
        arguments.first,
        arguments.first.saturating_add(arguments.seeds).saturating_sub(1)
    );
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
