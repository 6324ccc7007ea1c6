//! One account's history over ten months, in UTC, written down once: its journal must have the same hash on every runtime.

use super::{AU, CANADA, NZ, US, at, bytes, cloutly, reply, text};
use serde_json::{Value, json};
use sms_ledger::calendar::{Instant, UtcZones};
use sms_ledger::engine::{Command, Driver, Message, Options, Said, Tags};
use sms_ledger::pricing::{QuoteRequest, quote};
use sms_ledger::storage::MemoryStorage;
use std::sync::Arc;

/// What the history came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome<Hash> {
    /// Of the last line of the journal.
    pub(crate) journal_hash: Hash,
    pub(crate) entries: u64,
    /// FNV-1a over all answers and all that is stored.
    pub(crate) answers_and_store: u64,
}

/// It changes only where a rule, an answer or a document changes, never with a runtime.
pub(crate) const EXPECTED: Outcome<&str> = Outcome {
    journal_hash: "b81825afe4f97ec2e9584a6b557f0358305cc8add480e7df76ef9ad29ee8530e",
    entries: 629,
    answers_and_store: 10_733_361_514_567_845_178,
};

/// Runs the history.
pub(crate) fn run() -> Outcome<String> {
    let catalog = cloutly();
    let mut driver =
        Driver::new(Arc::clone(&catalog), Box::new(UtcZones), Options::default(), MemoryStorage::default());
    let mut said = Vec::new();
    let open = json!({ "id": "acme", "plan": "growth", "billingAnchor": "2025-01-31T00:00:00Z" });
    said.push(bytes(&reply(driver.call("openAccount", &open, at("2025-02-10T08:00:00Z")))));
    for month in 3..=12_u32 {
        let now = at(&format!("2025-{month:02}-03T09:30:00Z"));
        said.push(bytes(&reply(buy(&mut driver, month, now))));
        for (index, command) in messages(&catalog, month).into_iter().enumerate() {
            let later = now.checked_add_seconds(i64::try_from(index).unwrap()).unwrap();
            said.push(bytes(&reply(driver.run("acme", command, later))));
        }
    }
    let proof =
        reply(driver.call("verify", &json!({ "account": "acme" }), at("2026-01-01T00:00:00Z"))).unwrap();
    assert_eq!(proof["ok"], true, "{proof}");
    let stored = driver.into_storage().dump();
    let all =
        said.iter().map(String::as_str).chain(stored.iter().flat_map(|(_, key, value)| [&**key, &**value]));
    Outcome {
        journal_hash: proof["hash"].as_str().unwrap().to_owned(),
        answers_and_store: all.fold(0xcbf2_9ce4_8422_2325, fnv),
        entries: proof["entries"].as_u64().unwrap(),
    }
}

type Answered = Result<sms_ledger::engine::Answer, Box<sms_ledger::engine::Error>>;

fn buy(driver: &mut Driver<MemoryStorage>, month: u32, now: Instant) -> Answered {
    let offer = if month.is_multiple_of(2) { "pack-au" } else { "pack-us" };
    let request = QuoteRequest {
        offer: offer.into(),
        quantity: 100 * u64::from(month % 3 + 1),
        ..QuoteRequest::default()
    };
    let quote: Value = serde_json::from_str(&quote(&cloutly(), &request, now).unwrap().json()).unwrap();
    let input = json!({ "id": format!("o{month}"), "account": "acme", "quote": quote, "payment": { "reference": "card" } });
    driver.call("purchase", &input, now)
}

fn messages(catalog: &sms_ledger::catalog::Catalog, month: u32) -> Vec<Command> {
    let mut commands = Vec::new();
    for number in 0..40_u32 {
        let id = format!("m{month}-{number}");
        let to = [AU, US, NZ, CANADA][usize::try_from((number * 7 + month) % 4).unwrap()];
        let body = if number.is_multiple_of(5) {
            "Bist du da? 😀".to_owned()
        } else {
            text(usize::try_from(number % 9 + 1).unwrap())
        };
        commands
            .push(Command::Reserve(Message::reserve(catalog, &id, to, &body, Tags::default(), 1).unwrap()));
        let word = match number % 6 {
            0 => Said::settle(&id, None),
            1 => Said::settle(&id, Some(1)),
            2 => Said::release(&id),
            3 => Said::report(&id, "delivered", Some("000"), None),
            4 => Said::report(&id, "rejected", None, None),
            // Left open: it ends after its package, if at all.
            _ => Said::report(&format!("m{}-{number}", month.saturating_sub(2)), "undelivered", None, None),
        };
        commands.push(Command::Outcome(word.unwrap()));
    }
    commands
}

fn fnv(hash: u64, text: &str) -> u64 {
    text.bytes().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
