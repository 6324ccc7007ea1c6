//! `cargo xtask`: sets up, builds, shows, tests and measures the whole product on a machine that has rustup and Node.js.
//! One file a concern; what a command does is written in `arguments.rs`, in what order in this file.

mod arguments;
mod browser;
mod bundle;
mod counts;
mod debian;
mod fingerprint;
mod fuzz;
mod lint;
mod module;
mod mutants;
mod node;
mod packages;
mod postgres;
mod redis;
mod runner;
mod script;
mod size;
mod step;
mod suites;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use arguments::Command;
use node::Node;
use postgres::Postgres;
use workspace::Workspace;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let command = arguments::parse(std::env::args_os().skip(1))?;
    let workspace = Workspace::locate()?;
    match command {
        Command::Help => print!("{}", arguments::HELP),
        Command::Setup => {
            let node = set_up(&workspace)?;
            runner::installed(&workspace)?;
            println!("ready: {}", node.describe());
        }
        Command::Build => {
            let node = build(&workspace)?;
            println!("{}; {}", size::measure(&workspace)?, node.describe());
        }
        Command::Size => {
            build(&workspace)?;
            size::check(&workspace)?;
        }
        Command::Lint => lint::all(&workspace, &build(&workspace)?)?,
        Command::Demo(arguments) => {
            return script::run(&workspace, &build(&workspace)?, "js/demo/main.ts", &arguments, None);
        }
        Command::Simulate(arguments) => return suites::simulate(&workspace, &arguments),
        Command::Fuzz { target, seconds } => fuzz::run(&workspace, seconds, target.as_deref())?,
        Command::Mutants(chosen) => return mutants::run(&workspace, &chosen),
        Command::Bench(arguments) => {
            let node = build(&workspace)?;
            let needs_postgres = arguments.iter().any(|argument| argument == "load")
                && !arguments.iter().any(|argument| argument == "--no-postgres");
            let postgres = needs_postgres.then(|| Postgres::present(&workspace, &node)).transpose()?;
            return script::run(&workspace, &node, "js/bench/main.ts", &arguments, postgres.as_ref());
        }
        Command::Test(choice) => {
            let node = build(&workspace)?;
            return suites::all(&workspace, &node, choice);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that is installed once: the WebAssembly target, a Node.js that is new enough, the npm packages.
fn set_up(workspace: &Workspace) -> Result<Node> {
    toolchain::wasm_target(workspace)?;
    let node = Node::new_enough(workspace)?;
    packages::installed(workspace, &node)?;
    Ok(node)
}

/// The module and the npm package around it, after `set_up`.
fn build(workspace: &Workspace) -> Result<Node> {
    let node = set_up(workspace)?;
    module::built(workspace, &node)?;
    bundle::built(workspace, &node)?;
    Ok(node)
}
