//! The WebAssembly module and its glue, `js/generated/`: cargo, then wasm-bindgen, then wasm-opt.

use std::fs;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::fingerprint::Stamp;
use crate::node::Node;
use crate::step::{self, Step};
use crate::toolchain::{self, WASM_TARGET};
use crate::workspace::Workspace;

/// What the module is made of.
const INPUTS: &[&str] = &["src", "Cargo.toml", "Cargo.lock", ".cargo/config.toml"];
/// Speed first; `-O4` makes the module no smaller and takes longer, and a function with one caller compresses better where it stands.
/// The features are those that Rust turns on for this target.
const OPTIONS: &[&str] = &[
    "-O3",
    "--one-caller-inline-max-function-size=0",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Builds the module unless it was last built from just these sources.
pub(crate) fn built(workspace: &Workspace, node: &Node) -> Result<()> {
    let compiler = toolchain::compiler(workspace)?;
    let mut settings = vec![compiler.as_str(), include_str!("module.rs")];
    settings.extend(OPTIONS);
    let stamp = Stamp::of(workspace, "module", INPUTS, &settings)?;
    let generated = workspace.path("js/generated");
    if stamp.holds(&[
        &workspace.module(),
        &generated.join("sms_ledger.js"),
        &generated.join("sms_ledger.d.ts"),
    ]) {
        return Ok(());
    }
    stamp.clear()?;
    compile(workspace)?;
    bind(workspace)?;
    optimize(workspace, node)?;
    stamp.write()
}

fn compile(workspace: &Workspace) -> Result<()> {
    let mut cargo = toolchain::cargo(workspace);
    cargo.args(["build", "--release", "--lib", "--package", "sms-ledger", "--target", WASM_TARGET]);
    step::run("compiling the module", &mut cargo, "")
}

/// One module for every runtime: the `web` form, whose `initSync` takes the bytes or the module, without a default path to fetch from.
/// `__wbg_reset_state` starts a fresh instance after a trap.
fn bind(workspace: &Workspace) -> Result<()> {
    let step = Step::begin("writing the module's JavaScript glue");
    let made = Bindgen::new()
        .input_path(workspace.compiled_module())
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .out_name("sms_ledger")
                .typescript(true)
                .omit_default_module_path(true)
                .reset_state_function(true)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(workspace.path("js/generated"))
        })
        .context("wasm-bindgen refused the module");
    if made.is_ok() {
        step.done();
    } else {
        step.failed();
    }
    made
}

fn optimize(workspace: &Workspace, node: &Node) -> Result<()> {
    let smaller = workspace.path("js/generated/optimized.wasm");
    let mut command = node.command(workspace);
    command.arg(workspace.npm("binaryen/bin/wasm-opt")).arg(workspace.module());
    command.args(OPTIONS).arg("-o").arg(&smaller);
    step::run("optimizing the module", &mut command, "")?;
    fs::rename(&smaller, workspace.module()).context("cannot put the optimized module in its place")
}
