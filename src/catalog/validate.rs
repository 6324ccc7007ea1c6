//! What makes a catalog valid, beyond its shape: every problem, with the path of what is wrong.

use super::offer::{Model, Offer, PriceModel, Validity};
use super::policy::STAGES;
use super::{Catalog, FORMAT, QUANTITY_MAX};
use std::fmt;

/// The longest id of a catalog, an offer or a plan.
const ID_BYTES_MAX: usize = 128;
/// The longest message that the standard can concatenate (3GPP TS 23.040 9.2.3.24.1).
const SEGMENTS_MAX: u32 = 255;
/// The longest validity of a package or a quote, a bound on typing errors.
const VALIDITY_MONTHS_MAX: u32 = 1_200;
const VALIDITY_DAYS_MAX: u32 = 36_500;
/// The shortest month, and the shortest day of a zone that puts its clocks forward.
const MONTH_DAYS_MIN: u64 = 28;
const DAY_SECONDS_MIN: u64 = 22 * 3_600;
/// The longest name, so that a document that carries it can always be stored.
const NAME_BYTES_MAX: usize = 256;

/// One thing that is wrong with a catalog.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Where, such as `offers[2].price.tiers[1].up_to`.
    pub path: String,
    /// What, and what would be valid.
    pub message: String,
}

/// A catalog that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl CatalogError {
    /// A single problem.
    pub(crate) fn one(path: &str, message: &str) -> Self {
        Self { problems: vec![Problem { path: path.to_owned(), message: message.to_owned() }] }
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let colon = if problem.path.is_empty() { "" } else { ": " };
            write!(f, "{separator}{}{colon}{}", problem.path, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogError {}

/// Every problem of a catalog, none where it is valid.
pub(super) fn problems(catalog: &Catalog) -> Option<CatalogError> {
    let mut report = Report(Vec::new());
    head(catalog, &mut report);
    regions(catalog, &mut report);
    for (index, offer) in catalog.offers.iter().enumerate() {
        check_offer(catalog, offer, &format!("offers[{index}]"), &mut report);
    }
    plans(catalog, &mut report);
    policy(catalog, &mut report);
    unique(&catalog.offers.iter().map(|offer| &*offer.id).collect::<Vec<_>>(), "offers", "id", &mut report);
    unique(&catalog.plans.iter().map(|plan| &*plan.id).collect::<Vec<_>>(), "plans", "id", &mut report);
    let codes: Vec<&str> = catalog.regions.iter().map(|region| region.code.as_str()).collect();
    unique(&codes, "regions", "code", &mut report);
    (!report.0.is_empty()).then_some(CatalogError { problems: report.0 })
}

struct Report(Vec<Problem>);

impl Report {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), message: message.into() });
    }

    fn require(&mut self, holds: bool, path: impl Into<String>, message: impl FnOnce() -> String) {
        if !holds {
            self.add(path, message());
        }
    }

    fn name(&mut self, name: &str, path: impl Into<String>) {
        self.require((1..=NAME_BYTES_MAX).contains(&name.len()), path, || {
            format!("{} bytes long: write what a person reads, 1 to {NAME_BYTES_MAX} bytes", name.len())
        });
    }

    fn id(&mut self, id: &str, path: impl Into<String>) {
        let valid = (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        self.require(valid, path, || {
            format!(
                "`{id}` is not an id: write 1 to {ID_BYTES_MAX} printable ASCII characters without spaces"
            )
        });
    }
}

fn head(catalog: &Catalog, report: &mut Report) {
    report.require(catalog.format == FORMAT, "format", || {
        format!("`{}` is not a known format: write {FORMAT}", catalog.format)
    });
    report.id(&catalog.id, "id");
    report.require(catalog.revision > 0, "revision", || "`0` is not a revision: count from 1".to_owned());
    report
        .require(!catalog.zone.is_empty(), "zone", || "empty: write an IANA zone, such as `UTC`".to_owned());
    report.require(catalog.quote_seconds > 0, "quote_seconds", || {
        "`0` would make every quote void: write a number of seconds".to_owned()
    });
}

fn regions(catalog: &Catalog, report: &mut Report) {
    report.require(!catalog.regions.is_empty(), "regions", || {
        "empty: list the regions that can be sent to".to_owned()
    });
}

