//! Random histories of every command, told to a native ledger over a store in memory: as JSON lines, each call with the answer it had,
//! and what is stored in the end. `js/test/histories.test.ts` tells the same to the package and expects the same bytes.
//!
//! `histories <first seed> <histories> <calls in each>`. A seed is a history: the same one every time, whatever else is asked for.
//!
//! | line | what |
//! |---|---|
//! | `{"catalog": "…"}` | the next catalog; they are numbered from 0 in the order in which they come |
//! | `{"history": 7}` | a new store, for the history of this seed |
//! | `{"ledger": 0}` | a new ledger on the store, under this catalog |
//! | `{"now": …, "call": "reserve", "input": {…}, "answer": "…"}` | a call at this time in milliseconds; its answer or error as JSON text |
//! | `{"stored": [["account", "…"], …]}` | everything stored, by key |

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a tool of the tests: what goes wrong fails them"
)]

mod calls;
mod catalogs;
mod history;
mod player;

use catalogs::Catalogs;
use std::io::{self, BufWriter, Write};

fn main() -> io::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|given| given.parse().unwrap()).collect();
    let [first, histories, calls] = numbers[..] else {
        panic!("say the first seed, how many histories, and how many calls in each");
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut catalogs = Catalogs::default();
    for seed in first..first + histories {
        history::write(seed, calls, &mut catalogs, &mut out)?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(first: u64, histories: u64, calls: u64) -> String {
        let (mut out, mut catalogs) = (Vec::new(), Catalogs::default());
        for seed in first..first + histories {
            history::write(seed, calls, &mut catalogs, &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_seed_is_a_history() {
        let lines = |text: String| -> Vec<String> {
            let own = |line: &&str| !line.starts_with("{\"catalog\"") && !line.starts_with("{\"ledger\"");
            text.lines().filter(own).map(str::to_owned).collect()
        };
        let one = lines(written(7, 1, 60));
        assert_eq!(lines(written(7, 1, 60)), one);
        let among_others = lines(written(5, 4, 60));
        assert!(among_others.windows(one.len()).any(|window| window == one));
    }
}
