//! Messages: who pays, and what becomes of them (rules 17 to 27).

use super::records::Held;
use super::{ADJUSTED, AVAILABLE, Account, EXPIRED, HELD, Package, Record, Reply, SPENT, Verb, refuse};
use crate::operation::{DELIVERED, Message, Millis, REGIONS, STAGES, Word, iso};
use serde_json::{Value, json};

impl Account {
    /// Rules 18 to 21: who pays, in the order of the draw; or why nobody does.
    #[allow(clippy::type_complexity, reason = "the outer error is not recorded, the inner one is")]
    pub(super) fn draw(
        &self,
        message: &Message,
        now: Millis,
    ) -> Result<Result<Vec<(u64, u64)>, (&'static str, Value)>, (&'static str, Value)> {
        let needed = message.segments;
        let paying = || self.packages.iter().filter(|(_, package)| package.pays(message.region));
        let left = |package: &Package| package.counts[AVAILABLE];
        let mut usable: Vec<(u64, &Package)> = paying()
            .filter(|(_, package)| package.usable(now) && left(package) > 0 && message.region != 3)
            .map(|(number, package)| (*number, package))
            .collect();
        usable.sort_by_key(|(number, package)| (self.rank(package), *number));
        let sum: u64 = usable.iter().map(|(_, package)| left(package)).sum();
        let refusal = |code, reason: &str| {
            let mut details =
                json!({ "needed": needed, "available": sum, "region": REGIONS[message.region].1 });
            if !reason.is_empty() {
                details["reason"] = json!(reason);
            }
            Ok(Err((code, details)))
        };
        match (self.state, message.region) {
            ("suspended", _) => return refusal("INSUFFICIENT_BALANCE", "suspended"),
            (_, 3) => return refusal("UNKNOWN_REGION", "unpriced_region"),
            _ => {}
        }
        if self.terms.split && sum >= needed {
            let mut rest = needed;
            let mut draws: Vec<(u64, u64)> = Vec::new();
            for (number, package) in usable {
                draws.push((number, rest.min(left(package))));
                rest -= rest.min(left(package));
            }
            draws.retain(|(_, segments)| *segments > 0);
            return Ok(Ok(draws));
        }
        if let Some((number, _)) = usable.iter().find(|(_, package)| left(package) >= needed) {
            return Ok(Ok(vec![(*number, needed)]));
        }
        // What ended last says why. What was taken back is neither, and of several that ended or were written
        // down at one instant nobody says which.
        let ended: Vec<&Package> = paying()
            .map(|(_, package)| package)
            .filter(|package| !package.open() || package.lapsed(now))
            .collect();
        let [last, written] = [0, 1].map(|time| ended.iter().map(|package| package.emptied[time]).max());
        let ran_out = |package: &&&Package| package.open() || package.counts[EXPIRED] > 0;
        let last: Vec<&&Package> = ended
            .iter()
            .filter(|package| Some(package.emptied[0]) == last || Some(package.emptied[1]) == written)
            .collect();
        let open = last.len() > 1 || last.iter().any(|package| package.counts[ADJUSTED] > 0);
        let reason = match () {
            () if sum >= needed => "fragmented",
            () if paying().any(|(_, package)| package.effective > now && left(package) > 0) => "pending",
            () if sum > 0 => "exhausted",
            () if paying().any(|(_, package)| package.open() && !package.lapsed(now)) => "exhausted",
            () if open => "",
            () if last.iter().any(ran_out) => "expired",
            () if !last.is_empty() => "exhausted",
            () if self.packages.values().any(|package| left(package) > 0) => "wrong_region",
            () => "none",
        };
        refusal("INSUFFICIENT_BALANCE", reason)
    }

    /// Rule 20: what the draw goes by.
    pub(super) fn rank(&self, package: &Package) -> Vec<i64> {
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
        self.terms.draw.iter().map(key).collect()
    }

    pub(super) fn reserved(&self, id: &str) -> Value {
        let record = &self.records[id];
        let held = record.held.as_ref().unwrap();
        let mut answer = preview(&record.message, &held.draws, held.available);
        (answer["id"], answer["at"]) = (json!(id), json!(iso(held.at)));
        answer
    }

