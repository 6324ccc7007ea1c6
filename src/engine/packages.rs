//! `packages`: the open packages in draw order, now or later. One that time has ended stays among them, with its status, until
//! a command writes what time did: from then on it is one of `endedPackages`.

use super::answer::{Answer, Package};
use super::ask::At;
use super::balance::reached;
use super::error::Result;
use crate::ledger::{self, Ledger, Mark, Status};

pub(super) fn packages(ledger: &Ledger, input: &At, stored: Mark) -> Result<Answer> {
    let at = reached(ledger, input.at)?;
    let shown = |package: &ledger::Package| {
        let stranded = package.status(at) == Status::Effective && ledger.strands(&package.scope);
        let stranded = if stranded { package.counts.available } else { 0 };
        Package { stranded, ..Package::at(package, at) }
    };
    Ok(Answer::Packages(ledger.ranked_since(stored).into_iter().map(shown).collect()))
}
