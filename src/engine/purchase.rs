//! `purchase`: a paid quote becomes an order and a package, in one commit (domain rules 5, 15, 16).

use super::answer::Answer;
use super::command::Purchase;
use super::decide::Context;
use super::error::{Code, Error, Result, time};
use crate::calendar::{CalendarError, Instant, add_days, add_months};
use crate::catalog::{Source, Validity};
use crate::ledger::{Counts, EntryKind, Ledger, Order, Package};
use crate::pricing::{Quote, QuoteRequest, quote};
use serde_json::json;
use std::sync::Arc;

/// How far a quote may lie ahead of the account's clock, in seconds: the clocks of a browser and a server differ.
const CLOCK_SKEW_SECONDS_MAX: i64 = 300;

pub(super) fn purchase(ledger: &mut Ledger, input: &Purchase, context: Context<'_>) -> Result<Answer> {
    let fingerprint = input.fingerprint();
    if let Some(Some(order)) = ledger.order_record(&input.id) {
        let same = order.fingerprint == fingerprint;
        return if same {
            Ok(Answer::Order(Box::new((&**order).into())))
        } else {
            Err(Error::id_reused(&input.id))
        };
    }
    let now = ledger.account().head.last_at;
    let quote = check_quote(&input.quote, context)?;
    let offer = context.catalog.offer(&quote.offer).ok_or_else(|| mismatch("its offer is gone"))?;
    let effective_at = now.checked_add_seconds(i64::from(offer.activation_seconds))?;
    let expires_at = expiry(quote.validity, now, context)?;
    // After this point it must succeed.
    let package = Package {
        id: ledger.next_package()?,
        source: Source::Purchase,
        name: Arc::clone(&offer.name),
        reference: Arc::clone(&input.id),
        region: Some(quote.region),
        counts: Counts::default(),
        issued_at: now,
        effective_at,
        expires_at,
    };
    let package = ledger.issue(EntryKind::Purchase, package, quote.quantity)?;
    let Quote { offer, region, quantity, currency, total, catalog, .. } = quote;
    let order = Order {
        id: Arc::clone(&input.id),
        fingerprint,
        offer,
        catalog,
        region,
        quantity,
        total,
        currency,
        payment: Arc::clone(&input.payment.reference),
        package,
        purchased_at: now,
        effective_at,
        expires_at,
        available: ledger.account().head.totals.available,
    };
    Ok(Answer::Order(Box::new((&*ledger.put_order(order)).into())))
}

/// A quote comes back from the buyer, so it is made again: only what this catalog quotes is sold, and the order keeps what was
/// made. It is judged by the host's clock: the account's may be ahead of it.
fn check_quote(given: &Quote, context: Context<'_>) -> Result<Quote> {
    let now = context.now;
    let own = (&*context.catalog.id, context.catalog.revision);
    if (&*given.catalog.id, given.catalog.revision) != own {
        return Err(mismatch(&format!(
            "it was made from `{}` revision {}",
            given.catalog.id, given.catalog.revision
        )));
    }
    let request = QuoteRequest {
        offer: Arc::clone(&given.offer),
        region: Some(given.region),
        quantity: given.quantity,
        purpose: given.purpose.clone(),
        currency: Some(given.currency),
        validity: given.validity,
        at: Some(given.quoted_at),
    };
    let made = quote(context.catalog, &request, now).map_err(|error| mismatch(&error.to_string()))?;
    if made != *given {
        return Err(mismatch("its price or terms were changed"));
    }
    if given.quoted_at > now.checked_add_seconds(CLOCK_SKEW_SECONDS_MAX)? {
        return Err(mismatch("it lies in the future"));
    }
    if given.expires_at <= now {
        let message = format!("quote: it held until {}: ask for a new one", given.expires_at);
        return Err(Error::new(
            Code::QuoteExpired,
            message,
            json!({ "path": "quote", "expiresAt": time(given.expires_at) }),
        ));
    }
    Ok(made)
}

fn mismatch(why: &str) -> Box<Error> {
    let message = format!("quote: not a quote of this catalog, {why}: ask for a new one");
    Error::new(Code::QuoteMismatch, message, json!({ "path": "quote" }))
}

/// Validity runs from payment (domain rule 5), in calendar units of the catalog's zone.
fn expiry(
    validity: Option<Validity>,
    now: Instant,
    context: Context<'_>,
) -> std::result::Result<Option<Instant>, CalendarError> {
    let zone = &context.catalog.zone;
    match validity {
        None => Ok(None),
        Some(Validity::Months(months)) => add_months(now, months, zone, context.zones).map(Some),
        Some(Validity::Days(days)) => add_days(now, days, zone, context.zones).map(Some),
    }
}
