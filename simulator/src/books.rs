//! What is known of one account outside the engine: its stored documents, its journal, and the model as of each call that was applied.
//!
//! Every commit that the store applies is held to both: the documents must add up by themselves, and must be what the model makes of
//! the calls that were in the commit. Which calls those were the documents say: a commit decides the first calls of an instance's
//! queue, so it is tried one call after the other until all that was written is explained.

use crate::answers::{Reply, covers};
use crate::model::Account;
use crate::operation::{Millis, Operation};
use crate::paper::BUCKETS;
use crate::seller::Terms;
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

/// Segments of each of [`BUCKETS`], as the store writes them.
type Counts = [i64; 6];

/// An account from outside.
pub(crate) struct Books {
    id: String,
    /// The last ones, the newest at the end, each with its number.
    versions: VecDeque<(u64, Rc<Account>)>,
    packages: BTreeMap<u64, Counts>,
    /// All packages together.
    sum: Counts,
    /// What the holds that are held have drawn, by package.
    drawn: BTreeMap<u64, i64>,
    holds: BTreeMap<String, Vec<(u64, i64)>>,
    /// What the journal has moved, by package and bucket.
    journal: BTreeMap<(u64, usize), i64>,
    entries: u64,
    last_at: Millis,
    hash: Value,
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(u64::MAX)
}

/// The keys of documents that are written only where something of them changes.
fn noted<'a>(keys: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    let kinds = ["hold/", "order/", "adjustment/", "voucher/", "settings"];
    keys.into_iter().filter(|key| kinds.iter().any(|kind| key.starts_with(kind))).cloned().collect()
}

fn segments(value: &Value) -> i64 {
    value.as_i64().unwrap_or(i64::MIN)
}

fn counts(value: &Value) -> Counts {
    let mut counts = [0; 6];
    for (count, value) in counts.iter_mut().zip(value.as_array().into_iter().flatten()) {
        *count = segments(value);
    }
    counts
}

