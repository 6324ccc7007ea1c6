//! Credits that come anew by themselves: the periods of a plan, the months of a schedule (domain rules 29, 30). Each is issued
//! once; one that is already over is never issued.

use super::account::{AccountState, PlanState, ScheduleState};
use super::counts::Counts;
use super::entry::EntryKind;
use super::package::Package;
use super::scope::Scope;
use super::state::{Ledger, LedgerError};
use crate::calendar::{Instant, Period, Zones, calendar_month, period_at};
use crate::catalog::{Schedule, Source};
use std::sync::Arc;

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
        let zone = Arc::clone(&self.account().profile.zone);
        let Some(period) = period_at(plan.anchor, &zone, zones, now)? else {
            self.set_plan(PlanState { next_at: plan.anchor, ..plan });
            return Ok(());
        };
        let again = plan.issued.is_some_and(|issued| period.index <= issued);
        let terms = self.catalog().plan(&plan.id).filter(|_| !again);
        let terms = terms.map(|terms| (Arc::clone(&terms.name), terms.credits));
        let issued = if terms.is_some() { Some(period.index) } else { plan.issued };
        self.set_plan(PlanState { next_at: period.end, issued, ..plan.clone() });
        let Some((name, credits)) = terms else { return Ok(()) };
        let package = Package {
            id: self.next_package()?,
            source: Source::Plan,
            name,
            category: None,
            reference: plan.id,
            scope: Scope::default(),
            counts: Counts::default(),
            issued_at: self.account().head.last_at,
            effective_at: period.start,
            expires_at: Some(period.end),
            grace_until: None,
            noticed: None,
        };
        self.issue(EntryKind::Plan, package, credits, None)?;
        Ok(())
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
            effective_at: month.start,
            expires_at: Some(month.end),
            grace_until: None,
            noticed: None,
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
