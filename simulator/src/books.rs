//! What is known of one account outside the engine: its stored documents, its journal, and the model as of each call that was applied.
//!
//! Every commit that the store applies is held to both: the documents must add up by themselves, and must be what the model makes of
//! the calls that were in the commit. Which calls those were the documents say: a commit decides the first calls of an instance's
//! queue, so it is tried one call after the other until all that was written is explained.

use crate::model::{Account, Counts, Line, Reply, Terms};
use crate::operation::{Millis, Operation, REGIONS};
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

/// An account from outside.
pub(crate) struct Books {
    id: String,
    /// The last ones, the newest at the end, each with its number.
    versions: VecDeque<(u64, Rc<Account>)>,
    packages: BTreeMap<u64, Counts>,
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
const KINDS: [&str; 18] = [
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
        account.lines.clear();
        account.touched.clear();
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
            for waits in [false, true] {
                let mut account = Account::clone(account);
                account.waits = waits;
                let reply = account.call(operation, now);
                if account.changed {
                    last.get_or_insert_with(|| {
                        "that changes the account, and no commit has said so".to_owned()
                    });
                } else if agrees(&reply) {
                    return Ok(());
                } else {
                    let packages = &account.packages;
                    last.get_or_insert_with(|| format!("the model says {reply:?} of {packages:?}"));
                }
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
    ) -> Checked<Vec<(u32, Reply)>> {
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
            match self.explain(&documents, &lines, &candidates[..count], candidates) {
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
        let mut lines = Vec::new();
        for (key, document) in documents.iter().filter(|(key, _)| key.starts_with("entry/")) {
            for row in document[1].as_array().into_iter().flatten() {
                self.entries += 1;
                same("the number of an entry", &number(&row[0]), &self.entries)?;
                lines.push(self.line(row)?);
            }
            same("the key of an entry", key, &format!("entry/{:016}", self.entries))?;
        }
        for (key, package) in documents.iter().filter(|(key, _)| key.starts_with("package/")) {
            let counts = counts(&package[6]);
            same(key, &counts[0], &counts[1..].iter().sum())?;
            same(key, &key.starts_with("package/open/"), &(counts[1] + counts[2] > 0))?;
            self.packages.insert(number(&package[1]), counts);
        }
        for (key, hold) in documents.iter().filter(|(key, _)| key.starts_with("hold/")) {
            let drawn = if hold[3] == "held" { pairs(&hold[7]) } else { Vec::new() };
            for (package, segments) in self.holds.insert(key.clone(), drawn.clone()).into_iter().flatten() {
                *self.drawn.entry(package).or_insert(0) -= segments;
            }
            for (package, segments) in drawn {
                *self.drawn.entry(package).or_insert(0) += segments;
            }
        }
        let mut sum = [0; 6];
        for (package, counts) in &self.packages {
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            same("what is held of a package", &self.drawn.get(package).copied().unwrap_or(0), &counts[2])?;
            for (bucket, count) in counts.iter().enumerate() {
                let moved = self.journal.get(&(*package, bucket)).copied().unwrap_or(0);
                same("what the journal moved", &moved.unsigned_abs(), count)?;
            }
        }
        same("the head's totals", &counts(&head[7]), &sum)?;
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
        let note = &row[8][6];
        let region = REGIONS.iter().position(|(_, region)| note[0] == *region);
        let recharge = region.map(|region| (region, note[3][0].as_u64()));
        Ok(Line { kind, reference: text(2), at, effective, postings, balance: counts(&row[6]), recharge })
    }

    /// Tries one call after the other until all is explained that was written.
    fn explain(
        &mut self,
        documents: &BTreeMap<String, Value>,
        lines: &[Line],
        candidates: &[Candidate<'_>],
        all: &[Candidate<'_>],
    ) -> Checked<Vec<(u32, Reply)>> {
        let records =
            |key: &&String| ["hold/", "order/", "adjustment/"].iter().any(|prefix| key.starts_with(prefix));
        let written: BTreeSet<&String> = documents.keys().filter(records).collect();
        let (mut rest, mut touched, mut replies) = (lines, BTreeSet::new(), Vec::new());
        for candidate in candidates {
            loop {
                if rest.is_empty() && self.explains(documents, &written, &touched).is_ok() {
                    return Ok(replies);
                }
                let mut account = Account::clone(&self.account());
                account.waits = matches!(candidate.operation, Operation::Reserve(message) if !documents.contains_key(&format!("hold/{}", message.id)));
                let reply = account.call(candidate.operation, candidate.now);
                let (own, others) = rest.split_at(account.lines.len().min(rest.len()));
                let explained = alike(&account.lines, own);
                let in_it = account.touched.iter().all(|key| written.contains(key));
                if account.changed && explained.is_ok() && own.len() == account.lines.len() && in_it {
                    rest = others;
                    touched.append(&mut account.touched.clone());
                    replies.push((candidate.ticket, reply));
                    self.push(account);
                    // What follows from it is its own order, unless it is that of the next call.
                    let _ = self.takes_orders(&mut rest, &mut touched);
                    break;
                }
                // A message that waits, or an `advance`, may order something and write nothing else.
                let may_order =
                    (account.waits && account.changed) || matches!(candidate.operation, Operation::Advance);
                let orders = may_order && rest.first().is_some_and(|line| line.kind == "recharge");
                if orders && self.takes_orders(&mut rest, &mut touched).is_ok() {
                    continue;
                }
                if !account.changed {
                    break;
                }
                if !self.passes(&mut rest, &mut touched, all) {
                    explained.map_err(|problem| format!("{}: {problem}", candidate.operation.name()))?;
                    break;
                }
            }
        }
        self.takes_orders(&mut rest, &mut touched)?;
        while !rest.is_empty() {
            let taken = self.passes(&mut rest, &mut touched, all);
            self.takes_orders(&mut rest, &mut touched)?;
            if !taken && !rest.is_empty() {
                return Err(format!("nobody has asked for {rest:#?}"));
            }
        }
        self.explains(documents, &written, &touched)?;
        Ok(replies)
    }

    /// Takes the next lines that say that something was ordered by itself.
    fn takes_orders(&mut self, rest: &mut &[Line], touched: &mut BTreeSet<String>) -> Checked {
        while let Some((line, others)) = rest.split_first().filter(|(line, _)| line.kind == "recharge") {
            let mut account = Account::clone(&self.account());
            account.ordered(line).map_err(|problem| format!("{line:?}: {problem}"))?;
            touched.append(&mut account.touched.clone());
            self.push(account);
            *rest = others;
        }
        Ok(())
    }

    /// Takes the next line for something that time has done by the moment of some call, if it is: of one that comes later, or changes
    /// nothing itself.
    fn passes(&mut self, rest: &mut &[Line], touched: &mut BTreeSet<String>, all: &[Candidate<'_>]) -> bool {
        let mut account = Account::clone(&self.account());
        let asks = |line: &&Line| all.iter().any(|call| call.now.max(account.last_at) == line.at);
        let Some(line) = rest.first().filter(asks) else { return false };
        account.advance(line.at, 1);
        account.last_at = account.last_at.max(line.at);
        let count = account.lines.len();
        if count == 0 || count > rest.len() || alike(&account.lines, &rest[..count]).is_err() {
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
        written: &BTreeSet<&String>,
        touched: &BTreeSet<String>,
    ) -> Checked {
        let account = self.account();
        same("the records that were written", written, &touched.iter().collect())?;
        if let Some(settings) = documents.get("settings") {
            same_recharges(&settings[4], &account)?;
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
                    same(key, &document[11][0], &held.verb())?;
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
        same("the packages", &self.packages.len(), &account.packages.len())?;
        same("the totals", &counts(&documents["account"][7]), &account.totals())?;
        same("the state", &documents["account"][17].as_str(), &Some(account.state))
    }

    /// The account's id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// Whether what is ordered by itself is as it was set; what was ended may be forgotten.
fn same_recharges(rows: &Value, account: &Account) -> Checked {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    for row in rows {
        let region = REGIONS.iter().position(|(_, region)| row[0] == *region);
        let recharge =
            region.and_then(|region| account.recharges.get(&region)).ok_or("a recharge too many")?;
        let (_, threshold, pack, day, cooldown) = recharge.set;
        let said = [&row[2], &row[7], &row[4], &row[10][0], &row[10][2]].map(Value::clone);
        let set = [json!(threshold), json!(pack), json!(day), json!(cooldown / 1_000)];
        same("whether a recharge is on", &said[0], &json!(recharge.enabled))?;
        same("a recharge", &&said[1..], &&set[..])?;
    }
    let enabled = rows.iter().filter(|row| row[2] == true).count();
    same("recharges", &enabled, &account.recharges.values().filter(|recharge| recharge.enabled).count())
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
