//! Every stored document: its key, its version and its fields. Nothing else is stored, and nothing is stored elsewhere.
//!
//! | key in the account's partition | document | written |
//! |---|---|---|
//! | `account` | [`AccountDocument`] | by every commit |
//! | `settings` | [`SettingsDocument`] | when the account sets something, and when an alarm or a recharge changes its state |
//! | `package/open/00000001` | [`PackageDocument`] | while anything is in it |
//! | `package/ended/00000001` | [`PackageDocument`] | when nothing is left in it; it goes where a message gives back to it |
//! | `hold/<message id>` | [`HoldDocument`] | when reserved or refused, and when decided |
//! | `order/<order id>` | [`OrderDocument`] | when placed, and when its payment is decided or paid back |
//! | `unpaid/<order id>` | [`UnpaidDocument`] | while the payment of an order is undecided |
//! | `voucher/<voucher id>` | [`VoucherDocument`] | when granted, consumed or given back |
//! | `adjustment/<adjustment id>` | [`AdjustmentDocument`] | once |
//! | `migration/<migration id>` | [`MigrationDocument`] | when the account is migrated, and when that is taken back |
//! | `policy/00000001` | [`PolicyDocument`] | when the account pays under another revision of the catalog than before |
//! | `entry/0000000000000001` | [`JournalDocument`]: entries of one commit, under the number of the last | once |
//!
//! Where `js/src/moving` is at work, something else stands under `account`: [`IMPORTING`] while the account is imported or
//! deleted, and [`MOVED`] once it is retired, with its head under `retired` from then on.
//!
//! A value is JSON: an array of the fields in the order shown here, in which an absent one is null.
//! Times are milliseconds since the epoch, hashes are lower-case hexadecimal, money is a decimal string, counts are
//! `[issued, available, held, spent, expired, adjusted]`, and a posting names one of them by its index.
//! An unknown version or field is refused.

use super::hex::Hex;
use super::row::{Cell, Json, Problem, Read, cells, items, name, named, row};
use crate::catalog::{Charge, ChargeOn, DrawKey, Model, RefundModel, Source, Split, Stage, Then, Validity};
use crate::ledger::{
    AccountState, Bucket, Draw, EntryKind, Halt, HoldState, OrderState, PackageId, Per, Posting, Reason,
    Trigger, Withheld,
};
use crate::money::{Currency, Price};
use crate::numbering::Region;
use crate::text::Encoding;
use serde_json::Value;
use std::borrow::Cow;

/// The packages in which something is left.
pub const OPEN: &str = "package/open/";
/// The packages in which nothing is left.
pub const ENDED: &str = "package/ended/";
/// The journal.
pub const ENTRY: &str = "entry/";
const ACCOUNT: &str = "account";
const SETTINGS: &str = "settings";
/// The records of messages.
pub const HOLD: &str = "hold/";
/// The orders.
pub const ORDER: &str = "order/";
/// The orders whose payment is undecided.
pub const UNPAID: &str = "unpaid/";
/// The vouchers.
pub const VOUCHER: &str = "voucher/";
/// Prefix of adjustments.
pub const ADJUSTMENT: &str = "adjustment/";
/// Prefix of migrations.
pub const MIGRATION: &str = "migration/";
/// Prefix of policies.
pub const POLICY: &str = "policy/";

/// The version of every document below. A change of any field counts it up and adds a reader of the old one, and to
/// `tests/fixtures/documents` an account as this release has written it.
pub const VERSION: u8 = 1;
/// Stands in an account's stead while it is imported: of no version.
pub const IMPORTING: &str = r#"[0,"import"]"#;
/// Stands in an account's stead once it has moved elsewhere: of no version.
pub const MOVED: &str = r#"[0,"moved"]"#;
/// No value is longer, in bytes.
pub const VALUE_BYTES_MAX: usize = 32 * 1024;

