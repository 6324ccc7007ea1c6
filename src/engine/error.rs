//! What a caller is told when a command cannot be carried out. The codes are closed: callers branch on them.

use crate::calendar::{CalendarError, Instant};
use crate::catalog::{Catalog, CatalogError, Problem};
use crate::ledger::LedgerError;
use crate::money::Currency;
use crate::numbering::NumberError;
use crate::pricing::QuoteError;
use crate::storage::DocumentError;
use crate::storage::documents::{IMPORTING, MOVED};
use crate::text::TextError;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A value of the input is malformed; `path` says which.
    InvalidInput,
    /// The catalog has `problems`.
    InvalidCatalog,
    /// Not an E.164 number.
    InvalidNumber,
    /// Not a quantity on sale; `nearest` says which are.
    InvalidQuantity,
    /// More segments than the catalog allows.
    MessageTooLong,
    /// More messages than the store writes at once, of which all or none are to be reserved.
    BatchTooLarge,
    /// There is no such account.
    UnknownAccount,
    /// The catalog has no such offer.
    UnknownOffer,
    /// The offer or the catalog has no price for the region.
    UnknownRegion,
    /// The offer has no price in the currency, or at the time; `path` says which.
    NoPrice,
    /// The catalog has no such plan.
    UnknownPlan,
    /// There is no such message.
    UnknownHold,
    /// There is no such order.
    UnknownOrder,
    /// There is no such package, or nothing is left in it.
    UnknownPackage,
    /// The account has no such voucher.
    UnknownVoucher,
    /// The id was used with another body.
    IdReused,
    /// Nothing can pay; `reason` says why.
    InsufficientBalance,
    /// A message waits for an order that auto-recharge has placed.
    TopUpRequired,
    /// A message would break a ceiling.
    CeilingReached,
    /// The quote no longer holds.
    QuoteExpired,
    /// The quote is not what this catalog quotes.
    QuoteMismatch,
    /// The offer's agreement was not accepted in its present version.
    AgreementRequired,
    /// The account lacks what the offer, or the message's region, asks for.
    GateClosed,
    /// The account is suspended, and buys nothing meanwhile.
    AccountSuspended,
    /// The account is closed for good.
    AccountClosed,
    /// The account is being imported, or that broke off.
    AccountImporting,
    /// The account has moved to another store.
    AccountMoved,
    /// The voucher does not apply; `reason` says why.
    VoucherNotEligible,
    /// The hold has ended another way.
    HoldEnded,
    /// The order was decided another way.
    OrderDecided,
    /// The order's package is not taken back; `reason` says why.
    NotRefundable,
    /// The account is under no earlier charge model; `reason` says why.
    NotMigratable,
    /// There is no such migration.
    UnknownMigration,
    /// A migration is not taken back; `reason` says why.
    NotRevertible,
    /// The store failed.
    StorageUnavailable,
    /// The store holds what cannot be.
    StorageCorrupt,
    /// Other writers won every time.
    Contention,
    /// Too many commands wait on the account.
    Overloaded,
}

