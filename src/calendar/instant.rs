//! A point in time, and RFC 3339 in and out.

use super::{CalendarError, excerpt};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// Milliseconds in a second.
const SECOND: i64 = 1000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted, within the years 1970 to 9999.
///
/// Written as RFC 3339 in UTC, always with three digits of a second's fraction: `2026-11-21T03:45:31.000Z`; such texts
/// sort as the instants do. Read from RFC 3339 with any offset; digits finer than a millisecond are cut off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// 1970-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(0);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant so many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
    pub fn from_millis(millis: i64) -> Result<Self, CalendarError> {
        let instant = Self(millis);
        if instant < Self::MIN || instant > Self::MAX {
            return Err(CalendarError::OutOfRange);
        }
        Ok(instant)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The instant so many milliseconds later, or earlier if negative.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
    pub fn checked_add_millis(self, millis: i64) -> Result<Self, CalendarError> {
        Self::from_millis(self.0.checked_add(millis).ok_or(CalendarError::OutOfRange)?)
    }

    /// The instant so many seconds later, or earlier if negative.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] outside the years 1970 to 9999.
    pub fn checked_add_seconds(self, seconds: i64) -> Result<Self, CalendarError> {
        self.checked_add_millis(seconds.checked_mul(SECOND).ok_or(CalendarError::OutOfRange)?)
    }

    /// What the clocks of a place show whose offset from UTC is given.
    pub(super) fn at_offset(self, offset_seconds: i32) -> Option<NaiveDateTime> {
        let millis = self.0.checked_add(i64::from(offset_seconds).checked_mul(SECOND)?)?;
        Some(DateTime::from_timestamp_millis(millis)?.naive_utc())
    }

    /// The instant at which the clocks of a place show a time whose offset from UTC is given.
    pub(super) fn of_local(local: NaiveDateTime, offset_seconds: i32) -> Result<Self, CalendarError> {
        let shift = i64::from(offset_seconds).saturating_mul(SECOND);
        Self::from_millis(local.and_utc().timestamp_millis().saturating_sub(shift))
    }

    /// The nearest instant to a time in UTC.
    pub(super) fn nearest(utc_millis: i64) -> Self {
        Self(utc_millis.clamp(Self::MIN.0, Self::MAX.0))
    }

    fn written(self) -> [u8; 24] {
        // INVARIANT: an instant is always a time of the calendar.
        let utc = self.at_offset(0).unwrap_or_default();
        let (date, time) = (utc.date(), utc.time());
        let year = date.year().unsigned_abs();
        let (month, day) = (date.month(), date.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        let milli = time.nanosecond() / 1_000_000;
        let ([y3, y2, y1, y0], [_, _, m1, m0], [_, _, d1, d0]) =
            (decimal(year), decimal(month), decimal(day));
        let ([_, _, h1, h0], [_, _, n1, n0]) = (decimal(hour), decimal(minute));
        let ([_, _, s1, s0], [_, f2, f1, f0]) = (decimal(second), decimal(milli));
        [
            y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, b'T', h1, h0, b':', n1, n0, b':', s1, s0, b'.', f2,
            f1, f0, b'Z',
        ]
    }
}

/// The last four decimal digits.
fn decimal(number: u32) -> [u8; 4] {
    [number / 1000, number / 100, number / 10, number]
        .map(|upper| b'0'.wrapping_add(u8::try_from(upper % 10).unwrap_or(0)))
}

impl FromStr for Instant {
    type Err = CalendarError;

    /// Reads RFC 3339 with an offset, `Z` or `±hh:mm`. Leap seconds (`:60`) are refused: an instant cannot say them.
    ///
    /// # Errors
    /// [`CalendarError::NotATime`] for another form or a date there is not; [`CalendarError::OutOfRange`] outside the
    /// years 1970 to 9999.
    fn from_str(input: &str) -> Result<Self, CalendarError> {
        let (local, offset_seconds) =
            read(input.as_bytes()).ok_or_else(|| CalendarError::NotATime { input: excerpt(input) })?;
        Self::of_local(local, offset_seconds)
    }
}

/// RFC 3339 5.6, `date-time`: the local time and its offset in seconds.
fn read(input: &[u8]) -> Option<(NaiveDateTime, i32)> {
    let (
        &[y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, b'T' | b't', h1, h0, b':', n1, n0, b':', s1, s0],
        rest,
    ) = input.split_first_chunk()?
    else {
        return None;
    };
    let year = i32::try_from(number(&[y3, y2, y1, y0])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&[m1, m0])?, number(&[d1, d0])?)?;
    let (millis, rest) = read_fraction(rest)?;
    let local = date.and_hms_milli_opt(number(&[h1, h0])?, number(&[n1, n0])?, number(&[s1, s0])?, millis)?;
    Some((local, read_offset(rest)?))
}

/// The milliseconds of `.digits`, if there, and what follows.
fn read_fraction(input: &[u8]) -> Option<(u32, &[u8])> {
    let Some(fraction) = input.strip_prefix(b".") else { return Some((0, input)) };
    let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = fraction.split_at_checked(length)?;
    let millis = match *digits {
        [] => return None,
        [a] => number(&[a, b'0', b'0'])?,
        [a, b] => number(&[a, b, b'0'])?,
        [a, b, c, ..] => number(&[a, b, c])?,
    };
    Some((millis, rest))
}

