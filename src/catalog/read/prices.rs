//! Prices of a document: models, tiers, packs and dated lists.

use super::{is_sold, region};
use crate::catalog::QUANTITY_MAX;
use crate::catalog::offer::{Model, Pack, PriceModel, Quantity, Tier};
use crate::catalog::price_list::{ListedPrice, PriceList};
use crate::money::{Currency, Decimal, Price};
use crate::numbering::Region;
use crate::shape::Fields;
use crate::shape::expected::{CURRENCY, MONEY, TIME};

/// The models, and what each needs.
const MODELS: [(Model, &str); 4] =
    [(Model::Flat, "amount"), (Model::Volume, "tiers"), (Model::Graduated, "tiers"), (Model::Fixed, "packs")];
/// The fields of a price, and those that say in a list what it is for.
const PRICE: [&str; 7] = ["model", "per", "amount", "tiers", "packs", "region", "purpose"];

/// A list and its place in the document.
pub(super) type Placed = (usize, PriceList);

/// The price lists; of one series and currency no two price the same at the same time.
pub(super) fn lists(document: &Fields<'_>, known: Option<&[Region]>) -> Vec<Placed> {
    let fields = ["id", "series", "currency", "from", "until", "historic", "source", "seen", "prices"];
    let mut ids = Vec::new();
    let mut lists: Vec<Placed> = Vec::new();
    for (index, fields) in document.items("price_lists", &fields).into_iter().enumerate() {
        let (id, series) = (fields.unique_id("id", &mut ids), fields.id("series"));
        let (from, until) = (fields.parsed("from", false, TIME), fields.parsed("until", false, TIME));
        if from.is_some() && until.is_some() && until <= from {
            fields.add("until", "not after `from`: the list would never hold");
        }
        let (historic, source) = (fields.flag("historic"), fields.optional_text("source").map(Into::into));
        let seen = fields.optional_text("seen").map(Into::into);
        let (currency, prices) = (fields.parsed("currency", true, CURRENCY), listed(&fields, known));
        // A list whose currency is wrong is still one of its series.
        let currency = currency.unwrap_or(Currency::NONE);
        let by_region = PriceList::by_region(&prices);
        let list = PriceList { id, series, currency, from, until, historic, source, seen, prices, by_region };
        for (_, before) in &lists {
            overlap(before, &list, &fields);
        }
        lists.push((index, list));
    }
    gaps(document, &lists);
    lists
}

fn listed(list: &Fields<'_>, known: Option<&[Region]>) -> Vec<ListedPrice> {
    let mut prices: Vec<ListedPrice> = Vec::new();
    list.some("prices");
    for fields in list.items("prices", &PRICE) {
        let (region, purpose) = (region(&fields, "region", known), fields.optional_id("purpose"));
        let price = model(&fields);
        let Some(region) = region else { continue };
        let listed = ListedPrice { region, purpose, price };
        if prices.iter().any(|before| before.meets(&listed)) {
            fields.add("region", format!("`{region}` is priced twice for one purpose: each is listed once"));
        }
        prices.push(listed);
    }
    prices
}

fn overlap(before: &PriceList, list: &PriceList, fields: &Fields<'_>) {
    let apart = before.series != list.series || before.currency != list.currency || !before.meets(list);
    if apart || list.currency == Currency::NONE {
        return;
    }
    let twice = list.prices.iter().find(|price| before.prices.iter().any(|other| other.meets(price)));
    if let Some(twice) = twice {
        let message = format!(
            "overlaps `{}`, which prices `{}` at the same time: date them apart",
            before.id, twice.region
        );
        fields.add("from", message);
    }
}

/// A time between two lists of a series at which a region has no price.
fn gaps(document: &Fields<'_>, lists: &[Placed]) {
    for (index, list) in lists {
        let Some(until) = list.until else { continue };
        let of_series = |other: &PriceList| other.series == list.series && other.currency == list.currency;
        let any = |listed: &ListedPrice, when: &dyn Fn(&PriceList) -> bool| {
            let purpose = listed.purpose.as_deref();
            let prices = |other: &PriceList| other.price(listed.region, purpose).is_some();
            lists.iter().any(|(_, other)| of_series(other) && when(other) && prices(other))
        };
        let gap = list.prices.iter().find(|listed| {
            any(listed, &|other| other.from > Some(until)) && !any(listed, &|other| other.holds(until))
        });
        if let Some(ListedPrice { region, .. }) = gap {
            let message =
                format!("no list of the series prices `{region}` from {until} until the next one begins");
            document.report.warn(document.at_item("price_lists", *index), message);
        }
    }
}

/// The price that an object holds, alone or beside the region that it is for. One of no known model is told of, and taken for one
/// of which nothing else is wrong.
pub(super) fn model(fields: &Fields<'_>) -> PriceModel {
    let model = fields.one_of("model", &Model::NAMES).and_then(|at| MODELS.get(at));
    let per = fields.get("per").map(|_| fields.whole("per", 1, QUANTITY_MAX, None));
    let amount = fields.parsed("amount", false, MONEY);
    let (tiers, packs) = (tiers(fields), packs(fields));
    let Some((model, wanted)) = model else {
        return PriceModel { model: Model::Flat, per, amount, tiers: Vec::new(), packs: Vec::new() };
    };
    for name in ["amount", "tiers", "packs"] {
        let present =
            fields.get(name).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
        if present && name != *wanted {
            fields.add(name, ["does not belong to this model: write `", wanted, "`"].concat());
        } else if !present && name == *wanted {
            fields.add(name, "missing: this model needs it");
        }
    }
    if per.is_some() && *model == Model::Fixed {
        fields.add("per", "does not belong to `fixed`: a pack's price is for the pack");
    }
    PriceModel { model: *model, per, amount, tiers, packs }
}

