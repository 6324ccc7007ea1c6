//! A package: a quantity of segments that an account may spend (domain rules 1 to 7).

use super::canonical::{Canonical, Hash};
use super::counts::Counts;
use super::scope::Scope;
use crate::calendar::Instant;
use crate::catalog::Source;
use crate::numbering::Region;
use std::fmt;
use std::sync::Arc;

/// A package's number in its account, counted from 1; `p1` in writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

impl PackageId {
    /// The package of this writing.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('p')?.parse().ok().map(Self)
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

/// A quantity of segments that an account may spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its number in the account.
    pub id: PackageId,
    /// Where it comes from.
    pub source: Source,
    /// What a person reads.
    pub name: Arc<str>,
    /// The kind of messages as the seller sorts them, such as `international`.
    pub category: Option<Arc<str>>,
    /// The order that bought it, the plan that it is a period of, or the adjustment that gave it.
    pub reference: Arc<str>,
    /// What it may pay for.
    pub scope: Scope,
    /// What has become of its segments.
    pub counts: Counts,
    /// When it was issued.
    pub issued_at: Instant,
    /// First instant at which it can be used.
    pub effective_at: Instant,
    /// First instant at which it can no longer be used; absent = never.
    pub expires_at: Option<Instant>,
    /// First instant at which segments that came back after its expiry can no longer be used; absent = none did.
    pub grace_until: Option<Instant>,
    /// The latest notice of its expiry that was given, in days before it.
    pub noticed: Option<u32>,
    /// Where what was left in it was exchanged for another number of credits by a migration that stands: what it was.
    pub exchanged: Option<u64>,
}

/// Whether a package can be used (domain rule 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not yet.
    Pending,
    /// Yes.
    Effective,
    /// Nothing is left.
    Exhausted,
    /// No longer.
    Expired,
}

impl Status {
    /// As answers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Effective => "effective",
            Self::Exhausted => "exhausted",
            Self::Expired => "expired",
        }
    }
}

/// The version of the bytes that a package's terms are hashed from.
const TERMS_VERSION: u8 = 1;

impl Package {
    /// Of everything about it that never changes: its issuing entry carries this, so that the journal proves it.
    pub fn terms(&self) -> Hash {
        let mut bytes = Vec::new();
        let mut bytes = Canonical::new(&mut bytes, TERMS_VERSION);
        bytes.count(u64::from(self.id.0));
        bytes.text(self.source.as_str());
        bytes.text(&self.name);
        bytes.optional(self.category.as_deref(), Canonical::text);
        bytes.text(&self.reference);
        let Scope { region, purpose, project } = &self.scope;
        for part in [region.as_ref().map(Region::as_str), purpose.as_deref(), project.as_deref()] {
            bytes.optional(part, Canonical::text);
        }
        bytes.signed(self.issued_at.millis());
        bytes.signed(self.effective_at.millis());
        bytes.optional(self.expires_at, |bytes, expires_at| bytes.signed(expires_at.millis()));
        bytes.hash()
    }

    /// When what is available in it is lost: at its expiry, or, where something came back after that, when the grace is over.
    pub fn ends_at(&self) -> Option<Instant> {
        self.grace_until.or(self.expires_at)
    }

    /// The status at an instant, by precedence: pending, expired, exhausted, effective.
    pub fn status(&self, now: Instant) -> Status {
        if now < self.effective_at {
            Status::Pending
        } else if self.ends_at().is_some_and(|end| end <= now) {
            Status::Expired
        } else if self.counts.available == 0 {
            Status::Exhausted
        } else {
            Status::Effective
        }
    }

    /// When time itself will next change it: its activation, or its expiry where something could be lost.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if self.effective_at > now {
            return Some(self.effective_at);
        }
        self.ends_at().filter(|_| self.counts.available > 0)
    }
}
