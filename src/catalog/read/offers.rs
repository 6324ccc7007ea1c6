//! The offers of a document.

use super::prices::{Placed, covers, falling, model};
use super::{is_sold, region_list};
use crate::catalog::QUANTITY_MAX;
use crate::catalog::offer::{Agreement, Offer, Pricing, Quantity, Refund, RefundModel, Validity};
use crate::numbering::Region;
use crate::shape::Fields;
use std::sync::Arc;

/// The longest validity of a package, a bound on typing errors.
const VALIDITY_MONTHS_MAX: u32 = 1_200;
const VALIDITY_DAYS_MAX: u32 = 36_500;
/// The shortest month, and the shortest day of a zone that puts its clocks forward.
const MONTH_DAYS_MIN: u32 = 28;
const DAY_SECONDS_MIN: u32 = 22 * 3_600;

const FIELDS: [&str; 16] = [
    "id",
    "name",
    "category",
    "package_type",
    "regions",
    "purposes",
    "quantity",
    "price",
    "prices",
    "validity",
    "activation_seconds",
    "agreement",
    "gates",
    "refund",
    "vouchers",
    "recharge_quantity",
];

pub(super) fn offers(document: &Fields<'_>, known: Option<&[Region]>, lists: &[Placed]) -> Vec<Offer> {
    let mut ids = Vec::new();
    let mut offers = Vec::new();
    if document.get("offers").is_none() {
        document.some("offers");
    }
    for fields in document.items("offers", &FIELDS) {
        let id = fields.unique_id("id", &mut ids);
        offers.extend(offer(&fields, id, known, lists));
    }
    offers
}

fn offer(fields: &Fields<'_>, id: Arc<str>, known: Option<&[Region]>, lists: &[Placed]) -> Option<Offer> {
    fields.some("regions");
    let quantity = quantity(fields);
    let pricing = pricing(fields);
    let validity = validity(fields);
    let offer = Offer {
        id,
        name: fields.name("name"),
        category: fields.optional_id("category"),
        package_type: fields.optional_id("package_type"),
        regions: region_list(fields, "regions", known),
        purposes: fields.ids("purposes"),
        activation_seconds: activation(fields, &validity),
        validity,
        agreement: fields.object("agreement", false, &Agreement::FIELDS).as_ref().map(Agreement::read),
        gates: fields.ids("gates"),
        refund: refund(fields),
        vouchers: fields.flag("vouchers"),
        recharge_quantity: fields
            .get("recharge_quantity")
            .map(|_| fields.whole("recharge_quantity", 1, QUANTITY_MAX, None)),
        quantity: quantity?,
        pricing: pricing?,
    };
    match &offer.pricing {
        Pricing::Price(price) => {
            covers(price, offer.quantity, fields, &fields.at("price"));
            falling(price, offer.quantity, fields, &fields.at("price"));
        }
        Pricing::Prices(series) => listed(&offer, series, fields, lists),
    }
    if let Some(series) = offer.refund.as_ref().and_then(|refund| refund.prices.as_deref()) {
        refunded(&offer, series, fields, lists);
    }
    if let Some(recharge) = offer.recharge_quantity.filter(|recharge| !is_sold(offer.quantity, *recharge)) {
        fields.add("recharge_quantity", format!("`{recharge}` is not one of the offer's quantities"));
    }
    Some(offer)
}

/// Every region and purpose of an offer has a price in some list of its series, and each such price covers its quantities.
fn listed(offer: &Offer, series: &str, fields: &Fields<'_>, lists: &[Placed]) {
    let series_lists = || lists.iter().filter(|(_, list)| &*list.series == series);
    if series_lists().next().is_none() {
        let message = ["`", series, "` is not the series of a price list"].concat();
        return fields.add("prices", message);
    }
    let any = [None];
    let purposes: Vec<Option<&str>> = offer.purposes.iter().map(|purpose| Some(&**purpose)).collect();
    let purposes = if purposes.is_empty() { &any[..] } else { &purposes };
    for (index, region) in offer.regions.iter().enumerate() {
        let priced =
            |purpose: Option<&str>| series_lists().any(|(_, list)| list.price(*region, purpose).is_some());
        if !purposes.iter().copied().all(priced) {
            let message =
                format!("no list of the series `{series}` prices `{region}` for every purpose of the offer");
            fields.report.add(fields.at_item("regions", index), message);
        }
    }
    for (index, list) in series_lists() {
        let used = list.prices.iter().enumerate().filter(|(_, price)| {
            offer.regions.contains(&price.region)
                && purposes.iter().any(|purpose| price.is_for(price.region, *purpose))
        });
        for (at, listed) in used {
            let path = format!("price_lists[{index}].prices[{at}]");
            covers(&listed.price, offer.quantity, fields, &path);
            falling(&listed.price, offer.quantity, fields, &path);
        }
    }
}

