//! Between instants and what the clocks of a zone show.

use super::{CalendarError, Instant, Zones, excerpt};
use chrono::NaiveDateTime;

/// Milliseconds in a day. No offset from UTC is as large, so a day before a local time read as UTC lies before it in
/// every zone, and a day after it behind.
const DAY: i64 = 86_400_000;

/// What the clocks of a zone show at an instant.
///
/// # Errors
/// [`CalendarError::UnknownZone`].
pub fn instant_to_local(at: Instant, zone: &str, zones: &dyn Zones) -> Result<NaiveDateTime, CalendarError> {
    at.at_offset(offset(zone, zones, at)?).ok_or(CalendarError::OutOfRange)
}

/// The instant at which the clocks of a zone show a date and time.
///
/// Where they show it twice (clocks set back), the earlier instant. Where they skip it (clocks set forward), the time
/// is read with the offset from before: 02:30 that is skipped is 03:30, as if the clocks had not been set.
///
/// # Errors
/// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
pub fn local_to_instant(
    local: NaiveDateTime,
    zone: &str,
    zones: &dyn Zones,
) -> Result<Instant, CalendarError> {
    let as_utc = local.and_utc().timestamp_millis();
    let before = offset(zone, zones, Instant::nearest(as_utc.saturating_sub(DAY)))?;
    let after = offset(zone, zones, Instant::nearest(as_utc.saturating_add(DAY)))?;
    let earlier = Instant::of_local(local, before);
    if before == after {
        return earlier;
    }
    for (candidate, expected) in [(earlier.clone(), before), (Instant::of_local(local, after), after)] {
        if let Ok(at) = candidate
            && offset(zone, zones, at)? == expected
        {
            return Ok(at);
        }
    }
    earlier
}

fn offset(zone: &str, zones: &dyn Zones, at: Instant) -> Result<i32, CalendarError> {
    zones.offset_seconds(zone, at).ok_or_else(|| CalendarError::UnknownZone { zone: excerpt(zone) })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use crate::calendar::NamedZones;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn resolved(local: &str, zone: &str) -> String {
        local_to_instant(local.parse().unwrap(), zone, &NamedZones).unwrap().to_string()
    }

    #[test]
    fn once_twice_and_never() {
        for (local, zone, instant) in [
            ("2026-07-01T12:00:00", "Europe/Berlin", "2026-07-01T10:00:00.000Z"),
            ("2026-01-01T00:00:00", "Asia/Shanghai", "2025-12-31T16:00:00.000Z"),
            // Set forward at 02:00: 02:30 is skipped.
            ("2026-03-29T01:59:59", "Europe/Berlin", "2026-03-29T00:59:59.000Z"),
            ("2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),
            ("2026-03-29T03:30:00", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),
            // Set back at 03:00: 02:30 is shown twice.
            ("2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00.000Z"),
            ("2026-10-25T03:00:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"),
            ("2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:30:00.000Z"),
            ("2026-11-01T01:30:00", "America/New_York", "2026-11-01T05:30:00.000Z"),
            // Half an hour only.
            ("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:45:00.000Z"),
            ("2026-04-05T01:45:00", "Australia/Lord_Howe", "2026-04-04T14:45:00.000Z"),
            // A whole day that Samoa left out.
            ("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T22:00:00.000Z"),
        ] {
            assert_eq!(resolved(local, zone), instant, "{local} {zone}");
        }
    }

    #[test]
    fn refused() {
        let local: NaiveDateTime = "2026-07-01T12:00:00".parse().unwrap();
        assert_eq!(
            local_to_instant(local, "Mars/Olympus", &NamedZones).unwrap_err().to_string(),
            "`Mars/Olympus` is not a known time zone: write an IANA name, such as `Europe/Berlin`"
        );
        let early: NaiveDateTime = "1970-01-01T00:00:00".parse().unwrap();
        assert_eq!(local_to_instant(early, "Asia/Shanghai", &NamedZones), Err(CalendarError::OutOfRange));
        assert_eq!(local_to_instant(early, "UTC", &NamedZones), Ok(Instant::MIN));
    }

    const ZONES: [chrono_tz::Tz; 8] = [
        chrono_tz::UTC,
        chrono_tz::Europe::Berlin,
        chrono_tz::America::New_York,
        chrono_tz::America::St_Johns,
        chrono_tz::Australia::Lord_Howe,
        chrono_tz::Pacific::Apia,
        chrono_tz::Africa::Casablanca,
        chrono_tz::America::Havana,
    ];

    proptest! {
        /// The peer: chrono's own resolution, which searches the zone's transitions.
        #[test]
        fn agrees_with_the_zone_database(seconds in 86_400_i64..4_000_000_000, zone in proptest::sample::select(&ZONES[..])) {
            let local = chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let expected = zone.from_local_datetime(&local).earliest();
            let found = local_to_instant(local, zone.name(), &NamedZones).unwrap();
            if let Some(expected) = expected {
                prop_assert_eq!(found.millis(), expected.timestamp_millis());
            } else {
                prop_assert!(instant_to_local(found, zone.name(), &NamedZones).unwrap() > local);
            }
        }

        #[test]
        fn there_and_back(millis in 86_400_000_i64..4_000_000_000_000, zone in proptest::sample::select(&ZONES[..])) {
            let at = Instant::from_millis(millis).unwrap();
            let local = instant_to_local(at, zone.name(), &NamedZones).unwrap();
            let back = local_to_instant(local, zone.name(), &NamedZones).unwrap();
            prop_assert!(back <= at);
            prop_assert_eq!(instant_to_local(back, zone.name(), &NamedZones).unwrap(), local);
        }
    }
}
