//! Messages: who pays, and what becomes of them (rules 17 to 28).

use super::{Account, Due, Package, Recharge, reused};
use crate::answers::{Reply, must, with};
use crate::operation::{Message, Millis, UNPRICED, Word, iso};
use crate::paper::Move;
use crate::seller::SOURCES;
use serde_json::{Value, json};

/// What a message that is refused twice in another way is told at most.
const CONTRADICTIONS_MAX: usize = 8;

/// What is known under a message's id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// Its region and its segments.
    of: (&'static str, i64),
    /// What each attempt was told: the last one may have been paid.
    pub(crate) answers: Vec<Reply>,
    /// The package of each segment, in the order of the draw; none = nobody has paid.
    pub(crate) draws: Vec<u64>,
    due: Due,
    /// What decided it, and what else was said of it, as the store names that; null = it is held.
    pub(crate) verb: Value,
    pub(crate) contradictions: Vec<Value>,
    /// What whoever says something of it is told.
    pub(crate) told: Value,
}

impl Record {
    fn count(&self, of: &str) -> i64 {
        self.told[of].as_i64().unwrap()
    }

    /// Whether it is said already that it was sent, or that it was not.
    fn decided(&self) -> bool {
        !self.verb.is_null() && self.verb != "submit"
    }
}

impl Account {
    /// Rule 20: what the draw goes by.
    pub(super) fn rank(&self, package: &Package) -> (Vec<Option<i64>>, u64) {
        let (source, _) = (0..).zip(SOURCES).find(|(_, source)| *source == package.source).unwrap();
        let expiry = package.expires.unwrap_or(Millis::MAX);
        let keys = [("scope", i64::from(package.region.is_none())), ("source", source), ("expiry", expiry)];
        let times = [("purchased", package.issued_at), ("effective", package.effective)];
        let key = |key: &&str| keys.iter().chain(&times).find(|known| known.0 == *key).map(|known| known.1);
        (self.terms.draw.iter().map(key).collect(), package.number)
    }

    /// Rules 18 to 21 and 28: who pays for each segment, in the order of the draw; or why nobody does. What one lacks alone may be ordered.
    fn pay(&mut self, message: &Message, alone: bool) -> Result<Vec<u64>, Value> {
        self.begin_hour(self.ceilings.iter().flatten().next().is_some());
        let (region, needed) = (message.region, message.segments);
        let (available, suspended) = (self.usable(Some(region)), self.state == "suspended");
        let error = if region == UNPRICED && !suspended { "UNKNOWN_REGION" } else { "INSUFFICIENT_BALANCE" };
        let told = json!({ "error": error, "region": region, "needed": needed, "available": available });
        self.keeps_ceilings(message).map_err(|broken| with(told.clone(), broken))?;
        let paying = || self.packages.values().filter(|package| package.pays(Some(region)));
        let whole = |package: &&Package| self.terms.split || package.left() >= needed;
        let mut ranked: Vec<&Package> = paying().filter(|package| package.usable()).filter(whole).collect();
        ranked.sort_by_cached_key(|package| self.rank(package));
        let segments = ranked.iter().flat_map(|package| (0..package.left()).map(|_| package.number));
        let draws: Vec<u64> = (0..needed).zip(segments).map(|(_, package)| package).collect();
        if i64::try_from(draws.len()).unwrap() == needed && !suspended {
            return Ok(draws);
        }
        // What ended last says why. What was taken back is neither, and of several that ended or were written down at one instant
        // nobody says which.
        let mut last: Vec<_> = paying().filter(|package| !package.open() || package.expired()).collect();
        let latest = [0, 1].map(|time| last.iter().map(|package| package.ended()[time]).max());
        last.retain(|package| (0..2).any(|time| Some(package.ended()[time]) == latest[time]));
        let reason = match () {
            () if suspended => "suspended",
            () if region == UNPRICED => "unpriced_region",
            () if available >= needed => "fragmented",
            () if paying().any(Package::waits) => "pending",
            () if paying().any(|package| package.open() && !package.expired()) => "exhausted",
            () if last.len() > 1 || last.iter().any(|package| package.counts["adjusted"] > 0) => "*",
            () if last.iter().any(|package| package.open() || package.counts["expired"] > 0) => "expired",
            () if !last.is_empty() => "exhausted",
            () if self.packages.values().any(|package| package.left() > 0) => "wrong_region",
            () => "none",
        };
        let told = with(told, json!({ "reason": reason }));
        let orders = alone && error == "INSUFFICIENT_BALANCE" && self.state == "active";
        let asked = |known: &Recharge| orders && known.enabled && known.region == region;
        let asked = self.recharges.iter().position(asked).map(|place| self.order_packs(place, needed));
        Err(with(told, asked.unwrap_or_default()))
    }

