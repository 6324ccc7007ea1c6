//! What becomes of an account at a pace: messages go on evenly, time does what it does, and packages run dry or expire. All of it is
//! supposed; whoever asks takes it back to a mark.
//!
//! Between two things that time does, and until a package runs dry, each kind of message is paid by one package alone. So what happens is
//! reckoned from one such instant to the next, in whole segments and milliseconds: no step is a day, and no figure a fraction.

use super::advance::Reached;
use super::counts::Bucket;
use super::entry::{EntryKind, Posting};
use super::package::PackageId;
use super::scope::{Need, Scope};
use super::sorted::Sorted;
use super::state::{Ledger, LedgerError, Mark};
use crate::calendar::{Instant, Zones};
use crate::catalog::Source;

/// A day, in milliseconds.
pub const DAY: u64 = 86_400_000;
/// Most segments a day of one kind of message, so that what they come to in the longest forecast can be counted.
pub const PER_DAY_MAX: u64 = 100_000_000;

/// Messages of a kind: to a region, of a purpose, from a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// What they need of whoever pays; a region always.
    pub scope: Scope,
    /// Thousandths of a segment a day.
    pub per_day: u64,
}

/// What becomes of messages of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamForecast {
    /// When nothing can pay them for the first time.
    pub short_at: Option<Instant>,
    /// Segments that nothing can pay.
    pub unpaid: u64,
}

/// What becomes of packages that are bound to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolForecast {
    /// Usable now.
    pub available: u64,
    /// When nothing usable is left for the first time.
    pub dry_at: Option<Instant>,
}

/// Segments that come or go by time alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// The package, where it exists already.
    pub package: Option<PackageId>,
    /// Where it comes from.
    pub source: Source,
    /// When.
    pub at: Instant,
    /// How many.
    pub segments: u64,
}

/// What becomes of an account at a pace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// One for each kind of message, in their order.
    pub streams: Vec<StreamForecast>,
    /// By what the packages are bound to.
    pub pools: Sorted<Scope, PoolForecast>,
    /// When nothing usable is left at all, for the first time.
    pub dry_at: Option<Instant>,
    /// What is lost unspent.
    pub lost: Vec<Timed>,
    /// What plans and schedules issue.
    pub issued: Vec<Timed>,
}

/// How far a forecast is.
struct Progress<'a> {
    streams: &'a [Stream],
    start: Instant,
    /// All that is sent by then has been reckoned.
    at: Instant,
    /// Segments that each kind has sent.
    sent: Vec<u64>,
    forecast: Forecast,
}

/// Segments that so many thousandths a day come to in so many milliseconds: only whole ones are sent.
fn sent(per_day: u64, millis: u64) -> u64 {
    let thousandths = per_day.saturating_mul(millis.div_euclid(DAY));
    let today = per_day.saturating_mul(millis.rem_euclid(DAY));
    let rest = thousandths.rem_euclid(1_000).saturating_mul(DAY).saturating_add(today);
    thousandths.div_euclid(1_000).saturating_add(rest.div_euclid(DAY.saturating_mul(1_000)))
}

/// The first instant in a stretch of time at which something holds that holds at its end.
fn first(after: Instant, end: Instant, holds: impl Fn(Instant) -> bool) -> Instant {
    let (mut no, mut yes) = (after.millis(), end.millis());
    while yes.saturating_sub(no) > 1 {
        let middle = no.saturating_add(yes.saturating_sub(no).div_euclid(2));
        if Instant::from_millis(middle).is_ok_and(&holds) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    Instant::from_millis(yes).unwrap_or(end)
}

impl Stream {
    fn need(&self) -> Option<Need<'_>> {
        let Scope { region, purpose, project } = &self.scope;
        Some(Need { region: (*region)?, purpose: purpose.as_ref(), project: project.as_ref(), segments: 1 })
    }
}

impl Progress<'_> {
    /// Segments that a kind has sent by an instant.
    fn sent_by(&self, index: usize, at: Instant) -> u64 {
        let millis = at.millis().saturating_sub(self.start.millis());
        let per_day = self.streams.get(index).map_or(0, |stream| stream.per_day);
        sent(per_day, u64::try_from(millis).unwrap_or(0))
    }

    /// Segments that a kind sends from where the forecast is to an instant.
    fn sends(&self, index: usize, at: Instant) -> u64 {
        let before = self.sent.get(index).copied().unwrap_or(0);
        self.sent_by(index, at).saturating_sub(before)
    }
}