/// Where a document stands in its account's partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// The head of the account.
    Account,
    /// What the account has set.
    Settings,
    /// An open package.
    Open(u32),
    /// An ended package.
    Ended(u32),
    /// A message's record.
    Hold(&'a str),
    /// A purchase's record.
    Order(&'a str),
    /// That a purchase is not paid yet.
    Unpaid(&'a str),
    /// A voucher's record.
    Voucher(&'a str),
    /// An adjustment's record.
    Adjustment(&'a str),
    /// A migration's record.
    Migration(&'a str),
    /// The policy of a catalog's revision.
    Policy(u32),
    /// Entries up to this one.
    Entry(u64),
}

impl<'a> Key<'a> {
    /// The record that a key is of; none where it is a key of another kind.
    pub fn record(key: &'a str) -> Option<Self> {
        let hold = key.strip_prefix(HOLD).map(Self::Hold);
        hold.or_else(|| key.strip_prefix(ORDER).map(Self::Order))
            .or_else(|| key.strip_prefix(VOUCHER).map(Self::Voucher))
            .or_else(|| key.strip_prefix(ADJUSTMENT).map(Self::Adjustment))
            .or_else(|| key.strip_prefix(MIGRATION).map(Self::Migration))
            .or_else(|| key.strip_prefix(ENDED)?.parse().ok().map(Self::Ended))
            .or_else(|| key.strip_prefix(POLICY)?.parse().ok().map(Self::Policy))
    }

    /// Appends the key as it is stored.
    pub fn write(self, text: &mut String) {
        match self {
            Self::Account => text.push_str(ACCOUNT),
            Self::Settings => text.push_str(SETTINGS),
            Self::Open(package) => numbered(text, OPEN, 8, u64::from(package)),
            Self::Ended(package) => numbered(text, ENDED, 8, u64::from(package)),
            Self::Hold(id) => text.extend([HOLD, id]),
            Self::Order(id) => text.extend([ORDER, id]),
            Self::Unpaid(id) => text.extend([UNPAID, id]),
            Self::Voucher(id) => text.extend([VOUCHER, id]),
            Self::Adjustment(id) => text.extend([ADJUSTMENT, id]),
            Self::Migration(id) => text.extend([MIGRATION, id]),
            Self::Policy(revision) => numbered(text, POLICY, 8, u64::from(revision)),
            Self::Entry(sequence) => numbered(text, ENTRY, 16, sequence),
        }
    }

    /// The key as it is stored.
    pub fn text(self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

/// A prefix and a number with leading zeros, so that byte order is the order of the numbers. By hand: it stands on the hot path.
fn numbered(text: &mut String, prefix: &str, digits: usize, number: u64) {
    let mut places = [b'0'; 20];
    let mut rest = number;
    for place in places.iter_mut().rev() {
        *place = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
    }
    let significant =
        places.iter().position(|place| *place != b'0').map_or(0, |first| places.len().saturating_sub(first));
    let start = places.len().saturating_sub(significant.max(digits));
    let shown = places.get(start..).and_then(|shown| std::str::from_utf8(shown).ok()).unwrap_or_default();
    text.extend([prefix, shown]);
}

/// Milliseconds since the epoch.
type Millis = i64;
/// Ends of the hour and the day, and what messages to each region, or to all, have reserved in them.
pub(super) type UsageDocument = (Millis, Millis, Vec<(Option<Region>, u64, u64)>);
/// Of a stretch of the journal the entries between the last of the stretch before it, or the journal's beginning, and its first; the
/// entries behind its first; the messages held; and when the first of them times out, from that of the stretch before it, or the
/// epoch, on. The head is written with every commit: small numbers keep it short.
pub(super) type StretchDocument = ([u64; 3], Millis);
/// In the order of [`crate::ledger::Bucket::ALL`].
type CountsDocument = [u64; 6];

row! {
    /// The head of an account.
    pub struct AccountDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// The account's id.
        pub id: Cow<'a, str>,
        /// Of the opening's body.
        pub body: Hex<16>,
        /// The catalog at the opening: id and revision.
        pub catalog: (Cow<'a, str>, u32),
        /// IANA zone of the billing date.
        pub zone: Cow<'a, str>,
        /// When it was opened.
        pub opened_at: Millis,
        /// The account's clock.
        pub last_at: Millis,
        /// Sum over all packages that ever were.
        pub totals: CountsDocument,
        /// Entries written so far.
        pub entries: u64,
        /// Packages issued so far.
        pub packages: u32,
        /// Of the last entry.
        pub hash: Hex<32>,
        /// The plan.
        pub plan: Option<PlanDocument<'a>>,
        /// What it has, such as a certificate.
        pub gates: Vec<Cow<'a, str>>,
        /// How the last package of a region ended: region, when, whether something expired.
        pub ended: Vec<(Option<Region>, Millis, bool)>,
        /// How far its schedules are.
        pub schedules: Vec<ScheduleDocument<'a>>,
        /// The same of scopes with a purpose or a project. Of both only the latest are kept.
        pub ended_named: Vec<EndedDocument<'a>>,
        /// What messages have reserved, of what has a ceiling.
        pub usage: Option<UsageDocument>,
        /// Whether it may spend and buy.
        pub state: AccountState,
        /// The catalog's revision whose policy was written last; 0 = none.
        pub policy: u32,
        /// Where in the journal messages are in flight.
        pub in_flight: Vec<StretchDocument>,
        /// Since when it has been the seller's.
        pub created_at: Option<Millis>,
        /// The earlier charge model that it is under.
        pub charge_model: Option<Cow<'a, str>>,
        /// The migration that it stands under.
        pub exchange: Option<ExchangeDocument<'a>>,
    }
}

row! {
    /// A migration on its way.
    pub struct ExchangeDocument<'a> {
        /// Its id.
        pub id: Cow<'a, str>,
        /// So many credits for so many.
        pub ratio: (u32, u32),
        /// When it takes effect.
        pub at: Millis,
        /// The last package that there was then.
        pub last: u32,
        /// The next one to be exchanged.
        pub next: u32,
        /// Whether it is being taken back.
        pub back: bool,
        /// The first entry since that has moved what such a package has left.
        pub moved: Option<u64>,
    }
}

row! {
    /// What an account has set.
    pub struct SettingsDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// Its ceilings: region, segments in an hour, segments in a day.
        pub ceilings: Option<Vec<(Option<Region>, Option<u64>, Option<u64>)>>,
        /// Its alarms: thresholds of a region, a number of segments and a margin; and days before an expiry.
        pub alarms: Option<(Vec<(Option<Region>, u64, u64)>, Vec<u32>)>,
        /// Where its thresholds stand: region, threshold, whether its alarm has fired.
        pub watched: Vec<(Option<Region>, u64, bool)>,
        /// What is ordered by itself.
        pub recharges: Vec<RechargeDocument<'a>>,
    }
}

row! {
    /// What is ordered by itself for messages to a region, and where that stands.
    pub struct RechargeDocument<'a> {
        /// The region.
        pub region: Region,
        /// The only purpose.
        pub purpose: Option<Cow<'a, str>>,
        /// Whether anything is ordered.
        pub enabled: bool,
        /// The offer.
        pub offer: Cow<'a, str>,
        /// Segments of one pack.
        pub pack: Option<u64>,
        /// What it is paid in.
        pub currency: Option<Currency>,
        /// How long the package lasts.
        pub validity: Option<ValidityDocument>,
        /// Usable segments at which something is ordered.
        pub threshold: u64,
        /// What the buyer pays with.
        pub method: Option<Cow<'a, str>>,
        /// The agreement that was accepted: id and version.
        pub agreement: Option<(Cow<'a, str>, Cow<'a, str>)>,
        /// Orders in a day, in a month, and seconds after a declined payment.
        pub limits: (Option<u32>, Option<u32>, Option<u32>),
        /// The order on its way.
        pub on_order: Option<OnOrderDocument<'a>>,
        /// Orders placed in a day, and its end; the same of a month.
        pub placed: ((u32, Millis), (u32, Millis)),
        /// Payments declined in a row.
        pub declines: u32,
        /// Before when nothing is ordered.
        pub cool_until: Option<Millis>,
        /// Why nothing can be ordered.
        pub halted: Option<Halt>,
    }
}

row! {
    /// An order on its way.
    pub struct OnOrderDocument<'a> {
        /// Its id.
        pub order: Cow<'a, str>,
        /// Segments.
        pub quantity: u64,
        /// What is to be paid.
        pub total: Price,
        /// In this currency.
        pub currency: Currency,
        /// What was issued for it.
        pub package: Option<u32>,
    }
}

row! {
    /// What a catalog's revision says of paying and deciding messages.
    pub struct PolicyDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// Of the catalog.
        pub revision: u32,
        /// What reports cost: stage, codes, charge.
        pub receipts: Vec<(Stage, Vec<Cow<'a, str>>, Charge)>,
        /// When a message is charged.
        pub charge_on: ChargeOn,
        /// For how long after a package's expiry segments still come back to it.
        pub grace_hours: u32,
        /// Whether a later receipt may correct the first.
        pub corrections: bool,
        /// The draw order's sort keys.
        pub draw: Vec<DrawKey>,
        /// What the key `source` sorts by.
        pub sources: Vec<Source>,
        /// Whether one message may be paid from several packages.
        pub split: Split,
        /// After how many hours a message's time is out, and what then.
        pub hold: (u32, Then),
    }
}

row! {
    /// How the last package of a scope ended.
    pub struct EndedDocument<'a> {
        /// Of which scope.
        pub scope: ScopeDocument<'a>,
        /// When.
        pub at: Millis,
        /// Whether something expired.
        pub expired: bool,
    }
}

/// Region, purpose and project that a package is bound to; each null where it is not.
pub type ScopeDocument<'a> = (Option<Region>, Option<Cow<'a, str>>, Option<Cow<'a, str>>);

row! {
    /// A plan on its way.
    pub struct PlanDocument<'a> {
        /// The plan's id.
        pub id: Cow<'a, str>,
        /// What every billing date is reckoned from.
        pub anchor: Millis,
        /// The next billing date.
        pub next_at: Millis,
        /// The last period issued, counted from the anchor.
        pub issued: Option<u32>,
        /// Segments that the running period is worth.
        pub credited: u64,
        /// The plan that it becomes at the next billing date.
        pub next: Option<Cow<'a, str>>,
        /// Whether it ends then.
        pub ends: bool,
    }
}

row! {
    /// A schedule on its way.
    pub struct ScheduleDocument<'a> {
        /// The schedule's id.
        pub id: Cow<'a, str>,
        /// Since when the account has what it asks for.
        pub since: Millis,
        /// When its next month begins.
        pub next_at: Millis,
        /// The last month issued, counted from January 1970.
        pub issued: Option<u32>,
    }
}

