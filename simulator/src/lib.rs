//! The deterministic simulator: callers, several instances of the engine, a network and one store, in the order of a seed. Whatever
//! goes wrong on the way, every commit must keep the books, and every answer must be the one of a model that knows none of the engine.
//!
//! | file | what |
//! |---|---|
//! | `model` | the ledger a second time, from the domain's rules |
//! | `answers` | answers as JSON, and whether one is what the model claims |
//! | `paper` | what the model writes on: lines and documents |
//! | `books` | an account from outside: documents, journal, model; which calls a commit decided |
//! | `world`, `network`, `instance` | the run: callers, instances, and what lies between them and the store |
//! | `generator`, `operation`, `seller` | what callers ask for, and of whom |
//! | `faults`, `store` | what goes wrong; a store that keeps the contract, or breaks a law of it |
//! | `coverage` | which command met which fault in which state, and why some never do |
//! | `ending` | what must hold when all is done |
//!
//! Nothing here reads a clock, a file or chance of its own: the same seed in the same commit is the same run.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a tool of the tests: what goes wrong fails them"
)]

mod answers;
mod books;
mod coverage;
mod ending;
mod faults;
mod generator;
mod instance;
mod model;
mod network;
mod operation;
mod paper;
mod run;
mod seller;
mod store;
#[cfg(test)]
mod tests;
mod world;

pub use coverage::Coverage;
pub use run::{Failure, Run, run, smallest};
pub use store::Law;
pub use world::Done;
