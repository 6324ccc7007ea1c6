//! The JSON Schema of a catalog, from its types: `pkg/catalog.schema.json`, by which editors complete and check catalogs.
//!
//! Only tests are built with it: the file in the package is what the types give, and it refuses no catalog that the reader takes.
//! `UPDATE_SCHEMA=1 cargo test --lib schema` writes the file.

use super::offer::{PriceModel, Pricing, Validity};
use super::{Catalog, profiles};
use crate::calendar::Instant;
use crate::money::{Currency, Price};
use crate::numbering::Region;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

macro_rules! text {
    ($type:ty, $name:literal, $about:literal, $pattern:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $about, "pattern": $pattern })
            }
        }
    };
}
text!(
    Region,
    "Region",
    "Two capitals of ISO 3166-1, or the calling code of a worldwide service, such as 870.",
    "^([A-Z]{2}|[0-9]{3})$"
);
text!(Currency, "Currency", "An active code of ISO 4217, such as USD.", "^[A-Z]{3}$");
text!(
    Price,
    "Money",
    "A decimal string of 0 or more, such as \"6.20\", never a number: a reader of JSON would make that a binary fraction.",
    "^(0|[1-9][0-9]*)(\\.[0-9]+)?$"
);
text!(
    Instant,
    "Time",
    "RFC 3339 with an offset, such as 2026-11-21T09:30:00Z.",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
);

/// One validity, or those that the buyer chooses from.
pub(super) fn choices(generator: &mut SchemaGenerator) -> Schema {
    let one = generator.subschema_for::<Validity>();
    json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }, { "type": "null" }] })
}

impl JsonSchema for Validity {
    fn schema_name() -> Cow<'static, str> {
        "Validity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let unit = |unit: &str, other: &str, most: u32, about: &str| {
            json!({
                "type": "object", "description": about, "additionalProperties": false, "required": [unit],
                "properties": { unit: { "type": "integer", "minimum": 1, "maximum": most }, other: { "type": "null" } },
            })
        };
        json_schema!({ "description": "How long a package lasts, in calendar units of the catalog's zone.", "anyOf": [
            unit("months", "days", 1_200, "Calendar months, clamped at a month's end."),
            unit("days", "months", 36_500, "Days."),
        ] })
    }
}

impl JsonSchema for Pricing {
    fn schema_name() -> Cow<'static, str> {
        "Pricing".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut price = generator.subschema_for::<PriceModel>();
        price.insert(
            "description".to_owned(),
            json!("With the offer, in the catalog's currency, for every region of it."),
        );
        let series = json!({
            "type": "string", "pattern": "^[!-~]{1,128}$",
            "description": "In the price lists of this series.",
        });
        json_schema!({ "oneOf": [
            { "type": "object", "properties": { "price": price, "prices": { "type": "null" } }, "required": ["price"] },
            { "type": "object", "properties": { "prices": series, "price": { "type": "null" } }, "required": ["prices"] },
        ] })
    }
}

/// What a field may hold that belongs to another model: as much as nothing.
fn absent() -> Value {
    json!({ "enum": [null, []] })
}

/// Which fields belong to which price model.
pub(super) fn by_model(schema: &mut Schema) {
    let only = |models: Value, field: &str, others: &[&str]| {
        let mut properties = json!({ "model": { "enum": models } });
        for other in others {
            properties[*other] = absent();
        }
        json!({ "properties": properties, "required": [field] })
    };
    let models = json!([
        only(json!(["flat"]), "amount", &["tiers", "packs"]),
        only(json!(["volume", "graduated"]), "tiers", &["amount", "packs"]),
        only(json!(["fixed"]), "packs", &["amount", "tiers", "per"]),
    ]);
    schema.insert("anyOf".to_owned(), models);
}

/// Which fields belong to which model of refunds.
pub(super) fn by_refund(schema: &mut Schema) {
    let models = json!([
        { "properties": { "model": { "const": "used-value" } }, "required": ["prices"] },
        { "properties": { "model": { "enum": ["none", "unused"] }, "prices": absent() } },
    ]);
    schema.insert("anyOf".to_owned(), models);
}

/// The schema as it ships.
fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Catalog>().to_value();
    schema["title"] = json!("Catalog of sms-ledger");
    schema["properties"]["$schema"] =
        json!({ "type": "string", "description": "Where this schema is, for editors." });
    close(&mut schema);
    schema
}

