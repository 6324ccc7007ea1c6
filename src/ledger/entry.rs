//! The journal: append-only, double-entry, each entry hashing the one before it.

use super::alarms::{Expiring, Low};
use super::canonical::{Canonical, Hash};
use super::counts::{Bucket, Counts};
use super::few::Few;
use super::migration::Ratio;
use super::package::PackageId;
use super::recharge::{RechargeEvent, RechargeNote};
use crate::calendar::Instant;
use crate::money::{Currency, Price};
use crate::shape::names;
use std::sync::Arc;

/// The version of the bytes that are hashed.
const CANONICAL_VERSION: u8 = 1;

/// Why an entry was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The account was opened.
    Open,
    /// A package was bought.
    Purchase,
    /// Something was ordered by itself, or cannot be.
    Recharge,
    /// A period of a plan was issued, or what a larger plan adds to it.
    Plan,
    /// The plan was chosen, changed, cancelled or ended, or nothing was issued for it.
    PlanChange,
    /// A month of a schedule was issued.
    Schedule,
    /// A message set segments aside.
    Reserve,
    /// A message was charged on submission.
    Spend,
    /// A message spent them.
    Settle,
    /// A message gave them back.
    Release,
    /// A later receipt was right, and the first one wrong.
    Correct,
    /// A package ran out of time.
    Expire,
    /// What was left of a bought package was taken back, and paid back.
    Refund,
    /// An administrator gave or took segments.
    Adjust,
    /// What the account has, such as a certificate, was said anew.
    Gates,
    /// The account was suspended.
    Suspend,
    /// It may spend and buy again.
    Resume,
    /// It was closed for good.
    Close,
    /// A package can be used before its time: the entry is about it and carries its new terms.
    Activate,
    /// Something runs low.
    Alarm,
    /// Something expires soon.
    Expiring,
    /// The account was migrated away from an earlier charge model.
    Migrate,
    /// The migration was taken back.
    Revert,
    /// What is left in a package was exchanged by a migration, or exchanged back.
    Exchange,
}

impl EntryKind {
    /// Whether it is of the account's feed of events: whatever is not of one message.
    pub fn is_event(self) -> bool {
        !matches!(self, Self::Reserve | Self::Spend | Self::Settle | Self::Release | Self::Correct)
    }
}

names!(EntryKind {
    Open = "open",
    Purchase = "purchase",
    Recharge = "recharge",
    Plan = "plan",
    PlanChange = "plan_change",
    Schedule = "schedule",
    Reserve = "reserve",
    Spend = "spend",
    Settle = "settle",
    Release = "release",
    Correct = "correct",
    Expire = "expire",
    Refund = "refund",
    Adjust = "adjust",
    Gates = "gates",
    Suspend = "suspend",
    Resume = "resume",
    Close = "close",
    Activate = "activate",
    Alarm = "alarm",
    Expiring = "expiring",
    Migrate = "migrate",
    Revert = "revert",
    Exchange = "exchange",
});

/// One side of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Whose segments.
    pub package: PackageId,
    /// Which of its buckets.
    pub bucket: Bucket,
    /// How many come (or, negative, go).
    pub segments: i64,
}

/// The sides of an entry: mostly two, of what goes from one bucket of a package to another.
pub type Postings = Few<Posting, 2>;

/// What a line of the journal says besides its segments: money, and reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// What was paid, or paid back, and its currency.
    pub amount: Option<(Price, Currency)>,
    /// What a voucher took off, and the voucher.
    pub discount: Option<(Price, Arc<str>)>,
    /// The price list that the price stands in.
    pub price_list: Option<Arc<str>>,
    /// Why, in the words of whoever did it.
    pub reason: Option<Arc<str>>,
    /// The thresholds that were crossed.
    pub low: Vec<Low>,
    /// What expires soon.
    pub expiring: Option<Expiring>,
    /// What was ordered by itself, or why nothing can be.
    pub recharge: Option<RechargeNote>,
    /// At which credits are exchanged.
    pub ratio: Option<Ratio>,
}

