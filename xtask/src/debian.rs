//! Programs of the system: found on the PATH, or installed by Debian's packages where this runs as root.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::step;

/// The program that the variable names, else the first candidate that there is.
pub(crate) fn named(variable: &str, candidates: &[&str]) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file()) {
        return Some(path);
    }
    candidates.iter().find_map(|candidate| on_path(candidate))
}

/// Where a program is: a name is looked up on the PATH, an absolute path is itself.
pub(crate) fn on_path(candidate: &str) -> Option<PathBuf> {
    if Path::new(candidate).is_absolute() {
        return Some(PathBuf::from(candidate)).filter(|path| path.is_file());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(candidate)).find(|path| path.is_file())
}

/// Whether packages can be installed.
pub(crate) fn as_root() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Path::new("/etc/debian_version").is_file() && on_path("apt-get").is_some()
}

/// Installs Debian's packages.
pub(crate) fn install(packages: &[&str], advice: &str) -> Result<()> {
    step::run("updating Debian's package lists", apt().arg("update"), advice)?;
    let mut install = apt();
    install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    step::run(&format!("installing {}", packages.join(" and ")), &mut install, advice)
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