fn read_offset(input: &[u8]) -> Option<i32> {
    let (sign, h1, h0, m1, m0) = match *input {
        [b'Z' | b'z'] => return Some(0),
        [b'+', h1, h0, b':', m1, m0] => (1, h1, h0, m1, m0),
        [b'-', h1, h0, b':', m1, m0] => (-1, h1, h0, m1, m0),
        _ => return None,
    };
    let (hours, minutes) = (number(&[h1, h0])?, number(&[m1, m0])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?;
    i32::try_from(seconds).ok()?.checked_mul(sign)
}

/// A few ASCII digits as a number.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'))?;
        sum.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.written()).unwrap_or_default())
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.written()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimeVisitor)
    }
}

struct TimeVisitor;

impl de::Visitor<'_> for TimeVisitor {
    type Value = Instant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as RFC 3339 with an offset, such as \"2026-11-21T09:30:00Z\"")
    }

    fn visit_str<E: de::Error>(self, input: &str) -> Result<Instant, E> {
        input.parse().map_err(E::custom)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::string_slice, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds() {
        assert_eq!(Instant::MIN.to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Instant::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        for millis in [-1, Instant::MAX.millis() + 1, i64::MIN, i64::MAX] {
            assert_eq!(Instant::from_millis(millis), Err(CalendarError::OutOfRange));
        }
        assert_eq!(Instant::MAX.checked_add_millis(1), Err(CalendarError::OutOfRange));
        assert_eq!(Instant::MIN.checked_add_seconds(i64::MAX), Err(CalendarError::OutOfRange));
        assert_eq!(Instant::MIN.checked_add_seconds(300).unwrap().to_string(), "1970-01-01T00:05:00.000Z");
    }

    #[test]
    fn read() {
        for (input, output) in [
            ("2026-11-21T03:45:31.000Z", "2026-11-21T03:45:31.000Z"),
            ("2026-11-21T03:45:31Z", "2026-11-21T03:45:31.000Z"),
            ("2026-11-21t03:45:31z", "2026-11-21T03:45:31.000Z"),
            ("2026-11-21T03:45:31.5Z", "2026-11-21T03:45:31.500Z"),
            ("2026-11-21T03:45:31.05Z", "2026-11-21T03:45:31.050Z"),
            ("2026-11-21T03:45:31.999999999Z", "2026-11-21T03:45:31.999Z"),
            ("2026-11-21T03:45:31+08:00", "2026-11-20T19:45:31.000Z"),
            ("2026-11-21T03:45:31-09:30", "2026-11-21T13:15:31.000Z"),
            ("2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00.000Z"),
            ("1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(input.parse::<Instant>().unwrap().to_string(), output);
        }
    }

    #[test]
    fn refused() {
        for input in [
            "",
            "now",
            "2025-02-30T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-01",
            "2025-01-01T00:00:00",
            "2025-01-01 00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T23:59:60Z",
            "2025-01-01T00:00Z",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00+0800",
            "2025-01-01T00:00:00+24:00",
            "2025-01-01T00:00:00+08:60",
            "2025-01-01T00:00:00ZZ",
            "+002025-01-01T00:00:00Z",
            "2025-1-1T00:00:00Z",
            "2025-01-01T00:00:00,5Z",
            "２025-01-01T00:00:00Z",
        ] {
            assert_eq!(
                input.parse::<Instant>().unwrap_err().to_string(),
                format!(
                    "`{input}` is not a time: write RFC 3339 with an offset, such as `2026-11-21T09:30:00Z`"
                )
            );
        }
        for input in ["1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z"] {
            assert_eq!(input.parse::<Instant>(), Err(CalendarError::OutOfRange), "{input}");
        }
    }

    #[test]
    fn json() {
        let instant: Instant = serde_json::from_str("\"2026-11-21T03:45:31Z\"").unwrap();
        assert_eq!(serde_json::to_string(&instant).unwrap(), "\"2026-11-21T03:45:31.000Z\"");
        let error = serde_json::from_str::<Instant>("1763696731000").unwrap_err().to_string();
        assert!(
            error.starts_with("invalid type: integer `1763696731000`, expected a time as RFC 3339"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn writing_and_reading_again(millis in 0..=Instant::MAX.millis()) {
            let instant = Instant::from_millis(millis).unwrap();
            prop_assert_eq!(instant.to_string().parse::<Instant>().unwrap(), instant);
            let peer = DateTime::from_timestamp_millis(millis).unwrap();
            prop_assert_eq!(instant.to_string(), peer.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
        }

        #[test]
        fn texts_sort_as_instants(a in 0..=Instant::MAX.millis(), b in 0..=Instant::MAX.millis()) {
            let (a, b) = (Instant::from_millis(a).unwrap(), Instant::from_millis(b).unwrap());
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn never_panics(input: String) {
            let _ = input.parse::<Instant>();
        }
    }
}
