//! Counts of passed and failed tests, read from what the runners print.

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Passed.
    pub(crate) passed: u64,
    /// Failed.
    pub(crate) failed: u64,
}

impl Counts {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed.saturating_add(other.passed),
            failed: self.failed.saturating_add(other.failed),
        }
    }

    /// Adds up every summary in the output of a runner.
    pub(crate) fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        lines.into_iter().map(|line| line_counts(&plain(line))).fold(Self::default(), Self::plus)
    }
}

/// One line: libtest and wasm-bindgen-test (`test result: ok. 3 passed; 0 failed; …`), the simulator's (`3 passed, 0 failed`), or Node's
/// (`ℹ pass 3`, `# fail 0`).
fn line_counts(line: &str) -> Counts {
    let line = line.trim();
    let simulated = line.strip_suffix(" failed").and_then(|rest| rest.split_once(" passed, "));
    if let Some((Ok(passed), Ok(failed))) = simulated.map(|(passed, failed)| (passed.parse(), failed.parse()))
    {
        return Counts { passed, failed };
    }
    if let Some((_, summary)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) {
        let count = |word: &str| {
            summary
                .split(';')
                .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
                .unwrap_or(0)
        };
        return Counts { passed: count(" passed"), failed: count(" failed") };
    }
    let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) else {
        return Counts::default();
    };
    match rest.split_once(' ').map(|(word, number)| (word, number.parse())) {
        Some(("pass", Ok(passed))) => Counts { passed, failed: 0 },
        Some(("fail" | "cancelled", Ok(failed))) => Counts { passed: 0, failed },
        _ => Counts::default(),
    }
}

/// The line without terminal colours.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_what_every_runner_says() {
        let said = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured\n\
            \u{1b}[34mℹ pass 7\u{1b}[39m\n\
            ℹ fail 1\n\
            # pass 10\n\
            # cancelled 1\n\
            ℹ duration_ms 31.5\n\
            # passing by 9\n\
            20 passed, 3 failed";
        assert_eq!(Counts::read(said.lines()), Counts { passed: 44, failed: 7 });
    }
}
