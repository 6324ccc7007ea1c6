//! The command line: what may be said, and what it means.

use std::ffi::OsString;

use anyhow::{Result, anyhow, bail};
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
      --no-redis           leave out what needs a Redis server
      --no-postgres        leave out what needs a Postgres server
      --only <kind>        rust, simulator, wasm, js or e2e
  simulate                 run the simulator: callers, instances, a network and a store that fail, by seeds
      --seeds <number>     so many seeds, 1 unless given
      --seed <number>      the first one, 1 unless given
      --operations <n>     operations that callers want in each, 200 unless given
      --coverage           print what was simulated, and fail on what never was without a reason
  fuzz [<target>]          feed what reads foreign bytes with what libFuzzer makes up: catalogs, documents, numbers, texts
      --seconds <number>   for so long each, 60 unless given
  mutants                  change the engine in thousands of ways, one at a time: a test must notice, or docs/mutants.md say why not
      --room <path>        only of the files below this one, such as src/pricing
      --shard <k>/<n>      only the k-th of n parts
      --missed             only what survived the last time, or is listed
      --jobs <number>      so many at a time, 2 unless given
  bench [reserve]          measure what one reserve costs, beside a hand-written ledger
  bench ledger             measure what an account's past costs a reserve, and messages reserved together
  bench load               measure stores under load, beside hand-written SQL, and say which goals are met
  bench pricing            measure quotes, one call each
  bench text               measure texts and numbers, beside what else counts and resolves them
      --quick              do fewer rounds
      --no-workerd         leave workerd out
  size                     print the module's size and fail above the budget
  lint                     formatting, clippy, TypeScript and Biome, nothing changed
  help                     this text
";

/// What `cargo xtask help` may be asked about.
const COMMANDS: [&str; 11] =
    ["setup", "build", "demo", "test", "simulate", "fuzz", "mutants", "bench", "size", "lint", "help"];

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
    /// Run the simulator with these arguments.
    Simulate(Vec<OsString>),
    /// Fuzz every target, or this one, for so many seconds.
    Fuzz {
        /// The one.
        target: Option<String>,
        /// For each.
        seconds: u32,
    },
    /// Try these mutants.
    Mutants(Chosen),
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
    /// Leave out what needs a Redis server.
    pub(crate) no_redis: bool,
    /// Leave out what needs a Postgres server.
    pub(crate) no_postgres: bool,
    /// Only this kind; all of them where absent.
    pub(crate) only: Option<Kind>,
}

/// Which mutants to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Only those whose files' paths begin like this.
    pub(crate) room: Option<String>,
    /// Which part of how many, from 0.
    pub(crate) shard: (usize, usize),
    /// Only those that survived the last time, or are listed.
    pub(crate) missed: bool,
    /// How many are tried at a time.
    pub(crate) jobs: usize,
}

/// A kind of tests, as `--only` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Native Rust tests.
    Rust,
    /// Thousands of seeds of the simulator.
    Simulator,
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
    // `demo --help` and `help demo` ask for the one text that there is.
    let rest: Vec<OsString> = parser.raw_args()?.collect();
    if rest.iter().any(|argument| argument == "--help" || argument == "-h") {
        return Ok(Command::Help);
    }
    if name == "help" {
        return help(&rest);
    }
    let parser = lexopt::Parser::from_args(rest);
    match name.as_str() {
        "setup" => no_more(parser, Command::Setup),
        "build" => no_more(parser, Command::Build),
        "size" => no_more(parser, Command::Size),
        "lint" => no_more(parser, Command::Lint),
        "demo" => demo(parser),
        "test" => test(parser),
        "simulate" => simulate(parser),
        "fuzz" => fuzz(parser),
        "mutants" => mutants(parser),
        "bench" => bench(parser),
        other => Err(unknown(other)),
    }
}

/// `help`, alone or with the name of a command.
fn help(about: &[OsString]) -> Result<Command> {
    if let [command] = about {
        let known = command.to_str().is_some_and(|name| COMMANDS.contains(&name));
        if !known {
            return Err(unknown(&command.to_string_lossy()));
        }
    } else if let [_, more, ..] = about {
        bail!("`{}` is one too many: `cargo xtask help` takes one command", more.to_string_lossy());
    }
    Ok(Command::Help)
}

fn unknown(name: &str) -> anyhow::Error {
    anyhow!("`{name}` is not a command: `cargo xtask help` lists them")
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
            Long("port") => passed.push(format!("--port={}", port(&parser.value()?.string()?)?).into()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Demo(passed))
}