fn pairs(value: &Value) -> Vec<(u64, i64)> {
    value.as_array().into_iter().flatten().map(|pair| (number(&pair[0]), segments(&pair[1]))).collect()
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
        account.paper.take();
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
            if account.paper.changed {
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
    fn add_up(&mut self, documents: &BTreeMap<String, Value>) -> Checked<Vec<Value>> {
        let head = documents.get("account").ok_or("a commit without the head")?;
        let (mut lines, mut met) = (Vec::new(), BTreeSet::new());
        for (key, document) in documents.iter().filter(|(key, _)| key.starts_with("entry/")) {
            for row in document[1].as_array().into_iter().flatten() {
                self.entries += 1;
                same("the number of an entry", &number(&row[0]), &self.entries)?;
                met.extend(row[5].as_array().into_iter().flatten().map(|posting| number(&posting[0])));
                lines.push(self.line(row)?);
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
                same("what the journal moved", &moved.abs(), count)?;
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

    /// A row of the journal as the model tells of it.
    fn line(&mut self, row: &Value) -> Checked<Value> {
        let [at, effective] = [3, 4].map(|field| row[field].as_i64().unwrap_or(Millis::MIN));
        if at < self.last_at || effective > at {
            return Err(format!("an entry out of time: {row}"));
        }
        let mut postings = BTreeMap::new();
        let mut sum = 0;
        for posting in row[5].as_array().into_iter().flatten() {
            let bucket = usize::try_from(number(&posting[1])).unwrap_or(usize::MAX);
            let (package, segments) = (number(&posting[0]), posting[2].as_i64().unwrap_or(0));
            let name = *BUCKETS.get(bucket).ok_or("a posting to no bucket")?;
            *postings.entry((package, name)).or_insert(0) += segments;
            *self.journal.entry((package, bucket)).or_insert(0) += segments;
            sum += segments;
        }
        same("the sum of an entry", &sum, &0)?;
        postings.retain(|_, segments| *segments != 0);
        self.hash = row[9].clone();
        let (low, recharge) = (&row[8][4], &row[8][6]);
        let note = match row[1].as_str() {
            Some("alarm") => low.clone(),
            Some("recharge") => json!([recharge[0], recharge[3][0].as_u64()]),
            _ => Value::Null,
        };
        let postings: Vec<_> = postings.into_iter().collect();
        let balance: BTreeMap<_, _> = BUCKETS.into_iter().zip(counts(&row[6])).collect();
        Ok(
            json!({ "kind": row[1], "reference": row[2], "at": at, "effective": effective, "postings": postings,
            "balance": balance, "note": note }),
        )
    }

    /// Tries one call after the other, and takes as many as can have led to all that was written, and to nothing else; where a commit has
    /// one call alone, as few.
    fn explain(
        &mut self,
        documents: &BTreeMap<String, Value>,
        lines: &[Value],
        candidates: &[Candidate<'_>],
        alone: bool,
    ) -> Checked<Vec<Decided>> {
        let written = noted(documents.keys());
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
            if let Some(call) = next.filter(|_| account.paper.lines.len() <= rest.len()) {
                let reply = account.call(call.operation, call.now);
                let (own, others) = rest.split_at(account.paper.lines.len().min(rest.len()));
                let fits = alike(&account.paper.lines, own);
                let all = account.paper.lines.len() == own.len()
                    && noted(&account.paper.touched).is_subset(&written);
                if account.paper.changed && fits.is_ok() && all {
                    rest = others;
                    touched.append(&mut noted(&account.paper.touched));
                    replies.push(Decided { ticket: call.ticket, reply, sure: fewest.is_none() });
                    self.push(account);
                    next = left.next();
                    continue;
                }
                if !account.paper.changed {
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
    fn passes(&mut self, rest: &mut &[Value], touched: &mut BTreeSet<String>, clock: Millis) -> bool {
        let mut account = Account::clone(&self.account());
        let at = rest.first().map_or(Some(clock), |line| line["at"].as_i64()).unwrap();
        if !account.step(at) {
            return false;
        }
        account.last_at = account.last_at.max(at);
        let count = account.paper.lines.len();
        if count > rest.len() || alike(&account.paper.lines, &rest[..count]).is_err() {
            return false;
        }
        *rest = &rest[count..];
        touched.append(&mut noted(&account.paper.touched));
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
                    same(key, &document[3], &record.told["state"])?;
                    let length = |value: &Value| value.as_array().map_or(0, Vec::len);
                    same(
                        &format!("refusals of {key}"),
                        &length(&document[10]),
                        &record.answers.iter().filter(|answer| answer.is_err()).count(),
                    )?;
                    if record.draws.is_empty() {
                        continue;
                    }
                    let draws = pairs(&document[7]).into_iter();
                    let draws = draws.flat_map(|(package, segments)| (0..segments).map(move |_| package));
                    same(key, &draws.collect(), &record.draws)?;
                    same(
                        &format!("contradictions of {key}"),
                        &length(&document[13]),
                        &record.contradictions.len(),
                    )?;
                    let became = &document[11][1];
                    let became = if became.is_null() { &json!([0, 0, 0]) } else { became };
                    let told = ["spent", "released", "expired"].map(|what| &record.told[what]);
                    same(&format!("what became of {key}"), became, &json!(told))?;
                    same(key, &document[11][0], &record.verb)?;
                }
                "order" => {
                    let (_, order) = account.paper.documents.get(key).ok_or_else(|| format!("no `{key}`"))?;
                    same(key, &document[3], &order["state"])?;
                    let package = document[9][0].as_u64().map(|number| format!("p{number}"));
                    same(key, &json!(package), &order["package"])?;
                }
                "package" => {
                    let package = account.packages.get(&number(&document[1]));
                    let package = package.ok_or_else(|| format!("no `{key}`"))?;
                    same(key, &counts(&document[6]), &BUCKETS.map(|bucket| package.counts[bucket]))?;
                    same(key, &document[2].as_str(), &Some(package.source))?;
                    let times = [7, 8, 9].map(|field| document[field].as_i64());
                    same(key, &times, &[Some(package.issued_at), Some(package.effective), package.expires])?;
                }
                _ => {}
            }
        }
        same("the head's clock", &documents["account"][6].as_i64(), &Some(account.last_at))?;
        same("the packages", &self.packages.len(), &account.packages.size())?;
        same("the totals", &counts(&documents["account"][7]), &BUCKETS.map(|bucket| account.totals[bucket]))?;
        same("the state", &documents["account"][17].as_str(), &Some(account.state))
    }

    /// The account's id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// Whether what an account has set is what the model has, and stands where it does; a recharge that was ended may be forgotten.
fn same_settings(document: &Value, account: &Account) -> Checked {
    let fired = account.fired.iter().map(|((region, below), fired)| json!([region, below, fired]));
    let mut fired: Vec<Value> = fired.collect();
    fired.sort_by_key(Value::to_string);
    same("the ceilings", &document[1], &json!(account.ceilings))?;
    same("the alarms", &document[2][0], &json!(account.thresholds))?;
    let mut found = document[3].as_array().cloned().unwrap_or_default();
    found.sort_by_key(Value::to_string);
    same("the alarms that have fired", &found, &fired)?;
    let rows = document[4].as_array().map(Vec::as_slice).unwrap_or_default();
    same("recharges", &rows.len(), &account.recharges.len())?;
    for (row, recharge) in rows.iter().zip(&account.recharges) {
        let (_, threshold, pack, day, cooldown) = recharge.set;
        let found = [&row[0], &row[2], &row[7], &row[4], &row[10][0], &row[10][2]].map(Value::clone);
        let set = [json!(threshold), json!(pack), json!(day), json!(cooldown / 1_000)];
        same("the region of a recharge", &found[0], &json!(recharge.region))?;
        same("whether a recharge is on", &found[1], &json!(recharge.enabled))?;
        same("a recharge", &&found[2..], &&set[..])?;
    }
    Ok(())
}

/// Whether the model's lines are the journal's.
fn alike(expected: &[Value], found: &[Value]) -> Checked {
    match expected.iter().zip(found).find(|(expected, found)| !covers(expected, found)) {
        Some((expected, found)) => {
            Err(format!("the journal has\n    {found}\n  and the model\n    {expected}"))
        }
        None => Ok(()),
    }
}
