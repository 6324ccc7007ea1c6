//! What a message says a field should hold, where it is a text of some form.

pub(crate) const REGION: &str = "a region, such as \"AU\"";
pub(crate) const CURRENCY: &str = "a currency code, such as \"USD\"";
pub(crate) const MONEY: &str = "money as a decimal string, such as \"6.20\"";
pub(crate) const UNTIL: &str = "a time as RFC 3339 with an offset, or a date, such as \"2026-11-21\"";
pub(crate) const TIME: &str = "a time as RFC 3339 with an offset, such as \"2026-11-21T09:30:00Z\"";
