//! What was simulated: how often each command met each fault, by where the account stood.

use crate::faults::{Fault, Faults};
use crate::operation::Operation;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The states of an account.
pub(crate) const STANDINGS: [&str; 4] = ["unopened", "active", "suspended", "closed"];
/// The commands that are simulated.
pub(crate) const COMMANDS: [&str; 28] = [
    "openAccount",
    "setPlan",
    "setGates",
    "suspend",
    "resume",
    "close",
    "advance",
    "purchase",
    "grantVoucher",
    "confirmPayment",
    "refund",
    "setRecharge",
    "setCeilings",
    "setAlarms",
    "settings",
    "adjust",
    "activate",
    "reserve",
    "reserveBatch",
    "preview",
    "settle",
    "release",
    "report",
    "balance",
    "packages",
    "order",
    "account",
    "verify",
];

/// Why cells are empty: of these commands (none = all), in these states, with this fault.
struct Empty {
    commands: &'static [&'static str],
    standings: &'static [&'static str],
    fault: Option<Fault>,
    why: &'static str,
}

impl Empty {
    fn covers(&self, command: &str, standing: &str, fault: Option<Fault>) -> bool {
        (self.commands.is_empty() || self.commands.contains(&command))
            && (self.standings.is_empty() || self.standings.contains(&standing))
            && self.fault == fault
    }
}

const REASONS: [Empty; 1] = [Empty {
    commands: &[],
    standings: &["unopened"],
    fault: Some(Fault::ClockBack),
    why: "an account that is not opened has no clock",
}];

/// Counts of calls by command, standing and fault; none = nothing went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<(&'static str, &'static str, Option<Fault>), u64>);

impl Coverage {
    /// A call is over.
    pub(crate) fn count(&mut self, operation: &Operation, standing: &'static str, faults: Faults) {
        let mut add = |fault| *self.0.entry((operation.name(), standing, fault)).or_insert(0) += 1;
        if faults.is_empty() {
            add(None);
        }
        faults.iter().for_each(|fault| add(Some(fault)));
    }

    /// Adds another run's.
    pub(crate) fn add(&mut self, other: &Self) {
        for (cell, count) in &other.0 {
            *self.0.entry(*cell).or_insert(0) += count;
        }
    }

    /// Calls that met a fault, once for each.
    pub fn faults(&self) -> u64 {
        self.0.iter().filter(|((.., fault), _)| fault.is_some()).map(|(_, count)| count).sum()
    }

    /// Cells that are empty without a reason, and reasons of cells that are not.
    pub fn unexplained(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for command in COMMANDS {
            for standing in STANDINGS {
                for fault in std::iter::once(None).chain(Fault::ALL.map(Some)) {
                    let count = self.0.get(&(command, standing, fault)).copied().unwrap_or(0);
                    let reason = REASONS.iter().find(|reason| reason.covers(command, standing, fault));
                    let cell = format!("{command}, {standing}, {}", fault.map_or("none", Fault::name));
                    match reason {
                        None if count == 0 => problems.push(format!("{cell}: never, and nothing says why")),
                        Some(reason) if count > 0 => {
                            problems.push(format!("{cell}: {count} times, though {}", reason.why));
                        }
                        _ => {}
                    }
                }
            }
        }
        problems
    }

    /// The table: a line for each command and standing, a column for each fault.
    pub fn table(&self) -> String {
        let mut table = format!("{:<26}{:>8}", "", "none");
        for fault in Fault::ALL {
            let _ = write!(table, "{:>15}", fault.name());
        }
        for command in COMMANDS {
            for standing in STANDINGS {
                let _ = write!(table, "\n{:<26}", format!("{command} {standing}"));
                for fault in std::iter::once(None).chain(Fault::ALL.map(Some)) {
                    let width = if fault.is_none() { 8 } else { 15 };
                    let count = self.0.get(&(command, standing, fault)).copied().unwrap_or(0);
                    let _ = write!(table, "{count:>width$}");
                }
            }
        }
        table
    }
}
