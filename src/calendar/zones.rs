//! Where zone rules come from.

use super::Instant;

/// Zone rules: in a browser or server the host's `Intl`, natively the IANA database.
pub trait Zones {
    /// A zone's offset from UTC at an instant, in seconds, positive east of Greenwich; none for an unknown zone.
    ///
    /// The same zone and instant must give the same answer for as long as the value lives.
    fn offset_seconds(&self, zone: &str, at: Instant) -> Option<i32>;
}

/// Knows `UTC` and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UtcZones;

impl Zones for UtcZones {
    fn offset_seconds(&self, zone: &str, _at: Instant) -> Option<i32> {
        (zone == "UTC").then_some(0)
    }
}

/// The zones of the IANA database, by name, such as `Europe/Berlin`.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamedZones;

#[cfg(not(target_arch = "wasm32"))]
impl Zones for NamedZones {
    fn offset_seconds(&self, zone: &str, at: Instant) -> Option<i32> {
        use chrono::{DateTime, Offset, TimeZone};
        let zone: chrono_tz::Tz = zone.parse().ok()?;
        let utc = DateTime::from_timestamp_millis(at.millis())?.naive_utc();
        Some(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        let winter: Instant = "2026-01-15T12:00:00Z".parse().unwrap();
        let summer: Instant = "2026-07-15T12:00:00Z".parse().unwrap();
        for (zone, in_winter, in_summer) in [
            ("UTC", Some(0), Some(0)),
            ("Europe/Berlin", Some(3600), Some(7200)),
            ("Australia/Lord_Howe", Some(39600), Some(37800)),
            ("Asia/Shanghai", Some(28800), Some(28800)),
            ("Asia/Kathmandu", Some(20700), Some(20700)),
            ("Mars/Olympus", None, None),
            ("", None, None),
        ] {
            assert_eq!(NamedZones.offset_seconds(zone, winter), in_winter, "{zone}");
            assert_eq!(NamedZones.offset_seconds(zone, summer), in_summer, "{zone}");
        }
        assert_eq!(UtcZones.offset_seconds("UTC", winter), Some(0));
        assert_eq!(UtcZones.offset_seconds("Europe/Berlin", winter), None);
    }
}
