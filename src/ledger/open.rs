//! The open packages, sorted so that a draw costs O(log open packages): by pool, in draw order, and by what time will
//! change next.

use super::counts::Counts;
use super::package::{Package, PackageId};
use super::scope::{Need, Scope};
use super::sorted::Sorted;
use crate::calendar::Instant;
use crate::catalog::{DrawKey, Policy, Split};
use crate::numbering::Region;
use std::cmp::Reverse;
use std::sync::Arc;

/// Where a package stands in the draw order: one number for each key of the policy, the sequence last.
pub(super) type Rank = [i64; 7];

/// Ranks from the last to the first: the first goes soonest, and to take the end off a list moves nothing. A list, since packages are
/// few; a tree would add its machinery to the module.
#[derive(Clone, Debug, Default)]
struct Ranks(Sorted<Reverse<Rank>, ()>);

impl Ranks {
    fn insert(&mut self, rank: Rank) {
        self.0.insert(Reverse(rank), ());
    }

    fn remove(&mut self, rank: &Rank) {
        self.0.remove(&Reverse(*rank));
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From the first on.
    fn iter(&self) -> impl Iterator<Item = &Rank> {
        self.0.iter().rev().map(|(Reverse(rank), ())| rank)
    }
}

/// At most so many pools can pay for one message: those bound to its region, its purpose and its project or to none of each.
const POOLS_MAX: usize = 8;

/// An open package in its places.
#[derive(Clone, Debug)]
struct Placed {
    package: Package,
    /// Whether it stands in its pool: it can pay now.
    usable: bool,
}

/// The packages of one scope that can pay now.
#[derive(Clone, Debug, Default)]
struct Pool {
    /// By what they are enough for, where one message is never split, so that the first that has enough is found without a walk
    /// over those that have too little.
    classes: Sorted<u64, Ranks>,
    /// What they have together.
    segments: u64,
}

impl Pool {
    fn insert(&mut self, class: u64, rank: Rank) {
        if self.classes.get(&class).is_none() {
            self.classes.insert(class, Ranks::default());
        }
        if let Some(ranks) = self.classes.get_mut(&class) {
            ranks.insert(rank);
        }
    }

    fn remove(&mut self, class: u64, rank: &Rank) {
        let Some(ranks) = self.classes.get_mut(&class) else { return };
        ranks.remove(rank);
        if ranks.is_empty() {
            self.classes.remove(&class);
        }
    }
}

/// The class of packages that have so many segments or more.
const CLASS_MAX: u64 = 255;

/// What a package is enough for: with so many segments, or so many and more. Where messages may be split, all are alike.
fn class(available: u64, policy: &Policy) -> u64 {
    match policy.split {
        Split::Never => available.min(CLASS_MAX),
        Split::Allow => 0,
    }
}

/// The open packages of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    /// In boxes: to put one in or take one out moves what lies behind it.
    packages: Sorted<PackageId, Box<Placed>>,
    /// Those that can pay now.
    pools: Sorted<Scope, Pool>,
    /// What they have together.
    usable: u64,
    /// When time itself will next change one: the instant, and the sequence last.
    due: Ranks,
    /// When the next notice of an expiry is due, likewise.
    notices: Ranks,
    /// How many days before an expiry there are notices, the earliest first.
    notice_days: Arc<[u32]>,
}

impl Open {
    pub(super) fn get(&self, id: PackageId) -> Option<&Package> {
        self.packages.get(&id).map(|placed| &placed.package)
    }

    pub(super) fn len(&self) -> usize {
        self.packages.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().map(|(_, placed)| &placed.package)
    }

    /// Those from a number on.
    pub(super) fn from(&self, id: PackageId) -> impl Iterator<Item = &Package> {
        self.packages.from(&id).map(|(_, placed)| &placed.package)
    }

    /// The next package that time will change, and when.
    pub(super) fn next_due(&self) -> Option<(Instant, PackageId)> {
        let first = self.due.iter().next()?;
        let [at, ..] = *first;
        Some((Instant::from_millis(at).ok()?, last(first)))
    }

    /// The package of which the next notice is due, and when.
    pub(super) fn next_notice(&self) -> Option<(Instant, PackageId)> {
        let first = self.notices.iter().next()?;
        let [at, ..] = *first;
        Some((Instant::from_millis(at).ok()?, last(first)))
    }

