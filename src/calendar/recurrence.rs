//! Months and days in local time, and the monthly periods of an anchor.
//!
//! Every recurrence is computed from the original anchor and clamped to the month's last day: 31 Jan, 28 Feb, 31 Mar;
//! never by stepping from the clamped day (domain rule 7).

use super::{CalendarError, Instant, Zones, instant_to_local, local_to_instant};
use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime};

/// One of the months that follow each other from an anchor: `[start, end)`. The end is the start of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// 0 for the period that starts at the anchor.
    pub index: u32,
    /// The first instant of the period.
    pub start: Instant,
    /// The first instant behind it.
    pub end: Instant,
}

/// The start of the period with an index: so many months after the anchor, at its local time of day in the zone.
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
pub fn monthly(anchor: Instant, index: u32, zone: &str, zones: &dyn Zones) -> Result<Instant, CalendarError> {
    add_months(anchor, index, zone, zones)
}

/// So many calendar months later, at the same local time of day in the zone, clamped to the month's last day. No
/// months are the very same instant.
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
pub fn add_months(at: Instant, months: u32, zone: &str, zones: &dyn Zones) -> Result<Instant, CalendarError> {
    shift(at, zone, zones, |local| local.checked_add_months(Months::new(months)))
}

/// So many calendar days later, at the same local time of day in the zone. No days are the very same instant.
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
pub fn add_days(at: Instant, days: u32, zone: &str, zones: &dyn Zones) -> Result<Instant, CalendarError> {
    shift(at, zone, zones, |local| local.checked_add_days(Days::new(u64::from(days))))
}

fn shift(
    at: Instant,
    zone: &str,
    zones: &dyn Zones,
    step: impl FnOnce(NaiveDateTime) -> Option<NaiveDateTime>,
) -> Result<Instant, CalendarError> {
    let local = instant_to_local(at, zone, zones)?;
    let later = step(local).ok_or(CalendarError::OutOfRange)?;
    // A local time that clocks show twice would come back as the earlier of the two.
    if later == local { Ok(at) } else { local_to_instant(later, zone, zones) }
}

/// The period that an instant belongs to; none before the anchor. The instant of renewal belongs to the new period
/// (domain rule 30).
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] where the period ends after the year 9999.
pub fn period_at(
    anchor: Instant,
    zone: &str,
    zones: &dyn Zones,
    now: Instant,
) -> Result<Option<Period>, CalendarError> {
    if now < anchor {
        return Ok(None);
    }
    let months = months_between(instant_to_local(anchor, zone, zones)?, instant_to_local(now, zone, zones)?);
    // The calendar month of `now`, or the one before; clocks that are set back over midnight on the first of a month
    // can make it the one after.
    let mut index = months.saturating_sub(1);
    let mut start = monthly(anchor, index, zone, zones)?;
    loop {
        let next = index.checked_add(1).ok_or(CalendarError::OutOfRange)?;
        let end = monthly(anchor, next, zone, zones)?;
        // INVARIANT: starts strictly increase, so the loop ends, after three rounds at most.
        if now < end {
            debug_assert!(start <= now);
            return Ok(Some(Period { index, start, end }));
        }
        (index, start) = (next, end);
    }
}

/// The calendar month of a zone that an instant lies in: from the first instant of its first day to that of the next month's.
/// Its index counts the months from January 1970.
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] where the month ends after the year 9999.
pub fn calendar_month(zone: &str, zones: &dyn Zones, now: Instant) -> Result<Period, CalendarError> {
    // East of Greenwich January 1970 begins before the first instant.
    let february = NaiveDate::from_ymd_opt(1970, 2, 1).ok_or(CalendarError::OutOfRange)?;
    let february = local_to_instant(february.into(), zone, zones)?;
    let Some(Period { index, start, end }) = period_at(february, zone, zones, now)? else {
        return Ok(Period { index: 0, start: Instant::MIN, end: february });
    };
    Ok(Period { index: index.checked_add(1).ok_or(CalendarError::OutOfRange)?, start, end })
}

