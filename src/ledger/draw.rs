//! Who pays: the draw order, and why nothing could (domain rules 18 to 21).

use super::hold::Draw;
use super::package::{Package, PackageId, Status};
use super::state::Ledger;
use crate::catalog::Split;
use crate::numbering::Region;

/// Why nothing can pay (domain rule 21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The catalog prices no messages to the region.
    UnpricedRegion,
}

impl Reason {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Pending,
        Self::Expired,
        Self::Exhausted,
        Self::Fragmented,
        Self::WrongRegion,
        Self::UnpricedRegion,
    ];

    /// The reason of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// As errors write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Fragmented => "fragmented",
            Self::WrongRegion => "wrong_region",
            Self::UnpricedRegion => "unpriced_region",
        }
    }
}

/// What could not be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// Why.
    pub reason: Reason,
    /// Segments that packages for the region hold, usable and unheld.
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
    /// The catalog prices no messages to the region, so nothing can pay.
    UnpricedRegion,
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
            Self::UnpricedRegion => "unpriced_region",
        }
    }
}

impl Ledger {
    /// Who would pay for so many segments to a region.
    ///
    /// # Errors
    /// [`Shortfall`] where nothing can.
    pub fn draw(&self, region: Region, segments: u32) -> Result<Vec<Draw>, Shortfall> {
        let draws = match self.catalog().policy.split {
            Split::Allow => self.draw_split(region, segments),
            Split::Never => self.draw_whole(region, segments),
        };
        draws.ok_or_else(|| self.shortfall(region, segments))
    }

    /// What was bought for a region pays for it whatever the catalog sells now; general credits pay what it prices (domain
    /// rule 26).
    fn paying(&self, region: Region) -> impl Iterator<Item = &Package> {
        self.open().paying(region, self.catalog().prices(region))
    }

    /// Whether a package of the account could pay for a region, now or later.
    fn covers(&self, package: &Package, region: Region) -> bool {
        package.region == Some(region) || (package.region.is_none() && self.catalog().prices(region))
    }

    fn draw_split(&self, region: Region, segments: u32) -> Option<Vec<Draw>> {
        let (mut draws, mut missing) = (Vec::new(), segments);
        for package in self.paying(region) {
            if missing == 0 || draws.len() >= self.draws_max() {
                break;
            }
            let taken = u32::try_from(package.counts.available).unwrap_or(u32::MAX).min(missing);
            draws.push(Draw { package: package.id, segments: taken });
            missing = missing.saturating_sub(taken);
        }
        (missing == 0).then_some(draws)
    }

    fn draw_whole(&self, region: Region, segments: u32) -> Option<Vec<Draw>> {
        let enough = |package: &&Package| package.counts.available >= u64::from(segments);
        let package = self.paying(region).find(enough)?;
        Some(vec![Draw { package: package.id, segments }])
    }

    fn shortfall(&self, region: Region, segments: u32) -> Shortfall {
        let now = self.account().head.last_at;
        let usable = self.paying(region).map(|package| package.counts.available).fold(0, u64::saturating_add);
        let any = |status: Status| {
            self.open().iter().any(|package| self.covers(package, region) && package.status(now) == status)
        };
        let priced = self.catalog().prices(region);
        let pools: &[Option<Region>] = if priced { &[Some(region), None] } else { &[Some(region)] };
        let ended = pools.iter().filter_map(|pool| self.account().ended.get(pool));
        let last = ended.max_by_key(|ended| ended.at);
        let reason = if usable >= u64::from(segments) {
            Reason::Fragmented
        } else if any(Status::Pending) {
            Reason::Pending
        } else if usable > 0 || any(Status::Exhausted) || last.is_some_and(|last| !last.expired) {
            Reason::Exhausted
        } else if any(Status::Expired) || last.is_some() {
            Reason::Expired
        } else if !priced {
            Reason::UnpricedRegion
        } else if self.open().iter().any(|package| !package.pays(region) && package.counts.available > 0) {
            Reason::WrongRegion
        } else {
            Reason::None
        };
        Shortfall { reason, usable }
    }

    /// What the draw order made of every open package, in that order.
    pub fn verdicts(
        &self,
        region: Option<Region>,
        segments: u32,
        draws: &[Draw],
    ) -> Vec<(&Package, Verdict, u32)> {
        let packages = self.open().ranked(&self.catalog().policy);
        let verdict = |package: &Package| self.verdict(package, region, segments, draws);
        packages.into_iter().map(|package| (package, verdict(package), taken(draws, package.id))).collect()
    }

    fn verdict(&self, package: &Package, region: Option<Region>, segments: u32, draws: &[Draw]) -> Verdict {
        if taken(draws, package.id) > 0 {
            return Verdict::Pays;
        }
        let Some(region) = region else { return Verdict::UnpricedRegion };
        if !self.covers(package, region) {
            let priced = self.catalog().prices(region);
            return if priced { Verdict::WrongRegion } else { Verdict::UnpricedRegion };
        }
        let whole = self.catalog().policy.split == Split::Never;
        match package.status(self.account().head.last_at) {
            Status::Pending => Verdict::Pending,
            Status::Expired => Verdict::Expired,
            Status::Exhausted => Verdict::Exhausted,
            Status::Effective if whole && package.counts.available < u64::from(segments) => Verdict::TooSmall,
            Status::Effective if draws.is_empty() => Verdict::TooSmall,
            Status::Effective => Verdict::NotNeeded,
        }
    }
}

fn taken(draws: &[Draw], package: PackageId) -> u32 {
    draws.iter().find(|draw| draw.package == package).map_or(0, |draw| draw.segments)
}
