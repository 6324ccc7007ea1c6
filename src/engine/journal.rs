//! The journal as it is read: documents of entries, each under the number of its last entry.

use super::scan::range;
use crate::ledger::Entry;
use crate::storage::documents::{ENTRY, Key};
use crate::storage::{DocumentError, Range, StoredEntry, decode_entries};

/// Documents in one step: what as many commits wrote, or, where they wrote much, the part of one.
pub(super) const DOCUMENTS: u32 = 256;

/// So many documents, from the one on in which the entry behind `sequence` stands.
pub(super) fn behind(sequence: u64, documents: u32) -> Range {
    range(ENTRY, (sequence > 0).then(|| Key::Entry(sequence).text()), documents)
}

/// The entries behind `sequence`: the first document may begin before it.
pub(super) fn entries_behind(
    sequence: u64,
    documents: &[StoredEntry],
) -> impl Iterator<Item = Result<Entry, DocumentError>> {
    let entries = documents.iter().flat_map(|stored| {
        let (entries, error) = match decode_entries(&stored.key, &stored.value) {
            Ok(entries) => (entries, None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        entries.into_iter().map(Ok).chain(error)
    });
    entries.filter(move |entry| entry.as_ref().map_or(true, |entry| entry.sequence > sequence))
}