fn port(given: &str) -> Result<u16> {
    given.parse().map_err(|_| anyhow!("`--port {given}`: it takes a number from 0 to 65535"))
}

fn test(mut parser: lexopt::Parser) -> Result<Command> {
    let mut choice = Choice::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("no-browser") => choice.no_browser = true,
            Long("no-redis") => choice.no_redis = true,
            Long("no-postgres") => choice.no_postgres = true,
            Long("only") => choice.only = Some(kind(&parser.value()?.string()?)?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Test(choice))
}

fn fuzz(mut parser: lexopt::Parser) -> Result<Command> {
    let (mut target, mut seconds) = (None, 60);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seconds") => seconds = parser.value()?.parse()?,
            Value(name) if target.is_none() => target = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Fuzz { target, seconds })
}

fn mutants(mut parser: lexopt::Parser) -> Result<Command> {
    let mut chosen = Chosen { room: None, shard: (0, 1), missed: false, jobs: 2 };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("room") => chosen.room = Some(parser.value()?.string()?),
            Long("shard") => chosen.shard = shard(&parser.value()?.string()?)?,
            Long("missed") => chosen.missed = true,
            Long("jobs") => chosen.jobs = parser.value()?.parse::<usize>()?.max(1),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Mutants(chosen))
}

fn shard(given: &str) -> Result<(usize, usize)> {
    let numbers = given.split_once('/').map(|(part, parts)| (part.parse::<usize>(), parts.parse::<usize>()));
    match numbers {
        Some((Ok(part), Ok(parts))) if (1..=parts).contains(&part) => Ok((part.saturating_sub(1), parts)),
        _ => bail!("`--shard {given}`: it takes a part and how many there are, such as `1/4`"),
    }
}

fn kind(name: &str) -> Result<Kind> {
    Ok(match name {
        "rust" => Kind::Rust,
        "simulator" => Kind::Simulator,
        "wasm" => Kind::Wasm,
        "js" => Kind::Js,
        "e2e" => Kind::E2e,
        unknown => bail!("`--only {unknown}`: it takes `rust`, `simulator`, `wasm`, `js` or `e2e`"),
    })
}

/// Everything goes to the simulator as it is: it says what it knows.
fn simulate(mut parser: lexopt::Parser) -> Result<Command> {
    Ok(Command::Simulate(parser.raw_args()?.collect()))
}

/// Everything goes to the benchmarks as it is: they say what they know.
fn bench(mut parser: lexopt::Parser) -> Result<Command> {
    Ok(Command::Bench(parser.raw_args()?.collect()))
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
            Command::Test(Choice { no_browser: true, only: Some(Kind::Wasm), ..Choice::default() })
        );
        assert_eq!(
            said("test --no-redis --no-postgres").unwrap(),
            Command::Test(Choice { no_redis: true, no_postgres: true, ..Choice::default() })
        );
        assert_eq!(
            said("fuzz texts --seconds 5").unwrap(),
            Command::Fuzz { target: Some("texts".into()), seconds: 5 }
        );
        assert_eq!(said("fuzz").unwrap(), Command::Fuzz { target: None, seconds: 60 });
        assert_eq!(
            said("mutants --room src/pricing --shard 2/4 --missed --jobs 1").unwrap(),
            Command::Mutants(Chosen {
                room: Some("src/pricing".into()),
                shard: (1, 4),
                missed: true,
                jobs: 1
            })
        );
        assert_eq!(
            said("bench reserve --quick --no-workerd").unwrap(),
            Command::Bench(vec!["reserve".into(), "--quick".into(), "--no-workerd".into()])
        );
    }

    #[test]
    fn helps_wherever_it_is_asked() {
        for line in [
            "help",
            "--help",
            "-h",
            "help demo",
            "demo --help",
            "demo --once -h",
            "bench --help",
            "help help",
        ] {
            assert_eq!(said(line).unwrap(), Command::Help, "{line}");
        }
        for command in COMMANDS {
            assert!(HELP.contains(&format!("\n  {command} ")), "{command}");
        }
    }

    #[test]
    fn names_the_port_and_its_range() {
        for given in ["abc", "-1", "65536"] {
            let message = said(&format!("demo --port {given}")).unwrap_err().to_string();
            assert_eq!(message, format!("`--port {given}`: it takes a number from 0 to 65535"));
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for line in [
            "bild",
            "build now",
            "test --only all",
            "demo --port many",
            "--loud",
            "help bild",
            "help demo now",
            "mutants --shard 0/4",
            "mutants --shard 5/4",
        ] {
            assert!(said(line).is_err(), "{line}");
        }
    }
}
