//! `packages`: the open packages in draw order, at the instant that the account was brought to. One that time has ended stays among
//! them, with its status, until a command writes what time did: from then on it is one of `endedPackages`.

use super::answer::{Answer, Package};
use crate::ledger::{self, Ledger};

/// Those given, which are the account's open ones and those that time has ended.
pub(super) fn packages(ledger: &Ledger, packages: &[&ledger::Package]) -> Answer {
    let at = ledger.account().head.last_at;
    let shown = |package: &&ledger::Package| {
        let stranded = if ledger.strands_package(package) { package.counts.available } else { 0 };
        Package { stranded, ..Package::at(package, at) }
    };
    Answer::Packages(packages.iter().map(shown).collect())
}
