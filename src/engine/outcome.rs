//! `settle`, `release` and `report`: what becomes of a hold. The first final word wins (domain rule 24).

use super::answer::{Answer, Outcome};
use super::command::{Said, Word};
use super::error::{Code, Error, Result};
use crate::catalog::Charge;
use crate::ledger::{Decision, Hold, HoldState, Ledger, RecordId, Verb};
use serde_json::json;
use std::sync::Arc;

pub(super) fn outcome(ledger: &mut Ledger, said: &Said) -> Result<Answer> {
    let Some(Some(hold)) = ledger.hold_record(&said.id) else { return Err(unknown(&said.id)) };
    let hold = Arc::clone(hold);
    if hold.state == HoldState::Refused {
        return Err(ended(&hold));
    }
    let Some((verb, spent)) = meaning(ledger, &hold, said)? else { return Ok(undecided(&hold)) };
    match &hold.decision {
        Some(decision) if !hold.is_provisional() => decided(&hold, decision, said, &verb, spent),
        _ => {
            let hold = ledger.decide(&hold, verb, spent)?;
            Ok(hold
                .decision
                .as_ref()
                .map_or_else(|| undecided(&hold), |decision| answer(&hold, decision, true)))
        }
    }
}

/// What must be at hand before a word about a known message can be decided: packages that have ended, where it gives back to
/// them.
pub(super) fn lacking(ledger: &Ledger, said: &Said) -> Vec<RecordId> {
    let Some(Some(hold)) = ledger.hold_record(&said.id) else { return Vec::new() };
    let gives_back = hold.is_provisional()
        && matches!(meaning(ledger, hold, said), Ok(Some((_, spent))) if spent < hold.segments);
    let packages = hold.draws.iter().filter(|draw| gives_back && ledger.package(draw.package).is_none());
    let records = packages.map(|draw| RecordId::Ended(draw.package));
    records.filter(|record| ledger.at_hand(record).is_none()).collect()
}

/// What the word means for this hold: nothing yet, or so many segments spent and the rest back.
fn meaning(ledger: &Ledger, hold: &Hold, said: &Said) -> Result<Option<(Verb, u32)>> {
    Ok(match &said.word {
        Word::Settle(Some(segments)) if *segments > hold.segments => {
            let message = format!("`{segments}` are more than the {} held for `{}`", hold.segments, hold.id);
            return Err(Error::input("segments", message));
        }
        Word::Settle(segments) => {
            let segments = segments.unwrap_or(hold.segments);
            Some((Verb::Settle(segments), segments))
        }
        Word::Release => Some((Verb::Release, 0)),
        Word::Report(stage, code) => {
            let verb = Verb::Report(*stage, code.clone());
            match ledger.catalog().policy.holds.charge(*stage, code.as_deref()) {
                Charge::Full => Some((verb, hold.segments)),
                Charge::None => Some((verb, 0)),
                Charge::Wait => None,
            }
        }
    })
}

/// A word that comes too late: a receipt changes nothing, an explicit word that wants something else is an error.
fn decided(hold: &Hold, decision: &Decision, said: &Said, verb: &Verb, spent: u32) -> Result<Answer> {
    let receipt = matches!(said.word, Word::Report(..));
    if !receipt && decision.spent != spent {
        return Err(ended(hold));
    }
    Ok(answer(hold, decision, decision.verb == *verb))
}

fn unknown(id: &str) -> Box<Error> {
    let message = format!("`{id}` is not a message of this account: reserve it first");
    Error::new(Code::UnknownHold, message, json!({ "id": id }))
}

fn ended(hold: &Hold) -> Box<Error> {
    let state = hold.state.as_str();
    let message = format!("`{}` was {state} before: the first word stands", hold.id);
    Error::new(Code::HoldEnded, message, json!({ "id": &*hold.id, "state": state }))
}

fn undecided(hold: &Hold) -> Answer {
    match &hold.decision {
        Some(decision) => answer(hold, decision, false),
        None => Answer::Outcome(Outcome {
            id: Arc::clone(&hold.id),
            state: hold.state.as_str(),
            segments: hold.segments,
            spent: 0,
            released: 0,
            expired: 0,
            applied: false,
            at: None,
            available: None,
        }),
    }
}

fn answer(hold: &Hold, decision: &Decision, applied: bool) -> Answer {
    Answer::Outcome(Outcome {
        id: Arc::clone(&hold.id),
        state: hold.state.as_str(),
        segments: hold.segments,
        spent: decision.spent,
        released: decision.released,
        expired: decision.expired,
        applied,
        at: Some(decision.at),
        available: Some(decision.available),
    })
}