impl Code {
    /// As callers see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "INVALID_INPUT",
            Self::InvalidCatalog => "INVALID_CATALOG",
            Self::InvalidNumber => "INVALID_NUMBER",
            Self::InvalidQuantity => "INVALID_QUANTITY",
            Self::MessageTooLong => "MESSAGE_TOO_LONG",
            Self::BatchTooLarge => "BATCH_TOO_LARGE",
            Self::UnknownAccount => "UNKNOWN_ACCOUNT",
            Self::UnknownOffer => "UNKNOWN_OFFER",
            Self::UnknownRegion => "UNKNOWN_REGION",
            Self::NoPrice => "NO_PRICE",
            Self::UnknownPlan => "UNKNOWN_PLAN",
            Self::UnknownHold => "UNKNOWN_HOLD",
            Self::UnknownOrder => "UNKNOWN_ORDER",
            Self::UnknownPackage => "UNKNOWN_PACKAGE",
            Self::UnknownVoucher => "UNKNOWN_VOUCHER",
            Self::IdReused => "ID_REUSED",
            Self::InsufficientBalance => "INSUFFICIENT_BALANCE",
            Self::TopUpRequired => "TOP_UP_REQUIRED",
            Self::CeilingReached => "CEILING_REACHED",
            Self::QuoteExpired => "QUOTE_EXPIRED",
            Self::QuoteMismatch => "QUOTE_MISMATCH",
            Self::AgreementRequired => "AGREEMENT_REQUIRED",
            Self::GateClosed => "GATE_CLOSED",
            Self::AccountSuspended => "ACCOUNT_SUSPENDED",
            Self::AccountClosed => "ACCOUNT_CLOSED",
            Self::AccountImporting => "ACCOUNT_IMPORTING",
            Self::AccountMoved => "ACCOUNT_MOVED",
            Self::VoucherNotEligible => "VOUCHER_NOT_ELIGIBLE",
            Self::HoldEnded => "HOLD_ENDED",
            Self::OrderDecided => "ORDER_DECIDED",
            Self::NotRefundable => "NOT_REFUNDABLE",
            Self::NotMigratable => "NOT_MIGRATABLE",
            Self::UnknownMigration => "UNKNOWN_MIGRATION",
            Self::NotRevertible => "NOT_REVERTIBLE",
            Self::StorageUnavailable => "STORAGE_UNAVAILABLE",
            Self::StorageCorrupt => "STORAGE_CORRUPT",
            Self::Contention => "CONTENTION",
            Self::Overloaded => "OVERLOADED",
        }
    }
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What kind of error it is.
    pub code: Code,
    /// What is wrong and what would be valid.
    pub message: String,
    /// The facts, by name.
    pub details: Map<String, Value>,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// Whether the command may have been carried out all the same: repeat it with the same id to find out.
    pub outcome_unknown: bool,
    /// The seller's own code, where its catalog has one.
    pub seller_code: Option<Arc<str>>,
}

/// Errors are rare and answers are many: the rare one is the one on the heap.
pub type Result<T> = std::result::Result<T, Box<Error>>;

impl Error {
    /// An error with details as a JSON object.
    pub fn new(code: Code, message: impl Into<String>, details: Value) -> Box<Self> {
        let details = if let Value::Object(details) = details { details } else { Map::new() };
        let retryable = matches!(
            code,
            Code::TopUpRequired
                | Code::AccountImporting
                | Code::StorageUnavailable
                | Code::Contention
                | Code::Overloaded
        );
        Box::new(Self {
            code,
            message: message.into(),
            details,
            retryable,
            outcome_unknown: false,
            seller_code: None,
        })
    }

    /// A malformed value at a path of the input.
    pub fn input(path: &str, message: impl std::fmt::Display) -> Box<Self> {
        let at = if path.is_empty() { String::new() } else { format!("{path}: ") };
        Self::new(Code::InvalidInput, format!("{at}{message}"), json!({ "path": path }))
    }

    /// Whether what was written for it stays: a refusal that depends on the account's state, which is recorded, or the order that a
    /// message waits for, which itself stays open (design, sentence 3).
    pub(super) fn recorded(&self) -> bool {
        matches!(self.code, Code::InsufficientBalance | Code::CeilingReached | Code::TopUpRequired)
            || (matches!(self.code, Code::UnknownRegion | Code::GateClosed)
                && self.details.contains_key("reason"))
    }

    /// Says the seller's own code, where its catalog has one.
    pub fn name_for(&mut self, catalog: &Catalog) {
        let reason = self.details.get("reason").and_then(Value::as_str);
        self.seller_code = catalog.seller_code(self.code.as_str(), reason).map(Arc::clone);
    }

    /// What one message of a batch is told: `message` is its place.
    #[must_use]
    pub fn in_batch(mut self: Box<Self>, index: usize) -> Box<Self> {
        self.message = format!("messages[{index}]: {}", self.message);
        if let Some(Value::String(path)) = self.details.get_mut("path") {
            *path = format!("messages[{index}].{path}");
        }
        self.details.insert("message".to_owned(), index.into());
        self
    }

    /// A commit that may or may not have been applied.
    #[must_use]
    pub fn with_unknown_outcome(mut self: Box<Self>, unknown: bool) -> Box<Self> {
        self.outcome_unknown = unknown;
        self
    }

    /// No such account.
    pub fn unknown_account(id: &str) -> Box<Self> {
        Self::new(
            Code::UnknownAccount,
            format!("`{id}` is not an account: open it first"),
            json!({ "account": id }),
        )
    }

