//! Redis' server: found, or installed where that is possible.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::debian;

const PROGRAMS: &[&str] = &["redis-server", "/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server"];

/// The one that `REDIS_SERVER` names, else the system's, else that of Debian's package where this may install it.
pub(crate) fn present() -> Result<PathBuf> {
    if let Some(found) = found() {
        return Ok(found);
    }
    if !debian::as_root() {
        bail!(
            "there is no Redis: install it (Debian: `redis-server`; macOS: `brew install redis`), or name its server in REDIS_SERVER, or leave \
             those tests out with `--no-redis`"
        );
    }
    eprintln!("there is no Redis: installing Debian's package `redis-server`");
    let advice = "the tests of the Redis store need it; `--no-redis` leaves them out";
    debian::install(&["redis-server"], advice)?;
    match found() {
        Some(found) => Ok(found),
        None => bail!("the package is installed, yet there is no `redis-server`: {advice}"),
    }
}

fn found() -> Option<PathBuf> {
    debian::named("REDIS_SERVER", PROGRAMS)
}
