//! Instants, zones and recurrence by the calendar.
//!
//! There is no clock here and no zone data: the present and the zones' offsets are inputs. Everything is computed from
//! [`Zones::offset_seconds`] alone, so the host's rules and the native ones give the same answers. Imports nothing of ours.

mod instant;
mod local;
mod recurrence;
mod turn;
mod until;
mod zones;

pub use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
pub use instant::Instant;
pub use local::{instant_to_local, local_to_instant};
pub use recurrence::{Period, add_days, add_months, calendar_month, monthly, period_at};
pub use turn::{next_day, next_month};
pub use until::Until;
#[cfg(not(target_arch = "wasm32"))]
pub use zones::NamedZones;
pub use zones::{UtcZones, Zones};

/// A time or zone that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// Not an RFC 3339 date and time with an offset, or no such date.
    #[error("`{input}` is not a time: write RFC 3339 with an offset, such as `2026-11-21T09:30:00Z`")]
    NotATime {
        /// The caller's text, shortened.
        input: Box<str>,
    },
    /// Outside the years that an [`Instant`] can say.
    #[error("the time lies outside the years 1970 to 9999")]
    OutOfRange,
    /// A zone that the rules do not know.
    #[error("`{zone}` is not a known time zone: write an IANA name, such as `Europe/Berlin`")]
    UnknownZone {
        /// The caller's text, shortened.
        zone: Box<str>,
    },
}

/// The most characters of a caller's text that an error repeats.
const EXCERPT_CHARACTERS_MAX: usize = 48;

/// The beginning of a caller's text, so that an error stays readable whatever came in.
fn excerpt(input: &str) -> Box<str> {
    match input.char_indices().nth(EXCERPT_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", input.get(..end).unwrap_or_default()).into(),
        None => input.into(),
    }
}
