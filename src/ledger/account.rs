//! The head of an account: what is fixed at its opening, what every entry changes, and what a plan has issued.

use super::canonical::{Canonical, Hash};
use super::ceilings::Usage;
use super::counts::Counts;
use super::hold::Fingerprint;
use super::in_flight::Stretch;
use super::migration::Exchange;
use super::scope::Scope;
use super::sorted::Sorted;
use crate::calendar::Instant;
use crate::pricing::CatalogId;
use crate::shape::names;
use std::sync::Arc;

/// A buyer: the unit of consistency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Fixed at the opening.
    pub profile: Arc<Profile>,
    /// What every entry changes.
    pub head: Head,
    /// The plan and what it has issued.
    pub plan: Option<PlanState>,
    /// What it has, such as `enterprise-certified`: offers may ask for it (domain rule 12). In byte order, each once.
    pub gates: Vec<Arc<str>>,
    /// How far the schedules of the catalog are, by their ids; one that is not here began with the account.
    pub schedules: Sorted<Arc<str>, ScheduleState>,
    /// How the last package of a scope ended: tells `exhausted` from `expired` from `none`. Only the latest are
    /// kept.
    pub ended: Sorted<Scope, Ended>,
    /// What messages have reserved in the present hour and day, of what has a ceiling.
    pub usage: Usage,
    /// Whether it may spend and buy.
    pub state: AccountState,
    /// The catalog's revision whose policy was written last; 0 = none.
    pub policy: u32,
    /// The migration that it stands under, or is taking back.
    pub exchange: Option<Arc<Exchange>>,
    /// Where in the journal messages are in flight, oldest first: the journal is their index, so that none needs a document
    /// besides its record.
    pub in_flight: Vec<Stretch>,
}

/// Whether an account may spend and buy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountState {
    /// Yes.
    #[default]
    Active,
    /// Not now, where the policy's suspensions block. Time goes on: packages expire.
    Suspended,
    /// Never again. What is on its way is wound up.
    Closed,
}

names!(AccountState {
    Active = "active",
    Suspended = "suspended",
    Closed = "closed",
});

/// Bytes that the head spends on how the last package of each scope ended.
const ENDED_BYTES_MAX: usize = 2_880;
/// Bytes of them that the scopes with a purpose or a project may take.
const ENDED_NAMED_BYTES_MAX: usize = 2_048;

/// The version of the bytes that an account's terms are hashed from.
const TERMS_VERSION: u8 = 1;

impl Account {
    /// Of what was fixed at its opening and of its gates: the entry of the opening carries this, and each that says the gates anew.
    pub fn terms(&self) -> Hash {
        let Profile { id, fingerprint, catalog, zone, opened_at, created_at, charge_model } = &*self.profile;
        let mut bytes = Vec::new();
        let mut bytes = Canonical::new(&mut bytes, TERMS_VERSION);
        bytes.text(id);
        bytes.raw(fingerprint);
        bytes.text(&catalog.id);
        bytes.count(catalog.revision.into());
        bytes.text(zone);
        bytes.signed(opened_at.millis());
        bytes.optional(*created_at, |bytes, created_at| bytes.signed(created_at.millis()));
        bytes.optional(charge_model.as_deref(), Canonical::text);
        bytes.length(self.gates.len());
        for gate in &self.gates {
            bytes.text(gate);
        }
        bytes.hash()
    }

    /// The earlier charge model of the catalog that it is under; none = a segment is a credit.
    pub fn charge_model(&self) -> Option<&Arc<str>> {
        let current = self.exchange.as_ref().is_some_and(|exchange| !exchange.back);
        self.profile.charge_model.as_ref().filter(|_| !current)
    }

    /// The scope that has to be forgotten so that the head can always be stored: the one whose last package ended first. Scopes
    /// with a purpose or a project, which may be any, do not crowd out all others.
    pub(super) fn crowded_out(&self) -> Option<Scope> {
        let of = |named: bool| self.ended.iter().filter(move |(scope, _)| scope.named() == named);
        let bytes = |named: bool| of(named).map(|(scope, _)| scope.bytes()).fold(0, usize::saturating_add);
        let named = bytes(true);
        let crowded = named > ENDED_NAMED_BYTES_MAX;
        if !crowded && named.saturating_add(bytes(false)) <= ENDED_BYTES_MAX {
            return None;
        }
        of(crowded).min_by_key(|(_, ended)| ended.at).map(|(scope, _)| scope.clone())
    }
}

