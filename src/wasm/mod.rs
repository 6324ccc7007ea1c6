//! The module's exports. The only room that sees JavaScript's values; it holds no rule. `docs/boundary.md` is its contract.
//!
//! Every export is synchronous and returns data. What is wrong with a call becomes the answer to its ticket.

mod batch;
mod catalogs;
mod data;
mod numbers;
mod prices;
mod texts;
mod words;
mod zones;

use crate::calendar::Instant;
use crate::catalog::{Catalog, CatalogError};
use crate::engine::{
    Code, Command, Error, Estimate, Message, Options, Result, Said, Sequencer, Tags, check_id, parse,
    read_request,
};
use crate::pricing::{Quote, quote};
use crate::shape::{Fields, Report, ToJson};
use crate::storage::Limits;
use data::data;
use serde_json::{Value, json};
use std::sync::Arc;
use wasm_bindgen::prelude::*;
use words::Output;
use zones::HostZones;

const LIMITS: [&str; 6] = ["checks", "writes", "valueBytes", "exclusive", "cacheBytes", "queue"];

/// What the store can take, and how much may be kept. The driver has checked it.
fn options(limits: &JsValue) -> Options {
    let usual = Options::default();
    let Ok(limits) = data(limits) else { return usual };
    let report = Report::default();
    let fields = Fields::of(&limits, String::new(), &LIMITS, &report);
    let size = |name: &str, usual: usize| {
        let given = fields.get(name).and_then(Value::as_u64);
        given.and_then(|given| usize::try_from(given).ok()).unwrap_or(usual)
    };
    Options {
        limits: Limits {
            checks: size("checks", usual.limits.checks),
            writes: size("writes", usual.limits.writes),
            value_bytes: size("valueBytes", usual.limits.value_bytes).min(usual.limits.value_bytes),
        },
        exclusive: fields.flag("exclusive"),
        cache_bytes_max: size("cacheBytes", usual.cache_bytes_max),
        queue_max: size("queue", usual.queue_max),
    }
}

/// The engine behind the boundary.
#[wasm_bindgen]
pub struct Engine {
    zone_offset: js_sys::Function,
    options: Options,
    sequencer: Option<Sequencer>,
    output: Output,
}

#[wasm_bindgen]
impl Engine {
    /// An engine without a catalog: `loadCatalog` comes next.
    #[wasm_bindgen(constructor)]
    pub fn new(zone_offset: js_sys::Function, limits: &JsValue) -> Self {
        Self { zone_offset, options: options(limits), sequencer: None, output: Output::default() }
    }

    /// Checks a catalog and starts with it.
    #[wasm_bindgen(js_name = loadCatalog)]
    pub fn load_catalog(&mut self, catalog: &JsValue) -> String {
        let zones = Box::new(HostZones(self.zone_offset.clone()));
        let loaded = data(catalog)
            .map_err(|misfit| CatalogError::one(&misfit.path, &misfit.message))
            .and_then(|catalog| Catalog::from_value(&catalog)?.in_zones(&*zones))
            .map_err(Box::<Error>::from);
        tagged(loaded.map(|catalog| {
            self.sequencer = Some(Sequencer::new(Arc::new(catalog), zones, self.options));
        }))
    }

    /// Queues a `reserve`, or with `preview` the same decision without a commit.
    #[expect(clippy::too_many_arguments, reason = "plain arguments cross the boundary fastest")]
    #[expect(clippy::needless_pass_by_value, reason = "how an optional string crosses the boundary")]
    pub fn reserve(
        &mut self,
        ticket: u32,
        now: f64,
        account: &str,
        id: &str,
        to: &str,
        text: &str,
        attempt: u32,
        preview: bool,
        purpose: Option<String>,
        project: Option<String>,
    ) {
        let tags = Tags { purpose: purpose.as_deref(), project: project.as_deref() };
        self.queue(ticket, now, account, |catalog| {
            if preview {
                return Message::preview(catalog, to, text, tags).map(Command::Preview);
            }
            Message::reserve(catalog, id, to, text, tags, attempt).map(Command::Reserve)
        });
    }

