//! Fuzzing: libFuzzer over the targets of `fuzz/`, one after the other. Its counters are a pass of LLVM that a stable compiler runs too.
//!
//! What is found to be new is kept in `target/fuzz/found`, for the next run; what breaks a promise in `target/fuzz/broken`.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::{self, Step};
use crate::toolchain;
use crate::workspace::Workspace;

/// How code is compiled whose ways are counted.
const COUNTED: &[&str] = &[
    "--cfg",
    "fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Fuzzes each target for so many seconds; only the one that is named, if one is.
pub(crate) fn run(workspace: &Workspace, seconds: u32, only: Option<&str>) -> Result<()> {
    let targets = targets(workspace)?;
    if let Some(only) = only.filter(|only| !targets.iter().any(|target| target == only)) {
        bail!("`{only}` is no target: there are {}", targets.join(", "));
    }
    let host = toolchain::host(workspace)?;
    let mut build = toolchain::cargo(workspace);
    // With a target named, what runs while compiling is compiled as always.
    build
        .args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--locked", "--target", &host])
        .arg("--target-dir")
        .arg(workspace.path("target/fuzz"))
        .env("CARGO_ENCODED_RUSTFLAGS", COUNTED.join("\u{1f}"));
    let advice = "libFuzzer needs a compiler of C++ (Debian: `g++`) and the network the first time";
    step::run("compiling the fuzz targets", &mut build, advice)?;
    for target in targets.iter().filter(|target| only.is_none_or(|only| *target == only)) {
        fuzz(workspace, &host, target, seconds)?;
    }
    Ok(())
}

/// The folders of the corpus.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in fs::read_dir(workspace.path("fuzz/corpus")).context("cannot list the corpus")? {
        names.push(folder?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn fuzz(workspace: &Workspace, host: &str, target: &str, seconds: u32) -> Result<()> {
    let folder = |name: &str| workspace.path("target/fuzz").join(name).join(target);
    let (found, broken) = (folder("found"), folder("broken"));
    for folder in [&found, &broken] {
        fs::create_dir_all(folder)?;
    }
    let mut prefix = OsString::from("-artifact_prefix=");
    prefix.push(&broken);
    prefix.push("/");
    let mut command = Command::new(workspace.path("target/fuzz").join(host).join("release/sms-ledger-fuzz"));
    command
        .env("FUZZ_TARGET", target)
        .args(["-timeout=10", "-rss_limit_mb=2048"])
        .arg(format!("-max_total_time={seconds}"))
        .args([&prefix, found.as_os_str(), workspace.path("fuzz/corpus").join(target).as_os_str()]);
    let step = Step::begin(format!("fuzzing {target} for {seconds} s"));
    let finished = step::follow(&step, &mut command)?;
    if step.ended(&finished) {
        return Ok(());
    }
    bail!(
        "the target `{target}` is broken by the newest file in {}: put it into fuzz/corpus/{target}, and `cargo test --test fuzz_corpus` shows it again",
        broken.display()
    )
}
