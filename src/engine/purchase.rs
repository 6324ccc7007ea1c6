//! `purchase`: a quote becomes an order, and a paid order a package (domain rules 5, 11, 12, 14 to 16).

use super::answer::Answer;
use super::ask::Purchase;
use super::command::fingerprint;
use super::decide::Context;
use super::error::{Code, Error, Result, time};
use super::recharge;
use super::set_state::check_buys;
use crate::calendar::{CalendarError, Instant, add_days, add_months};
use crate::catalog::{Agreement, Offer, Refund, RefundModel, Source, Validity};
use crate::ledger::{
    Counts, EntryKind, Grant, Issued, Item, Ledger, Note, Order, OrderPrice, OrderState, Package, PackageId,
    Payment, Record, Scope,
};
use crate::numbering::Region;
use crate::pricing::{Ineligible, Quote, QuoteError, QuoteRequest, quote};
use serde_json::json;
use std::sync::Arc;

/// How far a quote may lie ahead of the account's clock, in seconds: the clocks of a browser and a server differ.
const CLOCK_SKEW_SECONDS_MAX: i64 = 300;
/// The reference of an order that costs nothing: nobody is asked to charge it.
pub(super) const NOTHING_TO_PAY: &str = "nothing-to-pay";

pub(super) fn purchase(ledger: &mut Ledger, input: &Purchase, context: Context<'_>) -> Result<Answer> {
    let fingerprint = input.fingerprint();
    if let Some(order) = ledger.order(&input.id) {
        if order.fingerprint == fingerprint {
            return Ok(Answer::Order(Arc::clone(order)));
        }
        return Err(reused(order, input));
    }
    check_buys(ledger)?;
    let grant = voucher(ledger, input.quote.voucher.as_ref())?;
    let quote = check_quote(&input.quote, grant.as_deref(), context)?;
    let offer = context.catalog.offer(&quote.offer).ok_or_else(|| mismatch("its offer is gone"))?;
    check_gates(ledger, offer)?;
    let agreement = check_agreement(offer, input.agreement.as_ref())?;
    let free = quote.total.value().is_zero().then(|| Arc::from(NOTHING_TO_PAY));
    let reference = input.reference.clone().or(free);
    let mut order = placed(ledger, Arc::clone(&input.id), quote, offer, context)?;
    order.fingerprint = fingerprint;
    order.agreement = agreement;
    order.payment.method.clone_from(&input.method);
    order.item.project.clone_from(&input.project);
    // After this point it must succeed.
    if let Some(grant) = grant {
        consume(ledger, &grant, Some(&order.id));
    }
    let order = match reference {
        Some(reference) => fulfil(ledger, order, reference, context)?,
        None => put(ledger, order),
    };
    Ok(Answer::Order(order))
}

/// The id is an order's of another body: most often of a quote that was made anew for a repetition.
fn reused(order: &Order, input: &Purchase) -> Box<Error> {
    let mut error = Error::id_reused(&input.id);
    if order.price.quoted_at != input.quote.quoted_at {
        error.message.push_str("; send the quote of the first time, or ask `order`");
        error.details.insert("differs".into(), "quote".into());
    }
    error
}

/// An order at a quote's price, with the offer's terms.
///
/// # Errors
/// Where the package's end does not fit the calendar.
pub(super) fn placed(
    ledger: &Ledger,
    id: Arc<str>,
    quote: Quote,
    offer: &Offer,
    context: Context<'_>,
) -> Result<Order> {
    let order = Order {
        fingerprint: fingerprint(&[Some(&id)]),
        id,
        state: OrderState::Placed,
        agreement: None,
        payment: Payment::default(),
        placed_at: ledger.account().head.last_at,
        issued: None,
        refunded: None,
        source: Source::Purchase,
        price: OrderPrice {
            total: quote.total,
            currency: quote.currency,
            quoted_at: quote.quoted_at,
            price_list: quote.price_list.clone(),
            discount: quote.discount,
            voucher: quote.voucher.clone(),
            voucher_used_by: None,
        },
        item: item(offer, quote, context),
    };
    terms(ledger, &order.item, context)?;
    Ok(order)
}

