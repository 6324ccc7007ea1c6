//! Form and types of everything, nothing changed.

use std::process::Command;

use anyhow::{Result, bail};

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
    let all_targets = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    // The other tests are native ones.
    let mut for_wasm = vec!["clippy", "--package", "sms-ledger", "--target", WASM_TARGET, "--lib"];
    for test in ["wasm", "wasm_browser"] {
        if workspace.path(&format!("tests/{test}.rs")).is_file() {
            for_wasm.extend(["--test", test]);
        }
    }
    for_wasm.extend(["--", "-D", "warnings"]);
    let form_of_fuzz = ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"];
    let mut fuzz =
        cargo(&["clippy", "--manifest-path", "fuzz/Cargo.toml", "--locked", "--target-dir", "target"]);
    // What is only looked at needs no libFuzzer, and no compiler of C++ for it.
    fuzz.args(["--", "-D", "warnings"]).env("CUSTOM_LIBFUZZER_PATH", "not/linked");
    let checks = [
        ("checking Rust's form", cargo(&["fmt", "--all", "--check"]), "`cargo fmt` puts it right"),
        ("checking the form of the fuzz targets", cargo(&form_of_fuzz), "`cargo fmt` in fuzz/ puts it right"),
        (
            "checking JavaScript with Biome",
            js("@biomejs/biome/bin/biome", &["ci", "--colors=off", "."]),
            "`npm run format` in js/ puts most right",
        ),
        ("checking the types of TypeScript", js("typescript/bin/tsc", &["--noEmit"]), ""),
        ("checking Rust with clippy", cargo(&all_targets), ""),
        ("checking Rust with clippy for WebAssembly", cargo(&for_wasm), ""),
        ("checking the fuzz targets with clippy", fuzz, ""),
    ];
    let mut failed = 0_u32;
    for (what, mut command, advice) in checks {
        if let Err(error) = step::run(what, &mut command, advice) {
            eprintln!("{error:#}\n");
            failed = failed.saturating_add(1);
        }
    }
    if failed > 0 {
        bail!("{failed} of the checks failed");
    }
    Ok(())
}