    pub(super) fn reserve(&mut self, message: &Message, now: Millis) -> Reply {
        let known = self.records.get(&message.id);
        let refused = known.map_or(0, |record| record.refusals.len());
        let attempt = usize::try_from(message.attempt).unwrap();
        if let Some(record) = known {
            if (record.message.region, record.message.segments) != (message.region, message.segments) {
                return refuse("ID_REUSED", json!({ "id": message.id }));
            }
            if let Some(refusal) = record.refusals.get(attempt - 1) {
                return Err(refusal.clone());
            }
            if record.held.is_some() && attempt == refused + 1 {
                return Ok(self.reserved(&message.id));
            }
        }
        if attempt != refused + 1 || known.is_some_and(|record| record.held.is_some()) {
            return refuse("INVALID_INPUT", json!({ "path": "attempt" }));
        }
        let outcome = self.draw(message, now)?;
        if matches!(outcome, Err(("INSUFFICIENT_BALANCE", _)))
            && self.state == "active"
            && self.may_wait(message.region, now, false)
        {
            return super::recharges::wait();
        }
        self.touch("hold", &message.id);
        let empty = Record { message: message.clone(), refusals: Vec::new(), held: None };
        let mut record = self.records.remove(&message.id).unwrap_or(empty);
        let reply = match outcome {
            Ok(draws) => {
                let (kind, to, verb) = if self.terms.submit {
                    ("spend", SPENT, Verb::Submitted)
                } else {
                    ("reserve", HELD, Verb::Held)
                };
                let moves: Vec<_> =
                    draws.iter().map(|(package, segments)| (*package, AVAILABLE, to, *segments)).collect();
                self.write(kind, &message.id, now, now, &moves);
                let available = self.available();
                let due = (!self.terms.submit).then_some(now + self.terms.hold);
                let became = if self.terms.submit { [message.segments, 0, 0] } else { [0; 3] };
                let decided = (now, available);
                record.held = Some(Held {
                    draws,
                    entry: self.entries,
                    at: now,
                    available,
                    due,
                    verb,
                    became,
                    decided,
                    contradictions: Vec::new(),
                });
                Ok(())
            }
            Err((code, mut details)) => {
                (details["at"], details["nextAttempt"]) = (json!(iso(now)), json!(attempt + 1));
                record.refusals.push((code, details.clone()));
                refuse(code, details)
            }
        };
        self.records.insert(message.id.clone(), record);
        reply.map(|()| self.reserved(&message.id))
    }

    /// Rule 27: all or none, and of none only the first refusal is recorded.
    pub(super) fn reserve_all(&mut self, messages: &[Message], now: Millis) -> Reply {
        let mut all = self.clone();
        let mut reserved = Vec::new();
        for (place, message) in messages.iter().enumerate() {
            match all.reserve(message, now) {
                Ok(answer) => reserved.push(answer),
                Err((code, mut details)) => {
                    let key = format!("hold/{}", message.id);
                    if all.touched.contains(&key) && !self.touched.contains(&key) {
                        self.records.insert(message.id.clone(), all.records[&message.id].clone());
                        self.touch("hold", &message.id);
                    }
                    details["message"] = json!(place);
                    if let Some(path) = details.get("path").and_then(Value::as_str) {
                        details["path"] = json!(format!("messages[{place}].{path}"));
                    }
                    return refuse(code, details);
                }
            }
        }
        *self = all;
        Ok(json!({ "reserved": reserved }))
    }

