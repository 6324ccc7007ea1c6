//! What is known of one account outside the engine: its stored documents, its journal, and the model as of each call that was applied.
//!
//! Every commit that the store applies is held to both: the documents must add up by themselves, and must be what the model makes of
//! the calls that were in the commit. Which calls those were the documents say: a commit decides the first calls of an instance's
//! queue, so it is tried one call after the other until all that was written is explained.

use crate::model::{Account, Counts, Line, Reply, Terms, Verb, code};
use crate::operation::{Millis, Operation, REGIONS, STAGES, Word};
use serde_json::{Value, json};
use sms_ledger::storage::{Batch, Limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// What is wrong, in words.
pub(crate) type Checked<T = ()> = Result<T, String>;

/// A call that may be in a commit.
pub(crate) struct Candidate<'a> {
    pub(crate) ticket: u32,
    pub(crate) operation: &'a Operation,
    pub(crate) now: Millis,
}

/// What a call in a commit must be answered.
pub(crate) struct Decided {
    pub(crate) ticket: u32,
    pub(crate) reply: Reply,
    /// Whether it must have been in the commit: what one call has set and two others set anew and back, nobody can tell from that call
    /// alone.
    pub(crate) sure: bool,
}

/// An account from outside.
pub(crate) struct Books {
    id: String,
    /// The last ones, the newest at the end, each with its number.
    versions: VecDeque<(u64, Rc<Account>)>,
    packages: BTreeMap<u64, Counts>,
    /// All packages together.
    sum: Counts,
    /// What the holds that are held have drawn, by package.
    drawn: BTreeMap<u64, u64>,
    holds: BTreeMap<String, Vec<(u64, u64)>>,
    /// What the journal has moved, by package and bucket.
    journal: BTreeMap<(u64, usize), i64>,
    entries: u64,
    last_at: Millis,
    hash: Value,
}

/// The kinds of entries that are simulated.
const KINDS: [&str; 20] = [
    "open",
    "purchase",
    "plan",
    "plan_change",
    "schedule",
    "reserve",
    "spend",
    "settle",
    "release",
    "expire",
    "refund",
    "adjust",
    "gates",
    "suspend",
    "resume",
    "close",
    "activate",
    "recharge",
    "alarm",
    "correct",
];

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(u64::MAX)
}

fn counts(value: &Value) -> Counts {
    let mut counts = [0; 6];
    for (count, value) in counts.iter_mut().zip(value.as_array().into_iter().flatten()) {
        *count = number(value);
    }
    counts
}

fn pairs(value: &Value) -> Vec<(u64, u64)> {
    value.as_array().into_iter().flatten().map(|pair| (number(&pair[0]), number(&pair[1]))).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Checked {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}")) }
}

impl Books {
    pub(crate) fn new(id: &str, terms: Arc<Terms>) -> Self {
        Self {
            id: id.to_owned(),
            versions: VecDeque::from([(0, Rc::new(Account::new(id, terms)))]),
            packages: BTreeMap::new(),
            sum: [0; 6],
            drawn: BTreeMap::new(),
            holds: BTreeMap::new(),
            journal: BTreeMap::new(),
            entries: 0,
            last_at: Millis::MIN,
            hash: Value::Null,
        }
    }

    /// The number of the newest version.
    pub(crate) fn version(&self) -> u64 {
        self.versions.back().map_or(0, |(version, _)| *version)
    }

    /// The model as of now.
    pub(crate) fn account(&self) -> Rc<Account> {
        self.versions.back().map(|(_, account)| Rc::clone(account)).unwrap()
    }

    /// Forgets the versions before this one.
    pub(crate) fn forget(&mut self, before: u64) {
        while self.versions.len() > 1 && self.versions.front().is_some_and(|(version, _)| *version < before) {
            self.versions.pop_front();
        }
    }

