//! The sellers as they ship, and what is asked of them in every rule.

use crate::common::world::World;
use serde_json::{Value, json};
use sms_ledger::catalog::{Catalog, profiles};
use std::sync::Arc;

pub(super) const NOW: &str = "2026-03-02T04:00:00Z";
pub(super) const CHINA: &str = "+8613800138000";
pub(super) const FRANCE: &str = "+33612345678";
/// Months of the packages for France.
pub(super) const HALF_A_YEAR: u32 = 6;

/// A profile, changed as data.
pub(super) fn changed(profile: &str, change: impl FnOnce(&mut Value)) -> Arc<Catalog> {
    let mut catalog: Value = serde_json::from_str(profile).unwrap();
    change(&mut catalog);
    Arc::new(Catalog::from_json(&catalog.to_string()).unwrap())
}

fn opened(profile: &str, input: Value) -> World {
    let mut world = World::of(changed(profile, |_| {}), NOW);
    world.open(input).unwrap();
    world
}

pub(super) fn cloutly() -> World {
    opened(profiles::CLOUTLY, json!({}))
}

pub(super) fn cloutly_on(plan: &str) -> World {
    opened(profiles::CLOUTLY, json!({ "plan": plan }))
}

pub(super) fn tencent() -> World {
    opened(profiles::TENCENT_SMS, json!({}))
}

/// With what the seller gives every month.
pub(super) fn tencent_with_gift() -> World {
    opened(profiles::TENCENT_SMS, json!({ "gates": ["postpaid"] }))
}

pub(super) fn tencent_live() -> World {
    opened(profiles::TENCENT_SMS_LIVE, json!({ "gates": ["prepaid"] }))
}

pub(super) fn ucloud() -> World {
    opened(profiles::UCLOUD_USMS, json!({ "gates": ["enterprise-certified"] }))
}

/// A package for France, for one project or for all.
pub(super) fn for_france(
    world: &mut World,
    id: &str,
    quantity: u64,
    months: u32,
    project: Option<&str>,
) -> Value {
    let wanted = json!({ "offer": "international", "region": "FR", "quantity": quantity, "validity": { "months": months } });
    let quote = world.call("quote", wanted).unwrap();
    let agreement = json!({ "id": "global-sms-service-agreement", "version": "1" });
    let order = json!({ "id": id, "quote": quote, "agreement": agreement, "project": project, "payment": { "reference": id } });
    world.call("purchase", order).unwrap()
}

/// A text of so many segments where any text counts 70, then 67.
pub(super) fn any_text(segments: usize) -> String {
    if segments == 1 { "字".repeat(70) } else { "字".repeat(67 * segments) }
}

/// So many segments, set aside by messages of at most 200 each, whose ids these are.
pub(super) fn hold(world: &mut World, to: &str, segments: usize, text: fn(usize) -> String) -> Vec<String> {
    let before = world.journal().len();
    let parts = (0..segments.div_ceil(200)).map(|index| (segments - index * 200).min(200));
    let send = |(index, part): (usize, usize)| {
        let id = format!("held-{before}-{index}");
        world.reserve(&id, to, &text(part)).unwrap();
        id
    };
    parts.enumerate().map(send).collect()
}

/// The same, delivered.
pub(super) fn spend(world: &mut World, to: &str, segments: usize, text: fn(usize) -> String) {
    for id in hold(world, to, segments, text) {
        world.report(&id, "delivered", None).unwrap();
    }
}

/// The fields of an answer as one line, `-` where one is absent.
pub(super) fn line(value: &Value, fields: &[&str]) -> String {
    let told = |field: &&str| match value.get(*field) {
        None => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    fields.iter().map(told).collect::<Vec<_>>().join(" / ")
}

/// `state spent released expired` of what became of a message.
pub(super) fn outcome(told: &Value) -> String {
    let counts = ["spent", "released", "expired"].map(|name| told[name].to_string()).join(" ");
    [told["state"].as_str().unwrap(), &counts].join(" ")
}

/// The entries of a kind.
pub(super) fn entries(world: &mut World, kind: &str) -> Vec<Value> {
    let page = world.call("entries", json!({ "limit": 1000 })).unwrap();
    page["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == kind).cloned().collect()
}
