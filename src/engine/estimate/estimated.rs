//! What an estimate says, and how it is told.

use super::Gap;
use crate::calendar::Instant;
use crate::engine::command::Message;
use crate::engine::error::Code;
use crate::engine::tell::{each, region, scope};
use crate::ledger::{Draw, Low, PackageId, Reason, RechargeNote, Scope, Sorted};
use crate::pricing::shown;
use crate::shape::Json;
use std::sync::Arc;

/// How many messages, and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages.
    pub messages: u64,
    /// What the networks count.
    pub segments: u64,
    /// What packages pay.
    pub credits: u64,
    /// What the dearest of them costs.
    pub largest: u32,
}

impl Tally {
    fn add(&mut self, segments: u32, credits: u32) {
        self.messages = self.messages.saturating_add(1);
        self.segments = self.segments.saturating_add(segments.into());
        self.credits = self.credits.saturating_add(credits.into());
        self.largest = self.largest.max(credits);
    }

    fn tell(&self, json: &mut Json) {
        json.number("messages", self.messages);
        json.number("segments", self.segments);
        json.number("credits", self.credits);
    }
}

/// Messages, counted by what they have in common, and what pays for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    total: Tally,
    /// All by their regions, under no reason; and those that nothing can pay, by why and by what would have to pay for them.
    tallies: Sorted<(Option<Reason>, Scope), Tally>,
    packages: Sorted<PackageId, u64>,
}

impl Rows {
    pub(super) fn add(&mut self, message: &Message, credits: u32, refused: Option<Reason>) {
        let cost = (message.count.segments, credits);
        self.total.add(cost.0, cost.1);
        self.row((None, Scope { region: message.region, ..Scope::default() }), cost);
        if refused.is_some() {
            let (purpose, project) = (message.purpose.clone(), message.project.clone());
            self.row((refused, Scope { region: message.region, purpose, project }), cost);
        }
    }

    pub(super) fn pay(&mut self, draws: &[Draw]) {
        for Draw { package, segments } in draws {
            let paid = self.packages.get(package).copied().unwrap_or(0);
            self.packages.insert(*package, paid.saturating_add((*segments).into()));
        }
    }

    fn row(&mut self, key: (Option<Reason>, Scope), (segments, credits): (u32, u32)) {
        if let Some(tally) = self.tallies.get_mut(&key) {
            return tally.add(segments, credits);
        }
        let mut tally = Tally::default();
        tally.add(segments, credits);
        self.tallies.insert(key, tally);
    }

    /// All messages by their regions; no region where a number belongs to none.
    pub fn regions(&self) -> impl Iterator<Item = (&Scope, &Tally)> {
        let rows = self.tallies.iter().filter(|((reason, _), _)| reason.is_none());
        rows.map(|((_, scope), tally)| (scope, tally))
    }

    /// What each package would pay.
    pub fn packages(&self) -> impl Iterator<Item = (&PackageId, &u64)> {
        self.packages.iter().map(|(package, segments)| (package, segments))
    }

    /// Those that nothing can pay.
    pub fn refused(&self) -> impl Iterator<Item = (Reason, &Scope, &Tally)> {
        self.tallies.iter().filter_map(|((reason, scope), tally)| Some(((*reason)?, scope, tally)))
    }
}

/// What would be lost if nothing more were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapsing {
    /// The package.
    pub package: PackageId,
    /// When.
    pub expires_at: Instant,
    /// Segments that would be left in it.
    pub segments: u64,
}

/// What messages would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Estimated {
    pub account: Arc<str>,
    pub at: Instant,
    pub rows: Rows,
    pub available: u64,
    pub missing: Vec<Gap>,
    pub alarms: Vec<Low>,
    pub recharges: Vec<RechargeNote>,
    pub lapsing: Vec<Lapsing>,
    pub invalid: Vec<(usize, Code)>,
    /// What the account has that offers ask for.
    pub gates: Vec<Arc<str>>,
}

impl Estimated {
    pub(in crate::engine) fn tell(&self, json: &mut Json) {
        json.text("account", &self.account);
        json.shown("at", &self.at);
        self.rows.total.tell(json);
        let regions: Vec<_> = self.rows.regions().collect();
        each(json, "regions", &regions, &|json, (scope, tally)| {
            region(json, scope.region.as_ref());
            tally.tell(json);
        });
        let packages: Vec<_> = self.rows.packages().collect();
        each(json, "packages", &packages, &|json, (package, segments)| {
            json.shown("package", *package);
            json.number("segments", **segments);
        });
        json.number("available", self.available);
        let refused: Vec<_> = self.rows.refused().collect();
        each(json, "unpaid", &refused, &|json, (reason, of, tally)| {
            scope(json, of);
            json.text("reason", reason.as_str());
            tally.tell(json);
        });
        each(json, "missing", &self.missing, &|json, gap| {
            scope(json, &gap.scope);
            json.number("segments", gap.segments);
            json.number("largest", gap.largest.into());
        });
        each(json, "alarms", &self.alarms, &|json, low| low.tell(json));
        each(json, "recharges", &self.recharges, &|json, recharge| recharge.tell(json));
        each(json, "unused", &self.lapsing, &|json, lapsing| {
            json.shown("package", &lapsing.package);
            json.shown("expiresAt", shown(&lapsing.expires_at));
            json.number("segments", lapsing.segments);
        });
        each(json, "invalid", &self.invalid, &|json, (message, code)| {
            json.number("message", u64::try_from(*message).unwrap_or(u64::MAX));
            json.text("code", code.as_str());
        });
        json.texts("gates", &mut self.gates.iter().map(|gate| &**gate));
    }
}