fn item(offer: &Offer, quote: Quote, context: Context<'_>) -> Item {
    let Refund { model, within, prices } = offer.refund.clone().unwrap_or(NO_REFUND);
    let used = prices.and_then(|series| {
        let what = (quote.region, quote.purpose.as_deref());
        let (price, _) = context.catalog.listed(&series, what, quote.currency, quote.quoted_at)?;
        Some(Arc::new(price.clone()))
    });
    Item {
        offer: Arc::clone(&offer.id),
        name: name(offer, quote.region, context),
        catalog: quote.catalog,
        region: quote.region,
        purpose: quote.purpose,
        quantity: quote.quantity,
        validity: quote.validity,
        project: None,
        category: offer.category.clone(),
        activation_seconds: offer.activation_seconds,
        refund: model,
        refund_within: within,
        refund_prices: used,
    }
}

/// What a person reads of the package: the offer, and, where that alone does not say it, the region (domain rule 1).
fn name(offer: &Offer, region: Region, context: Context<'_>) -> Arc<str> {
    let regions = if offer.regions.len() > 1 { &*context.catalog.regions } else { &[] };
    let region = regions.iter().find(|listed| listed.code == region);
    region
        .map_or_else(|| Arc::clone(&offer.name), |region| [&*offer.name, ", ", &*region.name].concat().into())
}

const NO_REFUND: Refund = Refund { model: RefundModel::None, within: None, prices: None };

/// Records an order.
pub(super) fn put(ledger: &mut Ledger, order: Order) -> Arc<Order> {
    let order = Arc::new(order);
    ledger.put(Record::Order(Arc::clone(&order)));
    order
}

/// Says which order has consumed a voucher; none = it is free again.
pub(super) fn consume(ledger: &mut Ledger, grant: &Grant, order: Option<&Arc<str>>) {
    ledger.put(Record::Voucher(Arc::new(Grant { order: order.map(Arc::clone), ..grant.clone() })));
}

/// When a package that is paid now can first and no longer be used (domain rule 5).
fn terms(ledger: &Ledger, item: &Item, context: Context<'_>) -> Result<(Instant, Option<Instant>)> {
    let now = ledger.account().head.last_at;
    let effective_at = now.checked_add_seconds(i64::from(item.activation_seconds))?;
    Ok((effective_at, after(item.validity, now, context)?))
}

/// Issues the package of an order that is paid; its validity runs from now, at the price and on the terms of the order. Whoever
/// was charged has a package: one whose end the calendar does not have lasts as long as the calendar does.
pub(super) fn fulfil(
    ledger: &mut Ledger,
    mut order: Order,
    reference: Arc<str>,
    context: Context<'_>,
) -> Result<Arc<Order>> {
    let now = ledger.account().head.last_at;
    let item = &order.item;
    let (effective_at, expires_at) =
        terms(ledger, item, context).unwrap_or_else(|_| (now, item.validity.map(|_| Instant::MAX)));
    let package = package(&order, ledger.next_package()?, now, effective_at, expires_at);
    let package = ledger.issue(EntryKind::Purchase, package, item.quantity, Some(note(&order)))?;
    let available = ledger.account().head.totals.available;
    order.issued = Some(Issued { package, at: now, effective_at, expires_at, available });
    order.payment.reference = Some(reference);
    order.payment.reason = None;
    order.state = OrderState::Fulfilled;
    recharge::paid(ledger, &order);
    Ok(put(ledger, order))
}

/// The package of an order, as it is issued.
pub(super) fn package(
    order: &Order,
    id: PackageId,
    issued_at: Instant,
    effective_at: Instant,
    expires_at: Option<Instant>,
) -> Package {
    let item = &order.item;
    Package {
        id,
        source: order.source,
        name: Arc::clone(&item.name),
        reference: Arc::clone(&order.id),
        scope: Scope {
            region: Some(item.region),
            purpose: item.purpose.clone(),
            project: item.project.clone(),
        },
        category: item.category.clone(),
        counts: Counts::default(),
        issued_at,
        effective_at,
        expires_at,
        grace_until: None,
        noticed: None,
        exchanged: None,
    }
}

/// What the entry that issues it says of the money.
pub(super) fn note(order: &Order) -> Note {
    let OrderPrice { total, currency, price_list, discount, voucher, .. } = &order.price;
    Note {
        amount: Some((*total, *currency)),
        discount: discount.zip(voucher.clone()),
        price_list: price_list.clone(),
        ..Note::default()
    }
}

