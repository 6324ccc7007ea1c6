//! The copy of the workspace in which every mutant is compiled, and the test programs that come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::list::Mutant;
use super::rewrite::{self, Trace};
use crate::fingerprint::Stamp;
use crate::step::Step;
use crate::toolchain;
use crate::workspace::Workspace;

/// Which mutant is on, at run time.
const SWITCH: &str = include_str!("switch.rs");

/// What the workspace's own programs need at least.
const FOLDERS: &[&str] =
    &["bench-native", "docs", "fuzz", "histories", "js/src", "pkg", "simulator", "src", "tests", "xtask"];

/// Integration tests that ask the engine something; the others look at files, or at tables that no room has.
const TESTS: &[&str] =
    &["credit_scenarios", "fuzz_corpus", "price_rows", "properties", "rules", "scenarios", "simulator"];

/// Cases of each property: enough where thousands of runs are made.
const CASES: &str = "cases: 16";

/// A program of tests.
#[derive(Debug)]
pub(super) struct Program {
    /// What it is made of, as Cargo names it.
    pub(super) name: String,
    /// The program.
    pub(super) path: PathBuf,
    /// Where it runs.
    pub(super) folder: PathBuf,
}

/// The copy.
pub(super) struct Copy {
    root: PathBuf,
    target: PathBuf,
    sources: BTreeMap<String, String>,
}

impl Copy {
    /// Copies what Git has, or would have; a file that has not changed is left alone, so that it is not compiled again.
    pub(super) fn made(workspace: &Workspace, mutants: &[Mutant]) -> Result<Self> {
        let root = workspace.own("mutants/copy");
        let listed = Command::new("git")
            .current_dir(workspace.root())
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "Cargo.*", "*.md"])
            .args(FOLDERS)
            .output()
            .context("cannot start `git`")?;
        let listed = String::from_utf8(listed.stdout).context("a path that is no text")?;
        let mutated: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
        let mut sources = BTreeMap::new();
        for path in listed.split_terminator('\0') {
            // What is deleted is listed until it is committed.
            let Ok(content) = fs::read(workspace.path(path)) else { continue };
            if mutated.contains(path) {
                sources.insert(path.to_owned(), String::from_utf8(content)?);
                continue;
            }
            write(&root.join(path), &adapted(path, content))?;
        }
        write(&root.join("src/mutant.rs"), SWITCH.as_bytes())?;
        Ok(Self { root, target: workspace.own("mutants/target"), sources })
    }

    /// The line on which a mutant begins, as it is without it.
    pub(super) fn line(&self, mutant: &Mutant) -> &str {
        let source = self.sources.get(&mutant.file).map_or("", String::as_str);
        source.lines().nth(mutant.span.start.line.saturating_sub(1)).unwrap_or_default().trim()
    }

    /// Drops mutants until the rest compiles; tells which ones are left. That is not tried again where no source has changed.
    pub(super) fn compiled(&self, workspace: &Workspace, mutants: &[Mutant]) -> Result<BTreeSet<usize>> {
        let names: Vec<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
        let inputs = ["src", "Cargo.toml", "Cargo.lock", "xtask/src/mutants"];
        let stamp = Stamp::of(workspace, "mutants/viable", &inputs, &names)?;
        let kept = workspace.own("mutants/viable");
        if stamp.holds(&[&kept]) {
            let left = fs::read_to_string(&kept)?.lines().filter_map(|line| line.parse().ok()).collect();
            self.rewritten(mutants, &left)?;
            return Ok(left);
        }
        let left = self.dropped(workspace, mutants)?;
        fs::write(&kept, left.iter().map(|number| format!("{number}\n")).collect::<Vec<_>>().concat())?;
        stamp.write()?;
        Ok(left)
    }

    fn dropped(&self, workspace: &Workspace, mutants: &[Mutant]) -> Result<BTreeSet<usize>> {
        let mut left: BTreeSet<usize> = (0..mutants.len()).collect();
        let step = Step::begin("dropping mutants that do not compile");
        loop {
            let traces = self.rewritten(mutants, &left)?;
            left = traces.values().flatten().map(|trace| trace.number).collect();
            let mut check = self.cargo(workspace, &["check", "--package", "sms-ledger", "--lib"]);
            let output = check.output().context("cannot start cargo")?;
            if output.status.success() {
                step.done();
                return Ok(left);
            }
            let unviable = unviable(&output, &traces)?;
            step.at(&format!("{} of {} do not", unviable.len(), left.len()));
            left.retain(|number| !unviable.contains(number));
        }
    }

    fn rewritten(&self, mutants: &[Mutant], left: &BTreeSet<usize>) -> Result<BTreeMap<&str, Vec<Trace>>> {
        let mut traces = BTreeMap::new();
        for (path, source) in &self.sources {
            let of_file: Vec<(usize, &Mutant)> = left
                .iter()
                .filter_map(|number| Some((*number, mutants.get(*number)?)))
                .filter(|(_, mutant)| mutant.file == *path)
                .collect();
            let rewritten = rewrite::rewritten(source, &of_file).with_context(|| path.clone())?;
            write(&self.root.join(path), rewritten.text.as_bytes())?;
            traces.insert(path.as_str(), rewritten.traces);
        }
        Ok(traces)
    }

    /// Builds the test programs.
    pub(super) fn programs(&self, workspace: &Workspace) -> Result<Vec<Program>> {
        let step = Step::begin("compiling the tests");
        let mut command = self.cargo(
            workspace,
            &["test", "--no-run", "--package", "sms-ledger", "--package", "simulator", "--lib"],
        );
        for test in TESTS {
            command.args(["--test", test]);
        }
        let output = command.output().context("cannot start cargo")?;
        if !output.status.success() {
            step.failed();
            bail!("the tests do not compile: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let programs = messages(&output)
            .filter_map(|message| {
                let manifest = Path::new(message.get("manifest_path")?.as_str()?);
                Some(Program {
                    path: message.get("executable")?.as_str()?.into(),
                    name: message.pointer("/target/name")?.as_str()?.to_owned(),
                    folder: manifest.parent()?.to_owned(),
                })
            })
            .collect();
        step.done();
        Ok(programs)
    }

    /// Quick tests are worth some optimizing; warnings of the changed code are nobody's.
    fn cargo(&self, workspace: &Workspace, arguments: &[&str]) -> Command {
        let mut cargo = toolchain::cargo(workspace);
        cargo
            .current_dir(&self.root)
            .args(arguments)
            .args(["--message-format", "json", "--target-dir"])
            .arg(&self.target)
            .env("RUSTFLAGS", "--cap-lints=allow")
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            .env("CARGO_INCREMENTAL", "0");
        cargo
    }
}

/// Fewer cases of a property, and the switch in the library.
fn adapted(path: &str, content: Vec<u8>) -> Vec<u8> {
    let Ok(text) = String::from_utf8(content.clone()) else { return content };
    if path == "src/lib.rs" {
        return format!("{text}\n#[doc(hidden)]\npub mod mutant;\n").into_bytes();
    }
    if !path.starts_with("tests/properties/") {
        return content;
    }
    let mut parts = text.split("cases: ");
    let mut adapted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        adapted.push_str(CASES);
        adapted.push_str(part.trim_start_matches(|character: char| character.is_ascii_digit()));
    }
    adapted.into_bytes()
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write `{}`", path.display()))
}

