//! What a caller can ask for: shapes, checked before anything is queued.

use super::error::{Code, Error, Result};
use crate::calendar::Instant;
use crate::catalog::{Catalog, Stage};
use crate::ledger::{Canonical, Fingerprint};
use crate::numbering::{E164, Region, region};
use crate::pricing::{QUOTE, Quote, QuoteRequest};
use crate::shape::{self, Fields, Problem, Report};
use crate::text::{Count, TextError, count};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The longest id of an account, a message or an order.
pub const ID_BYTES_MAX: usize = shape::ID_BYTES_MAX;
/// The longest other short text: a zone, a payment reference, a provider's code.
pub const TEXT_BYTES_MAX: usize = 256;
/// The longest page of a list.
pub const PAGE_MAX: u32 = 1_000;
/// The length of a page unless asked otherwise.
const PAGE: u32 = 100;
/// How often one message may be tried.
pub const ATTEMPTS_MAX: u32 = 20;

/// A command or query on one account.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opens the account.
    OpenAccount(OpenAccount),
    /// Buys a package.
    Purchase(Box<Purchase>),
    /// Sets a message's segments aside.
    Reserve(Message),
    /// The same decision, without a commit.
    Preview(Message),
    /// Ends a hold.
    Outcome(Said),
    /// What there is.
    Balance(At),
    /// The open packages.
    Packages(At),
    /// Who would pay.
    Explain(Message),
    /// The account as stored.
    Snapshot,
    /// A page of the journal.
    Entries(Page),
    /// A page of the ended packages.
    EndedPackages(Page),
    /// Checks the whole journal.
    Verify,
}

impl Command {
    /// Whether it may change the account.
    pub fn writes(&self) -> bool {
        matches!(self, Self::OpenAccount(_) | Self::Purchase(_) | Self::Reserve(_) | Self::Outcome(_))
    }
}

/// Opens an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenAccount {
    /// The account's id.
    pub id: Arc<str>,
    /// A plan of the catalog.
    #[serde(default)]
    pub plan: Option<Arc<str>>,
    /// What the billing date repeats.
    #[serde(default)]
    pub billing_anchor: Option<Instant>,
    /// IANA zone of the billing date.
    #[serde(default)]
    pub zone: Option<Arc<str>>,
}

impl OpenAccount {
    /// Of the body.
    pub fn fingerprint(&self) -> Fingerprint {
        let anchor = self.billing_anchor.map(|anchor| anchor.to_string());
        fingerprint(&[self.plan.as_deref(), anchor.as_deref(), self.zone.as_deref()])
    }
}

/// Buys a package.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The order's id.
    pub id: Arc<str>,
    /// The buyer.
    pub account: Arc<str>,
    /// As quoted.
    pub quote: Quote,
    /// Proof of payment.
    pub payment: Payment,
}

/// Proof that the buyer has paid.
#[derive(Clone, Debug)]
pub struct Payment {
    /// The host's.
    pub reference: Arc<str>,
}

impl Purchase {
    fn read(value: &Value) -> Result<Self> {
        let report = Report::default();
        let fields = Fields::of(value, String::new(), &["id", "account", "quote", "payment"], &report);
        let quote = fields.object("quote", true, &QUOTE);
        let payment = fields.object("payment", true, &["reference"]);
        let (id, account) = (fields.text("id").into(), fields.text("account").into());
        let reference = payment.map(|payment| payment.text("reference").into());
        let quote = quote.as_ref().and_then(Quote::read);
        match (quote, reference, report.first()) {
            (Some(quote), Some(reference), None) => {
                Ok(Self { id, account, quote, payment: Payment { reference } })
            }
            (.., problem) => Err(malformed(problem.unwrap_or_default())),
        }
    }

    /// Of the body.
    pub fn fingerprint(&self) -> Fingerprint {
        // What the quote comes to, however its decimals are written.
        let Quote { offer, region, quantity, currency, total, quoted_at, catalog, purpose, validity, .. } =
            &self.quote;
        let total = total.value().normalize().to_string();
        let [quantity, quoted_at] = [quantity.to_string(), quoted_at.to_string()];
        let revision = catalog.revision.to_string();
        let quote =
            [offer, region.as_str(), &quantity, currency.code(), &total, &quoted_at, &catalog.id, &revision];
        let mut parts: Vec<Option<&str>> =
            [&*self.payment.reference].into_iter().chain(quote).map(Some).collect();
        let validity = validity.map(|validity| validity.to_string());
        // An id has no spaces and a validity has one: neither is taken for the other.
        parts.extend([purpose.as_deref(), validity.as_deref()].into_iter().flatten().map(Some));
        fingerprint(&parts)
    }
}

