//! A ledger with a clock of its own and one account, `acme`.

use super::shared::Shared;
use super::{Reply, at, cloutly, reply};
use serde_json::{Value, json};
use sms_ledger::calendar::{Instant, NamedZones, Zones};
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Command, Driver, Message, Options, Said, Tags, parse};
use sms_ledger::ledger::Entry;
use sms_ledger::pricing::{QuoteRequest, quote};
use sms_ledger::storage::{Hex, decode_entries};
use std::sync::Arc;

pub(crate) const ACCOUNT: &str = "acme";

pub(crate) struct World {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) store: Shared,
    pub(crate) driver: Driver<Shared>,
    pub(crate) now: Instant,
}

impl World {
    pub(crate) fn new(now: &str) -> Self {
        Self::of(cloutly(), now)
    }

    pub(crate) fn of(catalog: Arc<Catalog>, now: &str) -> Self {
        Self::with(catalog, now, Options::default())
    }

    pub(crate) fn with(catalog: Arc<Catalog>, now: &str, options: Options) -> Self {
        let store = Shared::default();
        let driver = Driver::new(Arc::clone(&catalog), Box::new(NamedZones), options, store.clone());
        Self { catalog, store, driver, now: at(now) }
    }

    /// Opened without a plan.
    pub(crate) fn opened(now: &str) -> Self {
        Self::opened_of(cloutly(), now)
    }

    pub(crate) fn opened_of(catalog: Arc<Catalog>, now: &str) -> Self {
        let mut world = Self::of(catalog, now);
        world.open(json!({})).unwrap();
        world
    }

    /// With so many packages of one segment for Australia.
    pub(crate) fn with_single_segments(packages: u32, now: &str, options: Options) -> Self {
        let catalog = super::changed(|catalog| {
            catalog["offers"][0]["quantity"] = json!({ "step": 1, "min": 1, "max": 1000 });
        });
        let mut world = Self::with(catalog, now, options);
        world.open(json!({})).unwrap();
        for number in 0..packages {
            world.buy(&format!("o{number}"), "pack-au", 1);
        }
        world
    }

    /// Another process on the same store.
    pub(crate) fn again(&self) -> Self {
        self.again_with(Options::default())
    }

    pub(crate) fn again_with(&self, options: Options) -> Self {
        let (catalog, store) = (Arc::clone(&self.catalog), self.store.clone());
        let driver = Driver::new(Arc::clone(&catalog), Box::new(NamedZones), options, store.clone());
        Self { catalog, store, driver, now: self.now }
    }

    /// A new process on a host with other zone rules.
    pub(crate) fn again_in(&self, zones: Box<dyn Zones>) -> Self {
        let (catalog, store) = (Arc::clone(&self.catalog), self.store.clone());
        let driver = Driver::new(Arc::clone(&catalog), zones, Options::default(), store.clone());
        Self { catalog, store, driver, now: self.now }
    }

    /// A new process under another catalog.
    pub(crate) fn again_under(&self, catalog: Arc<Catalog>) -> Self {
        let store = self.store.clone();
        let driver =
            Driver::new(Arc::clone(&catalog), Box::new(NamedZones), Options::default(), store.clone());
        Self { catalog, store, driver, now: self.now }
    }

    pub(crate) fn at(&mut self, now: &str) -> &mut Self {
        self.now = at(now);
        self
    }

    pub(crate) fn call(&mut self, name: &str, mut input: Value) -> Reply {
        let key = if name == "openAccount" { "id" } else { "account" };
        input.as_object_mut().unwrap().entry(key).or_insert_with(|| json!(ACCOUNT));
        reply(self.driver.call(name, &input, self.now))
    }

    pub(crate) fn open(&mut self, input: Value) -> Reply {
        self.call("openAccount", input)
    }

    pub(crate) fn run(&mut self, command: Command) -> Reply {
        reply(self.driver.run(ACCOUNT, command, self.now))
    }

    pub(crate) fn message(&self, id: &str, to: &str, text: &str, attempt: u32) -> Command {
        self.tagged(id, to, text, Tags::default(), attempt)
    }

    /// With what is said of it beside its number and text.
    pub(crate) fn tagged(&self, id: &str, to: &str, text: &str, tags: Tags<'_>, attempt: u32) -> Command {
        Command::Reserve(Message::reserve(&self.catalog, id, to, text, tags, attempt).unwrap())
    }

