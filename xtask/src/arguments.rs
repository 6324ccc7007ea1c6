//! The command line: what may be said, and what it means.

use std::ffi::OsString;

use anyhow::{Result, bail};
use lexopt::prelude::*;

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
cargo xtask <command>

  setup                    install what the other commands need: the wasm target, npm packages, the test runner
  build                    build the module and the npm package around it, into pkg/dist
  demo                     run the main job on SQLite, then serve the page that shows prices while one types
      --once               end after the terminal part
      --edge               run it against a Durable Object on workerd instead
      --port <number>      serve the page on this port
  test                     run every test and end with `N passed, M failed`
      --no-browser         leave out what needs Chromium
      --only <kind>        rust, wasm, js or e2e
  bench [name]             measure, everything or what is named
  size                     print the module's size and fail above the budget
  lint                     formatting, clippy, TypeScript and Biome, nothing changed
  help                     this text
";

/// One command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print the help.
    Help,
    /// Install only.
    Setup,
    /// Build the package.
    Build,
    /// Run the demonstration with these arguments.
    Demo(Vec<OsString>),
    /// Run the tests.
    Test(Choice),
    /// Run the benchmarks with these arguments.
    Bench(Vec<OsString>),
    /// Hold the module to its budget.
    Size,
    /// Check form and types.
    Lint,
}

/// Which tests to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Choice {
    /// Leave out what needs Chromium.
    pub(crate) no_browser: bool,
    /// Only this kind; all of them where absent.
    pub(crate) only: Option<Kind>,
}

/// A kind of tests, as `--only` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Native Rust tests.
    Rust,
    /// The module under wasm-bindgen-test.
    Wasm,
    /// The JavaScript tests.
    Js,
    /// The cases on real runtimes.
    E2e,
}

/// Reads the arguments that follow `cargo xtask`.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let name = match parser.next()? {
        None | Some(Long("help") | Short('h')) => return Ok(Command::Help),
        Some(Value(name)) => name.string()?,
        Some(other) => return Err(other.unexpected().into()),
    };
    match name.as_str() {
        "help" => no_more(parser, Command::Help),
        "setup" => no_more(parser, Command::Setup),
        "build" => no_more(parser, Command::Build),
        "size" => no_more(parser, Command::Size),
        "lint" => no_more(parser, Command::Lint),
        "demo" => demo(parser),
        "test" => test(parser),
        "bench" => bench(parser),
        unknown => bail!("`{unknown}` is not a command: `cargo xtask help` lists them"),
    }
}

fn no_more(mut parser: lexopt::Parser, command: Command) -> Result<Command> {
    match parser.next()? {
        None => Ok(command),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn demo(mut parser: lexopt::Parser) -> Result<Command> {
    let mut passed: Vec<OsString> = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("once") => passed.push("--once".into()),
            Long("edge") => passed.push("--edge".into()),
            Long("port") => passed.push(format!("--port={}", parser.value()?.parse::<u16>()?).into()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Demo(passed))
}

fn test(mut parser: lexopt::Parser) -> Result<Command> {
    let mut choice = Choice::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("no-browser") => choice.no_browser = true,
            Long("only") => choice.only = Some(kind(&parser.value()?.string()?)?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Test(choice))
}

fn kind(name: &str) -> Result<Kind> {
    Ok(match name {
        "rust" => Kind::Rust,
        "wasm" => Kind::Wasm,
        "js" => Kind::Js,
        "e2e" => Kind::E2e,
        unknown => bail!("`--only {unknown}`: it takes `rust`, `wasm`, `js` or `e2e`"),
    })
}

fn bench(mut parser: lexopt::Parser) -> Result<Command> {
    let mut passed = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(name) => passed.push(name),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Bench(passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Result<Command> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn reads_every_command() {
        assert_eq!(said("").unwrap(), Command::Help);
        assert_eq!(said("build").unwrap(), Command::Build);
        assert_eq!(
            said("demo --once --port 8080").unwrap(),
            Command::Demo(vec!["--once".into(), "--port=8080".into()])
        );
        assert_eq!(
            said("test --no-browser --only wasm").unwrap(),
            Command::Test(Choice { no_browser: true, only: Some(Kind::Wasm) })
        );
        assert_eq!(said("bench reserve").unwrap(), Command::Bench(vec!["reserve".into()]));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for line in ["bild", "build now", "test --only all", "demo --port many", "--loud"] {
            assert!(said(line).is_err(), "{line}");
        }
    }
}
