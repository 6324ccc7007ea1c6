//! `migrate` and `revertMigration`: an account leaves its earlier charge model, and goes back to it as long as nothing was spent
//! since (domain rule 34).

use super::answer::{Answer, Exchanged, WouldMigrate};
use super::ask::short;
use super::command::fingerprint;
use super::decide::Context;
use super::error::{Code, Error, Result};
use super::set_state::check_open;
use crate::ledger::{Fingerprint, Ledger, Migration, Ratio, Record, RecordId};
use crate::shape::Fields;
use serde_json::json;
use std::sync::Arc;

/// The largest part of a ratio.
const RATIO_MAX: u32 = 1_000_000;
/// Documents that a command writes beside a migration's: an alarm, the settings that say that it has fired, and an order of a recharge with
/// its note and its entry.
const OTHER_WRITES: usize = 5;

/// Migrates an account.
#[derive(Clone, Debug)]
pub struct Migrate {
    /// The migration's id.
    pub id: Arc<str>,
    /// At which its credits are exchanged.
    pub ratio: Ratio,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// Only to say what it would come to.
    pub dry_run: bool,
}

impl Migrate {
    /// The properties of the input.
    pub(super) const FIELDS: [&'static str; 5] = ["account", "id", "ratio", "reason", "dryRun"];

    pub(super) fn read(fields: &Fields<'_>) -> Option<Self> {
        let (id, reason) = (fields.id("id"), short(fields, "reason", false));
        let ratio = fields.object("ratio", true, &["from", "to"])?;
        let [from, to] = ["from", "to"].map(|name| ratio.small(name, 1, RATIO_MAX, None));
        Some(Self { id, ratio: Ratio { from, to }, reason, dry_run: fields.flag("dryRun") })
    }

    /// Of the body.
    fn fingerprint(&self) -> Fingerprint {
        let Ratio { from, to } = self.ratio;
        fingerprint(&[Some(&from.to_string()), Some(&to.to_string()), self.reason.as_deref()])
    }
}

/// Takes a migration back.
#[derive(Clone, Debug)]
pub struct RevertMigration {
    /// The migration's id.
    pub id: Arc<str>,
    /// Why.
    pub reason: Option<Arc<str>>,
}

impl RevertMigration {
    /// The properties of the input.
    pub(super) const FIELDS: [&'static str; 3] = ["account", "id", "reason"];

    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self { id: fields.id("id"), reason: short(fields, "reason", false) }
    }
}

pub(super) fn migrate(ledger: &mut Ledger, input: &Migrate, context: Context<'_>) -> Result<Answer> {
    let fingerprint = input.fingerprint();
    if let Some(made) = made(ledger, &input.id) {
        if made.fingerprint == fingerprint {
            return Ok(Answer::Migration(made));
        }
        return Err(Error::id_reused(&input.id));
    }
    check_open(ledger)?;
    let model = model(ledger, input)?;
    let exchanges = ledger.exchanges(input.ratio)?;
    let sum = |count: fn(&(&crate::ledger::Package, u64)) -> u64| {
        exchanges.iter().map(count).fold(0, u64::saturating_add)
    };
    let migration = Migration {
        id: Arc::clone(&input.id),
        fingerprint,
        model,
        ratio: input.ratio,
        reason: input.reason.clone(),
        packages: u32::try_from(exchanges.len()).unwrap_or(u32::MAX),
        before: sum(|(package, _)| package.counts.available),
        after: sum(|(_, after)| *after),
        at: ledger.account().head.last_at,
        reverted_at: None,
    };
    if input.dry_run {
        let exchanges = exchanges.iter().map(|(package, after)| Exchanged {
            package: package.id,
            name: Arc::clone(&package.name),
            before: package.counts.available,
            after: *after,
        });
        return Ok(Answer::WouldMigrate(Box::new(WouldMigrate {
            migration,
            exchanges: exchanges.collect(),
        })));
    }
    // After this point it must succeed.
    let migration = ledger.migrate(migration)?;
    exchange(ledger, context)?;
    Ok(Answer::Migration(migration))
}

pub(super) fn revert(ledger: &mut Ledger, input: &RevertMigration, context: Context<'_>) -> Result<Answer> {
    let Some(migration) = made(ledger, &input.id) else {
        let message = format!(
            "`{}` is not a migration of this account: `account` says under which it stands",
            input.id
        );
        return Err(Error::new(Code::UnknownMigration, message, json!({ "id": &*input.id })));
    };
    if migration.reverted_at.is_some() {
        return Ok(Answer::Migration(migration));
    }
    if let Some(entry) = ledger.account().exchange.as_ref().and_then(|exchange| exchange.moved) {
        let message = format!(
            "`{}` is not taken back: entry {entry} has moved what a package of before has left, so that it cannot have again \
             what it had",
            input.id
        );
        let details = json!({ "id": &*input.id, "reason": "moved", "entry": entry });
        return Err(Error::new(Code::NotRevertible, message, details));
    }
    // After this point it must succeed.
    let migration = ledger.revert_migration(Migration::clone(&migration), input.reason.clone())?;
    exchange(ledger, context)?;
    Ok(Answer::Migration(migration))
}

fn made(ledger: &Ledger, id: &Arc<str>) -> Option<Arc<Migration>> {
    match ledger.record(&RecordId::Migration(Arc::clone(id))) {
        Some(Some(Record::Migration(migration))) => Some(Arc::clone(migration)),
        _ => None,
    }
}

/// The charge model that the account leaves.
fn model(ledger: &Ledger, input: &Migrate) -> Result<Arc<str>> {
    let account = ledger.account();
    if let Some(model) = account.charge_model() {
        return Ok(Arc::clone(model));
    }
    let (reason, why, migration) = match &account.exchange {
        Some(exchange) => {
            ("migrated", ["it was migrated before, by `", &exchange.id, "`"].concat(), Some(&*exchange.id))
        }
        None => ("not_legacy", "it is under no earlier charge model".to_owned(), None),
    };
    let message = format!("`{}` is not migrated: {why}", account.profile.id);
    let mut details = json!({ "id": &*input.id, "reason": reason });
    if let (Some(migration), Some(details)) = (migration, details.as_object_mut()) {
        details.insert("migration".to_owned(), migration.into());
    }
    Err(Error::new(Code::NotMigratable, message, details))
}

/// Exchanges as many packages as the commit has room for; the others are exchanged in the next ones.
fn exchange(ledger: &mut Ledger, context: Context<'_>) -> Result<()> {
    let now = ledger.account().head.last_at;
    let room = context.writes_max.saturating_sub(OTHER_WRITES);
    for _ in 0..context.effects_max {
        let before = ledger.mark();
        if !ledger.is_exchanging() {
            break;
        }
        ledger.advance(now, context.zones, 1)?;
        if ledger.writes() > room {
            ledger.roll_back(before);
            break;
        }
    }
    Ok(())
}
