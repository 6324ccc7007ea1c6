//! Every test of the product: the suites, their counts, and the last line `N passed, M failed`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::arguments::{Choice, Kind};
use crate::browser::Browser;
use crate::counts::Counts;
use crate::node::Node;
use crate::postgres::Postgres;
use crate::redis;
use crate::runner;
use crate::size;
use crate::step::{self, Step};
use crate::toolchain::{self, WASM_TARGET};
use crate::workspace::Workspace;

/// A JavaScript test that takes longer than this has hung.
const JS_TEST_TIMEOUT_MS: &str = "--test-timeout=120000";

/// Seeds that the simulator runs in every test of the whole: a bit more than a minute on two cores. So many leave no cell of its coverage
/// empty, which is checked as well.
const SIMULATED_SEEDS: &str = "2000";

/// A suite: its name and the child that runs it.
struct Suite {
    name: &'static str,
    command: Command,
}

/// How a suite went.
struct Outcome {
    name: &'static str,
    counts: Counts,
    took: Duration,
    /// Why the suite failed although no test of it did.
    problem: Option<String>,
}

/// Runs the chosen suites one after the other and reports on all of them.
pub(crate) fn all(workspace: &Workspace, node: &Node, choice: Choice) -> Result<ExitCode> {
    let started = Instant::now();
    let wanted = |kind: Kind| choice.only.is_none_or(|only| only == kind);
    let browser = if choice.no_browser || !(wanted(Kind::Wasm) || wanted(Kind::E2e)) {
        None
    } else {
        Some(Browser::present()?)
    };
    let redis = if choice.no_redis || !wanted(Kind::E2e) { None } else { Some(redis::present()?) };
    let postgres = if choice.no_postgres || !wanted(Kind::E2e) {
        None
    } else {
        Some(Postgres::present(workspace, node)?)
    };
    let mut suites = Vec::new();
    if wanted(Kind::Rust) {
        suites.push(rust(workspace));
    }
    if wanted(Kind::Simulator) {
        let mut command = simulator(workspace);
        command.args(["--seeds", SIMULATED_SEEDS, "--coverage"]);
        suites.push(Suite { name: "simulator", command });
    }
    if wanted(Kind::Wasm) {
        suites.extend(wasm(workspace, node, browser.as_ref())?);
    }
    if wanted(Kind::Js) || postgres.is_some() {
        let mut command = toolchain::cargo(workspace);
        command.args(["build", "--package", "histories"]);
        step::run("building what makes histories", &mut command, "")?;
    }
    if wanted(Kind::Js) {
        suites.push(js(workspace, node, "js", &tests_in(&workspace.path("js/test"))?));
    }
    if wanted(Kind::E2e) {
        suites.extend(end_to_end(workspace, node, browser.as_ref(), redis, postgres)?);
    }
    let mut outcomes = suites.into_iter().map(run).collect::<Result<Vec<_>>>()?;
    if wanted(Kind::Wasm) {
        outcomes.push(budget(workspace));
    }
    Ok(report(&outcomes, started.elapsed()))
}

fn rust(workspace: &Workspace) -> Suite {
    let mut command = toolchain::cargo(workspace);
    command.args(["test", "--workspace", "--no-fail-fast"]);
    Suite { name: "rust", command }
}

/// The simulator in a profile of its own: optimized, and with every assertion.
fn simulator(workspace: &Workspace) -> Command {
    let mut command = toolchain::cargo(workspace);
    command.args(["run", "--quiet", "--package", "simulator", "--profile", "simulator", "--"]);
    command
}

/// Runs the simulator on the terminal and ends as it ends.
pub(crate) fn simulate(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let status = simulator(workspace).args(arguments).status().context("cannot start the simulator")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wasm(workspace: &Workspace, node: &Node, browser: Option<&Browser>) -> Result<Vec<Suite>> {
    let runner = runner::installed(workspace)?;
    let suite = |name, test| {
        let mut command = toolchain::cargo(workspace);
        command.args(["test", "--package", "sms-ledger", "--target", WASM_TARGET, "--test", test]);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner);
        node.lead(&mut command);
        Suite { name, command }
    };
    let mut suites = vec![suite("wasm in Node.js", "wasm")];
    if let Some(browser) = browser {
        let mut suite = suite("wasm in Chromium", "wasm_browser");
        suite.command.env("CHROMEDRIVER", &browser.driver);
        suites.push(suite);
    }
    Ok(suites)
}

