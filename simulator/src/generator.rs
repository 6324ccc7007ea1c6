//! What callers ask next: mostly what is possible, by what the model knows of the account, and sometimes what is not.

use crate::model::{Account, months_after};
use crate::operation::{
    Bought, Ceiling, DELIVERED, Message, Millis, Operation, Payment, REGIONS, Region, STAGES, Threshold,
    Voucher, Word,
};
use crate::seller::PLANS;
use histories::random::Random;
use std::cmp::Reverse;
use std::collections::BTreeSet;

const DAY: Millis = 24 * 3_600_000;

/// How many ids there are of each kind, so that they meet again, and the largest message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) ids: u64,
    pub(crate) segments_max: i64,
    /// Whether every call is as likely as any other, and accounts come and go: the corners that callers seldom meet.
    pub(crate) corners: bool,
    /// Whether accounts order by themselves; batches are left out then.
    pub(crate) recharges: bool,
}

/// Makes an operation for the account, as of the caller's clock.
pub(crate) fn operation(random: &mut Random, account: &Account, sizes: Sizes, now: Millis) -> Operation {
    if account.state == "unopened" && random.percent(if sizes.corners { 15 } else { 60 }) {
        return open(random, account);
    }
    // What is closed is wound up, or nothing is ever written there.
    if account.state == "closed" && sizes.corners && random.percent(35) {
        let open: Vec<u64> =
            account.packages.iter().filter(|(_, known)| known.open()).map(|(number, _)| *number).collect();
        return match random.below(6) {
            0 => outcome(random, account, sizes),
            1..=2 => confirm(random, account, sizes),
            _ if open.is_empty() => Operation::Advance,
            _ => Operation::Take { id: id(random, "z", 1_000), segments: 1, package: *random.of(&open) },
        };
    }
    // The places of the calls below, each once.
    let corners = [
        0, 30, 34, 37, 55, 61, 62, 70, 72, 76, 78, 80, 85, 86, 87, 89, 90, 92, 93, 95, 96, 97, 98, 100, 101,
        102, 103,
    ];
    let draw = if sizes.corners { *random.of(&corners) } else { random.below(100) };
    match draw {
        0..=29 => Operation::Reserve(message(random, account, sizes)),
        30..=33 | 103 if sizes.recharges => set_recharge(random),
        30..=33 => {
            let mut messages: Vec<Message> =
                (0..=random.below(4)).map(|_| message(random, account, sizes)).collect();
            let mut seen = BTreeSet::new();
            messages.retain(|message| seen.insert(message.id.clone()));
            Operation::ReserveAll(messages)
        }
        34..=36 => Operation::Preview(message(random, account, sizes)),
        37..=54 => outcome(random, account, sizes),
        55 if sizes.corners || random.percent(50) => Operation::Grant(voucher(random)),
        55..=61 => purchase(random, sizes, now),
        62..=69 => confirm(random, account, sizes),
        70..=71 => Operation::Refund { order: order(random, account, sizes), dry: random.percent(25) },
        72..=75 => give(random, sizes, now),
        76..=77 => {
            let (id, segments) = (id(random, "a", sizes.ids), 1 + below(random, 4));
            Operation::Take { id, segments, package: package(random, account) }
        }
        78..=79 => Operation::Activate { package: package(random, account) },
        80..=83 => Operation::SetPlan { plan: plan(random) },
        84 => settings(random),
        85 => Operation::SetGates { gated: random.percent(60) },
        86 => Operation::SetState("suspended"),
        87..=88 => Operation::SetState("active"),
        89 if sizes.corners || random.percent(12) => Operation::SetState("closed"),
        89..=91 => Operation::Advance,
        92 => Operation::Packages,
        93..=94 => Operation::Balance,
        95 => Operation::Account,
        96 => Operation::Order(order(random, account, sizes)),
        97 => Operation::Verify,
        100 => ceilings(random),
        101 => alarms(random),
        102 => Operation::Settings,
        103 => Operation::SetRecharge { region: REGIONS[0].1, set: None },
        _ => open(random, account),
    }
}

