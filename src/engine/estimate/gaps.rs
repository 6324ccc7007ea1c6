//! What is missing for messages that nothing can pay: how many segments a purchase must bring so that all of them would be paid.

use super::{Rows, bought_for};
use crate::catalog::{Source, Split};
use crate::engine::error::Result;
use crate::ledger::{Counts, EntryKind, Ledger, LedgerError, Mark, Need, Package, Scope};

/// How often purchases are supposed and all messages sent anew. What is bought for one kind of message may free what another one
/// took, or leave something between the two, so that one look does not always do.
const ROUNDS_MAX: usize = 8;

/// What messages to a region, of a purpose, are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Region and purpose.
    pub scope: Scope,
    /// Segments to be bought.
    pub segments: u64,
    /// Segments of the longest message among them: where none is split, one package must hold it.
    pub largest: u32,
}

/// What is missing after messages were sent: nothing of what is ordered by itself, which is not paid yet. What is left for them is taken,
/// so that no two gaps count on it.
pub(super) fn gaps(ledger: &mut Ledger, rows: &Rows) -> Result<Vec<Gap>> {
    let mut gaps: Vec<Gap> = Vec::new();
    if ledger.needs_plan() {
        return Ok(gaps);
    }
    for (_, scope, tally) in rows.refused().filter(|(reason, ..)| ledger.is_for_sale(*reason)) {
        let scope = bought_for(scope);
        let place = gaps.iter().position(|gap| gap.scope == scope).unwrap_or(gaps.len());
        if place == gaps.len() {
            gaps.push(Gap { scope, segments: 0, largest: 0 });
        }
        if let Some(gap) = gaps.get_mut(place) {
            gap.segments = gap.segments.saturating_add(tally.credits);
            gap.largest = gap.largest.max(tally.largest);
        }
    }
    if ledger.catalog().policy.split == Split::Never {
        return Ok(gaps);
    }
    for gap in &mut gaps {
        let Some(region) = gap.scope.region else { continue };
        let need = Need { region, purpose: gap.scope.purpose.as_ref(), project: None, segments: 1 };
        gap.segments = ledger.suppose_spent(&need, gap.segments)?.max(1);
    }
    Ok(gaps)
}

/// Makes gaps wide enough: what would be bought is supposed, and everything is sent anew.
pub(super) fn widen(
    ledger: &mut Ledger,
    start: Mark,
    found: &mut Vec<Gap>,
    mut send: impl FnMut(&mut Ledger) -> Result<Rows>,
) -> Result<()> {
    for _ in 0..ROUNDS_MAX {
        if found.is_empty() {
            break;
        }
        ledger.roll_back(start);
        for gap in &*found {
            suppose_bought(ledger, gap)?;
        }
        let rows = send(ledger)?;
        let more = gaps(ledger, &rows)?;
        if more.is_empty() {
            break;
        }
        for gap in more {
            match found.iter_mut().find(|known| known.scope == gap.scope) {
                Some(known) => {
                    known.segments = known.segments.saturating_add(gap.segments);
                    known.largest = known.largest.max(gap.largest);
                }
                None => found.push(gap),
            }
        }
    }
    ledger.roll_back(start);
    Ok(())
}

fn suppose_bought(ledger: &mut Ledger, gap: &Gap) -> std::result::Result<(), LedgerError> {
    let now = ledger.account().head.last_at;
    let package = Package {
        id: ledger.next_package()?,
        source: Source::Purchase,
        name: "".into(),
        category: None,
        reference: "".into(),
        scope: gap.scope.clone(),
        counts: Counts::default(),
        issued_at: now,
        effective_at: now,
        expires_at: None,
        grace_until: None,
        noticed: None,
        exchanged: None,
    };
    ledger.issue(EntryKind::Purchase, package, gap.segments, None).map(drop)
}