fn unique(values: &[&str], list: &str, field: &str, report: &mut Report) {
    for (index, value) in values.iter().enumerate() {
        if values.iter().take(index).any(|before| before == value) {
            report.add(
                format!("{list}[{index}].{field}"),
                format!("`{value}` stands twice: each is listed once"),
            );
        }
    }
}

fn check_offer(catalog: &Catalog, offer: &Offer, path: &str, report: &mut Report) {
    report.id(&offer.id, format!("{path}.id"));
    report.name(&offer.name, format!("{path}.name"));
    report.require(!offer.regions.is_empty(), format!("{path}.regions"), || {
        "empty: list the regions on offer".to_owned()
    });
    for (index, region) in offer.regions.iter().enumerate() {
        let known = catalog.regions.iter().any(|known| known.code == *region);
        report.require(known, format!("{path}.regions[{index}]"), || {
            format!("`{region}` is not a region of this catalog: add it to `regions`")
        });
        let first = offer.regions.iter().position(|other| other == region) == Some(index);
        report.require(first, format!("{path}.regions[{index}]"), || {
            format!("`{region}` stands twice: each is listed once")
        });
    }
    quantity(offer, path, report);
    price(&offer.price, offer, &format!("{path}.price"), report);
    validity(offer.validity, path, report);
    activation(offer, path, report);
}

/// A package that ends before it can be used would be sold for nothing.
fn activation(offer: &Offer, path: &str, report: &mut Report) {
    let (count, shortest_days) = match offer.validity {
        None => return,
        Some(Validity::Months(months)) => (months, MONTH_DAYS_MIN),
        Some(Validity::Days(days)) => (days, 1),
    };
    let days = u64::from(count).saturating_mul(shortest_days);
    let usable = u64::from(offer.activation_seconds) < days.saturating_mul(DAY_SECONDS_MIN);
    report.require(usable, format!("{path}.activation_seconds"), || {
        format!(
            "`{}` is not less than the validity: the package would end before it can be used",
            offer.activation_seconds
        )
    });
}

fn quantity(offer: &Offer, path: &str, report: &mut Report) {
    let rule = offer.quantity;
    if rule.step == 0 {
        report.add(format!("{path}.quantity.step"), "`0` is no step: write at least 1");
        return;
    }
    let multiple = |count: u64| count > 0 && count.checked_rem(rule.step) == Some(0);
    report.require(multiple(rule.min), format!("{path}.quantity.min"), || {
        format!("`{}` is not a multiple of the step {}, 1 step or more", rule.min, rule.step)
    });
    report.require(multiple(rule.max), format!("{path}.quantity.max"), || {
        format!("`{}` is not a multiple of the step {}, 1 step or more", rule.max, rule.step)
    });
    report.require(rule.max >= rule.min, format!("{path}.quantity.max"), || {
        format!("`{}` is less than min, {}", rule.max, rule.min)
    });
    report.require(rule.max <= QUANTITY_MAX, format!("{path}.quantity.max"), || {
        format!("`{}` is too large: at most {QUANTITY_MAX}", rule.max)
    });
}

fn validity(validity: Option<Validity>, path: &str, report: &mut Report) {
    let (given, max, unit) = match validity {
        None => return,
        Some(Validity::Months(months)) => (months, VALIDITY_MONTHS_MAX, "months"),
        Some(Validity::Days(days)) => (days, VALIDITY_DAYS_MAX, "days"),
    };
    report.require((1..=max).contains(&given), format!("{path}.validity.{unit}"), || {
        format!("`{given}` is not 1 to {max} {unit}")
    });
}

fn price(price: &PriceModel, offer: &Offer, path: &str, report: &mut Report) {
    let wants = |model: Model| match model {
        Model::Flat => "amount",
        Model::Volume | Model::Graduated => "tiers",
        Model::Fixed => "packs",
    };
    let wanted = wants(price.model);
    let given = [
        ("amount", price.amount.is_some()),
        ("tiers", !price.tiers.is_empty()),
        ("packs", !price.packs.is_empty()),
    ];
    for (field, present) in given {
        report.require(present == (field == wanted), format!("{path}.{field}"), || {
            if present {
                format!("does not belong to this model: write `{wanted}`")
            } else {
                "missing: this model needs it".to_owned()
            }
        });
    }
    let per_fits =
        price.per.is_none_or(|per| per > 0) && (price.per.is_none() || price.model != Model::Fixed);
    report.require(per_fits, format!("{path}.per"), || {
        "write how many segments a price is for, 1 or more, and not with `fixed`".to_owned()
    });
    tiers(price, offer, path, report);
    packs(price, offer, path, report);
}

