//! What an account has set as a document, and the document as that again.

use super::DocumentError;
use super::codec::{check_place, decoded};
use super::documents::{Key, SettingsDocument, VERSION};
use super::row::read;
use crate::catalog::{Alarms, Ceiling, Threshold};
use crate::ledger::{Settings, Watched};

pub(super) fn settings_document(settings: &Settings) -> SettingsDocument {
    let ceiling = |ceiling: &Ceiling| (ceiling.region, ceiling.per_hour, ceiling.per_day);
    SettingsDocument {
        v: VERSION,
        ceilings: settings.ceilings.as_ref().map(|ceilings| ceilings.iter().map(ceiling).collect()),
        alarms: settings.alarms.as_ref().map(|alarms| {
            let threshold = |threshold: &Threshold| (threshold.region, threshold.below, threshold.margin);
            (alarms.thresholds.iter().map(threshold).collect(), alarms.expiry_days.clone())
        }),
        watched: settings
            .watched
            .iter()
            .map(|watched| (watched.region, watched.below, watched.fired))
            .collect(),
    }
}

/// What an account has set.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_settings(key: &str, value: &str) -> Result<Settings, DocumentError> {
    decoded(key, value, |value| {
        let document: SettingsDocument = read(value)?;
        check_place(key, &[Key::Settings])?;
        let ceiling = |(region, per_hour, per_day)| Ceiling { region, per_hour, per_day };
        let threshold = |(region, below, margin)| Threshold { region, below, margin };
        let alarms = |(thresholds, expiry_days): (Vec<_>, _)| Alarms {
            thresholds: thresholds.into_iter().map(threshold).collect(),
            expiry_days,
        };
        let watched = |(region, below, fired)| Watched { region, below, fired };
        Ok(Settings {
            ceilings: document.ceilings.map(|rows| rows.into_iter().map(ceiling).collect()),
            alarms: document.alarms.map(alarms),
            watched: document.watched.into_iter().map(watched).collect(),
        })
    })
}