/// The version of the bytes that a note is hashed from.
const NOTE_VERSION: u8 = 1;

impl Note {
    /// Of everything that it says.
    pub fn hash(&self) -> Hash {
        let mut bytes = Vec::new();
        let mut bytes = Canonical::new(&mut bytes, NOTE_VERSION);
        bytes.optional(self.amount.as_ref(), |bytes, (amount, currency)| {
            bytes.text(&amount.to_string());
            bytes.text(currency.code());
        });
        bytes.optional(self.discount.as_ref(), |bytes, (discount, voucher)| {
            bytes.text(&discount.to_string());
            bytes.text(voucher);
        });
        bytes.optional(self.price_list.as_deref(), Canonical::text);
        bytes.optional(self.reason.as_deref(), Canonical::text);
        bytes.length(self.low.len());
        for low in &self.low {
            bytes.optional(low.region, |bytes, region| bytes.text(region.as_str()));
            bytes.count(low.below);
            bytes.count(low.usable);
        }
        bytes.optional(self.expiring.as_ref(), |bytes, expiring| {
            bytes.count(u64::from(expiring.days));
            bytes.count(expiring.segments);
            bytes.signed(expiring.expires_at.millis());
        });
        bytes.optional(self.recharge.as_ref(), |bytes, recharge| {
            bytes.text(recharge.region.as_str());
            bytes.optional(recharge.purpose.as_deref(), Canonical::text);
            bytes.text(&recharge.offer);
            match recharge.event {
                RechargeEvent::Ordered(quantity, (total, currency), trigger) => {
                    bytes.text(trigger.as_str());
                    bytes.count(quantity);
                    bytes.text(&total.to_string());
                    bytes.text(currency.code());
                }
                RechargeEvent::Halted(halt) => bytes.text(halt.as_str()),
            }
        });
        // A last part: without it the bytes end here, with it they have another reading than any without.
        if let Some(Ratio { from, to }) = self.ratio {
            bytes.count(from.into());
            bytes.count(to.into());
        }
        bytes.hash()
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 without a gap.
    pub sequence: u64,
    /// Why.
    pub kind: EntryKind,
    /// The message, order, plan or package that it is about.
    pub reference: Arc<str>,
    /// Fixes the order.
    pub recorded_at: Instant,
    /// When it took effect, for reports.
    pub effective_at: Instant,
    /// Sum to zero.
    pub postings: Postings,
    /// The account right after.
    pub balance: Counts,
    /// Of the terms of the package that it issues or activates, or of what the account was opened with and has.
    pub terms: Option<Box<Hash>>,
    /// What it says besides.
    pub note: Option<Box<Note>>,
    /// Over the previous entry's hash and this entry.
    pub hash: Hash,
}

impl Entry {
    /// The hash that this entry must carry when it follows one with the hash `previous`: over a version byte, the previous
    /// hash and every field as canonical bytes, for which `bytes` is the room.
    pub fn chained(&self, previous: &Hash, bytes: &mut Vec<u8>) -> Hash {
        let mut bytes = Canonical::new(bytes, CANONICAL_VERSION);
        bytes.raw(previous);
        bytes.count(self.sequence);
        bytes.text(self.kind.as_str());
        bytes.text(&self.reference);
        bytes.signed(self.recorded_at.millis());
        bytes.signed(self.effective_at.millis());
        bytes.length(self.postings.len());
        for posting in self.postings.iter() {
            bytes.count(u64::from(posting.package.0));
            bytes.raw(&[posting.bucket.code()]);
            bytes.signed(posting.segments);
        }
        for count in self.balance.to_array() {
            bytes.count(count);
        }
        // Last parts of lengths of their own, 32 and 33: with or without each, the bytes have one reading.
        if let Some(terms) = &self.terms {
            bytes.raw(&**terms);
        }
        if let Some(note) = &self.note {
            bytes.raw(&[NOTE_VERSION]);
            bytes.raw(&note.hash());
        }
        bytes.hash()
    }
}