/// Tiers start at 1, leave no gap, do not overlap and reach the offer's largest quantity; bounds are inclusive.
fn tiers(price: &PriceModel, offer: &Offer, path: &str, report: &mut Report) {
    let mut expected = Some(1_u64);
    for (index, tier) in price.tiers.iter().enumerate() {
        let at = format!("{path}.tiers[{index}]");
        match expected {
            None => report.add(
                format!("{at}.from"),
                "overlaps: the tier before it has no `up_to` and holds every larger quantity",
            ),
            Some(from) if tier.from < from => report.add(
                format!("{at}.from"),
                format!("`{}` overlaps the tier before it: write {from}", tier.from),
            ),
            Some(from) if tier.from > from => {
                report.add(format!("{at}.from"), format!("`{}` leaves a gap: write {from}", tier.from));
            }
            Some(_) => {}
        }
        if let Some(up_to) = tier.up_to {
            report.require(up_to >= tier.from, format!("{at}.up_to"), || {
                format!("`{up_to}` is less than from, {}", tier.from)
            });
        }
        expected = tier.up_to.map(|up_to| up_to.saturating_add(1));
    }
    let reached = expected.is_none_or(|next| next > offer.quantity.max);
    let last = price.tiers.len().saturating_sub(1);
    report.require(price.tiers.is_empty() || reached, format!("{path}.tiers[{last}].up_to"), || {
        format!(
            "ends before the offer's largest quantity, {}: leave it out on the last tier",
            offer.quantity.max
        )
    });
}

fn packs(price: &PriceModel, offer: &Offer, path: &str, report: &mut Report) {
    let mut before = 0;
    for (index, pack) in price.packs.iter().enumerate() {
        let at = format!("{path}.packs[{index}].quantity");
        let sold = (offer.quantity.min..=offer.quantity.max).contains(&pack.quantity);
        report.require(sold, &at, || {
            format!(
                "`{}` is not within the offer's quantities, {} to {}",
                pack.quantity, offer.quantity.min, offer.quantity.max
            )
        });
        report.require(pack.quantity > before, &at, || {
            format!("`{}` is out of order: list packs by rising quantity, each once", pack.quantity)
        });
        before = pack.quantity;
    }
}

fn plans(catalog: &Catalog, report: &mut Report) {
    for (index, plan) in catalog.plans.iter().enumerate() {
        report.id(&plan.id, format!("plans[{index}].id"));
        report.name(&plan.name, format!("plans[{index}].name"));
        let valid = (1..=QUANTITY_MAX).contains(&plan.credits);
        report.require(valid, format!("plans[{index}].credits"), || {
            format!("`{}` is not 1 to {QUANTITY_MAX} segments", plan.credits)
        });
    }
}

