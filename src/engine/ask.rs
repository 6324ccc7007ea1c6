//! Commands and queries as a caller words them: read out of JSON data, whole or not at all.

use super::activate::Activate;
use super::command::{
    Command, Message, PAGE, PAGE_MAX, TEXT_BYTES_MAX, Tags, check_id, fingerprint, malformed,
};
use super::entries::EntryPage;
use super::error::{Error, Result};
use super::forecast::ForecastQuery;
use super::migrate::{Migrate, RevertMigration};
use super::pace::PaceQuery;
use super::recharge::RECHARGE_ID;
use super::set_plan::SetPlan;
use super::set_state::SetState;
use super::settings::{SetAlarms, SetCeilings, SetRecharge};
use crate::calendar::{Instant, Until};
use crate::catalog::{Agreement, Catalog, QUANTITY_MAX};
use crate::ledger::{Fingerprint, PackageId, PaymentStatus, Sorted};
use crate::numbering::Region;
use crate::pricing::{QUOTE, Quote, QuoteRequest, Voucher};
use crate::shape::expected::{REGION, TIME, UNTIL};
use crate::shape::{Fields, Report, ToJson, is_id, not_an_id};
use crate::storage::Hex;
use serde_json::Value;
use std::sync::Arc;

/// Most bytes of an account's gates, one after the other with a space between, so that its head can always be stored.
const GATES_BYTES_MAX: usize = 512;
/// Most offers or regions that one voucher names, so that it can always be stored.
const SCOPE_MAX: usize = 32;
/// The longest id of an order: with an account's and a space between, a key of 255 characters, the most that payment providers
/// take (Stripe, idempotent requests).
const ORDER_ID_BYTES_MAX: usize = 126;

/// Opens an account.
#[derive(Clone, Debug)]
pub struct OpenAccount {
    /// The account's id.
    pub id: Arc<str>,
    /// A plan of the catalog.
    pub plan: Option<Arc<str>>,
    /// What the billing date repeats.
    pub billing_anchor: Option<Instant>,
    /// IANA zone of the billing date.
    pub zone: Option<Arc<str>>,
    /// What the account has, such as `enterprise-certified`; in byte order, each once.
    pub gates: Vec<Arc<str>>,
    /// Since when it has been the seller's: decides its charge model.
    pub created_at: Option<Instant>,
}

/// Says anew what an account has.
#[derive(Clone, Debug)]
pub struct SetGates {
    /// In byte order, each once.
    pub gates: Vec<Arc<str>>,
}

/// Orders a package.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The order's id.
    pub id: Arc<str>,
    /// As quoted.
    pub quote: Quote,
    /// What the buyer has accepted.
    pub agreement: Option<Agreement>,
    /// Proof that the buyer has paid already.
    pub reference: Option<Arc<str>>,
    /// What the buyer will pay with, in the host's words.
    pub method: Option<Arc<str>>,
    /// The only project that the package will pay.
    pub project: Option<Arc<str>>,
}

/// Says what became of an order's payment.
#[derive(Clone, Debug)]
pub struct ConfirmPayment {
    /// The order.
    pub order: Arc<str>,
    /// What became of it.
    pub status: PaymentStatus,
    /// The host's proof, where it was paid.
    pub reference: Option<Arc<str>>,
    /// Why not, in the host's words.
    pub reason: Option<Arc<str>>,
}

/// Takes a bought package back.
#[derive(Clone, Debug)]
pub struct Refund {
    /// The order that bought it.
    pub order: Arc<str>,
    /// Only to say what it would come to.
    pub dry_run: bool,
}

/// Gives an account a voucher.
#[derive(Clone, Debug)]
pub struct GrantVoucher {
    /// What it takes off, and where.
    pub voucher: Voucher,
    /// Its last day, where that is how its end is written.
    pub day: Option<Until>,
    /// Of all of it.
    pub fingerprint: Fingerprint,
}

/// Gives or takes segments.
#[derive(Clone, Debug)]
pub struct Adjust {
    /// The adjustment's id.
    pub id: Arc<str>,
    /// Given, or, negative, taken.
    pub segments: i64,
    /// Why.
    pub reason: Arc<str>,
    /// The package that they are taken from; a new one is issued for those that are given.
    pub package: Option<u32>,
    /// What a person reads of the new package.
    pub name: Option<Arc<str>>,
    /// The only region that the new package pays.
    pub region: Option<Region>,
    /// The only purpose that it pays.
    pub purpose: Option<Arc<str>>,
    /// The only project that it pays.
    pub project: Option<Arc<str>>,
    /// When the new package can no longer be used.
    pub expires_at: Option<Until>,
}