    /// What `reserve` would say of a message that nobody knows. Nothing is recorded, and nothing is ordered.
    pub(super) fn preview(&self, message: &Message) -> Reply {
        must(self.state != "closed", json!({ "error": "ACCOUNT_CLOSED" }))?;
        let mut copy = self.clone();
        let told = copy.reserve(&Message { id: String::new(), attempt: 1, ..message.clone() }, None);
        let orders = copy.paper.entries > self.paper.entries;
        match told {
            // An order that is on its way is told of as it is.
            Err(waits) if waits["order"].is_object() && !orders => Err(waits),
            Err(mut refusal) => {
                refusal["nextAttempt"] = Value::Null;
                refusal.pointer_mut("/order/id").into_iter().for_each(|id| *id = Value::Null);
                Err(refusal)
            }
            Ok(told) => Ok(with(told, json!({ "id": null, "at": null }))),
        }
    }

    /// One alone, or by its place in a batch.
    pub(super) fn reserve(&mut self, message: &Message, place: Option<usize>) -> Reply {
        let (id, attempt, of) = (&message.id, message.attempt, (message.region, message.segments));
        let new = Record { of, told: json!({ "state": "refused" }), ..Record::default() };
        let mut record = self.records.get(id).cloned().unwrap_or(new);
        must(record.of == of, reused(id))?;
        if let Some(answer) = record.answers.get(attempt - 1) {
            return answer.clone();
        }
        let path = place.map_or(String::new(), |place| format!("messages[{place}].")) + "attempt";
        let is_next = record.draws.is_empty() && attempt == record.answers.len() + 1;
        must(is_next, json!({ "error": "INVALID_INPUT", "path": path }))?;
        let (submit, (region, segments), now) = (self.terms.submit, of, iso(self.now));
        let answer = self.pay(message, place.is_none());
        if let Err(refusal) = &answer {
            // What waits for an order is not refused: the same attempt is made again.
            let waits = refusal["error"] == "TOP_UP_REQUIRED";
            let next = if waits { attempt } else { attempt + 1 };
            let refusal = with(refusal.clone(), json!({ "at": now, "nextAttempt": next }));
            must(!waits, refusal.clone())?;
            record.answers.push(Err(refusal));
        }
        if let Ok(draws) = answer {
            let (kind, to) = if submit { ("spend", "spent") } else { ("reserve", "held") };
            let moves: Vec<Move> = draws.iter().map(|package| (*package, "available", to, 1)).collect();
            self.write(kind, id, &moves);
            self.count_reserved(message);
            let part = |part: &[u64]| json!({ "package": format!("p{}", part[0]), "segments": part.len() });
            let parts: Vec<Value> = draws.chunk_by(|one, next| one == next).map(part).collect();
            record.answers.push(Ok(json!({ "id": id, "region": region, "segments": segments, "at": now,
                "available": self.totals["available"], "draws": parts })));
            record.told = json!({ "id": id, "state": "held", "segments": segments, "released": 0, "expired": 0,
                "spent": if submit { segments } else { 0 }, "at": null, "available": null, "contradicted": null });
            (record.draws, record.verb) = (draws, if submit { json!("submit") } else { Value::Null });
            record.due = (self.now + self.terms.hold, 1, self.paper.entries, id.clone());
            self.dues.insert_mut(record.due.clone());
        }
        let answer = record.answers[attempt - 1].clone();
        self.keep(id, record);
        if submit && answer.is_ok() {
            self.becomes(id, segments, json!("submit"));
        }
        answer
    }

    fn keep(&mut self, id: &str, record: Record) {
        self.records.insert_mut(id.to_owned(), record);
        self.paper.touch(&format!("hold/{id}"));
    }

    /// Rule 27: all or none, and of none only the first refusal is recorded.
    pub(super) fn reserve_all(&mut self, messages: &[Message]) -> Reply {
        let (before, mut reserved) = (self.clone(), Vec::new());
        for (place, message) in messages.iter().enumerate() {
            match self.reserve(message, Some(place)) {
                Ok(answer) => reserved.push(answer),
                Err(refusal) => {
                    let record = self.records.get(&message.id).cloned();
                    let record = record.filter(|record| before.records.get(&message.id) != Some(record));
                    *self = before;
                    if let Some(record) = record {
                        self.keep(&message.id, record);
                    }
                    return Err(with(refusal, json!({ "message": place })));
                }
            }
        }
        Ok(json!({ "reserved": reserved }))
    }

