//! `adjust`: an administrator gives or takes segments, with a reason (domain rule 13).

use super::answer::Answer;
use super::ask::Adjust;
use super::decide::Context;
use super::error::{Code, Error, Result};
use crate::catalog::Source;
use crate::ledger::{
    Adjustment, Counts, EntryKind, Ledger, LedgerError, Note, Package, PackageId, Record, RecordId, Scope,
};
use serde_json::json;
use std::sync::Arc;

/// What a person reads of a package that was given, unless a name is given.
const NAME: &str = "Adjustment";

pub(super) fn adjust(ledger: &mut Ledger, input: &Adjust, context: Context<'_>) -> Result<Answer> {
    let fingerprint = input.fingerprint();
    if let Some(Some(Record::Adjustment(made))) = ledger.record(&RecordId::Adjustment(Arc::clone(&input.id)))
    {
        if made.fingerprint == fingerprint {
            return Ok(Answer::Adjustment(Arc::clone(made)));
        }
        return Err(Error::id_reused(&input.id));
    }
    let note = Note { reason: Some(Arc::clone(&input.reason)), ..Note::default() };
    let package = match input.package {
        Some(package) => take(ledger, input, PackageId(package), note)?,
        None => give(ledger, input, note, context)?,
    };
    let head = &ledger.account().head;
    let adjustment = Arc::new(Adjustment {
        id: Arc::clone(&input.id),
        fingerprint,
        package,
        segments: input.segments,
        reason: Arc::clone(&input.reason),
        at: head.last_at,
        available: head.totals.available,
    });
    ledger.put(Record::Adjustment(Arc::clone(&adjustment)));
    Ok(Answer::Adjustment(adjustment))
}

/// What is said of a package that is none, or has ended.
pub(super) fn unknown_package(package: PackageId) -> Box<Error> {
    let message = format!("package: `{package}` is not a package of this account with anything left in it");
    Error::new(Code::UnknownPackage, message, json!({ "path": "package" }))
}

fn take(ledger: &mut Ledger, input: &Adjust, package: PackageId, note: Note) -> Result<PackageId> {
    let segments = input.segments.unsigned_abs();
    let known = ledger.package(package).map(|package| package.counts.available);
    let available = known.ok_or_else(|| unknown_package(package))?;
    if segments > available {
        let message = format!("`{}` takes more than the {available} that `{package}` has", input.segments);
        return Err(Error::input("segments", message));
    }
    ledger.withdraw(EntryKind::Adjust, Arc::clone(&input.id), package, segments, note)?;
    Ok(package)
}

fn give(ledger: &mut Ledger, input: &Adjust, note: Note, context: Context<'_>) -> Result<PackageId> {
    let now = ledger.account().head.last_at;
    let end = input.expires_at.map(|end| end.instant(&context.catalog.zone, context.zones)).transpose()?;
    if end.is_some_and(|end| end <= now) {
        return Err(Error::input("expiresAt", format!("it is {now}: write a later time")));
    }
    if let Some(region) = input.region.filter(|region| !ledger.catalog().prices(*region)) {
        return Err(Error::input("region", format!("`{region}` is not a region on offer")));
    }
    let package = Package {
        id: ledger.next_package()?,
        source: Source::Adjustment,
        name: input.name.clone().unwrap_or_else(|| NAME.into()),
        reference: Arc::clone(&input.id),
        category: None,
        scope: Scope { region: input.region, purpose: input.purpose.clone(), project: input.project.clone() },
        counts: Counts::default(),
        issued_at: now,
        effective_at: now,
        expires_at: end,
        grace_until: None,
        noticed: None,
        exchanged: None,
    };
    let segments = u64::try_from(input.segments).map_err(|_| LedgerError::Full("too many segments"))?;
    Ok(ledger.issue(EntryKind::Adjust, package, segments, Some(note))?)
}