    fn push(&mut self, mut account: Account) {
        account.written();
        let version = self.version() + 1;
        self.versions.push_back((version, Rc::new(account)));
    }

    /// Whether an answer that needed no commit was true at some moment since `from`, the version at which the call was made.
    pub(crate) fn was_true(
        &self,
        operation: &Operation,
        now: Millis,
        from: u64,
        agrees: &dyn Fn(&Reply) -> bool,
    ) -> Checked {
        let mut last = None;
        for (version, account) in self.versions.iter().rev() {
            if *version < from {
                break;
            }
            let mut account = Account::clone(account);
            let reply = account.call(operation, now);
            if account.changed {
                last.get_or_insert_with(|| "that changes the account, and no commit has said so".to_owned());
            } else if agrees(&reply) {
                return Ok(());
            } else {
                let packages = &account.packages;
                last.get_or_insert_with(|| format!("the model says {reply:?} of {packages:?}"));
            }
        }
        Err(last.unwrap_or_default())
    }

    /// Takes a commit that was applied: checks what it wrote, and gives the calls that were in it with the answers they must have.
    pub(crate) fn applied(
        &mut self,
        batch: &Batch,
        limits: Limits,
        candidates: &[Candidate<'_>],
    ) -> Checked<Vec<Decided>> {
        let mut documents = BTreeMap::new();
        for write in batch.writes() {
            let Some(value) = write.value else { continue };
            if value.len() > limits.value_bytes {
                return Err(format!("`{}` has {} bytes", write.key, value.len()));
            }
            let value: Value = serde_json::from_str(value).map_err(|error| error.to_string())?;
            documents.insert(write.key.to_owned(), value);
        }
        if batch.writes().len() > limits.writes || batch.checks() > limits.checks {
            return Err(format!("{} writes, {} checks", batch.writes().len(), batch.checks()));
        }
        let lines = self.add_up(&documents)?;
        // The commit decided the first calls, nobody says how many: what explains it with one fewer is looked for where all do not.
        let (version, mut problem) = (self.version(), String::new());
        for count in (0..=candidates.len()).rev() {
            // A store that takes two checks takes one call at once.
            match self.explain(&documents, &lines, &candidates[..count], limits.checks <= 2) {
                Ok(replies) => return Ok(replies),
                Err(found) if problem.is_empty() => problem = found,
                Err(_) => {}
            }
            self.versions.retain(|(known, _)| *known <= version);
        }
        Err(problem)
    }

    /// The invariants of the documents alone.
    fn add_up(&mut self, documents: &BTreeMap<String, Value>) -> Checked<Vec<Line>> {
        let head = documents.get("account").ok_or("a commit without the head")?;
        let (mut lines, mut met) = (Vec::new(), BTreeSet::new());
        for (key, document) in documents.iter().filter(|(key, _)| key.starts_with("entry/")) {
            for row in document[1].as_array().into_iter().flatten() {
                self.entries += 1;
                same("the number of an entry", &number(&row[0]), &self.entries)?;
                let line = self.line(row)?;
                met.extend(line.postings.keys().map(|(package, _)| *package));
                lines.push(line);
            }
            same("the key of an entry", key, &format!("entry/{:016}", self.entries))?;
        }
        for (key, package) in documents.iter().filter(|(key, _)| key.starts_with("package/")) {
            let counts = counts(&package[6]);
            same(key, &counts[0], &counts[1..].iter().sum())?;
            same(key, &key.starts_with("package/open/"), &(counts[1] + counts[2] > 0))?;
            let before = self.packages.insert(number(&package[1]), counts).unwrap_or_default();
            for (sum, (before, count)) in self.sum.iter_mut().zip(before.into_iter().zip(counts)) {
                *sum = *sum + count - before;
            }
            met.insert(number(&package[1]));
        }
        for (key, hold) in documents.iter().filter(|(key, _)| key.starts_with("hold/")) {
            let drawn = if hold[3] == "held" { pairs(&hold[7]) } else { Vec::new() };
            for (package, segments) in self.holds.insert(key.clone(), drawn.clone()).into_iter().flatten() {
                *self.drawn.entry(package).or_insert(0) -= segments;
                met.insert(package);
            }
            for (package, segments) in drawn {
                *self.drawn.entry(package).or_insert(0) += segments;
                met.insert(package);
            }
        }
        for package in met {
            let counts = self.packages.get(&package).ok_or("what moves is no package's")?;
            same("what is held of a package", &self.drawn.get(&package).copied().unwrap_or(0), &counts[2])?;
            for (bucket, count) in counts.iter().enumerate() {
                let moved = self.journal.get(&(package, bucket)).copied().unwrap_or(0);
                same("what the journal moved", &moved.unsigned_abs(), count)?;
            }
        }
        same("the head's totals", &counts(&head[7]), &self.sum)?;
        same("the head's entries", &number(&head[8]), &self.entries)?;
        same("the head's packages", &number(&head[9]), &u64::try_from(self.packages.len()).unwrap())?;
        same("the head's hash", &head[10], &self.hash)?;
        let last_at = head[6].as_i64().unwrap_or(Millis::MIN);
        if last_at < self.last_at {
            return Err(format!("the clock ran back from {} to {last_at}", self.last_at));
        }
        self.last_at = last_at;
        Ok(lines)
    }

    fn line(&mut self, row: &Value) -> Checked<Line> {
        let [at, effective] = [3, 4].map(|field| row[field].as_i64().unwrap_or(Millis::MIN));
        if at < self.last_at || effective > at {
            return Err(format!("an entry out of time: {row}"));
        }
        let mut postings = BTreeMap::new();
        let mut sum = 0;
        for posting in row[5].as_array().into_iter().flatten() {
            let bucket = usize::try_from(number(&posting[1])).unwrap_or(usize::MAX);
            let (package, segments) = (number(&posting[0]), posting[2].as_i64().unwrap_or(0));
            *postings.entry((package, bucket)).or_insert(0) += segments;
            *self.journal.entry((package, bucket)).or_insert(0) += segments;
            sum += segments;
        }
        same("the sum of an entry", &sum, &0)?;
        postings.retain(|_, segments| *segments != 0);
        self.hash = row[9].clone();
        let text = |field: usize| row[field].as_str().unwrap_or_default().to_owned();
        let kind = KINDS.iter().find(|kind| row[1] == **kind).copied().unwrap_or("unknown");
        let (low, recharge) = (&row[8][4], &row[8][6]);
        let note = match kind {
            "alarm" => low.clone(),
            "recharge" => json!([recharge[0], recharge[3][0].as_u64()]),
            _ => Value::Null,
        };
        Ok(Line { kind, reference: text(2), at, effective, postings, balance: counts(&row[6]), note })
    }

    /// Tries one call after the other, and takes as many as can have led to all that was written, and to nothing else; where a commit has
    /// one call alone, as few.
    fn explain(
        &mut self,
        documents: &BTreeMap<String, Value>,
        lines: &[Line],
        candidates: &[Candidate<'_>],
        alone: bool,
    ) -> Checked<Vec<Decided>> {
        let kinds = ["hold/", "order/", "adjustment/", "voucher/", "settings"];
        let records = |key: &&String| kinds.iter().any(|kind| key.starts_with(kind));
        let written: BTreeSet<String> = documents.keys().filter(records).cloned().collect();
        let clock = documents["account"][6].as_i64().unwrap_or(Millis::MIN);
        let (mut rest, mut touched, mut replies) = (lines, BTreeSet::new(), Vec::new());
        let (mut whole, mut fewest, mut problem) = (None, None, String::new());
        let mut left = candidates.iter();
        let mut next = left.next();
        loop {
            if rest.is_empty() {
                match self.explains(documents, &written, &touched) {
                    Ok(()) => {
                        whole = Some((replies.len(), self.version()));
                        fewest = fewest.or(Some(replies.len()));
                    }
                    Err(found) => problem = found,
                }
            }
            if alone && whole.is_some() {
                break;
            }
            let mut account = Account::clone(&self.account());
            if let Some(call) = next {
                account.advance(call.now.max(account.last_at), rest.len());
            }
            // Whoever waits for more than was written is not in it.
            if let Some(call) = next.filter(|_| account.lines.len() <= rest.len()) {
                let reply = account.call(call.operation, call.now);
                let (own, others) = rest.split_at(account.lines.len().min(rest.len()));
                let fits = alike(&account.lines, own);
                let all = account.lines.len() == own.len() && account.touched.is_subset(&written);
                if account.changed && fits.is_ok() && all {
                    rest = others;
                    touched.append(&mut account.touched.clone());
                    replies.push(Decided { ticket: call.ticket, reply, sure: fewest.is_none() });
                    self.push(account);
                    next = left.next();
                    continue;
                }
                if !account.changed {
                    next = left.next();
                    continue;
                }
                if let Err(found) = fits {
                    problem = format!("{}: {found}", call.operation.name());
                }
            }
            if self.passes(&mut rest, &mut touched, clock) {
                continue;
            }
            if next.is_none() || whole.is_some() {
                break;
            }
            next = left.next();
        }
        let Some((count, version)) = whole else {
            let line =
                rest.first().map(|line| format!("nobody has asked for {line:?}; ")).unwrap_or_default();
            return Err(format!("{line}{problem}"));
        };
        replies.truncate(count);
        self.versions.retain(|(known, _)| *known <= version);
        Ok(replies)
    }

    /// Takes the next lines for what time has done next by then, if they are.
    fn passes(&mut self, rest: &mut &[Line], touched: &mut BTreeSet<String>, clock: Millis) -> bool {
        let mut account = Account::clone(&self.account());
        let at = rest.first().map_or(clock, |line| line.at);
        if !account.step(at) {
            return false;
        }
        account.last_at = account.last_at.max(at);
        let count = account.lines.len();
        if count > rest.len() || alike(&account.lines, &rest[..count]).is_err() {
            return false;
        }
        *rest = &rest[count..];
        touched.append(&mut account.touched.clone());
        self.push(account);
        true
    }

    /// Whether the model, as it is now, is what the documents say.
    fn explains(
        &self,
        documents: &BTreeMap<String, Value>,
        written: &BTreeSet<String>,
        touched: &BTreeSet<String>,
    ) -> Checked {
        let account = self.account();
        same("the records that were written", written, touched)?;
        if let Some(settings) = documents.get("settings") {
            same_settings(settings, &account)?;
        }
        for (key, document) in documents {
            let Some((kind, id)) = key.split_once('/') else { continue };
            match kind {
                "hold" => {
                    let record = account.records.get(id).ok_or_else(|| format!("no `{key}`"))?;
                    same(key, &document[3].as_str(), &Some(record.state()))?;
                    let length = |value: &Value| value.as_array().map_or(0, Vec::len);
                    same(&format!("refusals of {key}"), &length(&document[10]), &record.refusals.len())?;
                    let Some(held) = &record.held else { continue };
                    same(key, &pairs(&document[7]), &held.draws)?;
                    same(
                        &format!("contradictions of {key}"),
                        &length(&document[13]),
                        &held.contradictions.len(),
                    )?;
                    let became = &document[11][1];
                    let became =
                        if became.is_null() { [0; 3] } else { [0, 1, 2].map(|index| number(&became[index])) };
                    same(&format!("what became of {key}"), &became, &held.became)?;
                    same(key, &document[11][0], &word(&held.verb))?;
                }
                "order" => {
                    let order = account.orders.get(id).ok_or_else(|| format!("no `{key}`"))?;
                    same(key, &document[3].as_str(), &Some(order.state))?;
                    let package = order.issued.map(|issued| issued.0);
                    same(key, &document[9][0].as_u64(), &package)?;
                }
                "package" => {
                    let package = account.packages.get(&number(&document[1]));
                    let package = package.ok_or_else(|| format!("no `{key}`"))?;
                    same(key, &counts(&document[6]), &package.counts)?;
                    same(key, &document[2].as_str(), &Some(package.source))?;
                    let times = [7, 8, 9].map(|field| document[field].as_i64());
                    same(key, &times, &[Some(package.issued_at), Some(package.effective), package.expires])?;
                }
                _ => {}
            }
        }
        same("the head's clock", &documents["account"][6].as_i64(), &Some(account.last_at))?;
        same("the packages", &self.packages.len(), &account.packages.size())?;
        same("the totals", &counts(&documents["account"][7]), &account.totals)?;
        same("the state", &documents["account"][17].as_str(), &Some(account.state))
    }

    /// The account's id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// What ended a message, as the store writes it.
fn word(verb: &Verb) -> Value {
    match verb {
        Verb::Held => Value::Null,
        Verb::Submitted => json!("submit"),
        Verb::TimedOut => json!("timed_out"),
        Verb::Said(Word::Settle(segments)) => json!({ "settle": segments }),
        Verb::Said(Word::Release) => json!("release"),
        Verb::Said(Word::Report(stage, part)) => json!({ "report": [STAGES[*stage], null, part] }),
    }
}

/// Whether what an account has set is what the model has, and stands where it does; a recharge that was ended may be forgotten.
fn same_settings(document: &Value, account: &Account) -> Checked {
    let set = &account.set;
    let ceilings = set.ceilings.iter().flatten().map(|(region, hour, day)| json!([code(*region), hour, day]));
    let ceilings = set.ceilings.as_ref().map(|_| ceilings.collect::<Vec<_>>());
    let alarms = set.thresholds.iter().flatten();
    let alarms = alarms.map(|(region, below, margin)| json!([code(*region), below, margin]));
    let alarms = set.thresholds.as_ref().map(|_| alarms.collect::<Vec<_>>());
    let fired = set.fired.iter().map(|((region, below), fired)| json!([code(*region), below, fired]));
    let mut fired: Vec<Value> = fired.collect();
    fired.sort_by_key(Value::to_string);
    same("the ceilings", &document[1], &json!(ceilings))?;
    same("the alarms", &document[2][0], &json!(alarms))?;
    let mut found = document[3].as_array().cloned().unwrap_or_default();
    found.sort_by_key(Value::to_string);
    same("the alarms that have fired", &found, &fired)?;
    let rows = document[4].as_array().map(Vec::as_slice).unwrap_or_default();
    same("recharges", &rows.len(), &account.recharges.len())?;
    for (row, recharge) in rows.iter().zip(&account.recharges) {
        let (_, threshold, pack, day, cooldown) = recharge.set;
        let found = [&row[0], &row[2], &row[7], &row[4], &row[10][0], &row[10][2]].map(Value::clone);
        let set = [json!(threshold), json!(pack), json!(day), json!(cooldown / 1_000)];
        same("the region of a recharge", &found[0], &json!(REGIONS[recharge.region].1))?;
        same("whether a recharge is on", &found[1], &json!(recharge.enabled))?;
        same("a recharge", &&found[2..], &&set[..])?;
    }
    Ok(())
}

/// Whether the model's lines are the journal's; it leaves some references open.
fn alike(expected: &[Line], found: &[Line]) -> Checked {
    for (expected, found) in expected.iter().zip(found) {
        let mut known = expected.clone();
        if known.reference.is_empty() {
            known.reference.clone_from(&found.reference);
        }
        if known != *found {
            return Err(format!("the journal has\n    {found:?}\n  and the model\n    {expected:?}"));
        }
    }
    Ok(())
}
