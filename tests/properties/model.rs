//! A second ledger, written from the rules and as plainly as possible: lists, no cache, no journal, nothing taken back but by a
//! copy. It says of each answer what matters: who pays, what is left, which refusal.

use super::steps::{GIFT, NUMBERS, OFFERS, PLANS, STAGES, Step, TERMS, Terms};
use std::collections::BTreeMap;

/// In draw order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Plan,
    Bought,
    Gift,
}

#[derive(Clone, Debug, PartialEq)]
struct Pack {
    kind: Kind,
    region: &'static str,
    issued: i64,
    from: i64,
    until: i64,
    available: u64,
    held: u64,
    spent: u64,
    expired: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Sent {
    body: (usize, usize),
    refused: Vec<String>,
    /// When its time is out, and its place among all that were paid.
    due: (i64, usize),
    /// Answer and draws, once paid.
    paid: Option<(String, Vec<(usize, u64)>)>,
    /// Of the revision that it was paid under.
    terms: Terms,
    ended: Option<Ended>,
    /// Receipts that said otherwise, and those that were corrected: they are kept.
    contradicted: Vec<String>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
struct Ended {
    word: String,
    /// A receipt, or time, which a receipt may correct.
    correctable: bool,
    spent: u64,
    back: u64,
    lost: u64,
    available: u64,
    at: i64,
}

impl Ended {
    fn told(&self, applied: bool) -> String {
        let Self { spent, back, lost, available, .. } = self;
        format!("{spent} {back} {lost} {available} {}", if applied { "applied" } else { "not applied" })
    }
}

/// Most words that are kept besides the one that stands.
const WORDS: usize = 8;

/// What a plan becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Goes,
    Becomes(usize),
    Ends,
}

#[derive(Clone, Debug, PartialEq)]
struct Subscription {
    plan: usize,
    anchor: i64,
    /// End of what was issued last.
    until: i64,
    credited: u64,
    then: Then,
}

/// Gifts, for those who have the gate.
#[derive(Clone, Debug, PartialEq)]
struct Gifts {
    vip: bool,
    /// When the next one is due.
    next: i64,
    /// End of the month that was issued last.
    until: i64,
}

/// What time does.
enum What {
    Expiry(usize),
    TimeOut(u8),
    Renewal,
    Gift,
}

/// Seconds until a message's time is out.
const HELD: i64 = 72 * 3600;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    split: bool,
    /// Of the revision that the ledger runs on.
    terms: Terms,
    paid: usize,
    /// Whether it was opened with a plan.
    open: Option<bool>,
    plan: Option<Subscription>,
    gifts: Option<Gifts>,
    clock: i64,
    packs: Vec<Pack>,
    /// How the last pack of a region ended: when, and whether something expired.
    ended: BTreeMap<&'static str, (i64, bool)>,
    sent: BTreeMap<u8, Sent>,
    orders: BTreeMap<u8, (String, String)>,
}

/// What is said of an instant before the last change: the model keeps no past, and `past.rs` holds the ledger to it.
pub(crate) const PAST: &str = "the past";

/// Months of a second, and the second so many months later, by the civil calendar.
fn civil(seconds: i64) -> (i64, i64, i64) {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (month, in_month) = ((month + 2) % 12, of_year - (153 * month + 2) / 5);
    (year + era * 400 + i64::from(month < 2), month, in_month)
}

fn months_after(seconds: i64, months: i64) -> i64 {
    let (year, month, day) = civil(seconds);
    let total = year * 12 + month + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12));
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize];
    // The first of the month, found from nearby.
    let mut at = seconds - (day * 86_400) + (months * 30) * 86_400;
    while civil(at).0 * 12 + civil(at).1 < total {
        at += 86_400;
    }
    while civil(at).0 * 12 + civil(at).1 >= total {
        at -= 86_400;
    }
    at + 86_400 + day.min(length - 1) * 86_400
}

impl Model {
    pub(crate) fn new(split: bool) -> Self {
        Self {
            split,
            terms: TERMS[0],
            paid: 0,
            open: None,
            plan: None,
            gifts: None,
            clock: 0,
            packs: Vec::new(),
            ended: BTreeMap::new(),
            sent: BTreeMap::new(),
            orders: BTreeMap::new(),
        }
    }

    /// The ledger goes on under this revision.
    pub(crate) fn revise(&mut self, revision: usize) {
        self.terms = TERMS[revision];
    }

