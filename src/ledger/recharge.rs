//! Auto-recharge: what an account has set for the messages to a region, and where it stands (domain rule 33). When an order is
//! placed by itself, and of what, is decided in the engine.

use super::entry::{EntryKind, Note};
use super::package::{PackageId, Status};
use super::scope::Need;
use super::state::{Ledger, LedgerError, Mark};
use crate::calendar::{CalendarError, Instant, Zones, next_day, next_month};
use crate::catalog::{Agreement, RechargeLimits, Validity};
use crate::money::{Currency, Price};
use crate::numbering::Region;
use crate::shape::names;
use std::sync::Arc;

/// Declines in a row after which nothing is ordered any more.
pub const DECLINES_MAX: u32 = 3;

/// What an account has set for the messages to a region, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recharge {
    /// The region of the messages, and of what is bought.
    pub region: Region,
    /// The only purpose of both; absent = any.
    pub purpose: Option<Arc<str>>,
    /// Whether anything is ordered. What is not is kept all the same while its counts say something: to end it and set it anew
    /// must not lift a cap.
    pub enabled: bool,
    /// What is ordered, and when.
    pub terms: Arc<RechargeTerms>,
    /// Where it stands.
    pub state: RechargeState,
}

/// What is ordered, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeTerms {
    /// The offer.
    pub offer: Arc<str>,
    /// Segments of one pack; absent = the offer's `recharge_quantity`, else the least that it sells.
    pub pack: Option<u64>,
    /// The currency; absent = the catalog's.
    pub currency: Option<Currency>,
    /// How long the package lasts, where the offer leaves that to the buyer.
    pub validity: Option<Validity>,
    /// At so many usable segments or fewer something is ordered.
    pub threshold: u64,
    /// What the buyer pays with, in the host's words.
    pub method: Option<Arc<str>>,
    /// What the buyer has accepted.
    pub agreement: Option<Agreement>,
    /// The account's own limits; absent = those of the policy.
    pub limits: RechargeLimits,
}

/// Where a recharge stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RechargeState {
    /// The order on its way: until it is paid, declined or cancelled, and while its package waits for its time.
    pub on_order: Option<Arc<OnOrder>>,
    /// Orders placed in the calendar day of the last one, in the account's zone.
    pub day: Placed,
    /// Orders placed in the calendar month of the last one.
    pub month: Placed,
    /// Payments declined in a row.
    pub declines: u32,
    /// Nothing is ordered before this instant.
    pub cool_until: Option<Instant>,
    /// Why nothing can be ordered.
    pub halted: Option<Halt>,
}

/// Orders placed in a calendar day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// How many, whatever has become of them.
    pub orders: u32,
    /// First instant behind the day or month.
    pub until: Instant,
}

impl Default for Placed {
    fn default() -> Self {
        Self { orders: 0, until: Instant::MIN }
    }
}

impl Placed {
    /// How many as of an instant.
    pub fn at(self, now: Instant) -> u32 {
        if now < self.until { self.orders } else { 0 }
    }
}

/// An order on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnOrder {
    /// The order's id.
    pub order: Arc<str>,
    /// Segments.
    pub quantity: u64,
    /// What is to be paid.
    pub total: Price,
    /// In this currency.
    pub currency: Currency,
    /// What was issued for it, which cannot be used yet.
    pub package: Option<PackageId>,
}

/// Why nothing can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Payments were declined too often in a row: until another method is set, or a payment with it succeeds.
    Declined,
    /// The agreement was accepted in another version than it has now.
    Agreement,
    /// The account lacks what the offer asks for.
    Gate,
    /// The catalog has no price for it.
    NotSold,
}

/// What made an order be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// No more segments are usable than the threshold.
    Threshold,
    /// A message cannot be paid.
    Message,
    /// Messages cannot be paid of which all or none are to be reserved.
    Batch,
}

/// Why nothing was ordered for a message that cannot be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// A payment was declined, or an order cancelled, a short time ago.
    Cooling,
    /// As many orders as the day or the month may have are placed.
    Capped,
    /// Nothing can be ordered until something is set anew.
    Halted,
    /// What was bought otherwise is paid, and waits for its time.
    Pending,
    /// The largest order that the offer sells does not hold what must be in one package.
    TooLarge,
}

/// What the journal says of a recharge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RechargeNote {
    /// The region.
    pub region: Region,
    /// The purpose, where it is bound to one.
    pub purpose: Option<Arc<str>>,
    /// The offer.
    pub offer: Arc<str>,
    /// What came of it.
    pub event: RechargeEvent,
}

/// What came of a recharge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RechargeEvent {
    /// So many segments were ordered, for so much.
    Ordered(u64, (Price, Currency), Trigger),
    /// Nothing can be ordered.
    Halted(Halt),
}