/// What a purchase would cost an account.
#[derive(Clone, Debug)]
pub struct QuoteFor {
    /// What is asked for.
    pub request: QuoteRequest,
    /// A voucher of the account.
    pub voucher: Option<Arc<str>>,
}

/// An order.
#[derive(Clone, Debug)]
pub struct OrderQuery {
    /// Which.
    pub id: Arc<str>,
}

/// A page of the orders, by their ids.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// Start behind this one.
    pub after: Option<Arc<str>>,
    /// Most items.
    pub limit: u32,
    /// Only those whose payment is undecided.
    pub undecided: bool,
}

/// A page of the vouchers, by their ids.
#[derive(Clone, Debug)]
pub struct VoucherPage {
    /// Start behind this one.
    pub after: Option<Arc<str>>,
    /// Most items.
    pub limit: u32,
    /// What each is held against, if anything.
    pub request: Option<QuoteRequest>,
}

/// An account at an instant.
#[derive(Clone, Debug)]
pub struct At {
    /// Now unless given.
    pub at: Option<Instant>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// Start behind this one.
    pub after: u64,
    /// Most items.
    pub limit: u32,
}

impl OpenAccount {
    /// Of the body.
    pub fn fingerprint(&self) -> Fingerprint {
        let anchor = self.billing_anchor.map(|anchor| anchor.to_string());
        let gates = (!self.gates.is_empty()).then(|| self.gates.join(" "));
        let mut parts = vec![self.plan.as_deref(), anchor.as_deref(), self.zone.as_deref()];
        let created_at = self.created_at.map(|at| at.to_string());
        if gates.is_some() || created_at.is_some() {
            parts.push(gates.as_deref());
        }
        parts.extend(created_at.as_deref().map(Some));
        fingerprint(&parts)
    }
}

impl Purchase {
    /// Of the body.
    pub fn fingerprint(&self) -> Fingerprint {
        // What the quote comes to, however its decimals are written.
        let Quote { offer, region, quantity, currency, total, quoted_at, catalog, .. } = &self.quote;
        let Quote { purpose, validity, voucher, .. } = &self.quote;
        let total = total.value().normalize().to_string();
        let [quantity, quoted_at] = [quantity.to_string(), quoted_at.to_string()];
        let revision = catalog.revision.to_string();
        let validity = validity.map(|validity| validity.to_string());
        let agreement = self.agreement.as_ref().map(|Agreement { id, version }| [id, " ", version].concat());
        fingerprint(&[
            self.reference.as_deref(),
            self.method.as_deref(),
            Some(offer),
            Some(region.as_str()),
            Some(&quantity),
            Some(currency.code()),
            Some(&total),
            Some(&quoted_at),
            Some(&catalog.id),
            Some(&revision),
            purpose.as_deref(),
            validity.as_deref(),
            voucher.as_deref(),
            agreement.as_deref(),
            self.project.as_deref(),
        ])
    }
}

impl Adjust {
    /// Of the body.
    pub fn fingerprint(&self) -> Fingerprint {
        let [segments, package] =
            [Some(self.segments.to_string()), self.package.map(|package| package.to_string())];
        let expires_at = self.expires_at.map(|at| at.to_string());
        fingerprint(&[
            segments.as_deref(),
            package.as_deref(),
            Some(&self.reason),
            self.name.as_deref(),
            self.region.as_ref().map(Region::as_str),
            expires_at.as_deref(),
            self.purpose.as_deref(),
            self.project.as_deref(),
        ])
    }
}