row! {
    /// A package.
    pub struct PackageDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// Its number in the account.
        pub package: u32,
        /// Where it comes from.
        pub source: Source,
        /// What a person reads.
        pub name: Cow<'a, str>,
        /// The order, the plan or the adjustment.
        pub reference: Cow<'a, str>,
        /// The only region, purpose and project it pays.
        pub scope: ScopeDocument<'a>,
        /// What has become of its segments.
        pub counts: CountsDocument,
        /// When it was issued.
        pub issued_at: Millis,
        /// First instant of use.
        pub effective_at: Millis,
        /// First instant without use.
        pub expires_at: Option<Millis>,
        /// The kind of messages as the seller sorts them.
        pub category: Option<Cow<'a, str>>,
        /// Until when what came back after its expiry can be used.
        pub grace_until: Option<Millis>,
        /// The latest notice of its expiry that was given, in days before it.
        pub noticed: Option<u32>,
        /// What was left in it before a migration that stands.
        pub exchanged: Option<u64>,
    }
}

row! {
    /// A message.
    pub struct HoldDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// The caller's id.
        pub id: Cow<'a, str>,
        /// Of the message's body.
        pub body: Hex<16>,
        /// Where it stands.
        pub state: HoldState,
        /// Where it goes; null where the number belongs to no region.
        pub region: Option<Region>,
        /// How it is encoded.
        pub encoding: Encoding,
        /// As the networks count them.
        pub segments: u32,
        /// In draw order.
        pub draws: Draws<'a>,
        /// When it was held or last refused.
        pub at: Millis,
        /// The account's usable segments right after.
        pub available: u64,
        /// Refused attempts.
        pub refusals: Vec<RefusalDocument>,
        /// What ended it.
        pub decision: Option<DecisionDocument<'a>>,
        /// The catalog's revision that it was paid, or last refused, under.
        pub revision: u32,
        /// What else was said of it: what, when, and whether it stood until a correction.
        pub contradictions: Vec<(VerbDocument<'a>, Millis, bool)>,
        /// What it is for.
        pub purpose: Option<Cow<'a, str>>,
        /// The project that sends it.
        pub project: Option<Cow<'a, str>>,
        /// While it is held: when its time is out, and the entry that set its segments aside.
        pub due: Option<(Millis, u64)>,
        /// Credits for a segment, by an earlier charge model.
        pub rate: Option<Price>,
    }
}

