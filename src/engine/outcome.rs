//! `settle`, `release` and `report`: what becomes of a hold. The first final word wins (domain rule 24).

use super::answer::{Answer, Outcome};
use super::command::{Said, Word};
use super::error::{Code, Error, Result};
use crate::catalog::Charge;
use crate::ledger::{Decision, Hold, HoldState, Ledger, LedgerError, RecordId, Verb};
use serde_json::json;
use std::sync::Arc;

pub(super) fn outcome(ledger: &mut Ledger, said: &Said) -> Result<Answer> {
    let Some(Some(hold)) = ledger.hold_record(&said.id) else { return Err(unknown(&said.id)) };
    let hold = Arc::clone(hold);
    if hold.state == HoldState::Refused {
        return Err(ended(&hold));
    }
    let Some((verb, spent)) = meaning(ledger, &hold, said)? else {
        return Ok(Answer::Outcome(Outcome { hold, applied: false }));
    };
    let hold = match &hold.decision {
        Some(decision) if !hold.is_provisional() => match standing(&hold, decision, said, &verb, spent) {
            Standing::Kept => hold,
            Standing::Denied => return Err(ended(&hold)),
            Standing::Contradicted => ledger.contradict(&hold, verb.clone(), spent)?,
        },
        _ => ledger.decide(&hold, verb.clone(), spent)?,
    };
    let applied = hold.decision.as_ref().is_some_and(|decision| decision.verb == verb);
    Ok(Answer::Outcome(Outcome { hold, applied }))
}

/// What must be at hand before a word about a known message can be decided: the policy that it was paid under, and packages
/// that have ended, where the word moves segments of theirs.
pub(super) fn lacking(ledger: &Ledger, said: &Said) -> Vec<RecordId> {
    let Some(Some(hold)) = ledger.hold_record(&said.id) else { return Vec::new() };
    let Some(terms) = ledger.terms_of(hold) else {
        let policy = RecordId::Policy(hold.revision);
        return if ledger.at_hand(&policy).is_none() { vec![policy] } else { Vec::new() };
    };
    let Some(decision) = &hold.decision else { return Vec::new() };
    let Ok(Some((verb, spent))) = meaning(ledger, hold, said) else { return Vec::new() };
    let moves = if hold.is_provisional() {
        spent < hold.credits()
    } else {
        terms.corrections && matches!(standing(hold, decision, said, &verb, spent), Standing::Contradicted)
    };
    let packages = hold.draws.iter().filter(|draw| moves && ledger.package(draw.package).is_none());
    let records = packages.map(|draw| RecordId::Ended(draw.package));
    records.filter(|record| ledger.at_hand(record).is_none()).collect()
}

/// What the word means for this hold: nothing yet, or so many credits spent and the rest back. It is about segments, and what they
/// cost is by the charge model that held the message.
fn meaning(ledger: &Ledger, hold: &Hold, said: &Said) -> Result<Option<(Verb, u32)>> {
    let (Word::Settle(segments) | Word::Report(_, _, segments)) = &said.word else {
        return Ok(Some((Verb::Release, 0)));
    };
    if let Some(segments) = segments.filter(|segments| *segments > hold.segments) {
        let message = format!("`{segments}` are more than the {} held for `{}`", hold.segments, hold.id);
        return Err(Error::input("segments", message));
    }
    let told = segments.unwrap_or(hold.segments);
    let spent = hold.credits_of(told);
    let Word::Report(stage, code, _) = &said.word else { return Ok(Some((Verb::Settle(told), spent))) };
    let part = (told < hold.segments).then_some(told);
    let verb = Verb::Report { stage: *stage, code: code.clone(), segments: part };
    let terms = ledger.terms_of(hold).ok_or_else(|| missing_policy(hold))?;
    Ok(match terms.charge(*stage, code.as_deref()) {
        Charge::Full => Some((verb, spent)),
        Charge::None => Some((verb, 0)),
        Charge::Wait => None,
    })
}

/// What a word comes to that is said after the one that stands.
enum Standing {
    /// It says the same, or was said before: nothing changes.
    Kept,
    /// An explicit word that wants something else.
    Denied,
    /// A receipt that says something else.
    Contradicted,
}

fn standing(hold: &Hold, decision: &Decision, said: &Said, verb: &Verb, spent: u32) -> Standing {
    if decision.spent == spent {
        return Standing::Kept;
    }
    match said.word {
        Word::Report(..) if hold.was_told(verb) => Standing::Kept,
        Word::Report(..) => Standing::Contradicted,
        _ => Standing::Denied,
    }
}

fn missing_policy(hold: &Hold) -> Box<Error> {
    LedgerError::Corrupt(format!("the policy of revision `{}` is missing", hold.revision)).into()
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