/// The names of the API and the properties of each one's input; the first is the account's id.
const COMMANDS: &[(&str, &[&str])] = &[
    ("openAccount", &["id", "plan", "billingAnchor", "zone", "gates", "createdAt"]),
    ("setGates", &["account", "gates"]),
    ("suspend", &SetState::FIELDS),
    ("resume", &SetState::FIELDS),
    ("close", &SetState::FIELDS),
    ("setPlan", &["account", "plan", "billingAnchor"]),
    ("account", &["account"]),
    ("purchase", &["account", "id", "quote", "agreement", "voucher", "payment", "project"]),
    ("confirmPayment", &["account", "order", "outcome"]),
    ("refund", &["account", "order", "dryRun"]),
    ("grantVoucher", &["account", "voucher"]),
    (
        "adjust",
        &[
            "account",
            "id",
            "segments",
            "reason",
            "package",
            "name",
            "region",
            "purpose",
            "project",
            "expiresAt",
        ],
    ),
    ("advance", &["account"]),
    ("setAlarms", &SetAlarms::FIELDS),
    ("setCeilings", &SetCeilings::FIELDS),
    ("setRecharge", &SetRecharge::FIELDS),
    ("settings", &["account"]),
    ("migrate", &Migrate::FIELDS),
    ("revertMigration", &RevertMigration::FIELDS),
    ("activate", &["account", "package"]),
    ("balance", &["account", "at"]),
    ("packages", &["account", "at"]),
    ("forecast", &ForecastQuery::FIELDS),
    ("pace", &PaceQuery::FIELDS),
    ("explain", &["account", "to", "text", "purpose", "project"]),
    (
        "quote",
        &["account", "offer", "region", "quantity", "purpose", "currency", "validity", "voucher", "at"],
    ),
    ("order", &["account", "id"]),
    ("orders", &["account", "after", "limit", "undecided"]),
    ("vouchers", &["account", "after", "limit", "for"]),
    ("snapshot", &["account"]),
    ("entries", &EntryPage::FIELDS),
    ("eventPage", &["account", "after", "limit"]),
    ("endedPackages", &["account", "after", "limit"]),
];

/// A wide command by its name in the API, with its account.
///
/// # Errors
/// `INVALID_INPUT` with the path of what is wrong, and what a message's own checks refuse.
pub fn parse(catalog: &Catalog, name: &str, input: &Value) -> Result<(Arc<str>, Command)> {
    let known = COMMANDS.iter().find(|(command, _)| *command == name).map(|(_, known)| *known);
    let known = match (known, name) {
        (Some(known), _) => known,
        (None, "verify") => &["account"],
        _ => return Err(Error::input("", format!("`{name}` is not a command"))),
    };
    let report = Report::default();
    let fields = Fields::of(input, String::new(), known, &report);
    let account_path = known.first().copied().unwrap_or("account");
    let account: Arc<str> = fields.text(account_path).into();
    let command = command(catalog, name, &fields);
    if let Some(problem) = report.first() {
        return Err(malformed(problem));
    }
    check_id(account_path, &account)?;
    Ok((account, command.ok_or_else(|| malformed(report.first().unwrap_or_default()))??))
}

/// None where a problem is in the report.
fn command(catalog: &Catalog, name: &str, fields: &Fields<'_>) -> Option<Result<Command>> {
    let command = match name {
        "openAccount" => Command::OpenAccount(Box::new(open_account(fields))),
        "setGates" => Command::SetGates(SetGates { gates: gates(fields) }),
        "suspend" | "resume" | "close" => Command::SetState(SetState::read(name, fields)),
        "account" => Command::Account,
        "setPlan" => Command::SetPlan(SetPlan::read(fields)),
        "purchase" => Command::Purchase(Box::new(purchase(fields)?)),
        "confirmPayment" => Command::ConfirmPayment(Box::new(confirm_payment(fields)?)),
        "refund" => Command::Refund(Refund { order: fields.id("order"), dry_run: fields.flag("dryRun") }),
        "grantVoucher" => Command::GrantVoucher(Box::new(grant_voucher(fields)?)),
        "adjust" => Command::Adjust(Box::new(adjust(fields))),
        "advance" => Command::Advance,
        "setAlarms" => Command::SetAlarms(SetAlarms::read(fields, catalog)),
        "setCeilings" => Command::SetCeilings(SetCeilings::read(fields, catalog)),
        "setRecharge" => Command::SetRecharge(Box::new(SetRecharge::read(fields))),
        "settings" => Command::Settings,
        "migrate" => Command::Migrate(Box::new(Migrate::read(fields)?)),
        "revertMigration" => Command::RevertMigration(RevertMigration::read(fields)),
        "activate" => {
            let package = PackageId(package_number(fields, Some(fields.text("package")))?);
            Command::Activate(Activate { package })
        }
        "balance" => Command::Balance(At { at: fields.parsed("at", false, TIME) }),
        "packages" => Command::Packages(At { at: fields.parsed("at", false, TIME) }),
        "forecast" => Command::Forecast(Box::new(ForecastQuery::read(fields, catalog))),
        "pace" => Command::Pace(PaceQuery::read(fields)),
        "explain" => {
            let (to, text) = (fields.text("to"), fields.text("text"));
            let said =
                Tags { purpose: fields.optional_text("purpose"), project: fields.optional_text("project") };
            return Some(Message::preview(catalog, to, text, said).map(Command::Explain));
        }
        "quote" => Command::Quote(Box::new(quote_for(fields))),
        "order" => Command::Order(OrderQuery { id: fields.id("id") }),
        "orders" => Command::Orders(OrderPage {
            after: fields.optional_id("after"),
            limit: limit(fields),
            undecided: fields.flag("undecided"),
        }),
        "vouchers" => Command::Vouchers(Box::new(vouchers(fields))),
        "snapshot" => Command::Snapshot,
        "entries" => Command::Entries(EntryPage::read(fields)),
        "eventPage" => Command::EventPage(page(fields)),
        "endedPackages" => Command::EndedPackages(page(fields)),
        _ => Command::Verify,
    };
    Some(Ok(command))
}