const UTC: &str = "UTC";

/// When a calendar day or month ends.
type Turn = fn(Instant, &str, &dyn Zones) -> Result<Instant, CalendarError>;

names!(Halt { Declined = "declined", Agreement = "agreement", Gate = "gate", NotSold = "not_sold", });
names!(Trigger { Threshold = "threshold", Message = "message", Batch = "batch", });
names!(Withheld {
    Cooling = "cooling",
    Capped = "capped",
    Halted = "halted",
    Pending = "pending",
    TooLarge = "too_large",
});

/// Whether a recharge can order something now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was ended.
    Off,
    /// An order waits for its payment.
    Paying,
    /// What was paid waits for its time.
    Pending,
    /// It cannot, for a reason that remains.
    Halted,
    /// Not before an instant.
    Cooling,
    /// Not before the next day or month.
    Capped,
    /// It orders as soon as there is a reason.
    Armed,
}
names!(Standing {
    Off = "off",
    Paying = "paying",
    Pending = "pending",
    Halted = "halted",
    Cooling = "cooling",
    Capped = "capped",
    Armed = "armed",
});

impl Recharge {
    /// What it needs to be paid, as a message of no segments: that of its purpose, or else of the policy's usual one.
    pub fn need<'a>(&'a self, usual_purpose: Option<&'a Arc<str>>) -> Need<'a> {
        let purpose = self.purpose.as_ref().or(usual_purpose);
        Need { region: self.region, purpose, project: None, segments: 0 }
    }

    /// Whether it is for messages to a region, for a purpose.
    fn is_for(&self, region: Region, purpose: Option<&Arc<str>>) -> bool {
        self.enabled && self.region == region && (self.purpose.is_none() || self.purpose.as_ref() == purpose)
    }

    /// Whether nothing would be lost with it.
    pub fn is_idle(&self, now: Instant) -> bool {
        let RechargeState { on_order, day, month, declines, cool_until, halted } = &self.state;
        let counts = day.at(now).max(month.at(now)).max(*declines);
        on_order.is_none() && counts == 0 && cool_until.is_none_or(|until| until <= now) && halted.is_none()
    }
}

impl Ledger {
    /// What the account has set for messages to a region and for a purpose: what is bound to the purpose before what is not.
    pub fn recharge_for(&self, region: Region, purpose: Option<&Arc<str>>) -> Option<usize> {
        let rows = self.settings().recharges.iter().enumerate();
        let fitting = rows.filter(|(_, row)| row.is_for(region, purpose));
        fitting.max_by_key(|(_, row)| row.purpose.is_some()).map(|(index, _)| index)
    }

    /// The limits of a recharge: the account's, or the policy's, or the usual ones.
    pub fn recharge_limits(&self, terms: &RechargeTerms) -> RechargeLimits {
        terms.limits.or(self.catalog().policy.recharge.unwrap_or_default()).or(RechargeLimits::USUAL)
    }

    /// Whether a recharge can order something now. O(1).
    pub fn standing(&self, row: &Recharge) -> Standing {
        let (now, state) = (self.account().head.last_at, &row.state);
        let limits = self.recharge_limits(&row.terms);
        let capped = |placed: Placed, most: Option<u32>| most.is_some_and(|most| placed.at(now) >= most);
        let cooling = state.cool_until.is_some_and(|until| now < until);
        if let Some(on_order) = &state.on_order {
            match on_order.package {
                None => return Standing::Paying,
                Some(package) if self.waits(package) => return Standing::Pending,
                Some(_) => {}
            }
        }
        if !row.enabled {
            Standing::Off
        } else if state.halted == Some(Halt::Declined) || (state.halted.is_some() && cooling) {
            Standing::Halted
        } else if cooling {
            Standing::Cooling
        } else if capped(state.day, limits.per_day) || capped(state.month, limits.per_month) {
            Standing::Capped
        } else {
            Standing::Armed
        }
    }

    fn waits(&self, package: PackageId) -> bool {
        self.package(package).is_some_and(|package| package.effective_at > self.account().head.last_at)
    }

