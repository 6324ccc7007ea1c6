//! Answers and errors as JSON, in the shapes of `js/src/types.ts`.

use super::answer::{
    Account, Answer, Balance, Entry, Explanation, Outcome, OwnVoucher, Package, Reserved, Verification,
};
use super::error::Error;
use crate::catalog::Source;
use crate::ledger::{
    Adjustment, Contradiction, Counts, Draw, Low, Migration, NextPlan, Note, Order, OrderPrice, Ratio,
    RechargeEvent, RechargeNote, Scope,
};
use crate::numbering::Region;
use crate::pricing::shown;
use crate::shape::{Findings, Json, Problem, ToJson};
use crate::text::Counting;

impl Answer {
    /// The answer as JSON text, as the JavaScript API gives it.
    pub fn json(&self) -> String {
        ToJson::json(self)
    }
}

impl Error {
    /// The error as JSON text: code, message, details and whether to repeat the call.
    pub fn json(&self) -> String {
        ToJson::json(self)
    }
}

impl ToJson for Answer {
    fn to_json(&self, json: &mut Json) {
        if let Self::Quote(quote) = self {
            return quote.to_json(json);
        }
        if let Self::Packages(packages) = self {
            json.open('[');
            for package in packages {
                json.open('{');
                package.tell(json);
                json.close('}');
            }
            return json.close(']');
        }
        json.open('{');
        self.fields(json);
        json.close('}');
    }
}

impl Answer {
    fn fields(&self, json: &mut Json) {
        match self {
            Self::Account(account) => account.tell(json),
            Self::Order(order) => order.tell(json),
            Self::WouldRefund(order) => {
                order.tell(json);
                json.flag("dryRun", true);
            }
            Self::Orders(page) => {
                each(json, "orders", &page.orders, &|json, order| order.tell(json));
                json.optional("next", page.next.as_deref());
            }
            Self::Voucher(voucher) => voucher.tell(json),
            Self::Vouchers(page) => {
                each(json, "vouchers", &page.vouchers, &|json, voucher| voucher.tell(json));
                json.optional("next", page.next.as_deref());
            }
            Self::Adjustment(adjustment) => adjustment.tell(json),
            Self::Migration(migration) => migration.tell(json),
            Self::WouldMigrate(would) => {
                would.migration.tell(json);
                json.flag("dryRun", true);
                each(json, "exchanges", &would.exchanges, &|json, exchanged| {
                    json.shown("package", &exchanged.package);
                    json.text("name", &exchanged.name);
                    json.number("before", exchanged.before);
                    json.number("after", exchanged.after);
                });
            }
            Self::Reserved(reserved) => reserved.tell(json),
            Self::Batch(reserved) => each(json, "reserved", reserved, &|json, reserved| reserved.tell(json)),
            Self::Estimate(estimated) => estimated.tell(json),
            Self::Forecast(forecast) => forecast.tell(json),
            Self::Pace(pace) => pace.tell(json),
            Self::Outcome(outcome) => outcome.tell(json),
            Self::Settings(settings) => settings.tell(json),
            Self::Balance(balance) => balance.tell(json),
            Self::Package(package) => package.tell(json),
            Self::EndedPackages(page) => {
                each(json, "packages", &page.packages, &|json, package| package.tell(json));
                json_next(json, page.next);
            }
            Self::Events(page) => {
                each(json, "events", &page.events, &|json, event| {
                    json.shown("id", &format_args!("{}/{}", event.kind, event.sequence));
                    event.tell(json);
                });
                json.number("cursor", page.cursor);
                json.flag("more", page.more);
            }
            Self::Entries(page) => {
                each(json, "entries", &page.entries, &|json, entry| entry.tell(json));
                json_next(json, page.next);
            }
            Self::Explanation(explanation) => explanation.tell(json),
            Self::Verification(verification) => verification.tell(json),
            Self::Snapshot(snapshot) => {
                json.text("partition", &snapshot.partition);
                each(json, "entries", &snapshot.entries, &|json, entry| {
                    json.text("key", &entry.key);
                    json.text("value", &entry.value);
                });
            }
            Self::Quote(_) | Self::Packages(_) => {}
        }
    }
}

pub(super) fn each<T>(json: &mut Json, name: &str, items: &[T], tell: &dyn Fn(&mut Json, &T)) {
    json.objects(name, items.len(), &|json, index| {
        if let Some(item) = items.get(index) {
            tell(json, item);
        }
    });
}

