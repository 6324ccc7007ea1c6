//! A Node.js that is new enough: the system's, or one that the npm package `node` brings.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step;
use crate::workspace::Workspace;

/// The oldest that runs the tests and the demonstration as they are written, in TypeScript (types stripped without a flag).
const OLDEST_HERE: (u32, u32) = (22, 18);
/// The oldest whose npm can fetch a newer one.
const OLDEST_NPM: (u32, u32) = (20, 0);
/// What is fetched where the system's is older. Pinned: the npm package does not have every version for every processor.
const FETCHED: &str = if cfg!(target_os = "macos") { "22.23.2" } else { "24.21.0" };

/// A Node.js to run things with.
#[derive(Debug)]
pub(crate) struct Node {
    program: PathBuf,
    version: String,
}

impl Node {
    /// The system's where it is new enough, else one that is fetched once into `target/`.
    pub(crate) fn new_enough(workspace: &Workspace) -> Result<Self> {
        let system = version(Path::new("node")).context(
            "there is no Node.js: install version 20 or newer with npm (https://nodejs.org), and see that `node` is on the PATH",
        )?;
        let number = numbers(&system).with_context(|| format!("`node --version` says `{system}`"))?;
        if number >= OLDEST_HERE {
            return Ok(Self { program: "node".into(), version: system });
        }
        if number < OLDEST_NPM {
            bail!("Node.js {system} is too old to set things up: install version 20 or newer");
        }
        let program = fetched(workspace, &system)?;
        let version = version(&program).with_context(|| {
            format!("`{}` does not run: remove that folder and try again", program.display())
        })?;
        Ok(Self { program, version })
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        if self.folder().is_some() {
            return format!(
                "Node.js {} of the npm package `node`, because the system's is older",
                self.version
            );
        }
        format!("Node.js {}", self.version)
    }

    /// Node.js itself, in the JavaScript workspace.
    pub(crate) fn command(&self, workspace: &Workspace) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(workspace.js());
        self.lead(&mut command);
        command
    }

    /// npm under this Node.js, in the JavaScript workspace.
    pub(crate) fn npm(&self, workspace: &Workspace) -> Command {
        let mut command = Command::new("npm");
        command.current_dir(workspace.js());
        self.lead(&mut command);
        command
    }

    /// Makes this Node.js the first on the child's PATH.
    pub(crate) fn lead(&self, command: &mut Command) {
        let Some(folder) = self.folder() else { return };
        let path = env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(folder.to_path_buf()).chain(env::split_paths(&path));
        command.env("PATH", env::join_paths(all).unwrap_or(path));
    }

    fn folder(&self) -> Option<&Path> {
        self.program.parent().filter(|folder| !folder.as_os_str().is_empty())
    }
}

/// The Node.js of the npm package, in a folder of its own: nobody whose Node.js is new enough downloads it.
fn fetched(workspace: &Workspace, system: &str) -> Result<PathBuf> {
    let folder = workspace.own(&format!("node-{FETCHED}"));
    let program = folder.join("node_modules/node/bin/node");
    if program.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(&folder)?;
    // npm 11 and later run a package's install script only where the project names the package; earlier ones always do.
    let project = format!(
        "{{ \"private\": true, \"dependencies\": {{ \"node\": \"{FETCHED}\" }}, \"allowScripts\": {{ \"node\": true }} }}\n"
    );
    fs::write(folder.join("package.json"), project)?;
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--no-package-lock"]);
    step::run(
        &format!(
            "fetching Node.js {FETCHED} (the system's {system} is older than {}.{})",
            OLDEST_HERE.0, OLDEST_HERE.1
        ),
        &mut npm,
        "it needs npm and the network; or install a newer Node.js yourself",
    )?;
    if program.is_file() {
        Ok(program)
    } else {
        bail!("npm brought no Node.js: install version 22.18 or newer yourself")
    }
}

fn version(program: &Path) -> Option<String> {
    let output =
        Command::new(program).arg("--version").output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().trim_start_matches('v').to_owned())
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_and_orders_them_as_numbers() {
        assert_eq!(numbers("20.20.2"), Some((20, 20)));
        assert!(numbers("22.9.0").unwrap() < OLDEST_HERE);
        assert!(numbers(FETCHED).unwrap() >= OLDEST_HERE);
        assert_eq!(numbers("none"), None);
    }
}
