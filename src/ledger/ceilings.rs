//! Ceilings: most segments that messages reserve in an hour and in a day (domain rule 28). What was reserved counts, whatever
//! becomes of it: a release gives no room back, since what is pumped is often never delivered.

use super::state::Ledger;
use crate::calendar::{CalendarError, Instant, Zones, next_day};
use crate::catalog::Ceiling;
use crate::numbering::Region;
use crate::shape::names;

/// A clock hour, in milliseconds. Of UTC: where clocks are set, no hour is skipped or shown twice.
const HOUR: i64 = 3_600_000;

/// What messages have reserved in the present hour and day, of what has a ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// First instant behind the hour.
    pub hour_until: Instant,
    /// First instant behind the day, in the account's zone.
    pub day_until: Instant,
    /// At most one for each ceiling.
    pub rows: Vec<Used>,
}

/// What messages to one region, or to all together, have reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// The region; absent = all together.
    pub region: Option<Region>,
    /// Segments in the present hour.
    pub hour: u64,
    /// Segments in the present day.
    pub day: u64,
}

impl Default for Usage {
    fn default() -> Self {
        Self { hour_until: Instant::MIN, day_until: Instant::MIN, rows: Vec::new() }
    }
}

/// The time that a ceiling is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// A clock hour.
    Hour,
    /// A calendar day.
    Day,
}

names!(Per {
    Hour = "hour",
    Day = "day",
});

/// A ceiling that a message would have broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The region of the ceiling; absent = it is for all.
    pub region: Option<Region>,
    /// The time that it is for.
    pub per: Per,
    /// Most segments.
    pub ceiling: u64,
    /// Segments that earlier messages had reserved.
    pub used: u64,
    /// First instant at which nothing is counted any more.
    pub resets_at: Instant,
}

impl Ledger {
    /// The account's ceilings: its own, or those of the policy.
    pub fn ceilings(&self) -> &[Ceiling] {
        self.settings().ceilings.as_deref().unwrap_or(&self.catalog().policy.ceilings)
    }

    /// Begins a new hour or day where the last one is over.
    ///
    /// # Errors
    /// [`CalendarError`] where the account's zone is no longer known.
    pub fn begin_windows(&mut self, zones: &dyn Zones) -> Result<(), CalendarError> {
        let (now, usage) = (self.account().head.last_at, &self.account().usage);
        let (hour_over, day_over) = (usage.hour_until <= now, usage.day_until <= now);
        if !hour_over && !day_over {
            return Ok(());
        }
        let mut usage = usage.clone();
        if day_over {
            usage.day_until = next_day(now, &self.account().profile.zone, zones)?;
        }
        if hour_over {
            let begun = now.millis().saturating_sub(now.millis().rem_euclid(HOUR));
            usage.hour_until = Instant::from_millis(begun.saturating_add(HOUR))?;
        }
        for used in &mut usage.rows {
            used.hour = if hour_over { 0 } else { used.hour };
            used.day = if day_over { 0 } else { used.day };
        }
        // What no longer has a ceiling, or has used nothing, needs no row.
        let ceilings = self.ceilings();
        usage.rows.retain(|used| {
            (used.hour > 0 || used.day > 0) && ceilings.iter().any(|ceiling| ceiling.region == used.region)
        });
        self.set_usage(usage);
        Ok(())
    }

    /// The first ceiling that so many segments to a region would break, as of the windows that have begun.
    pub fn broken(&self, region: Region, segments: u32) -> Option<Broken> {
        let usage = &self.account().usage;
        let applying = |ceiling: &&Ceiling| ceiling.region.is_none_or(|own| own == region);
        self.ceilings().iter().filter(applying).find_map(|ceiling| {
            let used =
                usage.rows.iter().find(|used| used.region == ceiling.region).copied().unwrap_or_default();
            let windows = [
                (Per::Hour, ceiling.per_hour, used.hour, usage.hour_until),
                (Per::Day, ceiling.per_day, used.day, usage.day_until),
            ];
            windows.into_iter().find_map(|(per, most, used, resets_at)| {
                let most = most.filter(|most| used.saturating_add(segments.into()) > *most)?;
                Some(Broken { region: ceiling.region, per, ceiling: most, used, resets_at })
            })
        })
    }

    /// Counts what a message has reserved.
    pub fn count_reserved(&mut self, region: Region, segments: u32) {
        for index in 0..self.ceilings().len() {
            let own = self.ceilings().get(index).map(|ceiling| ceiling.region);
            if let Some(own) = own.filter(|own| own.is_none_or(|own| own == region)) {
                self.add_used(own, segments.into());
            }
        }
    }
}