    fn advance(&mut self, now: i64) {
        self.clock = self.clock.max(now);
        while let Some(what) = self.next_effect() {
            match what {
                What::Expiry(index) => {
                    let pack = &mut self.packs[index];
                    pack.expired += std::mem::take(&mut pack.available);
                    if pack.held == 0 {
                        self.ended.insert(pack.region, (self.clock, true));
                    }
                }
                What::TimeOut(id) => {
                    let mut sent = self.sent[&id].clone();
                    let due = sent.due.0;
                    let spent = if sent.terms.release { 0 } else { sent.body.1 as u64 };
                    self.decided(&mut sent, ("timed out".to_owned(), true), spent, due);
                    self.sent.insert(id, sent);
                }
                What::Renewal => self.renew(),
                What::Gift => self.give(self.month()),
            }
        }
    }

    /// What time does next until now; at the same instant packs end first, and periods begin last. Plans and gifts are due when
    /// their period begins, or when they were gained within it.
    fn next_effect(&self) -> Option<What> {
        let ends = self.packs.iter().enumerate().filter(|(_, pack)| pack.available > 0);
        let ends = ends.map(|(index, pack)| ((pack.until, 0, index), What::Expiry(index)));
        let waits = |sent: &Sent| sent.paid.is_some() && sent.ended.is_none() && !sent.terms.submit;
        let held = self.sent.iter().filter(|(_, sent)| waits(sent));
        let held = held.map(|(id, sent)| ((sent.due.0, 1, sent.due.1), What::TimeOut(*id)));
        let plan = self.plan.as_ref().filter(|plan| plan.until <= self.clock);
        let plan = plan.map(|plan| ((self.period(plan.anchor).0.max(plan.until), 2, 0), What::Renewal));
        let gifts = self.gifts.as_ref().filter(|gifts| gifts.vip && gifts.next <= self.clock);
        let gifts = gifts.map(|gifts| ((gifts.next.max(self.month()), 2, 1), What::Gift));
        let all = ends.chain(held).chain(plan).chain(gifts).filter(|((at, ..), _)| *at <= self.clock);
        all.min_by_key(|(at, _)| *at).map(|(_, what)| what)
    }

    /// Start of the calendar month.
    fn month(&self) -> i64 {
        (self.clock.div_euclid(86_400) - civil(self.clock).2) * 86_400
    }

    /// Start and end of the period of an anchor that now lies in.
    fn period(&self, anchor: i64) -> (i64, i64) {
        let index = (0..12_000).find(|index| months_after(anchor, index + 1) > self.clock).unwrap();
        (months_after(anchor, index), months_after(anchor, index + 1))
    }

    fn renew(&mut self) {
        let Some(mut plan) = self.plan.clone().filter(|plan| plan.until <= self.clock) else { return };
        self.plan = None;
        match plan.then {
            Then::Ends => return,
            Then::Becomes(other) => plan.plan = other,
            Then::Goes => {}
        }
        let (from, until) = self.period(plan.anchor);
        let credited = PLANS[plan.plan].1;
        self.issue(Kind::Plan, "", credited, from, until);
        self.plan = Some(Subscription { until, credited, then: Then::Goes, ..plan });
    }

    fn give(&mut self, month: i64) {
        let Some(mut gifts) = self.gifts.clone().filter(|gifts| gifts.vip && gifts.next <= self.clock) else {
            return;
        };
        gifts.next = months_after(month, 1);
        if gifts.until < gifts.next {
            gifts.until = gifts.next;
            self.issue(Kind::Gift, "", GIFT, month, gifts.next);
        }
        self.gifts = Some(gifts);
    }

    fn issue(&mut self, kind: Kind, region: &'static str, available: u64, from: i64, until: i64) {
        let issued = self.clock;
        self.packs.push(Pack { kind, region, issued, from, until, available, held: 0, spent: 0, expired: 0 });
    }

    fn available(&self) -> u64 {
        self.packs.iter().map(|pack| pack.available).sum()
    }

    pub(crate) fn counts(&self) -> String {
        let sum = |count: fn(&Pack) -> u64| self.packs.iter().map(count).sum::<u64>();
        let held = sum(|pack| pack.held);
        format!("{} {held} {} {}", self.available(), sum(|pack| pack.spent), sum(|pack| pack.expired))
    }

