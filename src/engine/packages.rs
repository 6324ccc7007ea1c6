//! `packages`: the open packages in draw order, now or later.

use super::answer::{Answer, Package};
use super::ask::At;
use super::balance::reached;
use super::error::Result;
use crate::ledger::Ledger;

pub(super) fn packages(ledger: &Ledger, input: &At) -> Result<Answer> {
    let at = reached(ledger, input.at)?;
    Ok(Answer::Packages(ledger.ranked().into_iter().map(|package| Package::at(package, at)).collect()))
}
