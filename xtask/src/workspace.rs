//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The checkout and the folder that may be thrown away.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The workspace that this program was built from.
    pub(crate) fn locate() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().context("xtask lies in no workspace")?.to_path_buf();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
        Ok(Self { root, target })
    }

    /// The top folder of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the top folder.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// The JavaScript workspace.
    pub(crate) fn js(&self) -> PathBuf {
        self.path("js")
    }

    /// A program of an npm package, to be run by Node.js: `js/node_modules/…`.
    pub(crate) fn npm(&self, below: &str) -> PathBuf {
        self.path("js/node_modules").join(below)
    }

    /// A path below the folder that is this program's own: tools, stamps, half-done files.
    pub(crate) fn own(&self, below: &str) -> PathBuf {
        self.target.join("xtask").join(below)
    }

    /// The module before wasm-bindgen has seen it.
    pub(crate) fn compiled_module(&self) -> PathBuf {
        self.target.join("wasm32-unknown-unknown/release/sms_ledger.wasm")
    }

    /// The module as it ships.
    pub(crate) fn module(&self) -> PathBuf {
        self.path("js/generated/sms_ledger_bg.wasm")
    }
}
