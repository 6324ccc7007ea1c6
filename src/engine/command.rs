//! What a caller can ask for, checked before anything is queued: the commands that messages make. `ask` reads the others.

use super::activate::Activate;
use super::ask::{
    Adjust, At, ConfirmPayment, GrantVoucher, OpenAccount, OrderPage, OrderQuery, Page, Purchase, QuoteFor,
    Refund, SetGates, VoucherPage,
};
use super::entries::EntryPage;
use super::error::{Code, Error, Result};
use super::estimate::Estimate;
use super::forecast::ForecastQuery;
use super::migrate::{Migrate, RevertMigration};
use super::pace::PaceQuery;
use super::set_plan::SetPlan;
use super::set_state::SetState;
use super::settings::{SetAlarms, SetCeilings, SetRecharge};
use crate::catalog::{Catalog, Stage};
use crate::ledger::{Canonical, Fingerprint, Need, credits};
use crate::money::Price;
use crate::numbering::{E164, Region, region};
use crate::pricing::QuoteRequest;
use crate::shape::{self, Problem};
use crate::text::{Count, Encoding, TextError, count};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::sync::Arc;

/// The longest id of an account, a message or an order.
pub const ID_BYTES_MAX: usize = shape::ID_BYTES_MAX;
/// The longest other short text: a zone, a payment reference, a provider's code.
pub const TEXT_BYTES_MAX: usize = 256;
/// The longest page of a list.
pub const PAGE_MAX: u32 = 1_000;
/// The length of a page unless asked otherwise.
pub(super) const PAGE: u32 = 100;
/// How often one message may be tried.
pub const ATTEMPTS_MAX: u32 = 20;

/// A command or query on one account.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opens the account.
    OpenAccount(Box<OpenAccount>),
    /// Says anew what the account has.
    SetGates(SetGates),
    /// Writes down what time has done.
    Advance,
    /// Sets the account's alarms.
    SetAlarms(SetAlarms),
    /// Sets the account's ceilings.
    SetCeilings(SetCeilings),
    /// Sets what is ordered by itself.
    SetRecharge(Box<SetRecharge>),
    /// What the account has set.
    Settings,
    /// Suspends the account, lets it go on, or closes it.
    SetState(SetState),
    /// Says what the account's plan shall be.
    SetPlan(SetPlan),
    /// Orders a package, and issues it where it is paid.
    Purchase(Box<Purchase>),
    /// Says what became of an order's payment.
    ConfirmPayment(Box<ConfirmPayment>),
    /// Takes a bought package back.
    Refund(Refund),
    /// Gives the account a voucher.
    GrantVoucher(Box<GrantVoucher>),
    /// Gives or takes segments.
    Adjust(Box<Adjust>),
    /// Migrates the account away from an earlier charge model.
    Migrate(Box<Migrate>),
    /// Takes that back.
    RevertMigration(RevertMigration),
    /// Lets a package be used before its time.
    Activate(Activate),
    /// Sets a message's segments aside.
    Reserve(Message),
    /// The same for many messages, of which all or none are reserved.
    ReserveAll(Vec<Message>),
    /// The same decision, without a commit.
    Preview(Message),
    /// What many messages would come to, likewise.
    Estimate(Box<Estimate>),
    /// Ends a hold.
    Outcome(Said),
    /// The account: what it has, and its plan.
    Account,
    /// What there is.
    Balance(At),
    /// The open packages.
    Packages(At),
    /// What becomes of them at a pace.
    Forecast(Box<ForecastQuery>),
    /// The pace of the journal.
    Pace(PaceQuery),
    /// Who would pay.
    Explain(Message),
    /// What a purchase would cost this account.
    Quote(Box<QuoteFor>),
    /// An order.
    Order(OrderQuery),
    /// A page of the orders.
    Orders(OrderPage),
    /// A page of the vouchers.
    Vouchers(Box<VoucherPage>),
    /// The account as stored.
    Snapshot,
    /// A page of the events.
    EventPage(Page),
    /// A page of the journal.
    Entries(EntryPage),
    /// A page of the ended packages.
    EndedPackages(Page),
    /// Checks the whole journal.
    Verify,
}

impl Command {
    /// Whether it may change the account.
    pub fn writes(&self) -> bool {
        match self {
            Self::OpenAccount(_)
            | Self::SetGates(_)
            | Self::Advance
            | Self::SetAlarms(_)
            | Self::SetCeilings(_)
            | Self::SetRecharge(_)
            | Self::SetState(_)
            | Self::Activate(_)
            | Self::SetPlan(_)
            | Self::Purchase(_)
            | Self::ConfirmPayment(_)
            | Self::GrantVoucher(_)
            | Self::Adjust(_)
            | Self::Reserve(_)
            | Self::ReserveAll(_)
            | Self::RevertMigration(_)
            | Self::Outcome(_) => true,
            Self::Refund(refund) => !refund.dry_run,
            Self::Migrate(migrate) => !migrate.dry_run,
            _ => false,
        }
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
    /// What it is for: as said, or else the policy's usual one.
    pub purpose: Option<Arc<str>>,
    /// The project that sends it.
    pub project: Option<Arc<str>>,
    /// As the networks count it.
    pub count: Count,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

impl Message {
    /// What it needs from whoever pays, at so many credits for a segment (absent = one); none where its number belongs to no region.
    pub fn need(&self, rate: Option<Price>) -> Option<Need<'_>> {
        let (purpose, project) = (self.purpose.as_ref(), self.project.as_ref());
        let segments = credits(self.count.segments, rate);
        self.region.map(|region| Need { region, purpose, project, segments })
    }
}

/// What is said of a message beside its number and its text: it decides which packages pay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tags<'a> {
    /// What it is for.
    pub purpose: Option<&'a str>,
    /// The project that sends it.
    pub project: Option<&'a str>,
}

