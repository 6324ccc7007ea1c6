//! The catalogs that ship with the product. The only place that may name a seller.

/// Cloutly SMS credits: monthly plan credits, and packs by region that never expire.
pub const CLOUTLY: &str = include_str!("cloutly.json");

/// Every profile's JSON.
pub const ALL: [&str; 1] = [CLOUTLY];
