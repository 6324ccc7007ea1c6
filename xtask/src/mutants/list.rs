//! What a mutant is: `cargo-mutants` says it, of the very version that is written here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::step;
use crate::toolchain;
use crate::workspace::Workspace;

const VERSION: &str = "27.1.0";

/// The rooms whose code is changed: what counts, prices and decides.
pub(super) const ROOMS: [&str; 3] = ["src/pricing", "src/ledger", "src/engine"];

/// One change of the code, as `cargo-mutants` prints it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Mutant {
    /// Path of the file in the checkout.
    pub(super) file: String,
    /// `file:line:column: what is changed`.
    pub(super) name: String,
    /// What kind of change.
    pub(super) genre: Genre,
    /// What is replaced.
    pub(super) span: Extent,
    /// What it is replaced with; nothing where it is deleted.
    pub(super) replacement: String,
    /// The function that it lies in.
    pub(super) function: Option<Function>,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub(super) enum Genre {
    /// The whole body gives way to one value.
    FnValue,
    /// Another operator between two operands.
    BinaryOperator,
    /// No operator before its operand.
    UnaryOperator,
    /// An arm of a `match` is deleted.
    MatchArm,
    /// A guard is `true` or `false`.
    MatchArmGuard,
    /// A field is left to the base of its struct expression.
    StructField,
}

/// From where to where.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Extent {
    /// The first character.
    pub(super) start: Place,
    /// Behind the last one.
    pub(super) end: Place,
}

/// A line and a column, in characters, both from 1.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Place {
    /// Line.
    pub(super) line: usize,
    /// Column.
    pub(super) column: usize,
}

/// A function.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Function {
    /// `-> Type`, or nothing.
    pub(super) return_type: String,
}

impl Mutant {
    /// The change without its place.
    pub(super) fn change(&self) -> &str {
        self.name.splitn(4, ':').nth(3).unwrap_or(&self.name).trim()
    }

    /// Whether it stands in a function that returns some iterator without its name.
    pub(super) fn returns_iterator(&self) -> bool {
        self.function.as_ref().is_some_and(|function| function.return_type.starts_with("-> impl Iterator"))
    }
}

/// Every mutant of the rooms, in the order of their files.
pub(super) fn of(workspace: &Workspace) -> Result<Vec<Mutant>> {
    let mut command = toolchain::cargo(workspace);
    command.arg("mutants").env("PATH", path_with(&installed(workspace)?)?);
    command.args(["--list", "--json", "--package", "sms-ledger"]);
    for room in ROOMS {
        command.arg("--file").arg(format!("{room}/**"));
    }
    let output = command.output().context("cannot start `cargo mutants`")?;
    if !output.status.success() {
        bail!("`cargo mutants --list` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("cannot read the list of `cargo mutants`")
}

/// The folder of the program, installed once into a folder of `target/`.
fn installed(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.own(&format!("cargo-mutants-{VERSION}"));
    let programs = folder.join("bin");
    if programs.join("cargo-mutants").is_file() {
        return Ok(programs);
    }
    let mut cargo = toolchain::cargo(workspace);
    cargo
        .args(["install", "cargo-mutants", "--version", VERSION, "--locked", "--debug", "--force", "--root"])
        .arg(&folder)
        .env("CARGO_TARGET_DIR", workspace.own("tools-build"));
    step::run(
        &format!("compiling cargo-mutants {VERSION}, once, some minutes"),
        &mut cargo,
        "its sources are downloaded, so this step needs the network",
    )?;
    Ok(programs)
}

fn path_with(programs: &Path) -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(programs.to_path_buf()).chain(std::env::split_paths(&path)))
        .context("the PATH cannot be added to")
}