/// A package that ends when the messages that are reserved now time out, or within an instant of that; or so many such messages.
pub(crate) fn swell(random: &mut Random, place: u64, messages: usize, until: Millis) -> Operation {
    let mut message = |part: usize| Message {
        id: format!("w{place}-{part}"),
        region: REGIONS[0].1,
        segments: 1 + below(random, 2),
        attempt: 1,
    };
    match place % 12 {
        0..=5 if messages == 1 => Operation::Reserve(message(0)),
        0 => Operation::ReserveAll((0..messages).map(message).collect()),
        _ => {
            let expires_at = Some(until + random.of(&[0, 0, 0, 0, 0, 0, -1, 1]));
            Operation::Give {
                id: format!("w{place}"),
                segments: 2 + below(random, 3),
                region: None,
                expires_at,
            }
        }
    }
}

fn open(random: &mut Random, account: &Account) -> Operation {
    // Mostly the same body again.
    let same = random.percent(70);
    let opening = account.paper.documents.iter().find(|(key, _)| same && key.starts_with("account/"));
    match opening {
        Some((_, (body, _))) => body.clone(),
        None => Operation::Open { plan: plan(random), gated: random.percent(40) },
    }
}

fn plan(random: &mut Random) -> Option<&'static str> {
    random.maybe(75, |random| random.of(&PLANS).0)
}

/// A number from 0 on, below this one.
fn below(random: &mut Random, bound: i64) -> i64 {
    i64::try_from(random.below(u64::try_from(bound).unwrap())).unwrap()
}

/// One of the first regions.
fn region(random: &mut Random, of: usize) -> &'static str {
    random.of(&REGIONS[..of]).1
}

fn id(random: &mut Random, letter: &str, ids: u64) -> String {
    format!("{letter}{}", random.below(ids))
}

fn message(random: &mut Random, account: &Account, sizes: Sizes) -> Message {
    let number = random.below(sizes.ids);
    let id = format!("m{number}");
    let refusals = account
        .records
        .get(&id)
        .map_or(0, |record| record.answers.iter().filter(|answer| answer.is_err()).count());
    let attempt = if random.percent(80) { (refusals + 1).min(20) } else { *random.of(&[1, 2, 3]) };
    // The body follows from the id, but for some ids.
    let other = number.is_multiple_of(8);
    let own = [0, 0, 1, 2, 0, 1, 2, 3][usize::try_from(number % 8).unwrap()];
    let region = if other { region(random, 4) } else { REGIONS[own].1 };
    let number = i64::try_from(number).unwrap();
    let segments = 1 + if other { below(random, sizes.segments_max) } else { number % sizes.segments_max };
    Message { id, region, segments, attempt }
}

fn outcome(random: &mut Random, account: &Account, sizes: Sizes) -> Operation {
    let held: Vec<&String> = account
        .records
        .iter()
        .filter(|(_, record)| record.told["state"] == "held")
        .map(|(id, _)| id)
        .collect();
    let id = if !held.is_empty() && random.percent(if sizes.corners { 15 } else { 60 }) {
        (*random.of(&held)).clone()
    } else {
        id(random, "m", sizes.ids)
    };
    let part = random.maybe(30, |random| 1 + below(random, sizes.segments_max));
    let word = match random.below(10) {
        0..=2 => Word::Settle(part),
        3..=5 => Word::Release,
        _ => {
            let stage = random.of(&STAGES);
            Word::Report(stage, part.filter(|_| *stage == DELIVERED))
        }
    };
    Operation::Outcome(id, word)
}

fn purchase(random: &mut Random, sizes: Sizes, now: Millis) -> Operation {
    let number = random.below(sizes.ids);
    let early = [0, 0, 0, 0, 0, 1_799_999, 1_800_000, -300_000, -300_001];
    let quoted_at = now - random.of(&early);
    let proof = random.maybe(40, |random| format!("pay-{number}-{}", random.below(2)));
    let offer = usize::try_from(random.below(3)).unwrap();
    let quantity = 1 + below(random, 12);
    let voucher = random.maybe(25, voucher);
    Operation::Purchase {
        id: format!("o{number}"),
        bought: Bought { offer, quantity, quoted_at, proof, voucher },
    }
}

/// One of few, mostly with the same body.
fn voucher(random: &mut Random) -> Voucher {
    let number = random.below(8);
    (format!("v{number}"), 1 + 7 * i64::try_from(number).unwrap() + i64::from(random.percent(4)))
}

