//! Cargo, rustup and the WebAssembly target of the active toolchain.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step;
use crate::workspace::Workspace;

/// The target that the module is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The cargo that runs this program.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace.root());
    // What `cargo run` has set for this program is not meant for the next cargo.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST") {
            command.env_remove(&name);
        }
    }
    command
}

/// Sees to it that the active toolchain can compile for WebAssembly.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    if sysroot(workspace)?.join("lib/rustlib").join(WASM_TARGET).is_dir() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.current_dir(workspace.root()).args(["target", "add", WASM_TARGET]);
    if Command::new("rustup").arg("--version").output().is_err() {
        bail!(
            "the Rust target `{WASM_TARGET}` is missing and there is no `rustup` to install it: \
             install rustup (https://rustup.rs), or the target with the tool that Rust came with"
        );
    }
    step::run(
        &format!("installing the Rust target {WASM_TARGET}"),
        &mut rustup,
        "it is downloaded once, so this step needs the network",
    )
}

/// The compiler with its version, as one line.
pub(crate) fn compiler(workspace: &Workspace) -> Result<String> {
    rustc(workspace, &["--version"])
}

/// The target of this machine itself.
pub(crate) fn host(workspace: &Workspace) -> Result<String> {
    let version = rustc(workspace, &["--version", "--verbose"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc --version --verbose` names no host")
}

fn sysroot(workspace: &Workspace) -> Result<PathBuf> {
    rustc(workspace, &["--print", "sysroot"]).map(PathBuf::from)
}

fn rustc(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .current_dir(workspace.root())
        .args(arguments)
        .output()
        .context("cannot start `rustc`: is Rust installed and on the PATH?")?;
    if !output.status.success() {
        bail!("`rustc` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
