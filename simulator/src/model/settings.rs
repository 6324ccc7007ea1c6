//! What an account sets for itself: ceilings (rule 28) and alarms (rule 32).

use super::{Account, Package};
use crate::operation::{Message, Millis, REGIONS, iso};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

/// Most segments in an hour and in a day, to a region or to all.
pub(crate) type Ceiling = (Option<usize>, Option<u64>, Option<u64>);
/// An alarm when fewer are usable in a region or in all, which is armed again with so many more.
pub(crate) type Threshold = (Option<usize>, u64, u64);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) ceilings: Option<Vec<Ceiling>>,
    pub(crate) thresholds: Option<Vec<Threshold>>,
    /// What messages have reserved under a ceiling: its region, when, and how many segments.
    reserved: Vec<(Option<usize>, Millis, u64)>,
    /// The hour in which that was last looked through.
    hour: Millis,
    /// Whether the alarm of a region and a threshold has fired; none = it was never reached.
    pub(crate) fired: BTreeMap<(Option<usize>, u64), bool>,
}

pub(crate) fn code(region: Option<usize>) -> Option<&'static str> {
    region.map(|region| REGIONS[region].1)
}

impl Account {
    /// What can pay for messages to a region, or for any, now.
    pub(super) fn usable(&self, region: Option<usize>, now: Millis) -> u64 {
        let usable = self.packages.values().filter(|package| package.left() > 0 && package.usable(now));
        usable.filter(|package| region.is_none_or(|region| package.pays(region))).map(Package::left).sum()
    }

    fn ceilings(&self) -> impl Iterator<Item = Ceiling> {
        self.set.ceilings.iter().flatten().copied()
    }

    /// With a new hour what no longer has a ceiling is forgotten, so that one which is set anew begins at nothing; within the hour, it goes
    /// on where it was.
    pub(super) fn begin_hour(&mut self, now: Millis) {
        if self.set.hour != now / HOUR {
            self.set.hour = now / HOUR;
            let bounded: Vec<Option<usize>> = self.ceilings().map(|(region, ..)| region).collect();
            self.set.reserved.retain(|(region, at, _)| at / DAY == now / DAY && bounded.contains(region));
        }
    }

    fn used(&self, region: Option<usize>, length: Millis, now: Millis) -> u64 {
        let same =
            |(own, at, _): &&(Option<usize>, Millis, u64)| *own == region && at / length == now / length;
        self.set.reserved.iter().filter(same).map(|(.., segments)| segments).sum()
    }

    /// Rule 28: the first ceiling that a message would break.
    pub(super) fn broken(&self, message: &Message, now: Millis) -> Option<Map<String, Value>> {
        let applies = |(own, ..): &Ceiling| own.is_none_or(|own| own == message.region);
        for (region, hour, day) in self.ceilings().filter(applies) {
            for (per, length, most) in [("hour", HOUR, hour), ("day", DAY, day)] {
                let used = self.used(region, length, now);
                if let Some(most) = most.filter(|most| used + message.segments > *most) {
                    let ceiling = json!({ "region": code(region), "per": per, "segments": most });
                    let broken = json!({ "reason": "ceiling", "ceiling": ceiling, "used": used,
                        "resetsAt": iso((now / length + 1) * length) });
                    return broken.as_object().cloned();
                }
            }
        }
        None
    }

    pub(super) fn count_reserved(&mut self, message: &Message, now: Millis) {
        let applying = self.ceilings().filter(|(own, ..)| own.is_none_or(|own| own == message.region));
        let counted: Vec<_> = applying.map(|(own, ..)| (own, now, message.segments)).collect();
        self.set.reserved.extend(counted);
    }

    pub(super) fn set_ceilings(&mut self, ceilings: Option<&Vec<Ceiling>>, now: Millis) -> Value {
        if self.set.ceilings.as_ref() != ceilings {
            self.set.ceilings = ceilings.cloned();
            self.touch("settings", "");
        }
        self.settings(now)
    }

    pub(super) fn set_alarms(&mut self, thresholds: Option<&Vec<Threshold>>, now: Millis) -> Value {
        if self.set.thresholds.as_ref() != thresholds {
            self.set.thresholds = thresholds.cloned();
            self.touch("settings", "");
            self.watch(now, now);
        }
        self.settings(now)
    }

    /// Rule 32: tells once of the thresholds that have been crossed at an instant, in one line, and arms those that are reached.
    pub(super) fn watch(&mut self, at: Millis, now: Millis) {
        let (mut low, mut moved) = (Vec::new(), false);
        for (region, below, margin) in self.set.thresholds.clone().into_iter().flatten() {
            let usable = self.usable(region, at);
            let fires = match self.set.fired.get(&(region, below)) {
                Some(false) if usable < below => true,
                Some(true) if usable >= below + margin => false,
                None if usable >= below => false,
                _ => continue,
            };
            moved = true;
            self.set.fired.insert((region, below), fires);
            if fires {
                low.push(json!([code(region), below, usable]));
            }
        }
        if moved {
            let known = self.set.thresholds.clone().unwrap_or_default();
            self.set.fired.retain(|place, _| known.iter().any(|one| (one.0, one.1) == *place));
            self.touch("settings", "");
        }
        if !low.is_empty() {
            self.write("alarm", "", now, at, &[]);
            self.lines.last_mut().unwrap().note = json!(low);
        }
    }

    pub(super) fn settings(&mut self, now: Millis) -> Value {
        self.begin_hour(now);
        let ceilings = self.ceilings().map(|(region, hour, day)| {
            json!({ "region": code(region), "perHour": hour, "perDay": day,
                "usedThisHour": self.used(region, HOUR, now), "usedToday": self.used(region, DAY, now) })
        });
        let thresholds = self.set.thresholds.iter().flatten().map(|(region, below, margin)| {
            let state = self.set.fired.get(&(*region, *below));
            let state = state.map_or("waiting", |fired| if *fired { "fired" } else { "armed" });
            json!({ "region": code(*region), "below": below, "margin": margin, "state": state,
                "usable": self.usable(*region, now) })
        });
        json!({ "account": self.id, "at": iso(now), "ceilings": ceilings.collect::<Vec<_>>(),
            "thresholds": thresholds.collect::<Vec<_>>(), "recharges": self.recharge_settings(now) })
    }
}
