//! `setRecharge`: what is ordered by itself when the credits for a region run out (domain rule 33).

use crate::calendar::Instant;
use crate::catalog::read::limits::recharge_limits;
use crate::catalog::{Agreement, QUANTITY_MAX, RechargeLimits, Validity};
use crate::engine::answer::Answer;
use crate::engine::ask::short;
use crate::engine::decide::Context;
use crate::engine::error::{Error, Result};
use crate::engine::purchase::{check_agreement, check_gates};
use crate::engine::recharge;
use crate::ledger::{Halt, Ledger, Recharge, RechargeState, RechargeTerms, Settings, Standing};
use crate::money::Currency;
use crate::numbering::Region;
use crate::pricing::{Quote, quote, shown, whole_packs};
use crate::shape::expected::{CURRENCY, REGION};
use crate::shape::{Fields, Json};
use std::sync::Arc;

/// Most regions and purposes of an account for which something is ordered by itself.
const RECHARGES_MAX: usize = 32;
/// Most bytes of all texts of these, so that they can always be stored.
const TEXTS_BYTES_MAX: usize = 3_072;

/// Sets what is ordered by itself for the messages to a region.
#[derive(Clone, Debug)]
pub struct SetRecharge {
    /// The region; needed only where the offer covers several.
    pub region: Option<Region>,
    /// The purpose; needed only where the offer has several.
    pub purpose: Option<Arc<str>>,
    /// What is ordered; none = nothing any more.
    pub terms: Option<Arc<RechargeTerms>>,
}

impl SetRecharge {
    pub(in crate::engine) const FIELDS: [&'static str; 14] = [
        "account",
        "region",
        "purpose",
        "enabled",
        "offer",
        "quantity",
        "currency",
        "validity",
        "threshold",
        "method",
        "agreement",
        "perDay",
        "perMonth",
        "cooldownSeconds",
    ];
    /// Those that say what is ordered.
    const TERMS: usize = 4;

    pub(in crate::engine) fn read(fields: &Fields<'_>) -> Self {
        let ends = fields.get("enabled").is_some() && !fields.flag("enabled");
        let region = fields.parsed("region", ends, REGION);
        let purpose = fields.optional_id("purpose");
        if ends {
            for name in Self::FIELDS.iter().skip(Self::TERMS).filter(|name| fields.get(name).is_some()) {
                fields.add(name, "belongs to a recharge that is enabled");
            }
            return Self { region, purpose, terms: None };
        }
        let agreement = fields.object("agreement", false, &Agreement::FIELDS).as_ref().map(Agreement::read);
        let validity = fields.object("validity", false, &Validity::FIELDS);
        let terms = RechargeTerms {
            offer: fields.id("offer"),
            pack: fields.get("quantity").map(|_| fields.whole("quantity", 1, QUANTITY_MAX, None)),
            currency: fields.parsed("currency", false, CURRENCY),
            validity: validity.as_ref().and_then(Validity::read),
            threshold: fields.whole("threshold", 0, QUANTITY_MAX, Some(0)),
            method: short(fields, "method", false),
            agreement,
            limits: recharge_limits(fields, ["perDay", "perMonth", "cooldownSeconds"]),
        };
        Self { region, purpose, terms: Some(Arc::new(terms)) }
    }
}

pub(in crate::engine) fn set_recharge(
    ledger: &mut Ledger,
    input: &SetRecharge,
    context: Context<'_>,
) -> Result<Answer> {
    let now = ledger.account().head.last_at;
    let mut settings = (**ledger.settings()).clone();
    match &input.terms {
        Some(terms) => {
            let sold = check(ledger, input, terms, context)?;
            enable(&mut settings, sold.region, sold.purpose, terms);
        }
        None => end(&mut settings, input),
    }
    // What is ended and says nothing any more goes.
    settings.recharges.retain(|row| row.enabled || !row.is_idle(now));
    check_room(&settings)?;
    if settings.recharges != ledger.settings().recharges {
        ledger.set_settings(settings);
        // What is low already is ordered at once, as the answer shows.
        recharge::watch(ledger, context)?;
    }
    super::settings(ledger, context)
}

/// The order of one pack must be one that the account could place now.
fn check(ledger: &Ledger, input: &SetRecharge, terms: &RechargeTerms, context: Context<'_>) -> Result<Quote> {
    let mut request = recharge::request(terms);
    request.region = input.region;
    request.purpose.clone_from(&input.purpose);
    if terms.pack.is_none() {
        request.quantity = whole_packs(context.catalog, &request, 1, context.now)?;
    }
    let pack = quote(context.catalog, &request, context.now)?;
    if let Some(offer) = context.catalog.offer(&terms.offer) {
        check_gates(ledger, offer)?;
        check_agreement(offer, terms.agreement.as_ref())?;
    }
    Ok(pack)
}

/// Another method is worth another try after declined payments; every other reason to halt is looked at anew.
fn enable(settings: &mut Settings, region: Region, purpose: Option<Arc<str>>, terms: &Arc<RechargeTerms>) {
    let found = settings.recharges.iter_mut().find(|row| row.region == region && row.purpose == purpose);
    let Some(row) = found else {
        let (terms, state) = (Arc::clone(terms), RechargeState::default());
        settings.recharges.push(Recharge { region, purpose, enabled: true, terms, state });
        return;
    };
    let other_method = row.terms.method != terms.method;
    if other_method {
        row.state.declines = 0;
    }
    if other_method || row.state.halted.is_some_and(|halt| halt != Halt::Declined) {
        row.state.halted = None;
        row.state.cool_until = None;
    }
    row.enabled = true;
    row.terms = Arc::clone(terms);
}

