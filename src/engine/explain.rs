//! `explain`: every open package in draw order, with the rule that took it or passed it over (domain rule 21).

use super::answer::{Answer, Considered, Explanation};
use super::command::Message;
use crate::ledger::{Ledger, Reason, Shortfall};
use std::sync::Arc;

pub(super) fn explain(ledger: &Ledger, message: &Message) -> Answer {
    let segments = message.count.segments;
    let unpriced = Shortfall { reason: Reason::UnpricedRegion, usable: 0 };
    let outcome = message.region.ok_or(unpriced).and_then(|region| ledger.draw(region, segments));
    let draws = outcome.as_deref().unwrap_or_default();
    let considered =
        ledger.verdicts(message.region, segments, draws).into_iter().map(|(package, verdict, segments)| {
            Considered {
                package: package.id,
                name: Arc::clone(&package.name),
                region: package.region,
                available: package.counts.available,
                verdict,
                segments,
            }
        });
    Answer::Explanation(Box::new(Explanation {
        region: message.region,
        segments,
        payable: outcome.is_ok(),
        reason: outcome.as_ref().err().map(|shortfall| shortfall.reason),
        packages: considered.collect(),
    }))
}
