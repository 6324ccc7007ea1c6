//! Auto-recharge: when an order is placed by itself, and of how much (domain rule 33). The engine decides and the host pays: what is
//! placed is an order like any other, which `confirmPayment` decides.

use super::command::Message;
use super::decide::Context;
use super::error::Result;
use super::purchase::{NOTHING_TO_PAY, check_gates, fulfil, placed};
use super::reserve::{cost, rate};
use crate::calendar::Instant;
use crate::catalog::{Offer, Source, Split};
use crate::ledger::{
    AccountState, DECLINES_MAX, Halt, Ledger, OnOrder, Order, OrderState, Reason, Recharge, RechargeEvent,
    RechargeState, RechargeTerms, Scope, Standing, Trigger, Withheld,
};
use crate::pricing::{Quote, QuoteRequest, quote, whole_packs};
use std::sync::Arc;

/// What the ids of such orders begin with; behind it stands the number of the entry that tells of the order.
pub(super) const RECHARGE_ID: &str = "recharge-";

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// Segments that are usable.
    pub(super) usable: u64,
    /// Segments of what waits to be paid.
    pub(super) waiting: u64,
    /// Why.
    pub(super) trigger: Trigger,
}

/// What came of it.
pub(super) enum Asked {
    /// This order is on its way; whether it was placed just now.
    Ordered(Arc<OnOrder>, bool),
    /// None is, and none was placed.
    Withheld(Withheld),
}

/// Orders what runs low. At most one order is placed, so that what a command writes stays bounded: another region that runs low as well has
/// its turn with the next command.
pub(super) fn watch(ledger: &mut Ledger, context: Context<'_>) -> Result<()> {
    if !spends(ledger) {
        return Ok(());
    }
    let before = ledger.mark();
    for index in 0..ledger.settings().recharges.len() {
        if let Some(usable) = low(ledger, index) {
            order(ledger, index, Gap { usable, waiting: 0, trigger: Trigger::Threshold }, context)?;
        }
        if ledger.changed_since(before) {
            break;
        }
    }
    Ok(())
}

/// Whether what is bought now could be used.
fn spends(ledger: &Ledger) -> bool {
    ledger.account().state != AccountState::Closed && !ledger.blocked() && !ledger.needs_plan()
}

/// The usable segments of a recharge that would order something, where they are not above its threshold.
fn low(ledger: &Ledger, index: usize) -> Option<u64> {
    let row = ledger.settings().recharges.get(index)?;
    let armed = ledger.standing(row) == Standing::Armed;
    let usable = armed.then(|| own_usable(ledger, row))?;
    (usable <= row.terms.threshold && !ledger.strands(&Scope::of_region(row.region))).then_some(usable)
}

fn own_usable(ledger: &Ledger, row: &Recharge) -> u64 {
    ledger.usable_for(&row.need(ledger.catalog().policy.default_purpose.as_ref()))
}

/// The recharge that could pay for a message which lacks credits; none where it lacks something else.
pub(super) fn row_for(ledger: &Ledger, message: &Message, reason: Reason) -> Option<usize> {
    let can_buy = ledger.is_for_sale(reason) && !ledger.settings().recharges.is_empty();
    let need = message.need(rate(ledger, message)).filter(|_| can_buy)?;
    ledger.recharge_for(need.region, need.purpose).filter(|_| spends(ledger))
}

/// What a message that lacks credits waits for.
pub(super) fn order_for(
    ledger: &mut Ledger,
    index: usize,
    message: &Message,
    context: Context<'_>,
) -> Result<Asked> {
    let usable = usable_for(ledger, index, message);
    let gap = Gap { usable, waiting: cost(ledger, message).into(), trigger: Trigger::Message };
    order(ledger, index, gap, context)
}

/// Segments that both a message and whatever else a recharge is for can use.
pub(super) fn usable_for(ledger: &Ledger, index: usize, message: &Message) -> u64 {
    let own = ledger.settings().recharges.get(index).map_or(0, |row| own_usable(ledger, row));
    message.need(rate(ledger, message)).map_or(own, |need| ledger.usable_for(&need).min(own))
}

