//! What bounds an account, out of a document.

use super::check;
use crate::catalog::{CEILINGS_MAX, Ceiling, QUANTITY_MAX};
use crate::numbering::Region;
use crate::shape::expected::REGION;
use crate::shape::{Fields, twice};

pub(super) fn ceilings(policy: &Fields<'_>, known: Option<&[Region]>) -> Vec<Ceiling> {
    let mut ceilings: Vec<Ceiling> = Vec::new();
    for fields in policy.items("ceilings", &["region", "per_hour", "per_day"]) {
        let region = bound(&fields, known);
        let [per_hour, per_day] = ["per_hour", "per_day"].map(|name| count(&fields, name));
        if per_hour.is_none() && per_day.is_none() {
            fields.add("per_hour", "is missing, and so is `per_day`: write one of them or both");
        }
        if ceilings.iter().any(|ceiling| ceiling.region == region) {
            fields.add("region", twice(region.as_ref().map_or("all regions", Region::as_str)));
        }
        ceilings.push(Ceiling { region, per_hour, per_day });
    }
    if ceilings.len() > CEILINGS_MAX {
        policy.add("ceilings", format!("{} are more than {CEILINGS_MAX}", ceilings.len()));
    }
    ceilings
}

/// The region that something is bound to, of the `known` ones where those are given; none where it is bound to no one.
fn bound(fields: &Fields<'_>, known: Option<&[Region]>) -> Option<Region> {
    let region = fields.parsed("region", false, REGION)?;
    check(fields, fields.at("region"), region, known);
    Some(region)
}

/// A count of segments that may be absent.
fn count(fields: &Fields<'_>, name: &str) -> Option<u64> {
    fields.get(name).map(|_| fields.whole(name, 1, QUANTITY_MAX, None))
}