row! {
    /// A refused attempt.
    pub struct RefusalDocument {
        /// Why.
        pub reason: Reason,
        /// Usable segments.
        pub usable: u64,
        /// When.
        pub at: Millis,
        /// The ceiling, where that is why.
        pub ceiling: Option<BrokenDocument>,
        /// Why nothing was ordered for it.
        pub recharge: Option<Withheld>,
        /// Credits for a segment, by an earlier charge model.
        pub rate: Option<Price>,
    }
}

row! {
    /// A ceiling that a message would have broken.
    pub struct BrokenDocument {
        /// The region; null = all.
        pub region: Option<Region>,
        /// An hour or a day.
        pub per: Per,
        /// Most segments.
        pub ceiling: u64,
        /// Segments reserved before.
        pub used: u64,
        /// First instant at which nothing is counted any more.
        pub resets_at: Millis,
    }
}

/// Each `[package, segments]`.
#[derive(Debug)]
pub struct Draws<'a>(pub Cow<'a, [Draw]>);

impl Cell for Draws<'_> {
    fn write(&self, json: &mut Json) {
        items(json, self.0.iter(), |json, draw| {
            cells!(json, draw.package.0, draw.segments);
        });
    }
}

impl Read<'_> for Draws<'_> {
    fn read(value: &Value, problem: &Problem) -> Self {
        let rows = Vec::<(u32, u32)>::read(value, problem).into_iter();
        Self(rows.map(|(package, segments)| Draw { package: PackageId(package), segments }).collect())
    }
}

