//! Who pays: the draw order, and why nothing could (domain rules 18 to 21).

use super::account::{AccountState, Ended};
use super::hold::{Draw, Draws};
use super::package::{Package, PackageId, Status};
use super::scope::{Mismatch, Need, Scope};
use super::state::{Ledger, Mark};
use crate::catalog::Split;
use crate::numbering::Region;
use crate::shape::names;

/// Why nothing can pay (domain rule 21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// There never was a package that could.
    None,
    /// One is not yet active.
    Pending,
    /// The last one ran out of time.
    Expired,
    /// Not enough is left.
    Exhausted,
    /// The total would do, but it lies in too many packages: no single one does where a message is not split, or more than
    /// the store can write at once.
    Fragmented,
    /// Packages are left, for other regions.
    WrongRegion,
    /// Packages are left for the region, for other purposes.
    WrongPurpose,
    /// Packages are left for the region and the purpose, for other projects.
    WrongProject,
    /// The catalog prices no messages to the region.
    UnpricedRegion,
    /// Messages have reserved as many segments as a ceiling allows.
    Ceiling,
    /// The account lacks what messages to the region ask for.
    GateClosed,
    /// The account is suspended.
    Suspended,
    /// What was bought is there, but can be used only while the account has a plan.
    NoPlan,
    /// The account's charge model has no rate for the region.
    UnratedRegion,
}

impl Reason {
    /// Whether a package that were bought now would pay: what stands against the message is that there are too few segments for it.
    pub fn lacks_segments(self) -> bool {
        !matches!(
            self,
            Self::UnpricedRegion
                | Self::UnratedRegion
                | Self::Ceiling
                | Self::GateClosed
                | Self::Suspended
                | Self::NoPlan
        )
    }
}

names!(Reason {
    None = "none",
    Pending = "pending",
    Expired = "expired",
    Exhausted = "exhausted",
    Fragmented = "fragmented",
    WrongRegion = "wrong_region",
    WrongPurpose = "wrong_purpose",
    WrongProject = "wrong_project",
    UnpricedRegion = "unpriced_region",
    Ceiling = "ceiling",
    GateClosed = "gate_closed",
    Suspended = "suspended",
    NoPlan = "no_plan",
    UnratedRegion = "unrated_region",
});

/// What could not be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Why.
    pub reason: Reason,
    /// Segments that the packages which could pay for the message hold, usable and unheld.
    pub usable: u64,
}

/// What the draw order made of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It pays.
    Pays,
    /// Those before it pay all.
    NotNeeded,
    /// It is not yet active.
    Pending,
    /// It ran out of time.
    Expired,
    /// Nothing is left in it.
    Exhausted,
    /// It has too little, and one message is never split.
    TooSmall,
    /// It is bound to another region.
    WrongRegion,
    /// It is bound to another purpose.
    WrongPurpose,
    /// It is bound to another project.
    WrongProject,
    /// The catalog prices no messages to the region, so nothing can pay.
    UnpricedRegion,
    /// The account lacks what messages to the region ask for.
    GateClosed,
    /// The account is suspended.
    Suspended,
    /// It was bought, and the account has no plan.
    NoPlan,
    /// The account's charge model has no rate for the region, so nothing can pay.
    UnratedRegion,
}

impl Verdict {
    /// As answers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pays => "pays",
            Self::NotNeeded => "not_needed",
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::TooSmall => "too_small",
            Self::WrongRegion => "wrong_region",
            Self::WrongPurpose => "wrong_purpose",
            Self::WrongProject => "wrong_project",
            Self::UnpricedRegion => "unpriced_region",
            Self::GateClosed => "gate_closed",
            Self::Suspended => "suspended",
            Self::NoPlan => "no_plan",
            Self::UnratedRegion => "unrated_region",
        }
    }
}

impl Mismatch {
    fn reason(self) -> Reason {
        match self {
            Self::Region => Reason::WrongRegion,
            Self::Purpose => Reason::WrongPurpose,
            Self::Project => Reason::WrongProject,
        }
    }

    fn verdict(self) -> Verdict {
        match self {
            Self::Region => Verdict::WrongRegion,
            Self::Purpose => Verdict::WrongPurpose,
            Self::Project => Verdict::WrongProject,
        }
    }
}

impl Ledger {
    /// Who would pay for a message.
    ///
    /// # Errors
    /// [`Shortfall`] where nothing can.
    pub fn draw(&self, need: &Need<'_>) -> Result<Draws, Shortfall> {
        if let Some(reason) = self.barred(need) {
            return Err(Shortfall { reason, usable: self.usable_for(need) });
        }
        let draws = match self.catalog().policy.split {
            Split::Allow => self.draw_split(need),
            Split::Never => self.draw_whole(need),
        };
        draws.ok_or_else(|| self.shortfall(need))
    }

    /// Whether the account is suspended and its seller's suspensions block.
    pub fn blocked(&self) -> bool {
        self.account().state == AccountState::Suspended && self.catalog().policy.suspended_blocks
    }