/// Most tiers of a price, so that an order can keep one.
const TIERS_MAX: usize = 200;

/// Tiers leave no gap and do not overlap; bounds are inclusive.
fn tiers(price: &Fields<'_>) -> Vec<Tier> {
    let mut tiers: Vec<Tier> = Vec::new();
    let mut expected: Option<Option<u64>> = None;
    for fields in price.items("tiers", &["from", "up_to", "amount"]) {
        let from = fields.whole("from", 1, QUANTITY_MAX, None);
        let up_to = fields.get("up_to").map(|_| fields.whole("up_to", 1, QUANTITY_MAX, None));
        match expected {
            Some(None) => {
                fields.add(
                    "from",
                    "overlaps: the tier before it has no `up_to` and holds every larger quantity",
                );
            }
            Some(Some(least)) if from != least => {
                let what = if from < least { "overlaps the tier before it" } else { "leaves a gap" };
                fields.add("from", format!("`{from}` {what}: write {least}"));
            }
            _ => {}
        }
        if let Some(up_to) = up_to.filter(|up_to| *up_to < from) {
            fields.add("up_to", format!("`{up_to}` is less than from, {from}"));
        }
        expected = Some(up_to.map(|up_to| up_to.saturating_add(1)));
        tiers.extend(fields.parsed("amount", true, MONEY).map(|amount| Tier { from, up_to, amount }));
    }
    let count = price.list("tiers").len();
    if count > TIERS_MAX {
        price.add("tiers", format!("{count} are more than {TIERS_MAX}"));
    }
    tiers
}

fn packs(price: &Fields<'_>) -> Vec<Pack> {
    let mut packs = Vec::new();
    let mut before = 0;
    for fields in price.items("packs", &["quantity", "amount"]) {
        let quantity = fields.whole("quantity", 1, QUANTITY_MAX, None);
        if quantity <= before {
            fields.add(
                "quantity",
                format!("`{quantity}` is out of order: list packs by rising quantity, each once"),
            );
        }
        before = quantity;
        packs.extend(fields.parsed("amount", true, MONEY).map(|amount| Pack { quantity, amount }));
    }
    packs
}

/// Warns where a larger quantity that is sold costs less than the one before it (domain rule 10): once for a price, where that
/// saves most.
pub(super) fn falling(price: &PriceModel, rule: Option<Quantity>, fields: &Fields<'_>, path: &str) {
    let Some(rule) = rule else { return };
    let total = |quantity: u64, amount: Price| amount.value().checked_mul(Decimal::from(quantity));
    let mut worst: Option<(Decimal, &str, usize, u64, u64)> = None;
    let mut note = |saved: Option<Decimal>, name, index, quantity, less| {
        if let Some(saved) = saved.filter(|saved| *saved > worst.map_or(Decimal::ZERO, |(most, ..)| most)) {
            worst = Some((saved, name, index, quantity, less));
        }
    };
    if price.model == Model::Volume {
        for (index, tier) in price.tiers.iter().enumerate() {
            let most = tier.up_to.unwrap_or(rule.max).min(rule.max);
            let Some(first) = tier.from.checked_next_multiple_of(rule.step).filter(|first| *first <= most)
            else {
                continue;
            };
            let last = first.saturating_sub(rule.step);
            let before = price.tiers.iter().rfind(|before| before.from <= last);
            if let Some(before) = before.filter(|_| last >= rule.min) {
                let costs = total(last, before.amount).zip(total(first, tier.amount));
                note(costs.and_then(|(last, first)| last.checked_sub(first)), "tiers", index, first, last);
            }
        }
    }
    for ((index, pack), before) in price.packs.iter().enumerate().skip(1).zip(&price.packs) {
        let saved = before.amount.value().checked_sub(pack.amount.value());
        note(saved, "packs", index, pack.quantity, before.quantity);
    }
    if let Some((_, name, index, quantity, less)) = worst {
        let message = format!("{quantity} cost less than {less}: a quote for {less} will say so");
        fields.report.warn(format!("{path}.{name}[{index}]"), message);
    }
}

/// A price covers every quantity of an offer: tiers from the smallest to the largest, packs within them. Nothing is said of
/// quantities that are themselves wrong.
pub(super) fn covers(price: &PriceModel, rule: Option<Quantity>, fields: &Fields<'_>, path: &str) {
    let Some(rule) = rule else { return };
    if let [first, ..] = &*price.tiers
        && first.from > rule.min
    {
        let message = format!("`{}` is above the offer's smallest quantity, {}", first.from, rule.min);
        fields.report.add([path, ".tiers[0].from"].concat(), message);
    }
    if let Some((last, up_to)) = price.tiers.last().and_then(|tier| tier.up_to.map(|up_to| (tier, up_to)))
        && last.from <= up_to
        && up_to < rule.max
    {
        let at = price.tiers.len().saturating_sub(1);
        let message =
            format!("ends before the offer's largest quantity, {}: leave it out on the last tier", rule.max);
        fields.report.add(format!("{path}.tiers[{at}].up_to"), message);
    }
    for (index, pack) in price.packs.iter().enumerate().filter(|(_, pack)| !is_sold(rule, pack.quantity)) {
        let message = format!(
            "`{}` is not one of the offer's quantities, {} to {} in steps of {}",
            pack.quantity, rule.min, rule.max, rule.step
        );
        fields.report.add(format!("{path}.packs[{index}].quantity"), message);
    }
}
