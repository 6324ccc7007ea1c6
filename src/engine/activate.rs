//! `activate`: a package that waits can be used from now on (domain rule 5: the host may activate early).

use super::adjust::unknown_package;
use super::answer::{Answer, Package};
use super::error::Result;
use crate::ledger::{Ledger, PackageId};

/// Lets a package be used before its time.
#[derive(Clone, Copy, Debug)]
pub struct Activate {
    /// Which.
    pub package: PackageId,
}

/// One that can be used already is answered as it is.
pub(super) fn activate(ledger: &mut Ledger, input: Activate) -> Result<Answer> {
    ledger.activate(input.package)?;
    let at = ledger.account().head.last_at;
    let package = ledger.package(input.package).ok_or_else(|| unknown_package(input.package))?;
    Ok(Answer::Package(Box::new(Package::at(package, at))))
}
