//! What decides a message: when it is charged, and what each delivery report costs (domain rules 22 to 25).

use crate::shape::names;
use serde::Serialize;
use std::sync::Arc;

/// The rules of a message's outcome that differ between sellers. A hold ends by those of the revision that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HoldTerms {
    /// What each stage of a delivery report costs; every stage has one rule without codes (domain rule 25).
    #[cfg_attr(test, schemars(length(min = 7, max = 64)))]
    pub receipts: Vec<ReceiptRule>,
    /// When a message is charged.
    #[cfg_attr(test, schemars(with = "Option<ChargeOn>"))]
    #[serde(skip_serializing_if = "ChargeOn::is_usual")]
    pub charge_on: ChargeOn,
    /// What becomes of a message that nobody says a final word of (domain rule 23).
    #[cfg_attr(test, schemars(with = "Option<TimeOut>"))]
    #[serde(skip_serializing_if = "TimeOut::is_usual")]
    pub hold: TimeOut,
    /// For how long after a package's expiry segments still come back to it, usable until that time is over; then they are
    /// breakage (domain rule 23).
    #[cfg_attr(test, schemars(range(max = 8784)))]
    #[serde(skip_serializing_if = "is_zero")]
    pub grace_hours: u32,
    /// Whether a later receipt that contradicts the first final one is applied (domain rule 24).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub corrections: bool,
}

/// The longest time in the terms of holds, in hours: a leap year.
pub(super) const HOURS_MAX: u32 = 8_784;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(hours: &u32) -> bool {
    *hours == 0
}

impl HoldTerms {
    /// What a delivery report costs: by the stage's rule that lists the code, else by its rule without codes. A stage that is
    /// not listed decides nothing.
    pub fn charge(&self, stage: Stage, code: Option<&str>) -> Charge {
        let rules = || self.receipts.iter().filter(|rule| rule.stage == stage);
        let listed =
            |rule: &&ReceiptRule| code.is_some_and(|code| rule.codes.iter().any(|own| **own == *code));
        let rule = rules().find(listed).or_else(|| rules().find(|rule| rule.codes.is_empty()));
        rule.map_or(Charge::Wait, |rule| rule.charge)
    }
}

/// How long a message is held without a final word, and what becomes of it then (domain rule 23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TimeOut {
    /// How long, in hours.
    #[cfg_attr(test, schemars(range(min = 1, max = 8784)))]
    pub hours: u32,
    /// What then.
    pub then: Then,
}

impl Default for TimeOut {
    fn default() -> Self {
        Self { hours: 72, then: Then::Settle }
    }
}

impl TimeOut {
    #[cfg_attr(
        target_pointer_width = "64",
        expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")
    )]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What becomes of a message whose time is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Its segments are spent.
    Settle,
    /// They go back.
    Release,
}

names!(Then {
    Settle = "settle",
    Release = "release",
});

/// When a message is charged (domain rule 22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChargeOn {
    /// When it has arrived: until then its segments are held.
    #[default]
    Delivery,
    /// When it is submitted: its segments are spent at once, and come back where a report says that it costs less.
    Submit,
}

impl ChargeOn {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
    fn is_usual(&self) -> bool {
        *self == Self::Delivery
    }
}

names!(ChargeOn {
    Delivery = "delivery",
    Submit = "submit",
});

/// What a provider reported of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The provider did not take it.
    Rejected,
    /// The provider took it.
    Accepted,
    /// The network took it.
    Submitted,
    /// It arrived.
    Delivered,
    /// It did not arrive.
    Undelivered,
    /// The network gave up.
    Expired,
    /// Nothing is known.
    Unknown,
}

names!(Stage {
    Rejected = "rejected",
    Accepted = "accepted",
    Submitted = "submitted",
    Delivered = "delivered",
    Undelivered = "undelivered",
    Expired = "expired",
    Unknown = "unknown",
});

/// What a report does to a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// The hold is spent.
    Full,
    /// The hold goes back.
    None,
    /// Nothing is decided yet.
    Wait,
}

names!(Charge {
    Full = "full",
    None = "none",
    Wait = "wait",
});

/// One line of the table of receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReceiptRule {
    /// The stage reported.
    pub stage: Stage,
    /// The provider's codes that it is for; none = all that no other rule of the stage lists.
    #[cfg_attr(test, schemars(inner(length(min = 1, max = 256))))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Arc<str>>,
    /// What it costs.
    pub charge: Charge,
}