/// What the reader does not know, it refuses; what it takes for absent, it may be given as null. Formats of numbers are Rust's.
fn close(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    let object = fields.get("type") == Some(&json!("object")) && fields.contains_key("properties");
    // Fields of a flattened enum stand beside those of the object around it.
    let flattened = fields.contains_key("oneOf");
    if object && !fields.contains_key("additionalProperties") {
        fields.insert(
            if flattened { "unevaluatedProperties" } else { "additionalProperties" }.to_owned(),
            json!(false),
        );
    }
    fields.remove("format");
    if let Some(Value::String(about)) = fields.get_mut("description") {
        *about = without_rules(about);
    }
    let required = fields.get("required").cloned().unwrap_or_default();
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        let may = |name: &String| !required.as_array().is_some_and(|all| all.contains(&json!(name)));
        for (_, property) in properties.iter_mut().filter(|(name, _)| may(name)) {
            if let Some(Value::String(kind)) = property.get("type").cloned() {
                property["type"] = json!([kind, "null"]);
            }
        }
    }
    for (name, value) in fields.iter_mut() {
        match value {
            Value::Object(_) if name == "properties" || name == "$defs" => {
                value.as_object_mut().into_iter().flatten().for_each(|(_, value)| close(value));
            }
            Value::Object(_) if name == "items" => close(value),
            Value::Array(choices) if name == "oneOf" && flattened => {
                // A variant of an enum that is flattened closes nothing.
                for choice in choices {
                    if let Some(choice) = choice.as_object_mut().filter(|_| object) {
                        choice.remove("additionalProperties");
                    } else {
                        close(choice);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A description as it is for the seller: the rules' numbers are ours.
fn without_rules(about: &str) -> String {
    let mut left = String::new();
    let mut rest = about;
    while let Some((before, rule)) = rest.split_once("(domain rule") {
        left.push_str(before.trim_end());
        rest = rule.split_once(')').map_or("", |(_, after)| after);
    }
    left + rest
}

fn file() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pkg/catalog.schema.json")
}

#[test]
fn the_schema_speaks_to_sellers() {
    assert_eq!(without_rules("Where (domain rules 1, 2), and why\n(domain rule\n3)."), "Where, and why.");
    assert!(!schema().to_string().contains("domain rule"));
}

#[test]
fn the_schema_in_the_package_is_what_the_types_give() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(file(), &text).unwrap();
    }
    let shipped = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(
        shipped == text,
        "pkg/catalog.schema.json is not what the types give: run `UPDATE_SCHEMA=1 cargo test --lib schema`"
    );
}

fn problems(validator: &jsonschema::Validator, catalog: &Value) -> Vec<String> {
    validator.iter_errors(catalog).map(|error| format!("{}: {error}", error.instance_path)).collect()
}

#[test]
fn the_profiles_pass_and_what_is_plainly_wrong_does_not() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for json in profiles::ALL {
        let mut catalog: Value = serde_json::from_str(json).unwrap();
        assert_eq!(problems(&validator, &catalog), [""; 0], "{}", catalog["id"]);
        catalog["$schema"] = json!("./catalog.schema.json");
        assert_eq!(problems(&validator, &catalog), [""; 0]);
        Catalog::from_value(&catalog).unwrap();
    }
    // One that has refunds, and so nearly everything.
    let base = profiles::ALL.iter().find(|json| json.contains("used-value")).unwrap();
    let base: Value = serde_json::from_str(base).unwrap();
    for (pointer, wrong) in [
        ("/format", json!(2)),
        ("/id", json!("a b")),
        ("/revision", json!(0)),
        ("/name", json!("")),
        ("/currency", json!("yuan")),
        ("/offers", json!({})),
        ("/offers/0/colour", json!("red")),
        ("/offers/0/regions/0", json!("China")),
        ("/offers/0/quantity/step", json!(0)),
        ("/offers/0/validity", json!({ "months": 1, "days": 1 })),
        ("/offers/0/validity", json!([])),
        ("/offers/0/refund", json!({ "model": "used-value" })),
        ("/offers/0/refund", json!({ "model": "all" })),
        ("/price_lists/0/prices/0/model", json!("flat")),
        ("/price_lists/0/prices/0/tiers/0/amount", json!(0.05)),
        ("/price_lists/0/prices/0/tiers/0/price", json!("0.05")),
        ("/price_lists/0/from", json!("yesterday")),
        ("/policy/split", json!("sometimes")),
        ("/policy/receipts/0/charge", json!("half")),
        ("/policy/receipts", json!([])),
    ] {
        let mut catalog = base.clone();
        set(&mut catalog, pointer, wrong.clone());
        assert!(!problems(&validator, &catalog).is_empty(), "{pointer} {wrong}: the schema");
        assert!(Catalog::from_value(&catalog).is_err(), "{pointer} {wrong}: the reader");
    }
}

fn set(catalog: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match catalog.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[field.parse::<usize>().unwrap()] = value,
        other => other[field] = value,
    }
}

