//! What may be called, how often, and with what. Ids are few, so that they meet again; what is asked for is mostly possible.

use crate::catalogs::PLANS;
use crate::player::{Known, Player, message};
use histories::random::Random;
use serde_json::{Map, Value, json};
use sms_ledger::calendar::Instant;
use sms_ledger::catalog::Offer;
use std::io::{self, Write};
use std::sync::Arc;

/// The account of every history.
pub(crate) const ACCOUNT: &str = "acme";

/// Numbers and their regions; the last one is none.
const NUMBERS: [(&str, &str); 9] = [
    ("+61412345678", "AU"),
    ("+12025550123", "US"),
    ("+64211234567", "NZ"),
    ("+447400123456", "GB"),
    ("+8613800138000", "CN"),
    ("+33612345678", "FR"),
    ("+66812345678", "TH"),
    ("+14165550123", "CA"),
    ("0412345678", ""),
];
/// Ids of messages, and of orders.
const MESSAGES: u64 = 60;
const ORDERS: u64 = 20;
const STAGES: [&str; 7] =
    ["rejected", "accepted", "submitted", "delivered", "undelivered", "expired", "unknown"];
const ZONES: [&str; 4] = ["Australia/Sydney", "America/New_York", "Europe/Berlin", "Asia/Shanghai"];
const PURPOSES: [&str; 3] = ["general", "marketing", "verification"];
const PROJECTS: [&str; 2] = ["shop", "blog"];

/// A call without its account.
type Call = (&'static str, Value);

/// Makes up a call.
type Make = fn(&mut Random, &Known) -> Call;

/// How often each is made, and what it is made of.
const CALLS: &[(u64, Make)] = &[
    (1, |random, known| ("openAccount", opening(random, known))),
    (2, |random, _| ("setGates", json!({ "gates": gates(random) }))),
    (4, |random, known| ("setPlan", plan(random, known))),
    (1, |random, _| ("suspend", json!({ "reason": random.of(&["überfällig 💸", "fraud \"?\""]) }))),
    (6, |_, _| ("resume", json!({ "reason": "paid" }))),
    (2, |random, _| ("migrate", migration(random))),
    (1, |random, _| ("revertMigration", json!({ "id": id(random, "x", 3) }))),
    (2, |random, known| ("activate", json!({ "package": package(random, known) }))),
    (5, |random, known| ("confirmPayment", payment(random, known))),
    (1, |random, known| ("order", json!({ "id": order_id(random, known) }))),
    (1, |random, _| ("orders", page(random, "o"))),
    (3, |random, known| ("refund", refund(random, known))),
    (2, |random, _| ("grantVoucher", json!({ "voucher": voucher(random) }))),
    (1, |random, _| ("vouchers", page(random, "v"))),
    (5, |random, known| ("adjust", adjustment(random, known))),
    (3, |_, _| ("advance", json!({}))),
    (2, |random, _| ("setAlarms", alarms(random))),
    (2, |random, _| ("setCeilings", ceilings(random))),
    (4, |random, known| ("setRecharge", recharge(random, known))),
    (3, |_, _| ("settings", json!({}))),
    (3, |random, known| ("preview", text(random, known, false))),
    (2, |random, known| ("explain", text(random, known, false))),
    (26, |random, known| ("reserve", text(random, known, true))),
    (4, |random, known| ("reserveBatch", batch(random, known))),
    (6, |random, known| ("settle", settlement(random, known))),
    (5, |random, known| ("release", json!({ "id": message_id(random, known) }))),
    (18, |random, known| ("report", report(random, known))),
    (1, |_, _| ("account", json!({}))),
    (4, |random, _| ("balance", at(random))),
    (2, |random, _| ("packages", at(random))),
    (1, |random, _| ("pace", json!({ "over": random.below(60) + 1 }))),
    (2, |random, _| ("forecast", forecast(random))),
    (1, |random, _| ("endedPackages", page(random, ""))),
    (2, |random, _| ("entries", journal(random))),
    (1, |random, _| ("eventPage", page(random, ""))),
    (1, |_, _| ("verify", json!({}))),
    (1, |_, _| ("snapshot", json!({}))),
];

/// In a hundred calls so many buy something.
const PURCHASES: u64 = 8;

/// Moves the clock: mostly not at all or a little, sometimes to what is due next or just before it, sometimes over months, sometimes back.
pub(crate) fn pass_time<W>(player: &mut Player<'_, W>, random: &mut Random) {
    const HOUR: u64 = 3_600_000;
    let forward = match random.below(20) {
        0..=8 => 0,
        9..=12 => random.below(100_000),
        13 => HOUR,
        14 => 72 * HOUR,
        15 => random.below(24 * HOUR),
        16 if random.percent(50) => random.below(40 * 24 * HOUR),
        17 if random.percent(30) => random.below(200 * 24 * HOUR),
        18 if random.percent(30) => {
            player.now = moved(player.now, -i64::try_from(random.below(24 * HOUR)).unwrap());
            return;
        }
        _ => {
            let early = i64::from(random.percent(50));
            if let Some(due) = player.next_due.take().filter(|due| *due > player.now) {
                player.now = moved(due, -early);
            }
            return;
        }
    };
    player.now = moved(player.now, i64::try_from(forward).unwrap());
}

fn moved(now: Instant, millis: i64) -> Instant {
    Instant::from_millis(now.millis() + millis).unwrap()
}

/// Makes a call: the first without an account, then one that opens it; in the end some are closed.
pub(crate) fn make<W: Write>(
    player: &mut Player<'_, W>,
    random: &mut Random,
    call: u64,
    calls: u64,
) -> io::Result<()> {
    let closes = call * 10 > calls * 9 && random.below(calls) < 3;
    if !player.known.opened && call > 0 {
        let mut input = opening(random, &player.known);
        input["id"] = json!(ACCOUNT);
        return player.call("openAccount", &input).map(drop);
    }
    if closes {
        return player.call("close", &json!({ "account": ACCOUNT, "reason": "gone" })).map(drop);
    }
    if random.percent(PURCHASES) {
        return buy(player, random);
    }
    let all: u64 = CALLS.iter().map(|(weight, _)| weight).sum();
    let mut left = random.below(all);
    for (weight, call) in CALLS {
        if left >= *weight {
            left -= weight;
            continue;
        }
        let (name, mut input) = call(random, &player.known);
        input[if name == "openAccount" { "id" } else { "account" }] = json!(ACCOUNT);
        let answer = player.call(name, &input)?;
        if name == "balance" {
            player.next_due = answer.ok().and_then(|told| told["nextDue"].as_str()?.parse().ok());
        }
        return Ok(());
    }
    Ok(())
}

/// An object of what is there.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn id(random: &mut Random, letter: &str, ids: u64) -> String {
    format!("{letter}{}", random.below(ids))
}

