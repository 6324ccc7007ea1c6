//! What callers ask of the ledger, in the simulator's own words.

use crate::seller::Terms;
use serde_json::{Value, json};
use sms_ledger::calendar::Instant;
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Command, Message as Sent, Result, Said, Tags, parse, read_request};
use sms_ledger::pricing;
use std::sync::Arc;

/// Milliseconds since 1970.
pub(crate) type Millis = i64;

/// The regions that messages go to: a number of each, and the region; the last one has no price.
pub(crate) const REGIONS: [(&str, &str); 4] =
    [("+61412345678", "AU"), ("+12025550123", "US"), ("+64211234567", "NZ"), ("+14165550123", "CA")];
/// The one of them that has no price.
pub(crate) const UNPRICED: &str = "CA";
/// The stages of a delivery report.
pub(crate) const STAGES: [&str; 7] =
    ["rejected", "accepted", "submitted", "delivered", "undelivered", "expired", "unknown"];
/// The stage of which a report may say how many segments arrived.
pub(crate) const DELIVERED: &str = "delivered";

/// A message: the number and the text follow from the region and the segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The caller's id.
    pub(crate) id: String,
    /// One of [`REGIONS`].
    pub(crate) region: &'static str,
    /// How many segments it has.
    pub(crate) segments: i64,
    /// Which attempt this is, from 1.
    pub(crate) attempt: usize,
}

/// What is said of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// So many segments were sent; all where absent.
    Settle(Option<i64>),
    /// It was not sent.
    Release,
    /// One of [`STAGES`], and how many segments were delivered.
    Report(&'static str, Option<i64>),
}

/// What is bought: an offer by its place, as quoted then, paid already with this proof or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bought {
    pub(crate) offer: usize,
    pub(crate) quantity: i64,
    pub(crate) quoted_at: Millis,
    pub(crate) proof: Option<String>,
    pub(crate) voucher: Option<Voucher>,
}

impl Bought {
    /// What its voucher takes off.
    pub(crate) fn off(&self) -> i64 {
        self.voucher.as_ref().map_or(0, |(_, cents)| *cents)
    }
}

/// A voucher: its id, and the cents that it takes off.
pub(crate) type Voucher = (String, i64);

