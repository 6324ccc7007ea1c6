//! A native ledger that writes down what it is told and what it answers.

use crate::calls::ACCOUNT;
use serde_json::{Value, json};
use sms_ledger::calendar::{Instant, NamedZones};
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Answer, Command, Driver, Error, Message, Options, Said, Tags};
use sms_ledger::storage::{Limits, MemoryStorage};
use std::io::{self, Write};
use std::sync::Arc;

type Reply = Result<Answer, Box<Error>>;

/// As `memoryStorage` of the package has them, since a batch is as large as a commit.
const LIMITS: Limits = Limits { checks: 131_072, writes: 262_144, value_bytes: 32_768 };

/// What there is by now, so that calls can be about it.
pub(crate) struct Known {
    /// What the ledger runs on.
    pub(crate) catalog: Arc<Catalog>,
    /// Whether the account is open.
    pub(crate) opened: bool,
    /// Ids of messages that were reserved.
    pub(crate) messages: Vec<String>,
    /// Ids of orders.
    pub(crate) orders: Vec<String>,
    /// Packages issued, as far as answers have told.
    pub(crate) packages: u64,
}

impl Known {
    /// Those that were placed by themselves, of an error or of `settings`.
    fn learn_orders(&mut self, told: &Value) {
        let shown = told.get("recharges").and_then(Value::as_array).into_iter().flatten();
        let placed = shown.map(|recharge| &recharge["order"]).chain([&told["details"]["order"]]);
        for id in placed.filter_map(|order| said(order, "id")) {
            if self.orders.last().is_none_or(|last| last != id) {
                self.orders.push(id.to_owned());
            }
        }
    }

    fn learn(&mut self, call: &str, answer: &Value) {
        let id = said(answer, "id").map(str::to_owned);
        match call {
            "openAccount" => self.opened = true,
            "reserve" => self.messages.extend(id),
            "purchase" => self.orders.extend(id),
            _ => {}
        }
        let listed = if call == "packages" { answer.as_array().and_then(|all| all.last()) } else { None };
        let package = listed.and_then(|last| said(last, "id")).or_else(|| said(answer, "package"));
        let number = package.and_then(|package| package.strip_prefix('p')?.parse().ok());
        self.packages = self.packages.max(number.unwrap_or_default());
    }
}

/// A ledger, its store and its clock.
pub(crate) struct Player<'a, W> {
    /// What there is.
    pub(crate) known: Known,
    /// Its clock.
    pub(crate) now: Instant,
    /// What was said last to be due next.
    pub(crate) next_due: Option<Instant>,
    driver: Option<Driver<MemoryStorage>>,
    out: &'a mut W,
}

fn driver(catalog: &Arc<Catalog>, storage: MemoryStorage) -> Driver<MemoryStorage> {
    let options = Options { limits: LIMITS, ..Options::default() };
    Driver::new(Arc::clone(catalog), Box::new(NamedZones), options, storage)
}

fn text(reply: &Reply) -> String {
    match reply {
        Ok(answer) => answer.json(),
        Err(error) => error.json(),
    }
}

/// A property of an input that is a text.
fn said<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

fn number(input: &Value, name: &str) -> Option<u32> {
    input.get(name).and_then(Value::as_u64).map(|number| u32::try_from(number).unwrap())
}

/// The message of an input: one to reserve, or without an id one to preview.
pub(crate) fn message(catalog: &Catalog, input: &Value) -> Result<Message, Box<Error>> {
    let tags = Tags { purpose: said(input, "purpose"), project: said(input, "project") };
    let [to, text] = ["to", "text"].map(|name| said(input, name).unwrap());
    let Some(id) = said(input, "id") else { return Message::preview(catalog, to, text, tags) };
    Message::reserve(catalog, id, to, text, tags, number(input, "attempt").unwrap_or(1))
}

impl<'a, W: Write> Player<'a, W> {
    /// On an empty store.
    pub(crate) fn new(
        number: usize,
        catalog: Arc<Catalog>,
        now: Instant,
        out: &'a mut W,
    ) -> io::Result<Self> {
        writeln!(out, "{}", json!({ "ledger": number }))?;
        let driver = Some(driver(&catalog, MemoryStorage::default()));
        let known = Known { catalog, opened: false, messages: Vec::new(), orders: Vec::new(), packages: 0 };
        Ok(Self { known, now, next_due: None, driver, out })
    }