    /// What a step at a time is answered. It leaves a trace only where it writes.
    pub(crate) fn take(&mut self, step: &Step, now: i64) -> String {
        let mut next = self.clone();
        let (answer, written) = next.decide(step, now);
        if written {
            *self = next;
        }
        answer
    }

    fn decide(&mut self, step: &Step, now: i64) -> (String, bool) {
        if let Step::Open { plan } = *step {
            return match self.open {
                Some(same) if same == plan => ("account".to_owned(), false),
                Some(_) => ("ID_REUSED".to_owned(), false),
                None => {
                    (self.open, self.clock) = (Some(plan), now);
                    if plan {
                        self.begin(0);
                    }
                    ("account".to_owned(), true)
                }
            };
        }
        if self.open.is_none() {
            return ("UNKNOWN_ACCOUNT".to_owned(), false);
        }
        let host = now;
        if let Step::Balance { later } = *step {
            // Of an instant to come, as if nothing happened until then; of a past one there is the journal.
            if host + later < self.clock {
                return (PAST.to_owned(), false);
            }
            self.advance(host + later);
            return (self.counts(), false);
        }
        self.advance(now);
        if let Step::Batch { messages } = step {
            return self.batch(messages);
        }
        if let Step::Estimate { messages } = step {
            return (self.estimate(messages), false);
        }
        match *step {
            Step::SetPlan { plan } => {
                let written = self.set_plan(plan);
                (self.subscription(), written)
            }
            Step::SetGates { vip } => ("account".to_owned(), self.set_gates(vip)),
            Step::Buy { id, offer, quantity, quoted_before } => {
                self.buy(id, offer, quantity, host - quoted_before, host)
            }
            Step::Reserve { id, to, segments, attempt } => self.reserve(id, (to, segments), attempt),
            Step::Preview { to, segments } => {
                (self.draw(to, segments as u64).map_or_else(std::convert::identity, |(said, _)| said), false)
            }
            Step::Settle { id, segments } => self.end(
                id,
                segments.map_or("all".to_owned(), |n| n.to_string()),
                segments.map(u64::from),
                false,
            ),
            Step::Release { id } => self.end(id, "release".to_owned(), Some(0), false),
            Step::Report { id, stage, segments } => match STAGES[stage] {
                "delivered" | "undelivered" | "expired" => {
                    let whole = self.sent.get(&id).is_some_and(|sent| segments == Some(sent.body.1 as u32));
                    let part = segments.filter(|_| !whole).map_or(String::new(), |part| format!(" {part}"));
                    let word = [STAGES[stage], &part].concat();
                    self.end(id, word, segments.map(u64::from), true)
                }
                "rejected" => self.end(id, STAGES[stage].to_owned(), Some(0), true),
                _ => (self.sent.get(&id).map_or("UNKNOWN_HOLD".to_owned(), Self::so_far), false),
            },
            Step::Balance { .. } | Step::Open { .. } | Step::Batch { .. } | Step::Estimate { .. } => {
                unreachable!("decided above")
            }
        }
    }

    fn begin(&mut self, plan: usize) {
        let anchor = self.clock;
        self.plan = Some(Subscription { plan, anchor, until: anchor, credited: 0, then: Then::Goes });
        self.renew();
    }

    fn set_plan(&mut self, wanted: Option<usize>) -> bool {
        let Some(mut plan) = self.plan.clone() else {
            if let Some(wanted) = wanted {
                self.begin(wanted);
            }
            return wanted.is_some();
        };
        let then = match wanted {
            None => Then::Ends,
            Some(wanted) if wanted == plan.plan => Then::Goes,
            Some(wanted) => Then::Becomes(wanted),
        };
        if plan.then == then {
            return false;
        }
        plan.then = then;
        if let Then::Becomes(larger) = then
            && PLANS[larger].1 >= plan.credited
        {
            let more = PLANS[larger].1 - plan.credited;
            if more > 0 {
                self.issue(Kind::Plan, "", more, self.clock, plan.until);
            }
            (plan.plan, plan.then, plan.credited) = (larger, Then::Goes, PLANS[larger].1);
        }
        self.plan = Some(plan);
        true
    }

    fn subscription(&self) -> String {
        let Some(plan) = &self.plan else { return "null null null null".to_owned() };
        let until = sms_ledger::calendar::Instant::from_millis(plan.until * 1000).unwrap();
        let (next, ends) = match plan.then {
            Then::Goes => ("null".to_owned(), "null"),
            Then::Becomes(other) => (format!("\"{}\"", PLANS[other].0), "null"),
            Then::Ends => ("null".to_owned(), "true"),
        };
        format!("\"{}\" \"{until}\" {next} {ends}", PLANS[plan.plan].0)
    }