/// Places an order that closes a gap, unless one is on its way or none may be placed.
pub(super) fn order(ledger: &mut Ledger, index: usize, gap: Gap, context: Context<'_>) -> Result<Asked> {
    let Some(row) = ledger.settings().recharges.get(index).cloned() else {
        return Ok(Asked::Withheld(Withheld::Halted));
    };
    let withheld = match (ledger.standing(&row), &row.state.on_order) {
        (Standing::Paying | Standing::Pending, Some(on_order)) => {
            return Ok(Asked::Ordered(Arc::clone(on_order), false));
        }
        (Standing::Armed, _) => None,
        (Standing::Cooling, _) => Some(Withheld::Cooling),
        (Standing::Capped, _) => Some(Withheld::Capped),
        _ => Some(Withheld::Halted),
    };
    let Some(wanted) = wanted(ledger, &row, gap).filter(|_| withheld.is_none()) else {
        return Ok(Asked::Withheld(withheld.unwrap_or(Withheld::Pending)));
    };
    let whole = in_one_package(ledger, gap);
    let sold = sold(ledger, &row, wanted, context);
    let placed = sold.and_then(|(quote, offer)| {
        let short = quote.quantity < whole;
        let order = placed(ledger, next_id(ledger), quote, offer, context).map_err(|_| Halt::NotSold)?;
        Ok((!short).then_some(Order { agreement: offer.agreement.clone(), ..order }))
    });
    match placed {
        Ok(Some(order)) => place(ledger, index, &row, order, gap.trigger, context),
        Ok(None) => Ok(Asked::Withheld(Withheld::TooLarge)),
        Err(halt) => {
            let cool_until = Some(cooled(ledger, &row.terms));
            let state = RechargeState { halted: Some(halt), cool_until, ..row.state.clone() };
            ledger.set_recharge_state(index, state);
            if row.state.halted != Some(halt) {
                let account = Arc::clone(&ledger.account().profile.id);
                ledger.tell_recharge(&row, account, RechargeEvent::Halted(halt))?;
            }
            Ok(Asked::Withheld(Withheld::Halted))
        }
    }
}

/// Segments that leave more than the threshold behind what waits; none where what waits for its time will do that. Where one message is
/// never split, one package must hold all that waits.
fn wanted(ledger: &Ledger, row: &Recharge, gap: Gap) -> Option<u64> {
    let need = row.need(ledger.catalog().policy.default_purpose.as_ref());
    let (mut pending, mut largest) = (0_u64, 0_u64);
    for segments in ledger.pending_for(&need) {
        pending = pending.saturating_add(segments);
        largest = largest.max(segments);
    }
    let whole = in_one_package(ledger, gap);
    let least = row.terms.threshold.saturating_add(gap.waiting).saturating_add(1);
    let missing = least.saturating_sub(gap.usable.saturating_add(pending));
    let waits = pending > 0 && missing == 0 && largest >= whole;
    (!waits).then(|| missing.max(whole).max(1))
}

/// What a package must hold at least: all that waits, where no message is split.
fn in_one_package(ledger: &Ledger, gap: Gap) -> u64 {
    if ledger.catalog().policy.split == Split::Never { gap.waiting } else { 0 }
}

/// So many segments in whole packs, at today's price; or why they are not sold to the account.
fn sold<'a>(
    ledger: &Ledger,
    row: &Recharge,
    segments: u64,
    context: Context<'a>,
) -> std::result::Result<(Quote, &'a Offer), Halt> {
    let terms = &row.terms;
    let offer = context.catalog.offer(&terms.offer).ok_or(Halt::NotSold)?;
    check_gates(ledger, offer).map_err(|_| Halt::Gate)?;
    if offer.agreement.as_ref().is_some_and(|asked| terms.agreement.as_ref() != Some(asked)) {
        return Err(Halt::Agreement);
    }
    let mut request = request(terms);
    request.region = Some(row.region);
    request.purpose.clone_from(&row.purpose);
    let quantity = whole_packs(context.catalog, &request, segments, context.now);
    request.quantity = quantity.map_err(|_| Halt::NotSold)?;
    let quote = quote(context.catalog, &request, context.now).map_err(|_| Halt::NotSold)?;
    Ok((quote, offer))
}

/// One pack, of which region and for which purpose is still to be said.
pub(super) fn request(terms: &RechargeTerms) -> QuoteRequest {
    QuoteRequest {
        offer: Arc::clone(&terms.offer),
        quantity: terms.pack.unwrap_or(0),
        currency: terms.currency,
        validity: terms.validity,
        ..QuoteRequest::default()
    }
}