fn policy(catalog: &Catalog, report: &mut Report) {
    let policy = &catalog.policy;
    let segments = (1..=SEGMENTS_MAX).contains(&policy.segments_max);
    report.require(segments, "policy.segments_max", || {
        format!("`{}` is not 1 to {SEGMENTS_MAX}", policy.segments_max)
    });
    for (index, key) in policy.draw.iter().enumerate() {
        let first = policy.draw.iter().position(|other| other == key) == Some(index);
        report.require(first, format!("policy.draw[{index}]"), || {
            "stands twice: each key is listed once".to_owned()
        });
    }
    for (index, rule) in policy.receipts.iter().enumerate() {
        let first = policy.receipts.iter().position(|other| other.stage == rule.stage) == Some(index);
        report.require(first, format!("policy.receipts[{index}].stage"), || {
            format!("`{}` stands twice: each stage is listed once", rule.stage.as_str())
        });
    }
    for stage in STAGES {
        let listed = policy.receipts.iter().any(|rule| rule.stage == stage);
        report.require(listed, "policy.receipts", || {
            format!("`{}` is missing: say what every stage costs", stage.as_str())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::profiles::CLOUTLY;
    use serde_json::{Value, json};

    fn problems_after(path: &str, value: Value) -> String {
        let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
        let (parent, field) = path.rsplit_once('/').unwrap();
        let target = if parent.is_empty() { &mut catalog } else { catalog.pointer_mut(parent).unwrap() };
        match target {
            Value::Array(list) => list[field.parse::<usize>().unwrap()] = value,
            other => other[field] = value,
        }
        Catalog::from_json(&catalog.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn each_problem_names_its_path() {
        let tier = |from: u64, up_to: Value| json!({"from": from, "up_to": up_to, "amount": "0.05"});
        let tiers = |list: Value| json!({"model": "volume", "tiers": list});
        for (path, value, starts) in [
            ("/format", json!(2), "format: `2` is not a known format"),
            ("/colour", json!("red"), "colour: is not known here; allowed are `format`, `id`"),
            ("/currency", json!("DOLLAR"), "currency: `DOLLAR` is not a currency"),
            (
                "/quote_seconds",
                json!(-1),
                "quote_seconds: expected a whole number of 0 or more, found the number `-1`",
            ),
            ("/offers/2/quantity/min", json!(150), "offers[2].quantity.min: `150` is not a multiple"),
            ("/offers/1/id", json!("pack-au"), "offers[1].id: `pack-au` stands twice"),
            (
                "/offers/1/regions/0",
                json!("CA"),
                "offers[1].regions[0]: `CA` is not a region of this catalog",
            ),
            (
                "/offers/1/price/amount",
                json!(6.2),
                "offers[1].price.amount: expected money as a decimal string, such as \"6.20\", found the number `6.2`",
            ),
            ("/offers/1/price/amount", json!("-1"), "offers[1].price.amount: `-1` is negative"),
            (
                "/offers/2/price",
                tiers(json!([tier(1, json!(99)), tier(90, Value::Null)])),
                "offers[2].price.tiers[1].from: `90` overlaps",
            ),
            (
                "/offers/2/price",
                tiers(json!([tier(1, json!(99)), tier(120, Value::Null)])),
                "offers[2].price.tiers[1].from: `120` leaves a gap",
            ),
            (
                "/offers/2/price",
                tiers(json!([tier(1, Value::Null), tier(100, Value::Null)])),
                "offers[2].price.tiers[1].from: overlaps",
            ),
            (
                "/offers/2/price",
                tiers(json!([tier(1, json!(99)), tier(100, json!(9))])),
                "offers[2].price.tiers[1].up_to: `9` is less than",
            ),
            (
                "/offers/2/price",
                tiers(json!([tier(1, json!(99))])),
                "offers[2].price.tiers[0].up_to: ends before",
            ),
            ("/offers/2/price", json!({"model": "flat", "tiers": []}), "offers[2].price.amount: missing"),
            ("/offers/2/validity", json!({"months": 0}), "offers[2].validity.months: `0` is not 1 to"),
            ("/offers/1/regions", json!(["US", "US"]), "offers[1].regions[1]: `US` stands twice"),
            ("/offers/1/name", json!(""), "offers[1].name: 0 bytes long"),
            ("/plans/1/name", json!("x".repeat(257)), "plans[1].name: 257 bytes long"),
            ("/plans/0/credits", json!(0), "plans[0].credits: `0` is not 1 to"),
            ("/policy/segments_max", json!(256), "policy.segments_max: `256` is not 1 to 255"),
            ("/policy/draw", json!(["source", "source"]), "policy.draw[1]: stands twice"),
            ("/policy/receipts", json!([]), "policy.receipts: `rejected` is missing"),
        ] {
            let problem = problems_after(path, value);
            assert!(problem.starts_with(starts), "{path}: {problem}");
        }
    }

    #[test]
    fn a_package_must_not_end_before_it_can_be_used() {
        let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
        catalog["offers"][0]["validity"] = json!({"days": 1});
        catalog["offers"][0]["activation_seconds"] = json!(79_199);
        assert!(Catalog::from_json(&catalog.to_string()).is_ok());
        catalog["offers"][0]["activation_seconds"] = json!(172_800);
        let error = Catalog::from_json(&catalog.to_string()).unwrap_err().to_string();
        assert!(error.starts_with("offers[0].activation_seconds: `172800` is not less"), "{error}");
    }

    #[test]
    fn all_problems_are_reported() {
        let mut catalog: Value = serde_json::from_str(CLOUTLY).unwrap();
        catalog["revision"] = json!(0);
        catalog["plans"][1]["credits"] = json!(0);
        assert_eq!(Catalog::from_json(&catalog.to_string()).unwrap_err().problems.len(), 2);
    }
}
