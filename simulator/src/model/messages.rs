//! Messages: who pays, and what becomes of them (rules 17 to 28).

use super::recharges::Asked;
use super::records::{Held, Record, Said, Verb};
use super::{
    ADJUSTED, AVAILABLE, Account, EXPIRED, HELD, Package, Refusal, Reply, SPENT, out, refuse, reused,
};
use crate::operation::{DELIVERED, Message, Millis, REGIONS, STAGES, UNPRICED, Word, iso};
use serde_json::{Value, json};

/// What a message that is refused twice in another way is told at most.
const CONTRADICTIONS_MAX: usize = 8;

impl Account {
    /// Rules 18 to 21 and 28: who pays, in the order of the draw; or why nobody does.
    fn draw(&self, message: &Message, now: Millis) -> Result<Vec<(u64, u64)>, Refusal> {
        let (region, needed) = (message.region, message.segments);
        let paying = || self.packages.values().filter(|package| package.pays(region));
        let usable = || paying().filter(|package| package.usable(now) && package.left() > 0);
        let sum: u64 = if region == UNPRICED { 0 } else { usable().map(Package::left).sum() };
        let mut details = json!({ "needed": needed, "available": sum, "region": REGIONS[region].1 });
        if let Some(broken) = self.broken(message, now) {
            details.as_object_mut().unwrap().extend(broken);
            return refuse("CEILING_REACHED", details);
        }
        if region == UNPRICED || self.state == "suspended" {
            let unpriced = self.state != "suspended";
            details["reason"] = json!(if unpriced { "unpriced_region" } else { "suspended" });
            return refuse(if unpriced { "UNKNOWN_REGION" } else { "INSUFFICIENT_BALANCE" }, details);
        }
        let mut ranked: Vec<&Package> = usable().collect();
        ranked.sort_by_cached_key(|package| (self.rank(package), package.number));
        if self.terms.split && sum >= needed {
            let mut rest = needed;
            let take = |package: &&Package| {
                let part = rest.min(package.left());
                rest -= part;
                (part > 0).then_some((package.number, part))
            };
            return Ok(ranked.iter().map_while(take).collect());
        }
        if let Some(package) = ranked.iter().find(|package| package.left() >= needed) {
            return Ok(vec![(package.number, needed)]);
        }
        // What ended last says why. What was taken back is neither, and of several that ended or were written down at one instant
        // nobody says which.
        let ended: Vec<&Package> =
            paying().filter(|package| !package.open() || package.expired(now)).collect();
        // One that messages still hold of was over when its time was.
        let over = |package: &Package, time: usize| {
            package.expires.filter(|_| package.open()).unwrap_or(package.emptied[time])
        };
        let [last, written] = [0, 1].map(|time| ended.iter().map(|package| over(package, time)).max());
        let is_last = |package: &Package| Some(over(package, 0)) == last || Some(over(package, 1)) == written;
        let last: Vec<&Package> = ended.into_iter().filter(|package| is_last(package)).collect();
        let open = last.len() > 1 || last.iter().any(|package| package.counts[ADJUSTED] > 0);
        let reason = match () {
            () if sum >= needed => "fragmented",
            () if paying().any(|package| package.effective > now && package.left() > 0) => "pending",
            () if sum > 0 => "exhausted",
            () if paying().any(|package| package.open() && !package.expired(now)) => "exhausted",
            () if open => "",
            () if last.iter().any(|package| package.open() || package.counts[EXPIRED] > 0) => "expired",
            () if !last.is_empty() => "exhausted",
            () if self.packages.values().any(|package| package.left() > 0) => "wrong_region",
            () => "none",
        };
        if !reason.is_empty() {
            details["reason"] = json!(reason);
        }
        refuse("INSUFFICIENT_BALANCE", details)
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

    /// Who pays; or what a message is told that nobody pays for, and whether that is its refusal: it is none where an order is on its
    /// way that will pay.
    fn pay(
        &mut self,
        message: &Message,
        alone: bool,
        now: Millis,
    ) -> Result<Vec<(u64, u64)>, (bool, Refusal)> {
        if self.set.ceilings.iter().flatten().next().is_some() {
            self.begin_hour(now);
        }
        let (code, mut details) = match self.draw(message, now) {
            Ok(draws) => return Ok(draws),
            Err(refusal) => refusal,
        };
        let lacks_segments = code == "INSUFFICIENT_BALANCE" && self.state == "active";
        let asked = if lacks_segments && alone { self.ask_for(message, now) } else { None };
        match asked {
            None => Err((true, (code, details))),
            Some(Asked::Withheld(why)) => {
                details["recharge"] = json!(why);
                Err((true, (code, details)))
            }
            Some(Asked::OnWay(order)) => {
                details["order"] = order;
                Err((false, ("TOP_UP_REQUIRED", details)))
            }
        }
    }

    pub(super) fn preview(&self, message: &Message, now: Millis) -> Reply {
        if self.state == "closed" {
            return refuse("ACCOUNT_CLOSED", json!({}));
        }
        let mut copy = self.clone();
        let known = copy.entries;
        let draws = copy.pay(message, true, now).map_err(|(_, (code, mut details))| {
            if code != "TOP_UP_REQUIRED" {
                details["nextAttempt"] = Value::Null;
            }
            if copy.entries > known {
                details["order"]["id"] = Value::Null;
            }
            (code, details)
        })?;
        Ok(drawn(message, &draws, self.totals[AVAILABLE] - message.segments))
    }

    fn reserved(&self, id: &str) -> Value {
        let record = &self.records[id];
        let held = record.held.as_ref().unwrap();
        let mut answer = drawn(&record.message, &held.draws, held.available);
        (answer["id"], answer["at"]) = (json!(id), json!(iso(held.at)));
        answer
    }

    pub(super) fn reserve(&mut self, message: &Message, alone: bool, now: Millis) -> Reply {
        let empty = Record { message: message.clone(), refusals: Vec::new(), held: None };
        let mut record = self.records.get(&message.id).cloned().unwrap_or(empty);
        let (next, attempt) = (record.refusals.len() + 1, usize::try_from(message.attempt).unwrap());
        if (record.message.region, record.message.segments) != (message.region, message.segments) {
            return reused(&message.id);
        }
        if let Some(refusal) = record.refusals.get(attempt - 1) {
            return Err(refusal.clone());
        }
        if attempt != next {
            return refuse("INVALID_INPUT", json!({ "path": "attempt" }));
        }
        if record.held.is_some() {
            return Ok(self.reserved(&message.id));
        }
        match self.pay(message, alone, now) {
            Err((false, waits)) => return Err(waits),
            Err((true, (code, mut details))) => {
                (details["at"], details["nextAttempt"]) = (json!(iso(now)), json!(attempt + 1));
                record.refusals.push((code, details));
            }
            Ok(draws) => {
                let submit = self.terms.submit;
                let (kind, to) = if submit { ("spend", SPENT) } else { ("reserve", HELD) };
                let moves: Vec<_> =
                    draws.iter().map(|(package, part)| (*package, AVAILABLE, to, *part)).collect();
                self.write(kind, &message.id, now, now, &moves);
                self.count_reserved(message, now);
                let due = (!submit).then_some(now + self.terms.hold);
                if let Some(due) = due {
                    self.dues.insert_mut(out(due, self.entries, &message.id));
                }
                let available = self.totals[AVAILABLE];
                record.held = Some(Held {
                    draws,
                    entry: self.entries,
                    at: now,
                    available,
                    due,
                    verb: if submit { Verb::Submitted } else { Verb::Held },
                    became: [if submit { message.segments } else { 0 }, 0, 0],
                    decided: (now, available),
                    contradictions: Vec::new(),
                });
            }
        }
        let refusal = record.refusals.get(attempt - 1).cloned();
        self.records.insert_mut(message.id.clone(), record);
        self.touch("hold", &message.id);
        refusal.map_or_else(|| Ok(self.reserved(&message.id)), Err)
    }

    /// Rule 27: all or none, and of none only the first refusal is recorded.
    pub(super) fn reserve_all(&mut self, messages: &[Message], now: Millis) -> Reply {
        let mut all = self.clone();
        let mut reserved = Vec::new();
        for (place, message) in messages.iter().enumerate() {
            match all.reserve(message, false, now) {
                Ok(answer) => reserved.push(answer),
                Err((code, mut details)) => {
                    let key = format!("hold/{}", message.id);
                    if all.touched.contains(&key) && !self.touched.contains(&key) {
                        self.records.insert_mut(message.id.clone(), all.records[&message.id].clone());
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

    /// Rules 22 to 25: the first final word decides; a later receipt that contradicts a receipt may correct it.
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
        let spent = match word {
            Word::Settle(segments) => segments,
            Word::Release => Some(0),
            Word::Report(stage, part) => {
                self.terms.receipts[stage].map(|full| if full { part.unwrap_or(all) } else { 0 })
            }
        };
        let verb = Verb::Said(word);
        let stands = held.verb == verb || held.contradictions.iter().any(|said| said.verb == verb);
        match spent {
            Some(spent) if matches!(held.verb, Verb::Held | Verb::Submitted) => {
                self.decide(id, spent, verb.clone(), now, now);
            }
            Some(spent) if spent != held.became[0] => match verb {
                Verb::Said(Word::Report(..)) if stands => {}
                Verb::Said(Word::Report(..)) if held.contradictions.len() < CONTRADICTIONS_MAX => {
                    self.contradict(id, spent, verb.clone(), now);
                }
                Verb::Said(Word::Report(..)) => {}
                _ => return ended(),
            },
            _ => {}
        }
        let held = self.records[id].held.as_ref().unwrap();
        Ok(self.told(id, spent.is_some() && held.verb == verb))
    }

    /// Rule 23: so many are spent, first drawn first; the rest goes back to the packages that they came from, or is breakage.
    pub(super) fn decide(&mut self, id: &str, spent: u64, verb: Verb, at: Millis, now: Millis) {
        let held = self.records[id].held.clone().unwrap();
        let from = if held.verb == Verb::Submitted { SPENT } else { HELD };
        let (mut moves, mut became) = (Vec::new(), [spent, 0, 0]);
        for (package, pays, back) in held.parts(spent) {
            let to = self.comes_back(package);
            if from == HELD {
                moves.push((package, HELD, SPENT, pays));
            }
            moves.push((package, from, to, back));
            became[if to == EXPIRED { 2 } else { 1 }] += back;
        }
        if from == HELD || spent < held.became[0] {
            let kind = if spent > 0 && from == HELD { "settle" } else { "release" };
            self.write(kind, id, now, at, &moves);
        }
        self.becomes(id, became, verb, at);
    }

    /// Where segments go that come back to a package: what comes after its grace is breakage.
    fn comes_back(&self, package: u64) -> usize {
        if self.packages[&package].over() { EXPIRED } else { AVAILABLE }
    }

    fn becomes(&mut self, id: &str, became: [u64; 3], verb: Verb, at: Millis) {
        let decided = (at, self.totals[AVAILABLE]);
        let held = self.records.get_mut(id).unwrap().held.as_mut().unwrap();
        if let Some(due) = held.due.take() {
            self.dues.remove_mut(&out(due, held.entry, id));
        }
        (held.verb, held.became, held.decided) = (verb, became, decided);
        self.touch("hold", id);
    }

    /// Rule 24: a receipt that contradicts what was decided is recorded; where it may correct that, it moves the difference, for the very
    /// same packages, unless what it needs has been spent meanwhile.
    fn contradict(&mut self, id: &str, spent: u64, verb: Verb, now: Millis) {
        let mut held = self.records[id].held.clone().unwrap();
        let by_receipt = matches!(held.verb, Verb::Said(Word::Report(..)) | Verb::TimedOut);
        let (mut moves, mut expired) = (Vec::new(), held.became[2]);
        for ((package, before, _), (_, after, _)) in
            held.parts(held.became[0]).into_iter().zip(held.parts(spent))
        {
            if before > after {
                let to = self.comes_back(package);
                expired += if to == EXPIRED { before - after } else { 0 };
                moves.push((package, SPENT, to, before - after));
            } else if after > before {
                let known = &self.packages[&package];
                let late = known.expires.is_some_and(|end| end + self.terms.grace <= held.decided.0);
                let lost = late || known.over() || (known.lapsed(now) && !known.graced);
                let from = if lost { EXPIRED } else { AVAILABLE };
                expired = expired.saturating_sub(if lost { after - before } else { 0 });
                moves.push((package, from, SPENT, after - before));
            }
        }
        let covered =
            moves.iter().all(|(package, from, _, part)| self.packages[package].counts[*from] >= *part);
        let corrects = self.terms.corrections && by_receipt && covered;
        let said = if corrects { held.verb.clone() } else { verb.clone() };
        let at = if corrects { held.decided.0 } else { now };
        held.contradictions.push(Said { verb: said, at, stood: corrects });
        let unspent = held.draws.iter().map(|(_, part)| part).sum::<u64>() - spent;
        self.records.get_mut(id).unwrap().held = Some(held);
        self.touch("hold", id);
        if corrects {
            self.write("correct", id, now, now, &moves);
            let expired = expired.min(unspent);
            self.becomes(id, [spent, unspent - expired, expired], verb, now);
        }
    }

    fn told(&self, id: &str, applied: bool) -> Value {
        let record = &self.records[id];
        let held = record.held.as_ref().unwrap();
        let decided = (held.verb != Verb::Held).then_some(held.decided);
        let contradicted =
            held.contradictions.iter().rfind(|said| !said.stood).map(|said| match &said.verb {
                Verb::Said(Word::Report(stage, part)) => {
                    json!({ "stage": STAGES[*stage], "segments": part, "at": iso(said.at) })
                }
                _ => Value::Null,
            });
        let [spent, released, expired] = held.became;
        json!({ "id": id, "state": record.state(), "segments": record.message.segments, "spent": spent,
            "released": released, "expired": expired, "applied": applied, "at": decided.map(|(at, _)| iso(at)),
            "available": decided.map(|(_, available)| available), "contradicted": contradicted })
    }
}

fn drawn(message: &Message, draws: &[(u64, u64)], available: u64) -> Value {
    let draw =
        |(package, segments): &(u64, u64)| json!({ "package": format!("p{package}"), "segments": segments });
    json!({ "region": REGIONS[message.region].1, "segments": message.segments, "available": available,
            "draws": draws.iter().map(draw).collect::<Vec<_>>() })
}
