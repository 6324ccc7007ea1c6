//! Every stored document: its key, its version and its fields. Nothing else is stored, and nothing is stored elsewhere.
//!
//! | key in the account's partition | document | written |
//! |---|---|---|
//! | `account` | [`AccountDocument`] | by every commit |
//! | `package/open/00000001` | [`PackageDocument`] | while anything is in it |
//! | `package/ended/00000001` | [`PackageDocument`] | once, when nothing is left in it |
//! | `hold/<message id>` | [`HoldDocument`] | when reserved or refused, and when decided |
//! | `order/<order id>` | [`OrderDocument`] | once |
//! | `entry/0000000000000001` | [`EntryDocument`] | once |
//!
//! A value is JSON: an object, or, where one is written for every message, an array of the fields in the order shown here.
//! Times are milliseconds since the epoch, hashes are lower-case hexadecimal, money is a decimal string, counts are
//! `[issued, available, held, spent, expired, adjusted]`, and a posting names one of them by its index.
//! An unknown version or field is refused.

use super::hex::Hex;
use super::row::{Cell, cells, items, name, row};
use crate::catalog::{Source, Stage};
use crate::ledger::{Bucket, Draw, PackageId, Posting, Reason};
use crate::money::{Currency, Price};
use crate::numbering::Region;
use crate::text::Encoding;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;

/// The packages in which something is left.
pub const OPEN: &str = "package/open/";
/// The packages in which nothing is left.
pub const ENDED: &str = "package/ended/";
/// The journal.
pub const ENTRY: &str = "entry/";
const ACCOUNT: &str = "account";
const HOLD: &str = "hold/";
const ORDER: &str = "order/";

/// The version of every document below. A change of any field counts it up and adds a reader of the old one.
pub const VERSION: u8 = 1;
/// No value is longer, in bytes.
pub const VALUE_BYTES_MAX: usize = 32 * 1024;

/// Where a document stands in its account's partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// The head of the account.
    Account,
    /// An open package.
    Open(u32),
    /// An ended package.
    Ended(u32),
    /// A message's record.
    Hold(&'a str),
    /// A purchase's record.
    Order(&'a str),
    /// An entry.
    Entry(u64),
}

impl<'a> Key<'a> {
    /// The record that a key is of; none where it is a key of another kind.
    pub fn record(key: &'a str) -> Option<Self> {
        let hold = key.strip_prefix(HOLD).map(Self::Hold);
        hold.or_else(|| key.strip_prefix(ORDER).map(Self::Order))
    }

    /// Appends the key as it is stored.
    pub fn write(self, text: &mut String) {
        match self {
            Self::Account => text.push_str(ACCOUNT),
            Self::Open(package) => numbered(text, OPEN, 8, u64::from(package)),
            Self::Ended(package) => numbered(text, ENDED, 8, u64::from(package)),
            Self::Hold(id) => text.extend([HOLD, id]),
            Self::Order(id) => text.extend([ORDER, id]),
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
/// In the order of [`crate::ledger::Bucket::ALL`].
type CountsDocument = [u64; 6];

/// The head of an account.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanDocument<'a>>,
    /// How the last package of a region ended: region, when, whether something expired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<(Option<Region>, Millis, bool)>,
}

/// A plan on its way.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument<'a> {
    /// The plan's id.
    pub id: Cow<'a, str>,
    /// What every billing date is reckoned from.
    pub anchor: Millis,
    /// The next billing date.
    pub next_at: Millis,
    /// The last period issued, counted from the anchor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<u32>,
}

/// A package.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PackageDocument<'a> {
    /// [`VERSION`].
    pub v: u8,
    /// Its number in the account.
    pub package: u32,
    /// Where it comes from.
    pub source: Source,
    /// What a person reads.
    pub name: Cow<'a, str>,
    /// The order, or the plan.
    #[serde(rename = "ref")]
    pub reference: Cow<'a, str>,
    /// The only region it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What has become of its segments.
    pub counts: CountsDocument,
    /// When it was issued.
    pub issued_at: Millis,
    /// First instant of use.
    pub effective_at: Millis,
    /// First instant without use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
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
        pub state: HoldStateDocument,
        /// Where it goes; null where the number belongs to no region.
        pub region: Option<Region>,
        /// How it is encoded.
        pub encoding: Encoding,
        /// What it costs.
        pub segments: u32,
        /// In draw order.
        pub draws: Draws<'a>,
        /// When it was held or last refused.
        pub at: Millis,
        /// The account's usable segments right after.
        pub available: u64,
        /// Refused attempts: reason, usable segments, time.
        pub refusals: Vec<(Reason, u64, Millis)>,
        /// What ended it.
        pub decision: Option<DecisionDocument<'a>>,
    }
}