/// A message, measured: its text is not kept.
#[derive(Clone, Debug)]
pub struct Message {
    /// The caller's id; empty in a preview.
    pub id: Arc<str>,
    /// Of the body.
    pub fingerprint: Fingerprint,
    /// Where it goes.
    pub region: Option<Region>,
    /// What it costs.
    pub count: Count,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

impl Message {
    /// A message to reserve.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `INVALID_NUMBER`, `MESSAGE_TOO_LONG`.
    pub fn reserve(catalog: &Catalog, id: &str, to: &str, text: &str, attempt: u32) -> Result<Self> {
        check_id("id", id)?;
        if !(1..=ATTEMPTS_MAX).contains(&attempt) {
            return Err(Error::input(
                "attempt",
                format!("`{attempt}` is not an attempt: write 1 to {ATTEMPTS_MAX}"),
            ));
        }
        let number = E164::parse(to)?;
        let message = Self::measured(catalog, &number, text)?;
        let fingerprint = fingerprint(&[Some(id), Some(number.e164()), Some(text)]);
        Ok(Self { id: Arc::from(id), fingerprint, attempt, ..message })
    }

    /// A message to preview or explain.
    ///
    /// # Errors
    /// `INVALID_NUMBER`, `MESSAGE_TOO_LONG`.
    pub fn preview(catalog: &Catalog, to: &str, text: &str) -> Result<Self> {
        Self::measured(catalog, &E164::parse(to)?, text)
    }

    fn measured(catalog: &Catalog, number: &E164, text: &str) -> Result<Self> {
        let count = count(text, catalog.policy.counting)?;
        let segments_max = catalog.policy.segments_max;
        if count.segments > segments_max {
            return Err(TextError::TooLong { segments: count.segments, segments_max }.into());
        }
        Ok(Self {
            id: Arc::from(""),
            fingerprint: [0; 16],
            region: region(number).map(|region| catalog.region_of(region)),
            count,
            attempt: 1,
        })
    }
}

/// What is said of a message.
#[derive(Clone, Debug)]
pub struct Said {
    /// The message.
    pub id: Arc<str>,
    /// What.
    pub word: Word,
}

/// What is said of a message.
#[derive(Clone, Debug)]
pub enum Word {
    /// So many segments were sent; all where absent.
    Settle(Option<u32>),
    /// It was not sent.
    Release,
    /// A delivery report.
    Report(Stage, Option<Arc<str>>),
}

impl Said {
    /// `segments` absent = all.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn settle(id: &str, segments: Option<u32>) -> Result<Self> {
        if segments == Some(0) {
            return Err(Error::input(
                "segments",
                "`0` settles nothing: write 1 or more, or release the hold",
            ));
        }
        Self::new(id, Word::Settle(segments))
    }

    /// Gives all back.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn release(id: &str) -> Result<Self> {
        Self::new(id, Word::Release)
    }

    /// A delivery report.
    ///
    /// # Errors
    /// `INVALID_INPUT`.
    pub fn report(id: &str, stage: &str, code: Option<&str>) -> Result<Self> {
        let known = "rejected, accepted, submitted, delivered, undelivered, expired, unknown";
        let stage = Stage::parse(stage).ok_or_else(|| {
            Error::input("stage", format!("`{stage}` is not a stage: write one of {known}"))
        })?;
        if let Some(code) = code {
            check_text("code", code)?;
        }
        Self::new(id, Word::Report(stage, code.map(Arc::from)))
    }

    fn new(id: &str, word: Word) -> Result<Self> {
        check_id("id", id)?;
        Ok(Self { id: Arc::from(id), word })
    }
}