/// One that there is, or was, or the next.
fn package(random: &mut Random, known: &Known) -> String {
    let issued = known.packages;
    format!("p{}", issued + 1 - random.below(issued.min(8) + 1))
}

/// Of one of the latest, or, one time in ten, of any or none.
fn latest(random: &mut Random, ids: &[String], letter: &str, bound: u64) -> String {
    let latest = &ids[ids.len().saturating_sub(6)..];
    if latest.is_empty() || random.percent(10) {
        id(random, letter, bound)
    } else {
        random.of(latest).clone()
    }
}

fn message_id(random: &mut Random, known: &Known) -> String {
    latest(random, &known.messages, "m", MESSAGES)
}

fn order_id(random: &mut Random, known: &Known) -> String {
    latest(random, &known.orders, "o", ORDERS)
}

fn day(random: &mut Random) -> String {
    format!("20{}-{:02}-{:02}", 26 + random.below(3), random.below(12) + 1, random.below(28) + 1)
}

fn gates(random: &mut Random) -> Value {
    let all = ["enterprise-certified", "postpaid", "prepaid", "vip"];
    let some: Vec<&str> = all.into_iter().filter(|_| random.percent(75)).collect();
    json!(some)
}

fn plan_of(random: &mut Random, known: &Known) -> Value {
    let plans: Vec<&str> = known.catalog.plans.iter().map(|plan| &*plan.id).collect();
    let any = plans.is_empty() || random.percent(10);
    json!(random.of(if any { &PLANS } else { &plans }))
}

