//! Random commands of one account, their clocks included.

use crate::common::world::{ACCOUNT, World};
use crate::common::{AU, CANADA, NZ, Reply, US, changed, text};
use proptest::prelude::*;
use serde_json::json;
use sms_ledger::catalog::Catalog;
use sms_ledger::engine::{Command, Estimate, Message, Said, Tags};
use std::sync::Arc;

/// One command; ids are few, so that they meet again.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Open {
        plan: bool,
    },
    SetPlan {
        plan: Option<usize>,
    },
    SetGates {
        vip: bool,
    },
    Buy {
        id: u8,
        offer: usize,
        quantity: u64,
        quoted_before: i64,
    },
    Reserve {
        id: u8,
        to: usize,
        segments: usize,
        attempt: u32,
    },
    /// Messages of which all or none are reserved.
    Batch {
        messages: Vec<(u8, usize, usize, u32)>,
    },
    Preview {
        to: usize,
        segments: usize,
    },
    /// What messages would come to.
    Estimate {
        messages: Vec<(usize, usize)>,
    },
    Settle {
        id: u8,
        segments: Option<u32>,
    },
    Release {
        id: u8,
    },
    /// Of what was delivered, so many segments, or all.
    Report {
        id: u8,
        stage: usize,
        segments: Option<u32>,
    },
    Balance {
        later: i64,
    },
}

pub(crate) const STAGES: [&str; 7] =
    ["rejected", "accepted", "submitted", "delivered", "undelivered", "expired", "unknown"];
pub(crate) const NUMBERS: [(&str, &str); 4] = [(AU, "AU"), (US, "US"), (NZ, "NZ"), (CANADA, "CA")];
/// Offer, region, seconds to activation, months of validity.
pub(crate) const OFFERS: [(&str, &str, i64, u32); 3] =
    [("pack-au", "AU", 0, 0), ("pack-us", "US", 3600, 1), ("pack-nz", "NZ", 0, 2)];
/// Plans and their credits: two that are worth the same.
pub(crate) const PLANS: [(&str, u64); 4] =
    [("starter", 20), ("essentials", 25), ("growth", 40), ("other", 25)];
/// Of the schedule for those who have the gate `vip`.
pub(crate) const GIFT: u64 = 7;

/// Small packs: one that never expires, one that waits and expires, one that expires; few credits, so that things run out.
pub(crate) fn catalog(split: &str) -> Arc<Catalog> {
    revised(split, 0)
}

/// How messages are charged and decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Terms {
    /// What is not decided in time goes back; otherwise it is spent.
    pub(crate) release: bool,
    /// A later receipt may correct the first.
    pub(crate) corrections: bool,
    /// Segments are spent on submission.
    pub(crate) submit: bool,
}

/// Those of each revision of the catalog.
pub(crate) const TERMS: [Terms; 5] = [
    Terms { release: false, corrections: false, submit: false },
    Terms { release: true, corrections: false, submit: false },
    Terms { release: false, corrections: true, submit: false },
    Terms { release: false, corrections: true, submit: true },
    Terms { release: true, corrections: false, submit: true },
];

/// A revision of the same.
pub(crate) fn revised(split: &str, revision: usize) -> Arc<Catalog> {
    let Terms { release, corrections, submit } = TERMS[revision];
    changed(|catalog| {
        catalog["revision"] = json!(revision + 1);
        catalog["policy"]["corrections"] = json!(corrections);
        catalog["policy"]["charge_on"] = json!(if submit { "submit" } else { "delivery" });
        for (index, offer) in [0, 1, 3].into_iter().enumerate() {
            let offer = &mut catalog["offers"][offer];
            offer["quantity"] = json!({ "step": 1, "min": 1, "max": 100 });
            offer["activation_seconds"] = json!(OFFERS[index].2);
            if OFFERS[index].3 > 0 {
                offer["validity"] = json!({ "months": OFFERS[index].3 });
            }
        }
        let plan = |(id, credits): (&str, u64)| json!({ "id": id, "name": id, "credits": credits });
        catalog["plans"] = PLANS.into_iter().map(plan).collect();
        catalog["schedules"] = json!([{ "id": "gift", "name": "Gift", "credits": GIFT, "gates": ["vip"] }]);
        catalog["policy"]["split"] = json!(split);
        catalog["policy"]["hold"] =
            json!({ "hours": 72, "then": if release { "release" } else { "settle" } });
    })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<bool>().prop_map(|plan| Step::Open { plan }),
        3 => proptest::option::weighted(0.8, 0..PLANS.len()).prop_map(|plan| Step::SetPlan { plan }),
        1 => any::<bool>().prop_map(|vip| Step::SetGates { vip }),
        4 => (0..12_u8, 0..3_usize, 1..12_u64, prop_oneof![4 => Just(0), 1 => Just(1799), 1 => Just(1800), 1 => Just(-301)])
            .prop_map(|(id, offer, quantity, quoted_before)| Step::Buy { id, offer, quantity, quoted_before }),
        10 => (0..24_u8, 0..4_usize, 1..9_usize, prop_oneof![8 => Just(1), 2 => Just(2), 1 => Just(3)])
            .prop_map(|(id, to, segments, attempt)| Step::Reserve { id, to, segments, attempt }),
        2 => proptest::collection::vec((0..24_u8, 0..4_usize, 1..9_usize, prop_oneof![8 => Just(1_u32), 1 => Just(2)]), 1..6)
            .prop_map(|messages| Step::Batch { messages }),
        2 => (0..4_usize, 1..9_usize).prop_map(|(to, segments)| Step::Preview { to, segments }),
        2 => proptest::collection::vec((0..4_usize, 1..9_usize), 1..12).prop_map(|messages| Step::Estimate { messages }),
        4 => (0..24_u8, proptest::option::of(1..9_u32)).prop_map(|(id, segments)| Step::Settle { id, segments }),
        4 => (0..24_u8).prop_map(|id| Step::Release { id }),
        6 => (0..24_u8, 0..7_usize, proptest::option::weighted(0.5, 1..9_u32)).prop_map(|(id, stage, segments)| {
            Step::Report { id, stage, segments: segments.filter(|_| STAGES[stage] == "delivered") }
        }),
        2 => prop_oneof![Just(0), Just(3600), Just(90 * 86_400)].prop_map(|later| Step::Balance { later }),
    ]
}