    fn set_gates(&mut self, vip: bool) -> bool {
        let gifts = self.gifts.clone().unwrap_or(Gifts { vip: false, next: 0, until: 0 });
        let gained = vip && !gifts.vip;
        let next = if gained { self.clock } else { gifts.next };
        let changed = gifts.vip != vip;
        self.gifts = Some(Gifts { vip, next, ..gifts });
        changed
    }

    /// A quote is judged by the host's clock, not by the account's, which may be ahead of it.
    fn buy(&mut self, id: u8, offer: usize, quantity: u64, quoted: i64, host: i64) -> (String, bool) {
        let body = format!("{offer} {quantity} {quoted}");
        if let Some((before, answer)) = self.orders.get(&id) {
            return (if *before == body { answer.clone() } else { "ID_REUSED".to_owned() }, false);
        }
        if quoted > host + 300 {
            return ("QUOTE_MISMATCH".to_owned(), false);
        }
        if quoted + 1800 <= host {
            return ("QUOTE_EXPIRED".to_owned(), false);
        }
        let (_, region, wait, months) = OFFERS[offer];
        let until = if months == 0 { i64::MAX } else { months_after(self.clock, i64::from(months)) };
        self.issue(Kind::Bought, region, quantity, self.clock + wait, until);
        let answer = format!("p{} {}", self.packs.len(), self.available());
        self.orders.insert(id, (body, answer.clone()));
        (answer, true)
    }

    fn draw(&self, to: usize, segments: u64) -> Result<(String, Vec<(usize, u64)>), String> {
        let region = NUMBERS[to].1;
        if region == "CA" {
            return Err("UNKNOWN_REGION unpriced_region".to_owned());
        }
        let pays = |pack: &Pack| pack.region.is_empty() || pack.region == region;
        let mut order: Vec<usize> = (0..self.packs.len()).filter(|index| pays(&self.packs[*index])).collect();
        order.sort_by_key(|index| (self.packs[*index].kind, self.packs[*index].issued, *index));
        let usable = |pack: &Pack| pack.from <= self.clock && pack.available > 0;
        let (mut missing, mut draws) = (segments, Vec::new());
        for index in order.iter().copied().filter(|index| usable(&self.packs[*index])) {
            let taken = self.packs[index].available.min(missing);
            if taken > 0 && (self.split || taken == segments) {
                draws.push((index, taken));
                missing -= taken;
            }
        }
        if missing == 0 {
            let said: Vec<String> =
                draws.iter().map(|(index, taken)| format!("p{}:{taken}", index + 1)).collect();
            return Ok((format!("{} {}", said.join(" "), self.available() - segments), draws));
        }
        let mine: Vec<&Pack> = order.iter().map(|index| &self.packs[*index]).collect();
        let left: u64 = mine.iter().filter(|pack| usable(pack)).map(|pack| pack.available).sum();
        // The last one that ended, of those for the region and the general ones.
        let ended = [region, ""].into_iter().filter_map(|region| self.ended.get(region));
        let last = ended.max_by_key(|(at, _)| *at);
        let reason = if left >= segments {
            "fragmented"
        } else if mine.iter().any(|pack| pack.from > self.clock) {
            "pending"
        } else if left > 0
            || mine.iter().any(|pack| pack.available == 0 && pack.held > 0 && pack.until > self.clock)
            || last.is_some_and(|(_, expired)| !expired)
        {
            "exhausted"
        } else if !mine.is_empty() {
            "expired"
        } else if self.packs.iter().any(|pack| !pays(pack) && pack.available > 0) {
            "wrong_region"
        } else {
            "none"
        };
        Err(format!("INSUFFICIENT_BALANCE {reason}"))
    }

