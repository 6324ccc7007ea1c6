//! Messages: who pays, and what becomes of them (rules 17 to 28).

use super::{Account, Due, Package, reused};
use crate::answers::{Reply, merge};
use crate::operation::{Message, UNPRICED, Word, iso};
use serde_json::{Value, json};

/// What a message that is refused twice in another way is told at most.
const CONTRADICTIONS_MAX: usize = 8;

/// What is known under a message's id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    body: (&'static str, i64),
    /// What each attempt that nobody could pay was told.
    pub(crate) refusals: Vec<Value>,
    /// Packages and segments, in the order of the draw; none = nobody has paid.
    pub(crate) draws: Vec<(u64, i64)>,
    reserved: Value,
    due: Due,
    /// What decided it, and what else was said of it, as the store names that; null = it is held.
    pub(crate) verb: Value,
    pub(crate) contradictions: Vec<Value>,
    /// What whoever says something of it is told.
    pub(crate) told: Value,
}

impl Record {
    pub(super) fn segments(&self) -> i64 {
        self.body.1
    }

    fn count(&self, of: &str) -> i64 {
        self.told[of].as_i64().unwrap()
    }

    /// Whether it is said already that it was sent, or that it was not.
    fn decided(&self) -> bool {
        !self.verb.is_null() && self.verb != "submit"
    }
}

/// So many segments of what these have, the first first: what each gives, and what it keeps.
fn share(of: &[(u64, i64)], mut segments: i64) -> Vec<(u64, i64, i64)> {
    let give = |&(package, has): &(u64, i64)| {
        let part = segments.min(has);
        segments -= part;
        (package, part, has - part)
    };
    of.iter().map(give).collect()
}

impl Account {
    /// Rule 20: what the draw goes by.
    pub(super) fn rank(&self, package: &Package) -> (Vec<i64>, u64) {
        let sources = ["complimentary", "plan", "adjustment", "purchase", "recharge"];
        let place = sources.iter().position(|source| *source == package.source).unwrap();
        let key = |key: &&str| match *key {
            "scope" => i64::from(package.region.is_none()),
            "source" => i64::try_from(place).unwrap(),
            "expiry" => package.expires.unwrap_or(i64::MAX),
            "purchased" => package.issued_at,
            "effective" => package.effective,
            _ => 0,
        };
        (self.terms.draw.iter().map(key).collect(), package.number)
    }

    /// Rules 18 to 21 and 28: who pays, in the order of the draw; or why nobody does.
    fn draw(&self, message: &Message) -> Result<Vec<(u64, i64)>, Value> {
        let (region, needed) = (message.region, message.segments);
        let paying = || self.packages.values().filter(|package| package.pays(Some(region)));
        let available = if region == UNPRICED { 0 } else { self.usable(Some(region)) };
        let mut refusal = json!({ "error": "INSUFFICIENT_BALANCE", "needed": needed, "available": available,
            "region": region });
        if let Some(broken) = self.broken(message) {
            merge(&mut refusal, broken);
            return Err(refusal);
        }
        let mut ranked: Vec<&Package> = paying().filter(|package| package.usable()).collect();
        ranked.retain(|package| self.terms.split || package.left() >= needed);
        ranked.sort_by_cached_key(|package| self.rank(package));
        let ranked: Vec<_> = ranked.iter().map(|package| (package.number, package.left())).collect();
        let draws = share(&ranked, needed).into_iter().map(|(package, part, _)| (package, part));
        let draws: Vec<_> = draws.filter(|(_, part)| *part > 0).collect();
        let suspended = self.state == "suspended";
        if draws.iter().map(|(_, part)| part).sum::<i64>() == needed && region != UNPRICED && !suspended {
            return Ok(draws);
        }
        // What ended last says why. What was taken back is neither, and of several that ended or were written down at one instant
        // nobody says which.
        let ended: Vec<&Package> = paying().filter(|package| !package.open() || package.expired()).collect();
        // One that messages still hold of was over when its time was.
        let over = |package: &Package, time: usize| {
            package.expires.filter(|_| package.open()).unwrap_or(package.emptied[time])
        };
        let [last, written] = [0, 1].map(|time| ended.iter().map(|package| over(package, time)).max());
        let is_last =
            |package: &&Package| Some(over(package, 0)) == last || Some(over(package, 1)) == written;
        let last: Vec<&Package> = ended.into_iter().filter(is_last).collect();
        let open = last.len() > 1 || last.iter().any(|package| package.counts["adjusted"] > 0);
        let reason = match () {
            () if suspended => "suspended",
            () if region == UNPRICED => "unpriced_region",
            () if available >= needed => "fragmented",
            () if paying().any(|package| package.phase == "pending" && package.left() > 0) => "pending",
            () if available > 0 => "exhausted",
            () if paying().any(|package| package.open() && !package.expired()) => "exhausted",
            () if open => return Err(refusal),
            () if last.iter().any(|package| package.open() || package.counts["expired"] > 0) => "expired",
            () if !last.is_empty() => "exhausted",
            () if self.packages.values().any(|package| package.left() > 0) => "wrong_region",
            () => "none",
        };
        if reason == "unpriced_region" {
            refusal["error"] = json!("UNKNOWN_REGION");
        }
        refusal["reason"] = json!(reason);
        Err(refusal)
    }

