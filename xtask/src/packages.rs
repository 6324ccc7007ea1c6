//! The npm packages of the JavaScript workspace.

use anyhow::{Result, bail};

use crate::fingerprint::Stamp;
use crate::node::Node;
use crate::step;
use crate::workspace::Workspace;

/// Installs what `js/package-lock.json` says, if it has changed since the last time.
pub(crate) fn installed(workspace: &Workspace, node: &Node) -> Result<()> {
    let stamp = Stamp::of(workspace, "npm", &["js/package-lock.json", "js/package.json"], &[])?;
    if stamp.holds(&[&workspace.npm("")]) {
        return Ok(());
    }
    if node.npm(workspace).arg("--version").output().is_err() {
        bail!(
            "there is no `npm`: it comes with Node.js from https://nodejs.org, some systems have it as a package of its own"
        );
    }
    stamp.clear()?;
    step::run(
        "installing the npm packages",
        node.npm(workspace).args(["ci", "--no-audit", "--no-fund"]),
        "the first time needs the network; where the lock file does not fit package.json, run `npm install` in js/",
    )?;
    stamp.write()
}
