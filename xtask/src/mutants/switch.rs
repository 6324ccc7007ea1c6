// Put into the copy as `src/mutant.rs`: which mutant is on. Without the variables of the environment none is.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

const NONE: u32 = u32::MAX;
const RECORDING: u32 = u32::MAX - 1;
const UNREAD: u32 = u32::MAX - 2;
const MUTANTS_MAX: usize = 1 << 14;

static CHOSEN: AtomicU32 = AtomicU32::new(UNREAD);
static REACHED: [AtomicBool; MUTANTS_MAX] = [const { AtomicBool::new(false) }; MUTANTS_MAX];
static RECORD: Mutex<Option<File>> = Mutex::new(None);

/// Whether this mutant is the one that is chosen; where the run is recorded, that it was asked.
pub fn on(number: u32) -> bool {
    match CHOSEN.load(Relaxed) {
        NONE => false,
        RECORDING => {
            record(number);
            false
        }
        UNREAD => {
            begin();
            on(number)
        }
        chosen => chosen == number,
    }
}

#[cold]
fn begin() {
    let mut record = RECORD.lock().unwrap();
    if CHOSEN.load(Relaxed) != UNREAD {
        return;
    }
    let chosen = if let Ok(path) = std::env::var("MUTANTS_REACHED") {
        *record = Some(OpenOptions::new().create(true).append(true).open(path).unwrap());
        RECORDING
    } else {
        std::env::var("MUTANT").map_or(NONE, |number| number.parse().unwrap())
    };
    CHOSEN.store(chosen, Relaxed);
}

fn record(number: u32) {
    let reached = &REACHED[number as usize];
    if reached.load(Relaxed) || reached.swap(true, Relaxed) {
        return;
    }
    if let Some(file) = RECORD.lock().unwrap().as_mut() {
        file.write_all(format!("{number}\n").as_bytes()).unwrap();
    }
}
