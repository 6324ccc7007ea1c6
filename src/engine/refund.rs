//! `refund`: a bought package is taken back, and its order says what is paid back, by the terms of the order (domain rule 13).

use super::answer::Answer;
use super::ask::Refund;
use super::confirm_payment::known;
use super::decide::Context;
use super::error::{Code, Error, Result};
use super::purchase::{after, put};
use crate::catalog::RefundModel;
use crate::ledger::{EntryKind, Issued, Ledger, Note, Order, OrderState, Refunded};
use crate::money::Price;
use crate::pricing::{Returned, refund as reckon};
use serde_json::json;
use std::sync::Arc;

pub(super) fn refund(ledger: &mut Ledger, input: &Refund, context: Context<'_>) -> Result<Answer> {
    let order = known(ledger, &input.order)?;
    if order.state == OrderState::Refunded {
        return Ok(Answer::Order(order));
    }
    let Some(issued) = order.issued.clone() else {
        return Err(refuse(&order, "not_fulfilled", "it is not paid, so that nothing was issued"));
    };
    let left = left(ledger, &order, &issued, context)?;
    let amount = amount(&order, left)?;
    if amount.value().is_zero() {
        return Err(refuse(&order, "nothing_back", "by its terms nothing is paid back for what is left"));
    }
    // After this point it must succeed.
    let note = Note { amount: Some((amount, order.price.currency)), ..Note::default() };
    ledger.withdraw(EntryKind::Refund, Arc::clone(&order.id), issued.package, left, note)?;
    let head = &ledger.account().head;
    let (at, available) = (head.last_at, head.totals.available);
    let mut next = (*order).clone();
    next.state = OrderState::Refunded;
    next.refunded = Some(Refunded { amount, segments: left, at, available });
    let order = put(ledger, next);
    Ok(if input.dry_run { Answer::WouldRefund(order) } else { Answer::Order(order) })
}

/// Segments that can be taken back.
fn left(ledger: &Ledger, order: &Order, issued: &Issued, context: Context<'_>) -> Result<u64> {
    if order.item.refund == RefundModel::None {
        return Err(refuse(order, "no_refunds", "its offer pays nothing back"));
    }
    let end = after(order.item.refund_within, issued.at, context)?;
    if let Some(end) = end.filter(|end| *end <= ledger.account().head.last_at) {
        return Err(refuse(order, "too_late", &format!("it could be given back until {end}")));
    }
    if ledger.is_exchanged(issued.package) {
        return Err(refuse(
            order,
            "migrated",
            "its price was for credits that were exchanged by a migration",
        ));
    }
    let counts = ledger.package(issued.package).map(|package| package.counts).unwrap_or_default();
    if counts.held > 0 {
        let why = format!("{} of its segments are held: wait for the outcome of their messages", counts.held);
        return Err(refuse(order, "held", &why));
    }
    Ok(counts.available)
}

fn amount(order: &Order, left: u64) -> Result<Price> {
    let (item, price) = (&order.item, &order.price);
    let used = item.refund_prices.as_deref();
    if item.refund == RefundModel::UsedValue && used.is_none() {
        return Err(refuse(order, "no_refunds", "the catalog had no price of used segments for it"));
    }
    let returned = Returned {
        paid: price.total,
        currency: price.currency,
        quantity: item.quantity,
        gone: item.quantity.saturating_sub(left),
    };
    reckon(item.refund, used, returned).map_err(|error| Error::input("order", error))
}

fn refuse(order: &Order, reason: &str, why: &str) -> Box<Error> {
    let message = format!("`{}` is not taken back: {why}", order.id);
    Error::new(Code::NotRefundable, message, json!({ "id": &*order.id, "reason": reason }))
}
