//! Every price row that a profile carries, against a computation of its own: whole numbers, no decimals of ours.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::as_conversions,
    reason = "tests"
)]

use serde_json::Value;
use sms_ledger::calendar::Instant;
use sms_ledger::catalog::{Catalog, profiles};
use sms_ledger::pricing::{Quote, QuoteError, QuoteRequest, quote};
use std::collections::BTreeSet;

const ROWS: &str = include_str!("fixtures/prices.json");

/// Millionths of the currency.
fn millionths(decimal: &str) -> u128 {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let padded = format!("{fraction:0<6}");
    whole.parse::<u128>().unwrap() * 1_000_000 + padded.parse::<u128>().unwrap()
}

/// A total in minor units, half up, of `quantity` at a price for one.
fn total(quantity: u64, price: &str) -> String {
    let minor = (u128::from(quantity) * millionths(price) + 5_000) / 10_000;
    format!("{}.{:02}", minor / 100, minor % 100)
}

struct Case<'a> {
    offer: &'a str,
    region: String,
    at: Instant,
    row: &'a Value,
}

fn ask(catalog: &Catalog, case: &Case<'_>, quantity: u64) -> Result<Quote, QuoteError> {
    let offer = catalog.offer(case.offer).unwrap();
    let asked = case.row["purpose"].as_str();
    let request = QuoteRequest {
        offer: offer.id.clone(),
        region: Some(case.region.parse().unwrap()),
        quantity,
        purpose: offer.purposes.iter().find(|purpose| asked == Some(purpose)).cloned(),
        validity: offer.validity.first().copied(),
        ..QuoteRequest::default()
    };
    quote(catalog, &request, case.at)
}

/// Quantities on sale in a row's tier, near its bounds.
fn quantities(catalog: &Catalog, case: &Case<'_>) -> BTreeSet<u64> {
    if let Some(pack) = case.row["pack_size"].as_u64() {
        return BTreeSet::from([pack]);
    }
    let rule = catalog.offer(case.offer).unwrap().quantity;
    let first = case.row["tier_min"].as_u64().unwrap_or(rule.min).max(rule.min);
    let last = case.row["tier_max"].as_u64().unwrap_or(rule.max).min(rule.max);
    let up = first.next_multiple_of(rule.step);
    let down = last / rule.step * rule.step;
    let near = [up, up + rule.step, up + 7 * rule.step, down - rule.step, down];
    near.into_iter().filter(|quantity| (first..=last).contains(quantity)).collect()
}

fn check(catalog: &Catalog, case: &Case<'_>) -> usize {
    let quantities = quantities(catalog, case);
    for quantity in &quantities {
        let made = ask(catalog, case, *quantity).unwrap_or_else(|error| panic!("{}: {error}", case.row));
        let expected = case.row["pack_price"]
            .as_str()
            .map_or_else(|| total(*quantity, case.row["unit_price"].as_str().unwrap()), str::to_owned);
        assert_eq!(made.total.to_string(), expected, "{quantity} of {}", case.row);
        // Made again at its own instant, whatever the time is.
        let again = QuoteRequest {
            offer: made.offer.clone(),
            region: Some(made.region),
            quantity: made.quantity,
            purpose: made.purpose.clone(),
            currency: Some(made.currency),
            validity: made.validity,
            voucher: None,
            at: Some(made.quoted_at),
        };
        assert_eq!(quote(catalog, &again, Instant::MAX).unwrap(), made);
    }
    quantities.len()
}

fn rows(vendor: &str, kind: &str) -> Vec<Value> {
    let fixture: Value = serde_json::from_str(ROWS).unwrap();
    let rows = fixture["rows"].as_array().unwrap().iter();
    let found: Vec<Value> =
        rows.filter(|row| row["vendor"] == vendor && row["kind"] == kind).cloned().collect();
    assert!(!found.is_empty(), "{vendor} {kind}");
    found
}

fn at(time: &str) -> Instant {
    time.parse().unwrap()
}

