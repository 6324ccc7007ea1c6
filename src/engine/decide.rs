//! One command on one account: bring the account to now, decide, and leave no trace of what is not to be written.

use super::answer::{Answer, Snapshot, SnapshotEntry};
use super::command::Command;
use super::error::{Error, Result};
use super::{
    activate, adjust, balance, confirm_payment, estimate, explain, forecast, grant_voucher, migrate,
    open_account, outcome, packages, past, purchase, quote_for, recharge, refund, reserve, reserve_batch,
    set_gates, set_plan, set_state, settings,
};
use crate::calendar::{Instant, Zones};
use crate::catalog::Catalog;
use crate::ledger::{AccountState, Ledger, Mark, Reached};
use crate::storage::{Write, open_entries};
use std::sync::Arc;

/// Most time effects (expiries, activations, time-outs, renewals) in one commit, however much the store takes.
pub(super) const EFFECTS_PER_COMMIT_MAX: usize = 64;

/// Most time effects that are computed for a command which writes, to see whether it writes anything. Where there are more they
/// are committed whatever it does: computed anew for every commit of a few of them, they would cost the square of their number.
const EFFECTS_PROBED_MAX: usize = 1_024;

/// What every decision needs besides the account.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) catalog: &'a Arc<Catalog>,
    pub(super) zones: &'a dyn Zones,
    pub(super) now: Instant,
    /// Most time effects in one commit.
    pub(super) effects_max: usize,
    /// Most documents that one commit writes.
    pub(super) writes_max: usize,
}

/// What became of a command.
pub(super) enum Decided {
    /// Its answer; whatever must be written for it is in the ledger's changes.
    Answer(Result<Answer>),
    /// It asks for an instant before the account's last change: the journal is to be read.
    Past(Instant),
    /// The account has not reached now: commit what is there and decide again.
    Later,
}

/// Decides a command on an account that may not exist yet.
pub(super) fn decide(
    ledger: &mut Option<Ledger>,
    id: &Arc<str>,
    command: &Command,
    context: Context<'_>,
) -> Decided {
    match (ledger.as_mut(), command) {
        (None, Command::OpenAccount(input)) => {
            Decided::Answer(open_account::open(input, context).map(|(opened, answer)| {
                *ledger = Some(opened);
                answer
            }))
        }
        (None, _) => Decided::Answer(Err(Error::unknown_account(id))),
        (Some(ledger), command) => decide_known(ledger, command, context),
    }
}

fn decide_known(ledger: &mut Ledger, command: &Command, context: Context<'_>) -> Decided {
    // A snapshot is the account as stored: no time passes for it.
    if matches!(command, Command::Snapshot) {
        return Decided::Answer(snapshot(ledger));
    }
    if let Some(at) = past::asked(ledger, command) {
        return Decided::Past(at);
    }
    // What is left to do of a migration is written down by whatever comes next that writes, and so by the migration itself.
    let completes = matches!(command, Command::Advance) || (command.writes() && ledger.is_exchanging());
    let mark = ledger.mark();
    let now = asked(ledger, command, context.now);
    let probed = if command.writes() { EFFECTS_PROBED_MAX } else { usize::MAX };
    match ledger.advance(now, context.zones, probed) {
        Ok(Reached::Now) => {}
        Ok(Reached::Part) => return advance_part(ledger, mark, now, context),
        Err(error) => return Decided::Answer(Err(undone(ledger, mark, error.into()))),
    }
    let effects = ledger.effects_since(mark);
    let reached = ledger.mark();
    let mut answer = apply(ledger, command, [&mark, &reached], context);
    let changed = ledger.changed_since(reached) || (completes && ledger.changed_since(mark));
    // Only a command that writes is worth a commit; what time did is computed again by the next one. To `advance` it is enough that a
    // cooldown is over, or a day.
    let kept = command.writes() && (changed || matches!(command, Command::Advance));
    let exchanging = kept && ledger.is_exchanging();
    if kept
        && !exchanging
        && let Err(error) = follow(ledger, reached, context)
    {
        answer = Err(undone(ledger, mark, error));
    } else if !kept || !(exchanging || ledger.changed_since(mark)) {
        ledger.roll_back(mark);
    } else if effects > context.effects_max || (effects > 0 && ledger.writes() > context.writes_max) {
        return advance_part(ledger, mark, now, context);
    } else if exchanging {
        return exchange_part(ledger, mark, context);
    }
    Decided::Answer(answer)
}

/// What follows from what a command has done since a mark: alarms, and a recharge, unless the command itself has led to one.
pub(super) fn follow(ledger: &mut Ledger, reached: Mark, context: Context<'_>) -> Result<()> {
    ledger.watch(ledger.account().head.last_at)?;
    let recharges = !ledger.settings().recharges.is_empty() && !ledger.has_recharged_since(reached);
    if recharges { recharge::watch(ledger, context) } else { Ok(()) }
}

/// Too much has happened for one commit: what happened first is committed first.
fn advance_part(ledger: &mut Ledger, mark: Mark, now: Instant, context: Context<'_>) -> Decided {
    ledger.roll_back(mark);
    for _ in 0..context.effects_max {
        let before = ledger.mark();
        match ledger.advance(now, context.zones, 1) {
            // A first effect always fits.
            Ok(_) if ledger.writes() > context.writes_max && ledger.has_written_before(before) => {
                ledger.roll_back(before);
                break;
            }
            Ok(Reached::Part) => {}
            Ok(Reached::Now) => break,
            Err(error) => return Decided::Answer(Err(undone(ledger, mark, error.into()))),
        }
    }
    Decided::Later
}

