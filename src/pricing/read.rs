//! Quotes and their requests out of JSON data, and a quote as such data.
//!
//! By hand beside the derived forms: the module carries these alone, and they are a third of the size.

use super::lines::QuoteLine;
use super::quote::{Alternative, CatalogId, Quote, QuoteRequest};
use crate::catalog::Validity;
use crate::money::Price;
use crate::shape::{Fields, Problem, Report};
use serde_json::{Map, Value};

const REQUEST: [&str; 7] = ["offer", "region", "quantity", "purpose", "currency", "validity", "at"];
/// The properties of a quote.
pub(crate) const QUOTE: [&str; 14] = [
    "offer",
    "region",
    "purpose",
    "quantity",
    "currency",
    "lines",
    "total",
    "cheaperAt",
    "alternatives",
    "validity",
    "quotedAt",
    "expiresAt",
    "catalog",
    "priceList",
];
const REGION: &str = "a region, such as \"AU\"";
const CURRENCY: &str = "a currency code, such as \"USD\"";
const MONEY: &str = "money as a decimal string, such as \"6.20\"";
const TIME: &str = "a time as RFC 3339 with an offset, such as \"2026-11-21T09:30:00Z\"";

impl QuoteRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// The first problem, with its path.
    pub(crate) fn read(value: &Value) -> Result<Self, Problem> {
        let report = Report::default();
        let fields = Fields::of(value, String::new(), &REQUEST, &report);
        let request = Self {
            offer: fields.text("offer").into(),
            region: fields.parsed("region", false, REGION),
            quantity: count(&fields, "quantity"),
            purpose: fields.optional_text("purpose").map(Into::into),
            currency: fields.parsed("currency", false, CURRENCY),
            validity: validity(&fields),
            at: fields.parsed("at", false, TIME),
        };
        report.first().map_or(Ok(request), Err)
    }
}

fn count(fields: &Fields<'_>, name: &str) -> u64 {
    fields.whole(name, 0, u64::MAX, None)
}

fn validity(fields: &Fields<'_>) -> Option<Validity> {
    Validity::read(&fields.object("validity", false, &Validity::FIELDS)?)
}

impl Quote {
    /// Reads a quote from an object; none where there are problems, which are in the report.
    pub(crate) fn read(fields: &Fields<'_>) -> Option<Self> {
        let catalog = fields.object("catalog", true, &["id", "revision"]);
        let catalog = catalog.map(|catalog| CatalogId {
            id: catalog.text("id").into(),
            revision: catalog.small("revision", 0, u32::MAX, None),
        });
        let cheaper_at = fields.object("cheaperAt", false, &ALTERNATIVE);
        let (region, currency) =
            (fields.parsed("region", true, REGION), fields.parsed("currency", true, CURRENCY));
        let [quoted_at, expires_at] = ["quotedAt", "expiresAt"].map(|name| fields.parsed(name, true, TIME));
        let lines = fields.items("lines", &LINE);
        let alternatives = fields.items("alternatives", &ALTERNATIVE);
        Some(Self {
            offer: fields.text("offer").into(),
            purpose: fields.optional_text("purpose").map(Into::into),
            quantity: count(fields, "quantity"),
            lines: lines.iter().map(line).collect::<Option<_>>()?,
            total: money(fields, "total")?,
            cheaper_at: cheaper_at.as_ref().and_then(alternative),
            alternatives: alternatives.iter().map(alternative).collect::<Option<_>>()?,
            validity: validity(fields),
            price_list: fields.optional_text("priceList").map(Into::into),
            region: region?,
            currency: currency?,
            quoted_at: quoted_at?,
            expires_at: expires_at?,
            catalog: catalog?,
        })
    }

    /// The quote as data.
    pub fn data(&self) -> Value {
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| put(&mut data, name, value);
        let text = |text: &str| Value::from(text);
        put("offer", text(&self.offer));
        put("region", text(self.region.as_str()));
        put("quantity", self.quantity.into());
        put("currency", text(self.currency.code()));
        put("lines", self.lines.iter().map(line_data).collect());
        put("total", price(self.total));
        put("alternatives", self.alternatives.iter().map(alternative_data).collect());
        put("quotedAt", Value::String(self.quoted_at.to_string()));
        put("expiresAt", Value::String(self.expires_at.to_string()));
        put(
            "catalog",
            object(&mut [("id", text(&self.catalog.id)), ("revision", self.catalog.revision.into())]),
        );
        for (name, value) in [("purpose", &self.purpose), ("priceList", &self.price_list)] {
            if let Some(value) = value {
                put(name, text(value));
            }
        }
        if let Some(cheaper) = &self.cheaper_at {
            put("cheaperAt", alternative_data(cheaper));
        }
        if let Some(validity) = self.validity {
            let (name, count) = validity.parts();
            put("validity", object(&mut [(name, count.into())]));
        }
        Value::Object(data)
    }
}

const LINE: [&str; 4] = ["quantity", "price", "per", "amount"];
const ALTERNATIVE: [&str; 2] = ["quantity", "total"];

fn money(fields: &Fields<'_>, name: &str) -> Option<Price> {
    fields.parsed(name, true, MONEY)
}

fn line(fields: &Fields<'_>) -> Option<QuoteLine> {
    let [quantity, per] = ["quantity", "per"].map(|name| count(fields, name));
    let [price, amount] = ["price", "amount"].map(|name| money(fields, name));
    Some(QuoteLine { quantity, price: price?, per, amount: amount? })
}

fn alternative(fields: &Fields<'_>) -> Option<Alternative> {
    Some(Alternative { quantity: count(fields, "quantity"), total: money(fields, "total")? })
}

#[inline(never)]
fn price(price: Price) -> Value {
    Value::String(price.to_string())
}

#[inline(never)]
fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    object.insert(name.to_owned(), value);
}

// Not collected: that brings a sort of its own into the module.
#[inline(never)]
fn object(properties: &mut [(&str, Value)]) -> Value {
    let mut object = Map::new();
    for (name, value) in properties {
        put(&mut object, name, std::mem::take(value));
    }
    Value::Object(object)
}

fn line_data(line: &QuoteLine) -> Value {
    object(&mut [
        ("quantity", line.quantity.into()),
        ("price", price(line.price)),
        ("per", line.per.into()),
        ("amount", price(line.amount)),
    ])
}

fn alternative_data(other: &Alternative) -> Value {
    object(&mut [("quantity", other.quantity.into()), ("total", price(other.total))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, profiles};

    #[test]
    fn both_forms_of_a_quote_are_the_same() {
        for json in profiles::ALL {
            let catalog = Catalog::from_json(json).unwrap();
            for offer in &catalog.offers {
                let request = QuoteRequest {
                    offer: offer.id.clone(),
                    region: offer.regions.first().copied(),
                    quantity: offer.quantity.max,
                    purpose: offer.purposes.first().cloned(),
                    validity: offer.validity.first().copied(),
                    ..QuoteRequest::default()
                };
                let now = "2026-11-21T09:30:00Z".parse().unwrap();
                let quote = super::super::quote(&catalog, &request, now).unwrap_or_else(|error| {
                    panic!("{}: {error}", offer.id);
                });
                assert_eq!(serde_json::to_value(&quote).unwrap(), quote.data());
                let report = Report::default();
                let (data, path) = (quote.data(), String::new());
                let read = Quote::read(&Fields::of(&data, path, &QUOTE, &report));
                assert_eq!((read.as_ref(), report.first()), (Some(&quote), None));
                assert_eq!(serde_json::from_value::<Quote>(data).unwrap(), quote);
            }
        }
    }
}
