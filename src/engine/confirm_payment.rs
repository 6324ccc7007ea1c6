//! `confirmPayment`: what became of an order's payment, from the charge itself or from a webhook, however late and however often
//! (domain rule 15). The table is [`OrderState::after`].

use super::answer::Answer;
use super::ask::ConfirmPayment;
use super::decide::Context;
use super::error::{Code, Error, Result};
use super::purchase::{consume, fulfil, put};
use super::recharge;
use crate::ledger::{Ledger, Order, OrderState, PaymentStatus, Transition};
use serde_json::json;
use std::sync::Arc;

/// The proof of a charge of which the host names none. A later one takes its place.
const NO_REFERENCE: &str = "no-reference";

pub(super) fn confirm(ledger: &mut Ledger, input: &ConfirmPayment, context: Context<'_>) -> Result<Answer> {
    let order = known(ledger, &input.order)?;
    let order = match order.state.after(input.status) {
        Transition::Contradiction => return Err(decided(&order, "contradicted", CONTRADICTED)),
        Transition::Same if paid_twice(&order, input) => {
            return Err(decided(&order, "paid_twice", PAID_TWICE));
        }
        Transition::Same if named_late(&order, input) => {
            let mut next = (*order).clone();
            next.payment.reference.clone_from(&input.reference);
            put(ledger, next)
        }
        Transition::Same => order,
        Transition::To(OrderState::Fulfilled) => {
            let mut paid = (*order).clone();
            paid.price.voucher_used_by = bind_voucher(ledger, &order);
            let reference = input.reference.clone().unwrap_or_else(|| NO_REFERENCE.into());
            fulfil(ledger, paid, reference, context)?
        }
        Transition::To(state) => {
            if state == OrderState::Cancelled {
                give_back_voucher(ledger, &order);
            }
            if matches!(state, OrderState::Cancelled | OrderState::Declined) {
                recharge::unpaid(ledger, &order, state)?;
            }
            let mut next = (*order).clone();
            next.state = state;
            // Why it was declined stays true of an order that is given up.
            if state != OrderState::Cancelled || input.reason.is_some() {
                next.payment.reason.clone_from(&input.reason);
            }
            put(ledger, next)
        }
    };
    Ok(Answer::Order(order))
}

/// An order of the account.
pub(super) fn known(ledger: &Ledger, id: &Arc<str>) -> Result<Arc<Order>> {
    ledger.order(id).map(Arc::clone).ok_or_else(|| {
        let message = format!("`{id}` is not an order of this account: purchase it first");
        Error::new(Code::UnknownOrder, message, json!({ "id": &**id }))
    })
}

/// The same order paid under another reference: the buyer was charged twice, which the host must know.
fn paid_twice(order: &Order, input: &ConfirmPayment) -> bool {
    input.status == PaymentStatus::Paid
        && order.payment.reference != input.reference
        && named(order.payment.reference.as_ref())
        && named(input.reference.as_ref())
}

/// Paid before without a reference, which comes now.
fn named_late(order: &Order, input: &ConfirmPayment) -> bool {
    input.status == PaymentStatus::Paid
        && !named(order.payment.reference.as_ref())
        && named(input.reference.as_ref())
}

fn named(reference: Option<&Arc<str>>) -> bool {
    reference.is_some_and(|reference| **reference != *NO_REFERENCE)
}

const PAID_TWICE: &str = "this is a second payment, which must be paid back at the payment provider";
const CONTRADICTED: &str =
    "a later word that it was not changes nothing; to take the package back, use `refund`";

fn decided(order: &Order, reason: &str, why: &str) -> Box<Error> {
    let (id, state) = (&*order.id, order.state.as_str());
    let reference = order.payment.reference.as_deref().unwrap_or_default();
    let message = ["`", id, "` is ", state, ", paid as `", reference, "`: ", why].concat();
    let details = json!({ "id": id, "state": state, "reference": reference, "reason": reason });
    Error::new(Code::OrderDecided, message, details)
}

/// An order that was given up has given its voucher back: paid after all, it takes it again, unless another order has it by then,
/// which is the answer.
fn bind_voucher(ledger: &mut Ledger, order: &Order) -> Option<Arc<str>> {
    let grant = order.price.voucher.as_ref().and_then(|voucher| ledger.grant(voucher)).map(Arc::clone)?;
    if grant.order.is_none() {
        consume(ledger, &grant, Some(&order.id));
    }
    grant.order.clone().filter(|other| *other != order.id)
}

fn give_back_voucher(ledger: &mut Ledger, order: &Order) {
    let grant = order.price.voucher.as_ref().and_then(|voucher| ledger.grant(voucher)).map(Arc::clone);
    if let Some(grant) = grant.filter(|grant| grant.order.as_ref() == Some(&order.id)) {
        consume(ledger, &grant, None);
    }
}
