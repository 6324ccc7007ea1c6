//! Chromium and its driver: found, or installed where that is possible.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::step;

/// A browser to test in.
#[derive(Debug)]
pub(crate) struct Browser {
    /// Chromium or Chrome.
    pub(crate) program: PathBuf,
    /// The driver that fits it.
    pub(crate) driver: PathBuf,
}

const PROGRAMS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const DRIVERS: &[&str] = &[
    "chromedriver",
    "/opt/homebrew/bin/chromedriver",
    "/usr/local/bin/chromedriver",
    "/usr/lib/chromium/chromedriver",
];

impl Browser {
    /// The one that `CHROMIUM` and `CHROMEDRIVER` name, else the system's, else Debian's packages where this may install them.
    pub(crate) fn present() -> Result<Self> {
        if let Some(found) = Self::found() {
            return Ok(found);
        }
        if !debian_as_root() {
            bail!(
                "there is no Chromium with its driver: install both (Debian: `chromium` and `chromium-driver`; macOS: Google Chrome and \
                 `brew install chromedriver`), or name them in CHROMIUM and CHROMEDRIVER, or leave those tests out with `--no-browser`"
            );
        }
        eprintln!(
            "there is no Chromium with its driver: installing Debian's packages `chromium` and `chromium-driver`"
        );
        let advice = "the browser tests need it; `--no-browser` leaves them out";
        step::run("updating Debian's package lists", apt().arg("update"), advice)?;
        step::run(
            "installing chromium and chromium-driver",
            apt().args(["install", "--yes", "--no-install-recommends", "chromium", "chromium-driver"]),
            advice,
        )?;
        match Self::found() {
            Some(found) => Ok(found),
            None => bail!("the packages are installed, yet there is no Chromium with its driver: {advice}"),
        }
    }

    fn found() -> Option<Self> {
        Some(Self { program: named("CHROMIUM", PROGRAMS)?, driver: named("CHROMEDRIVER", DRIVERS)? })
    }
}

fn named(variable: &str, candidates: &[&str]) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file()) {
        return Some(path);
    }
    candidates.iter().find_map(|candidate| on_path(candidate))
}

fn on_path(candidate: &str) -> Option<PathBuf> {
    if Path::new(candidate).is_absolute() {
        return Some(PathBuf::from(candidate)).filter(|path| path.is_file());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(candidate)).find(|path| path.is_file())
}

fn debian_as_root() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Path::new("/etc/debian_version").is_file() && on_path("apt-get").is_some()
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
