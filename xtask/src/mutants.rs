//! Mutation testing: what `cargo-mutants` would change in the engine's rooms, one at a time, and whether a test notices.
//!
//! There are thousands of mutants, and compiling each takes a minute. So all of them are compiled at once, in a copy of the
//! workspace, each behind a switch (`rewrite`); those that do not compile are dropped (`copy`); and each runs only the tests
//! that reach it (`trial`). What no test can notice is listed with its reason (`known`).

mod copy;
mod known;
mod list;
mod rewrite;
mod trial;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;

use self::copy::Copy;
use self::known::Known;
use self::list::{Mutant, ROOMS};
use self::trial::Outcome;
use crate::arguments::Chosen;
use crate::workspace::Workspace;

/// Where the survivors with a reason are listed.
const KNOWN: &str = "docs/mutants.md";

/// A line of what became of all.
const OUTCOMES: &str = "mutants/outcomes";

/// Tries the chosen mutants and compares the survivors with the list.
pub(crate) fn run(workspace: &Workspace, chosen: &Chosen) -> Result<ExitCode> {
    let mutants = list::of(workspace)?;
    let before = fs::read_to_string(workspace.own(OUTCOMES)).unwrap_or_default();
    let copy = Copy::made(workspace, &mutants)?;
    let viable = copy.compiled(workspace, &mutants)?;
    let programs = copy.programs(workspace)?;
    let tests = trial::recorded(&programs, mutants.len(), &workspace.own("mutants"), chosen.jobs)?;
    let listed = known::read(&fs::read_to_string(workspace.path(KNOWN)).unwrap_or_default())?;
    let survived = |mutant: &Mutant| {
        before.lines().any(|line| line == format!("missed\t{}", mutant.name))
            || listed.contains(&known(&copy, mutant))
    };
    let wanted = |number: &usize| {
        mutants.get(*number).is_some_and(|mutant| is_chosen(chosen, *number, mutant, &survived))
    };
    let numbers: Vec<usize> = (0..mutants.len()).filter(wanted).collect();
    let (tried, unviable): (Vec<usize>, Vec<usize>) =
        numbers.iter().partition(|number| viable.contains(number));
    let told = |number: usize, outcome| Some(Told { mutant: mutants.get(number)?, outcome });
    let mut all: Vec<Told<'_>> = unviable.into_iter().filter_map(|number| told(number, None)).collect();
    // Kept as they come: a long run may be ended before its end.
    let mut lines = others(&before, &numbers, &mutants);
    lines.extend(all.iter().map(Told::line));
    fs::write(workspace.own(OUTCOMES), lines)?;
    let file = OpenOptions::new().append(true).open(workspace.own(OUTCOMES))?;
    let outcomes = trial::tried(&tests, &tried, chosen.jobs, |number, outcome| {
        let line = told(number, Some(outcome.clone())).map(|told| told.line()).unwrap_or_default();
        Ok((&file).write_all(line.as_bytes())?)
    })?;
    all.extend(tried.into_iter().zip(outcomes).filter_map(|(number, outcome)| told(number, Some(outcome))));
    Ok(report(&copy, chosen, &all, listed))
}

fn is_chosen(chosen: &Chosen, number: usize, mutant: &Mutant, survived: &impl Fn(&Mutant) -> bool) -> bool {
    let (shard, shards) = chosen.shard;
    number.checked_rem(shards) == Some(shard)
        && is_of_room(chosen, &mutant.file)
        && (!chosen.missed || survived(mutant))
}

fn is_of_room(chosen: &Chosen, file: &str) -> bool {
    chosen.room.as_ref().is_none_or(|room| file.starts_with(room.as_str()))
}

/// A mutant as the list has it.
fn known(copy: &Copy, mutant: &Mutant) -> Known {
    Known {
        file: mutant.file.clone(),
        change: mutant.change().to_owned(),
        line: copy.line(mutant).to_owned(),
    }
}

/// The lines about mutants that were not chosen this time.
fn others(before: &str, chosen: &[usize], mutants: &[Mutant]) -> String {
    let now: BTreeSet<&str> =
        chosen.iter().filter_map(|number| Some(mutants.get(*number)?.name.as_str())).collect();
    before
        .lines()
        .filter(|line| line.split('\t').nth(1).is_some_and(|name| !now.contains(name)))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// A mutant and what became of it; nothing where it does not compile.
struct Told<'a> {
    mutant: &'a Mutant,
    outcome: Option<Outcome>,
}

impl Told<'_> {
    fn word(&self) -> &'static str {
        match &self.outcome {
            None => "unviable",
            Some(Outcome::Caught(_)) => "caught",
            Some(Outcome::TimedOut(_)) => "timed out",
            Some(Outcome::Missed(_)) => "missed",
        }
    }

    fn line(&self) -> String {
        let by = match &self.outcome {
            Some(Outcome::Caught(test) | Outcome::TimedOut(test)) => format!("\t{test}"),
            Some(Outcome::Missed(_)) | None => String::new(),
        };
        format!("{}\t{}{by}\n", self.word(), self.mutant.name)
    }
}

fn report(copy: &Copy, chosen: &Chosen, told: &[Told<'_>], listed: Vec<Known>) -> ExitCode {
    let words = ["caught", "timed out", "missed", "unviable"];
    println!("\n{:<14} {:>9} {:>9} {:>9} {:>9}", "room", words[0], words[1], words[2], words[3]);
    for room in ROOMS.iter().chain(&["src"]) {
        let [caught, timed_out, missed, unviable] = words.map(|word| {
            let of_room = |told: &&Told<'_>| told.mutant.file.starts_with(&format!("{room}/"));
            told.iter().filter(of_room).filter(|told| told.word() == word).count()
        });
        let name = if *room == "src" { "all" } else { room };
        println!("{name:<14} {caught:>9} {timed_out:>9} {missed:>9} {unviable:>9}");
    }
    let missed: Vec<Known> =
        told.iter().filter(|told| told.word() == "missed").map(|told| known(copy, told.mutant)).collect();
    let new = known::without(missed.clone(), &listed);
    let tried = |one: &Known| chosen.shard.1 == 1 && is_of_room(chosen, &one.file);
    let stale = known::without(listed.into_iter().filter(tried).collect(), &missed);
    for (what, items) in [("survive, and are not in", &new), ("do not survive, but are in", &stale)] {
        if !items.is_empty() {
            println!("\n{} that {what} {KNOWN}:", items.len());
        }
        let mut file = "";
        for one in items {
            if one.file != file {
                file = &one.file;
                println!("\n### {file}\n");
            }
            println!("{}", known::item(one));
        }
    }
    let failed = new.len().saturating_add(stale.len());
    let viable = told.iter().filter(|told| told.outcome.is_some()).count();
    println!("\n{} passed, {failed} failed", viable.saturating_sub(new.len()));
    if failed == 0 && viable > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