/// What is fixed at an account's opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The account's id and its partition.
    pub id: Arc<str>,
    /// Of the command that opened it.
    pub fingerprint: Fingerprint,
    /// The catalog at the opening.
    pub catalog: CatalogId,
    /// IANA zone of its billing date.
    pub zone: Arc<str>,
    /// When it was opened.
    pub opened_at: Instant,
    /// Since when it has been the seller's, where that is said: an account may be older than its ledger.
    pub created_at: Option<Instant>,
    /// The earlier charge model of the catalog that followed from that; none = a segment is a credit (domain rule 34).
    pub charge_model: Option<Arc<str>>,
}

/// What every entry changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Sum over all packages that ever were.
    pub totals: Counts,
    /// The account's clock: it never runs backwards.
    pub last_at: Instant,
    /// Entries written so far.
    pub entries: u64,
    /// Packages issued so far.
    pub packages: u32,
    /// Of the last entry.
    pub hash: Hash,
}

/// A plan on its way through its periods (domain rules 29, 30).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanState {
    /// The plan's id.
    pub id: Arc<str>,
    /// What every billing date is reckoned from.
    pub anchor: Instant,
    /// The next billing date: stored once computed.
    pub next_at: Instant,
    /// The last period issued, counted from the anchor: none is issued twice, whatever becomes of a zone's rules.
    pub issued: Option<u32>,
    /// Segments that the running period is worth: those of the largest plan that it has been issued for. A larger plan adds
    /// what it has above them, so that up, down and up again gives nothing twice.
    pub credited: u64,
    /// What becomes of it at the next billing date; absent = it goes on.
    pub next: Option<NextPlan>,
}

/// What a plan becomes at its next billing date (domain rule 31).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextPlan {
    /// Another plan.
    Plan(Arc<str>),
    /// None: it is cancelled.
    End,
}

impl PlanState {
    /// A plan that begins at `now`, in the midst of a period where its anchor lies before, or at an anchor to come.
    pub fn beginning(id: Arc<str>, anchor: Instant, now: Instant) -> Self {
        Self { id, anchor, next_at: anchor.max(now), issued: None, credited: 0, next: None }
    }
}

/// A schedule on its way through the months (domain rules 29, 30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleState {
    /// Since when the account has what the schedule asks for.
    pub since: Instant,
    /// When its next month begins: stored once computed.
    pub next_at: Instant,
    /// The last month issued, counted from January 1970: none is issued twice, whatever becomes of the zone's rules or the
    /// account's gates.
    pub issued: Option<u32>,
}

/// How a package ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Instant,
    /// With something lost to expiry.
    pub expired: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles;
    use crate::ledger::Ledger;

    /// Scopes of 30 bytes each.
    fn regions() -> impl Iterator<Item = Scope> {
        let codes =
            "AT AU BE BR CA CH CN CZ DE DK ES FI FR GB GR HU IE IL IN IT JP KR MX NL NO NZ PL PT SE US";
        codes.split(' ').map(|code| Scope::of_region(code.parse().unwrap()))
    }

    /// Scopes of 64 bytes each, by turns with a purpose and a project.
    fn named(count: u32) -> impl Iterator<Item = Scope> {
        (0..count).map(|number| {
            let name = Some(Arc::from(format!("{number:016}")));
            match number % 2 {
                0 => Scope { purpose: name, ..Scope::default() },
                _ => Scope { project: name, ..Scope::default() },
            }
        })
    }

    /// With a purpose whose name has so many bytes.
    fn purpose(bytes: usize) -> Scope {
        Scope { purpose: Some(Arc::from("p".repeat(bytes))), ..Scope::default() }
    }

    #[test]
    fn the_scope_that_ended_first_is_forgotten_where_they_are_too_many() {
        let one = |scope: &Scope| Some(scope.clone());
        let au = Scope::of_region("AU".parse().unwrap());
        let first = named(1).next().unwrap();
        let scopes = |named_ones: u32, purpose_of: usize, regional: usize| {
            let named = named(named_ones).chain((purpose_of > 0).then(|| purpose(purpose_of)));
            named.chain(regions().skip(1).take(regional)).collect::<Vec<Scope>>()
        };
        for (scopes, expected) in [
            (Vec::new(), None),
            // 2,048 bytes with names, and a byte more.
            (scopes(32, 0, 0), None),
            (scopes(31, 17, 0), one(&first)),
            (scopes(33, 0, 27), one(&first)),
            // 2,880 bytes in all, and a byte more.
            (scopes(31, 8, 28), None),
            (scopes(31, 9, 28), one(&au)),
            (scopes(32, 0, 28), one(&au)),
        ] {
            let mut account = Ledger::sample(profiles::CLOUTLY).account().clone();
            let count = scopes.len();
            // What is in front ended first.
            for (place, scope) in scopes.into_iter().enumerate() {
                let at = Instant::from_millis(i64::try_from(place).unwrap()).unwrap();
                account.ended.insert(scope, Ended { at, expired: false });
            }
            assert_eq!(account.crowded_out(), expected, "{count}");
        }
    }
}
