//! Quotes and their requests out of JSON data, and a quote as such data.
//!
//! By hand beside the derived forms: the module carries these alone, and they are a third of the size.

use super::lines::QuoteLine;
use super::quote::{Alternative, CatalogId, Quote, QuoteRequest};
use crate::catalog::Validity;
use crate::money::Price;
use crate::shape::expected::{CURRENCY, MONEY, REGION, TIME};
use crate::shape::{Fields, Problem, Report};
use serde_json::Value;

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

    /// The quote as JSON text, without a tree of values in between.
    pub fn json(&self) -> String {
        let mut json = Json(String::with_capacity(JSON_BYTES));
        json.text("{\"offer", &self.offer);
        json.text("region", self.region.as_str());
        json.number("quantity", self.quantity);
        json.text("currency", self.currency.code());
        json.open("lines");
        for line in &self.lines {
            json.number("{\"quantity", line.quantity);
            json.shown("price", &line.price);
            json.number("per", line.per);
            json.shown("amount", &line.amount);
            json.close('}');
        }
        json.close(']');
        json.shown("total", &self.total);
        json.open("alternatives");
        self.alternatives.iter().for_each(|other| json.alternative("{\"quantity", other));
        json.close(']');
        json.shown("quotedAt", &self.quoted_at);
        json.shown("expiresAt", &self.expires_at);
        json.text("catalog\":{\"id", &self.catalog.id);
        json.number("revision", u64::from(self.catalog.revision));
        json.close('}');
        for (name, value) in [("purpose", &self.purpose), ("priceList", &self.price_list)] {
            if let Some(value) = value {
                json.text(name, value);
            }
        }
        if let Some(cheaper) = &self.cheaper_at {
            json.alternative("cheaperAt\":{\"quantity", cheaper);
        }
        if let Some(validity) = self.validity {
            let (unit, count) = validity.parts();
            json.number(["validity\":{\"", unit].concat().as_str(), u64::from(count));
            json.close('}');
        }
        json.close('}');
        json.0
    }
}

/// About as long as a quote of one line is.
const JSON_BYTES: usize = 512;

/// JSON as it is written: a comma goes before whatever does not open something. A name may bring along what opens before it.
struct Json(String);

impl Json {
    #[inline(never)]
    fn name(&mut self, name: &str) {
        let Self(json) = self;
        if !matches!(json.as_bytes().last(), None | Some(b'{' | b'[')) {
            json.push(',');
        }
        if !name.starts_with('{') {
            json.push('"');
        }
        json.push_str(name);
        json.push_str("\":");
    }

    /// A text, of which nothing but printable ASCII is known: ids and codes.
    #[inline(never)]
    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.0.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                self.0.push('\\');
            }
            self.0.push(character);
        }
        self.0.push('"');
    }

    #[inline(never)]
    fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        self.0.push_str(itoa::Buffer::new().format(number));
    }

    /// Money or a time, which have nothing to escape.
    #[inline(never)]
    fn shown(&mut self, name: &str, shown: &dyn std::fmt::Display) {
        self.text(name, &shown.to_string());
    }

    fn alternative(&mut self, name: &str, other: &Alternative) {
        self.number(name, other.quantity);
        self.shown("total", &other.total);
        self.close('}');
    }

    fn open(&mut self, name: &str) {
        self.name(name);
        self.0.push('[');
    }

    fn close(&mut self, bracket: char) {
        self.0.push(bracket);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, profiles};

    #[test]
    fn both_forms_of_a_quote_are_the_same() {
        for json in profiles::ALL {
            // An id may hold whatever JSON escapes.
            let catalog = Catalog::from_json(&json.replace("\"general\"", r#""a\"b\\""#)).unwrap();
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
                let data: Value = serde_json::from_str(&quote.json()).unwrap();
                assert_eq!(serde_json::to_value(&quote).unwrap(), data);
                let report = Report::default();
                let path = String::new();
                let read = Quote::read(&Fields::of(&data, path, &QUOTE, &report));
                assert_eq!((read.as_ref(), report.first()), (Some(&quote), None));
                assert_eq!(serde_json::from_value::<Quote>(data).unwrap(), quote);
            }
        }
    }
}
