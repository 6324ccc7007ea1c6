//! The mutants that no test can catch, each with its reason: `docs/mutants.md`.

use anyhow::{Result, bail};

/// Where a mutant stands, without numbers of lines: these change with every edit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    /// Path of the file.
    pub(super) file: String,
    /// What is changed.
    pub(super) change: String,
    /// The line as it is.
    pub(super) line: String,
}

/// Reads the items of the list, each of three lines under the heading of its file: what is changed, the line, the reason.
pub(super) fn read(text: &str) -> Result<Vec<Known>> {
    let mut known = Vec::new();
    let mut file = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("### ") {
            file = heading.trim_matches('`');
        }
        let Some(change) = line.strip_prefix("- ").filter(|_| file.starts_with("src/")) else { continue };
        let code = lines.next().map(str::trim).and_then(|code| code.strip_prefix("`` ")?.strip_suffix(" ``"));
        let reason = lines.next().map(str::trim).filter(|reason| reason.len() > 10);
        let (Some(code), Some(_)) = (code, reason) else {
            bail!("docs/mutants.md: `{change}` in {file} is followed by its line of code and by a reason");
        };
        known.push(Known { file: file.to_owned(), change: change.to_owned(), line: code.to_owned() });
    }
    Ok(known)
}

/// An item of the list, but for its reason.
pub(super) fn item(known: &Known) -> String {
    format!("- {}\n  `` {} ``", known.change, known.line)
}

/// Takes away each of `others` once; what is left of `these`.
pub(super) fn without(mut these: Vec<Known>, others: &[Known]) -> Vec<Known> {
    for other in others {
        if let Some(at) = these.iter().position(|this| this == other) {
            these.remove(at);
        }
    }
    these
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_reasons_alone() {
        let list = include_str!("../../../docs/mutants.md");
        assert!(!read(list).unwrap().is_empty());
        let open: Vec<&str> = list.lines().filter(|line| line.starts_with("  open")).collect();
        assert!(open.is_empty(), "a test is still to be written: {open:?}");
    }

    #[test]
    fn reads_what_it_prints() {
        let one = Known {
            file: "src/pricing/lines.rs".to_owned(),
            change: "replace < with <= in cheaper".to_owned(),
            line: "if one < other { \"`\" }".to_owned(),
        };
        let text = format!(
            "# Title\n\n- no item\n\n### {}\n\n{}\n  equivalent: both cost the same\n",
            one.file,
            item(&one)
        );
        assert_eq!(read(&text).unwrap(), vec![one.clone()]);
        assert_eq!(without(vec![one.clone(), one.clone()], std::slice::from_ref(&one)), vec![one]);
        assert!(
            read(&text.replace("  equivalent: both cost the same\n", "")).is_err(),
            "a reason is asked for"
        );
    }
}