fn opening(random: &mut Random, known: &Known) -> Value {
    let plan = random.maybe(40, |random| plan_of(random, known));
    let anchor = plan
        .as_ref()
        .and_then(|_| random.maybe(30, |random| json!([day(random), "T09:00:00Z".to_owned()].concat())));
    object([
        ("plan", plan),
        ("billingAnchor", anchor),
        ("zone", random.maybe(60, |random| json!(random.of(&ZONES)))),
        ("gates", random.maybe(80, gates)),
        // Before what `cloutly` says of its earlier accounts, and after.
        (
            "createdAt",
            random.maybe(25, |random| json!(random.of(&["2020-02-29T00:00:00Z", "2025-01-01T00:00:00Z"]))),
        ),
    ])
}

fn migration(random: &mut Random) -> Value {
    let mut part = || random.below(4) + 1;
    let ratio = json!({ "from": part(), "to": part() });
    object([
        ("id", Some(json!(id(random, "x", 3)))),
        ("ratio", Some(ratio)),
        ("reason", random.maybe(50, |_| json!("auf Wunsch"))),
        ("dryRun", random.maybe(30, |_| json!(true))),
    ])
}

fn plan(random: &mut Random, known: &Known) -> Value {
    let chosen = random.maybe(80, |random| plan_of(random, known));
    let anchor = random.maybe(10, |random| json!([day(random), "T00:30:00+02:00".to_owned()].concat()));
    let anchor = chosen.as_ref().and(anchor);
    object([("plan", Some(chosen.unwrap_or_default())), ("billingAnchor", anchor)])
}

fn payment(random: &mut Random, known: &Known) -> Value {
    let outcome = match random.below(4) {
        0 => json!({ "status": "declined", "reason": "no funds" }),
        1 => json!({ "status": "unknown" }),
        _ => json!({ "status": "paid", "reference": random.of(&["card-1", "card-2"]) }),
    };
    json!({ "order": order_id(random, known), "outcome": outcome })
}

fn refund(random: &mut Random, known: &Known) -> Value {
    object([
        ("order", Some(json!(order_id(random, known)))),
        ("dryRun", random.maybe(40, |random| json!(random.percent(70)))),
    ])
}

fn voucher(random: &mut Random) -> Value {
    let amount = random.percent(50);
    object([
        ("id", Some(json!(id(random, "v", 4)))),
        ("amount", amount.then(|| json!(random.of(&["0.05", "3"])))),
        ("currency", amount.then(|| json!(random.of(&["USD", "CNY"])))),
        ("percent", (!amount).then(|| json!(random.of(&["10", "33.3"])))),
        ("until", random.maybe(40, |random| json!(day(random)))),
    ])
}

fn page(random: &mut Random, letter: &str) -> Value {
    let numbered = letter.is_empty();
    let after =
        |random: &mut Random| if numbered { json!(random.below(50)) } else { json!(id(random, letter, 12)) };
    object([
        ("after", random.maybe(50, after)),
        ("limit", random.maybe(50, |random| json!(random.below(20) + 1))),
        ("undecided", random.maybe(50, |_| json!(true)).filter(|_| letter == "o")),
    ])
}

fn journal(random: &mut Random) -> Value {
    let mut asked = page(random, "");
    asked["reverse"] = json!(random.percent(50));
    if random.percent(50) {
        asked["kinds"] = random.of(&[json!(["expire", "reserve"]), json!(["plan"])]).clone();
    }
    asked
}

fn adjustment(random: &mut Random, known: &Known) -> Value {
    let (id, reason) = (Some(json!(id(random, "a", 30))), Some(json!("kulanz")));
    if random.percent(30) {
        let (segments, package) =
            (Some(json!(-1 - i64::from(random.percent(50)))), Some(json!(package(random, known))));
        return object([("id", id), ("segments", segments), ("reason", reason), ("package", package)]);
    }
    object([
        ("id", id),
        ("segments", Some(json!(random.below(30) + 1))),
        ("reason", reason),
        ("region", random.maybe(40, |random| json!(random.of(&["AU", "US", "CN", "FR"])))),
        ("purpose", random.maybe(20, |random| json!(random.of(&PURPOSES)))),
        ("project", random.maybe(20, |random| json!(random.of(&PROJECTS)))),
        ("expiresAt", random.maybe(60, |random| json!(day(random)))),
    ])
}

fn alarms(random: &mut Random) -> Value {
    let thresholds =
        json!([{ "below": random.of(&[10, 50, 200]) }, { "below": 5, "margin": random.below(4) }]);
    object([
        ("thresholds", random.maybe(70, |_| thresholds)),
        ("expiryDays", random.maybe(50, |random| json!([random.below(3) + 1, 7]))),
    ])
}