fn open_account(fields: &Fields<'_>) -> OpenAccount {
    OpenAccount {
        id: fields.text("id").into(),
        plan: fields.optional_text("plan").map(Into::into),
        billing_anchor: fields.parsed("billingAnchor", false, TIME),
        zone: short(fields, "zone", false),
        gates: gates(fields),
        created_at: fields.parsed("createdAt", false, TIME),
    }
}

fn gates(fields: &Fields<'_>) -> Vec<Arc<str>> {
    let mut gates = Sorted::default();
    for gate in fields.ids("gates") {
        gates.insert(gate, ());
    }
    let gates: Vec<Arc<str>> = gates.into_keys().collect();
    let bytes = gates.iter().map(|gate| gate.len().saturating_add(1)).fold(0, usize::saturating_add);
    if bytes > GATES_BYTES_MAX {
        fields.add("gates", format!("{bytes} bytes long together: write at most {GATES_BYTES_MAX}"));
    }
    gates
}

fn bounded(fields: &Fields<'_>, name: &str, count: usize, most: usize) {
    if count > most {
        fields.add(name, format!("{count} are more than {most}"));
    }
}

/// A text of 1 to 256 bytes.
pub(super) fn short(fields: &Fields<'_>, name: &str, must: bool) -> Option<Arc<str>> {
    let text = if must { Some(fields.text(name)) } else { fields.optional_text(name) }?;
    let given = fields.get(name).is_some_and(Value::is_string);
    if given && !(1..=TEXT_BYTES_MAX).contains(&text.len()) {
        fields.add(name, format!("{} bytes long: write 1 to {TEXT_BYTES_MAX}", text.len()));
    }
    Some(text.into())
}

/// A proof of payment. Whoever has been charged must not be refused for its length: of a long one, its beginning is kept, and a
/// digest of all of it, by which two of them are told apart.
fn proof(fields: &Fields<'_>, must: bool) -> Option<Arc<str>> {
    let given = if must { fields.text("reference") } else { fields.optional_text("reference")? };
    if given.len() <= TEXT_BYTES_MAX {
        return short(fields, "reference", must);
    }
    let digest = Hex(fingerprint(&[Some(given)])).to_string();
    let room = TEXT_BYTES_MAX.saturating_sub(digest.len()).saturating_sub(1);
    let start = (0..=room).rev().find_map(|end| given.get(..end)).unwrap_or_default();
    Some([start, "~", &digest].concat().into())
}

fn order_id(fields: &Fields<'_>) -> Arc<str> {
    let id = fields.id("id");
    if is_id(&id) && id.len() > ORDER_ID_BYTES_MAX {
        let message = format!("{} characters long: an order's id has at most {ORDER_ID_BYTES_MAX}", id.len());
        fields.add("id", message);
    }
    if id.starts_with(RECHARGE_ID) {
        fields.add(
            "id",
            ["`", RECHARGE_ID, "…` is what auto-recharge names its orders: choose another"].concat(),
        );
    }
    id
}

fn purchase(fields: &Fields<'_>) -> Option<Purchase> {
    let quote = fields.object("quote", true, &QUOTE);
    let agreement = fields.object("agreement", false, &Agreement::FIELDS).as_ref().map(Agreement::read);
    let payment = fields.object("payment", false, &["reference", "method"]);
    let reference = payment.as_ref().and_then(|payment| proof(payment, false));
    let method = payment.as_ref().and_then(|payment| short(payment, "method", false));
    let id = order_id(fields);
    let voucher = fields.optional_id("voucher");
    let quote = quote.as_ref().and_then(Quote::read)?;
    if voucher.is_some() && voucher != quote.voucher {
        fields.add("voucher", "is not the quote's: ask for a quote with it");
    }
    Some(Purchase { id, quote, agreement, reference, method, project: fields.optional_id("project") })
}