    /// Rules 22 to 25: the first final word decides; a later receipt that contradicts a receipt may correct it.
    pub(super) fn outcome(&mut self, id: &str, word: &Word) -> Reply {
        let unknown = || json!({ "error": "UNKNOWN_HOLD", "id": id });
        let record = self.records.get(id).ok_or_else(unknown)?;
        let ended = json!({ "error": "HOLD_ENDED", "id": id, "state": record.told["state"] });
        must(!record.draws.is_empty(), ended.clone())?;
        let all = record.of.1;
        let (verb, part, spent) = match *word {
            Word::Settle(part) => (json!({ "settle": part.unwrap_or(all) }), part, part.or(Some(all))),
            Word::Release => (json!("release"), None, Some(0)),
            Word::Report(stage, part) => {
                let spent = self.terms.receipts[stage].map(|full| if full { part.unwrap_or(all) } else { 0 });
                (json!({ "report": [stage, null, part.filter(|part| *part < all)] }), part, spent)
            }
        };
        must(part <= Some(all), json!({ "error": "INVALID_INPUT", "path": "segments" }))?;
        let contradicts = record.decided() && spent.is_some_and(|spent| spent != record.count("spent"));
        must(!contradicts || verb["report"].is_array(), ended)?;
        let is_known = record.verb == verb || record.contradictions.contains(&verb);
        let is_new = !is_known && record.contradictions.len() < CONTRADICTIONS_MAX;
        if let Some(spent) = spent.filter(|_| !record.decided() || contradicts && is_new) {
            self.becomes(id, spent, verb.clone());
        }
        let record = &self.records[id];
        let applied = spent.is_some() && record.verb == verb;
        Ok(with(record.told.clone(), json!({ "applied": applied })))
    }

    /// Rules 23 and 24: so many are spent, first drawn first; the rest goes back to the packages that it came from, or is breakage. A receipt
    /// that contradicts what was decided is recorded; where it may correct that, it moves the difference, for the very same packages,
    /// unless what it needs has been spent meanwhile.
    pub(super) fn becomes(&mut self, id: &str, spent: i64, verb: Value) {
        let mut record = self.records[id].clone();
        let spent = spent.min(record.of.1);
        let (held, decided, was) = (record.verb.is_null(), record.decided(), record.count("spent"));
        let differs = |(place, _): &(i64, &u64)| held || (*place < was) != (*place < spent);
        let segment = |(place, package): (i64, &u64)| {
            let (known, lies) = (&self.packages[package], |lost| if lost { "expired" } else { "available" });
            let from = if place < was { "spent" } else { lies(known.expired()) };
            let to = if place < spent { "spent" } else { lies(known.phase == "over") };
            (*package, if held { "held" } else { from }, to, 1)
        };
        let moves: Vec<Move> = (0..).zip(&record.draws).filter(differs).map(segment).collect();
        let covered = moves.iter().all(|&(package, from, ..)| {
            let same = moves.iter().filter(|other| (other.0, other.1) == (package, from));
            self.packages[&package].counts[from] >= same.map(|other| other.3).sum()
        });
        let by_receipt = record.verb == "timed_out" || record.verb["report"].is_array();
        if decided && !(self.terms.corrections && by_receipt && covered) {
            let [stage, _, part] = [0, 1, 2].map(|field| &verb["report"][field]);
            record.told["contradicted"] = json!({ "stage": stage, "segments": part, "at": iso(self.now) });
            record.contradictions.push(verb);
            return self.keep(id, record);
        }
        record.contradictions.extend(decided.then(|| record.verb.clone()));
        let expired = self.totals["expired"];
        if held || spent != was {
            let kind = if held && spent > 0 { "settle" } else { "release" };
            self.write(if decided { "correct" } else { kind }, id, &moves);
        }
        let expired = record.count("expired") + self.totals["expired"] - expired;
        let (unspent, state) = (record.of.1 - spent, if spent > 0 { "settled" } else { "released" });
        let expired = expired.clamp(0, unspent);
        let ended = json!({ "state": state, "spent": spent, "released": unspent - expired, "expired": expired,
            "at": iso(self.at), "available": self.totals["available"] });
        self.dues.remove_mut(&record.due);
        (record.verb, record.told) = (verb, with(record.told.take(), ended));
        self.keep(id, record);
    }
}
