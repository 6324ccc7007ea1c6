//! The test runner of wasm-bindgen, of the very version that the crate is pinned to.

use std::path::PathBuf;

use anyhow::Result;

use crate::step;
use crate::toolchain;
use crate::workspace::Workspace;

const VERSION: &str = "0.2.130";

/// The runner, installed once into a folder of `target/`.
pub(crate) fn installed(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.own(&format!("tools-{VERSION}"));
    let program = folder.join("bin/wasm-bindgen-test-runner");
    if program.is_file() {
        return Ok(program);
    }
    let mut cargo = toolchain::cargo(workspace);
    cargo
        .args(["install", "wasm-bindgen-cli", "--version", VERSION, "--debug", "--force", "--root"])
        .arg(&folder);
    cargo.env("CARGO_TARGET_DIR", workspace.own("tools-build"));
    step::run(
        &format!("compiling wasm-bindgen-test-runner {VERSION}, once, a minute or two"),
        &mut cargo,
        "its sources are downloaded, so this step needs the network",
    )?;
    Ok(program)
}