/// A region, or all of them.
pub(crate) type Region = Option<&'static str>;
/// Most segments in an hour and in a day, to a region or to all.
pub(crate) type Ceiling = (Region, Option<i64>, Option<i64>);
/// An alarm when fewer are usable in a region or in all, which is armed again with so many more.
pub(crate) type Threshold = (Region, i64, i64);
/// What is to be ordered: an offer by its place, the threshold, segments of a pack, orders in a day, and for how long nothing is ordered
/// after a payment was declined.
pub(crate) type RechargeSet = (usize, i64, i64, usize, Millis);

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payment {
    /// The buyer was charged; the proof.
    Paid(String),
    /// Anything else, by its name.
    Other(&'static str),
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `openAccount`, with a plan, and the gate of the schedule.
    Open { plan: Option<&'static str>, gated: bool },
    /// `setPlan`.
    SetPlan { plan: Option<&'static str> },
    /// `setGates`.
    SetGates { gated: bool },
    /// `suspend`, `resume` or `close`, by the state that follows.
    SetState(&'static str),
    /// `advance`.
    Advance,
    /// `setRecharge` for a region; none = it ends.
    SetRecharge { region: &'static str, set: Option<RechargeSet> },
    /// `setCeilings`; none = those of the catalog, which has none.
    SetCeilings(Option<Vec<Ceiling>>),
    /// `setAlarms`, without notices; none = those of the catalog, which has none.
    SetAlarms(Option<Vec<Threshold>>),
    /// `settings`.
    Settings,
    /// `purchase`.
    Purchase { id: String, bought: Bought },
    /// `grantVoucher`.
    Grant(Voucher),
    /// `confirmPayment`.
    Confirm { order: String, payment: Payment },
    /// `refund`.
    Refund { order: String, dry: bool },
    /// `adjust` that gives segments.
    Give { id: String, segments: i64, region: Region, expires_at: Option<Millis> },
    /// `adjust` that takes segments of a package.
    Take { id: String, segments: i64, package: u64 },
    /// `activate`.
    Activate { package: u64 },
    /// `reserve`.
    Reserve(Message),
    /// `reserveBatch`, all or nothing.
    ReserveAll(Vec<Message>),
    /// `preview`.
    Preview(Message),
    /// `settle`, `release` or `report`.
    Outcome(String, Word),
    /// `balance`.
    Balance,
    /// `order`.
    Order(String),
    /// `account`.
    Account,
    /// `packages`.
    Packages,
    /// `verify`.
    Verify,
}

/// An object without what is null in it.
fn present(mut object: Value) -> Value {
    object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    object
}

/// Cents in dollars.
pub(crate) fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn shown((id, cents): &Voucher) -> Value {
    json!({ "id": id, "amount": dollars(*cents), "currency": "USD" })
}

/// A text of so many segments.
fn text(segments: i64) -> String {
    let characters = if segments == 1 { 30 } else { 153 * segments };
    "a".repeat(usize::try_from(characters).unwrap())
}

/// A number in a region.
fn number(region: &str) -> &'static str {
    REGIONS.iter().find(|known| known.1 == region).unwrap().0
}

fn sent(catalog: &Catalog, message: &Message) -> Result<Sent> {
    let (attempt, text) = (u32::try_from(message.attempt).unwrap(), text(message.segments));
    Sent::reserve(catalog, &message.id, number(message.region), &text, Tags::default(), attempt)
}

fn small(segments: Option<i64>) -> Option<u32> {
    segments.map(|segments| u32::try_from(segments).unwrap())
}

/// A time as the engine writes it.
pub(crate) fn iso(at: Millis) -> String {
    instant(at).to_string()
}

pub(crate) fn instant(at: Millis) -> Instant {
    Instant::from_millis(at).unwrap()
}

impl Operation {
    /// The call's name in the JavaScript API.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "openAccount",
            Self::SetPlan { .. } => "setPlan",
            Self::SetGates { .. } => "setGates",
            Self::SetState("suspended") => "suspend",
            Self::SetState("active") => "resume",
            Self::SetState(_) => "close",
            Self::Advance => "advance",
            Self::SetRecharge { .. } => "setRecharge",
            Self::SetCeilings(_) => "setCeilings",
            Self::SetAlarms(_) => "setAlarms",
            Self::Settings => "settings",
            Self::Purchase { .. } => "purchase",
            Self::Grant(_) => "grantVoucher",
            Self::Confirm { .. } => "confirmPayment",
            Self::Refund { .. } => "refund",
            Self::Give { .. } | Self::Take { .. } => "adjust",
            Self::Activate { .. } => "activate",
            Self::Reserve(_) => "reserve",
            Self::ReserveAll(_) => "reserveBatch",
            Self::Preview(_) => "preview",
            Self::Outcome(_, Word::Settle(_)) => "settle",
            Self::Outcome(_, Word::Release) => "release",
            Self::Outcome(_, Word::Report(..)) => "report",
            Self::Balance => "balance",
            Self::Order(_) => "order",
            Self::Account => "account",
            Self::Packages => "packages",
            Self::Verify => "verify",
        }
    }

    /// The document that the ledger keeps of a call that has an id of its own; of messages it keeps more.
    pub(crate) fn key(&self, account: &str) -> Option<String> {
        match self {
            Self::Open { .. } => Some(format!("account/{account}")),
            Self::Purchase { id, .. } => Some(format!("order/{id}")),
            Self::Grant((id, _)) => Some(format!("voucher/{id}")),
            Self::Give { id, .. } | Self::Take { id, .. } => Some(format!("adjustment/{id}")),
            _ => None,
        }
    }

    /// The call as the engine takes it.
    ///
    /// # Errors
    /// What the engine refuses before anything is queued.
    pub(crate) fn command(&self, seller: &Seller, account: &str) -> Result<Command> {
        let catalog = &seller.catalog;
        let input = match self {
            Self::Reserve(message) => return Ok(Command::Reserve(sent(catalog, message)?)),
            Self::ReserveAll(messages) => {
                let messages = messages.iter().map(|message| sent(catalog, message));
                return Ok(Command::ReserveAll(messages.collect::<Result<_>>()?));
            }
            Self::Preview(message) => {
                let (to, text) = (number(message.region), text(message.segments));
                return Ok(Command::Preview(Sent::preview(catalog, to, &text, Tags::default())?));
            }
            Self::Outcome(id, word) => {
                return Ok(Command::Outcome(match word {
                    Word::Settle(segments) => Said::settle(id, small(*segments))?,
                    Word::Release => Said::release(id)?,
                    Word::Report(stage, segments) => Said::report(id, stage, None, small(*segments))?,
                }));
            }
            other => other.input(seller),
        };
        let mut input = input;
        input[if self.name() == "openAccount" { "id" } else { "account" }] = json!(account);
        parse(catalog, self.name(), &input).map(|(_, command)| command)
    }

    fn input(&self, seller: &Seller) -> Value {
        let gates = |gated: bool| if gated { vec![GATE] } else { Vec::new() };
        match self {
            Self::Open { plan: on, gated } => json!({ "plan": on, "gates": gates(*gated) }),
            Self::SetPlan { plan: on } => json!({ "plan": on }),
            Self::SetGates { gated } => json!({ "gates": gates(*gated) }),
            Self::SetState(_) => json!({ "reason": "simulated" }),
            Self::SetRecharge { region, set: None } => {
                json!({ "region": region, "enabled": false })
            }
            Self::SetRecharge { set: Some((offer, threshold, pack, day, cooldown)), .. } => json!({
                "offer": seller.terms.offers[*offer].id, "threshold": threshold, "quantity": pack, "perDay": day,
                "perMonth": 1_000, "cooldownSeconds": cooldown / 1_000,
            }),
            Self::SetCeilings(Some(ceilings)) => {
                let ceiling = |(region, hour, day): &Ceiling| {
                    present(json!({
                        "region": region, "perHour": hour, "perDay": day,
                    }))
                };
                json!({ "ceilings": ceilings.iter().map(ceiling).collect::<Vec<_>>() })
            }
            Self::SetAlarms(Some(thresholds)) => {
                let threshold = |(region, below, margin): &Threshold| {
                    present(json!({
                        "region": region, "below": below, "margin": margin,
                    }))
                };
                json!({ "thresholds": thresholds.iter().map(threshold).collect::<Vec<_>>(), "expiryDays": [] })
            }
            Self::Grant(voucher) => json!({ "voucher": shown(voucher) }),
            Self::Purchase { id, bought } => {
                let quote = seller.quote(bought);
                let payment =
                    bought.proof.as_ref().map_or_else(|| json!({}), |proof| json!({ "reference": proof }));
                json!({ "id": id, "quote": quote, "payment": payment })
            }
            Self::Confirm { order, payment } => {
                let outcome = match payment {
                    Payment::Paid(proof) => json!({ "status": "paid", "reference": proof }),
                    Payment::Other(status) => json!({ "status": status }),
                };
                json!({ "order": order, "outcome": outcome })
            }
            Self::Refund { order, dry } => json!({ "order": order, "dryRun": dry }),
            Self::Give { id, segments, region, expires_at } => json!({
                "id": id, "segments": segments, "reason": "given",
                "region": region, "expiresAt": expires_at.map(iso),
            }),
            Self::Take { id, segments, package } => json!({
                "id": id, "segments": -segments, "reason": "taken",
                "package": format!("p{package}"),
            }),
            Self::Activate { package } => json!({ "package": format!("p{package}") }),
            Self::Order(id) => json!({ "id": id }),
            _ => json!({}),
        }
    }
}

/// What the schedule asks for.
pub(crate) const GATE: &str = "vip";

/// A seller: the catalog that the engine reads, and the same terms as the model takes them.
#[derive(Clone)]
pub(crate) struct Seller {
    /// For the engine.
    pub(crate) catalog: Arc<Catalog>,
    /// For the model.
    pub(crate) terms: Arc<Terms>,
}

impl Seller {
    /// A quote for what is bought, as the catalog prices it.
    pub(crate) fn quote(&self, bought: &Bought) -> Value {
        let at = instant(bought.quoted_at);
        let offer = self.terms.offers[bought.offer].id;
        let voucher = bought.voucher.as_ref().map(shown);
        let request = json!({ "offer": offer, "quantity": bought.quantity, "at": at, "voucher": voucher });
        let request = read_request(&present(request)).unwrap();
        let quote = pricing::quote(&self.catalog, &request, at).unwrap();
        serde_json::from_str(&quote.json()).unwrap()
    }
}