/// Every place of a document.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{pointer}/{name}"), found);
            }
        }
        // The first item stands for all.
        Value::Array(items) => {
            items
                .iter()
                .take(1)
                .enumerate()
                .for_each(|(at, value)| places(value, &format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

/// What is as good as absent, in whatever object: the schema refuses nothing that the reader takes.
#[test]
fn the_schema_takes_what_is_as_good_as_absent() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut names = Vec::new();
    properties(&schema, &mut names);
    assert!(names.len() > 50 && names.contains(&"up_to".to_owned()), "{names:?}");
    let mut base: Value =
        serde_json::from_str(profiles::ALL.iter().find(|json| json.contains("used-value")).unwrap()).unwrap();
    // Every model of prices and refunds, and both kinds of validity.
    let mut flat = base["offers"][0].clone();
    flat["id"] = json!("flat");
    flat.as_object_mut().unwrap().remove("prices");
    flat["price"] = json!({ "model": "flat", "amount": "0.05" });
    flat["refund"] = json!({ "model": "none" });
    flat["validity"] = json!([{ "months": 1 }, { "days": 3 }]);
    let mut fixed = flat.clone();
    fixed["id"] = json!("fixed");
    fixed["price"] =
        json!({ "model": "fixed", "packs": [{ "quantity": fixed["quantity"]["min"], "amount": "1" }] });
    fixed["refund"] = json!({ "model": "unused", "within": { "days": 3 } });
    base["offers"] = json!([base["offers"][0], flat, fixed]);
    Catalog::from_value(&base).unwrap();
    let mut pointers = Vec::new();
    for (at, offer) in base["offers"].as_array().unwrap().iter().enumerate() {
        places(offer, &format!("/offers/{at}"), &mut pointers);
    }
    places(&base, "", &mut pointers);
    pointers.push("/offers/1/validity/1".to_owned());
    let mut taken = 0;
    for pointer in &pointers {
        let Some(object) = base.pointer(pointer).and_then(Value::as_object) else { continue };
        for name in names.iter().filter(|name| !object.contains_key(*name)) {
            for nothing in [json!(null), json!([])] {
                let mut catalog = base.clone();
                set(&mut catalog, &format!("{pointer}/{name}"), nothing.clone());
                if Catalog::from_value(&catalog).is_err() {
                    continue;
                }
                let told = problems(&validator, &catalog);
                assert!(told.is_empty(), "{pointer}/{name} {nothing}: {told:?}");
                taken += 1;
            }
        }
    }
    assert!(taken > 60, "{taken}");
}

/// The names of all fields in a schema.
fn properties(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let (true, Value::Object(known)) = (name == "properties", value) {
                    names.extend(
                        known.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>(),
                    );
                }
                properties(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, names)),
        _ => {}
    }
}

/// Whatever is put in whatever place: the schema refuses nothing that the reader takes.
#[test]
fn the_schema_refuses_no_catalog_that_the_reader_takes() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let wrongs = [
        json!(null),
        json!(0),
        json!(1),
        json!(7.5),
        json!(-1),
        json!(""),
        json!("x"),
        json!("AU"),
        json!("USD"),
        json!("6.20"),
        json!("2026-11-21T09:30:00Z"),
        json!(true),
        json!([]),
        json!({}),
        json!({ "months": 3 }),
        json!(["a", "b"]),
        json!({ "model": "flat", "amount": "1" }),
        json!({ "id": "a", "version": "1" }),
        json!("2000000000"),
        json!(4_294_967_296_u64),
    ];
    let (mut refused, mut caught) = (0, 0);
    for json in profiles::ALL {
        let base: Value = serde_json::from_str(json).unwrap();
        let mut pointers = Vec::new();
        places(&base, "", &mut pointers);
        for pointer in pointers.iter().filter(|pointer| !pointer.is_empty()) {
            for wrong in &wrongs {
                let mut catalog = base.clone();
                set(&mut catalog, pointer, wrong.clone());
                let valid = Catalog::from_value(&catalog);
                let told = problems(&validator, &catalog);
                assert!(valid.is_err() || told.is_empty(), "{} {pointer} {wrong}: {told:?}", base["id"]);
                refused += u32::from(valid.is_err());
                caught += u32::from(valid.is_err() && !told.is_empty());
            }
        }
    }
    println!("the schema alone catches {caught} of {refused} broken catalogs");
    assert!(caught * 100 > refused * 80, "{caught} of {refused}");
}
