//! When a calendar day or month ends in a zone.

use super::{CalendarError, Instant, Zones, instant_to_local, local_to_instant};
use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime};

/// The first instant of the next calendar day in a zone.
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
pub fn next_day(at: Instant, zone: &str, zones: &dyn Zones) -> Result<Instant, CalendarError> {
    turn(at, zone, zones, |date, days| date.checked_add_days(Days::new(days.into())))
}

/// The first instant of the next calendar month in a zone.
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
pub fn next_month(at: Instant, zone: &str, zones: &dyn Zones) -> Result<Instant, CalendarError> {
    turn(at, zone, zones, |date, months| date.with_day(1)?.checked_add_months(Months::new(months)))
}

fn turn(
    at: Instant,
    zone: &str,
    zones: &dyn Zones,
    step: impl Fn(NaiveDate, u32) -> Option<NaiveDate>,
) -> Result<Instant, CalendarError> {
    let date = instant_to_local(at, zone, zones)?.date();
    // Clocks that are set back over midnight show the end of a day twice: the next day began before the second time.
    for count in 1..=2 {
        let next = step(date, count).ok_or(CalendarError::OutOfRange)?;
        let begins = local_to_instant(next.and_time(NaiveTime::MIN), zone, zones)?;
        if begins > at {
            return Ok(begins);
        }
    }
    Err(CalendarError::OutOfRange)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "tests")]
mod tests {
    use super::*;
    use crate::calendar::NamedZones;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn days_and_months_end_at_midnight_of_the_zone() {
        for (zone, now, day, month) in [
            ("UTC", "2026-02-28T23:59:59.999Z", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("UTC", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-04-01T00:00:00Z"),
            ("Asia/Shanghai", "2026-01-30T16:00:00Z", "2026-01-31T16:00:00Z", "2026-01-31T16:00:00Z"),
            // The day on which clocks are set forward has 23 hours, the one on which they are set back 25.
            ("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-31T22:00:00Z"),
            ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-31T23:00:00Z"),
            // Set back from 00:01 on the first to 23:01 on the day before: the first had begun.
            ("America/St_Johns", "2009-11-01T03:00:00Z", "2009-11-02T03:30:00Z", "2009-12-01T03:30:00Z"),
        ] {
            assert_eq!(next_day(at(now), zone, &NamedZones), Ok(at(day)), "{zone} {now}");
            assert_eq!(next_month(at(now), zone, &NamedZones), Ok(at(month)), "{zone} {now}");
        }
        assert!(next_day(at("2026-01-01T00:00:00Z"), "Mars", &NamedZones).is_err());
        assert_eq!(next_day(Instant::MAX, "UTC", &NamedZones), Err(CalendarError::OutOfRange));
    }

    proptest! {
        #[test]
        fn the_next_day_and_month_are_near(
            millis in 86_400_000_i64..4_000_000_000_000,
            zone in proptest::sample::select(&["UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia", "America/St_Johns"][..]),
        ) {
            let now = Instant::from_millis(millis).unwrap();
            let (day, month) = (next_day(now, zone, &NamedZones).unwrap(), next_month(now, zone, &NamedZones).unwrap());
            let hours = |later: Instant| (later.millis() - now.millis()).div_euclid(3_600_000);
            prop_assert!(now < day && day <= month && hours(day) <= 49 && hours(month) <= 32 * 24);
        }
    }
}
