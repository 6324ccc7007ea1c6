//! A catalog out of a document, and what makes one valid: every problem, with the path of what is wrong.
//!
//! One pass reads and checks: whatever has the wrong shape is noted and left out, and the rest is looked at all the same.

mod holds;
pub(crate) mod limits;
mod offers;
mod policy;
mod prices;
#[cfg(test)]
mod tests;

use super::offer::Quantity;
use super::plan::{Plan, Rollover, Schedule};
use super::policy::{LegacyModel, LegacyRate, SellerError};
use super::{Catalog, CatalogRegion, FORMAT, QUANTITY_MAX};
use crate::money::Price;
use crate::numbering::Region;
use crate::shape::expected::{CURRENCY, MONEY, REGION, TIME};
use crate::shape::{Fields, Report, twice};
use offers::Around;
use serde_json::Value;
use std::sync::Arc;

/// Most further periods that credits roll over into: ten years.
const ROLLOVER_PERIODS_MAX: u32 = 120;
/// Most schedules of a catalog, so that an account's head can always be stored: it knows of each how far it is.
const SCHEDULES_MAX: usize = 16;
/// Most credits for a segment, so that what a message costs can always be counted.
const RATE_MAX: u32 = 1_000;

/// The catalog in a document; none where there are problems, which are in the report.
pub(super) fn catalog(value: &Value, report: &Report) -> Option<Catalog> {
    let document = Fields::of(value, String::new(), &FIELDS, report);
    let format = document.whole("format", 0, u64::MAX, None);
    if format != u64::from(FORMAT) && document.get("format").is_some_and(Value::is_u64) {
        document.add("format", format!("`{format}` is not a known format: write {FORMAT}"));
    }
    // Where an editor finds the schema: nothing is read from there.
    document.optional_text("$schema");
    let clean = report.is_clean();
    let regions = regions(&document);
    // A list of regions that is itself wrong is not held against what refers to it.
    let codes: Vec<Region> = regions.iter().map(|region| region.code).collect();
    let known = (clean == report.is_clean()).then_some(&*codes);
    let price_lists = prices::lists(&document, known);
    let currency = document.parsed("currency", true, CURRENCY);
    let offers = offers::offers(&document, Around { known, lists: &price_lists, currency });
    let policy = policy::policy(&document, known);
    let catalog = Catalog {
        format: FORMAT,
        id: document.id("id"),
        revision: document.small("revision", 1, u32::MAX, None),
        name: document.name("name"),
        source: document.optional_text("source").map(Into::into),
        zone: zone(&document),
        quote_seconds: document.small("quote_seconds", 1, u32::MAX, None),
        regions,
        offers,
        price_lists: price_lists.into_iter().map(|(_, list)| list).collect(),
        plans: plans(&document),
        schedules: schedules(&document, known),
        legacy: legacy(&document, known),
        errors: errors(&document),
        // Whatever may be missing comes last: until then everything is looked at.
        currency: currency?,
        policy: policy?,
    };
    report.is_clean().then_some(catalog)
}

const FIELDS: [&str; 17] = [
    "format",
    "id",
    "revision",
    "name",
    "source",
    "currency",
    "zone",
    "quote_seconds",
    "regions",
    "offers",
    "price_lists",
    "plans",
    "schedules",
    "policy",
    "legacy",
    "errors",
    "$schema",
];

fn zone(document: &Fields<'_>) -> Arc<str> {
    let zone = document.text("zone");
    if zone.is_empty() && document.get("zone").is_some_and(Value::is_string) {
        document.add("zone", "empty: write an IANA zone, such as `UTC`");
    }
    zone.into()
}

fn regions(document: &Fields<'_>) -> Vec<CatalogRegion> {
    let mut seen: Vec<Region> = Vec::new();
    let mut regions: Vec<CatalogRegion> = Vec::new();
    document.some("regions");
    for fields in document.items("regions", &["code", "name", "numbers", "gates"]) {
        let (code, name) = (region(&fields, "code", None), fields.name("name"));
        let numbers = region_list(&fields, "numbers", None);
        if let Some(code) = code {
            once(&fields, "code", code, &mut seen);
        }
        for region in &numbers {
            once(&fields, "numbers", *region, &mut seen);
        }
        let gates = fields.ids("gates");
        regions.extend(code.map(|code| CatalogRegion { code, name, numbers, gates }));
    }
    regions
}

/// A list of regions, each once, and of the `known` ones where those are given.
#[inline(never)]
fn region_list(fields: &Fields<'_>, name: &str, known: Option<&[Region]>) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let texts = fields.texts(name).into_iter().enumerate();
    for (index, text) in texts.filter(|(index, _)| fields.is_text(name, *index)) {
        match text.parse() {
            Ok(region) => {
                check(fields, fields.at_item(name, index), region, known);
                regions.push(region);
            }
            Err(error) => fields.report.add(fields.at_item(name, index), error.to_string()),
        }
    }
    regions
}