/// One suite for each runtime and server, named by its file.
fn end_to_end(
    workspace: &Workspace,
    node: &Node,
    browser: Option<&Browser>,
    redis: Option<PathBuf>,
    postgres: Option<Postgres>,
) -> Result<Vec<Suite>> {
    let files = tests_in(&workspace.path("js/test/e2e"))?;
    let (in_browser, files) = parted(files, &["chromium", "browser"]);
    let (on_redis, files) = parted(files, &["redis"]);
    let (on_postgres, elsewhere) = parted(files, &["postgres"]);
    let mut suites = vec![js(workspace, node, "end to end: Node.js, workerd, Deno", &elsewhere)];
    if let Some(browser) = browser {
        let mut suite = js(workspace, node, "end to end: Chromium", &in_browser);
        suite.command.env("CHROMIUM", &browser.program);
        suites.push(suite);
    }
    if let Some(server) = redis {
        let mut suite = js(workspace, node, "end to end: Redis", &on_redis);
        suite.command.env("REDIS_SERVER", server);
        suites.push(suite);
    }
    if let Some(postgres) = postgres {
        let mut suite = js(workspace, node, "end to end: Postgres", &on_postgres);
        postgres.lead(&mut suite.command);
        suites.push(suite);
    }
    Ok(suites)
}

/// The files whose names contain one of the words, and the others.
fn parted(files: Vec<PathBuf>, words: &[&str]) -> (Vec<PathBuf>, Vec<PathBuf>) {
    files.into_iter().partition(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        words.iter().any(|word| name.contains(word))
    })
}

fn js(workspace: &Workspace, node: &Node, name: &'static str, files: &[PathBuf]) -> Suite {
    let mut command = node.command(workspace);
    command.args([
        "--disable-warning=ExperimentalWarning",
        "--test",
        "--test-reporter=spec",
        JS_TEST_TIMEOUT_MS,
    ]);
    // Without files Node.js would look for tests itself, in places that are none of this suite's.
    if files.is_empty() {
        command.arg("there-is-no-test-file");
    }
    command.args(files).env("WRANGLER_SEND_METRICS", "false");
    Suite { name, command }
}

fn tests_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.ts") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn run(mut suite: Suite) -> Result<Outcome> {
    let step = Step::begin(format!("testing {}", suite.name));
    let finished = step::follow(&step, &mut suite.command)?;
    let counts = Counts::read(finished.lines.iter().map(String::as_str));
    let problem = if finished.status.success() {
        (counts == Counts::default()).then(|| "no test ran".to_owned())
    } else {
        (counts.failed == 0).then(|| format!("ended with {}", finished.status))
    };
    if problem.is_none() && counts.failed == 0 {
        step.done();
    } else {
        step.failed();
        for line in &finished.lines {
            println!("  {line}");
        }
    }
    Ok(Outcome { name: suite.name, counts, took: finished.took, problem })
}

/// The size budget, as one test.
fn budget(workspace: &Workspace) -> Outcome {
    let started = Instant::now();
    let checked = size::check(workspace);
    let counts =
        if checked.is_ok() { Counts { passed: 1, failed: 0 } } else { Counts { passed: 0, failed: 1 } };
    let problem = checked.err().map(|error| format!("{error:#}"));
    Outcome { name: "size budget", counts, took: started.elapsed(), problem }
}

fn report(outcomes: &[Outcome], took: Duration) -> ExitCode {
    println!("\n{:<36} {:>7} {:>7} {:>8}", "suite", "passed", "failed", "seconds");
    let mut total = Counts::default();
    for outcome in outcomes {
        let mut counts = outcome.counts;
        if outcome.problem.is_some() {
            counts.failed = counts.failed.max(1);
        }
        total = total.plus(counts);
        println!(
            "{:<36} {:>7} {:>7} {:>8.1}",
            outcome.name,
            counts.passed,
            counts.failed,
            outcome.took.as_secs_f64()
        );
        if let Some(problem) = &outcome.problem {
            println!("  {problem}");
        }
    }
    println!("{:<36} {:>7} {:>7} {:>8.1}", "all", total.passed, total.failed, took.as_secs_f64());
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
