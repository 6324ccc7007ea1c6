//! What a purchase costs: lines, tiers, one rounding each, and how long the answer holds. Pure: no account, no storage.

mod lines;
mod packs;
mod quote;
mod read;
mod refund;
mod voucher;

pub use lines::QuoteLine;
pub use packs::whole_packs;
pub use quote::{Alternative, CatalogId, Quote, QuoteError, QuoteRequest, quote, total};
pub(crate) use read::{QUOTE, shown};
pub use refund::{Returned, refund};
pub(crate) use voucher::NEVER_VALID;
pub use voucher::{Discount, Ineligible, Voucher};
