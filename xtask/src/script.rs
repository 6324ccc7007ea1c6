//! Scripts that own the terminal: the demonstration and the benchmarks.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::node::Node;
use crate::postgres::Postgres;
use crate::workspace::Workspace;

/// Runs a TypeScript file with the given arguments, and a Postgres where it needs one, and ends as it ends.
pub(crate) fn run(
    workspace: &Workspace,
    node: &Node,
    script: &str,
    arguments: &[OsString],
    postgres: Option<&Postgres>,
) -> Result<ExitCode> {
    let file = workspace.path(script);
    if !file.is_file() {
        bail!("there is no `{script}`");
    }
    // Ctrl-C reaches the script as well, which cleans up after itself: this program waits for it.
    ctrlc::set_handler(|| {}).context("cannot wait for the script on Ctrl-C")?;
    let mut command = node.command(workspace);
    if let Some(postgres) = postgres {
        postgres.lead(&mut command);
    }
    let status = command
        .arg("--disable-warning=ExperimentalWarning")
        .arg(file)
        .args(arguments)
        .env("WRANGLER_SEND_METRICS", "false")
        .status()
        .with_context(|| format!("cannot start `{script}`"))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