    /// Where lines go.
    pub(crate) fn out(&mut self) -> &mut W {
        self.out
    }

    /// A new ledger on the same store.
    pub(crate) fn go_on_under(&mut self, number: usize, catalog: Arc<Catalog>) -> io::Result<()> {
        writeln!(self.out, "{}", json!({ "ledger": number }))?;
        let storage = self.driver.take().unwrap().into_storage();
        self.driver = Some(driver(&catalog, storage));
        self.known.catalog = catalog;
        Ok(())
    }

    /// Makes a call of the JavaScript API, writes it down, and gives its answer, or its error.
    pub(crate) fn call(&mut self, name: &str, input: &Value) -> io::Result<Result<Value, Value>> {
        let (answer, ok) = if name == "reserveBatch" {
            self.batch(input)
        } else {
            let reply = self.reply(name, input);
            (text(&reply), reply.is_ok())
        };
        let line = json!({ "now": self.now.millis(), "call": name, "input": input, "answer": answer });
        writeln!(self.out, "{line}")?;
        let told = serde_json::from_str(&answer).unwrap();
        self.known.learn_orders(&told);
        if ok {
            self.known.learn(name, &told);
        }
        Ok(if ok { Ok(told) } else { Err(told) })
    }

    /// Writes down all that is stored.
    pub(crate) fn end(mut self) -> io::Result<()> {
        let stored = self.driver.take().unwrap().into_storage().dump();
        let stored: Vec<_> = stored.into_iter().map(|(_, key, value)| [key, value]).collect();
        writeln!(self.out, "{}", json!({ "stored": stored }))
    }

    fn run(&mut self, command: Result<Command, Box<Error>>) -> Reply {
        self.driver.as_mut().unwrap().run(ACCOUNT, command?, self.now)
    }

    fn reply(&mut self, name: &str, input: &Value) -> Reply {
        let id = said(input, "id").unwrap_or_default();
        let segments = number(input, "segments");
        match name {
            "reserve" => self.run(message(&self.known.catalog.clone(), input).map(Command::Reserve)),
            "preview" => self.run(message(&self.known.catalog.clone(), input).map(Command::Preview)),
            "settle" => self.run(Said::settle(id, segments).map(Command::Outcome)),
            "release" => self.run(Said::release(id).map(Command::Outcome)),
            "report" => {
                let stage = said(input, "stage").unwrap();
                self.run(Said::report(id, stage, said(input, "code"), segments).map(Command::Outcome))
            }
            name => self.driver.as_mut().unwrap().call(name, input, self.now),
        }
    }

    /// As `reserveBatch` answers: the results in order, and how many messages are reserved.
    fn batch(&mut self, input: &Value) -> (String, bool) {
        let messages: Vec<_> = input["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|input| message(&self.known.catalog, input).unwrap())
            .collect();
        if input["mode"] == "all_or_nothing" {
            let reply = self.run(Ok(Command::ReserveAll(messages)));
            return match &reply {
                Ok(Answer::Batch(reserved)) => {
                    let each = reserved.iter().map(|one| Answer::Reserved(one.clone()).json());
                    (results(each.map(|one| (one, true)).collect()), true)
                }
                _ => (text(&reply), false),
            };
        }
        let commands = messages.into_iter().map(Command::Reserve).collect();
        let replies = self.driver.as_mut().unwrap().run_all(ACCOUNT, commands, self.now);
        if let Some(Err(error)) = replies.first()
            && error.code.as_str() == "UNKNOWN_ACCOUNT"
        {
            return (error.json(), false);
        }
        (results(replies.iter().map(|reply| (text(reply), reply.is_ok())).collect()), true)
    }
}

fn results(each: Vec<(String, bool)>) -> String {
    let reserved = each.iter().filter(|(_, ok)| *ok).count();
    let each = each
        .into_iter()
        .map(|(text, ok)| [if ok { r#"{"ok":"# } else { r#"{"error":"# }, &text, "}"].concat());
    format!(r#"{{"reserved":{reserved},"results":[{}]}}"#, each.collect::<Vec<_>>().join(","))
}