/// A migration exchanges more packages than one commit writes: what was done of it is committed first, and then the same command goes on,
/// so that nothing else comes between.
fn exchange_part(ledger: &mut Ledger, mark: Mark, context: Context<'_>) -> Decided {
    if ledger.writes() > context.writes_max && ledger.has_written_before(mark) {
        ledger.roll_back(mark);
    }
    Decided::Later
}

fn undone(ledger: &mut Ledger, mark: Mark, error: Box<Error>) -> Box<Error> {
    ledger.roll_back(mark);
    error
}

/// Whether messages in flight must be read before a command can be decided. A query needs all that are due by the instant it
/// is about. So does one that writes, lest what it does depend on what was read; but where there are too many to be committed at
/// once, it is brought there step by step.
pub(super) fn needs_in_flight(ledger: &Ledger, command: &Command, now: Instant) -> bool {
    if matches!(command, Command::Snapshot) {
        return false;
    }
    let now = asked(ledger, command, now).max(ledger.account().head.last_at);
    let now = if let Command::Forecast(input) = command { input.until(now) } else { now };
    let due = ledger.unread_due().is_some_and(|due| due <= now);
    due && !(command.writes() && ledger.time_outs_reach(EFFECTS_PROBED_MAX, now) && !ledger.is_blocked(now))
}

/// The instant a command is about: now, or the one a query asks for.
fn asked(ledger: &Ledger, command: &Command, now: Instant) -> Instant {
    let now = now.max(ledger.account().head.last_at);
    match command {
        Command::Balance(input) | Command::Packages(input) => input.at.unwrap_or(now),
        Command::Estimate(input) => input.at.unwrap_or(now),
        _ => now,
    }
}

/// `stored` is the account before time brought it to now, `before` the same after that.
fn apply(
    ledger: &mut Ledger,
    command: &Command,
    [stored, before]: [&Mark; 2],
    context: Context<'_>,
) -> Result<Answer> {
    let was_closed = ledger.account().state == AccountState::Closed;
    let answer = match command {
        Command::OpenAccount(input) => open_account::repeat(ledger, input),
        Command::Purchase(input) => purchase::purchase(ledger, input, context),
        Command::SetGates(input) => set_gates::set_gates(ledger, input),
        Command::SetState(input) => set_state::set_state(ledger, input),
        Command::SetPlan(input) => set_plan::set_plan(ledger, input, context),
        Command::ConfirmPayment(input) => confirm_payment::confirm(ledger, input, context),
        Command::Refund(input) => refund::refund(ledger, input, context),
        Command::GrantVoucher(input) => grant_voucher::grant(ledger, input, context),
        Command::Adjust(input) => adjust::adjust(ledger, input, context),
        Command::Migrate(input) => migrate::migrate(ledger, input, context),
        Command::RevertMigration(input) => migrate::revert(ledger, input, context),
        Command::SetAlarms(input) => settings::set_alarms(ledger, input, context),
        Command::SetCeilings(input) => settings::set_ceilings(ledger, input, context),
        Command::SetRecharge(input) => settings::set_recharge(ledger, input, context),
        Command::Settings => settings::settings(ledger, context),
        Command::Activate(input) => activate::activate(ledger, *input),
        Command::Quote(input) => quote_for::quote_for(ledger, input, context),
        Command::Order(input) => confirm_payment::known(ledger, &input.id).map(Answer::Order),
        Command::Reserve(message) => reserve::reserve(ledger, message, context),
        Command::ReserveAll(messages) => reserve_batch::reserve_all(ledger, messages, context),
        Command::Preview(message) => reserve::preview(ledger, message, context),
        Command::Estimate(input) => estimate::estimate(ledger, input, context),
        Command::Outcome(said) => outcome::outcome(ledger, said),
        Command::Account => Ok(open_account::answer(ledger)),
        Command::Balance(_) | Command::Advance => Ok(balance::balance(ledger)),
        Command::Packages(_) => Ok(packages::packages(ledger, &ledger.ranked_since(*stored))),
        Command::Forecast(input) => forecast::forecast(ledger, input, context),
        Command::Explain(message) => Ok(explain::explain(ledger, message, *stored)),
        // The sequencer hands these to a scan, and a snapshot is taken before time passes.
        Command::Snapshot
        | Command::Orders(_)
        | Command::Vouchers(_)
        | Command::Entries(_)
        | Command::EventPage(_)
        | Command::EndedPackages(_)
        | Command::Pace(_)
        | Command::Verify => Err(Error::input("", "not a decision")),
    };
    // What was said before is answered as before; a closed account begins nothing new.
    if was_closed && ledger.changed_since(*before) && !set_state::winds_up(command) {
        ledger.roll_back(*before);
        return Err(set_state::closed(ledger));
    }
    // INVARIANT: an error leaves nothing behind but the record of a refusal, or the order that a message waits for: no balance
    // changes.
    if answer.as_ref().is_err_and(|error| !error.recorded()) {
        ledger.roll_back(*before);
    }
    answer
}

/// The account as stored: rolled forward by nobody, so that a preview elsewhere starts where the next commit does.
fn snapshot(ledger: &Ledger) -> Result<Answer> {
    let stored = open_entries(ledger.account(), ledger.settings(), ledger.packages())?;
    let entry = |write: Write<'_>| SnapshotEntry {
        key: write.key.to_owned(),
        value: write.value.unwrap_or_default().to_owned(),
    };
    let entries = stored.writes().map(entry).collect();
    Ok(Answer::Snapshot(Snapshot { partition: Arc::clone(&ledger.account().profile.id), entries }))
}
