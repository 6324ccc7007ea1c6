//! `grantVoucher`: a voucher comes into an account's hands (domain rule 14).

use super::answer::{Answer, OwnVoucher};
use super::ask::GrantVoucher;
use super::error::{Error, Result};
use crate::catalog::Catalog;
use crate::ledger::{Grant, Ledger, Record};
use std::sync::Arc;

pub(super) fn grant(ledger: &mut Ledger, input: &GrantVoucher) -> Result<Answer> {
    if let Some(grant) = ledger.grant(&input.voucher.id) {
        if grant.fingerprint == input.fingerprint {
            return Ok(own(Arc::clone(grant), ledger));
        }
        return Err(Error::id_reused(&input.voucher.id));
    }
    check_scope(ledger.catalog(), input)?;
    let grant = Arc::new(Grant {
        fingerprint: input.fingerprint,
        voucher: input.voucher.clone(),
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
