//! What a purchase costs: lines, tiers, one rounding each, and how long the answer holds. Pure: no account, no storage.

mod lines;
mod quote;

pub use lines::QuoteLine;
pub use quote::{CatalogId, CheaperAt, Quote, QuoteError, QuoteRequest, quote};
