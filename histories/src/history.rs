//! One history: its catalogs, its clock, and one call after the other.

use crate::calls;
use crate::catalogs::{Catalogs, REVISIONS};
use crate::player::Player;
use histories::random::Random;
use serde_json::json;
use sms_ledger::catalog::profiles;
use std::io::{self, Write};

/// Days on which something is about to happen: a month's end, clocks that are set, a year's end, the day before a leap day.
const STARTS: [&str; 8] = [
    "2025-01-31T12:00:00.000Z",
    "2025-03-28T22:30:00.000Z",
    "2025-08-30T10:00:00.000Z",
    "2025-10-24T08:00:00.500Z",
    "2026-03-06T23:59:59.999Z",
    "2026-12-30T16:00:00.000Z",
    "2028-02-27T15:59:00.000Z",
    "2026-06-15T00:00:00.000Z",
];

/// In a hundred calls so many ledgers are made anew.
const NEW_LEDGERS: u64 = 2;

/// Writes the history of a seed.
pub(crate) fn write(seed: u64, calls: u64, catalogs: &mut Catalogs, out: &mut impl Write) -> io::Result<()> {
    let mut random = Random::new(seed);
    let profile = usize::try_from(seed).unwrap() % profiles::ALL.len();
    // One in three runs on the profile as it ships.
    let shipped = random.below(3) == 0;
    let mut revisions = [0, 0, 0].map(|_: u64| if shipped { 0 } else { random.below(REVISIONS) });
    revisions.sort_unstable();
    let start = random.of(&STARTS).parse().unwrap();
    let (number, catalog) = catalogs.get((profile, revisions[0]), out)?;
    writeln!(out, "{}", json!({ "history": seed }))?;
    let mut player = Player::new(number, catalog, start, out)?;
    for call in 0..calls {
        if random.percent(NEW_LEDGERS) {
            let (number, catalog) = catalogs.get((profile, *random.of(&revisions)), player.out())?;
            player.go_on_under(number, catalog)?;
        }
        calls::pass_time(&mut player, &mut random);
        calls::make(&mut player, &mut random, call, calls)?;
    }
    player.call("verify", &json!({ "account": calls::ACCOUNT }))?.ok();
    player.end()
}