/// An account at an instant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    /// Whose.
    pub account: Arc<str>,
    /// Now unless given.
    #[serde(default)]
    pub at: Option<Instant>,
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Whose.
    pub account: Arc<str>,
    /// Start behind this one.
    #[serde(default)]
    pub after: u64,
    /// Most items.
    #[serde(default = "page")]
    pub limit: u32,
}

fn page() -> u32 {
    PAGE
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explain {
    account: Arc<str>,
    to: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    account: Arc<str>,
}

/// A wide command by its name in the API, with its account.
///
/// # Errors
/// `INVALID_INPUT` with the path of what is wrong, and what the message's own checks refuse.
pub fn parse(catalog: &Catalog, name: &str, input: &Value) -> Result<(Arc<str>, Command)> {
    let (account, path, command) = match name {
        "openAccount" => {
            let input: OpenAccount = read(input)?;
            check_text("zone", input.zone.as_deref().unwrap_or("-"))?;
            (Arc::clone(&input.id), "id", Command::OpenAccount(input))
        }
        "purchase" => {
            let input = Purchase::read(input)?;
            check_id("id", &input.id)?;
            check_text("payment.reference", &input.payment.reference)?;
            (Arc::clone(&input.account), "account", Command::Purchase(Box::new(input)))
        }
        "balance" => {
            read(input).map(|input: At| (Arc::clone(&input.account), "account", Command::Balance(input)))?
        }
        "packages" => {
            read(input).map(|input: At| (Arc::clone(&input.account), "account", Command::Packages(input)))?
        }
        "entries" => checked_page(input)
            .map(|input| (Arc::clone(&input.account), "account", Command::Entries(input)))?,
        "endedPackages" => checked_page(input)
            .map(|input| (Arc::clone(&input.account), "account", Command::EndedPackages(input)))?,
        "explain" => {
            let input: Explain = read(input)?;
            (input.account, "account", Command::Explain(Message::preview(catalog, &input.to, &input.text)?))
        }
        "verify" => read(input).map(|input: Whose| (input.account, "account", Command::Verify))?,
        "snapshot" => read(input).map(|input: Whose| (input.account, "account", Command::Snapshot))?,
        _ => return Err(Error::input("", format!("`{name}` is not a command"))),
    };
    check_id(path, &account)?;
    Ok((account, command))
}

/// Reads an input; what is wrong is named by its path.
///
/// # Errors
/// `INVALID_INPUT`.
pub fn read<'a, T: Deserialize<'a>>(input: &'a Value) -> Result<T> {
    shape::read(input).map_err(malformed)
}

/// Reads what a buyer asks for.
///
/// # Errors
/// `INVALID_INPUT`.
pub fn read_request(input: &Value) -> Result<QuoteRequest> {
    QuoteRequest::read(input).map_err(malformed)
}

fn malformed(problem: Problem) -> Box<Error> {
    Error::input(&problem.path, problem.message)
}

fn checked_page(input: &Value) -> Result<Page> {
    let page: Page = read(input)?;
    if !(1..=PAGE_MAX).contains(&page.limit) {
        return Err(Error::input("limit", format!("`{}` is not 1 to {PAGE_MAX}", page.limit)));
    }
    Ok(page)
}

/// An id: printable ASCII, so that it is the same key in every store.
///
/// # Errors
/// `INVALID_INPUT`.
pub fn check_id(path: &str, id: &str) -> Result<()> {
    if shape::is_id(id) {
        return Ok(());
    }
    let message = shape::not_an_id(id);
    Err(Error::new(Code::InvalidInput, format!("{path}: {message}"), json!({ "path": path })))
}

fn check_text(path: &str, text: &str) -> Result<()> {
    if (1..=TEXT_BYTES_MAX).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::input(path, format!("{} bytes long: write 1 to {TEXT_BYTES_MAX}", text.len())))
}

/// The version of the bytes that a body's fingerprint is taken from.
const BODY_VERSION: u8 = 1;

/// The first half of a SHA-256 over the parts of a body. A message's id is one of them: the same text twice looks different.
fn fingerprint(parts: &[Option<&str>]) -> Fingerprint {
    let mut bytes = Vec::with_capacity(256);
    let mut bytes = Canonical::new(&mut bytes, BODY_VERSION);
    for part in parts {
        bytes.optional(*part, Canonical::text);
    }
    bytes.hash().first_chunk().copied().unwrap_or_default()
}