    /// Queues the messages of a batch: each by itself under a ticket of its own, counted up from `ticket`, or, with `all`, as one
    /// decision.
    #[wasm_bindgen(js_name = reserveBatch)]
    pub fn reserve_batch(
        &mut self,
        ticket: u32,
        now: f64,
        account: &str,
        all: bool,
        text: &str,
        words: &[u32],
    ) {
        if all {
            return self.queue(ticket, now, account, |catalog| {
                let messages = batch::messages(catalog, text, words).enumerate();
                let messages =
                    messages.map(|(index, message)| message.map_err(|error| error.in_batch(index)));
                messages.collect::<Result<_>>().map(Command::ReserveAll)
            });
        }
        let Some(catalog) = self.sequencer.as_ref().map(|sequencer| Arc::clone(sequencer.catalog())) else {
            return;
        };
        for (ticket, message) in (ticket..).zip(batch::messages(&catalog, text, words)) {
            self.queue(ticket, now, account, |_| message.map(Command::Reserve));
        }
    }

    /// Queues an `estimate` of messages as of an instant, or, where that is no number, of now.
    pub fn estimate(&mut self, ticket: u32, now: f64, account: &str, at: f64, text: &str, words: &[u32]) {
        self.queue(ticket, now, account, |catalog| {
            let at = if at.is_nan() { None } else { Some(instant_of("at", at)?) };
            let messages = batch::estimated(catalog, text, words);
            Ok(Command::Estimate(Box::new(Estimate::of(messages, at))))
        });
    }

    /// Queues a `settle`; -1 segments = all.
    pub fn settle(&mut self, ticket: u32, now: f64, account: &str, id: &str, segments: f64) {
        self.queue(ticket, now, account, |_| {
            let segments = if segments < 0.0 { None } else { Some(whole(segments)) };
            Said::settle(id, segments).map(Command::Outcome)
        });
    }

    /// Queues a `release`.
    pub fn release(&mut self, ticket: u32, now: f64, account: &str, id: &str) {
        self.queue(ticket, now, account, |_| Said::release(id).map(Command::Outcome));
    }

    /// Queues a `report`; -1 segments = all, or none, as the stage says.
    #[expect(clippy::needless_pass_by_value, reason = "how an optional string crosses the boundary")]
    #[expect(clippy::too_many_arguments, reason = "plain arguments cross the boundary fastest")]
    pub fn report(
        &mut self,
        ticket: u32,
        now: f64,
        account: &str,
        id: &str,
        stage: &str,
        code: Option<String>,
        segments: f64,
    ) {
        self.queue(ticket, now, account, |_| {
            let segments = if segments < 0.0 { None } else { Some(whole(segments)) };
            Said::report(id, stage, code.as_deref(), segments).map(Command::Outcome)
        });
    }

    /// Queues any other command by its name.
    pub fn enqueue(&mut self, ticket: u32, now: f64, name: &str, input: &JsValue) {
        let Some(sequencer) = &mut self.sequencer else { return };
        let parsed = input_data(input).and_then(|input| parse(sequencer.catalog(), name, &input));
        match parsed.and_then(|parsed| Ok((parsed, instant(now)?))) {
            Ok(((account, command), now)) => sequencer.enqueue(ticket, &account, command, now),
            Err(error) => sequencer.finish(ticket, Err(error)),
        }
    }

    /// The rule by which the catalog counts segments.
    pub fn counting(&self) -> String {
        tagged(self.catalog().map(|catalog| catalog.policy.counting))
    }

    /// What an offer costs, at once.
    pub fn quote(&self, now: f64, input: &JsValue) -> String {
        tagged(self.try_quote(now, input))
    }

    /// What many offers cost, at once, as words; a record is missing where `quote` has something to say.
    pub fn quotes(&self, now: f64, asked: &[u32]) -> Vec<u32> {
        match (self.catalog(), instant(now)) {
            (Ok(catalog), Ok(now)) => prices::quotes(catalog, now, asked),
            _ => Vec::new(),
        }
    }

    /// The totals alone.
    pub fn totals(&self, now: f64, asked: &[u32]) -> Vec<u32> {
        match (self.catalog(), instant(now)) {
            (Ok(catalog), Ok(now)) => prices::totals(catalog, now, asked),
            _ => Vec::new(),
        }
    }