    fn reserve(&mut self, id: u8, body: (usize, usize), attempt: u32) -> (String, bool) {
        let before = self.sent.get(&id).cloned();
        let mut sent = before.unwrap_or(Sent {
            body,
            due: (0, 0),
            refused: Vec::new(),
            paid: None,
            terms: self.terms,
            ended: None,
            contradicted: Vec::new(),
        });
        if sent.body != body {
            return ("ID_REUSED".to_owned(), false);
        }
        let index = attempt as usize - 1;
        match (sent.refused.get(index), &sent.paid) {
            (Some(refusal), _) => return (refusal.clone(), false),
            (None, Some((answer, _))) if index == sent.refused.len() => return (answer.clone(), false),
            (None, None) if index == sent.refused.len() => {}
            _ => return ("INVALID_INPUT".to_owned(), false),
        }
        let answer = match self.draw(body.0, body.1 as u64) {
            Ok((said, draws)) => {
                sent.terms = self.terms;
                self.set_aside(&draws);
                self.paid += 1;
                sent.due = (self.clock + HELD, self.paid);
                sent.paid = Some((said.clone(), draws));
                said
            }
            Err(refusal) => {
                sent.refused.push(refusal.clone());
                refusal
            }
        };
        self.sent.insert(id, sent);
        (answer, true)
    }

    fn set_aside(&mut self, draws: &[(usize, u64)]) {
        for (index, taken) in draws {
            let pack = &mut self.packs[*index];
            pack.available -= taken;
            *(if self.terms.submit { &mut pack.spent } else { &mut pack.held }) += taken;
        }
        self.close(draws.iter().map(|(index, _)| *index));
    }

    /// All or none; of none only the refusal of the first that was refused stays.
    fn batch(&mut self, messages: &[(u8, usize, usize, u32)]) -> (String, bool) {
        let (before, mut said, mut any) = (self.clone(), Vec::new(), false);
        for (id, to, segments, attempt) in messages {
            let (answer, written) = self.reserve(*id, (*to, *segments), *attempt);
            if !answer.starts_with('p') {
                let sent = self.sent.get(id).cloned();
                *self = before;
                if let (true, Some(sent)) = (written, sent) {
                    self.sent.insert(*id, sent);
                }
                return (answer, written);
            }
            said.push(answer);
            any |= written;
        }
        (said.join("; "), any)
    }

    /// One message after the other; nothing of it is kept.
    fn estimate(&mut self, messages: &[(usize, usize)]) -> String {
        let (mut paid, mut refused) = (BTreeMap::new(), BTreeMap::new());
        for (to, segments) in messages {
            match self.draw(*to, *segments as u64) {
                Ok((_, draws)) => {
                    self.set_aside(&draws);
                    for (index, taken) in draws {
                        *paid.entry(index + 1).or_insert(0) += taken;
                    }
                }
                Err(refusal) => {
                    let reason = refusal.split(' ').next_back().unwrap_or_default().to_owned();
                    let (messages, sum) = refused.entry((NUMBERS[*to].1, reason)).or_insert((0, 0));
                    (*messages, *sum) = (*messages + 1, *sum + segments);
                }
            }
        }
        let paid = paid.iter().map(|(pack, segments)| format!("p{pack}:{segments}"));
        let refused = refused
            .iter()
            .map(|((region, reason), (messages, sum))| format!("{region} {reason} {messages} {sum}"));
        let mut said: Vec<String> = paid.chain(refused).collect();
        said.push(self.available().to_string());
        said.join("; ")
    }

    fn so_far(sent: &Sent) -> String {
        match (&sent.ended, &sent.paid) {
            (Some(ended), _) => ended.told(false),
            (None, None) => "HOLD_ENDED".to_owned(),
            // Spent for the time being; what is left is what the answer to the message ends with.
            (None, Some((answer, _))) if sent.terms.submit => {
                format!("{} 0 0 {} not applied", sent.body.1, answer.rsplit(' ').next().unwrap())
            }
            (None, Some(_)) => "waits".to_owned(),
        }
    }