    /// Who pays; or what a message is told that nobody pays for, where something is ordered for its region of that as well.
    fn pay(&mut self, message: &Message, alone: bool) -> Result<Vec<(u64, i64)>, Value> {
        if self.ceilings.iter().flatten().next().is_some() {
            self.begin_hour();
        }
        let mut refusal = match self.draw(message) {
            Err(refusal) if refusal["error"] == "INSUFFICIENT_BALANCE" => refusal,
            decided => return decided,
        };
        let asked = self
            .recharges
            .iter()
            .position(|known| known.region == message.region && known.enabled)
            .filter(|_| alone && self.state == "active");
        match asked.map(|place| self.order_packs(place, message.segments)) {
            Some(Ok(order)) => {
                merge(&mut refusal, json!({ "error": "TOP_UP_REQUIRED", "order": order }));
            }
            Some(Err(why)) => refusal["recharge"] = json!(why),
            None => {}
        }
        Err(refusal)
    }

    pub(super) fn preview(&self, message: &Message) -> Reply {
        if self.state == "closed" {
            return Err(json!({ "error": "ACCOUNT_CLOSED" }));
        }
        let mut copy = self.clone();
        let draws = copy.pay(message, true).map_err(|mut refusal| {
            if refusal["error"] != "TOP_UP_REQUIRED" {
                refusal["nextAttempt"] = Value::Null;
            } else if copy.entries > self.entries {
                // Nothing is ordered.
                refusal["order"]["id"] = Value::Null;
            }
            refusal
        })?;
        Ok(drawn(message, &draws, self.totals["available"] - message.segments))
    }

    /// One alone, or by its place in a batch: what that lacks is not ordered.
    pub(super) fn reserve(&mut self, message: &Message, place: Option<usize>) -> Reply {
        let (id, body, attempt) = (&message.id, (message.region, message.segments), message.attempt);
        let new = Record { body, told: json!({ "state": "refused" }), ..Record::default() };
        let mut record = self.records.get(id).cloned().unwrap_or(new);
        match () {
            () if record.body != body => return Err(reused(id)),
            () if attempt <= record.refusals.len() => return Err(record.refusals[attempt - 1].clone()),
            () if attempt > record.refusals.len() + 1 => {
                let path = place.map_or(String::new(), |place| format!("messages[{place}]."));
                return Err(json!({ "error": "INVALID_INPUT", "path": format!("{path}attempt") }));
            }
            () if !record.draws.is_empty() => return Ok(record.reserved),
            () => {}
        }
        let answer = match self.pay(message, place.is_none()) {
            Err(waits) if waits["error"] == "TOP_UP_REQUIRED" => return Err(waits),
            Err(mut refusal) => {
                merge(&mut refusal, json!({ "at": iso(self.now), "nextAttempt": attempt + 1 }));
                record.refusals.push(refusal.clone());
                Err(refusal)
            }
            Ok(draws) => {
                let submit = self.terms.submit;
                let (kind, to) = if submit { ("spend", "spent") } else { ("reserve", "held") };
                let moves: Vec<_> =
                    draws.iter().map(|&(package, part)| (package, "available", to, part)).collect();
                self.write(kind, id, &moves);
                self.count_reserved(message);
                record.reserved = drawn(message, &draws, self.totals["available"]);
                merge(&mut record.reserved, json!({ "id": id, "at": iso(self.now) }));
                record.told = json!({ "id": id, "state": "held", "segments": body.1, "spent": 0, "released": 0,
                    "expired": 0, "at": null, "available": null, "contradicted": null });
                record.draws = draws;
                if submit {
                    self.ends(&mut record, body.1, 0, json!("submit"));
                } else {
                    record.due = (self.now + self.terms.hold, 1, self.entries, id.clone());
                    self.dues.insert_mut(record.due.clone());
                }
                Ok(record.reserved.clone())
            }
        };
        self.keep(id, record);
        answer
    }

    fn keep(&mut self, id: &str, record: Record) {
        self.records.insert_mut(id.to_owned(), record);
        self.touch(&format!("hold/{id}"));
    }

    /// Rule 27: all or none, and of none only the first refusal is recorded.
    pub(super) fn reserve_all(&mut self, messages: &[Message]) -> Reply {
        let mut all = self.clone();
        let mut reserved = Vec::new();
        for (place, message) in messages.iter().enumerate() {
            match all.reserve(message, Some(place)) {
                Ok(answer) => reserved.push(answer),
                Err(mut refusal) => {
                    let record = all.records.get(&message.id);
                    let known = self.records.get(&message.id).map_or(0, |known| known.refusals.len());
                    if let Some(record) = record.filter(|record| record.refusals.len() > known) {
                        self.keep(&message.id, record.clone());
                    }
                    refusal["message"] = json!(place);
                    return Err(refusal);
                }
            }
        }
        *self = all;
        Ok(json!({ "reserved": reserved }))
    }

