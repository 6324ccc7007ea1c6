//! The tests of the copy: what each reaches, and whether one of those that reach a mutant fails because of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::copy::Program;
use crate::step::Step;

/// The random numbers of the properties are the same in every run, and what a mutant breaks is not kept for the next one.
const PROPERTIES: [(&str, &str); 2] =
    [("PROPTEST_RNG_SEED", "7"), ("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")];

/// A test is quick up to this; the others are asked when no quick one has failed.
const QUICK: Duration = Duration::from_millis(300);

/// Too slow to be run for each survivor.
const LEFT_OUT: [&str; 1] = ["om_05_among_a_hundred_thousand_the_one_that_expires_first_pays"];

/// What a run may take beside five times what it took without a mutant.
const PATIENCE: Duration = Duration::from_secs(8);

/// Memory of one run: a mutant that fills it ends itself.
const KIBIBYTES_MAX: u32 = 4_000_000;

/// One test of one program.
pub(super) struct Test<'a> {
    program: &'a Program,
    name: String,
    took: Duration,
    /// Mutants that it reaches.
    reaches: Vec<bool>,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A test failed: which one.
    Caught(String),
    /// A test did not end in time.
    TimedOut(String),
    /// No test failed, of so many that reach it.
    Missed(usize),
}

/// How a run of some tests of one program ended.
enum Ended {
    Passed,
    Failed(String),
    TimedOut(String),
}

/// Runs every test once without a mutant, one process each, and keeps what it reaches.
pub(super) fn recorded<'a>(
    programs: &'a [Program],
    mutants: usize,
    folder: &Path,
    jobs: usize,
) -> Result<Vec<Test<'a>>> {
    let mut names = Vec::new();
    for program in programs {
        let output = command(program).args(["--list", "--format", "terse"]).output()?;
        let listed = String::from_utf8(output.stdout)?;
        names.extend(
            listed
                .lines()
                .filter_map(|line| line.strip_suffix(": test"))
                .filter(|name| !LEFT_OUT.contains(name))
                .map(|name| (program, name.to_owned())),
        );
    }
    let step = Step::begin(format!("recording what {} tests reach", names.len()));
    let tests = in_parallel(&names, jobs, &step, |index, (program, name)| {
        let path = folder.join(format!("reached-{index}"));
        let _ = fs::remove_file(&path);
        let started = Instant::now();
        let output = command(program)
            .args(["--exact", name])
            .env("MUTANTS_REACHED", &path)
            .output()
            .with_context(|| format!("cannot start `{}`", program.path.display()))?;
        if !output.status.success() {
            bail!("`{name}` fails without a mutant: {}", String::from_utf8_lossy(&output.stdout).trim());
        }
        let took = started.elapsed();
        let mut reaches = vec![false; mutants];
        for line in fs::read_to_string(&path).unwrap_or_default().lines() {
            if let Some(reached) = line.parse::<usize>().ok().and_then(|number| reaches.get_mut(number)) {
                *reached = true;
            }
        }
        let _ = fs::remove_file(&path);
        Ok(Test { program, name: name.clone(), took, reaches })
    })?;
    step.done();
    Ok(tests)
}

/// Runs, for each of the mutants, the tests that reach it; `tell` is told at once what came of it.
pub(super) fn tried(
    tests: &[Test<'_>],
    numbers: &[usize],
    jobs: usize,
    tell: impl Fn(usize, &Outcome) -> Result<()> + Sync,
) -> Result<Vec<Outcome>> {
    let step = Step::begin(format!("trying {} mutants", numbers.len()));
    let outcomes = in_parallel(numbers, jobs, &step, |_, number| {
        let outcome = one(tests, *number)?;
        tell(*number, &outcome)?;
        Ok(outcome)
    })?;
    step.done();
    Ok(outcomes)
}

fn one(tests: &[Test<'_>], number: usize) -> Result<Outcome> {
    let reaching = || tests.iter().filter(|test| test.reaches.get(number) == Some(&true));
    for quick in [true, false] {
        let mut runs: BTreeMap<&Path, Vec<&Test<'_>>> = BTreeMap::new();
        for test in reaching().filter(|test| (test.took <= QUICK) == quick) {
            runs.entry(&test.program.path).or_default().push(test);
        }
        let mut runs: Vec<Vec<&Test<'_>>> = runs.into_values().collect();
        runs.sort_by_key(|run| run.iter().map(|test| test.took).sum::<Duration>());
        for run in runs {
            match ended(&run, number)? {
                Ended::Passed => {}
                Ended::Failed(test) => return Ok(Outcome::Caught(test)),
                Ended::TimedOut(test) => return Ok(Outcome::TimedOut(test)),
            }
        }
    }
    Ok(Outcome::Missed(reaching().count()))
}

/// Runs tests of one program, until the first that fails.
fn ended(tests: &[&Test<'_>], number: usize) -> Result<Ended> {
    let Some(first) = tests.first() else { return Ok(Ended::Passed) };
    let took: Duration = tests.iter().map(|test| test.took).sum();
    let deadline = Instant::now().checked_add(PATIENCE.saturating_add(took.saturating_mul(5)));
    let mut child = command(first.program)
        .args(["--exact", "--test-threads=1"])
        .args(tests.iter().map(|test| &test.name))
        .env("MUTANT", number.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{}`", first.program.path.display()))?;
    let lines = lines(&mut child)?;
    let named = |name: &str| format!("{} {name}", first.program.name);
    let mut last = named(&first.name);
    loop {
        let rest = deadline.map_or(PATIENCE, |deadline| deadline.saturating_duration_since(Instant::now()));
        match lines.recv_timeout(rest) {
            Ok(line) => {
                let Some((name, result)) = told(&line) else { continue };
                last = named(name);
                if result == "FAILED" {
                    stop(&mut child)?;
                    return Ok(Ended::Failed(last));
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                stop(&mut child)?;
                return Ok(Ended::TimedOut(format!("after {last}")));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let passed = child.wait()?.success();
                return Ok(if passed { Ended::Passed } else { Ended::Failed(format!("after {last}")) });
            }
        }
    }
}

/// `test name ... result`.
fn told(line: &str) -> Option<(&str, &str)> {
    let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
    Some((name.strip_suffix(" - should panic").unwrap_or(name), result))
}

fn stop(child: &mut Child) -> Result<()> {
    // It may have ended meanwhile.
    let _ = child.kill();
    child.wait()?;
    Ok(())
}

fn lines(child: &mut Child) -> Result<mpsc::Receiver<String>> {
    let out = child.stdout.take().context("a child without output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// The program with a limit on its memory, where the system has one.
fn command(program: &Program) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -v {KIBIBYTES_MAX} 2>/dev/null; exec \"$0\" \"$@\"")])
        .arg(&program.path)
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .envs(PROPERTIES)
        .env_remove("MUTANT")
        .env_remove("MUTANTS_REACHED");
    command
}

/// Does so many at a time, and gives what came of each in their order.
fn in_parallel<T: Sync, R: Send>(
    inputs: &[T],
    jobs: usize,
    step: &Step,
    each: impl Fn(usize, &T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(input) = inputs.get(index) else { return };
                    let result = each(index, input);
                    if let Ok(mut done) = done.lock() {
                        done.insert(index, result);
                    }
                }
            });
        }
        while let Some(last) = inputs.len().checked_sub(1) {
            let count = done.lock().map_or(0, |done| done.len());
            step.at(&format!("{count} of {}", inputs.len()));
            if count > last {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    done.into_inner().unwrap_or_default().into_values().collect()
}