impl Ledger {
    /// What becomes of the account until an instant, where messages are sent at a pace and nothing is bought. Each is paid in draw order;
    /// that one is never split, or that there is a ceiling, does not matter.
    ///
    /// # Errors
    /// [`LedgerError`] where the books do not add up, or messages in flight that time out until then have not been read.
    pub fn forecast(
        &mut self,
        streams: &[Stream],
        until: Instant,
        zones: &dyn Zones,
    ) -> Result<Forecast, LedgerError> {
        let (mark, start, packages) =
            (self.mark(), self.account().head.last_at, self.account().head.packages);
        let forecast =
            Forecast { streams: vec![StreamForecast::default(); streams.len()], ..Forecast::default() };
        let mut progress = Progress { streams, start, at: start, sent: vec![0; streams.len()], forecast };
        for (scope, available) in self.pools() {
            progress.forecast.pools.insert(scope.clone(), PoolForecast { available, dry_at: None });
        }
        self.look_at_pools(&mut progress.forecast, start);
        loop {
            let due = self.next_due().filter(|due| *due <= until);
            // What time does at an instant comes before what is sent at it.
            let end = due.map_or(Ok(until), |due| due.checked_add_millis(-1))?;
            self.send_until(&mut progress, end)?;
            let Some(due) = due else { break };
            if self.advance(due, zones, usize::MAX)? == Reached::Part {
                return Err(LedgerError::Corrupt("messages in flight have not been read".to_owned()));
            }
            self.look_at_pools(&mut progress.forecast, due);
        }
        let mut forecast = progress.forecast;
        (forecast.lost, forecast.issued) = self.timed_since(mark, PackageId(packages));
        Ok(forecast)
    }

    /// Sends until an instant before which time does nothing: from one package that runs dry to the next.
    fn send_until(&mut self, progress: &mut Progress<'_>, end: Instant) -> Result<(), LedgerError> {
        while progress.at < end {
            let payers = self.next_payers(progress.streams);
            let dry = |at: Instant| {
                payers.iter().any(|(_, available, indexes)| {
                    let sends = indexes.iter().map(|index| progress.sends(*index, at));
                    sends.fold(0, u64::saturating_add) >= *available
                })
            };
            let at = if dry(end) { first(progress.at, end, dry) } else { end };
            self.send(progress, at)?;
            self.look_at_pools(&mut progress.forecast, at);
        }
        Ok(())
    }

    /// The packages that pay next, what each has, and the kinds of messages that it pays.
    fn next_payers(&self, streams: &[Stream]) -> Vec<(PackageId, u64, Vec<usize>)> {
        let mut payers: Vec<(PackageId, u64, Vec<usize>)> = Vec::new();
        for (index, stream) in streams.iter().enumerate() {
            let package = stream.need().and_then(|need| self.payers(&need).next());
            let Some((id, available)) = package.map(|package| (package.id, package.counts.available)) else {
                continue;
            };
            match payers.iter_mut().find(|(known, ..)| *known == id) {
                Some((_, _, indexes)) => indexes.push(index),
                None => payers.push((id, available, vec![index])),
            }
        }
        payers
    }

    /// Sends what there is to send until an instant.
    fn send(&mut self, progress: &mut Progress<'_>, at: Instant) -> Result<(), LedgerError> {
        for (index, stream) in progress.streams.iter().enumerate() {
            let sends = progress.sends(index, at);
            let Some(need) = stream.need().filter(|_| sends > 0) else { continue };
            let missing = self.suppose_spent(&need, sends)?;
            let paid = sends.saturating_sub(missing);
            let short = (missing > 0).then(|| first(progress.at, at, |at| progress.sends(index, at) > paid));
            if let Some(told) = progress.forecast.streams.get_mut(index) {
                told.unpaid = told.unpaid.saturating_add(missing);
                told.short_at = told.short_at.or(short);
            }
            if let Some(sent) = progress.sent.get_mut(index) {
                *sent = sent.saturating_add(sends);
            }
        }
        progress.at = at;
        Ok(())
    }

    /// Notes what has run dry, and what has come.
    fn look_at_pools(&self, forecast: &mut Forecast, at: Instant) {
        if forecast.dry_at.is_none() && self.usable_total() == 0 {
            forecast.dry_at = Some(at);
        }
        for (scope, pool) in forecast.pools.iter_mut() {
            if pool.dry_at.is_none() && self.open().usable_in(scope) == 0 {
                pool.dry_at = Some(at);
            }
        }
        for (scope, _) in self.pools() {
            if forecast.pools.get(scope).is_none() {
                forecast.pools.insert(scope.clone(), PoolForecast { available: 0, dry_at: None });
            }
        }
    }

    /// What was lost, and what plans and schedules issued; packages up to the last one that is known exist already.
    fn timed_since(&self, mark: Mark, known: PackageId) -> (Vec<Timed>, Vec<Timed>) {
        let (mut lost, mut issued) = (Vec::new(), Vec::new());
        for entry in self.entries_since(mark) {
            let renewal = matches!(entry.kind, EntryKind::Plan | EntryKind::Schedule);
            for Posting { package: id, bucket, segments } in entry.postings.iter() {
                let Ok(segments) = u64::try_from(*segments) else { continue };
                let Some(source) = self.source_of(mark, *id).filter(|_| segments > 0) else { continue };
                let package = Some(*id).filter(|id| *id <= known);
                let timed = Timed { package, source, at: entry.effective_at, segments };
                match bucket {
                    Bucket::Expired => lost.push(timed),
                    Bucket::Available if renewal => issued.push(timed),
                    _ => {}
                }
            }
        }
        (lost, issued)
    }

    fn source_of(&self, mark: Mark, id: PackageId) -> Option<Source> {
        let ended = || self.closed_since(mark).iter().find(|package| package.id == id);
        self.package(id).or_else(ended).map(|package| package.source)
    }
}
