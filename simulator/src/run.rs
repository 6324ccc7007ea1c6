//! Runs, and what is told of one that fails: the smallest run of its seed that still fails, and its last steps.

use crate::faults::{Fault, Faults};
use crate::store::Law;
use crate::world::{Done, Plan, World};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps that are told of a run that fails.
const STEPS_TOLD: usize = 60;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Everything follows from it.
    pub seed: u64,
    /// How many operations callers want.
    pub operations: u64,
    /// What is broken on purpose.
    pub breaks: Option<Law>,
}

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What does not hold.
    pub problem: String,
    /// The fewest operations of the seed with which it fails, and the faults that it needs.
    pub smallest: String,
    /// The last steps of that run.
    pub steps: Vec<String>,
}

/// Runs a seed.
///
/// # Errors
/// What does not hold.
pub fn run(run: Run) -> Result<Done, String> {
    attempt(plan(run)).map_err(|(problem, _)| problem)
}

fn plan(run: Run) -> Plan {
    let Run { seed, operations, breaks } = run;
    Plan { seed, operations, breaks, faults: Faults::all(), traced: false }
}

/// Runs a plan: what it has done, or what does not hold and the steps that led there. A panic is a failure like any other.
fn attempt(plan: Plan) -> Result<Done, (String, Vec<String>)> {
    let mut world = World::new(plan);
    let outcome = catch_unwind(AssertUnwindSafe(|| world.run()));
    let problem = match outcome {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(problem)) => problem,
        Err(panic) => {
            let told = panic.downcast_ref::<String>().cloned();
            told.or_else(|| panic.downcast_ref::<&str>().map(|told| (*told).to_owned())).unwrap_or_default()
        }
    };
    Err((problem, world.trace.into_iter().collect()))
}

/// The smallest of a run that fails: leaves out faults, one after the other, and then operations, as long as it fails.
pub fn smallest(run: Run, problem: String) -> Failure {
    let (mut plan, mut problem) = (plan(run), problem);
    for fault in Fault::ALL {
        let fewer = Plan { faults: plan.faults.without(fault), ..plan };
        if let Err((found, _)) = attempt(fewer) {
            (plan, problem) = (fewer, found);
        }
    }
    let mut step = plan.operations / 2;
    while step > 0 {
        let fewer = Plan { operations: plan.operations - step, ..plan };
        match attempt(fewer) {
            Err((found, _)) => (plan, problem) = (fewer, found),
            Ok(_) => step /= 2,
        }
        step = step.min(plan.operations / 2);
    }
    let mut steps = attempt(Plan { traced: true, ..plan }).err().map(|(_, steps)| steps).unwrap_or_default();
    steps.drain(..steps.len().saturating_sub(STEPS_TOLD));
    let faults: Vec<&str> = plan.faults.iter().map(Fault::name).collect();
    let smallest = format!("{} operations with the faults [{}]", plan.operations, faults.join(", "));
    Failure { problem, smallest, steps }
}