fn ceilings(random: &mut Random) -> Value {
    let some =
        json!([{ "perHour": random.of(&[5, 30]) }, { "region": random.of(&["CN", "AU"]), "perDay": 40 }]);
    object([("ceilings", random.maybe(60, |random| if random.percent(50) { json!([]) } else { some }))])
}

/// One that the catalog has, but for one in nine.
fn to(known: &Known, own: u64) -> &'static str {
    let pick = |from: &[&'static str]| from[usize::try_from(own).unwrap() % from.len()];
    let priced = |code: &str| known.catalog.regions.iter().any(|region| region.code.as_str() == code);
    let priced: Vec<&str> =
        NUMBERS.into_iter().filter(|(_, code)| priced(code)).map(|(number, _)| number).collect();
    if own % 9 == 4 { pick(&NUMBERS.map(|(number, _)| number)) } else { pick(&priced) }
}

/// The body of a message follows from its id, but for one in eight, so that most repetitions are repetitions.
fn text(random: &mut Random, known: &Known, reserved: bool) -> Value {
    let number = random.below(MESSAGES);
    let own = if number.is_multiple_of(8) { random.below(1_000) } else { number * 7 };
    let pick = |choices: u64, by: u64| usize::try_from((own / by) % choices).unwrap();
    let characters = [1, 70, 71, 160, 161, 300, 600, 1_100][pick(8, 3)];
    let text = match pick(5, 1) {
        0 => "a".repeat(characters),
        1 => "字".repeat(characters),
        2 => "€ und so ".repeat(characters / 9 + 1),
        3 => format!("{}😀", "x\n".repeat(characters / 2)),
        _ => format!("【Shop】\"{}\"\u{1f}\\", "é".repeat(characters)),
    };
    object([
        ("id", reserved.then(|| json!(format!("m{number}")))),
        ("to", Some(json!(to(known, own)))),
        ("text", Some(json!(text))),
        ("purpose", (own % 11 == 0).then(|| json!(PURPOSES[pick(3, 2)]))),
        ("project", (own % 13 == 0).then(|| json!(PROJECTS[pick(2, 2)]))),
        ("attempt", if reserved { random.maybe(15, |random| json!(random.below(3) + 1)) } else { None }),
    ])
}

fn batch(random: &mut Random, known: &Known) -> Value {
    let count = random.below(6) + 1;
    let messages: Vec<Value> = (0..count)
        .map(|_| text(random, known, true))
        .filter(|input| message(&known.catalog, input).is_ok())
        .collect();
    let mode = random.of(&["all_or_nothing", "per_message"]);
    json!({ "messages": messages, "mode": mode })
}

fn settlement(random: &mut Random, known: &Known) -> Value {
    object([
        ("id", Some(json!(message_id(random, known)))),
        ("segments", random.maybe(50, |random| json!(random.below(4) + 1))),
    ])
}

fn report(random: &mut Random, known: &Known) -> Value {
    let stage = *random.of(&STAGES);
    let part =
        if stage == "delivered" { random.maybe(40, |random| json!(random.below(4) + 1)) } else { None };
    object([
        ("id", Some(json!(message_id(random, known)))),
        ("stage", Some(json!(stage))),
        ("code", random.maybe(40, |random| json!(random.of(&["4", "5", "000"])))),
        ("segments", part),
    ])
}

fn at(random: &mut Random) -> Value {
    object([("at", random.maybe(30, |random| json!([day(random), "T12:00:00Z".to_owned()].concat())))])
}

fn forecast(random: &mut Random) -> Value {
    let row = |random: &mut Random| {
        let (_, region) = *random.of(&NUMBERS);
        let per_day =
            [random.below(40).to_string(), format!("{}.{:03}", random.below(9), random.below(1_000))];
        object([
            ("region", Some(json!(region))),
            ("segmentsPerDay", Some(json!(random.of(&per_day)))),
            ("purpose", random.maybe(40, |random| json!(random.of(&PURPOSES)))),
            ("project", random.maybe(20, |random| json!(random.of(&PROJECTS)))),
        ])
    };
    let rows: Vec<Value> = (0..random.below(4)).map(|_| row(random)).collect();
    json!({ "pace": rows, "days": random.below(120) + 1 })
}

