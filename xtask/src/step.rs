//! Long steps: a line that says what is going on and for how long, and the output of a child only where it failed.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// Lines of a failed child that are kept for the reader.
const LINES_MAX: usize = 4_000;

/// How a child ended and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit status.
    pub(crate) status: ExitStatus,
    /// Its last lines, both streams, in the order in which they came.
    pub(crate) lines: VecDeque<String>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// A step in progress.
pub(crate) struct Step {
    what: String,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Step {
    /// Says that `what` has begun: a spinner on a terminal, a plain line elsewhere.
    pub(crate) fn begin(what: impl Into<String>) -> Self {
        let what = what.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner().with_message(what.clone());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed} {prefix:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            eprintln!("- {what} …");
        }
        Self { what, started: Instant::now(), bar }
    }

    /// Shows what the step is at.
    pub(crate) fn at(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(line.trim().chars().take(60).collect::<String>());
        }
    }

    /// Says that the step is done and how long it took.
    pub(crate) fn done(self) {
        self.end('✓');
    }

    /// Says that the step failed and how long it took.
    pub(crate) fn failed(self) {
        self.end('✗');
    }

    /// Says how the child that the step was has ended, with what it said where it failed; whether it succeeded.
    pub(crate) fn ended(self, finished: &Finished) -> bool {
        if finished.status.success() {
            self.done();
            return true;
        }
        self.failed();
        for line in &finished.lines {
            eprintln!("  {line}");
        }
        false
    }

    fn end(self, mark: char) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{mark} {} ({:.1} s)", self.what, self.started.elapsed().as_secs_f64());
    }
}

/// Runs a child as one step; its output is shown only where it fails, together with `advice`.
pub(crate) fn run(what: &str, command: &mut Command, advice: &str) -> Result<()> {
    let step = Step::begin(what);
    let finished = follow(&step, command)?;
    if step.ended(&finished) {
        return Ok(());
    }
    let separator = if advice.is_empty() { "" } else { ": " };
    bail!("{what} failed ({}){separator}{advice}", finished.status)
}

/// Runs a child to its end, without input, and keeps what it says.
pub(crate) fn follow(step: &Step, command: &mut Command) -> Result<Finished> {
    let started = Instant::now();
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{program}`"))?;
    let (sender, receiver) = mpsc::channel();
    let mut readers = Vec::new();
    if let Some(out) = child.stdout.take() {
        readers.push(read_lines(out, sender.clone()));
    }
    if let Some(err) = child.stderr.take() {
        readers.push(read_lines(err, sender.clone()));
    }
    drop(sender);
    let mut lines = VecDeque::new();
    for line in receiver {
        step.at(&line);
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }
    for reader in readers {
        let _ = reader.join();
    }
    Ok(Finished { status: child.wait()?, lines, took: started.elapsed() })
}

fn read_lines(stream: impl Read + Send + 'static, sender: mpsc::Sender<String>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(text).is_err() {
                return;
            }
            line.clear();
        }
    })
}
