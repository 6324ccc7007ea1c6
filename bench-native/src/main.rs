//! The parts of `cargo xtask bench` that are compiled for this machine. The files under `js/bench` are its only callers: they read
//! the figures, which are written as JSON.

mod account;
mod batch;
mod core;
mod measure;
mod text;

use std::io::{Error, Result};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("batch") => batch::main(),
        Some("core") => core::main(),
        Some("text") => text::main(),
        _ => Err(Error::other("say `batch`, `core` or `text`")),
    }
}