fn end(settings: &mut Settings, input: &SetRecharge) {
    let ended = |row: &&mut Recharge| Some(row.region) == input.region && row.purpose == input.purpose;
    if let Some(row) = settings.recharges.iter_mut().find(ended) {
        row.enabled = false;
    }
}

fn check_room(settings: &Settings) -> Result<()> {
    let bytes = settings.recharges.iter().map(text_bytes).fold(0, usize::saturating_add);
    if settings.recharges.len() > RECHARGES_MAX {
        return Err(Error::input("offer", "one recharge too many: an account has at most 32"));
    }
    if bytes > TEXTS_BYTES_MAX {
        return Err(Error::input("method", "the texts of all recharges have at most 3,072 bytes together"));
    }
    Ok(())
}

/// Bytes of a recharge's texts as they are stored at most: JSON escapes a control character by six, quotes and backslashes by two.
fn text_bytes(row: &Recharge) -> usize {
    let Recharge { purpose, terms, .. } = row;
    let (id, version) =
        terms.agreement.as_ref().map_or(("", ""), |agreement| (&*agreement.id, &*agreement.version));
    let named = |text: &Option<Arc<str>>| text.as_deref().map_or(0, stored_bytes);
    let agreement = stored_bytes(id).saturating_add(stored_bytes(version));
    let texts = named(purpose).saturating_add(named(&terms.method));
    stored_bytes(&terms.offer).saturating_add(texts).saturating_add(agreement)
}

fn stored_bytes(text: &str) -> usize {
    let stored = |byte: u8| match byte {
        ..b' ' | 0x7f => 6,
        b'"' | b'\\' => 2,
        _ => 1,
    };
    text.bytes().map(stored).fold(0, usize::saturating_add)
}

/// A recharge and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct OwnRecharge {
    pub row: Recharge,
    pub limits: RechargeLimits,
    pub standing: Standing,
    pub placed_today: u32,
    pub placed_this_month: u32,
    pub cool_until: Option<Instant>,
    /// When what is paid can be used.
    pub effective_at: Option<Instant>,
}

impl OwnRecharge {
    pub(super) fn of(ledger: &Ledger, row: &Recharge) -> Self {
        let (now, state) = (ledger.account().head.last_at, &row.state);
        Self {
            limits: ledger.recharge_limits(&row.terms),
            standing: ledger.standing(row),
            placed_today: state.day.at(now),
            placed_this_month: state.month.at(now),
            cool_until: state.cool_until.filter(|until| now < *until),
            effective_at: state
                .on_order
                .as_ref()
                .and_then(|on_order| recharge::effective_at(ledger, on_order)),
            row: row.clone(),
        }
    }

    pub(super) fn tell(&self, json: &mut Json) {
        let Recharge { region, purpose, terms, state, .. } = &self.row;
        json.text("region", region.as_str());
        json.optional("purpose", purpose.as_deref());
        json.text("state", self.standing.as_str());
        json.text("offer", &terms.offer);
        if let Some(pack) = terms.pack {
            json.number("quantity", pack);
        }
        json.optional("currency", terms.currency.as_ref().map(Currency::code));
        if let Some(validity) = terms.validity {
            validity.to_json("validity", json);
        }
        json.number("threshold", terms.threshold);
        json.optional("method", terms.method.as_deref());
        if let Some(agreement) = &terms.agreement {
            json.object("agreement", &|json| agreement.fields(json));
        }
        let limits = self.limits;
        for (name, limit) in [
            ("perDay", limits.per_day),
            ("perMonth", limits.per_month),
            ("cooldownSeconds", limits.cooldown_seconds),
            ("placedToday", Some(self.placed_today)),
            ("placedThisMonth", Some(self.placed_this_month)),
            ("declines", Some(state.declines)),
        ] {
            json.number(name, limit.unwrap_or(0).into());
        }
        json.optional_shown("coolUntil", self.cool_until.as_ref().map(shown));
        json.optional("halted", state.halted.map(Halt::as_str));
        if let Some(on_order) = state.on_order.as_ref().filter(|_| self.is_on_order()) {
            json.object("order", &|json| {
                json.text("id", &on_order.order);
                json.number("quantity", on_order.quantity);
                json.shown("amount", &on_order.total);
                json.text("currency", on_order.currency.code());
                json.optional_shown("effectiveAt", self.effective_at.as_ref().map(shown));
            });
        }
    }

    fn is_on_order(&self) -> bool {
        matches!(self.standing, Standing::Paying | Standing::Pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_as_many_bytes_as_its_json_or_more() {
        for text in ["", "card", "a \"card\" \\", "line\nand\u{1}\u{1f}\u{7f}", "🙂 überweisen"] {
            let json = serde_json::to_string(text).unwrap();
            let bytes = stored_bytes(text);
            assert!(bytes >= json.len().checked_sub(2).unwrap(), "{json}");
        }
        for (text, bytes) in [("card", 4), ("\"\\", 4), (" ", 1), ("\u{1}\u{1f}\u{7f}", 18), ("é", 2)] {
            assert_eq!(stored_bytes(text), bytes, "{text:?}");
        }
    }
}