fn months_between(from: NaiveDateTime, to: NaiveDateTime) -> u32 {
    let month = |local: NaiveDateTime| {
        i64::from(local.year()).saturating_mul(12).saturating_add(i64::from(local.month0()))
    };
    u32::try_from(month(to).saturating_sub(month(from))).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use crate::calendar::{NamedZones, UtcZones};
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn month_ends_come_back() {
        let starts = |anchor: &str, count: u32| -> Vec<String> {
            let day =
                |index| monthly(at(anchor), index, "UTC", &UtcZones).unwrap().to_string()[..10].to_owned();
            (0..count).map(day).collect()
        };
        assert_eq!(
            starts("2025-01-31T00:00:00Z", 4),
            ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"]
        );
        assert_eq!(starts("2024-01-30T00:00:00Z", 3), ["2024-01-30", "2024-02-29", "2024-03-30"]);
        assert_eq!(starts("2024-02-29T00:00:00Z", 13)[12], "2025-02-28");
        assert_eq!(starts("2021-03-31T00:00:00Z", 16)[15], "2022-06-30");
    }

    #[test]
    fn months_later() {
        for (start, months, end) in [
            ("2024-12-31", 6, "2025-06-30"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2025-01-31", 1, "2025-02-28"),
            ("2021-03-31", 1, "2021-04-30"),
            ("2021-03-31", 15, "2022-06-30"),
            ("2020-02-29", 24, "2022-02-28"),
            ("2025-01-31", 0, "2025-01-31"),
        ] {
            let found = add_months(at(&format!("{start}T00:00:00Z")), months, "UTC", &UtcZones).unwrap();
            assert_eq!(found, at(&format!("{end}T00:00:00Z")), "{start} {months}");
        }
    }

    #[test]
    fn periods() {
        for (anchor, now, start, end) in [
            ("2025-01-31T15:00:00Z", "2025-08-13T20:00:00Z", "2025-07-31T15:00:00Z", "2025-08-31T15:00:00Z"),
            ("2025-01-31T15:00:00Z", "2025-09-30T15:00:00Z", "2025-09-30T15:00:00Z", "2025-10-31T15:00:00Z"),
            ("2025-01-30T15:00:00Z", "2025-02-13T20:00:00Z", "2025-01-30T15:00:00Z", "2025-02-28T15:00:00Z"),
            ("2024-01-31T00:00:00Z", "2024-02-15T00:00:00Z", "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z"),
            ("2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"),
            ("2024-01-31T00:00:00Z", "2024-03-31T00:00:00Z", "2024-03-31T00:00:00Z", "2024-04-30T00:00:00Z"),
        ] {
            let period = period_at(at(anchor), "UTC", &UtcZones, at(now)).unwrap().unwrap();
            assert_eq!((period.start, period.end), (at(start), at(end)), "{anchor} {now}");
        }
        assert_eq!(
            period_at(at("2025-01-31T00:00:00Z"), "UTC", &UtcZones, at("2025-01-30T23:59:59.999Z")),
            Ok(None)
        );
    }

    #[test]
    fn calendar_months() {
        for (zone, now, start, end) in [
            ("UTC", "2024-02-10T08:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("Asia/Shanghai", "2026-01-31T15:59:59.999Z", "2025-12-31T16:00:00Z", "2026-01-31T16:00:00Z"),
            ("Asia/Shanghai", "2026-01-31T16:00:00Z", "2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z"),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
            // Midnight of 1 October 2017 did not exist in Asunción: the month began at one o'clock.
            ("America/Asuncion", "2017-10-01T04:00:00Z", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"),
        ] {
            let month = calendar_month(zone, &NamedZones, at(now)).unwrap();
            assert_eq!((month.start, month.end), (at(start), at(end)), "{zone} {now}");
        }
        let index = |now| calendar_month("UTC", &UtcZones, at(now)).unwrap().index;
        assert_eq!(index("1970-01-31T23:59:59.999Z"), 0);
        assert_eq!(index("1970-02-01T00:00:00Z"), 1);
        assert_eq!(index("2026-02-01T00:00:00Z"), 56 * 12 + 1);
    }

    #[test]
    fn local_midnight_in_winter_and_summer() {
        let anchor = at("2026-01-01T00:00:00+01:00");
        let july = monthly(anchor, 6, "Europe/Berlin", &NamedZones).unwrap();
        assert_eq!(july, at("2026-07-01T00:00:00+02:00"));
        let shanghai = at("2026-01-01T00:00:00+08:00");
        assert_eq!(
            monthly(shanghai, 1, "Asia/Shanghai", &NamedZones).unwrap(),
            at("2026-02-01T00:00:00+08:00")
        );
    }

    #[test]
    fn skipped_and_repeated_hours() {
        let skipped = monthly(at("2026-02-28T02:30:00+01:00"), 1, "Europe/Berlin", &NamedZones).unwrap();
        assert_eq!(skipped, at("2026-03-28T02:30:00+01:00"));
        let skipped = add_days(at("2026-03-28T02:30:00+01:00"), 1, "Europe/Berlin", &NamedZones).unwrap();
        assert_eq!(skipped, at("2026-03-29T03:30:00+02:00"));
        // The anchor is the second 02:30 of that night: its first period starts there all the same.
        let second = at("2026-10-25T02:30:00+01:00");
        let period = period_at(second, "Europe/Berlin", &NamedZones, second).unwrap().unwrap();
        assert_eq!((period.index, period.start), (0, second));
        // Clocks were set back from 00:01 on the first to 23:01 on the day before, when the period had started.
        let anchor = at("2009-10-01T00:00:00-02:30");
        let now = at("2009-10-31T23:30:00-03:30");
        assert_eq!(period_at(anchor, "America/St_Johns", &NamedZones, now).unwrap().unwrap().index, 1);
    }

    #[test]
    fn refused() {
        let now = at("2026-01-01T00:00:00Z");
        assert!(matches!(monthly(now, 1, "Mars", &NamedZones), Err(CalendarError::UnknownZone { .. })));
        assert_eq!(add_months(now, u32::MAX, "UTC", &UtcZones), Err(CalendarError::OutOfRange));
        assert_eq!(add_days(now, u32::MAX, "UTC", &UtcZones), Err(CalendarError::OutOfRange));
        assert_eq!(period_at(now, "UTC", &UtcZones, Instant::MAX), Err(CalendarError::OutOfRange));
    }

    const ZONES: [&str; 7] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Shanghai",
    ];

    prop_compose! {
        fn anchors()(millis in 86_400_000_i64..4_000_000_000_000) -> Instant {
            Instant::from_millis(millis).unwrap()
        }
    }

    fn zones() -> impl Strategy<Value = &'static str> {
        proptest::sample::select(&ZONES[..])
    }

    proptest! {
        #[test]
        fn periods_tile_time(anchor in anchors(), index in 0..600_u32, zone in zones()) {
            let start = monthly(anchor, index, zone, &NamedZones).unwrap();
            let next = monthly(anchor, index + 1, zone, &NamedZones).unwrap();
            prop_assert!(start < next);
            let period = Period { index, start, end: next };
            let found = |now| period_at(anchor, zone, &NamedZones, now).unwrap();
            prop_assert_eq!(found(start), Some(period));
            prop_assert_eq!(found(next.checked_add_millis(-1).unwrap()), Some(period));
            prop_assert_eq!(found(next).unwrap().index, index + 1);
            if index == 0 {
                prop_assert_eq!(start, anchor);
                prop_assert_eq!(found(anchor.checked_add_millis(-1).unwrap()), None);
            }
        }

        #[test]
        fn every_instant_lies_in_its_period(anchor in anchors(), later in 0..2_000_000_000_000_i64, zone in zones()) {
            let now = anchor.checked_add_millis(later).unwrap();
            let period = period_at(anchor, zone, &NamedZones, now).unwrap().unwrap();
            prop_assert!(period.start <= now && now < period.end);
        }

        /// The peer: count the months' days by hand.
        #[test]
        fn clamped_to_the_last_day(year in 1970..2100_u32, month in 0..12_u32, day in 1..=31_u32, months in 0..600_u32) {
            let days = |year: u32, month: u32| match month {
                1 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
                1 => 28,
                3 | 5 | 8 | 10 => 30,
                _ => 31,
            };
            let day = day.min(days(year, month));
            let (later_year, later_month) = (year + (month + months) / 12, (month + months) % 12);
            let later_day = day.min(days(later_year, later_month));
            let text = |year, month, day| format!("{year:04}-{:02}-{day:02}T12:34:56.789Z", month + 1);
            let found = add_months(at(&text(year, month, day)), months, "UTC", &UtcZones).unwrap();
            prop_assert_eq!(found.to_string(), text(later_year, later_month, later_day));
        }
    }
}