    /// Why no message to a region is paid, whatever is left.
    fn barred(&self, need: &Need<'_>) -> Option<Reason> {
        let own = &self.account().gates;
        let gates = self.catalog().sending_gates(need.region);
        if self.blocked() {
            Some(Reason::Suspended)
        } else if gates.iter().any(|gate| !own.contains(gate)) {
            Some(Reason::GateClosed)
        } else if self.is_unrated(need.region) {
            Some(Reason::UnratedRegion)
        } else {
            None
        }
    }

    /// Whether no single message that the policy allows could be paid from packages of a scope: no number belongs to its region,
    /// nothing that it could pay is priced, the account lacks what sending there asks for, or its charge model has no rate for it. Any purpose and project can be
    /// said, and a message takes one segment at least, so nothing else strands what is left.
    pub fn strands(&self, scope: &Scope) -> bool {
        let catalog = self.catalog();
        let closed = |region: Region| {
            let mut gates = catalog.sending_gates(region).iter();
            gates.any(|gate| !self.account().gates.contains(gate)) || self.is_unrated(region)
        };
        match scope.region {
            Some(region) => !catalog.reaches(region) || closed(region),
            None => !catalog.priced().any(|region| catalog.reaches(region) && !closed(region)),
        }
    }

    /// The same of a package: it may be that it waits for a plan, too.
    pub fn strands_package(&self, package: &Package) -> bool {
        package.status(self.account().head.last_at) == Status::Effective
            && (self.lacks_plan(package) || self.strands(&package.scope))
    }

    /// Usable and unheld segments that are stranded.
    pub fn stranded(&self) -> u64 {
        // Only plans concern packages one by one.
        if self.needs_plan() {
            let packages = self.open().iter().filter(|package| self.strands_package(package));
            return packages.map(|package| package.counts.available).fold(0, u64::saturating_add);
        }
        let pools = self.pools().filter(|(scope, _)| self.strands(scope));
        pools.map(|(_, available)| available).fold(0, u64::saturating_add)
    }

    /// Segments that can pay for a message now.
    pub fn usable_for(&self, need: &Need<'_>) -> u64 {
        let priced = self.catalog().prices(need.region);
        self.open().usable_for(need, priced).saturating_sub(self.locked(need, priced))
    }

    /// What was bought for a region pays for it whatever the catalog sells now; general credits pay what it prices (domain
    /// rule 26).
    fn paying(&self, need: &Need<'_>) -> impl Iterator<Item = &Package> {
        let open = self.open().paying(need, self.catalog().prices(need.region));
        open.filter(|package| !self.lacks_plan(package))
    }

    /// The packages that can pay for messages of a kind now, in draw order: none where nothing is sent to the region.
    pub(super) fn payers(&self, need: &Need<'_>) -> impl Iterator<Item = &Package> {
        let barred = self.barred(need).is_some();
        self.paying(need).filter(move |_| !barred)
    }

    /// Whether a package cannot pay because the account has no plan (domain rule 31).
    fn lacks_plan(&self, package: &Package) -> bool {
        self.needs_plan() && package.source.is_bought()
    }

    /// Whether a purchase helps a message that was refused. It does not where messages are split and the store cannot write as many
    /// packages as one would take: what is bought is one more of them.
    pub fn is_for_sale(&self, reason: Reason) -> bool {
        let split = self.catalog().policy.split == Split::Allow;
        reason.lacks_segments() && !(split && reason == Reason::Fragmented)
    }

    /// Whether nothing that is bought can pay until the account has a plan.
    pub fn needs_plan(&self) -> bool {
        self.catalog().policy.packs_need_plan && self.account().plan.is_none()
    }

    /// Whether a package of the account could pay for a message, now or later.
    pub(super) fn covers(&self, package: &Package, need: &Need<'_>) -> bool {
        let region = package.scope.region;
        package.scope.mismatch(need).is_none() && (region.is_some() || self.catalog().prices(need.region))
    }

    fn draw_split(&self, need: &Need<'_>) -> Option<Draws> {
        // Mostly the first one pays all.
        let first = self.open().first(need, self.catalog().prices(need.region));
        let pays = |package: &&Package| {
            package.counts.available >= need.segments.into() && !self.lacks_plan(package)
        };
        if let Some(package) = first.filter(pays).filter(|_| need.segments > 0) {
            return Some(Draws::Few([Draw { package: package.id, segments: need.segments }]));
        }
        let (mut draws, mut missing) = (Vec::new(), need.segments);
        let mut packages = self.paying(need);
        while missing > 0 && draws.len() < self.draws_max() {
            let Some(package) = packages.next() else { break };
            let taken = u32::try_from(package.counts.available).unwrap_or(u32::MAX).min(missing);
            draws.push(Draw { package: package.id, segments: taken });
            missing = missing.saturating_sub(taken);
        }
        (missing == 0).then(|| draws.into())
    }