/// A region, of the `known` ones where those are given.
#[inline(never)]
fn region(fields: &Fields<'_>, name: &str, known: Option<&[Region]>) -> Option<Region> {
    let region = fields.parsed(name, true, REGION)?;
    check(fields, fields.at(name), region, known);
    Some(region)
}

fn check(fields: &Fields<'_>, path: String, region: Region, known: Option<&[Region]>) {
    if known.is_some_and(|known| !known.contains(&region)) {
        let message =
            ["`", region.as_str(), "` is not a region of this catalog: add it to `regions`"].concat();
        fields.report.add(path, message);
    }
}

/// Notes a region that is listed before.
#[inline(never)]
fn once(fields: &Fields<'_>, name: &str, region: Region, seen: &mut Vec<Region>) {
    if seen.contains(&region) {
        fields.add(name, twice(region.as_str()));
    }
    seen.push(region);
}

fn plans(document: &Fields<'_>) -> Vec<Plan> {
    let mut ids = Vec::new();
    let items = document.items("plans", &["id", "name", "credits", "prorate", "rollover"]);
    let plans = items.iter().map(|fields| Plan {
        id: fields.unique_id("id", &mut ids),
        name: fields.name("name"),
        credits: fields.whole("credits", 1, QUANTITY_MAX, None),
        prorate: fields.flag("prorate"),
        rollover: fields.object("rollover", false, &["periods", "cap"]).as_ref().map(rollover),
    });
    plans.collect()
}

fn rollover(fields: &Fields<'_>) -> Rollover {
    let periods = fields.small("periods", 1, ROLLOVER_PERIODS_MAX, None);
    let cap = fields.get("cap").map(|_| fields.whole("cap", 0, QUANTITY_MAX, None));
    Rollover { periods, cap }
}

fn schedules(document: &Fields<'_>, known: Option<&[Region]>) -> Vec<Schedule> {
    let mut ids = Vec::new();
    let items = document.items("schedules", &["id", "name", "credits", "regions", "gates", "prorate"]);
    if items.len() > SCHEDULES_MAX {
        let message = format!("{} are more than {SCHEDULES_MAX}", items.len());
        document.add("schedules", message);
    }
    let schedules = items.iter().map(|fields| Schedule {
        id: fields.unique_id("id", &mut ids),
        name: fields.name("name"),
        credits: fields.whole("credits", 1, QUANTITY_MAX, None),
        regions: one_region(fields, known),
        gates: fields.ids("gates"),
        prorate: fields.flag("prorate"),
    });
    schedules.collect()
}

/// What a package of a schedule pays: one region, or, where none is said, any.
fn one_region(schedule: &Fields<'_>, known: Option<&[Region]>) -> Vec<Region> {
    let regions = region_list(schedule, "regions", known);
    if regions.len() > 1 {
        schedule.add("regions", "a package pays one region or any: write a schedule for each, or none");
    }
    regions
}

fn legacy(document: &Fields<'_>, known: Option<&[Region]>) -> Vec<LegacyModel> {
    let mut ids = Vec::new();
    let mut models = Vec::new();
    for fields in document.items("legacy", &["id", "name", "opened_before", "rates"]) {
        let (id, name) = (fields.unique_id("id", &mut ids), fields.name("name"));
        let (opened_before, rates) = (fields.parsed("opened_before", true, TIME), rates(&fields, known));
        models.extend(opened_before.map(|opened_before| LegacyModel { id, name, opened_before, rates }));
    }
    models
}

fn rates(model: &Fields<'_>, known: Option<&[Region]>) -> Vec<LegacyRate> {
    let mut seen = Vec::new();
    let mut rates = Vec::new();
    for fields in model.items("rates", &["region", "credits"]) {
        let region = region(&fields, "region", known);
        let credits: Option<Price> = fields.parsed("credits", true, MONEY);
        let (Some(region), Some(credits)) = (region, credits) else { continue };
        once(&fields, "region", region, &mut seen);
        if credits == Price::ZERO || credits.value() > RATE_MAX.into() {
            fields.add("credits", format!("`{credits}` is not more than 0 and at most {RATE_MAX}"));
        }
        rates.push(LegacyRate { region, credits });
    }
    rates
}

fn errors(document: &Fields<'_>) -> Vec<SellerError> {
    let mut errors: Vec<SellerError> = Vec::new();
    for fields in document.items("errors", &["code", "reason", "seller"]) {
        let (code, reason, seller) = (fields.id("code"), fields.optional_id("reason"), fields.id("seller"));
        if !code.is_empty() && errors.iter().any(|error| error.code == code && error.reason == reason) {
            fields.add("code", twice(&code));
        }
        errors.push(SellerError { code, reason, seller });
    }
    errors
}

/// Whether a quantity is one that a rule sells.
fn is_sold(rule: Quantity, quantity: u64) -> bool {
    (rule.min..=rule.max).contains(&quantity) && quantity.checked_rem(rule.step) == Some(0)
}