fn json_next(json: &mut Json, next: Option<u64>) {
    if let Some(next) = next {
        json.number("next", next);
    }
}

pub(super) fn region(json: &mut Json, region: Option<&Region>) {
    json.optional("region", region.map(Region::as_str));
}

pub(super) fn scope(json: &mut Json, scope: &Scope) {
    region(json, scope.region.as_ref());
    json.optional("purpose", scope.purpose.as_deref());
    json.optional("project", scope.project.as_deref());
}

/// What a message costs, where an earlier charge model says that.
fn credits(json: &mut Json, credits: Option<u32>) {
    if let Some(credits) = credits {
        json.number("credits", credits.into());
    }
}

fn draws(json: &mut Json, draws: &[Draw]) {
    each(json, "draws", draws, &|json, draw| {
        json.shown("package", &draw.package);
        json.number("segments", draw.segments.into());
    });
}

impl Account {
    fn tell(&self, json: &mut Json) {
        json.text("id", &self.id);
        json.object("catalog", &|json| self.catalog.fields(json));
        json.text("zone", &self.zone);
        json.shown("openedAt", &self.opened_at);
        json.optional("plan", self.plan.as_deref());
        json.optional_shown("billingAnchor", self.billing_anchor.as_ref().map(shown));
        json.optional_shown("renewsAt", self.renews_at.as_ref().map(shown));
        match &self.next_plan {
            Some(NextPlan::Plan(next)) => json.text("nextPlan", next),
            Some(NextPlan::End) => json.flag("planEnds", true),
            None => {}
        }
        if self.plan_gone {
            json.flag("planGone", true);
        }
        json.text("state", self.state.as_str());
        if !self.gates.is_empty() {
            json.texts("gates", &mut self.gates.iter().map(|gate| &**gate));
        }
        json.optional_shown("createdAt", self.created_at.as_ref().map(shown));
        json.optional("chargeModel", self.charge_model.as_deref());
        json.optional("migration", self.migration.as_deref());
    }
}

impl Order {
    fn tell(&self, json: &mut Json) {
        let Self { item, price, issued, .. } = self;
        json.text("id", &self.id);
        json.text("state", self.state.as_str());
        json.optional_shown("package", issued.as_ref().map(|issued| shown(&issued.package)));
        json.text("offer", &item.offer);
        json.text("region", item.region.as_str());
        json.optional("purpose", item.purpose.as_deref());
        json.optional("project", item.project.as_deref());
        json.number("quantity", item.quantity);
        price.tell(json);
        json.object("catalog", &|json| item.catalog.fields(json));
        if let Some(agreement) = &self.agreement {
            json.object("agreement", &|json| agreement.fields(json));
        }
        json.object("payment", &|json| {
            json.optional("method", self.payment.method.as_deref());
            json.optional("reference", self.payment.reference.as_deref());
            json.optional("reason", self.payment.reason.as_deref());
        });
        json.shown("placedAt", &self.placed_at);
        if let Some(issued) = issued {
            json.shown("purchasedAt", &issued.at);
            json.shown("effectiveAt", &issued.effective_at);
            json.optional_shown("expiresAt", issued.expires_at.as_ref().map(shown));
            json.number("available", issued.available);
        }
        if self.source == Source::Recharge {
            json.flag("recharge", true);
        }
        if let Some(refunded) = &self.refunded {
            json.object("refunded", &|json| {
                json.shown("amount", &refunded.amount);
                json.number("segments", refunded.segments);
                json.shown("at", &refunded.at);
                json.number("available", refunded.available);
            });
        }
    }
}

impl OrderPrice {
    fn tell(&self, json: &mut Json) {
        json.optional("voucher", self.voucher.as_deref());
        json.optional("voucherUsedBy", self.voucher_used_by.as_deref());
        json.optional_shown("discount", self.discount.as_ref().map(shown));
        json.shown("total", &self.total);
        json.text("currency", self.currency.code());
        json.optional("priceList", self.price_list.as_deref());
    }
}

impl OwnVoucher {
    fn tell(&self, json: &mut Json) {
        json.object("voucher", &|json| self.grant.voucher.fields(json));
        json.shown("grantedAt", &self.grant.granted_at);
        json.optional("order", self.grant.order.as_deref());
        json.flag("eligible", self.reason.is_none());
        json.optional("reason", self.reason.map(crate::pricing::Ineligible::as_str));
        json.optional_shown("discount", self.discount.as_ref().map(shown));
    }
}