fn confirm_payment(fields: &Fields<'_>) -> Option<ConfirmPayment> {
    let order = fields.id("order");
    let outcome = fields.object("outcome", true, &["status", "reference", "reason"])?;
    let status = outcome.one_of("status", &PaymentStatus::NAMES);
    let status = *PaymentStatus::ALL.get(status?)?;
    let paid = status == PaymentStatus::Paid;
    let (reference, reason) = (proof(&outcome, paid), short(&outcome, "reason", false));
    if !paid && reference.is_some() {
        outcome.add("reference", "belongs to the status `paid`, and to no other");
    }
    if paid && reason.is_some() {
        outcome.add("reason", "belongs to every status but `paid`");
    }
    Some(ConfirmPayment { order, status, reference, reason })
}

fn grant_voucher(fields: &Fields<'_>) -> Option<GrantVoucher> {
    let given = fields.object("voucher", true, &Voucher::FIELDS)?;
    let (until, day) = match given.parsed("until", false, UNTIL) {
        Some(Until::Instant(at)) => (Some(at), None),
        day => (None, day),
    };
    let voucher = Voucher::read(&given, until)?;
    bounded(fields, "voucher.offers", voucher.offers.len(), SCOPE_MAX);
    bounded(fields, "voucher.regions", voucher.regions.len(), SCOPE_MAX);
    let (body, last) = (voucher.normalized().json(), day.map(|day| day.to_string()));
    let parts: Vec<Option<&str>> = std::iter::once(&body).chain(&last).map(|part| Some(&**part)).collect();
    let fingerprint = fingerprint(&parts);
    Some(GrantVoucher { voucher, day, fingerprint })
}

fn package_number(fields: &Fields<'_>, package: Option<&str>) -> Option<u32> {
    let number = package.and_then(PackageId::parse).map(|package| package.0);
    if package.is_some() && number.is_none() {
        fields.add("package", "is not a package: write its id, such as `p1`");
    }
    number
}

fn adjust(fields: &Fields<'_>) -> Adjust {
    let most = i64::try_from(QUANTITY_MAX).unwrap_or(i64::MAX);
    let segments = fields.signed("segments", most);
    let package = fields.optional_text("package");
    let number = package_number(fields, package);
    let adjust = Adjust {
        id: fields.id("id"),
        segments,
        reason: short(fields, "reason", true).unwrap_or_default(),
        package: number,
        name: short(fields, "name", false),
        region: fields.parsed("region", false, REGION),
        purpose: fields.optional_id("purpose"),
        project: fields.optional_id("project"),
        expires_at: fields.parsed("expiresAt", false, UNTIL),
    };
    if segments < 0 && package.is_none() {
        fields.add("package", "is missing: say which package segments are taken from");
    }
    if segments > 0 && package.is_some() {
        fields.add("package", "belongs to segments that are taken: those that are given come as a new one");
    }
    for name in ["name", "region", "purpose", "project", "expiresAt"] {
        if segments < 0 && fields.get(name).is_some() {
            fields.add(name, "belongs to segments that are given: it is of the new package");
        }
    }
    adjust
}

fn quote_for(fields: &Fields<'_>) -> QuoteFor {
    let id = fields.get("voucher").and_then(Value::as_str);
    if let Some(wrong) = id.filter(|id| !is_id(id)) {
        fields.add("voucher", not_an_id(wrong));
    }
    QuoteFor { request: QuoteRequest::of(fields, id.is_none()), voucher: id.map(Into::into) }
}

fn vouchers(fields: &Fields<'_>) -> VoucherPage {
    let wanted = fields.object("for", false, &QuoteRequest::UNDISCOUNTED);
    VoucherPage {
        after: fields.optional_id("after"),
        limit: limit(fields),
        request: wanted.map(|wanted| QuoteRequest::of(&wanted, false)),
    }
}

pub(super) fn page(fields: &Fields<'_>) -> Page {
    Page { after: fields.whole("after", 0, u64::MAX, Some(0)), limit: limit(fields) }
}

fn limit(fields: &Fields<'_>) -> u32 {
    fields.small("limit", 1, PAGE_MAX, Some(PAGE))
}
