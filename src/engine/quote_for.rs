//! `quote` for an account: what a purchase would cost it, with a voucher of its own, and whether it may buy at all.

use super::answer::Answer;
use super::ask::QuoteFor;
use super::decide::Context;
use super::error::Result;
use super::purchase::{check_gates, voucher};
use super::set_state::check_buys;
use crate::ledger::Ledger;
use crate::pricing::{QuoteRequest, quote};

pub(super) fn quote_for(ledger: &Ledger, input: &QuoteFor, context: Context<'_>) -> Result<Answer> {
    check_buys(ledger)?;
    let grant = voucher(ledger, input.voucher.as_ref())?;
    let own = grant.map(|grant| grant.voucher.clone());
    let request =
        QuoteRequest { voucher: own.or_else(|| input.request.voucher.clone()), ..input.request.clone() };
    let made = quote(context.catalog, &request, context.now)?;
    if let Some(offer) = context.catalog.offer(&made.offer) {
        check_gates(ledger, offer)?;
    }
    Ok(Answer::Quote(Box::new(made)))
}
