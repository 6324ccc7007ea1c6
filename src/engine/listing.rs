//! `orders` and `vouchers`: pages of an account's records, by their ids.

use super::answer::{Answer, Orders, OwnVoucher, Vouchers};
use super::ask::{OrderPage, VoucherPage};
use super::command::Command;
use super::error::Result;
use super::scan::{Step, page_of, range};
use super::sequencer::Loaded;
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger::{Grant, Order};
use crate::money::Price;
use crate::pricing::{Ineligible, QuoteError, QuoteRequest, quote};
use crate::storage::documents::{Key, ORDER, UNPAID, VOUCHER};
use crate::storage::{Range, StoredEntry, decode_order, decode_unpaid, decode_voucher};
use std::sync::Arc;

/// A page on its way through the store.
#[derive(Debug)]
pub(super) enum Listing {
    Orders(OrderPage),
    /// Those that are undecided: first their ids, then they themselves, and whether another page follows.
    Undecided(OrderPage),
    Fetched {
        next: Option<Arc<str>>,
    },
    Vouchers(Box<(VoucherPage, Instant)>),
}

impl Listing {
    pub(super) fn of(command: &Command, now: Instant) -> Option<Self> {
        match command {
            Command::Orders(page) if page.undecided => Some(Self::Undecided(page.clone())),
            Command::Orders(page) => Some(Self::Orders(page.clone())),
            Command::Vouchers(page) => Some(Self::Vouchers(Box::new(((**page).clone(), now)))),
            _ => None,
        }
    }

    pub(super) fn first(&self) -> Range {
        let (prefix, after, limit) = match self {
            Self::Orders(page) => (ORDER, page.after.as_ref(), page.limit),
            Self::Undecided(page) => (UNPAID, page.after.as_ref(), page.limit),
            Self::Vouchers(page) => (VOUCHER, page.0.after.as_ref(), page.0.limit),
            Self::Fetched { .. } => (UNPAID, None, 0),
        };
        range(prefix, after.map(|after| [prefix, after].concat()), limit.saturating_add(1))
    }

    pub(super) fn step(&mut self, account: &str, loaded: Loaded, catalog: &Catalog) -> Result<Step> {
        match self {
            Self::Orders(page) => {
                let (_, stored, more) = page_of(loaded, account, page.limit, catalog)?;
                orders(stored, more).map(Step::Done)
            }
            Self::Undecided(page) => {
                let (_, stored, more) = page_of(loaded, account, page.limit, catalog)?;
                if stored.is_empty() {
                    return orders(stored, more).map(Step::Done);
                }
                for entry in &stored {
                    decode_unpaid(&entry.key, &entry.value)?;
                }
                let ids: Vec<&str> =
                    stored.iter().filter_map(|entry| entry.key.strip_prefix(UNPAID)).collect();
                let keys = ids.iter().map(|id| Key::Order(id).text()).collect();
                *self = Self::Fetched { next: ids.last().filter(|_| more).map(|id| Arc::from(*id)) };
                Ok(Step::Read(keys, Vec::new()))
            }
            // Some may have been decided between the two looks.
            Self::Fetched { next } => {
                let stored = loaded.keys.into_iter().flatten().collect();
                let mut orders = decoded(stored)?;
                orders.retain(|order| order.state.undecided());
                Ok(Step::Done(Answer::Orders(Orders { orders, next: next.take() })))
            }
            Self::Vouchers(asked) => {
                let (page, now) = &**asked;
                let (_, stored, more) = page_of(loaded, account, page.limit, catalog)?;
                vouchers(stored, more, page.request.as_ref(), *now, catalog).map(Step::Done)
            }
        }
    }
}

fn decoded(stored: Vec<StoredEntry>) -> Result<Vec<Arc<Order>>> {
    let mut orders: Vec<Arc<Order>> = Vec::with_capacity(stored.len());
    for entry in stored {
        orders.push(Arc::new(decode_order(&entry.key, &entry.value)?));
    }
    Ok(orders)
}

fn orders(stored: Vec<StoredEntry>, more: bool) -> Result<Answer> {
    let orders = decoded(stored)?;
    let next = orders.last().map(|order| Arc::clone(&order.id)).filter(|_| more);
    Ok(Answer::Orders(Orders { orders, next }))
}

fn vouchers(
    stored: Vec<StoredEntry>,
    more: bool,
    request: Option<&QuoteRequest>,
    now: Instant,
    catalog: &Catalog,
) -> Result<Answer> {
    let mut vouchers = Vec::with_capacity(stored.len());
    for entry in stored {
        let grant = Arc::new(decode_voucher(&entry.key, &entry.value)?);
        let (reason, discount) = held_against(&grant, request, now, catalog)?;
        vouchers.push(OwnVoucher { grant, reason, discount });
    }
    let next = vouchers.last().map(|own| Arc::clone(&own.grant.voucher.id)).filter(|_| more);
    Ok(Answer::Vouchers(Vouchers { vouchers, next }))
}

/// Why a voucher does not apply to what is asked for, or what it takes off there: by the very quote that would be made.
fn held_against(
    grant: &Grant,
    request: Option<&QuoteRequest>,
    now: Instant,
    catalog: &Catalog,
) -> Result<(Option<Ineligible>, Option<Price>)> {
    if let Some(reason) = grant.ineligible(now) {
        return Ok((Some(reason), None));
    }
    let Some(request) = request else { return Ok((None, None)) };
    let request = QuoteRequest { voucher: Some(grant.voucher.clone()), ..request.clone() };
    match quote(catalog, &request, now) {
        Ok(quote) => Ok((None, quote.discount)),
        Err(QuoteError::Voucher { reason, .. }) => Ok((Some(reason), None)),
        Err(error) => Err(error.into()),
    }
}