fn set_recharge(random: &mut Random) -> Operation {
    let offer = usize::try_from(random.below(3)).unwrap();
    let (threshold, pack, day) = (below(random, 6), 1 + below(random, 12), *random.of(&[1, 2, 5, 100]));
    let cooldown = *random.of(&[60_000, 3_600_000]);
    let set = random.maybe(85, |_| (offer, threshold, pack, day, cooldown));
    Operation::SetRecharge { region: REGIONS[offer].1, set }
}

fn settings(random: &mut Random) -> Operation {
    match random.below(3) {
        0 => ceilings(random),
        1 => alarms(random),
        _ => Operation::Settings,
    }
}

/// A region or all of them.
fn place(random: &mut Random) -> Region {
    random.maybe(60, |random| region(random, 3))
}

fn ceilings(random: &mut Random) -> Operation {
    Operation::SetCeilings(random.maybe(80, |random| {
        let mut ceilings: Vec<Ceiling> = Vec::new();
        for _ in 0..random.below(3) {
            let [hour, day] = [(2, 20), (10, 60)]
                .map(|(least, more)| random.maybe(70, |random| least + below(random, more)));
            ceilings.push((place(random), hour, day.or_else(|| hour.is_none().then_some(30))));
        }
        let mut seen = BTreeSet::new();
        ceilings.retain(|ceiling| seen.insert(ceiling.0));
        ceilings
    }))
}

fn alarms(random: &mut Random) -> Operation {
    Operation::SetAlarms(random.maybe(80, |random| {
        let mut thresholds: Vec<Threshold> = (0..random.below(3))
            .map(|_| (place(random), 1 + below(random, 30), below(random, 2) * 5))
            .collect();
        let mut seen = BTreeSet::new();
        thresholds.retain(|threshold| seen.insert((threshold.0, threshold.1)));
        // As the ledger tells of them: those for all first, and the largest first.
        thresholds.sort_by_key(|(region, below, _)| (*region, Reverse(*below)));
        thresholds
    }))
}

fn order(random: &mut Random, account: &Account, sizes: Sizes) -> String {
    let orders: Vec<&str> =
        account.paper.documents.keys().filter_map(|key| key.strip_prefix("order/")).collect();
    if orders.is_empty() || random.percent(10) {
        id(random, "o", sizes.ids)
    } else {
        (*random.of(&orders)).to_owned()
    }
}

fn confirm(random: &mut Random, account: &Account, sizes: Sizes) -> Operation {
    let order = order(random, account, sizes);
    payment(random, &order)
}

/// What became of an order's payment, whatever was said of it before.
pub(crate) fn payment(random: &mut Random, order: &str) -> Operation {
    let payment = match random.below(10) {
        0..=5 => Payment::Paid(format!("pay-{}-{}", &order[1..], random.below(8) / 6)),
        6 => Payment::Other("unknown"),
        7 => Payment::Other("declined"),
        8 => Payment::Other("timed_out"),
        _ => Payment::Other("cancelled"),
    };
    Operation::Confirm { order: order.to_owned(), payment }
}

fn give(random: &mut Random, sizes: Sizes, now: Millis) -> Operation {
    let until = [DAY, 3 * DAY, 40 * DAY, 3_600_000, 0];
    let expires_at = random.maybe(60, |random| now + random.of(&until));
    let region = random.maybe(40, |random| region(random, 3));
    Operation::Give { id: id(random, "a", sizes.ids), segments: 1 + below(random, 12), region, expires_at }
}

fn package(random: &mut Random, account: &Account) -> u64 {
    let all = u64::try_from(account.packages.size()).unwrap();
    1 + all.saturating_sub(random.below(8))
}

/// Moves the callers' clock: mostly not at all or a little, sometimes to what is due next or just before it, sometimes over months,
/// sometimes back.
pub(crate) fn pause(random: &mut Random, account: &Account, now: Millis) -> Millis {
    let plan = account.plan.as_ref().map(|plan| months_after(plan.anchor, plan.period + 1));
    let due = account.dues.first().map(|due| due.0).into_iter().chain(plan).min();
    match random.below(40) {
        20..=27 => below(random, 100_000),
        28 => 3_600_000,
        29 => 3 * DAY,
        30 => below(random, DAY),
        31 if random.percent(50) => below(random, 40 * DAY),
        32 if random.percent(20) => below(random, 200 * DAY),
        33 if random.percent(50) => -below(random, DAY),
        34..=37 => due.filter(|due| *due > now).map_or(0, |due| due - now - below(random, 2)),
        _ => 0,
    }
}
