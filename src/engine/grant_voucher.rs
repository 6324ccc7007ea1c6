//! `grantVoucher`: a voucher comes into an account's hands (domain rule 14).

use super::answer::{Answer, OwnVoucher};
use super::ask::GrantVoucher;
use super::decide::Context;
use super::error::{Error, Result};
use crate::catalog::Catalog;
use crate::ledger::{Grant, Ledger, Record};
use crate::pricing::NEVER_VALID;
use std::sync::Arc;

pub(super) fn grant(ledger: &mut Ledger, input: &GrantVoucher, context: Context<'_>) -> Result<Answer> {
    if let Some(grant) = ledger.grant(&input.voucher.id) {
        if grant.fingerprint == input.fingerprint {
            return Ok(own(Arc::clone(grant), ledger));
        }
        return Err(Error::id_reused(&input.voucher.id));
    }
    check_scope(ledger.catalog(), input)?;
    let mut voucher = input.voucher.clone();
    if let Some(day) = input.day {
        let end = day.instant(&context.catalog.zone, context.zones)?;
        if voucher.from.is_some_and(|from| end <= from) {
            return Err(Error::input("voucher.until", NEVER_VALID));
        }
        voucher.until = Some(end);
    }
    let grant = Arc::new(Grant {
        fingerprint: input.fingerprint,
        voucher,
        granted_at: ledger.account().head.last_at,
        order: None,
    });
    ledger.put(Record::Voucher(Arc::clone(&grant)));
    Ok(own(grant, ledger))
}

/// A voucher for what the catalog does not have would never apply.
fn check_scope(catalog: &Catalog, input: &GrantVoucher) -> Result<()> {
    let offer = |id: &&Arc<str>| catalog.offer(id).is_none();
    if let Some(id) = input.voucher.offers.iter().find(offer) {
        return Err(Error::input("voucher.offers", format!("`{id}` is not an offer of this catalog")));
    }
    let region = input.voucher.regions.iter().find(|region| !catalog.prices(**region));
    region.map_or(Ok(()), |region| {
        Err(Error::input("voucher.regions", format!("`{region}` is not a region on offer")))
    })
}

fn own(grant: Arc<Grant>, ledger: &Ledger) -> Answer {
    let reason = grant.ineligible(ledger.account().head.last_at);
    Answer::Voucher(Box::new(OwnVoucher { grant, reason, discount: None }))
}