    /// What stands in an account's stead, where something does.
    pub fn in_its_stead(id: &str, value: &str) -> Option<Box<Self>> {
        let (code, message) = match value {
            IMPORTING => {
                let message = "is being imported or deleted, or that broke off: do it again, or delete it";
                (Code::AccountImporting, message)
            }
            MOVED => (Code::AccountMoved, "has moved to another store: call it there"),
            _ => return None,
        };
        Some(Self::new(code, format!("the account `{id}` {message}"), json!({ "account": id })))
    }

    /// The id was used with another body.
    pub fn id_reused(id: &str) -> Box<Self> {
        let message = format!("`{id}` was used before with another body: an id names one command for good");
        Self::new(Code::IdReused, message, json!({ "id": id }))
    }
}

impl From<LedgerError> for Box<Error> {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Calendar(error) => return error.into(),
            LedgerError::Full(_) => return Error::input("", error),
            LedgerError::Corrupt(_) => {}
        }
        Error::new(Code::StorageCorrupt, error.to_string(), json!({}))
    }
}

impl From<DocumentError> for Box<Error> {
    fn from(error: DocumentError) -> Self {
        Error::new(Code::StorageCorrupt, error.to_string(), json!({ "key": error.key }))
    }
}

impl From<CatalogError> for Box<Error> {
    fn from(error: CatalogError) -> Self {
        let problem = |problem: &Problem| json!({ "path": problem.path, "message": problem.message });
        let problems: Vec<Value> = error.problems.iter().map(problem).collect();
        Error::new(Code::InvalidCatalog, error.to_string(), json!({ "problems": problems }))
    }
}

impl From<NumberError> for Box<Error> {
    fn from(error: NumberError) -> Self {
        Error::new(Code::InvalidNumber, format!("to: {error}"), json!({ "path": "to" }))
    }
}

impl From<CalendarError> for Box<Error> {
    fn from(error: CalendarError) -> Self {
        Error::input(if matches!(error, CalendarError::UnknownZone { .. }) { "zone" } else { "at" }, error)
    }
}

impl From<TextError> for Box<Error> {
    fn from(error: TextError) -> Self {
        let TextError::TooLong { segments, segments_max } = error;
        Error::new(
            Code::MessageTooLong,
            format!("text: {error}"),
            json!({ "path": "text", "segments": segments, "segmentsMax": segments_max }),
        )
    }
}

impl From<QuoteError> for Box<Error> {
    fn from(error: QuoteError) -> Self {
        let message = error.to_string();
        match error {
            QuoteError::UnknownOffer { .. } => {
                Error::new(Code::UnknownOffer, format!("offer: {message}"), json!({ "path": "offer" }))
            }
            QuoteError::Choice { of, .. } if of != "region" => Error::input(of, message),
            QuoteError::Choice { .. } => {
                Error::new(Code::UnknownRegion, format!("region: {message}"), json!({ "path": "region" }))
            }
            QuoteError::NoCurrency { currencies, .. } => {
                let currencies: Vec<&str> = currencies.iter().map(Currency::code).collect();
                let details = json!({ "path": "currency", "currencies": currencies });
                Error::new(Code::NoPrice, format!("currency: {message}"), details)
            }
            QuoteError::NoTime { from, .. } => {
                let mut details = Map::from_iter([("path".to_owned(), "at".into())]);
                details.extend(from.map(|from| ("from".to_owned(), time(from))));
                Error::new(Code::NoPrice, format!("at: {message}"), details.into())
            }
            QuoteError::Quantity { quantity, nearest } => {
                let details = json!({ "path": "quantity", "quantity": quantity, "nearest": nearest });
                Error::new(Code::InvalidQuantity, format!("quantity: {message}"), details)
            }
            QuoteError::Voucher { voucher, reason } => {
                let details = json!({ "path": "voucher", "voucher": &*voucher, "reason": reason.as_str() });
                Error::new(Code::VoucherNotEligible, format!("voucher: {message}"), details)
            }
            QuoteError::Money(_) => Error::input("quantity", message),
            QuoteError::Calendar(_) => Error::input("at", message),
        }
    }
}

/// An instant as a detail.
pub(super) fn time(at: Instant) -> Value {
    Value::String(at.to_string())
}