fn messages(output: &Output) -> impl Iterator<Item = Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect::<Vec<_>>()
        .into_iter()
}

/// The mutants that the compiler's errors are about.
fn unviable(output: &Output, traces: &BTreeMap<&str, Vec<Trace>>) -> Result<BTreeSet<usize>> {
    let mut unviable = BTreeSet::new();
    for message in messages(output) {
        if message.pointer("/message/level").and_then(Value::as_str) != Some("error") {
            continue;
        }
        let spans = message.pointer("/message/spans").and_then(Value::as_array);
        for span in spans.into_iter().flatten() {
            if span.get("is_primary") != Some(&Value::Bool(true)) {
                continue;
            }
            let file = span.get("file_name").and_then(Value::as_str).unwrap_or_default();
            let range = place(span, "byte_start")..place(span, "byte_end");
            let text = message.pointer("/message/rendered").and_then(Value::as_str).unwrap_or_default();
            let about = about(traces.get(file).map_or(&[], Vec::as_slice), &range);
            if about.is_empty() {
                bail!("the copy does not compile, and that is no mutant's doing:\n{text}");
            }
            unviable.extend(about);
        }
    }
    if unviable.is_empty() {
        bail!("the copy cannot be checked: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(unviable)
}

fn place(span: &Value, name: &str) -> usize {
    span.get(name).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX)
}

/// The one in whose own code the error lies; else those around it that are nearest.
fn about(traces: &[Trace], range: &Range<usize>) -> Vec<usize> {
    let within = |outer: &Range<usize>| outer.start <= range.start && range.end <= outer.end;
    if let Some(own) = traces.iter().rev().find(|trace| within(&trace.own)) {
        return vec![own.number];
    }
    let around = || traces.iter().filter(|trace| within(&trace.whole));
    let Some(nearest) = around().map(|trace| trace.whole.len()).min() else { return Vec::new() };
    around().filter(|trace| trace.whole.len() == nearest).map(|trace| trace.number).collect()
}
