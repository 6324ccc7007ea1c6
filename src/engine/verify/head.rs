//! The head as the journal makes it.

use crate::calendar::Instant;
use crate::ledger::{Account, AccountState, Entry, EntryKind, Hash, Ratio};
use std::sync::Arc;

/// What the journal says of an account beside its segments and its messages.
#[derive(Debug, Default)]
pub(super) struct Head {
    opened_at: Option<Instant>,
    /// Of the last entry.
    recorded_at: Option<Instant>,
    /// What it was opened with and has.
    terms: Option<Hash>,
    state: AccountState,
    migration: Option<Migration>,
}

/// The last migration.
#[derive(Debug)]
struct Migration {
    id: Arc<str>,
    ratio: Option<Ratio>,
    /// When it took effect, or is taken back.
    at: Instant,
    back: bool,
}

impl Head {
    pub(super) fn replay(&mut self, entry: &Entry) {
        self.recorded_at = Some(entry.recorded_at);
        let back = entry.kind == EntryKind::Revert;
        match entry.kind {
            EntryKind::Open => {
                self.opened_at = Some(entry.recorded_at);
                self.terms = entry.terms.as_deref().copied();
            }
            EntryKind::Gates => self.terms = entry.terms.as_deref().copied(),
            EntryKind::Suspend => self.state = AccountState::Suspended,
            EntryKind::Resume => self.state = AccountState::Active,
            EntryKind::Close => self.state = AccountState::Closed,
            EntryKind::Migrate | EntryKind::Revert => {
                let (id, at) = (Arc::clone(&entry.reference), entry.effective_at);
                let ratio = entry.note.as_ref().and_then(|note| note.ratio);
                self.migration = Some(Migration { id, ratio, at, back });
            }
            _ => {}
        }
    }

    /// Whether a head is this one.
    pub(super) fn is(&self, account: &Account) -> bool {
        Some(account.profile.opened_at) == self.opened_at
            && Some(account.terms()) == self.terms
            && Some(account.head.last_at) >= self.recorded_at
            && account.state == self.state
            && self.migrates(account)
    }

    /// A migration that was taken back stands in the head until all packages have what they had.
    fn migrates(&self, account: &Account) -> bool {
        match (&self.migration, &account.exchange) {
            (None, None) => true,
            (Some(migration), None) => migration.back,
            (Some(Migration { id, ratio, at, back }), Some(exchange)) => {
                (id, *ratio, *at, *back) == (&exchange.id, Some(exchange.ratio), exchange.at, exchange.back)
            }
            (None, Some(_)) => false,
        }
    }
}
