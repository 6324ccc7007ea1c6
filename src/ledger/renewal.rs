//! Credits that come anew by themselves: the periods of a plan, the months of a schedule (domain rules 29, 30). Each is issued
//! once; one that is already over is never issued.

use super::account::{AccountState, NextPlan, PlanState, ScheduleState};
use super::counts::Counts;
use super::entry::EntryKind;
use super::package::{Package, PackageId};
use super::scope::Scope;
use super::state::{Ledger, LedgerError};
use crate::calendar::{Instant, Period, Zones, calendar_month, monthly, period_at};
use crate::catalog::{Plan, Rollover, Schedule, Source};
use std::sync::Arc;

/// What an entry says of a plan that takes effect when it is chosen.
pub(super) const AT_ONCE: &str = "at once";
/// Of a plan that was cancelled, when its last period is over.
const ENDED: &str = "ended";
/// Of a plan for which nothing is issued.
const NOT_IN_CATALOG: &str = "not in the catalog";

/// What is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// The account's plan.
    Plan,
    /// The schedule at this place of the catalog.
    Schedule(usize),
}

impl Ledger {
    /// What is renewed next, and when; the plan before schedules, and those in the catalog's order.
    pub(super) fn next_renewal(&self) -> Option<(Instant, Renewal)> {
        // A closed account is given nothing more.
        if self.account().state == AccountState::Closed {
            return None;
        }
        let plan = self.account().plan.as_ref().map(|plan| (plan.next_at, Renewal::Plan));
        let schedules = self.catalog().schedules.iter().enumerate();
        let schedules = schedules.filter(|(_, schedule)| schedule.is_for(&self.account().gates));
        let schedules = schedules
            .map(|(place, schedule)| (self.schedule_state(&schedule.id).next_at, Renewal::Schedule(place)));
        plan.into_iter().chain(schedules).min_by_key(|(due, _)| *due)
    }

    /// Issues the period that `now` lies in.
    pub(super) fn renew(
        &mut self,
        renewal: Renewal,
        now: Instant,
        zones: &dyn Zones,
    ) -> Result<(), LedgerError> {
        let Renewal::Schedule(place) = renewal else { return self.renew_plan(now, zones) };
        let catalog = Arc::clone(self.catalog());
        let Some(schedule) = catalog.schedules.get(place) else { return Ok(()) };
        let month = calendar_month(&catalog.zone, zones, now)?;
        self.renew_schedule(schedule, month)
    }

    fn renew_plan(&mut self, now: Instant, zones: &dyn Zones) -> Result<(), LedgerError> {
        let Some(plan) = self.account().plan.clone() else { return Ok(()) };
        let due = plan.next_at;
        match plan.next {
            Some(NextPlan::End) => return self.change_plan(None, plan.id, due, ENDED),
            Some(NextPlan::Plan(id)) => {
                self.put_plan(Some(PlanState { id, next: None, ..plan }));
                return Ok(());
            }
            None => {}
        }
        let zone = Arc::clone(&self.account().profile.zone);
        let Some(period) = period_at(plan.anchor, &zone, zones, now)? else {
            self.put_plan(Some(PlanState { next_at: plan.anchor, ..plan }));
            return Ok(());
        };
        let terms = self.catalog().plan(&plan.id).cloned();
        let cap = terms.as_ref().and_then(|terms| terms.rollover?.cap).filter(|_| plan.issued.is_some());
        if let Some((package, excess)) = cap.and_then(|cap| self.excess(cap, due)) {
            return self.lose(package, excess, due);
        }
        if due < period.start {
            // Periods that are already over are passed over: what else happened until this one began comes first.
            self.put_plan(Some(PlanState { next_at: period.start, ..plan }));
            return Ok(());
        }
        if plan.issued.is_some_and(|issued| period.index <= issued) {
            self.put_plan(Some(PlanState { next_at: period.end, ..plan }));
            return Ok(());
        }
        let Some(terms) = terms else {
            let id = Arc::clone(&plan.id);
            let state = PlanState { next_at: period.end, credited: 0, ..plan };
            return self.change_plan(Some(state), id, due, NOT_IN_CATALOG);
        };
        let from = if plan.issued.is_none() { due } else { period.start };
        let (issued, credited) = (Some(period.index), terms.credits);
        self.put_plan(Some(PlanState { next_at: period.end, issued, credited, ..plan.clone() }));
        self.issue_plan(&terms, &plan, period, (terms.credits, from, period.start), zones)
    }

