//! What a step was done with: a hash over its inputs, kept in a stamp file, so that the step is skipped while they stay the same.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;

/// The stamp of one step.
#[derive(Debug)]
pub(crate) struct Stamp {
    file: PathBuf,
    wanted: String,
}

impl Stamp {
    /// For the step called `name`, over the content of `inputs` (files, or folders with all that is in them) and the words of `settings`.
    /// An input that is not there counts as absent, so its appearance is a change.
    pub(crate) fn of(workspace: &Workspace, name: &str, inputs: &[&str], settings: &[&str]) -> Result<Self> {
        let mut hash = Sha256::new();
        for setting in settings {
            hash.update(setting.as_bytes());
            hash.update([0]);
        }
        for input in inputs {
            add(&mut hash, workspace.root(), &workspace.path(input))?;
        }
        let wanted = hash.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok(Self { file: workspace.own(&format!("{name}.stamp")), wanted })
    }

    /// Whether the step was last done with just these inputs and its outputs are still there.
    pub(crate) fn holds(&self, outputs: &[&Path]) -> bool {
        outputs.iter().all(|output| output.exists())
            && fs::read_to_string(&self.file).is_ok_and(|found| found == self.wanted)
    }

    /// Forgets the last time, before outputs are touched.
    pub(crate) fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Says that the step is done.
    pub(crate) fn write(&self) -> Result<()> {
        let folder = self.file.parent().context("a stamp without a folder")?;
        fs::create_dir_all(folder)?;
        fs::write(&self.file, &self.wanted).with_context(|| format!("cannot write `{}`", self.file.display()))
    }
}

fn add(hash: &mut Sha256, root: &Path, path: &Path) -> Result<()> {
    if path.is_dir() {
        let mut below: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        below.sort();
        for path in below {
            add(hash, root, &path)?;
        }
        return Ok(());
    }
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    let content = if path.exists() {
        fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?
    } else {
        Vec::new()
    };
    hash.update(name.as_bytes());
    hash.update([u8::from(path.exists())]);
    hash.update(content.len().to_le_bytes());
    hash.update(&content);
    Ok(())
}
