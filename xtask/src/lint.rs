//! Form and types of everything, nothing changed.

use std::process::Command;

use anyhow::Result;

use crate::node::Node;
use crate::step;
use crate::toolchain::{self, WASM_TARGET};
use crate::workspace::Workspace;

/// Runs every check, the cheap ones first; needs the built package, because the tests import it.
pub(crate) fn all(workspace: &Workspace, node: &Node) -> Result<()> {
    let cargo = |arguments: &[&str]| {
        let mut command = toolchain::cargo(workspace);
        command.args(arguments);
        command
    };
    let js = |program: &str, arguments: &[&str]| {
        let mut command: Command = node.command(workspace);
        command.arg(workspace.npm(program)).args(arguments);
        command
    };
    step::run("checking Rust's form", &mut cargo(&["fmt", "--all", "--check"]), "`cargo fmt` puts it right")?;
    step::run(
        "checking JavaScript with Biome",
        &mut js("@biomejs/biome/bin/biome", &["ci", "."]),
        "`npx biome check --write` in js/ puts most right",
    )?;
    step::run("checking the types of TypeScript", &mut js("typescript/bin/tsc", &["--noEmit"]), "")?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    step::run("checking Rust with clippy", &mut cargo(&clippy), "")?;
    let wasm = [
        "clippy",
        "--package",
        "sms-ledger",
        "--target",
        WASM_TARGET,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    step::run("checking Rust with clippy for WebAssembly", &mut cargo(&wasm), "")
}
