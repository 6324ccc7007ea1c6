//! The npm package, `pkg/dist/`: what `js/build.mjs` makes of the module, the sources and the catalogs.

use anyhow::Result;

use crate::fingerprint::Stamp;
use crate::node::Node;
use crate::step;
use crate::workspace::Workspace;

/// What the package is made of.
const INPUTS: &[&str] = &[
    "js/src",
    "js/generated/sms_ledger.js",
    "js/generated/sms_ledger.d.ts",
    "js/generated/sms_ledger_bg.wasm",
    "js/build.mjs",
    "js/tsconfig.json",
    "js/tsconfig.build.json",
    "js/package-lock.json",
    "src/catalog/profiles",
    "pkg/package.json",
    "docs",
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

/// Builds the package unless it was last built from just these files.
pub(crate) fn built(workspace: &Workspace, node: &Node) -> Result<()> {
    let stamp = Stamp::of(workspace, "bundle", INPUTS, &[])?;
    let dist = workspace.path("pkg/dist");
    if stamp.holds(&[&dist.join("index.js"), &dist.join("index.cjs"), &dist.join("sms_ledger.wasm")]) {
        return Ok(());
    }
    stamp.clear()?;
    step::run("bundling the package", node.command(workspace).arg("build.mjs"), "")?;
    stamp.write()
}
