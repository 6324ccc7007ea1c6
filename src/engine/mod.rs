//! What a caller can do with an account, and the sequencer that decides what must be read and committed for it.
//!
//! Sans I/O: commands, storage replies and the time go in, storage actions and answers come out. One file per command.

mod activate;
mod adjust;
mod answer;
mod ask;
mod balance;
mod command;
mod confirm_payment;
mod decide;
mod driver;
mod entries;
mod error;
mod estimate;
mod explain;
mod forecast;
mod grant_voucher;
mod journal;
mod listing;
mod migrate;
mod open_account;
mod outcome;
mod pace;
mod packages;
mod past;
mod purchase;
mod quote_for;
mod recharge;
mod refund;
mod reserve;
mod reserve_batch;
mod scan;
mod sequencer;
mod set_gates;
mod set_plan;
mod set_state;
mod settings;
mod slot;
mod tell;
mod verify;

pub use activate::Activate;
pub use answer::{
    Account, Answer, Balance, Considered, EndedPackages, Entries, Entry, Events, Exchanged, Explanation,
    Orders, Outcome, OwnVoucher, Package, PoolBalance, Posting, Reserved, Snapshot, SnapshotEntry,
    Verification, Vouchers, WouldMigrate,
};
pub use ask::{
    Adjust, At, ConfirmPayment, GrantVoucher, OpenAccount, OrderPage, OrderQuery, Page, Purchase, QuoteFor,
    Refund, SetGates, VoucherPage, parse,
};
pub use command::{
    ATTEMPTS_MAX, Command, ID_BYTES_MAX, Message, PAGE_MAX, Said, TEXT_BYTES_MAX, Tags, Word, check_id,
    read_request,
};
pub use driver::Driver;
pub use entries::EntryPage;
pub use error::{Code, Error, Result};
pub use estimate::{Estimate, Estimated, Gap, Lapsing, Rows, Tally};
pub use forecast::{Forecast, ForecastQuery};
pub use migrate::{Migrate, RevertMigration};
pub use pace::{Pace, PaceQuery};
pub use sequencer::{Action, Finished, Loaded, Options, Sequencer, Shape};
pub use set_plan::SetPlan;
pub use set_state::SetState;
pub use settings::{OwnRecharge, SetAlarms, SetCeilings, SetRecharge, Settings};
