//! `balance`: what there is, at the instant that the account was brought to.

use super::answer::{Answer, Balance, PoolBalance};
use crate::ledger::Ledger;
use std::sync::Arc;

pub(super) fn balance(ledger: &Ledger) -> Answer {
    let at = ledger.account().head.last_at;
    let pools = ledger.pools().map(|(scope, available)| PoolBalance { scope: scope.clone(), available });
    Answer::Balance(Box::new(Balance {
        account: Arc::clone(&ledger.account().profile.id),
        at,
        counts: ledger.account().head.totals,
        pools: pools.collect(),
        stranded: ledger.stranded(),
        next_due: ledger.next_due(),
    }))
}