    /// Rules 22 to 25: the first final word decides; a later receipt that contradicts a receipt may correct it.
    pub(super) fn outcome(&mut self, id: &str, word: &Word) -> Reply {
        let Some(record) = self.records.get(id) else {
            return Err(json!({ "error": "UNKNOWN_HOLD", "id": id }));
        };
        let ended = Err(json!({ "error": "HOLD_ENDED", "id": id, "state": record.told["state"] }));
        if record.draws.is_empty() {
            return ended;
        }
        let all = record.segments();
        let (verb, spent) = match *word {
            Word::Settle(Some(part)) | Word::Report(_, Some(part)) if part > all => {
                return Err(json!({ "error": "INVALID_INPUT", "path": "segments" }));
            }
            Word::Settle(part) => (json!({ "settle": part.unwrap_or(all) }), Some(part.unwrap_or(all))),
            Word::Release => (json!("release"), Some(0)),
            Word::Report(stage, part) => {
                let costs = self.terms.receipts[stage];
                let part = part.filter(|part| *part < all);
                let spent = costs.map(|full| if full { part.unwrap_or(all) } else { 0 });
                (json!({ "report": [stage, null, part] }), spent)
            }
        };
        let is_known = record.verb == verb || record.contradictions.contains(&verb);
        match spent {
            Some(spent) if !record.decided() => self.becomes(id, spent, verb.clone()),
            Some(spent) if spent != record.count("spent") => match () {
                () if !verb["report"].is_array() => return ended,
                () if is_known || record.contradictions.len() >= CONTRADICTIONS_MAX => {}
                () => self.becomes(id, spent, verb.clone()),
            },
            _ => {}
        }
        let record = &self.records[id];
        let mut told = record.told.clone();
        told["applied"] = json!(spent.is_some() && record.verb == verb);
        Ok(told)
    }

    /// Rules 23 and 24: so many are spent, first drawn first; the rest goes back to the packages that it came from, or is breakage. A receipt
    /// that contradicts what was decided is recorded; where it may correct that, it moves the difference, for the very same packages,
    /// unless what it needs has been spent meanwhile.
    pub(super) fn becomes(&mut self, id: &str, spent: i64, verb: Value) {
        let mut record = self.records[id].clone();
        let (held, decided, was) = (record.verb.is_null(), record.decided(), record.count("spent"));
        let mut moves = Vec::new();
        for ((package, before, _), (_, after, rest)) in
            share(&record.draws, was).into_iter().zip(share(&record.draws, spent))
        {
            let known = &self.packages[&package];
            let to = if known.phase == "over" { "expired" } else { "available" };
            let from = if known.expired() { "expired" } else { "available" };
            moves.extend(if held {
                [(package, "held", "spent", after), (package, "held", to, rest)]
            } else {
                [(package, "spent", to, before - after), (package, from, "spent", after - before)]
            });
        }
        moves.retain(|(.., part)| *part > 0);
        let covered =
            moves.iter().all(|(package, from, _, part)| self.packages[package].counts[from] >= *part);
        let by_receipt = record.verb == "timed_out" || record.verb["report"].is_array();
        if decided && !(self.terms.corrections && by_receipt && covered) {
            let [stage, _, part] = [0, 1, 2].map(|field| &verb["report"][field]);
            record.told["contradicted"] = json!({ "stage": stage, "segments": part, "at": iso(self.now) });
            record.contradictions.push(verb);
            return self.keep(id, record);
        }
        if decided {
            record.contradictions.push(record.verb.clone());
        }
        if held || spent != was {
            let kind = if held && spent > 0 { "settle" } else { "release" };
            self.write(if decided { "correct" } else { kind }, id, &moves);
        }
        let lost = moves.iter().map(|(_, from, to, part)| match () {
            () if *to == "expired" => *part,
            () if *from == "expired" => -part,
            () => 0,
        });
        let expired = (record.count("expired") + lost.sum::<i64>()).clamp(0, record.segments() - spent);
        self.ends(&mut record, spent, expired, verb);
        self.keep(id, record);
    }

    fn ends(&mut self, record: &mut Record, spent: i64, expired: i64, verb: Value) {
        self.dues.remove_mut(&record.due);
        record.verb = verb;
        let released = record.segments() - spent - expired;
        let state = if spent > 0 { "settled" } else { "released" };
        merge(
            &mut record.told,
            json!({ "state": state, "spent": spent, "released": released, "expired": expired,
                "at": iso(self.at), "available": self.totals["available"] }),
        );
    }
}

fn drawn(message: &Message, draws: &[(u64, i64)], available: i64) -> Value {
    let draw = |(package, segments)| json!({ "package": format!("p{package}"), "segments": segments });
    let draws: Vec<Value> = draws.iter().copied().map(draw).collect();
    json!({ "region": message.region, "segments": message.segments, "available": available, "draws": draws })
}
