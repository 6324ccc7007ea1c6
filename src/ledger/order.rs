//! A purchase on its way: what was ordered, what became of its payment, what was issued, and what was paid back for it. It is
//! also the idempotency record of its id.

use super::hold::Fingerprint;
use super::package::PackageId;
use crate::calendar::Instant;
use crate::catalog::{Agreement, PriceModel, RefundModel, Source, Validity};
use crate::money::{Currency, Price};
use crate::numbering::Region;
use crate::pricing::CatalogId;
use crate::shape::names;
use std::sync::Arc;

/// Where an order stands. The table of [`OrderState::after`] says how it comes from one state to another; `docs/orders.md`
/// shows the same table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Stored; its payment may or may not have been asked for.
    Placed,
    /// The payment was asked for, and nobody knows what became of it.
    Unknown,
    /// The payment was refused.
    Declined,
    /// The buyer did not pay in time.
    TimedOut,
    /// Given up before it was paid.
    Cancelled,
    /// Paid, and its package issued.
    Fulfilled,
    /// Paid back, and what was left of its package taken back.
    Refunded,
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The buyer was charged.
    Paid,
    /// The buyer was not charged: the payment was refused.
    Declined,
    /// The buyer was not charged: the order is given up.
    Cancelled,
    /// The buyer was not charged in time.
    TimedOut,
    /// Nobody can say yet.
    Unknown,
}

/// What an outcome does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It is in another state from now on.
    To(OrderState),
    /// It says nothing new.
    Same,
    /// It contradicts what the order has come to.
    Contradiction,
}

impl OrderState {
    /// The table of states: whoever has been charged has a package, whatever was said before; whoever has a package was charged,
    /// whatever is said later.
    pub fn after(self, outcome: PaymentStatus) -> Transition {
        use OrderState::{Cancelled, Declined, Fulfilled, Placed, Refunded, TimedOut, Unknown};
        use PaymentStatus as Payment;
        match (self, outcome) {
            (Fulfilled | Refunded, Payment::Paid | Payment::Unknown) => Transition::Same,
            (Fulfilled | Refunded, _) => Transition::Contradiction,
            (_, Payment::Paid) => Transition::To(Fulfilled),
            (Placed, Payment::Unknown) => Transition::To(Unknown),
            (_, Payment::Unknown) | (Cancelled, _) => Transition::Same,
            (_, Payment::Cancelled) => Transition::To(Cancelled),
            (Placed | Unknown | TimedOut, Payment::Declined) => Transition::To(Declined),
            (Placed | Unknown, Payment::TimedOut) => Transition::To(TimedOut),
            (Declined, Payment::Declined | Payment::TimedOut) | (TimedOut, Payment::TimedOut) => {
                Transition::Same
            }
        }
    }

    /// Whether its payment is yet to be decided.
    pub fn undecided(self) -> bool {
        matches!(self, Self::Placed | Self::Unknown)
    }
}

names!(OrderState {
    Placed = "placed",
    Unknown = "unknown",
    Declined = "declined",
    TimedOut = "timed_out",
    Cancelled = "cancelled",
    Fulfilled = "fulfilled",
    Refunded = "refunded",
});

names!(PaymentStatus {
    Paid = "paid",
    Declined = "declined",
    Cancelled = "cancelled",
    TimedOut = "timed_out",
    Unknown = "unknown",
});

/// A purchase (domain rules 15 and 16: it keeps its quote's price, and the offer's terms).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The caller's id.
    pub id: Arc<str>,
    /// Of the order's body.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: OrderState,
    /// What is bought.
    pub item: Item,
    /// What it costs.
    pub price: OrderPrice,
    /// The terms that the buyer accepted; when, is when the order was placed.
    pub agreement: Option<Agreement>,
    /// How it is paid.
    pub payment: Payment,
    /// When it was stored.
    pub placed_at: Instant,
    /// What was issued for it.
    pub issued: Option<Issued>,
    /// What was paid back for it.
    pub refunded: Option<Refunded>,
    /// Whether somebody ordered it, or auto-recharge did.
    pub source: Source,
}

/// What is bought, with the offer's terms at the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The offer.
    pub offer: Arc<str>,
    /// The package's name.
    pub name: Arc<str>,
    /// The catalog.
    pub catalog: CatalogId,
    /// The region that the package will pay.
    pub region: Region,
    /// The purpose that the price is for, and the only one that the package will pay.
    pub purpose: Option<Arc<str>>,
    /// Segments.
    pub quantity: u64,
    /// How long the package lasts from payment.
    pub validity: Option<Validity>,
    /// The only project that the package will pay.
    pub project: Option<Arc<str>>,
    /// The offer's category, such as `international`.
    pub category: Option<Arc<str>>,
    /// From payment until it can be used.
    pub activation_seconds: u32,
    /// How a refund is reckoned.
    pub refund: RefundModel,
    /// For how long after payment there is one.
    pub refund_within: Option<Validity>,
    /// `used-value`: what used segments cost, as it was when the price was quoted; none where the catalog had no such price.
    pub refund_prices: Option<Arc<PriceModel>>,
}

/// What an order costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPrice {
    /// What is paid.
    pub total: Price,
    /// In this currency.
    pub currency: Currency,
    /// When it was quoted.
    pub quoted_at: Instant,
    /// The price list that the price stands in.
    pub price_list: Option<Arc<str>>,
    /// What the voucher takes off.
    pub discount: Option<Price>,
    /// The voucher.
    pub voucher: Option<Arc<str>>,
    /// The other order that had the voucher when this one was paid after it had been given up: both have its discount.
    pub voucher_used_by: Option<Arc<str>>,
}

/// How an order is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// What the buyer pays with, in the host's words.
    pub method: Option<Arc<str>>,
    /// The host's proof of payment.
    pub reference: Option<Arc<str>>,
    /// Why it was not paid, in the host's words.
    pub reason: Option<Arc<str>>,
}

/// What was issued for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The package.
    pub package: PackageId,
    /// When it was paid.
    pub at: Instant,
    /// When the package can be used.
    pub effective_at: Instant,
    /// When the package can no longer be used.
    pub expires_at: Option<Instant>,
    /// The account's usable and unheld segments right after.
    pub available: u64,
}

/// What was paid back for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// In the order's currency.
    pub amount: Price,
    /// Segments taken back.
    pub segments: u64,
    /// When.
    pub at: Instant,
    /// The account's usable and unheld segments right after.
    pub available: u64,
}

impl Order {
    /// Whether its parts go together: a package exactly where it was paid, proof of payment with it, a refund where it says so.
    pub fn adds_up(&self) -> bool {
        let paid = matches!(self.state, OrderState::Fulfilled | OrderState::Refunded);
        let voucher = self.price.voucher.is_some() == self.price.discount.is_some();
        paid == self.issued.is_some()
            && paid == self.payment.reference.is_some()
            && (self.state == OrderState::Refunded) == self.refunded.is_some()
            && voucher
            && (self.price.voucher_used_by.is_none() || paid && self.price.voucher.is_some())
            && (self.item.refund == RefundModel::UsedValue || self.item.refund_prices.is_none())
    }
}