named!(Charge, "what a report costs", Charge::Wait);
named!(ChargeOn, "when a message is charged", ChargeOn::Delivery);
named!(DrawKey, "a key of the draw order", DrawKey::Sequence);
named!(Split, "whether messages are split", Split::Never);
named!(HoldState, "where a message stands", HoldState::Held);
named!(Then, "what becomes of a message", Then::Settle);
named!(Encoding, "an encoding", Encoding::Ucs2);
named!(Per, "a time", Per::Hour);
named!(Reason, "a reason", Reason::None);
named!(Source, "where a package comes from", Source::Purchase);
named!(Stage, "a stage", Stage::Unknown);
named!(OrderState, "where an order stands", OrderState::Placed);
named!(RefundModel, "a model of refunds", RefundModel::None);
named!(Model, "a model of prices", Model::Flat);
named!(AccountState, "whether an account may spend", AccountState::Active);
named!(Halt, "why nothing can be ordered", Halt::NotSold);
named!(Trigger, "what made an order be placed", Trigger::Threshold);
named!(Withheld, "why nothing was ordered", Withheld::Halted);
named!(EntryKind, "a kind of entry", EntryKind::Open);

row! {
    /// What ended a hold.
    pub struct DecisionDocument<'a> {
        /// What was said.
        pub verb: VerbDocument<'a>,
        /// Spent, released, expired.
        pub segments: (u32, u32, u32),
        /// When.
        pub at: Millis,
        /// The account's usable segments right after.
        pub available: u64,
    }
}