    /// `spent` absent = all.
    fn end(&mut self, id: u8, word: String, spent: Option<u64>, receipt: bool) -> (String, bool) {
        let Some(mut sent) = self.sent.get(&id).cloned() else { return ("UNKNOWN_HOLD".to_owned(), false) };
        if sent.paid.is_none() {
            return ("HOLD_ENDED".to_owned(), false);
        }
        let segments = sent.body.1 as u64;
        let spent = spent.unwrap_or(segments);
        if spent > segments {
            return ("INVALID_INPUT".to_owned(), false);
        }
        let word = if word == "all" { segments.to_string() } else { word };
        let Some(ended) = sent.ended.clone() else {
            let ended = self.decided(&mut sent, (word, receipt), spent, self.clock);
            self.sent.insert(id, sent);
            return (ended.told(true), true);
        };
        if ended.spent == spent || (receipt && sent.contradicted.contains(&word)) {
            return (ended.told(ended.word == word), false);
        }
        if !receipt {
            return ("HOLD_ENDED".to_owned(), false);
        }
        if sent.contradicted.len() >= WORDS {
            return (ended.told(false), false);
        }
        let corrected = (ended.correctable && sent.terms.corrections)
            .then(|| self.corrected(&sent, &ended, &word, spent))
            .flatten();
        let told = corrected.as_ref().map_or_else(|| ended.told(false), |corrected| corrected.told(true));
        sent.contradicted.push(if corrected.is_some() { ended.word } else { word });
        sent.ended = corrected.or(sent.ended);
        self.sent.insert(id, sent);
        (told, true)
    }

    /// What each draw of a message pays where so much of it is spent.
    fn shares(sent: &Sent, spent: u64) -> Vec<(usize, u64, u64)> {
        let Some((_, draws)) = &sent.paid else { unreachable!("only what is paid is decided") };
        let mut left = spent;
        let share = |(index, taken): &(usize, u64)| {
            let paid = left.min(*taken);
            left -= paid;
            (*index, *taken, paid)
        };
        draws.iter().map(share).collect()
    }

    /// Packs in which nothing is left have ended.
    fn close(&mut self, touched: impl Iterator<Item = usize>) {
        for index in touched {
            let pack = &self.packs[index];
            if pack.available + pack.held == 0 {
                self.ended.insert(pack.region, (self.clock, pack.expired > 0));
            }
        }
    }

    /// What becomes of a message as of an instant.
    fn decided(
        &mut self,
        sent: &mut Sent,
        (word, correctable): (String, bool),
        spent: u64,
        at: i64,
    ) -> Ended {
        let (mut back, mut lost, mut touched) = (0, 0, Vec::new());
        for (index, taken, paid) in Self::shares(sent, spent) {
            let pack = &mut self.packs[index];
            let rest = taken - paid;
            if sent.terms.submit {
                pack.spent -= rest;
            } else {
                pack.held -= taken;
                pack.spent += paid;
            }
            if rest > 0 || !sent.terms.submit {
                touched.push(index);
            }
            if pack.until <= at {
                pack.expired += rest;
                lost += rest;
            } else {
                pack.available += rest;
                back += rest;
            }
        }
        self.close(touched.into_iter());
        let ended = Ended { word, correctable, spent, back, lost, available: self.available(), at };
        sent.ended = Some(ended.clone());
        ended
    }

    /// The difference moves, within the very same packs; not at all where segments that it needs were spent meanwhile.
    fn corrected(&mut self, sent: &Sent, ended: &Ended, word: &str, spent: u64) -> Option<Ended> {
        let (mut packs, mut lost, mut touched) = (self.packs.clone(), ended.lost, Vec::new());
        for ((index, _, before), (_, _, after)) in
            Self::shares(sent, ended.spent).into_iter().zip(Self::shares(sent, spent))
        {
            let pack = &mut packs[index];
            if before != after {
                touched.push(index);
            }
            let back = before.saturating_sub(after);
            let more = after.saturating_sub(before);
            // What came back too late, or to a pack that has expired since, is breakage.
            let late = pack.until <= self.clock;
            let place = if late { &mut pack.expired } else { &mut pack.available };
            *place = (*place + back).checked_sub(more)?;
            pack.spent = pack.spent + more - back;
            if late {
                lost = (lost + back).saturating_sub(more);
            }
        }
        self.packs = packs;
        self.close(touched.into_iter());
        let unspent = sent.body.1 as u64 - spent;
        let lost = lost.min(unspent);
        let (word, available, at) = (word.to_owned(), self.available(), self.clock);
        Some(Ended { word, correctable: true, spent, back: unspent - lost, lost, available, at })
    }
}

#[test]
fn the_models_calendar_is_the_civil_one() {
    let catalog = |text: &str| crate::common::at(text).millis() / 1000;
    for (months, expected) in
        [(1, "2025-02-28"), (2, "2025-03-31"), (3, "2025-04-30"), (13, "2026-02-28"), (37, "2028-02-29")]
    {
        assert_eq!(
            months_after(catalog("2025-01-31T12:30:00Z"), months),
            catalog(&format!("{expected}T12:30:00Z"))
        );
    }
}