/// Seconds to the next step: mostly none or few, sometimes over a boundary, sometimes months, sometimes back.
pub(crate) fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => Just(0_i64),
        4 => 1..100_i64,
        2 => Just(3600_i64),
        2 => 0..40 * 86_400_i64,
        1 => Just(31 * 86_400_i64),
        1 => 60 * 86_400..200 * 86_400_i64,
        1 => -86_400..0_i64,
    ]
}

/// Texts and numbers follow from the id, so that most repetitions are the same body.
fn body(id: u8, to: usize, segments: usize) -> (usize, usize) {
    if id.is_multiple_of(8) { (to, segments) } else { (usize::from(id) % 4, usize::from(id) % 8 + 1) }
}

impl Step {
    /// With what follows from its id.
    pub(crate) fn normal(self) -> Self {
        match self {
            Self::Reserve { id, to, segments, attempt } => {
                let (to, segments) = body(id, to, segments);
                Self::Reserve { id, to, segments, attempt }
            }
            Self::Batch { messages } => {
                let normal = |(id, to, segments, attempt)| {
                    let (to, segments) = body(id, to, segments);
                    (id, to, segments, attempt)
                };
                Self::Batch { messages: messages.into_iter().map(normal).collect() }
            }
            other => other,
        }
    }

    pub(crate) fn quote(world: &World, offer: usize, quantity: u64, quoted_before: i64) -> serde_json::Value {
        let at = world.now.checked_add_seconds(-quoted_before).unwrap();
        let request = json!({ "offer": OFFERS[offer].0, "quantity": quantity, "at": at });
        let request = sms_ledger::engine::read_request(&request).unwrap();
        let quote = sms_ledger::pricing::quote(&world.catalog, &request, world.now).unwrap();
        serde_json::from_str(&quote.json()).unwrap()
    }

    pub(crate) fn command(&self, world: &World) -> Command {
        match self {
            Self::Open { plan } => {
                let plan = plan.then_some("starter");
                let input = plan
                    .map_or_else(|| json!({ "id": ACCOUNT }), |plan| json!({ "id": ACCOUNT, "plan": plan }));
                world.parsed("openAccount", &input)
            }
            Self::SetPlan { plan } => {
                let plan = plan.map(|plan| PLANS[plan].0);
                world.parsed("setPlan", &json!({ "account": ACCOUNT, "plan": plan }))
            }
            Self::SetGates { vip } => {
                let gates = if *vip { vec!["vip"] } else { Vec::new() };
                world.parsed("setGates", &json!({ "account": ACCOUNT, "gates": gates }))
            }
            Self::Buy { id, offer, quantity, quoted_before } => {
                let quote = Self::quote(world, *offer, *quantity, *quoted_before);
                let id = format!("o{id}");
                let input = json!({ "id": id, "account": ACCOUNT, "quote": quote, "payment": { "reference": "card" } });
                world.parsed("purchase", &input)
            }
            Self::Reserve { id, to, segments, attempt } => {
                world.message(&format!("m{id}"), NUMBERS[*to].0, &text(*segments), *attempt)
            }
            Self::Batch { messages } => {
                let message = |(id, to, segments, attempt): &(u8, usize, usize, u32)| {
                    let (id, body) = (format!("m{id}"), text(*segments));
                    Message::reserve(&world.catalog, &id, NUMBERS[*to].0, &body, Tags::default(), *attempt)
                        .unwrap()
                };
                Command::ReserveAll(messages.iter().map(message).collect())
            }
            Self::Preview { to, segments } => Command::Preview(
                Message::preview(&world.catalog, NUMBERS[*to].0, &text(*segments), Tags::default()).unwrap(),
            ),
            Self::Estimate { messages } => {
                let message = |(to, segments): &(usize, usize)| {
                    Message::preview(&world.catalog, NUMBERS[*to].0, &text(*segments), Tags::default())
                };
                Command::Estimate(Box::new(Estimate::of(messages.iter().map(message), None)))
            }
            Self::Settle { id, segments } => {
                Command::Outcome(Said::settle(&format!("m{id}"), *segments).unwrap())
            }
            Self::Release { id } => Command::Outcome(Said::release(&format!("m{id}")).unwrap()),
            Self::Report { id, stage, segments } => {
                Command::Outcome(Said::report(&format!("m{id}"), STAGES[*stage], None, *segments).unwrap())
            }
            Self::Balance { later } => {
                let at = world.now.checked_add_seconds(*later).unwrap();
                world.parsed("balance", &json!({ "account": ACCOUNT, "at": at }))
            }
        }
    }

    pub(crate) fn take(&self, world: &mut World) -> Reply {
        let command = self.command(world);
        world.run(command)
    }

    pub(crate) fn writes(&self) -> bool {
        !matches!(self, Self::Preview { .. } | Self::Estimate { .. } | Self::Balance { .. })
    }
}
