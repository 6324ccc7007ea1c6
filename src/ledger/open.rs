//! The open packages, sorted so that a draw costs O(log open packages): by region, in draw order, and by what time will
//! change next.

use super::counts::Counts;
use super::package::{Package, PackageId};
use super::sorted::Sorted;
use crate::calendar::Instant;
use crate::catalog::{DrawKey, Policy};
use crate::numbering::Region;

/// Where a package stands in the draw order: one number for each key of the policy, the sequence last.
pub(super) type Rank = [i64; 7];

/// Ranks in order. A list, since packages are bought rather in that order and are few; a tree would add its machinery to the module.
type Ranks = Sorted<Rank, ()>;

/// The open packages of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    /// In boxes: to put one in or take one out moves what lies behind it.
    packages: Sorted<PackageId, Box<Package>>,
    /// Those that can pay now, by the region they are bound to, which are few.
    usable: Sorted<Option<Region>, Ranks>,
    /// When time itself will next change one: the instant, and the sequence last.
    due: Ranks,
}

impl Open {
    pub(super) fn get(&self, id: PackageId) -> Option<&Package> {
        self.packages.get(&id).map(Box::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.packages.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().map(|(_, package)| &**package)
    }

    /// The next package that time will change, and when.
    pub(super) fn next_due(&self) -> Option<(Instant, PackageId)> {
        let (first, ()) = self.due.iter().next()?;
        let [at, ..] = *first;
        Some((Instant::from_millis(at).ok()?, last(first)))
    }

    /// Puts a package in its places as of `now`, or takes it out.
    pub(super) fn put(
        &mut self,
        id: PackageId,
        package: Option<Package>,
        now: Instant,
        policy: &Policy,
    ) -> Option<Package> {
        self.unlist(id, policy);
        let before = match package {
            Some(package) => self.packages.insert(id, Box::new(package)),
            None => self.packages.remove(&id),
        };
        self.list(id, now, policy);
        before.map(|package| *package)
    }

    /// Changes a package's counts; the places change only where its last segment goes or its first comes back.
    pub(super) fn set_counts(&mut self, id: PackageId, counts: Counts, now: Instant, policy: &Policy) {
        let Some(package) = self.packages.get_mut(&id) else { return };
        let moves = (package.counts.available == 0) != (counts.available == 0);
        if moves {
            self.unlist(id, policy);
        }
        if let Some(package) = self.packages.get_mut(&id) {
            package.counts = counts;
        }
        if moves {
            self.list(id, now, policy);
        }
    }

    /// Puts a package where it belongs as of `now`.
    pub(super) fn relist(&mut self, id: PackageId, now: Instant, policy: &Policy) {
        self.unlist(id, policy);
        self.list(id, now, policy);
    }

    fn list(&mut self, id: PackageId, now: Instant, policy: &Policy) {
        let Some(package) = self.packages.get(&id) else { return };
        if let Some(due) = package.due(now) {
            self.due.insert(due_rank(due, id), ());
        }
        if package.effective_at <= now && package.counts.available > 0 {
            let (region, rank) = (package.region, rank(package, policy));
            if let Some(pool) = self.usable.get_mut(&region) {
                pool.insert(rank, ());
            } else {
                let mut pool = Ranks::default();
                pool.insert(rank, ());
                self.usable.insert(region, pool);
            }
        }
    }

    fn unlist(&mut self, id: PackageId, policy: &Policy) {
        let Some(package) = self.packages.get(&id) else { return };
        self.due.remove(&due_rank(package.effective_at, id));
        if let Some(expires_at) = package.expires_at {
            self.due.remove(&due_rank(expires_at, id));
        }
        if let Some(pool) = self.usable.get_mut(&package.region) {
            pool.remove(&rank(package, policy));
            if pool.is_empty() {
                self.usable.remove(&package.region);
            }
        }
    }

    /// The packages that can pay for a region now, in draw order: those bound to it merged, where they may pay for it, with the
    /// general ones.
    pub(super) fn paying(&self, region: Region, general: bool) -> impl Iterator<Item = &Package> {
        let pool = |region| self.usable.get(&region).into_iter().flat_map(Ranks::iter);
        let mut bound = pool(Some(region)).peekable();
        let mut general = pool(None).take(if general { usize::MAX } else { 0 }).peekable();
        std::iter::from_fn(move || {
            let first = match (bound.peek(), general.peek()) {
                (Some(left), Some(right)) => left <= right,
                (left, _) => left.is_some(),
            };
            let next = if first { bound.next() } else { general.next() };
            next.and_then(|(rank, ())| self.get(last(rank)))
        })
    }

    /// Every open package, in draw order.
    pub(super) fn ranked(&self, policy: &Policy) -> Vec<&Package> {
        let mut ranks = Ranks::default();
        for package in self.iter() {
            ranks.insert(rank(package, policy), ());
        }
        ranks.iter().filter_map(|(rank, ())| self.get(last(rank))).collect()
    }

    /// Usable segments by region.
    pub(super) fn usable(&self) -> Vec<(Option<Region>, u64)> {
        let sum = |pool: &Ranks| {
            let packages = pool.iter().filter_map(|(rank, ())| self.get(last(rank)));
            packages.map(|package| package.counts.available).fold(0, u64::saturating_add)
        };
        self.usable.iter().map(|(region, pool)| (*region, sum(pool))).collect()
    }
}

/// The package that a rank is of: its sequence is the last number.
fn last(rank: &Rank) -> PackageId {
    let [.., sequence] = *rank;
    PackageId(u32::try_from(sequence).unwrap_or(0))
}

fn due_rank(at: Instant, id: PackageId) -> Rank {
    [at.millis(), 0, 0, 0, 0, 0, i64::from(id.0)]
}

fn rank(package: &Package, policy: &Policy) -> Rank {
    let mut rank = [0; 7];
    for (place, key) in rank.iter_mut().zip(&policy.draw) {
        *place = match key {
            DrawKey::Scope => i64::from(package.region.is_none()),
            DrawKey::Source => policy
                .sources
                .iter()
                .position(|source| *source == package.source)
                .and_then(|position| i64::try_from(position).ok())
                .unwrap_or(i64::MAX),
            DrawKey::Expiry => package.expires_at.map_or(i64::MAX, Instant::millis),
            DrawKey::Effective => package.effective_at.millis(),
            DrawKey::Purchased => package.issued_at.millis(),
            DrawKey::Sequence => i64::from(package.id.0),
        };
    }
    if let Some(last) = rank.last_mut() {
        *last = i64::from(package.id.0);
    }
    rank
}
