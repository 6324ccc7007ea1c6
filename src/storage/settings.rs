//! What an account has set as a document, and the document as that again.

use super::DocumentError;
use super::codec::{check_place, decoded, instant, text};
use super::documents::{
    Key, OnOrderDocument, RechargeDocument, RechargeNoteDocument, SettingsDocument, VERSION, ValidityDocument,
};
use super::row::read;
use super::sales::owned;
use crate::calendar::Instant;
use crate::catalog::{Agreement, Alarms, Ceiling, RechargeLimits, Threshold};
use crate::ledger::{
    OnOrder, PackageId, Placed, Recharge, RechargeEvent, RechargeNote, RechargeState, RechargeTerms,
    Settings, Watched,
};
use std::borrow::Cow;
use std::sync::Arc;

pub(super) fn settings_document(settings: &Settings) -> SettingsDocument<'_> {
    let ceiling = |ceiling: &Ceiling| (ceiling.region, ceiling.per_hour, ceiling.per_day);
    SettingsDocument {
        v: VERSION,
        ceilings: settings.ceilings.as_ref().map(|ceilings| ceilings.iter().map(ceiling).collect()),
        alarms: settings.alarms.as_ref().map(|alarms| {
            let threshold = |threshold: &Threshold| (threshold.region, threshold.below, threshold.margin);
            (alarms.thresholds.iter().map(threshold).collect(), alarms.expiry_days.clone())
        }),
        watched: settings
            .watched
            .iter()
            .map(|watched| (watched.region, watched.below, watched.fired))
            .collect(),
        recharges: settings.recharges.iter().map(recharge_document).collect(),
    }
}

fn recharge_document(recharge: &Recharge) -> RechargeDocument<'_> {
    let Recharge { terms, state, .. } = recharge;
    let agreement = |Agreement { id, version }: &'_ Agreement| {
        (Cow::Owned(id.to_string()), Cow::Owned(version.to_string()))
    };
    let placed = |placed: Placed| (placed.orders, placed.until.millis());
    RechargeDocument {
        region: recharge.region,
        purpose: text(recharge.purpose.as_ref()),
        enabled: recharge.enabled,
        offer: Cow::Borrowed(&terms.offer),
        pack: terms.pack,
        currency: terms.currency,
        validity: terms.validity.map(ValidityDocument),
        threshold: terms.threshold,
        method: text(terms.method.as_ref()),
        agreement: terms.agreement.as_ref().map(agreement),
        limits: (terms.limits.per_day, terms.limits.per_month, terms.limits.cooldown_seconds),
        on_order: state.on_order.as_ref().map(|on_order| OnOrderDocument {
            order: Cow::Borrowed(&on_order.order),
            quantity: on_order.quantity,
            total: on_order.total,
            currency: on_order.currency,
            package: on_order.package.map(|package| package.0),
        }),
        placed: (placed(state.day), placed(state.month)),
        declines: state.declines,
        cool_until: state.cool_until.map(Instant::millis),
        halted: state.halted,
    }
}

pub(super) fn recharge_note_document(note: &RechargeNote) -> RechargeNoteDocument<'_> {
    let (ordered, halted) = match note.event {
        RechargeEvent::Ordered(quantity, price, trigger) => (Some((quantity, price, trigger)), None),
        RechargeEvent::Halted(halt) => (None, Some(halt)),
    };
    RechargeNoteDocument {
        region: note.region,
        purpose: text(note.purpose.as_ref()),
        offer: Cow::Borrowed(&note.offer),
        ordered,
        halted,
    }
}

/// What an account has set.
///
/// # Errors
/// [`DocumentError`] where the value is not such a document of a known version.
pub fn decode_settings(key: &str, value: &str) -> Result<Settings, DocumentError> {
    decoded(key, value, |value| {
        let document: SettingsDocument<'_> = read(value)?;
        check_place(key, &[Key::Settings])?;
        let ceiling = |(region, per_hour, per_day)| Ceiling { region, per_hour, per_day };
        let threshold = |(region, below, margin)| Threshold { region, below, margin };
        let alarms = |(thresholds, expiry_days): (Vec<_>, _)| Alarms {
            thresholds: thresholds.into_iter().map(threshold).collect(),
            expiry_days,
        };
        let watched = |(region, below, fired)| Watched { region, below, fired };
        Ok(Settings {
            ceilings: document.ceilings.map(|rows| rows.into_iter().map(ceiling).collect()),
            alarms: document.alarms.map(alarms),
            watched: document.watched.into_iter().map(watched).collect(),
            recharges: document.recharges.into_iter().map(recharge).collect::<Result<_, _>>()?,
        })
    })
}

fn recharge(document: RechargeDocument<'_>) -> Result<Recharge, String> {
    let placed = |(orders, until)| Ok::<Placed, String>(Placed { orders, until: instant(until)? });
    let on_order = |on_order: OnOrderDocument<'_>| {
        Arc::new(OnOrder {
            order: on_order.order.into(),
            quantity: on_order.quantity,
            total: on_order.total,
            currency: on_order.currency,
            package: on_order.package.map(PackageId),
        })
    };
    let (per_day, per_month, cooldown_seconds) = document.limits;
    Ok(Recharge {
        region: document.region,
        purpose: owned(document.purpose),
        enabled: document.enabled,
        terms: Arc::new(RechargeTerms {
            offer: document.offer.into(),
            pack: document.pack,
            currency: document.currency,
            validity: document.validity.map(|validity| validity.0),
            threshold: document.threshold,
            method: owned(document.method),
            agreement: document
                .agreement
                .map(|(id, version)| Agreement { id: id.into(), version: version.into() }),
            limits: RechargeLimits { per_day, per_month, cooldown_seconds },
        }),
        state: RechargeState {
            on_order: document.on_order.map(on_order),
            day: placed(document.placed.0)?,
            month: placed(document.placed.1)?,
            declines: document.declines,
            cool_until: document.cool_until.map(instant).transpose()?,
            halted: document.halted,
        },
    })
}

pub(super) fn recharge_note(document: RechargeNoteDocument<'_>) -> Result<RechargeNote, String> {
    let event = match (document.ordered, document.halted) {
        (Some((quantity, price, trigger)), None) => RechargeEvent::Ordered(quantity, price, trigger),
        (None, Some(halt)) => RechargeEvent::Halted(halt),
        _ => return Err("a recharge was either ordered or halted".to_owned()),
    };
    Ok(RechargeNote {
        region: document.region,
        purpose: owned(document.purpose),
        offer: document.offer.into(),
        event,
    })
}
