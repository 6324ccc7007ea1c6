//! The crate's count beside another crate's: reads texts as JSON, writes figures as JSON.

use std::hint::black_box;
use std::io::{Result, read_to_string, stdin};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sms_ledger::text::{Counting, Encoding, TextError, analyze, count};
use sms_splitter::SplitSms;
use sms_splitter::splitter_options::SplitterOptions;

#[derive(Deserialize)]
struct Input {
    rounds: usize,
    cases: Vec<Vec<String>>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    text: String,
    encoding: String,
    segments: u32,
}

#[derive(Serialize)]
struct Output {
    counters: Vec<Figures>,
    wrong: Vec<Wrong>,
}

#[derive(Serialize)]
struct Figures {
    name: &'static str,
    nanoseconds: Vec<u64>,
}

#[derive(Serialize)]
struct Wrong {
    name: &'static str,
    asked: usize,
    segments: usize,
    encodings: usize,
}

/// A counter: whether a text is UCS-2, and its segments.
type Tell = fn(&str) -> (bool, u32);

const COUNTERS: [(&str, Tell); 3] = [
    ("sms-ledger, `count`", |text| counted(count(text, Counting::Gsm).map(|c| (c.encoding, c.segments)))),
    ("sms-ledger, `analyze`: the full report", |text| {
        counted(analyze(text, Counting::Gsm).map(|report| (report.encoding, report.segments)))
    }),
    ("the crate `sms_splitter`, summary", |text| {
        let splitter = SplitSms::new(SplitterOptions::new(false, true));
        let told = splitter.split(String::from(text));
        (told.character_set == "Unicode", u32::try_from(told.parts.len()).unwrap_or(u32::MAX))
    }),
];

fn counted(told: std::result::Result<(Encoding, u32), TextError>) -> (bool, u32) {
    match told {
        Ok((encoding, segments)) => (encoding == Encoding::Ucs2, segments),
        Err(TextError::TooLong { segments, .. }) => (true, segments),
        Err(_) => (false, 0),
    }
}

pub(crate) fn main() -> Result<()> {
    let input: Input = serde_json::from_str(&read_to_string(stdin())?)?;
    let output = Output { counters: measured(&input), wrong: COUNTERS.map(|one| wrong(one, &input)).into() };
    println!("{}", serde_json::to_string(&output)?);
    Ok(())
}

/// How long a round lasts at least.
const ROUND: Duration = Duration::from_millis(1);

fn measured(input: &Input) -> Vec<Figures> {
    let mut figures = COUNTERS.map(|(name, _)| Figures { name, nanoseconds: Vec::new() });
    for texts in &input.cases {
        let mut all = COUNTERS.map(|_| Vec::new());
        for _ in 0..input.rounds {
            for ((_, tell), own) in COUNTERS.iter().zip(&mut all) {
                own.push(round(*tell, texts));
            }
        }
        for (figure, mut own) in figures.iter_mut().zip(all) {
            own.sort_unstable();
            figure.nanoseconds.push(own.get(own.len() / 2).copied().unwrap_or(0));
        }
    }
    figures.into()
}

/// Nanoseconds a text.
fn round(tell: Tell, texts: &[String]) -> u64 {
    let start = Instant::now();
    let mut told = 0_u64;
    while start.elapsed() < ROUND {
        for text in texts {
            black_box(tell(black_box(text)));
            told = told.saturating_add(1);
        }
    }
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    nanoseconds.checked_div(told).unwrap_or(0)
}

fn wrong((name, tell): (&'static str, Tell), input: &Input) -> Wrong {
    let told = || input.vectors.iter().map(|vector| (vector, tell(&vector.text)));
    let segments = told().filter(|(vector, (_, segments))| vector.segments != *segments).count();
    let encodings = told().filter(|(vector, (ucs2, _))| (vector.encoding == "UCS-2") != *ucs2).count();
    Wrong { name, asked: input.vectors.len(), segments, encodings }
}
