//! `explain`: every open package in draw order, with the rule that took it or passed it over (domain rule 21).

use super::answer::{Answer, Considered, Explanation};
use super::command::Message;
use super::reserve::{draw, rate};
use crate::ledger::{Ledger, Mark, credits};
use std::sync::Arc;

pub(super) fn explain(ledger: &Ledger, message: &Message, stored: Mark) -> Answer {
    let segments = message.count.segments;
    let rate = rate(ledger, message);
    let outcome = draw(ledger, message, rate);
    let draws = outcome.as_deref().unwrap_or_default();
    let considered = ledger.verdicts(message.need(rate).as_ref(), draws, stored).into_iter().map(
        |(package, verdict, segments)| Considered {
            package: package.id,
            name: Arc::clone(&package.name),
            scope: package.scope.clone(),
            available: package.counts.available,
            verdict,
            segments,
        },
    );
    Answer::Explanation(Box::new(Explanation {
        region: message.region,
        purpose: message.purpose.clone(),
        project: message.project.clone(),
        segments,
        credits: rate.map(|_| credits(segments, rate)),
        payable: outcome.is_ok(),
        reason: outcome.as_ref().err().map(|shortfall| shortfall.reason),
        packages: considered.collect(),
    }))
}
