//! The policy of a document.

use super::holds::{self, holds};
use super::limits;
use crate::catalog::policy::{DrawKey, Policy, Source, Split};
use crate::numbering::Region;
use crate::shape::Fields;
use crate::text::Counting;
use std::sync::Arc;

/// The longest message that the standard can concatenate (3GPP TS 23.040 9.2.3.24.1).
const SEGMENTS_MAX: u32 = 255;

const COUNTINGS: [Counting; 2] = [Counting::Gsm, Counting::AnyText70];

pub(super) fn policy(document: &Fields<'_>, known: Option<&[Region]>) -> Option<Policy> {
    let names = [
        "counting",
        "segments_max",
        "draw",
        "sources",
        "split",
        "default_purpose",
        "suspended_blocks",
        "ceilings",
        "alarms",
        "packs_need_plan",
        "recharge",
    ];
    let names = [&names[..], &holds::FIELDS].concat();
    let fields = document.object("policy", true, &names)?;
    let counting = fields.one_of("counting", &["gsm", "any-text-70"]);
    let segments_max = fields.small("segments_max", 1, SEGMENTS_MAX, None);
    let split = fields.one_of("split", &Split::NAMES);
    let draw = fields.names("draw", &DrawKey::NAMES);
    let sources = fields.names("sources", &Source::NAMES);
    let holds = holds(&fields);
    Some(Policy {
        counting: *COUNTINGS.get(counting?)?,
        segments_max,
        draw: draw.into_iter().filter_map(|at| DrawKey::ALL.get(at).copied()).collect(),
        sources: sources.into_iter().filter_map(|at| Source::ALL.get(at).copied()).collect(),
        suspended_blocks: fields.get("suspended_blocks").is_none() || fields.flag("suspended_blocks"),
        default_purpose: fields.optional_id("default_purpose"),
        split: *Split::ALL.get(split?)?,
        ceilings: limits::ceilings(&fields, known),
        alarms: limits::alarms(&fields, known),
        recharge: limits::recharge(&fields),
        packs_need_plan: fields.flag("packs_need_plan"),
        holds: Arc::new(holds?),
    })
}
