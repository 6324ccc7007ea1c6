//! What an account has set as a document, and the document as that again.

use super::DocumentError;
use super::codec::{check_place, decoded};
use super::documents::{Key, SettingsDocument, VERSION};
use super::row::read;
use crate::catalog::Ceiling;
use crate::ledger::Settings;

pub(super) fn settings_document(settings: &Settings) -> SettingsDocument {
    let ceiling = |ceiling: &Ceiling| (ceiling.region, ceiling.per_hour, ceiling.per_day);
    SettingsDocument {
        v: VERSION,
        ceilings: settings.ceilings.as_ref().map(|ceilings| ceilings.iter().map(ceiling).collect()),
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
        Ok(Settings { ceilings: document.ceilings.map(|rows| rows.into_iter().map(ceiling).collect()) })
    })
}
