//! Quotes and their requests out of JSON data, and a quote as such data.
//!
//! By hand: a derived reader or writer is three times as large in the module.

use super::lines::QuoteLine;
use super::quote::{Alternative, CatalogId, Quote, QuoteRequest};
use super::voucher::{Discount, Voucher};
use crate::catalog::{Agreement, Validity};
use crate::money::{Currency, Price};
use crate::numbering::Region;
use crate::shape::expected::{CURRENCY, MONEY, REGION, TIME};
use crate::shape::{Fields, Json, Problem, Report, ToJson};
use serde_json::Value;

const REQUEST: [&str; 8] =
    ["offer", "region", "quantity", "purpose", "currency", "validity", "voucher", "at"];
/// The properties of a quote.
pub(crate) const QUOTE: [&str; 18] = [
    "offer",
    "region",
    "purpose",
    "quantity",
    "currency",
    "lines",
    "voucher",
    "discount",
    "total",
    "cheaperAt",
    "alternatives",
    "validity",
    "quotedAt",
    "expiresAt",
    "catalog",
    "priceList",
    "gates",
    "agreement",
];

impl QuoteRequest {
    /// The properties of a request that says no voucher.
    pub(crate) const UNDISCOUNTED: [&'static str; 7] =
        ["offer", "region", "quantity", "purpose", "currency", "validity", "at"];

    /// Reads a request.
    ///
    /// # Errors
    /// The first problem, with its path.
    pub(crate) fn read(value: &Value) -> Result<Self, Problem> {
        let report = Report::default();
        let request = Self::of(&Fields::of(value, String::new(), &REQUEST, &report), true);
        report.first().map_or(Ok(request), Err)
    }

    /// Reads a request out of an object, its voucher only where that is asked for; problems are in the report.
    pub(crate) fn of(fields: &Fields<'_>, voucher: bool) -> Self {
        let voucher = voucher.then(|| fields.object("voucher", false, &Voucher::FIELDS)).flatten();
        Self {
            offer: fields.text("offer").into(),
            region: fields.parsed("region", false, REGION),
            quantity: count(fields, "quantity"),
            purpose: fields.optional_text("purpose").map(Into::into),
            currency: fields.parsed("currency", false, CURRENCY),
            validity: validity(fields),
            voucher: voucher
                .and_then(|voucher| Voucher::read(&voucher, voucher.parsed("until", false, TIME))),
            at: fields.parsed("at", false, TIME),
        }
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
        let agreement = fields.object("agreement", false, &Agreement::FIELDS);
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
            voucher: fields.optional_text("voucher").map(Into::into),
            discount: fields.parsed("discount", false, MONEY),
            total: money(fields, "total")?,
            cheaper_at: cheaper_at.as_ref().and_then(alternative),
            alternatives: alternatives.iter().map(alternative).collect::<Option<_>>()?,
            validity: validity(fields),
            price_list: fields.optional_text("priceList").map(Into::into),
            gates: fields.texts("gates").into_iter().map(Into::into).collect(),
            agreement: agreement.as_ref().map(Agreement::read),
            region: region?,
            currency: currency?,
            quoted_at: quoted_at?,
            expires_at: expires_at?,
            catalog: catalog?,
        })
    }
}

impl ToJson for Quote {
    fn to_json(&self, json: &mut Json) {
        json.open('{');
        json.text("offer", &self.offer);
        json.text("region", self.region.as_str());
        json.optional("purpose", self.purpose.as_deref());
        json.number("quantity", self.quantity);
        json.text("currency", self.currency.code());
        json.objects("lines", self.lines.len(), &|json, index| {
            let Some(line) = self.lines.get(index) else { return };
            json.number("quantity", line.quantity);
            json.shown("price", &line.price);
            json.number("per", line.per);
            json.shown("amount", &line.amount);
        });
        json.optional("voucher", self.voucher.as_deref());
        json.optional_shown("discount", self.discount.as_ref().map(shown));
        json.shown("total", &self.total);
        if let Some(cheaper) = &self.cheaper_at {
            json.object("cheaperAt", &|json| cheaper.fields(json));
        }
        json.objects("alternatives", self.alternatives.len(), &|json, index| {
            if let Some(other) = self.alternatives.get(index) {
                other.fields(json);
            }
        });
        if let Some(validity) = self.validity {
            validity.to_json("validity", json);
        }
        json.shown("quotedAt", &self.quoted_at);
        json.shown("expiresAt", &self.expires_at);
        json.object("catalog", &|json| self.catalog.fields(json));
        json.optional("priceList", self.price_list.as_deref());
        if !self.gates.is_empty() {
            json.texts("gates", &mut self.gates.iter().map(|gate| &**gate));
        }
        if let Some(agreement) = &self.agreement {
            json.object("agreement", &|json| agreement.fields(json));
        }
        json.close('}');
    }
}