    /// Rules 22 to 25: the first final word decides.
    pub(super) fn outcome(&mut self, id: &str, word: &Word, now: Millis) -> Reply {
        let Some(record) = self.records.get(id) else { return refuse("UNKNOWN_HOLD", json!({ "id": id })) };
        let ended = || refuse("HOLD_ENDED", json!({ "id": id, "state": record.state() }));
        let Some(held) = &record.held else { return ended() };
        let all = record.message.segments;
        let word = match *word {
            Word::Settle(Some(segments)) | Word::Report(_, Some(segments)) if segments > all => {
                return refuse("INVALID_INPUT", json!({ "path": "segments" }));
            }
            Word::Settle(segments) => Word::Settle(Some(segments.unwrap_or(all))),
            Word::Report(DELIVERED, Some(segments)) if segments == all => Word::Report(DELIVERED, None),
            ref word => word.clone(),
        };
        let wants = match word {
            Word::Settle(segments) => segments,
            Word::Release => Some(0),
            Word::Report(stage, part) => {
                self.terms.receipts[stage].map(|full| if full { part.unwrap_or(all) } else { 0 })
            }
        };
        let first = matches!(held.verb, Verb::Held | Verb::Submitted);
        if held.verb == Verb::Said(word.clone()) {
            return Ok(self.told(id, true));
        }
        match wants {
            Some(spent) if first => {
                self.decide(id, spent, Verb::Said(word), now, now);
                Ok(self.told(id, true))
            }
            Some(spent) if spent != held.became[0] => {
                if !matches!(word, Word::Report(..)) {
                    return ended();
                }
                if held.contradictions.iter().all(|(said, _)| *said != word) && held.contradictions.len() < 8
                {
                    let held = self.records.get_mut(id).unwrap().held.as_mut().unwrap();
                    held.contradictions.push((word, now));
                    self.touch("hold", id);
                }
                Ok(self.told(id, false))
            }
            _ => Ok(self.told(id, false)),
        }
    }

    /// Rule 23: so many are spent, first drawn first; the rest goes back to the packages that they came from, or is breakage.
    pub(super) fn decide(&mut self, id: &str, spent: u64, verb: Verb, at: Millis, now: Millis) {
        let held = self.records[id].held.as_ref().unwrap();
        let from = if held.verb == Verb::Submitted { SPENT } else { HELD };
        let (mut left, mut moves, mut became) = (spent, Vec::new(), [spent, 0, 0]);
        for &(package, drawn) in &held.draws {
            let pays = left.min(drawn);
            left -= pays;
            let (back, over) = (drawn - pays, self.packages[&package].over());
            if from == HELD {
                moves.push((package, HELD, SPENT, pays));
            }
            moves.push((package, from, if over { EXPIRED } else { AVAILABLE }, back));
            became[if over { 2 } else { 1 }] += back;
        }
        if from == HELD || moves.iter().any(|(.., segments)| *segments > 0) {
            let kind = if spent > 0 && from == HELD { "settle" } else { "release" };
            self.write(kind, id, now, at, &moves);
        }
        let available = self.available();
        let held = self.records.get_mut(id).unwrap().held.as_mut().unwrap();
        (held.verb, held.became, held.due, held.decided) = (verb, became, None, (at, available));
        self.touch("hold", id);
    }

    pub(super) fn told(&self, id: &str, applied: bool) -> Value {
        let record = &self.records[id];
        let held = record.held.as_ref().unwrap();
        let decided = (held.verb != Verb::Held).then_some(held.decided);
        let contradicted = held.contradictions.last().map(|(word, at)| match word {
            Word::Report(stage, part) => json!({ "stage": STAGES[*stage], "segments": part, "at": iso(*at) }),
            _ => Value::Null,
        });
        let [spent, released, expired] = held.became;
        json!({ "id": id, "state": record.state(), "segments": record.message.segments, "spent": spent,
            "released": released, "expired": expired, "applied": applied, "at": decided.map(|(at, _)| iso(at)),
            "available": decided.map(|(_, available)| available), "contradicted": contradicted })
    }
}

pub(super) fn preview(message: &Message, draws: &[(u64, u64)], available: u64) -> Value {
    let draw =
        |(package, segments): &(u64, u64)| json!({ "package": format!("p{package}"), "segments": segments });
    json!({ "region": REGIONS[message.region].1, "segments": message.segments, "available": available,
            "draws": draws.iter().map(draw).collect::<Vec<_>>() })
}