    /// Issues what a plan brings to a period from an instant on, all or in proportion, with the instant at which it takes effect.
    fn issue_plan(
        &mut self,
        terms: &Plan,
        plan: &PlanState,
        period: Period,
        (segments, from, effective_at): (u64, Instant, Instant),
        zones: &dyn Zones,
    ) -> Result<(), LedgerError> {
        let segments = if terms.prorate { prorated(segments, from, period) } else { segments };
        let zone = &self.account().profile.zone;
        let expires_at = match terms.rollover {
            None => period.end,
            Some(Rollover { periods, .. }) => {
                let last = period.index.saturating_add(1).saturating_add(periods);
                monthly(plan.anchor, last, zone, zones)?
            }
        };
        let package = Package {
            id: self.next_package()?,
            source: Source::Plan,
            name: Arc::clone(&terms.name),
            category: None,
            reference: Arc::clone(&terms.id),
            scope: Scope::default(),
            counts: Counts::default(),
            issued_at: self.account().head.last_at,
            effective_at,
            expires_at: Some(expires_at),
            grace_until: None,
            noticed: None,
            exchanged: None,
        };
        self.issue(EntryKind::Plan, package, segments, None)?;
        Ok(())
    }

    /// Changes to a plan with no fewer credits at once: the running period gets what the plan has above those that the period is
    /// worth already (domain rule 31).
    ///
    /// # Errors
    /// [`LedgerError`] where the period cannot be reckoned or the account cannot hold more.
    pub fn upgrade(&mut self, terms: &Plan, zones: &dyn Zones) -> Result<(), LedgerError> {
        let Some(plan) = self.account().plan.clone() else { return Ok(()) };
        let now = self.account().head.last_at;
        let zone = Arc::clone(&self.account().profile.zone);
        let period = period_at(plan.anchor, &zone, zones, now)?;
        let difference = terms.credits.saturating_sub(plan.credited);
        let credited = terms.credits.max(plan.credited);
        let state = PlanState { id: Arc::clone(&terms.id), credited, next: None, ..plan };
        self.change_plan(Some(state.clone()), Arc::clone(&terms.id), now, AT_ONCE)?;
        match period {
            Some(period) if difference > 0 => {
                self.issue_plan(terms, &state, period, (difference, now, now), zones)
            }
            _ => Ok(()),
        }
    }

    /// What is above the most that may roll over: the oldest package of a plan that has part in it, and its part.
    fn excess(&self, cap: u64, due: Instant) -> Option<(PackageId, u64)> {
        let rolled = || {
            let packages = self.open().iter();
            // What came back to one that has expired, within its grace, is no part of it.
            let lasts = |package: &Package| package.expires_at.is_none_or(|end| end > due);
            let of_plans = packages.filter(|package| package.source == Source::Plan);
            of_plans.filter(move |package| package.counts.available > 0 && lasts(package))
        };
        let sum = rolled().map(|package| package.counts.available).fold(0, u64::saturating_add);
        let excess = sum.checked_sub(cap).filter(|excess| *excess > 0)?;
        let oldest = rolled().min_by_key(|package| (package.expires_at, package.id))?;
        Some((oldest.id, oldest.counts.available.min(excess)))
    }

    fn renew_schedule(&mut self, schedule: &Schedule, month: Period) -> Result<(), LedgerError> {
        let state = self.schedule_state(&schedule.id);
        if state.next_at < month.start {
            // Months that are already over are passed over: what else happened until this one began comes first.
            self.put_schedule(&schedule.id, ScheduleState { next_at: month.start, ..state });
            return Ok(());
        }
        let again = state.issued.is_some_and(|issued| month.index <= issued);
        let issued = if again { state.issued } else { Some(month.index) };
        self.put_schedule(&schedule.id, ScheduleState { next_at: month.end, issued, ..state });
        if again {
            return Ok(());
        }
        self.forget_schedules(month.start);
        let from = if schedule.prorate { state.since } else { month.start };
        let package = Package {
            id: self.next_package()?,
            source: Source::Complimentary,
            name: Arc::clone(&schedule.name),
            category: None,
            reference: Arc::clone(&schedule.id),
            scope: Scope { region: schedule.regions.first().copied(), ..Scope::default() },
            counts: Counts::default(),
            issued_at: self.account().head.last_at,
            // Not before there was a claim to it: the past stays as it was.
            effective_at: month.start.max(state.since),
            expires_at: Some(month.end),
            grace_until: None,
            noticed: None,
            exchanged: None,
        };
        self.issue(EntryKind::Schedule, package, prorated(schedule.credits, from, month), None)?;
        Ok(())
    }

    /// Forgets schedules that the catalog no longer has, once their last month is over.
    fn forget_schedules(&mut self, now: Instant) {
        let catalog = Arc::clone(self.catalog());
        let gone = |id: &Arc<str>| catalog.schedules.iter().all(|schedule| schedule.id != *id);
        let states = self.account().schedules.iter();
        let over =
            states.filter(|(id, state)| gone(id) && state.next_at <= now).map(|(id, _)| Arc::clone(id));
        for id in over.collect::<Vec<_>>() {
            self.drop_schedule(&id);
        }
    }