/// A reference to something that can be shown.
pub(crate) fn shown<T: std::fmt::Display>(shown: &T) -> &dyn std::fmt::Display {
    shown
}

impl Alternative {
    fn fields(&self, json: &mut Json) {
        json.number("quantity", self.quantity);
        json.shown("total", &self.total);
    }
}

impl CatalogId {
    /// Appends its fields.
    pub(crate) fn fields(&self, json: &mut Json) {
        json.text("id", &self.id);
        json.number("revision", u64::from(self.revision));
    }
}

impl Agreement {
    /// Appends its fields.
    pub(crate) fn fields(&self, json: &mut Json) {
        json.text("id", &self.id);
        json.text("version", &self.version);
    }
}

impl Validity {
    /// Appends it as an object.
    pub(crate) fn to_json(self, name: &str, json: &mut Json) {
        let (unit, count) = self.parts();
        json.object(name, &|json| json.number(unit, u64::from(count)));
    }
}

impl ToJson for Voucher {
    fn to_json(&self, json: &mut Json) {
        json.open('{');
        self.fields(json);
        json.close('}');
    }
}

impl Voucher {
    /// Appends it as it is granted and quoted.
    pub(crate) fn fields(&self, json: &mut Json) {
        json.text("id", &self.id);
        match &self.discount {
            Discount::Amount(amount) => json.shown("amount", amount),
            Discount::Percent(percent) => json.shown("percent", percent),
        }
        json.optional("currency", self.currency.as_ref().map(Currency::code));
        for (name, amount) in [("minSpend", &self.min_spend), ("cap", &self.cap)] {
            json.optional_shown(name, amount.as_ref().map(shown));
        }
        if !self.offers.is_empty() {
            json.texts("offers", &mut self.offers.iter().map(|offer| &**offer));
        }
        if !self.regions.is_empty() {
            json.texts("regions", &mut self.regions.iter().map(Region::as_str));
        }
        for (name, at) in [("from", &self.from), ("until", &self.until)] {
            json.optional_shown(name, at.as_ref().map(shown));
        }
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
    fn a_quote_comes_back_as_it_was_written() {
        for json in profiles::ALL {
            // An id may hold whatever JSON escapes.
            let catalog = Catalog::from_json(&json.replace("\"general\"", r#""a\"b\\""#)).unwrap();
            for offer in &catalog.offers {
                let voucher = Value::from_iter([("id", "v\"1"), ("percent", "12.5")]);
                let report = Report::default();
                let fields = Fields::of(&voucher, String::new(), &Voucher::FIELDS, &report);
                let voucher = Voucher::read(&fields, fields.parsed("until", false, TIME));
                let request = QuoteRequest {
                    offer: offer.id.clone(),
                    region: offer.regions.first().copied(),
                    quantity: offer.quantity.max,
                    purpose: offer.purposes.first().cloned(),
                    validity: offer.validity.first().copied(),
                    voucher: voucher.filter(|_| offer.vouchers),
                    ..QuoteRequest::default()
                };
                let now = "2026-11-21T09:30:00Z".parse().unwrap();
                let quote = super::super::quote(&catalog, &request, now).unwrap_or_else(|error| {
                    panic!("{}: {error}", offer.id);
                });
                let data: Value = serde_json::from_str(&quote.json()).unwrap();
                let report = Report::default();
                let path = String::new();
                let read = Quote::read(&Fields::of(&data, path, &QUOTE, &report));
                assert_eq!((read.as_ref(), report.first()), (Some(&quote), None));
            }
        }
    }

    #[test]
    fn a_voucher_comes_back_as_it_was_written() {
        let all = serde_json::json!({
            "id": "v1", "amount": "5.00", "currency": "USD", "minSpend": "10", "cap": "4.5", "offers": ["a", "b"],
            "regions": ["AU"], "from": "2026-11-21T09:30:00.000Z", "until": "2026-12-21T09:30:00.000Z",
        });
        let report = Report::default();
        let fields = Fields::of(&all, String::new(), &Voucher::FIELDS, &report);
        let voucher = Voucher::read(&fields, fields.parsed("until", false, TIME)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&voucher.json()).unwrap(), all);
    }
}
