//! Chromium and its driver: found, or installed where that is possible.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::debian;

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
        if !debian::as_root() {
            bail!(
                "there is no Chromium with its driver: install both (Debian: `chromium` and `chromium-driver`; macOS: Google Chrome and \
                 `brew install chromedriver`), or name them in CHROMIUM and CHROMEDRIVER, or leave those tests out with `--no-browser`"
            );
        }
        eprintln!(
            "there is no Chromium with its driver: installing Debian's packages `chromium` and `chromium-driver`"
        );
        let advice = "the browser tests need it; `--no-browser` leaves them out";
        debian::install(&["chromium", "chromium-driver"], advice)?;
        match Self::found() {
            Some(found) => Ok(found),
            None => bail!("the packages are installed, yet there is no Chromium with its driver: {advice}"),
        }
    }

    fn found() -> Option<Self> {
        Some(Self {
            program: debian::named("CHROMIUM", PROGRAMS)?,
            driver: debian::named("CHROMEDRIVER", DRIVERS)?,
        })
    }
}