    /// How far a schedule is: one that nothing is known of began with the account.
    pub(super) fn schedule_state(&self, id: &Arc<str>) -> ScheduleState {
        let opened_at = self.account().profile.opened_at;
        let known = self.account().schedules.get(id).copied();
        known.unwrap_or(ScheduleState { since: opened_at, next_at: opened_at, issued: None })
    }
}

/// The part of a period's segments that is for what is left of it from an instant on, to the millisecond and rounded up: never
/// in the seller's favour. All of them where the instant lies before the period.
fn prorated(segments: u64, from: Instant, period: Period) -> u64 {
    let between = |from: Instant, to: Instant| {
        u64::try_from(to.millis().saturating_sub(from.millis())).unwrap_or_default()
    };
    let whole = between(period.start, period.end);
    let left = between(from, period.end).min(whole);
    // A billion segments times the milliseconds of a month are fewer than 64 bits count.
    let share = segments.saturating_mul(left);
    share.checked_add(whole.saturating_sub(1)).and_then(|share| share.checked_div(whole)).unwrap_or(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::UtcZones;
    use crate::catalog::profiles;
    use crate::ledger::{Counts, EntryKind};

    fn at(day: i64) -> Instant {
        Instant::from_millis(day.checked_mul(86_400_000).unwrap()).unwrap()
    }

    /// Gives what a plan or a purchase has issued until a day.
    fn give(ledger: &mut Ledger, source: Source, expires: i64, segments: u64) {
        let package = Package {
            id: ledger.next_package().unwrap(),
            source,
            name: "Pack".into(),
            category: None,
            reference: "pack".into(),
            scope: Scope::default(),
            counts: Counts::default(),
            issued_at: at(0),
            effective_at: at(0),
            expires_at: Some(at(expires)),
            grace_until: None,
            noticed: None,
            exchanged: None,
        };
        ledger.issue(EntryKind::Adjust, package, segments, None).unwrap();
    }

    #[test]
    fn no_more_rolls_over_than_the_cap_and_the_oldest_goes_first() {
        use Source::{Plan, Purchase};
        for (packages, cap, expected) in [
            (vec![], 0, None),
            (vec![(Plan, 40, 5)], 5, None),
            (vec![(Plan, 40, 5)], 3, Some((1, 2))),
            (vec![(Plan, 50, 5), (Plan, 40, 4)], 6, Some((2, 3))),
            (vec![(Plan, 50, 5), (Plan, 40, 4)], 1, Some((2, 4))),
            (vec![(Purchase, 40, 9), (Plan, 40, 4)], 3, Some((2, 1))),
            // What expires at the very instant is no part of it.
            (vec![(Plan, 30, 5)], 0, None),
            (vec![(Plan, 31, 5)], 0, Some((1, 5))),
            (vec![(Plan, 30, 5), (Plan, 40, 4)], 3, Some((2, 1))),
        ] {
            let mut ledger = Ledger::sample(profiles::CLOUTLY);
            for (source, expires, segments) in &packages {
                give(&mut ledger, *source, *expires, *segments);
            }
            let found = ledger.excess(cap, at(30)).map(|(id, segments)| (id.0, segments));
            assert_eq!(found, expected, "{packages:?} {cap}");
        }
    }

    /// No plan is due before its anchor; one that is stored so waits for it.
    #[test]
    fn a_plan_begins_at_its_anchor() {
        let mut ledger = Ledger::sample(profiles::CLOUTLY);
        let plan = PlanState { next_at: at(5), ..PlanState::beginning("growth".into(), at(50), at(5)) };
        ledger.put_plan(Some(plan));
        ledger.advance(at(6), &UtcZones, 8).unwrap();
        let plan = ledger.account().plan.clone().unwrap();
        assert_eq!((plan.next_at, plan.issued, ledger.account().head.packages), (at(50), None, 0));
    }

    #[test]
    fn a_schedule_is_forgotten_once_it_is_neither_in_the_catalog_nor_under_way() {
        for (id, next_at, forgotten) in [
            ("gone", 29, true),
            ("gone", 30, true),
            ("gone", 31, false),
            ("monthly", 29, false),
            ("monthly", 31, false),
        ] {
            let mut ledger = Ledger::sample(profiles::TENCENT_SMS);
            ledger.put_schedule(
                &id.into(),
                ScheduleState { since: at(3), next_at: at(next_at), issued: Some(0) },
            );
            ledger.forget_schedules(at(30));
            assert_eq!(ledger.account().schedules.is_empty(), forgotten, "{id} {next_at}");
        }
    }
}
