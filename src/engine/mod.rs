//! What a caller can do with an account, and the sequencer that decides what must be read and committed for it.
//!
//! Sans I/O: commands, storage replies and the time go in, storage actions and answers come out. One file per command.

mod answer;
mod balance;
mod command;
mod decide;
mod driver;
mod error;
mod explain;
mod open_account;
mod outcome;
mod packages;
mod purchase;
mod reserve;
mod scan;
mod sequencer;
mod slot;

pub use answer::{
    Account, Answer, Balance, Considered, EndedPackages, Entries, Entry, Explanation, Order, Outcome,
    Package, Posting, RegionBalance, Reserved, Snapshot, SnapshotEntry, Verification,
};
pub use command::{
    ATTEMPTS_MAX, At, Command, ID_BYTES_MAX, Message, OpenAccount, PAGE_MAX, Page, Payment, Purchase, Said,
    TEXT_BYTES_MAX, Word, check_id, parse, read, read_request,
};
pub use driver::Driver;
pub use error::{Code, Error, Result};
pub use sequencer::{Action, Finished, Loaded, Options, Sequencer, Shape};
