//! The rules as given, when, then: each test is a sentence of the domain, told to a real ledger over a store in memory.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::items_after_statements,
    clippy::panic,
    clippy::similar_names,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

mod scenarios {
    mod alarms;
    mod batches;
    mod buying;
    mod ceilings;
    mod cloutly;
    mod documents;
    mod estimate;
    mod forecast;
    mod foretold_recharges;
    mod forgeries;
    mod hardening;
    mod holds;
    mod idempotency;
    mod legacy;
    mod outcomes;
    mod packages;
    mod payments;
    mod plan_changes;
    mod plans;
    mod queries;
    mod recharge;
    mod runtimes;
    mod schedules;
    mod scopes;
    mod selling;
    mod sequencer;
    mod spending;
    mod states;
    mod store;
    mod tencent;
    mod time_outs;
    mod ucloud;
}