    /// What the driver must do now, as words.
    pub fn poll(&mut self) -> Vec<u32> {
        let Some(sequencer) = &mut self.sequencer else { return Vec::new() };
        let (actions, finished) = sequencer.poll();
        self.output.fill(actions, finished)
    }

    /// The text of the last `poll`.
    pub fn text(&mut self) -> String {
        self.output.take_text()
    }

    /// What a READ brought.
    pub fn loaded(&mut self, read: u32, text: &str, lengths: &[u32]) {
        let Some(sequencer) = &mut self.sequencer else { return };
        match words::read_loaded(sequencer.shape(read), text, lengths) {
            Some(loaded) => sequencer.loaded(read, loaded),
            None => sequencer.read_failed(read, "the reply could not be carried over"),
        }
    }

    /// A READ that failed.
    #[wasm_bindgen(js_name = readFailed)]
    pub fn read_failed(&mut self, read: u32, message: &str) {
        if let Some(sequencer) = &mut self.sequencer {
            sequencer.read_failed(read, message);
        }
    }

    /// A COMMIT that was applied.
    pub fn committed(&mut self, commit: u32, revision: &str) {
        if let Some(sequencer) = &mut self.sequencer {
            sequencer.committed(commit, revision);
        }
    }

    /// A COMMIT that was certainly not applied.
    #[expect(clippy::needless_pass_by_value, reason = "how a list of strings crosses the boundary")]
    pub fn refused(&mut self, commit: u32, stale: Vec<String>) {
        if let Some(sequencer) = &mut self.sequencer {
            sequencer.refused(commit, &stale);
        }
    }

    /// A COMMIT whose outcome is not known.
    pub fn unknown(&mut self, commit: u32, message: &str) {
        if let Some(sequencer) = &mut self.sequencer {
            sequencer.unknown(commit, message);
        }
    }

    /// An account was written by something else than a command.
    pub fn forget(&mut self, account: &str) {
        if let Some(sequencer) = &mut self.sequencer {
            sequencer.forget(account);
        }
    }

    fn queue(
        &mut self,
        ticket: u32,
        now: f64,
        account: &str,
        command: impl FnOnce(&Catalog) -> Result<Command>,
    ) {
        let Some(sequencer) = &mut self.sequencer else { return };
        let checked = check_id("account", account).and_then(|()| command(sequencer.catalog()));
        match checked.and_then(|command| Ok((command, instant(now)?))) {
            Ok((command, now)) => sequencer.enqueue(ticket, account, command, now),
            Err(error) => sequencer.finish(ticket, Err(error)),
        }
    }

    fn catalog(&self) -> Result<&Catalog> {
        let sequencer = self.sequencer.as_ref();
        let catalog = sequencer.map(|sequencer| &**sequencer.catalog());
        catalog.ok_or_else(|| Error::new(Code::InvalidCatalog, "no catalog is loaded", json!({})))
    }

    fn try_quote(&self, now: f64, input: &JsValue) -> Result<Quote> {
        let catalog = self.catalog()?;
        let request = read_request(&input_data(input)?)?;
        let made = quote(catalog, &request, instant(now)?);
        made.map_err(|error| {
            let mut error = Box::<Error>::from(error);
            error.name_for(catalog);
            error
        })
    }
}

fn input_data(input: &JsValue) -> Result<Value> {
    data(input).map_err(|misfit| Error::input(&misfit.path, misfit.message))
}

fn tagged(result: Result<impl ToJson>) -> String {
    match result {
        Ok(value) => ["{\"ok\":", &value.json(), "}"].concat(),
        Err(error) => ["{\"error\":", &error.json(), "}"].concat(),
    }
}

fn instant(now: f64) -> Result<Instant> {
    instant_of("now", now)
}

fn instant_of(path: &str, at: f64) -> Result<Instant> {
    let millis = if at.is_finite() { millis(at) } else { i64::MIN };
    Instant::from_millis(millis).map_err(|error| Error::input(path, error))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "saturating, and checked by the caller"
)]
fn millis(now: f64) -> i64 {
    now as i64
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturating; the facade takes whole numbers only"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

/// Keeps the message of a panic where the driver finds it when the module traps.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let message = JsValue::from_str(&panic.to_string());
        drop(js_sys::Reflect::set(&js_sys::global(), &JsValue::from_str("__smsLedgerPanic"), &message));
    }));
}
