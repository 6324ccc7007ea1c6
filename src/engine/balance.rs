//! `balance`: what there is, now or later.

use super::answer::{Answer, Balance, PoolBalance};
use super::ask::At;
use super::error::{Error, Result};
use crate::calendar::Instant;
use crate::ledger::Ledger;
use std::sync::Arc;

pub(super) fn balance(ledger: &Ledger, input: &At) -> Result<Answer> {
    let at = reached(ledger, input.at)?;
    let pools = ledger.pools().map(|(scope, available)| PoolBalance { scope: scope.clone(), available });
    let stranded = ledger.pools().filter(|(scope, _)| ledger.strands(scope));
    let stranded = stranded.map(|(_, available)| available).fold(0, u64::saturating_add);
    Ok(Answer::Balance(Box::new(Balance {
        account: Arc::clone(&ledger.account().profile.id),
        at,
        counts: ledger.account().head.totals,
        pools: pools.collect(),
        stranded,
        next_due: ledger.next_due(),
    })))
}

/// The instant the account was brought to; what is asked must not lie before its last change.
pub(super) fn reached(ledger: &Ledger, asked: Option<Instant>) -> Result<Instant> {
    let at = ledger.account().head.last_at;
    match asked {
        Some(asked) if asked < at => {
            let message =
                format!("`{asked}` lies before the account's last change, {at}: read `entries` for the past");
            Err(Error::input("at", message))
        }
        _ => Ok(at),
    }
}