impl Adjustment {
    fn tell(&self, json: &mut Json) {
        json.text("id", &self.id);
        json.shown("package", &self.package);
        json.signed("segments", self.segments);
        json.text("reason", &self.reason);
        json.shown("at", &self.at);
        json.number("available", self.available);
    }
}

impl Migration {
    fn tell(&self, json: &mut Json) {
        json.text("id", &self.id);
        json.text("chargeModel", &self.model);
        self.ratio.tell(json);
        json.optional("reason", self.reason.as_deref());
        json.number("packages", self.packages.into());
        json.number("before", self.before);
        json.number("after", self.after);
        json.shown("at", &self.at);
        json.optional_shown("revertedAt", self.reverted_at.as_ref().map(shown));
    }
}

impl Ratio {
    /// With its rounding, which is never in the seller's favour.
    fn tell(self, json: &mut Json) {
        json.object("ratio", &|json| {
            json.number("from", self.from.into());
            json.number("to", self.to.into());
            json.text("rounding", "up");
        });
    }
}

impl Reserved {
    fn tell(&self, json: &mut Json) {
        let hold = &self.hold;
        json.optional("id", self.recorded.then_some(&hold.id));
        region(json, hold.region.as_ref());
        json.text("encoding", hold.encoding.as_str());
        json.number("segments", hold.segments.into());
        draws(json, &hold.draws);
        json.number("available", hold.available);
        credits(json, hold.rate.map(|_| hold.credits()));
        json.optional_shown("at", self.recorded.then_some(shown(&hold.at)));
    }
}

impl Outcome {
    fn tell(&self, json: &mut Json) {
        let (hold, decision) = (&self.hold, self.hold.decision.as_ref());
        json.text("id", &hold.id);
        json.text("state", hold.state.as_str());
        json.number("segments", hold.segments.into());
        for (name, segments) in ["spent", "released", "expired"].into_iter().zip(self.segments()) {
            json.number(name, segments.into());
        }
        json.flag("applied", self.applied);
        credits(json, hold.rate.map(|_| hold.credits()));
        json.optional_shown("at", decision.map(|decision| shown(&decision.at)));
        if let Some(decision) = decision {
            json.number("available", decision.available);
        }
        if let Some((stage, code, segments, at)) = self.contradicted().and_then(Contradiction::report) {
            json.object("contradicted", &|json| {
                json.text("stage", stage.as_str());
                json.optional("code", code);
                if let Some(segments) = segments {
                    json.number("segments", segments.into());
                }
                json.shown("at", &at);
            });
        }
    }
}

fn counts(json: &mut Json, counts: &Counts) {
    let names = ["issued", "available", "held", "spent", "expired", "adjusted"];
    for (name, count) in names.into_iter().zip(counts.to_array()) {
        json.number(name, count);
    }
}

impl Balance {
    fn tell(&self, json: &mut Json) {
        json.text("account", &self.account);
        json.shown("at", &self.at);
        counts(json, &self.counts);
        each(json, "pools", &self.pools, &|json, pool| {
            scope(json, &pool.scope);
            json.number("available", pool.available);
        });
        json.number("stranded", self.stranded);
        json.optional_shown("nextDue", self.next_due.as_ref().map(shown));
    }
}

impl Package {
    fn tell(&self, json: &mut Json) {
        json.shown("id", &self.id);
        json.text("name", &self.name);
        json.text("source", self.source.as_str());
        json.optional("category", self.category.as_deref());
        scope(json, &self.scope);
        json.text("status", self.status.as_str());
        counts(json, &self.counts);
        json.shown("issuedAt", &self.issued_at);
        json.shown("effectiveAt", &self.effective_at);
        json.optional_shown("expiresAt", self.expires_at.as_ref().map(shown));
        json.optional_shown("graceUntil", self.grace_until.as_ref().map(shown));
        json.optional("order", self.order.as_deref());
        if let Some(exchanged) = self.exchanged {
            json.number("exchanged", exchanged);
        }
        if self.stranded > 0 {
            json.number("stranded", self.stranded);
        }
    }
}

