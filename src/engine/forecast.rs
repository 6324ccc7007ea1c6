//! `forecast`: when an account runs dry at a pace, and what expires unspent. Nothing of it is kept.

use super::answer::Answer;
use super::decide::Context;
use super::error::Result;
use super::set_state::check_open;
use super::tell::{each, scope};
use crate::calendar::Instant;
use crate::catalog::Catalog;
use crate::ledger::{self, DAY, Ledger, PER_DAY_MAX, Scope, Stream, Timed};
use crate::pricing::shown;
use crate::shape::expected::REGION;
use crate::shape::{Fields, Json};
use serde_json::Value;
use std::sync::Arc;

/// The longest forecast, in days: ten years.
const DAYS_MAX: u32 = 3_660;
/// Days of a forecast unless given.
const DAYS: u32 = 90;
/// Most kinds of messages of a pace.
pub(super) const STREAMS_MAX: usize = 1_000;

/// Asks what becomes of an account.
#[derive(Clone, Debug)]
pub struct ForecastQuery {
    /// What is sent.
    pub pace: Vec<Stream>,
    /// How far to look.
    pub days: u32,
}

/// What becomes of an account at a pace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described in js/src/types.ts")]
pub struct Forecast {
    pub account: Arc<str>,
    pub at: Instant,
    pub until: Instant,
    pub available: u64,
    pub pace: Vec<Stream>,
    pub told: ledger::Forecast,
}

impl ForecastQuery {
    pub(super) const FIELDS: [&'static str; 3] = ["account", "pace", "days"];

    pub(super) fn read(fields: &Fields<'_>, catalog: &Catalog) -> Self {
        let rows = fields.items("pace", &["region", "purpose", "project", "segmentsPerDay"]);
        if rows.len() > STREAMS_MAX {
            fields.add("pace", format!("{} are more than {STREAMS_MAX}", rows.len()));
        }
        let pace = rows.iter().map(|row| {
            let purpose = row.optional_id("purpose").or_else(|| catalog.policy.default_purpose.clone());
            let region = row.parsed("region", true, REGION).map(|region| catalog.region_of(region));
            Stream {
                scope: Scope { region, purpose, project: row.optional_id("project") },
                per_day: per_day(row),
            }
        });
        Self { pace: pace.collect(), days: fields.small("days", 1, DAYS_MAX, Some(DAYS)) }
    }

    /// Until when it looks, from an instant on.
    pub(super) fn until(&self, now: Instant) -> Instant {
        let days = i64::from(self.days).saturating_mul(i64::try_from(DAY).unwrap_or(i64::MAX));
        now.checked_add_millis(days).unwrap_or(Instant::MAX)
    }
}

/// Thousandths of a segment a day: a whole number, or a decimal as a text.
fn per_day(fields: &Fields<'_>) -> u64 {
    let name = "segmentsPerDay";
    let Some(Value::String(text)) = fields.get(name) else {
        return fields.whole(name, 0, PER_DAY_MAX, None).saturating_mul(1_000);
    };
    let thousandths = thousandths(text).filter(|most| *most <= PER_DAY_MAX.saturating_mul(1_000));
    if thousandths.is_none() {
        let message = format!("is not a number of 0 to {PER_DAY_MAX} with at most three decimals");
        fields.add(name, message);
    }
    thousandths.unwrap_or(0)
}

fn thousandths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 3 {
        return None;
    }
    let scale = [100, 10, 1].get(decimals.len().checked_sub(1)?)?;
    let part = decimals.parse::<u64>().ok()?.checked_mul(*scale)?;
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(part)
}

/// # Errors
/// `ACCOUNT_CLOSED`.
pub(super) fn forecast(ledger: &mut Ledger, input: &ForecastQuery, context: Context<'_>) -> Result<Answer> {
    check_open(ledger)?;
    let (account, at) = (Arc::clone(&ledger.account().profile.id), ledger.account().head.last_at);
    let (available, until) = (ledger.usable_total(), input.until(at));
    let told = ledger.forecast(&input.pace, until, context.zones)?;
    Ok(Answer::Forecast(Box::new(Forecast { account, at, until, available, pace: input.pace.clone(), told })))
}

/// A pace as it is told: thousandths as a decimal.
pub(super) fn tell_stream(json: &mut Json, stream: &Stream) {
    scope(json, &stream.scope);
    let (whole, part) = (stream.per_day.div_euclid(1_000), stream.per_day.rem_euclid(1_000));
    if part == 0 {
        json.shown("segmentsPerDay", &whole);
    } else {
        json.shown("segmentsPerDay", &format_args!("{whole}.{part:03}"));
    }
}

impl Forecast {
    pub(super) fn tell(&self, json: &mut Json) {
        let optional = |json: &mut Json, name: &str, at: &Option<Instant>| {
            json.optional_shown(name, at.as_ref().map(shown));
        };
        json.text("account", &self.account);
        json.shown("at", &self.at);
        json.shown("until", &self.until);
        json.number("available", self.available);
        optional(json, "dryAt", &self.told.dry_at);
        let streams: Vec<_> = self.pace.iter().zip(&self.told.streams).collect();
        each(json, "pace", &streams, &|json, (stream, told)| {
            tell_stream(json, stream);
            optional(json, "shortAt", &told.short_at);
            json.number("unpaid", told.unpaid);
        });
        let pools: Vec<_> = self.told.pools.iter().collect();
        each(json, "pools", &pools, &|json, (of, pool)| {
            scope(json, of);
            json.number("available", pool.available);
            optional(json, "dryAt", &pool.dry_at);
        });
        for (name, at, timed) in
            [("expires", "expiresAt", &self.told.lost), ("issues", "at", &self.told.issued)]
        {
            each(json, name, timed, &|json, timed: &Timed| {
                json.optional_shown("package", timed.package.as_ref().map(shown));
                json.text("source", timed.source.as_str());
                json.shown(at, &timed.at);
                json.number("segments", timed.segments);
            });
        }
    }
}