/// Asks for a quote, for a near quantity where that one is not sold, and buys by it: paid, to be paid, or too late.
fn buy<W: Write>(player: &mut Player<'_, W>, random: &mut Random) -> io::Result<()> {
    let catalog = Arc::clone(&player.known.catalog);
    let offer = random.of(&catalog.offers);
    let mut wanted = wanted(offer, random);
    let quote = match player.call("quote", &wanted)? {
        Ok(quote) => quote,
        Err(error) => {
            let Some(nearest) = error["details"]["nearest"].get(0) else { return Ok(()) };
            wanted["quantity"] = nearest.clone();
            let Ok(quote) = player.call("quote", &wanted)? else { return Ok(()) };
            quote
        }
    };
    if random.percent(5) {
        player.now = moved(player.now, 1_800_000);
    }
    let agreement = quote.get("agreement").cloned().filter(|_| random.percent(95));
    let payment = match random.below(4) {
        0 => None,
        1 => Some(json!({ "method": "card" })),
        _ => Some(json!({ "reference": random.of(&["card-1", "card-2"]) })),
    };
    let input = object([
        ("account", Some(json!(ACCOUNT))),
        ("id", Some(json!(id(random, "o", ORDERS)))),
        ("voucher", quote.get("voucher").cloned().filter(|_| random.percent(50))),
        ("agreement", agreement),
        ("payment", payment),
        ("project", random.maybe(15, |random| json!(random.of(&PROJECTS)))),
        ("quote", Some(quote)),
    ]);
    player.call("purchase", &input).map(drop)
}

/// What is ordered by itself from now on, for a region of an offer; or no longer.
fn recharge(random: &mut Random, known: &Known) -> Value {
    let offer = random.of(&known.catalog.offers);
    let mut input = wanted(offer, random);
    let fields = input.as_object_mut().unwrap();
    fields.remove("voucher");
    if random.percent(60) {
        fields.remove("quantity");
    }
    if random.percent(15) {
        for field in ["offer", "quantity", "validity"] {
            fields.remove(field);
        }
        fields.insert("region".to_owned(), json!(offer.regions[0]));
        fields.insert("enabled".to_owned(), json!(false));
        return input;
    }
    let more = object([
        ("threshold", random.maybe(60, |random| json!(random.below(25)))),
        ("method", random.maybe(60, |random| json!(random.of(&["card", "debit"])))),
        (
            "agreement",
            offer.agreement.as_ref().map(|agreed| json!({ "id": agreed.id, "version": agreed.version })),
        ),
        ("perDay", random.maybe(50, |random| json!(random.below(3) + 1))),
        ("perMonth", random.maybe(30, |random| json!(random.below(5) + 1))),
        ("cooldownSeconds", random.maybe(50, |random| json!(60 + random.below(7_200)))),
    ]);
    fields.extend(more.as_object().unwrap().clone());
    input
}

/// Mostly one that messages are sent to.
fn region_of(offer: &Offer, random: &mut Random) -> String {
    let sent = |code: &str| NUMBERS.iter().any(|(_, region)| *region == code);
    let all = offer.regions.iter().map(|region| region.as_str().to_owned());
    let (sent, other): (Vec<String>, Vec<String>) = all.partition(|code| sent(code));
    let rare = sent.is_empty() || (!other.is_empty() && random.percent(20));
    random.of(if rare { &other } else { &sent }).clone()
}

fn wanted(offer: &Offer, random: &mut Random) -> Value {
    let steps = (offer.quantity.max - offer.quantity.min) / offer.quantity.step;
    let quantity = offer.quantity.min + random.below(steps.min(30) + 1) * offer.quantity.step;
    object([
        ("account", Some(json!(ACCOUNT))),
        ("offer", Some(json!(offer.id))),
        ("region", (offer.regions.len() > 1).then(|| json!(region_of(offer, random)))),
        ("quantity", Some(json!(quantity))),
        ("purpose", (offer.purposes.len() > 1).then(|| json!(random.of(&offer.purposes)))),
        ("validity", (offer.validity.len() > 1).then(|| json!(random.of(&offer.validity)))),
        ("voucher", random.maybe(20, |random| json!(id(random, "v", 4)))),
    ])
}