impl Message {
    /// A message to reserve.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `INVALID_NUMBER`, `MESSAGE_TOO_LONG`.
    pub fn reserve(
        catalog: &Catalog,
        id: &str,
        to: &str,
        text: &str,
        tags: Tags<'_>,
        attempt: u32,
    ) -> Result<Self> {
        check_id("id", id)?;
        if !(1..=ATTEMPTS_MAX).contains(&attempt) {
            return Err(Error::input(
                "attempt",
                format!("`{attempt}` is not an attempt: write 1 to {ATTEMPTS_MAX}"),
            ));
        }
        let number = E164::parse(to)?;
        let mut message = Self::measured(catalog, Arc::from(id), &number, text, tags)?;
        message.fingerprint =
            fingerprint(&[Some(id), Some(number.e164_of(to)), Some(text), tags.purpose, tags.project]);
        message.attempt = attempt;
        Ok(message)
    }

    /// A message to preview or explain.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `INVALID_NUMBER`, `MESSAGE_TOO_LONG`.
    pub fn preview(catalog: &Catalog, to: &str, text: &str, tags: Tags<'_>) -> Result<Self> {
        Self::measured(catalog, Arc::from(""), &E164::parse(to)?, text, tags)
    }

    /// A message of which only the segments are known, to estimate.
    ///
    /// # Errors
    /// `INVALID_INPUT`, `INVALID_NUMBER`, `MESSAGE_TOO_LONG`.
    pub fn sized(catalog: &Catalog, to: &str, segments: u32, tags: Tags<'_>) -> Result<Self> {
        if segments == 0 {
            return Err(Error::input("segments", "`0` is no message: write 1 or more"));
        }
        let count = Count { encoding: Encoding::Gsm7, segments, units: 0, remaining: 0 };
        Self::counted(catalog, Arc::from(""), &E164::parse(to)?, count, tags)
    }

    fn measured(catalog: &Catalog, id: Arc<str>, number: &E164, text: &str, tags: Tags<'_>) -> Result<Self> {
        Self::counted(catalog, id, number, count(text, catalog.policy.counting)?, tags)
    }

    fn counted(catalog: &Catalog, id: Arc<str>, number: &E164, count: Count, tags: Tags<'_>) -> Result<Self> {
        let segments_max = catalog.policy.segments_max;
        if count.segments > segments_max {
            return Err(TextError::TooLong { segments: count.segments, segments_max }.into());
        }
        Ok(Self {
            id,
            fingerprint: [0; 16],
            region: region(number).map(|region| catalog.region_of(region)),
            purpose: named("purpose", tags.purpose)?.or_else(|| catalog.policy.default_purpose.clone()),
            project: named("project", tags.project)?,
            count,
            attempt: 1,
        })
    }
}

fn named(path: &str, name: Option<&str>) -> Result<Option<Arc<str>>> {
    let Some(name) = name else { return Ok(None) };
    check_id(path, name).map(|()| Some(Arc::from(name)))
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
    /// A delivery report: stage, code, and how many segments were delivered, where that is known.
    Report(Stage, Option<Arc<str>>, Option<u32>),
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
    pub fn report(id: &str, stage: &str, code: Option<&str>, segments: Option<u32>) -> Result<Self> {
        let known = "rejected, accepted, submitted, delivered, undelivered, expired, unknown";
        let stage = Stage::parse(stage).ok_or_else(|| {
            Error::input("stage", format!("`{stage}` is not a stage: write one of {known}"))
        })?;
        if let Some(code) = code {
            check_text("code", code)?;
        }
        if segments == Some(0) {
            return Err(Error::input("segments", "`0` were delivered: report the stage `undelivered`"));
        }
        if segments.is_some() && stage != Stage::Delivered {
            let message =
                format!("belongs to the stage `delivered`, not `{}`: it says how many were", stage.as_str());
            return Err(Error::input("segments", message));
        }
        Self::new(id, Word::Report(stage, code.map(Arc::from), segments))
    }

    fn new(id: &str, word: Word) -> Result<Self> {
        check_id("id", id)?;
        Ok(Self { id: Arc::from(id), word })
    }
}

/// Reads what a buyer asks for.
///
/// # Errors
/// `INVALID_INPUT`.
pub fn read_request(input: &Value) -> Result<QuoteRequest> {
    QuoteRequest::read(input).map_err(malformed)
}

pub(super) fn malformed(problem: Problem) -> Box<Error> {
    Error::input(&problem.path, problem.message)
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

pub(super) fn check_text(path: &str, text: &str) -> Result<()> {
    if (1..=TEXT_BYTES_MAX).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::input(path, format!("{} bytes long: write 1 to {TEXT_BYTES_MAX}", text.len())))
}

/// The version of the bytes that a body's fingerprint is taken from.
const BODY_VERSION: u8 = 1;

/// The first half of a SHA-256 over the parts of a body. A message's id is one of them: the same text twice looks different.
pub(super) fn fingerprint(parts: &[Option<&str>]) -> Fingerprint {
    BYTES.with_borrow_mut(|bytes| {
        let mut bytes = Canonical::new(bytes, BODY_VERSION);
        for part in parts {
            bytes.optional(*part, Canonical::text);
        }
        bytes.hash().first_chunk().copied().unwrap_or_default()
    })
}

thread_local! {
    /// Room for a body's bytes, since every message has one.
    static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}
