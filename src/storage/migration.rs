//! Migrations and how far they are as documents, and documents as those again.

use super::DocumentError;
use super::codec::{check_place, decoded, instant, text};
use super::documents::{ExchangeDocument, Key, MigrationDocument, VERSION};
use super::hex::Hex;
use super::row::read;
use super::sales::owned;
use crate::calendar::Instant;
use crate::ledger::{Exchange, Migration, Ratio};
use std::borrow::Cow;

pub(super) fn migration_document(migration: &Migration) -> MigrationDocument<'_> {
    let Migration { ratio: Ratio { from, to }, packages, before, after, .. } = *migration;
    MigrationDocument {
        v: VERSION,
        id: Cow::Borrowed(&migration.id),
        body: Hex(migration.fingerprint),
        model: Cow::Borrowed(&migration.model),
        ratio: (from, to),
        reason: text(migration.reason.as_ref()),
        exchanged: (packages, before, after),
        at: migration.at.millis(),
        reverted_at: migration.reverted_at.map(Instant::millis),
    }
}

/// A migration.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_migration(key: &str, value: &str) -> Result<Migration, DocumentError> {
    decoded(key, value, |value| {
        let document: MigrationDocument<'_> = read(value)?;
        check_place(key, &[Key::Migration(&document.id)])?;
        let (packages, before, after) = document.exchanged;
        Ok(Migration {
            id: document.id.into(),
            fingerprint: document.body.0,
            model: document.model.into(),
            ratio: ratio(document.ratio)?,
            reason: owned(document.reason),
            packages,
            before,
            after,
            at: instant(document.at)?,
            reverted_at: document.reverted_at.map(instant).transpose()?,
        })
    })
}

pub(super) fn exchange_document(exchange: &Exchange) -> ExchangeDocument<'_> {
    let Exchange { ratio: Ratio { from, to }, at, last, next, back, moved, .. } = *exchange;
    let id = Cow::Borrowed(&*exchange.id);
    ExchangeDocument { id, ratio: (from, to), at: at.millis(), last, next, back, moved }
}

pub(super) fn exchange(document: ExchangeDocument<'_>) -> Result<Exchange, String> {
    let ExchangeDocument { last, next, back, moved, .. } = document;
    let (id, ratio, at) = (document.id.into(), ratio(document.ratio)?, instant(document.at)?);
    Ok(Exchange { id, ratio, at, last, next, back, moved })
}

pub(super) fn ratio((from, to): (u32, u32)) -> Result<Ratio, String> {
    if from == 0 || to == 0 { Err("its ratio is of nothing".to_owned()) } else { Ok(Ratio { from, to }) }
}