/// What was said to end a hold: `"submit"`, `"timed_out"`, `{"settle": segments}`, `"release"` or `{"report": [stage, code, segments]}`.
#[derive(Debug)]
pub enum VerbDocument<'a> {
    /// Nothing yet: charged on submission.
    Submit,
    /// Nothing: its time is out.
    TimedOut,
    /// Segments spent.
    Settle(u32),
    /// All back.
    Release,
    /// Stage, code, and how many segments were delivered where not all were.
    Report(Stage, Option<Cow<'a, str>>, Option<u32>),
}

impl Cell for VerbDocument<'_> {
    fn write(&self, json: &mut Json) {
        match self {
            Self::Settle(segments) => variant(json, "settle", segments),
            Self::Submit => name(json, b"submit"),
            Self::TimedOut => name(json, b"timed_out"),
            Self::Release => name(json, b"release"),
            Self::Report(stage, code, segments) => {
                variant(json, "report", &(*stage, code.as_deref().map(Cow::Borrowed), *segments));
            }
        }
    }
}

fn variant(json: &mut Json, verb: &str, content: &impl Cell) {
    json.push(b'{');
    name(json, verb.as_bytes());
    json.push(b':');
    content.write(json);
    json.push(b'}');
}

impl<'a> Read<'a> for VerbDocument<'a> {
    fn read(value: &'a Value, problem: &Problem) -> Self {
        let said = value.as_object().filter(|verb| verb.len() == 1).and_then(|verb| verb.iter().next());
        match said.map(|(verb, content)| (verb.as_str(), content)) {
            Some(("settle", content)) => Self::Settle(u32::read(content, problem)),
            Some(("report", content)) => {
                let (stage, code, segments) = Read::read(content, problem);
                Self::Report(stage, code, segments)
            }
            None if value.as_str() == Some("submit") => Self::Submit,
            None if value.as_str() == Some("timed_out") => Self::TimedOut,
            said => {
                if said.is_some() || value.as_str() != Some("release") {
                    problem.misfit(&"what ended a message", value);
                }
                Self::Release
            }
        }
    }
}

row! {
    /// A purchase.
    pub struct OrderDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// The caller's id.
        pub id: Cow<'a, str>,
        /// Of the order's body.
        pub body: Hex<16>,
        /// Where it stands.
        pub state: OrderState,
        /// What is bought.
        pub item: ItemDocument<'a>,
        /// What it costs.
        pub price: OrderPriceDocument<'a>,
        /// The agreement that was accepted: id and version.
        pub agreement: Option<(Cow<'a, str>, Cow<'a, str>)>,
        /// The method, the host's proof of payment, and why it was not paid.
        pub payment: (Option<Cow<'a, str>>, Option<Cow<'a, str>>, Option<Cow<'a, str>>),
        /// When it was stored.
        pub placed_at: Millis,
        /// What was issued for it.
        pub issued: Option<IssuedDocument>,
        /// What was paid back for it.
        pub refunded: Option<RefundedDocument>,
        /// Whether somebody ordered it, or auto-recharge did.
        pub source: Source,
    }
}

row! {
    /// What is bought.
    pub struct ItemDocument<'a> {
        /// The offer.
        pub offer: Cow<'a, str>,
        /// The package's name.
        pub name: Cow<'a, str>,
        /// The catalog: id and revision.
        pub catalog: (Cow<'a, str>, u32),
        /// The region that its package will pay.
        pub region: Region,
        /// The purpose that the price is for.
        pub purpose: Option<Cow<'a, str>>,
        /// Segments.
        pub quantity: u64,
        /// How long the package lasts from payment.
        pub validity: Option<ValidityDocument>,
        /// From payment until it can be used.
        pub activation_seconds: u32,
        /// How a refund is reckoned, for how long, and what used segments cost.
        pub refund: (RefundModel, Option<ValidityDocument>, Option<PriceDocument>),
        /// The only project that its package will pay.
        pub project: Option<Cow<'a, str>>,
        /// The offer's category.
        pub category: Option<Cow<'a, str>>,
    }
}