    fn draw_whole(&self, need: &Need<'_>) -> Option<Draws> {
        let priced = self.catalog().prices(need.region);
        let package = self.open().whole(need, priced, |package| !self.lacks_plan(package))?;
        Some(Draws::Few([Draw { package: package.id, segments: need.segments }]))
    }

    fn shortfall(&self, need: &Need<'_>) -> Shortfall {
        let now = self.account().head.last_at;
        let priced = self.catalog().prices(need.region);
        let locked = self.locked(need, priced);
        let usable = self.usable_for(need);
        let any = |status: Status| {
            self.open().iter().any(|package| self.covers(package, need) && package.status(now) == status)
        };
        let last = self.last_over(need, priced);
        let reason = if usable >= u64::from(need.segments) {
            Reason::Fragmented
        } else if locked > 0 {
            Reason::NoPlan
        } else if any(Status::Pending) {
            Reason::Pending
        } else if usable > 0 || any(Status::Exhausted) || last.is_some_and(|last| !last.expired) {
            Reason::Exhausted
        } else if last.is_some() {
            Reason::Expired
        } else {
            match self.nearest_miss(need, priced) {
                Some(miss @ (Mismatch::Purpose | Mismatch::Project)) => miss.reason(),
                _ if !priced => Reason::UnpricedRegion,
                miss => miss.map_or(Reason::None, Mismatch::reason),
            }
        };
        Shortfall { reason, usable }
    }

    /// Segments of packages that could pay for a message if only the account had a plan.
    fn locked(&self, need: &Need<'_>, priced: bool) -> u64 {
        if !self.needs_plan() {
            return 0;
        }
        let locked = self.open().able(need, priced).filter(|package| self.lacks_plan(package));
        locked.map(|package| package.counts.available).fold(0, u64::saturating_add)
    }

    /// How it was over with the last package that could have paid for a message, messages that it still holds for included.
    fn last_over(&self, need: &Need<'_>, priced: bool) -> Option<Ended> {
        let now = self.account().head.last_at;
        let ended = need.scopes(priced).filter_map(|scope| self.account().ended.get(&scope).copied());
        let covering = self.open().iter().filter(|package| self.covers(package, need));
        let expired = covering.filter(|package| package.status(now) == Status::Expired);
        let expired = expired.filter_map(|package| Some(Ended { at: package.expires_at?, expired: true }));
        ended.chain(expired).max_by_key(|over| over.at)
    }

    /// What keeps those packages with something left in them from paying that come nearest to it.
    fn nearest_miss(&self, need: &Need<'_>, priced: bool) -> Option<Mismatch> {
        let left = self.open().iter().filter(|package| package.counts.available > 0);
        let scopes = left.map(|package| &package.scope).filter(|scope| priced || scope.region.is_some());
        scopes.filter_map(|scope| scope.mismatch(need)).max()
    }

    /// What the draw order made of every package that was open at a mark, in that order; without a need the message's number
    /// belongs to no region.
    pub fn verdicts(
        &self,
        need: Option<&Need<'_>>,
        draws: &[Draw],
        stored: Mark,
    ) -> Vec<(&Package, Verdict, u32)> {
        let packages = self.ranked_since(stored);
        let verdict = |package: &Package| self.verdict(package, need, draws);
        packages.into_iter().map(|package| (package, verdict(package), taken(draws, package.id))).collect()
    }

    fn verdict(&self, package: &Package, need: Option<&Need<'_>>, draws: &[Draw]) -> Verdict {
        if taken(draws, package.id) > 0 {
            return Verdict::Pays;
        }
        let Some(need) = need else { return Verdict::UnpricedRegion };
        match self.barred(need) {
            Some(Reason::Suspended) => return Verdict::Suspended,
            Some(Reason::UnratedRegion) => return Verdict::UnratedRegion,
            Some(_) => return Verdict::GateClosed,
            None => {}
        }
        if !self.covers(package, need) {
            let bound = package.scope.region == Some(need.region) || self.catalog().prices(need.region);
            let mismatch = package.scope.mismatch(need).filter(|_| bound);
            return mismatch.map_or(Verdict::UnpricedRegion, Mismatch::verdict);
        }
        let whole = self.catalog().policy.split == Split::Never;
        match package.status(self.account().head.last_at) {
            Status::Pending => Verdict::Pending,
            Status::Expired => Verdict::Expired,
            Status::Exhausted => Verdict::Exhausted,
            Status::Effective if self.lacks_plan(package) => Verdict::NoPlan,
            Status::Effective if whole && package.counts.available < u64::from(need.segments) => {
                Verdict::TooSmall
            }
            Status::Effective if draws.is_empty() => Verdict::TooSmall,
            Status::Effective => Verdict::NotNeeded,
        }
    }
}

fn taken(draws: &[Draw], package: PackageId) -> u32 {
    draws.iter().find(|draw| draw.package == package).map_or(0, |draw| draw.segments)
}