    pub(crate) fn reserve(&mut self, id: &str, to: &str, text: &str) -> Reply {
        self.attempt(id, to, text, 1)
    }

    pub(crate) fn attempt(&mut self, id: &str, to: &str, text: &str, attempt: u32) -> Reply {
        let command = self.message(id, to, text, attempt);
        self.run(command)
    }

    pub(crate) fn preview(&mut self, to: &str, text: &str) -> Reply {
        self.run(Command::Preview(Message::preview(&self.catalog, to, text, Tags::default()).unwrap()))
    }

    pub(crate) fn settle(&mut self, id: &str, segments: Option<u32>) -> Reply {
        self.run(Command::Outcome(Said::settle(id, segments).unwrap()))
    }

    pub(crate) fn release(&mut self, id: &str) -> Reply {
        self.run(Command::Outcome(Said::release(id).unwrap()))
    }

    pub(crate) fn report(&mut self, id: &str, stage: &str, code: Option<&str>) -> Reply {
        self.run(Command::Outcome(Said::report(id, stage, code, None).unwrap()))
    }

    /// A report that so many segments arrived.
    pub(crate) fn report_part(&mut self, id: &str, segments: u32) -> Reply {
        self.run(Command::Outcome(Said::report(id, "delivered", None, Some(segments)).unwrap()))
    }

    pub(crate) fn quote(&self, offer: &str, quantity: u64) -> Value {
        let request = QuoteRequest { offer: offer.into(), quantity, ..QuoteRequest::default() };
        serde_json::from_str(&quote(&self.catalog, &request, self.now).unwrap().json()).unwrap()
    }

    pub(crate) fn purchase(&mut self, id: &str, quote: &Value) -> Reply {
        self.call("purchase", json!({ "id": id, "quote": quote, "payment": { "reference": "pay-1" } }))
    }

    /// Bought at today's price.
    pub(crate) fn buy(&mut self, id: &str, offer: &str, quantity: u64) -> Value {
        let quote = self.quote(offer, quantity);
        self.purchase(id, &quote).unwrap()
    }

    pub(crate) fn parsed(&self, name: &str, input: &Value) -> Command {
        parse(&self.catalog, name, input).unwrap().1
    }

    pub(crate) fn balance(&mut self) -> Value {
        self.call("balance", json!({})).unwrap()
    }

    /// `available held spent expired`.
    pub(crate) fn counts(&mut self) -> [u64; 4] {
        let balance = self.balance();
        ["available", "held", "spent", "expired"].map(|name| balance[name].as_u64().unwrap())
    }

    pub(crate) fn packages(&mut self) -> Vec<Value> {
        let packages = self.call("packages", json!({})).unwrap();
        packages.as_array().unwrap().clone()
    }

    /// The kinds of all entries, in order.
    pub(crate) fn journal(&mut self) -> Vec<String> {
        let page = self.call("entries", json!({ "limit": 1000 })).unwrap();
        page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Changes the last line of the journal, and reckons its hash and the head's anew: what a forger does who knows how.
    pub(crate) fn forge(&mut self, change: impl FnOnce(&mut Value)) {
        let documents = self.store.documents();
        let journal: Vec<_> = documents.iter().filter(|(_, key, _)| key.starts_with("entry/")).collect();
        let entries = |(_, key, value): &&(String, String, String)| decode_entries(key, value).unwrap();
        let all: Vec<Entry> = journal.iter().flat_map(entries).collect();
        let [.., before, last] = all.as_slice() else { panic!("two entries at least") };
        let (_, key, value) = journal.last().unwrap();
        let mut document: Value = serde_json::from_str(value).unwrap();
        change(document[1].as_array_mut().unwrap().last_mut().unwrap());
        let changed = decode_entries(key, &document.to_string()).unwrap();
        let hash = changed.last().unwrap().chained(&before.hash, &mut Vec::new());
        let (old, new) = (Hex(last.hash).to_string(), Hex(hash).to_string());
        self.store.put(key, Some(&document.to_string().replace(&old, &new)));
        self.store.tamper("account", |account| account.replace(&old, &new));
    }

    /// Everything stored, which must follow from the journal.
    pub(crate) fn proven(&mut self) -> Vec<(String, String, String)> {
        let proof = self.call("verify", json!({})).unwrap();
        assert_eq!(proof["ok"], true, "{proof}");
        self.store.dump()
    }
}