row! {
    /// A price model, but for one of packs.
    pub struct PriceDocument {
        /// Which.
        pub model: Model,
        /// Segments that an amount is for.
        pub per: Option<u64>,
        /// The amount of any quantity.
        pub amount: Option<Price>,
        /// First and last quantity, and the amount.
        pub tiers: Vec<(u64, Option<u64>, Price)>,
    }
}

/// `[months, days]`, of which one is null.
#[derive(Clone, Copy, Debug)]
pub struct ValidityDocument(pub Validity);

impl Cell for ValidityDocument {
    fn write(&self, json: &mut Json) {
        match self.0 {
            Validity::Months(months) => (Some(months), None::<u32>).write(json),
            Validity::Days(days) => (None::<u32>, Some(days)).write(json),
        }
    }
}

impl Read<'_> for ValidityDocument {
    fn read(value: &Value, problem: &Problem) -> Self {
        match Read::read(value, problem) {
            (Some(months), None) => Self(Validity::Months(months)),
            (None, Some(days)) => Self(Validity::Days(days)),
            (months, _) => {
                problem.misfit(&"months or days", value);
                Self(Validity::Months(months.unwrap_or(1)))
            }
        }
    }
}

row! {
    /// What an order costs.
    pub struct OrderPriceDocument<'a> {
        /// What is paid.
        pub total: Price,
        /// In this currency.
        pub currency: Currency,
        /// When it was quoted.
        pub quoted_at: Millis,
        /// The price list that the price stands in.
        pub price_list: Option<Cow<'a, str>>,
        /// What the voucher takes off.
        pub discount: Option<Price>,
        /// The voucher.
        pub voucher: Option<Cow<'a, str>>,
        /// The other order that had the voucher when this one was paid.
        pub voucher_used_by: Option<Cow<'a, str>>,
    }
}

row! {
    /// What was issued for an order.
    pub struct IssuedDocument {
        /// The package.
        pub package: u32,
        /// When it was paid.
        pub at: Millis,
        /// First instant of use.
        pub effective_at: Millis,
        /// First instant without use.
        pub expires_at: Option<Millis>,
        /// The account's usable segments right after.
        pub available: u64,
    }
}

row! {
    /// What was paid back for an order.
    pub struct RefundedDocument {
        /// In the order's currency.
        pub amount: Price,
        /// Segments taken back.
        pub segments: u64,
        /// When.
        pub at: Millis,
        /// The account's usable segments right after.
        pub available: u64,
    }
}

row! {
    /// That the payment of an order is undecided.
    pub struct UnpaidDocument {
        /// [`VERSION`].
        pub v: u8,
        /// When the order was placed.
        pub placed_at: Millis,
    }
}

row! {
    /// A voucher.
    pub struct VoucherDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// The caller's id.
        pub id: Cow<'a, str>,
        /// Of the grant's body.
        pub body: Hex<16>,
        /// What it takes off: money, or a percentage.
        pub discount: (Option<Price>, Option<Price>),
        /// Of its amounts.
        pub currency: Option<Currency>,
        /// The least that the order costs without it.
        pub min_spend: Option<Price>,
        /// The most that it takes off.
        pub cap: Option<Price>,
        /// The offers that it applies to; none = all.
        pub offers: Vec<Cow<'a, str>>,
        /// The regions that it applies to; none = all.
        pub regions: Vec<Region>,
        /// First instant of its validity.
        pub from: Option<Millis>,
        /// First instant at which it is no longer valid.
        pub until: Option<Millis>,
        /// When it was granted.
        pub granted_at: Millis,
        /// The order that has consumed it.
        pub order: Option<Cow<'a, str>>,
    }
}

row! {
    /// Segments that an administrator gave or took.
    pub struct AdjustmentDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// The caller's id.
        pub id: Cow<'a, str>,
        /// Of its body.
        pub body: Hex<16>,
        /// The package that was issued or taken from.
        pub package: u32,
        /// Given, or, negative, taken.
        pub segments: i64,
        /// Why.
        pub reason: Cow<'a, str>,
        /// When.
        pub at: Millis,
        /// The account's usable segments right after.
        pub available: u64,
    }
}

