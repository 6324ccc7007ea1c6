//! The offers of a document.

use super::prices::{Placed, covers, falling, model};
use super::{is_sold, region_list};
use crate::catalog::QUANTITY_MAX;
use crate::catalog::offer::{
    Agreement, Model, Offer, PriceModel, Pricing, Quantity, Refund, RefundModel, Validity,
};
use crate::catalog::price_list::{ListedPrice, PriceList};
use crate::money::Currency;
use crate::numbering::Region;
use crate::shape::Fields;
use serde_json::Value;
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

/// What offers refer to.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The regions of the catalog; none where they are themselves wrong.
    pub(super) known: Option<&'a [Region]>,
    pub(super) lists: &'a [Placed],
    /// The currency of the catalog.
    pub(super) currency: Option<Currency>,
}

impl<'a> Around<'a> {
    /// The lists of a series, each with its place.
    fn series(self, series: &'a str) -> impl Iterator<Item = &'a Placed> + Clone {
        self.lists.iter().filter(move |(_, list)| &*list.series == series)
    }
}

pub(super) fn offers(document: &Fields<'_>, around: Around<'_>) -> Vec<Offer> {
    let mut ids = Vec::new();
    let mut offers = Vec::new();
    if document.get("offers").is_none() {
        document.some("offers");
    }
    for fields in document.items("offers", &FIELDS) {
        let id = fields.unique_id("id", &mut ids);
        offers.push(offer(&fields, id, around));
    }
    offers
}

const UNPRICED: PriceModel =
    PriceModel { model: Model::Flat, per: None, amount: None, tiers: Vec::new(), packs: Vec::new() };

/// What is missing is told of, and stands here as something of which nothing else is wrong.
fn offer(fields: &Fields<'_>, id: Arc<str>, around: Around<'_>) -> Offer {
    fields.some("regions");
    let (rule, pricing) = (quantity(fields), pricing(fields));
    let validity = validity(fields);
    let offer = Offer {
        id,
        name: fields.name("name"),
        category: fields.optional_id("category"),
        package_type: fields.optional_id("package_type"),
        regions: region_list(fields, "regions", around.known),
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
        quantity: rule.unwrap_or(Quantity { step: 1, min: 1, max: QUANTITY_MAX }),
        pricing: pricing.unwrap_or(Pricing::Price(UNPRICED)),
    };
    match &offer.pricing {
        Pricing::Price(price) => {
            covers(price, rule, fields, &fields.at("price"));
            falling(price, rule, fields, &fields.at("price"));
        }
        Pricing::Prices(series) => listed(&offer, series, rule, fields, around),
    }
    if let Some(series) = offer.refund.as_ref().and_then(|refund| refund.prices.as_deref()) {
        refunded(&offer, series, rule, fields, around);
    }
    if let (Some(recharge), Some(rule)) = (offer.recharge_quantity, rule)
        && !(is_sold(rule, recharge) && has_pack(&offer, recharge, around))
    {
        fields.add("recharge_quantity", format!("`{recharge}` is not one of the offer's quantities"));
    }
    offer
}

/// Whether a quantity is a pack in one of the offer's prices at least, where those are packs.
fn has_pack(offer: &Offer, quantity: u64, around: Around<'_>) -> bool {
    let has = |price: &PriceModel| {
        price.packs.is_empty() || price.packs.iter().any(|pack| pack.quantity == quantity)
    };
    match &offer.pricing {
        Pricing::Price(price) => has(price),
        Pricing::Prices(series) => {
            let mut prices = around.series(series).flat_map(|(_, list)| &list.prices);
            prices.clone().next().is_none() || prices.any(|listed| is_of(offer, listed) && has(&listed.price))
        }
    }
}

/// The purposes that an offer's prices are looked up by.
fn purposes(offer: &Offer) -> Vec<Option<&str>> {
    if offer.purposes.is_empty() {
        return vec![None];
    }
    offer.purposes.iter().map(|purpose| Some(&**purpose)).collect()
}

/// Whether a listed price is one of an offer's.
fn is_of(offer: &Offer, listed: &ListedPrice) -> bool {
    let is_for = |purpose: Option<&str>| listed.is_for(listed.region, purpose);
    offer.regions.contains(&listed.region) && purposes(offer).into_iter().any(is_for)
}

/// Every region and purpose of an offer has a price in some list of its series, and each such price covers its quantities.
fn listed(offer: &Offer, series: &str, rule: Option<Quantity>, fields: &Fields<'_>, around: Around<'_>) {
    let lists = around.series(series);
    if lists.clone().next().is_none() {
        let message = ["`", series, "` is not the series of a price list"].concat();
        return fields.add("prices", message);
    }
    let in_currency = |currency: Currency| {
        move |list: &PriceList| list.currency == currency || list.currency == Currency::NONE
    };
    if let Some(currency) =
        around.currency.filter(|own| !lists.clone().any(|(_, list)| in_currency(*own)(list)))
    {
        let message = format!(
            "no list of the series is in the catalog's currency, `{currency}`: quotes must name another"
        );
        fields.report.warn(fields.at("prices"), message);
    }
    unpriced(offer, &lists, fields, |region| {
        format!("no list of the series `{series}` prices `{region}` for every purpose of the offer")
    });
    for (index, list) in lists {
        for (at, listed) in list.prices.iter().enumerate().filter(|(_, listed)| is_of(offer, listed)) {
            let path = format!("price_lists[{index}].prices[{at}]");
            covers(&listed.price, rule, fields, &path);
            falling(&listed.price, rule, fields, &path);
        }
    }
}

/// Notes the regions of an offer that some lists do not price for every purpose of it.
fn unpriced<'a>(
    offer: &Offer,
    lists: &(impl Iterator<Item = &'a Placed> + Clone),
    fields: &Fields<'_>,
    message: impl Fn(Region) -> String,
) {
    for (index, region) in offer.regions.iter().enumerate() {
        let priced =
            |purpose: Option<&str>| lists.clone().any(|(_, list)| list.price(*region, purpose).is_some());
        if !purposes(offer).into_iter().all(priced) {
            fields.report.add(fields.at_item("regions", index), message(*region));
        }
    }
}

/// Every segment that can have been used has a price in the series that a refund is reckoned by: for each region, purpose and
/// currency of the offer, and in each list.
fn refunded(offer: &Offer, series: &str, rule: Option<Quantity>, fields: &Fields<'_>, around: Around<'_>) {
    let path = [fields.at("refund"), ".prices".to_owned()].concat();
    let lists = around.series(series);
    if lists.clone().next().is_none() {
        return fields.report.add(path, ["`", series, "` is not the series of a price list"].concat());
    }
    for currency in currencies(offer, around) {
        let of_currency = lists
            .clone()
            .filter(move |(_, list)| list.currency == currency || list.currency == Currency::NONE);
        unpriced(offer, &of_currency, fields, |region| {
            format!(
                "no list of the series `{series}`, by which refunds are reckoned, prices `{region}` in `{currency}` for every purpose of the offer"
            )
        });
    }
    let used = rule.map(|rule| Quantity { step: 1, min: 1, max: rule.max });
    for (index, list) in lists {
        for (at, listed) in list.prices.iter().enumerate().filter(|(_, listed)| is_of(offer, listed)) {
            let path = format!("price_lists[{index}].prices[{at}]");
            if !listed.price.packs.is_empty() {
                let message = "`fixed` prices no part of a package: refunds are reckoned by this list";
                fields.report.add([&path, ".model"].concat(), message);
            }
            covers(&listed.price, used, fields, &path);
        }
    }
}

/// The currencies that an offer is sold in, as far as they are known.
fn currencies(offer: &Offer, around: Around<'_>) -> Vec<Currency> {
    let Pricing::Prices(series) = &offer.pricing else { return around.currency.into_iter().collect() };
    let mut found = Vec::new();
    for (_, list) in around.series(series).filter(|(_, list)| list.currency != Currency::NONE) {
        if !found.contains(&list.currency) {
            found.push(list.currency);
        }
    }
    found
}

/// Which quantities are sold; none where that is itself wrong.
fn quantity(offer: &Fields<'_>) -> Option<Quantity> {
    let names = ["step", "min", "max"];
    let fields = offer.object("quantity", true, &names)?;
    let [step, min, max] = names.map(|name| fields.whole(name, 1, QUANTITY_MAX, None));
    if names.iter().any(|name| fields.get(name).and_then(Value::as_u64).is_none()) {
        return None;
    }
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
    let price = offer.object("price", series.is_none(), &known).map(|price| model(&price));
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