fn seen<'a>(row: &'a Value, dates: &[(&str, &'a str)]) -> Instant {
    let date = row["date_seen"].as_str().unwrap();
    at(dates.iter().find(|(starts, _)| date.starts_with(starts)).unwrap().1)
}

#[test]
fn ucloud_domestic() {
    let catalog = Catalog::from_json(profiles::UCLOUD_USMS).unwrap();
    let dates = [
        ("2019", "2019-12-01T00:00:00Z"),
        ("2021", "2021-07-01T00:00:00Z"),
        ("2022", "2026-11-21T00:00:00Z"),
    ];
    let mut asked = 0;
    for row in &rows("UCloud USMS", "prepaid_tier") {
        let case = Case { offer: "domestic", region: "CN".to_owned(), at: seen(row, &dates), row };
        asked += check(&catalog, &case);
    }
    // The open tiers of the two historic lists lie above what is sold now.
    assert_eq!(asked, 45 * 5);
}

#[test]
fn ucloud_international() {
    let catalog = Catalog::from_json(profiles::UCLOUD_USMS).unwrap();
    let mut regions = BTreeSet::new();
    for row in &rows("UCloud USMS", "prepaid_unit") {
        let region = match row["country"].as_str().unwrap() {
            "CN" => continue,
            "FX" => "FR",
            "UK" => "GB",
            "TP" => "TL",
            "ZR" => "CD",
            other => other,
        };
        regions.insert(region.to_owned());
        let now = at("2026-11-21T00:00:00Z");
        let case = Case { offer: "international", region: region.to_owned(), at: now, row };
        assert_eq!(check(&catalog, &case), 5);
    }
    assert_eq!(regions.len(), 219);
    assert_eq!(catalog.offer("international").unwrap().regions.len(), 219);
}

#[test]
fn tencent() {
    for json in [profiles::TENCENT_SMS, profiles::TENCENT_SMS_LIVE] {
        let catalog = Catalog::from_json(json).unwrap();
        let dates = [
            ("until", "2020-02-09T15:59:59.999Z"),
            ("from", "2020-02-09T16:00:00Z"),
            ("2021", "2021-09-30T00:00:00Z"),
        ];
        for (kind, offer) in [
            ("custom_package_tier", "cn-custom"),
            ("fixed_package", "cn-packs"),
            ("regional_package", "regional-packs"),
        ] {
            for row in &rows("Tencent Cloud SMS", kind) {
                let region = row["country"].as_str().unwrap().to_owned();
                assert!(check(&catalog, &Case { offer, region, at: seen(row, &dates), row }) > 0);
            }
        }
    }
}

#[test]
fn cloutly() {
    let catalog = Catalog::from_json(profiles::CLOUTLY).unwrap();
    for row in &rows("Cloutly", "credit_pack") {
        let region = row["country"].as_str().unwrap().to_owned();
        let offer = format!("pack-{}", region.to_lowercase());
        let per_hundred = row["pack_price"].as_str().unwrap();
        let now = at("2026-11-21T00:00:00Z");
        let case = Case { offer: &offer, region, at: now, row };
        check(&catalog, &case);
        for hundreds in [2_u64, 9, 10_000] {
            let cents = millionths(per_hundred) / 10_000 * u128::from(hundreds);
            let made = ask(&catalog, &case, hundreds * 100).unwrap();
            assert_eq!(made.total.to_string(), format!("{}.{:02}", cents / 100, cents % 100));
        }
    }
}

/// A list dated in the past or the future does not price; one that no longer exists in a currency is refused.
#[test]
fn outside_every_list_there_is_no_price() {
    let catalog = Catalog::from_json(profiles::UCLOUD_USMS).unwrap();
    let row = serde_json::json!({ "purpose": "marketing" });
    for time in ["2019-10-24T15:59:59Z", "2020-03-18T16:00:00Z", "2021-08-19T16:00:00Z"] {
        let case = Case { offer: "domestic", region: "CN".to_owned(), at: at(time), row: &row };
        let refused = ask(&catalog, &case, 100);
        assert!(matches!(refused, Err(QuoteError::NoTime { .. })), "{refused:?}");
    }
}