    /// Segments of each package that waits for its time and could then pay for a message. O(open packages).
    pub fn pending_for<'a>(&'a self, need: &'a Need<'a>) -> impl Iterator<Item = u64> + 'a {
        let now = self.account().head.last_at;
        let waits = self.packages().filter(move |package| package.status(now) == Status::Pending);
        waits.filter(|package| self.covers(package, need)).map(|package| package.counts.available)
    }

    /// Counts an order that is placed now. Where the host no longer knows the account's zone, days and months are those of UTC: a payment
    /// must not fail over what follows from it.
    pub fn count_placed(&self, state: &mut RechargeState, zones: &dyn Zones) {
        let (now, zone) = (self.account().head.last_at, &*self.account().profile.zone);
        let turn =
            |next: Turn| next(now, zone, zones).or_else(|_| next(now, UTC, zones)).unwrap_or(Instant::MAX);
        let count = |placed: &mut Placed, next: Turn| {
            if placed.until <= now {
                *placed = Placed { orders: 0, until: turn(next) };
            }
            placed.orders = placed.orders.saturating_add(1);
        };
        count(&mut state.day, next_day);
        count(&mut state.month, next_month);
    }

    /// Tells what came of a recharge.
    ///
    /// # Errors
    /// None in practice: the entry has no postings.
    pub fn tell_recharge(
        &mut self,
        row: &Recharge,
        reference: Arc<str>,
        event: RechargeEvent,
    ) -> Result<(), LedgerError> {
        let (region, purpose, offer) = (row.region, row.purpose.clone(), Arc::clone(&row.terms.offer));
        let recharge = Some(RechargeNote { region, purpose, offer, event });
        let note = Note { recharge, ..Note::default() };
        self.post(EntryKind::Recharge, reference, self.account().head.last_at, Vec::new(), Some(note))
    }

    /// Sets where a recharge stands.
    pub fn set_recharge_state(&mut self, index: usize, state: RechargeState) {
        let mut settings = (**self.settings()).clone();
        if let Some(row) = settings.recharges.get_mut(index) {
            row.state = state;
        }
        self.set_settings(settings);
    }

    /// Whether something has been ordered by itself, or could not be, since a mark.
    pub fn has_recharged_since(&self, mark: Mark) -> bool {
        self.entries_since(mark).iter().any(|entry| entry.kind == EntryKind::Recharge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles;
    use crate::ledger::Settings;

    fn row(region: &str, purpose: &str, enabled: bool, state: RechargeState) -> Recharge {
        let terms = RechargeTerms {
            offer: "pack".into(),
            pack: None,
            currency: None,
            validity: None,
            threshold: 10,
            method: None,
            agreement: None,
            limits: RechargeLimits::default(),
        };
        let purpose = (!purpose.is_empty()).then(|| Arc::from(purpose));
        Recharge { region: region.parse().unwrap(), purpose, enabled, terms: Arc::new(terms), state }
    }

    #[test]
    fn a_message_has_the_recharge_of_its_region_and_purpose_or_else_of_any_purpose() {
        let rows = [("AU", "", true), ("AU", "codes", true), ("NZ", "codes", true), ("US", "", false)];
        let recharges =
            rows.map(|(region, purpose, enabled)| row(region, purpose, enabled, RechargeState::default()));
        let mut ledger = Ledger::sample(profiles::CLOUTLY);
        ledger.set_settings(Settings { recharges: recharges.to_vec(), ..Settings::default() });
        for (region, purpose, expected) in [
            ("AU", "", Some(0)),
            ("AU", "news", Some(0)),
            ("AU", "codes", Some(1)),
            ("NZ", "codes", Some(2)),
            ("NZ", "news", None),
            ("NZ", "", None),
            ("US", "codes", None),
            ("CA", "codes", None),
            ("CA", "", None),
        ] {
            let asked = (!purpose.is_empty()).then(|| Arc::from(purpose));
            let found = ledger.recharge_for(region.parse().unwrap(), asked.as_ref());
            assert_eq!(found, expected, "{region} {purpose}");
        }
    }

    #[test]
    fn a_recharge_is_idle_where_its_state_says_nothing_of_what_is_to_come() {
        let at = |second: i64| Instant::from_millis(second.checked_mul(1_000).unwrap()).unwrap();
        let placed = |until| Placed { orders: 2, until: at(until) };
        let none = RechargeState::default;
        let on_order = OnOrder {
            order: "o1".into(),
            quantity: 100,
            total: "10".parse().unwrap(),
            currency: "USD".parse().unwrap(),
            package: None,
        };
        for (state, expected) in [
            (none(), true),
            (RechargeState { cool_until: Some(at(4)), ..none() }, true),
            (RechargeState { cool_until: Some(at(5)), ..none() }, true),
            (RechargeState { cool_until: Some(at(6)), ..none() }, false),
            (RechargeState { day: placed(5), month: placed(5), ..none() }, true),
            (RechargeState { day: placed(6), ..none() }, false),
            (RechargeState { month: placed(6), ..none() }, false),
            (RechargeState { declines: 1, ..none() }, false),
            (RechargeState { halted: Some(Halt::Gate), ..none() }, false),
            (RechargeState { on_order: Some(Arc::new(on_order)), ..none() }, false),
        ] {
            let told = format!("{state:?}");
            assert_eq!(row("AU", "", true, state).is_idle(at(5)), expected, "{told}");
        }
    }
}
