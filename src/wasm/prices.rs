//! Quotes as words: many in one crossing, without a text on either side. `docs/boundary.md` has the records; what does not fit
//! into them is asked again as data.

use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::money::{Currency, Price};
use crate::pricing::{Quote, QuoteRequest, quote, total};
use std::sync::Arc;

/// Words of a request.
const REQUEST: usize = 8;
/// In place of an index: nothing is said.
const NONE: u32 = u32::MAX;

/// A quote for each request: where its record begins, 0 where there is none, and then the records.
pub(super) fn quotes(catalog: &Catalog, now: Instant, asked: &[u32]) -> Vec<u32> {
    let (requests, _) = asked.as_chunks::<REQUEST>();
    let mut words = vec![0; requests.len()];
    words.reserve(requests.len().saturating_mul(32));
    for (index, request) in requests.iter().enumerate() {
        let start = words.len();
        let quoted = wanted(catalog, request).and_then(|request| quote(catalog, &request, now).ok());
        let record = quoted.and_then(|quote| record(catalog, &quote, &mut words));
        if record.is_none() {
            words.truncate(start);
        } else if let (Some(place), Ok(start)) = (words.get_mut(index), u32::try_from(start)) {
            *place = start;
        }
    }
    words
}

/// The total of each request, as an amount; NONE in its high half where there is none.
pub(super) fn totals(catalog: &Catalog, now: Instant, asked: &[u32]) -> Vec<u32> {
    let (requests, _) = asked.as_chunks::<REQUEST>();
    let mut words = Vec::with_capacity(requests.len().saturating_mul(2));
    for request in requests {
        let start = words.len();
        let price = wanted(catalog, request).and_then(|request| total(catalog, &request, now).ok());
        if price.and_then(|price| money(&mut words, price)).is_none() {
            words.truncate(start);
            words.extend([0, NONE]);
        }
    }
    words
}

fn wanted(catalog: &Catalog, request: &[u32; REQUEST]) -> Option<QuoteRequest> {
    let [offer, region, purpose, validity, currency, quantity, low, high] = *request;
    let offer = at(&catalog.offers, offer)?;
    Some(QuoteRequest {
        offer: Arc::clone(&offer.id),
        region: chosen(&offer.regions, region)?.copied(),
        quantity: u64::from(quantity),
        purpose: chosen(&offer.purposes, purpose)?.cloned(),
        currency: if currency == NONE { None } else { Some(currency_of(currency)?) },
        validity: chosen(&offer.validity, validity)?.copied(),
        voucher: None,
        at: if high == NONE { None } else { Some(instant(low, high)?) },
    })
}

fn at<T>(items: &[T], index: u32) -> Option<&T> {
    items.get(usize::try_from(index).ok()?)
}

/// The item of an index, or that none is chosen; none where there is no such item.
fn chosen<T>(items: &[T], index: u32) -> Option<Option<&T>> {
    if index == NONE { Some(None) } else { at(items, index).map(Some) }
}

/// Three capitals, a byte each.
fn currency_of(code: u32) -> Option<Currency> {
    let [_, letters @ ..] = code.to_be_bytes();
    std::str::from_utf8(&letters).ok()?.parse().ok()
}

fn instant(low: u32, high: u32) -> Option<Instant> {
    let millis = u64::from(high).checked_shl(32)?.checked_add(u64::from(low))?;
    Instant::from_millis(i64::try_from(millis).ok()?).ok()
}

/// Appends the record; none where something does not fit.
fn record(catalog: &Catalog, quote: &Quote, words: &mut Vec<u32>) -> Option<()> {
    let offer = catalog.offer(&quote.offer)?;
    words.extend([
        place(&offer.regions, Some(&quote.region)),
        place(&offer.purposes, quote.purpose.as_ref()),
        place(&offer.validity, quote.validity.as_ref()),
        list(catalog, quote),
    ]);
    wide(words, quote.quoted_at.millis())?;
    wide(words, quote.expires_at.millis())?;
    words.push(u32::try_from(quote.lines.len()).ok()?);
    for line in &quote.lines {
        words.push(u32::try_from(line.quantity).ok()?);
        money(words, line.price)?;
        words.push(u32::try_from(line.per).ok()?);
        money(words, line.amount)?;
    }
    money(words, quote.total)?;
    let others = quote.cheaper_at.iter().chain(&quote.alternatives);
    words.push(u32::from(quote.cheaper_at.is_some()));
    words.push(u32::try_from(quote.alternatives.len()).ok()?);
    for other in others {
        words.push(u32::try_from(other.quantity).ok()?);
        money(words, other.total)?;
    }
    Some(())
}

fn place<T: PartialEq>(items: &[T], item: Option<&T>) -> u32 {
    let place = item.and_then(|item| items.iter().position(|other| other == item));
    place.and_then(|place| u32::try_from(place).ok()).unwrap_or(NONE)
}

fn list(catalog: &Catalog, quote: &Quote) -> u32 {
    let place =
        quote.price_list.as_ref().and_then(|id| catalog.price_lists.iter().position(|list| list.id == *id));
    place.and_then(|place| u32::try_from(place).ok()).unwrap_or(NONE)
}

/// A number of 0 or more that JavaScript counts exactly: the low half first.
fn wide(words: &mut Vec<u32>, number: i64) -> Option<()> {
    let number = u64::try_from(number).ok().filter(|number| *number < SAFE)?;
    words.extend([half(number), half(number >> 32)]);
    Some(())
}

const SAFE: u64 = 1 << 53;

fn half(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}

/// The digits in 53 bits, and above the 21 of their high half how many of them are decimal places.
fn money(words: &mut Vec<u32>, price: Price) -> Option<()> {
    let digits = u64::try_from(price.value().mantissa()).ok().filter(|digits| *digits < SAFE)?;
    let places = price.value().scale().checked_shl(21)?;
    words.extend([half(digits), half(digits >> 32) | places]);
    Some(())
}
