//! One account's books: packages, holds, orders, vouchers and the journal, with the invariants that hold over them.
//!
//! Pure state: nothing here reads a store, a clock or a caller's input. [`Ledger`] is the only way to change anything; it
//! keeps the account's head, its open packages and the records at hand, notes what has changed for the next commit,
//! and can take back everything since a [`Mark`].

mod account;
mod adjustment;
mod advance;
mod alarms;
mod canonical;
mod ceilings;
mod charge;
mod counts;
mod draw;
mod entry;
mod few;
mod forecast;
mod grant;
mod hold;
mod in_flight;
mod migration;
mod open;
mod order;
mod package;
mod recharge;
mod record;
mod renewal;
mod scope;
mod settings;
mod sorted;
mod state;
mod terms;

pub use account::{Account, AccountState, Ended, Head, NextPlan, PlanState, Profile, ScheduleState};
pub use adjustment::Adjustment;
pub use advance::Reached;
pub use alarms::{Expiring, Low};
pub use canonical::{Canonical, Hash};
pub use ceilings::{Broken, Per, Usage, Used};
pub use charge::credits;
pub use counts::{Bucket, Counts};
pub use draw::{Reason, Shortfall, Verdict};
pub use entry::{Entry, EntryKind, Note, Posting, Postings};
pub use few::Few;
pub use forecast::{DAY, Forecast, PER_DAY_MAX, PoolForecast, Stream, StreamForecast, Timed};
pub use grant::Grant;
pub use hold::{Contradiction, Decision, Draw, Draws, Fingerprint, Hold, HoldState, Refusal, Verb};
pub use in_flight::Stretch;
pub use migration::{Exchange, Migration, Ratio};
pub use order::{Issued, Item, Order, OrderPrice, OrderState, Payment, PaymentStatus, Refunded, Transition};
pub use package::{Package, PackageId, Status};
pub use recharge::{
    DECLINES_MAX, Halt, OnOrder, Placed, Recharge, RechargeEvent, RechargeNote, RechargeState, RechargeTerms,
    Standing, Trigger, Withheld,
};
pub use record::{Record, RecordId};
pub use scope::{Mismatch, Need, Scope};
pub use settings::{Settings, Watched};
pub use sorted::Sorted;
pub use state::{Changes, Ledger, LedgerError, Mark};
pub use terms::Terms;

/// A map whose order and hashing never vary between runs or runtimes; it is looked up, never walked.
pub(crate) type FixedMap<K, V> = std::collections::HashMap<K, V, rustc_hash::FxBuildHasher>;