fn next_id(ledger: &Ledger) -> Arc<str> {
    let sequence = ledger.account().head.entries.saturating_add(1);
    [RECHARGE_ID, &sequence.to_string()].concat().into()
}

fn place(
    ledger: &mut Ledger,
    index: usize,
    row: &Recharge,
    mut order: Order,
    trigger: Trigger,
    context: Context<'_>,
) -> Result<Asked> {
    order.source = Source::Recharge;
    order.payment.method.clone_from(&row.terms.method);
    let (quantity, total, currency) = (order.item.quantity, order.price.total, order.price.currency);
    let on_order =
        Arc::new(OnOrder { order: Arc::clone(&order.id), quantity, total, currency, package: None });
    let event = RechargeEvent::Ordered(quantity, (total, currency), trigger);
    ledger.tell_recharge(row, Arc::clone(&order.id), event)?;
    let mut state = RechargeState {
        on_order: Some(Arc::clone(&on_order)),
        cool_until: None,
        halted: None,
        ..row.state.clone()
    };
    ledger.count_placed(&mut state, context.zones);
    ledger.set_recharge_state(index, state);
    ledger.put_numbered(Arc::new(order.clone()));
    if total.value().is_zero() {
        fulfil(ledger, order, NOTHING_TO_PAY.into(), context)?;
    }
    Ok(Asked::Ordered(on_order, true))
}

/// When what is paid can be used, where that is still to come.
pub(super) fn effective_at(ledger: &Ledger, on_order: &OnOrder) -> Option<Instant> {
    on_order.package.and_then(|id| ledger.package(id)).map(|package| package.effective_at)
}

/// Until when nothing is ordered after what has happened now.
fn cooled(ledger: &Ledger, terms: &RechargeTerms) -> Instant {
    let seconds = ledger.recharge_limits(terms).cooldown_seconds.unwrap_or(0);
    ledger.account().head.last_at.checked_add_seconds(seconds.into()).unwrap_or(Instant::MAX)
}

/// An order is paid and its package issued. A payment by the same method, or of what was declined before, shows that payments succeed again.
pub(super) fn paid(ledger: &mut Ledger, order: &Order) {
    let Some(issued) = order.issued.as_ref().filter(|_| !ledger.settings().recharges.is_empty()) else {
        return;
    };
    let waits = (issued.effective_at > ledger.account().head.last_at).then_some(issued.package);
    let mut settings = (**ledger.settings()).clone();
    for row in &mut settings.recharges {
        let own = order.source == Source::Recharge
            && (row.region, &row.purpose) == (order.item.region, &order.item.purpose);
        if own || row.terms.method == order.payment.method && !order.price.total.value().is_zero() {
            row.state.declines = 0;
            row.state.cool_until = None;
            row.state.halted = row.state.halted.filter(|halt| *halt != Halt::Declined);
        }
        if row.state.on_order.as_ref().is_some_and(|on_order| on_order.order == order.id) {
            let paid = |on_order: Arc<OnOrder>| Arc::new(OnOrder { package: waits, ..(*on_order).clone() });
            row.state.on_order = row.state.on_order.take().filter(|_| waits.is_some()).map(paid);
        }
    }
    if settings != **ledger.settings() {
        ledger.set_settings(settings);
    }
}

/// An order is declined or cancelled: nothing is ordered for a while, and after too many declines in a row, nothing any more.
pub(super) fn unpaid(ledger: &mut Ledger, order: &Order, state: OrderState) -> Result<()> {
    let is_own =
        |row: &Recharge| row.state.on_order.as_ref().is_some_and(|on_order| on_order.order == order.id);
    let found = ledger.settings().recharges.iter().enumerate().find(|(_, row)| is_own(row));
    let Some((index, row)) = found.map(|(index, row)| (index, row.clone())) else { return Ok(()) };
    let mut next =
        RechargeState { on_order: None, cool_until: Some(cooled(ledger, &row.terms)), ..row.state.clone() };
    if state == OrderState::Declined {
        next.declines = next.declines.saturating_add(1);
    }
    let halts = next.declines >= DECLINES_MAX && next.halted != Some(Halt::Declined);
    if halts {
        next.halted = Some(Halt::Declined);
    }
    ledger.set_recharge_state(index, next);
    if halts {
        ledger.tell_recharge(&row, Arc::clone(&order.id), RechargeEvent::Halted(Halt::Declined))?;
    }
    Ok(())
}