row! {
    /// A migration away from an earlier charge model.
    pub struct MigrationDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// The caller's id.
        pub id: Cow<'a, str>,
        /// Of its body.
        pub body: Hex<16>,
        /// The charge model that the account was under.
        pub model: Cow<'a, str>,
        /// So many credits for so many.
        pub ratio: (u32, u32),
        /// Why.
        pub reason: Option<Cow<'a, str>>,
        /// How many packages had something left, what that was and what it became.
        pub exchanged: (u32, u64, u64),
        /// When.
        pub at: Millis,
        /// When it was taken back.
        pub reverted_at: Option<Millis>,
    }
}

row! {
    /// Lines of the journal that one commit wrote, in order and without a gap.
    pub struct JournalDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// The lines.
        pub entries: Vec<EntryDocument<'a>>,
    }
}

/// What stands before the lines of a [`JournalDocument`] of [`VERSION`]: they are written where they stay, with a comma between.
pub(super) const JOURNAL_START: &[u8] = b"[1,[";
/// What stands behind them.
pub(super) const JOURNAL_END: &[u8] = b"]]";

row! {
    /// A line of the journal.
    pub struct EntryDocument<'a> {
        /// Counts from 1.
        pub sequence: u64,
        /// Why.
        pub kind: EntryKind,
        /// What it is about.
        pub reference: Cow<'a, str>,
        /// Fixes the order.
        pub at: Millis,
        /// When it took effect.
        pub effective_at: Millis,
        /// They sum to zero.
        pub postings: Postings<'a>,
        /// The account right after.
        pub balance: CountsDocument,
        /// Of the terms of the package that it issues.
        pub terms: Option<Hex<32>>,
        /// What it says besides.
        pub note: Option<NoteDocument<'a>>,
        /// Over the previous entry's hash and this entry.
        pub hash: Hex<32>,
    }
}

row! {
    /// What a line of the journal says besides its segments.
    pub struct NoteDocument<'a> {
        /// What was paid, or paid back, and its currency.
        pub amount: Option<(Price, Currency)>,
        /// What a voucher took off, and the voucher.
        pub discount: Option<(Price, Cow<'a, str>)>,
        /// The price list that the price stands in.
        pub price_list: Option<Cow<'a, str>>,
        /// Why.
        pub reason: Option<Cow<'a, str>>,
        /// Thresholds that were crossed: region, threshold, usable segments.
        pub low: Vec<(Option<Region>, u64, u64)>,
        /// What expires soon: days before, segments, when.
        pub expiring: Option<(u32, u64, Millis)>,
        /// What was ordered by itself, or why nothing can be.
        pub recharge: Option<RechargeNoteDocument<'a>>,
        /// At which credits are exchanged.
        pub ratio: Option<(u32, u32)>,
    }
}

row! {
    /// What a line of the journal says of a recharge.
    pub struct RechargeNoteDocument<'a> {
        /// The region.
        pub region: Region,
        /// The purpose.
        pub purpose: Option<Cow<'a, str>>,
        /// The offer.
        pub offer: Cow<'a, str>,
        /// Segments, what they cost, and what made the order be placed; null where none was.
        pub ordered: Option<(u64, (Price, Currency), Trigger)>,
        /// Why none can be placed.
        pub halted: Option<Halt>,
    }
}

/// Each `[package, bucket, segments]`.
#[derive(Debug)]
pub struct Postings<'a>(pub Cow<'a, [Posting]>);

impl Cell for Postings<'_> {
    fn write(&self, json: &mut Json) {
        items(json, self.0.iter(), |json, posting| {
            cells!(json, posting.package.0, posting.bucket.code(), posting.segments);
        });
    }
}

impl Read<'_> for Postings<'_> {
    fn read(value: &Value, problem: &Problem) -> Self {
        let rows = Vec::<(u32, u8, i64)>::read(value, problem).into_iter();
        let posting = |(package, bucket, segments)| {
            let bucket = Bucket::of_code(bucket).unwrap_or_else(|| {
                problem.misfit(&"postings of buckets", value);
                Bucket::Issued
            });
            Posting { package: PackageId(package), bucket, segments }
        };
        Self(rows.map(posting).collect())
    }
}
