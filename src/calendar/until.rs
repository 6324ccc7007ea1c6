//! The end of a validity as a person writes it: an instant, or a date, which means the end of that day.

use super::{CalendarError, Instant, Zones, local_to_instant};
use chrono::{Days, NaiveDateTime};
use std::fmt;
use std::str::FromStr;

/// Letters of a date: `2026-03-31`.
const DATE_BYTES: usize = 10;

/// The first instant at which something no longer holds (domain rule 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// This very instant.
    Instant(Instant),
    /// The end of the day that begins at this local time: the first instant of the next one.
    Day(NaiveDateTime),
}

impl Until {
    /// The instant; a date is one of the zone's.
    ///
    /// # Errors
    /// [`CalendarError::UnknownZone`]; [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
    pub fn instant(self, zone: &str, zones: &dyn Zones) -> Result<Instant, CalendarError> {
        match self {
            Self::Instant(at) => Ok(at),
            Self::Day(day) => {
                let next = day.checked_add_days(Days::new(1)).ok_or(CalendarError::OutOfRange)?;
                local_to_instant(next, zone, zones)
            }
        }
    }
}

impl FromStr for Until {
    type Err = CalendarError;

    /// # Errors
    /// Those of an instant.
    fn from_str(text: &str) -> Result<Self, CalendarError> {
        if text.len() != DATE_BYTES {
            return text.parse().map(Self::Instant);
        }
        let midnight: Result<Instant, _> = [text, "T00:00:00Z"].concat().parse();
        // What is no date is told of as it was written.
        let midnight = midnight.or_else(|_| text.parse())?;
        midnight.at_offset(0).map(Self::Day).ok_or(CalendarError::OutOfRange)
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(at) => at.fmt(f),
            Self::Day(day) => day.date().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::NamedZones;

    #[test]
    fn a_date_ends_with_the_first_instant_of_the_next_day() {
        for (text, zone, expected) in [
            ("2026-03-31", "Asia/Shanghai", "2026-03-31T16:00:00.000Z"),
            ("2026-03-31", "UTC", "2026-04-01T00:00:00.000Z"),
            ("2024-02-28", "UTC", "2024-02-29T00:00:00.000Z"),
            // Days of 23 and of 25 hours.
            ("2026-03-29", "Europe/Berlin", "2026-03-29T22:00:00.000Z"),
            ("2026-10-25", "Europe/Berlin", "2026-10-25T23:00:00.000Z"),
            // The next day begins at 01:00 there: its midnight is skipped.
            ("2026-09-05", "America/Santiago", "2026-09-06T04:00:00.000Z"),
            // The next day's midnight is shown twice there: the first one ends the day.
            ("2026-10-31", "America/Havana", "2026-11-01T04:00:00.000Z"),
            ("2026-03-31T12:00:00+08:00", "America/Havana", "2026-03-31T04:00:00.000Z"),
        ] {
            let until: Until = text.parse().unwrap();
            assert_eq!(until.instant(zone, &NamedZones).unwrap().to_string(), expected, "{text} {zone}");
        }
        assert_eq!("2026-03-31".parse::<Until>().unwrap().to_string(), "2026-03-31");
    }

    #[test]
    fn what_is_no_date_is_told_of_as_it_was_written() {
        for text in ["2026-02-30", "2026-3-31", "2026/03/31", "tomorrow", "31.03.2026", "ä2026-03-3", ""] {
            let told = text.parse::<Until>().unwrap_err();
            assert_eq!(Err(told), text.parse::<Instant>(), "{text}");
        }
        assert_eq!(
            "9999-12-31".parse::<Until>().unwrap().instant("UTC", &NamedZones),
            Err(CalendarError::OutOfRange)
        );
    }
}