    /// How many days before an expiry there are notices.
    pub(super) fn notice_days(&self) -> Arc<[u32]> {
        Arc::clone(&self.notice_days)
    }

    /// Says anew how many days before an expiry there are notices.
    pub(super) fn set_notice_days(&mut self, days: &[u32]) {
        if *self.notice_days == *days {
            return;
        }
        self.notice_days = Arc::from(days);
        self.notices = Ranks::default();
        for (id, placed) in self.packages.iter() {
            if let Some((at, _)) = placed.package.next_notice(days) {
                self.notices.insert(due_rank(at, *id));
            }
        }
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
            Some(package) => self.packages.insert(id, Box::new(Placed { package, usable: false })),
            None => self.packages.remove(&id),
        };
        self.list(id, now, policy);
        before.map(|placed| placed.package)
    }

    /// Changes a package's counts; the places change only where its last segment goes or its first comes back, or where it is
    /// enough for other messages than before.
    pub(super) fn set_counts(&mut self, id: PackageId, counts: Counts, now: Instant, policy: &Policy) {
        let Some(placed) = self.packages.get_mut(&id) else { return };
        let before = placed.package.counts.available;
        if (before == 0) != (counts.available == 0)
            || class(before, policy) != class(counts.available, policy)
        {
            self.unlist(id, policy);
            if let Some(placed) = self.packages.get_mut(&id) {
                placed.package.counts = counts;
            }
            return self.list(id, now, policy);
        }
        placed.package.counts = counts;
        if placed.usable
            && let Some(pool) = self.pools.get_mut(&placed.package.scope)
        {
            let changed = |sum: u64| sum.saturating_sub(before).saturating_add(counts.available);
            pool.segments = changed(pool.segments);
            self.usable = changed(self.usable);
        }
    }

    /// Puts a package where it belongs as of `now`.
    pub(super) fn relist(&mut self, id: PackageId, now: Instant, policy: &Policy) {
        self.unlist(id, policy);
        self.list(id, now, policy);
    }

    fn list(&mut self, id: PackageId, now: Instant, policy: &Policy) {
        let Some(placed) = self.packages.get_mut(&id) else { return };
        let package = &placed.package;
        if let Some(due) = package.due(now) {
            self.due.insert(due_rank(due, id));
        }
        if let Some((at, _)) = package.next_notice(&self.notice_days) {
            self.notices.insert(due_rank(at, id));
        }
        placed.usable = package.effective_at <= now && package.counts.available > 0;
        if placed.usable {
            let (rank, segments) = (rank(package, policy), package.counts.available);
            if self.pools.get(&package.scope).is_none() {
                self.pools.insert(package.scope.clone(), Pool::default());
            }
            if let Some(pool) = self.pools.get_mut(&package.scope) {
                pool.insert(class(segments, policy), rank);
                pool.segments = pool.segments.saturating_add(segments);
            }
            self.usable = self.usable.saturating_add(segments);
        }
    }

    fn unlist(&mut self, id: PackageId, policy: &Policy) {
        let Some(placed) = self.packages.get_mut(&id) else { return };
        let package = &placed.package;
        self.due.remove(&due_rank(package.effective_at, id));
        if let Some(end) = package.ends_at() {
            self.due.remove(&due_rank(end, id));
        }
        if let Some((at, _)) = package.next_notice(&self.notice_days) {
            self.notices.remove(&due_rank(at, id));
        }
        if !std::mem::take(&mut placed.usable) {
            return;
        }
        let segments = package.counts.available;
        self.usable = self.usable.saturating_sub(segments);
        if let Some(pool) = self.pools.get_mut(&package.scope) {
            pool.remove(class(segments, policy), &rank(package, policy));
            pool.segments = pool.segments.saturating_sub(segments);
            if pool.classes.is_empty() {
                self.pools.remove(&package.scope);
            }
        }
    }

    /// The pools that can pay for a message, those bound to no region only where `general`: looked at one by one where they are few, and
    /// else looked up.
    fn pools_of(&self, need: &Need<'_>, general: bool) -> [Option<&Pool>; POOLS_MAX] {
        let mut found = [None; POOLS_MAX];
        if self.pools.len() <= POOLS_MAX {
            let pays = |scope: &Scope| (general || scope.region.is_some()) && scope.mismatch(need).is_none();
            for (place, (scope, pool)) in found.iter_mut().zip(self.pools.iter()) {
                *place = Some(pool).filter(|_| pays(scope));
            }
        } else {
            for (place, scope) in found.iter_mut().zip(need.scopes(general)) {
                *place = self.pools.get(&scope);
            }
        }
        found
    }

    /// The packages that can pay for a message now, in no order; those bound to no region only where `general`.
    pub(super) fn able(&self, need: &Need<'_>, general: bool) -> impl Iterator<Item = &Package> {
        let lists = self.pools_of(need, general).into_iter().flatten().flat_map(|pool| pool.classes.iter());
        lists.flat_map(|(_, ranks)| ranks.iter()).filter_map(|rank| self.get(last(rank)))
    }

    /// The same in draw order, where a message may be split: its pools merged.
    pub(super) fn paying(&self, need: &Need<'_>, general: bool) -> impl Iterator<Item = &Package> {
        let mut pools = [const { None }; POOLS_MAX];
        let lists =
            self.pools_of(need, general).into_iter().flatten().filter_map(|pool| pool.classes.iter().next());
        for (place, (_, ranks)) in pools.iter_mut().zip(lists) {
            *place = Some(ranks.iter().peekable());
        }
        std::iter::from_fn(move || {
            let left = pools.iter_mut().flatten().filter_map(|list| Some((*list.peek()?, list)));
            let (_, first) = left.min_by_key(|(rank, _)| *rank)?;
            self.get(last(first.next()?))
        })
    }

    /// The first of these.
    pub(super) fn first(&self, need: &Need<'_>, general: bool) -> Option<&Package> {
        let firsts = self
            .pools_of(need, general)
            .into_iter()
            .flatten()
            .filter_map(|pool| pool.classes.iter().next()?.1.iter().next());
        self.get(last(firsts.min()?))
    }

    /// The first in draw order that can pay a whole message now and that suits, where no message is split.
    pub(super) fn whole(
        &self,
        need: &Need<'_>,
        general: bool,
        suits: impl Fn(&Package) -> bool,
    ) -> Option<&Package> {
        let segments = u64::from(need.segments);
        let least = segments.min(CLASS_MAX);
        let enough =
            self.pools_of(need, general).into_iter().flatten().flat_map(|pool| pool.classes.from(&least));
        let firsts = enough.filter_map(|(_, ranks)| {
            let mut packages = ranks.iter().filter_map(|rank| Some((rank, self.get(last(rank))?)));
            packages.find(|(_, package)| package.counts.available >= segments && suits(package))
        });
        firsts.min_by_key(|(rank, _)| *rank).map(|(_, package)| package)
    }

    /// Every open package and those besides that are given, in draw order.
    pub(super) fn ranked<'a>(&'a self, besides: &'a [Package], policy: &Policy) -> Vec<&'a Package> {
        let mut ranked = Sorted::default();
        for package in self.iter().chain(besides) {
            ranked.insert(rank(package, policy), package);
        }
        ranked.into_values().collect()
    }

    /// Usable and unheld segments by pool; a pool without any is none.
    pub(super) fn pools(&self) -> impl Iterator<Item = (&Scope, u64)> {
        self.pools.iter().map(|(scope, pool)| (scope, pool.segments))
    }

    /// Usable and unheld segments of one pool.
    pub(super) fn usable_in(&self, scope: &Scope) -> u64 {
        self.pools.get(scope).map_or(0, |pool| pool.segments)
    }

    /// Usable and unheld segments of all pools together.
    pub(super) fn usable_total(&self) -> u64 {
        self.usable
    }

    /// Usable and unheld segments that are bound to a region, or to none.
    pub(super) fn usable_of(&self, region: Option<Region>) -> u64 {
        let first = Scope { region, ..Scope::default() };
        let own = self.pools.from(&first).take_while(|(scope, _)| scope.region == region);
        own.map(|(_, pool)| pool.segments).fold(0, u64::saturating_add)
    }

    /// Usable and unheld segments that could pay for a message.
    pub(super) fn usable_for(&self, need: &Need<'_>, general: bool) -> u64 {
        self.pools_of(need, general)
            .into_iter()
            .flatten()
            .map(|pool| pool.segments)
            .fold(0, u64::saturating_add)
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
            DrawKey::Scope => package.scope.generality(),
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
