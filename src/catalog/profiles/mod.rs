//! The catalogs that ship with the product. The only place that may name a seller.
//!
//! All but `cloutly.json` are written by `js/scripts/profiles.mjs`.

/// Cloutly SMS credits: monthly plan credits, and packs by region that never expire.
pub const CLOUTLY: &str = include_str!("cloutly.json");
/// Tencent Cloud China SMS as its page describes it: charged on delivery, the complimentary package for postpaid accounts.
pub const TENCENT_SMS: &str = include_str!("tencent-sms.json");
/// Tencent Cloud China SMS as the vendor charges it: on submission, the complimentary package for prepaid accounts.
pub const TENCENT_SMS_LIVE: &str = include_str!("tencent-sms-live.json");
/// USMS of `UCloud`: packages in steps of 100, by region and purpose.
pub const UCLOUD_USMS: &str = include_str!("ucloud-usms.json");

/// Every profile's JSON.
pub const ALL: [&str; 4] = [CLOUTLY, TENCENT_SMS, TENCENT_SMS_LIVE, UCLOUD_USMS];