/// Each `[package, segments]`.
#[derive(Debug)]
pub struct Draws<'a>(pub Cow<'a, [Draw]>);

impl Cell for Draws<'_> {
    fn write(&self, json: &mut String) {
        items(json, self.0.iter(), |json, draw| {
            cells!(json, draw.package.0, draw.segments);
        });
    }
}

impl<'de> Deserialize<'de> for Draws<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = Vec::<(u32, u32)>::deserialize(deserializer)?.into_iter();
        Ok(Self(rows.map(|(package, segments)| Draw { package: PackageId(package), segments }).collect()))
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldStateDocument {
    /// Nothing could pay.
    Refused,
    /// Set aside.
    Held,
    /// Spent.
    Settled,
    /// Back.
    Released,
}

impl Cell for HoldStateDocument {
    fn write(&self, json: &mut String) {
        let state = match self {
            Self::Refused => "refused",
            Self::Held => "held",
            Self::Settled => "settled",
            Self::Released => "released",
        };
        name(json, state);
    }
}

impl Cell for Region {
    fn write(&self, json: &mut String) {
        name(json, self.as_str());
    }
}

impl Cell for Encoding {
    fn write(&self, json: &mut String) {
        name(json, self.as_str());
    }
}

impl Cell for Reason {
    fn write(&self, json: &mut String) {
        name(json, self.as_str());
    }
}

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

/// What was said to end a hold: `{"settle": segments}`, `"release"` or `{"report": [stage, code]}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerbDocument<'a> {
    /// Segments spent.
    Settle(u32),
    /// All back.
    Release,
    /// Stage and code.
    Report(Stage, Option<Cow<'a, str>>),
}

impl Cell for VerbDocument<'_> {
    fn write(&self, json: &mut String) {
        match self {
            Self::Settle(segments) => variant(json, "settle", segments),
            Self::Release => name(json, "release"),
            Self::Report(stage, code) => variant(json, "report", &(*stage, code)),
        }
    }
}

fn variant(json: &mut String, verb: &str, content: &impl Cell) {
    json.push('{');
    name(json, verb);
    json.push(':');
    content.write(json);
    json.push('}');
}

impl Cell for (Stage, &Option<Cow<'_, str>>) {
    fn write(&self, json: &mut String) {
        cells!(json, Cow::Borrowed(self.0.as_str()), self.1);
    }
}

/// A purchase.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OrderDocument<'a> {
    /// [`VERSION`].
    pub v: u8,
    /// The caller's id.
    pub id: Cow<'a, str>,
    /// Of the order's body.
    pub body: Hex<16>,
    /// The offer bought.
    pub offer: Cow<'a, str>,
    /// The catalog: id and revision.
    pub catalog: (Cow<'a, str>, u32),
    /// The region that its package pays.
    pub region: Region,
    /// Segments.
    pub quantity: u64,
    /// What was paid.
    pub total: Price,
    /// In this currency.
    pub currency: Currency,
    /// The host's proof of payment.
    pub payment: Cow<'a, str>,
    /// The package issued.
    pub package: u32,
    /// When.
    pub purchased_at: Millis,
    /// First instant of use of its package.
    pub effective_at: Millis,
    /// First instant without use of its package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
    /// The account's usable segments right after.
    pub available: u64,
}

row! {
    /// A line of the journal.
    pub struct EntryDocument<'a> {
        /// [`VERSION`].
        pub v: u8,
        /// Counts from 1.
        pub sequence: u64,
        /// Why.
        pub kind: Cow<'a, str>,
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
        /// Over the previous entry's hash and this entry.
        pub hash: Hex<32>,
    }
}

/// Each `[package, bucket, segments]`.
#[derive(Debug)]
pub struct Postings<'a>(pub Cow<'a, [Posting]>);

impl Cell for Postings<'_> {
    fn write(&self, json: &mut String) {
        items(json, self.0.iter(), |json, posting| {
            cells!(json, posting.package.0, posting.bucket.code(), posting.segments);
        });
    }
}

impl<'de> Deserialize<'de> for Postings<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = Vec::<(u32, u8, i64)>::deserialize(deserializer)?.into_iter();
        let posting = |(package, bucket, segments)| {
            let unknown = || de::Error::custom(format_args!("`{bucket}` is not a bucket"));
            let bucket = Bucket::of_code(bucket).ok_or_else(unknown)?;
            Ok(Posting { package: PackageId(package), bucket, segments })
        };
        rows.map(posting).collect::<Result<_, _>>().map(Self)
    }
}