/// The voucher of an account, which no order may have consumed.
pub(super) fn voucher(ledger: &Ledger, id: Option<&Arc<str>>) -> Result<Option<Arc<Grant>>> {
    let Some(id) = id else { return Ok(None) };
    let grant = ledger.grant(id).ok_or_else(|| {
        let message = format!("voucher: `{id}` is not a voucher of this account: list them with `vouchers`");
        Error::new(Code::UnknownVoucher, message, json!({ "path": "voucher" }))
    })?;
    if grant.order.is_some() {
        return Err(QuoteError::Voucher { voucher: Arc::clone(id), reason: Ineligible::Consumed }.into());
    }
    Ok(Some(Arc::clone(grant)))
}

/// What the offer asks of the account (domain rule 12).
pub(super) fn check_gates(ledger: &Ledger, offer: &Offer) -> Result<()> {
    let own = &ledger.account().gates;
    let lacking: Vec<&str> =
        offer.gates.iter().filter(|gate| !own.contains(*gate)).map(|gate| &**gate).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let message = format!(
        "`{}` is sold to accounts that have {}: that an account has it, its seller says with `setGates`",
        offer.id,
        lacking.join(", ")
    );
    Err(Error::new(Code::GateClosed, message, json!({ "gates": lacking })))
}

/// The agreement must have been accepted as it stands today (domain rule 11).
pub(super) fn check_agreement(offer: &Offer, given: Option<&Agreement>) -> Result<Option<Agreement>> {
    match (&offer.agreement, given) {
        (None, None) => Ok(None),
        (Some(asked), Some(given)) if asked == given => Ok(Some(asked.clone())),
        (None, Some(_)) => Err(Error::input("agreement", "the offer has none: leave it out")),
        (Some(Agreement { id, version }), given) => {
            let found = if given.is_some() { "another was accepted" } else { "none was accepted" };
            let message = format!("agreement: {found}: have the buyer accept `{id}` in version `{version}`");
            let details = json!({ "path": "agreement", "agreement": { "id": &**id, "version": &**version } });
            Err(Error::new(Code::AgreementRequired, message, details))
        }
    }
}

/// A quote comes back from the buyer, so it is made again: only what this catalog quotes is sold, and the order keeps what was
/// made. It is judged by the host's clock: the account's may be ahead of it.
fn check_quote(given: &Quote, grant: Option<&Grant>, context: Context<'_>) -> Result<Quote> {
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
        voucher: grant.map(|grant| grant.voucher.clone()),
        at: Some(given.quoted_at),
    };
    let made = remade(&request, context)?;
    if made != *given {
        return Err(mismatch("its price or terms were changed"));
    }
    if given.quoted_at > now {
        check_ahead(&request, &made, context)?;
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

/// Clocks differ by a little, prices do not: a quote from ahead must come to the same as one of now, or a buyer could have the
/// next list, or a voucher, before its time.
fn check_ahead(request: &QuoteRequest, made: &Quote, context: Context<'_>) -> Result<()> {
    let now = context.now;
    if made.quoted_at > now.checked_add_seconds(CLOCK_SKEW_SECONDS_MAX)? {
        return Err(mismatch("it lies in the future"));
    }
    let of_now = remade(&QuoteRequest { at: None, ..request.clone() }, context)?;
    let (quoted_at, expires_at) = (made.quoted_at, made.expires_at);
    if (Quote { quoted_at, expires_at, ..of_now }) != *made {
        return Err(mismatch("it lies in the future, at another price"));
    }
    Ok(())
}

fn remade(request: &QuoteRequest, context: Context<'_>) -> Result<Quote> {
    quote(context.catalog, request, context.now).map_err(|error| match error {
        QuoteError::Voucher { .. } => error.into(),
        error => mismatch(&error.to_string()),
    })
}

fn mismatch(why: &str) -> Box<Error> {
    let message = format!("quote: not a quote of this catalog, {why}: ask for a new one");
    Error::new(Code::QuoteMismatch, message, json!({ "path": "quote" }))
}

/// The end of a time that begins at an instant, in calendar units of the catalog's zone; none = never.
pub(super) fn after(
    validity: Option<Validity>,
    start: Instant,
    context: Context<'_>,
) -> std::result::Result<Option<Instant>, CalendarError> {
    let zone = &context.catalog.zone;
    match validity {
        None => Ok(None),
        Some(Validity::Months(months)) => add_months(start, months, zone, context.zones).map(Some),
        Some(Validity::Days(days)) => add_days(start, days, zone, context.zones).map(Some),
    }
}