/// Every segment that can have been used has a price in each list of the series that a refund is reckoned by.
fn refunded(offer: &Offer, series: &str, fields: &Fields<'_>, lists: &[Placed]) {
    let used = Quantity { step: 1, min: 1, max: offer.quantity.max };
    let mut found = false;
    for (index, list) in lists.iter().filter(|(_, list)| &*list.series == series) {
        let prices = list.prices.iter().enumerate();
        for (at, listed) in prices.filter(|(_, listed)| offer.regions.contains(&listed.region)) {
            found = true;
            if !listed.price.packs.is_empty() {
                let path = format!("price_lists[{index}].prices[{at}].model");
                fields.report.add(
                    path,
                    "`fixed` prices no part of a package: refunds are reckoned by this list".to_owned(),
                );
            }
            covers(&listed.price, used, fields, &format!("price_lists[{index}].prices[{at}]"));
        }
    }
    if !found {
        let message = ["`", series, "` is not the series of a price list for a region of the offer"].concat();
        fields.report.add([fields.at("refund"), ".prices".to_owned()].concat(), message);
    }
}

fn quantity(offer: &Fields<'_>) -> Option<Quantity> {
    let fields = offer.object("quantity", true, &["step", "min", "max"])?;
    let [step, min, max] = ["step", "min", "max"].map(|name| fields.whole(name, 1, QUANTITY_MAX, None));
    for (name, bound) in [("min", min), ("max", max)] {
        if bound.checked_rem(step) != Some(0) {
            fields.add(name, format!("`{bound}` is not a multiple of the step {step}, 1 step or more"));
        }
    }
    if max < min {
        fields.add("max", format!("`{max}` is less than min, {min}"));
    }
    Some(Quantity { step, min, max })
}

fn pricing(offer: &Fields<'_>) -> Option<Pricing> {
    let series = offer.optional_id("prices");
    let known = ["model", "per", "amount", "tiers", "packs"];
    let price = offer.object("price", series.is_none(), &known).and_then(|price| model(&price));
    if series.is_some() && offer.get("price").is_some() {
        offer.add("prices", "stands beside `price`: write the one or the other");
    }
    series.map(Pricing::Prices).or(price.map(Pricing::Price))
}

/// One validity, or the choices of the buyer.
fn validity(offer: &Fields<'_>) -> Vec<Validity> {
    let mut choices: Vec<Validity> = Vec::new();
    let known = Validity::FIELDS;
    let Some(value) = offer.get("validity") else { return choices };
    if !value.is_array() {
        choices.extend(offer.object("validity", true, &known).and_then(|fields| Validity::read(&fields)));
        return choices;
    }
    offer.some("validity");
    for (index, fields) in offer.items("validity", &known).iter().enumerate() {
        let Some(choice) = Validity::read(fields) else { continue };
        if choices.contains(&choice) {
            offer.report.add(offer.at_item("validity", index), "stands twice: each is listed once");
        }
        choices.push(choice);
    }
    choices
}

impl Validity {
    /// The units.
    pub(crate) const FIELDS: [&str; 2] = ["months", "days"];

    /// Reads a validity from an object.
    pub(crate) fn read(fields: &Fields<'_>) -> Option<Self> {
        match (fields.get("months").is_some(), fields.get("days").is_some()) {
            (true, false) => Some(Self::Months(fields.small("months", 1, VALIDITY_MONTHS_MAX, None))),
            (false, true) => Some(Self::Days(fields.small("days", 1, VALIDITY_DAYS_MAX, None))),
            _ => {
                fields.add("", "write either `months` or `days`");
                None
            }
        }
    }
}

/// A package that ends before it can be used would be sold for nothing.
fn activation(fields: &Fields<'_>, validity: &[Validity]) -> u32 {
    let seconds = fields.small("activation_seconds", 0, u32::MAX, Some(0));
    let shortest = validity.iter().map(|validity| match validity {
        Validity::Months(months) => months.saturating_mul(MONTH_DAYS_MIN),
        Validity::Days(days) => *days,
    });
    if shortest.min().is_some_and(|days| seconds >= days.saturating_mul(DAY_SECONDS_MIN)) {
        let message =
            format!("`{seconds}` is not less than the validity: the package would end before it can be used");
        fields.add("activation_seconds", message);
    }
    seconds
}

fn refund(offer: &Fields<'_>) -> Option<Refund> {
    let fields = offer.object("refund", false, &["model", "within", "prices"])?;
    let model = fields.one_of("model", &RefundModel::NAMES);
    let model = *RefundModel::ALL.get(model?)?;
    let within = fields.object("within", false, &Validity::FIELDS);
    let prices = fields.optional_id("prices");
    if (model == RefundModel::UsedValue) != prices.is_some() {
        fields.add("prices", "belongs to the model `used-value`, and to no other: the series of price lists by which used segments are paid");
    }
    Some(Refund { model, within: within.and_then(|fields| Validity::read(&fields)), prices })
}

impl Agreement {
    /// The fields of an agreement.
    pub(crate) const FIELDS: [&'static str; 2] = ["id", "version"];

    /// Reads one; problems are in the report.
    pub(crate) fn read(fields: &Fields<'_>) -> Self {
        Self { id: fields.id("id"), version: fields.id("version") }
    }
}