impl Entry {
    fn tell(&self, json: &mut Json) {
        json.number("sequence", self.sequence);
        json.text("kind", self.kind);
        json.text("reference", &self.reference);
        json.shown("recordedAt", &self.recorded_at);
        json.shown("effectiveAt", &self.effective_at);
        each(json, "postings", &self.postings, &|json, posting| {
            json.shown("package", &posting.package);
            json.text("bucket", posting.bucket);
            json.signed("segments", posting.segments);
        });
        json.object("balance", &|json| counts(json, &self.balance));
        json.optional_shown("terms", self.terms.as_ref().map(shown));
        if let Some(note) = &self.note {
            note.tell(json);
        }
        json.shown("hash", &self.hash);
    }
}

impl Note {
    fn tell(&self, json: &mut Json) {
        if let Some((amount, currency)) = &self.amount {
            json.shown("amount", amount);
            json.text("currency", currency.code());
        }
        if let Some((discount, voucher)) = &self.discount {
            json.shown("discount", discount);
            json.text("voucher", voucher);
        }
        json.optional("priceList", self.price_list.as_deref());
        json.optional("reason", self.reason.as_deref());
        if !self.low.is_empty() {
            each(json, "low", &self.low, &|json, low| low.tell(json));
        }
        if let Some(expiring) = &self.expiring {
            json.object("expiring", &|json| {
                json.number("days", expiring.days.into());
                json.number("segments", expiring.segments);
                json.shown("expiresAt", &expiring.expires_at);
            });
        }
        if let Some(ratio) = self.ratio {
            ratio.tell(json);
        }
        if let Some(recharge) = &self.recharge {
            json.object("recharge", &|json| recharge.tell(json));
        }
    }
}

impl RechargeNote {
    pub(super) fn tell(&self, json: &mut Json) {
        region(json, Some(&self.region));
        json.optional("purpose", self.purpose.as_deref());
        json.text("offer", &self.offer);
        match &self.event {
            RechargeEvent::Ordered(quantity, (total, currency), trigger) => {
                json.number("quantity", *quantity);
                json.shown("total", total);
                json.text("currency", currency.code());
                json.text("trigger", trigger.as_str());
            }
            RechargeEvent::Halted(halt) => json.text("halted", halt.as_str()),
        }
    }
}

impl Low {
    pub(super) fn tell(&self, json: &mut Json) {
        region(json, self.region.as_ref());
        json.number("below", self.below);
        json.number("usable", self.usable);
    }
}

impl Explanation {
    fn tell(&self, json: &mut Json) {
        region(json, self.region.as_ref());
        json.optional("purpose", self.purpose.as_deref());
        json.optional("project", self.project.as_deref());
        json.number("segments", self.segments.into());
        credits(json, self.credits);
        json.flag("payable", self.payable);
        json.optional("reason", self.reason.map(crate::ledger::Reason::as_str));
        each(json, "packages", &self.packages, &|json, considered| {
            json.shown("package", &considered.package);
            json.text("name", &considered.name);
            scope(json, &considered.scope);
            json.number("available", considered.available);
            json.text("verdict", considered.verdict.as_str());
            json.number("segments", considered.segments.into());
        });
    }
}

impl Verification {
    fn tell(&self, json: &mut Json) {
        json.flag("ok", self.ok);
        json.number("entries", self.entries);
        json.optional_shown("hash", self.hash.as_ref().map(shown));
        json.optional("problem", self.problem.as_deref());
    }
}

impl ToJson for Error {
    fn to_json(&self, json: &mut Json) {
        json.open('{');
        json.text("code", self.code.as_str());
        json.text("message", &self.message);
        json.name("details");
        json.map(&self.details);
        json.optional("sellerCode", self.seller_code.as_deref());
        json.flag("retryable", self.retryable);
        if self.outcome_unknown {
            json.flag("outcomeUnknown", true);
        }
        json.close('}');
    }
}

impl ToJson for Findings {
    fn to_json(&self, json: &mut Json) {
        json.open('{');
        for (name, found) in [("problems", &self.problems), ("warnings", &self.warnings)] {
            each(json, name, found, &|json, Problem { path, message }| {
                json.text("path", path);
                json.text("message", message);
            });
        }
        json.close('}');
    }
}

impl ToJson for Counting {
    fn to_json(&self, json: &mut Json) {
        json.string(self.as_str());
    }
}
