//! The size of the module and its budget.

use std::fmt;
use std::fs;
use std::io::Write as _;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::workspace::Workspace;

/// What the module may weigh on the wire. Until it could sell, it had to stay within 200,000, and within 218,000 until it could
/// spend by every seller's rules. Smaller code for all of it would be a third slower at what it does for every message.
pub(crate) const GZIP_BYTES_MAX: usize = 355_000;

/// Both sizes of the module, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    raw: usize,
    gzip: usize,
}

impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "module: {} raw, {} gzip", kilobytes(self.raw), kilobytes(self.gzip))
    }
}

/// Measures the module as it ships.
pub(crate) fn measure(workspace: &Workspace) -> Result<Size> {
    let bytes = fs::read(workspace.module()).context("there is no module: run `cargo xtask build`")?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    Ok(Size { raw: bytes.len(), gzip: gzip.finish()?.len() })
}

/// Prints the size and fails above the budget.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let size = measure(workspace)?;
    println!("{size} (budget {} gzip)", kilobytes(GZIP_BYTES_MAX));
    if size.gzip > GZIP_BYTES_MAX {
        bail!("the module is {} bytes gzip, above its budget of {GZIP_BYTES_MAX}", size.gzip);
    }
    Ok(())
}

fn kilobytes(bytes: usize) -> String {
    let tenths = bytes.saturating_add(50) / 100;
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_kilobytes_with_one_decimal() {
        assert_eq!(kilobytes(200_000), "200.0 KB");
        assert_eq!(kilobytes(83_349), "83.3 KB");
        assert_eq!(kilobytes(83_350), "83.4 KB");
    }
}
