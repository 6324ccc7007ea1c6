//! Holds the direction of imports and what no room may contain (see the rooms in `src/lib.rs`), by reading the sources.
//! Comments and test modules are exempt; strings count, so a name cannot hide in one.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test over sources that compile: a slip here fails the test and nothing else"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may import, besides itself. A room that is not here is a finding.
const ROOMS: &[(&str, &[&str])] = &[
    ("shape", &[]),
    ("money", &[]),
    ("text", &[]),
    ("numbering", &[]),
    ("calendar", &[]),
    ("catalog", &["shape", "money", "text", "numbering", "calendar"]),
    ("pricing", &["shape", "money", "text", "numbering", "calendar", "catalog"]),
    ("ledger", &["shape", "money", "text", "numbering", "calendar", "catalog", "pricing"]),
    ("storage", &["shape", "money", "text", "numbering", "calendar", "catalog", "pricing", "ledger"]),
    (
        "engine",
        &["shape", "money", "text", "numbering", "calendar", "catalog", "pricing", "ledger", "storage"],
    ),
    (
        "wasm",
        &[
            "shape",
            "money",
            "text",
            "numbering",
            "calendar",
            "catalog",
            "pricing",
            "ledger",
            "storage",
            "engine",
        ],
    ),
];

/// The JavaScript boundary, for `src/wasm` alone.
const BOUNDARY: &[&str] = &["wasm_bindgen", "js_sys", "web_sys", "JsValue"];

/// Clocks and randomness, for nobody: time and ids are inputs.
const IMPURE: &[&str] = &[
    "SystemTime",
    "std::time",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "Date::now",
    "Date::new_0",
    "rand",
    "getrandom",
    "fastrand",
    "uuid",
    "Math::random",
    "RandomState",
];

/// Sellers are data: their names belong to `src/catalog/profiles`.
const SELLERS: &[&str] = &["cloutly", "aircall", "adversus", "tencent", "ucloud", "usms"];

/// Key prefixes of the stored documents, for `src/storage/documents.rs` alone.
const PREFIXES: &[&str] = &["package/", "hold/", "order/", "entry/", "voucher/", "due/", "record/", "plan/"];

/// What is wrong with the source `text` of the file `path` (from `src/` on), as `path:line: what`.
fn findings(path: &str, text: &str) -> Vec<String> {
    let code = without_tests(&without_comments(text));
    let room = room_of(path);
    let mut found = imports(path, room, &code);
    let mut forbid = |words: &[&str], why: &str| {
        for (number, line) in code.lines().enumerate() {
            for word in words.iter().filter(|word| mentions(line, word)) {
                found.push(format!("{path}:{}: `{word}` {why}", number + 1));
            }
        }
    };
    if room != Some("wasm") {
        forbid(BOUNDARY, "belongs to src/wasm");
    }
    forbid(IMPURE, "is a clock or randomness: take it as an input");
    if !path.starts_with("catalog/profiles") {
        for (number, line) in code.lines().enumerate() {
            let lower = line.to_lowercase();
            for seller in SELLERS.iter().filter(|seller| lower.contains(**seller)) {
                found.push(format!(
                    "{path}:{}: `{seller}` is a seller: it belongs to src/catalog/profiles",
                    number + 1
                ));
            }
        }
    }
    if path != "storage/documents.rs" {
        for (number, line) in code.lines().enumerate() {
            for prefix in PREFIXES.iter().filter(|prefix| line.contains(&format!("\"{prefix}"))) {
                found.push(format!(
                    "{path}:{}: the key prefix `{prefix}` belongs to src/storage/documents.rs",
                    number + 1
                ));
            }
        }
    }
    found
}

/// The room of a file; none for the crate's root.
fn room_of(path: &str) -> Option<&str> {
    let first = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
    (first != "lib").then_some(first)
}

fn imports(path: &str, room: Option<&str>, code: &str) -> Vec<String> {
    let Some(room) = room else { return Vec::new() };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{path}:1: `{room}` is not a room")];
    };
    imported(code, path)
        .into_iter()
        .filter(|(_, target)| target != room && !allowed.contains(&target.as_str()))
        .map(|(line, target)| format!("{path}:{line}: `{room}` must not import `{target}`"))
        .collect()
}

/// The first name of every path from the crate's root, with its line: `crate::x`, `crate::{x, y::z}`, and `super::` where it leads there.
fn imported(code: &str, path: &str) -> Vec<(usize, String)> {
    let folders = path.trim_end_matches(".rs").trim_end_matches("/mod").split('/').count();
    let to_root = "super::".repeat(folders);
    let mut found = Vec::new();
    for start in ["crate::", "sms_ledger::", to_root.as_str()] {
        for (index, _) in code.match_indices(start) {
            let before = code[..index].chars().next_back();
            if before.is_some_and(|character| is_word(character) || (character == ':' && start != to_root)) {
                continue;
            }
            let line = code[..index].matches('\n').count() + 1;
            let rest = code[index + start.len()..].trim_start();
            found.extend(first_names(rest).into_iter().map(|name| (line, name)));
        }
    }
    found
}

/// `x::y` gives `x`; `{x::y, z}` gives `x` and `z`.
fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut names, mut start) = (0_usize, Vec::new(), 0);
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                names.push(word(&group[start..index]));
                start = index + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Whether `word` stands in the line as a whole word or path.
fn mentions(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(index, _)| {
        !line[..index].chars().next_back().is_some_and(is_word)
            && !line[index + word.len()..].chars().next().is_some_and(is_word)
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The source with comments made blank; strings stay, and lines keep their numbers.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else {
            let taken = literal(rest).unwrap_or(character.len_utf8());
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
            continue;
        };
        out.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        rest = &rest[skipped..];
    }
    out
}

/// Bytes of the block comment that `text` begins with; they nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Bytes of the string or character literal that `text` begins with.
fn literal(text: &str) -> Option<usize> {
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &raw[hashes + 1..];
            return Some(1 + hashes + 1 + body.find(&end).map_or(body.len(), |at| at + end.len()));
        }
    }
    if text.starts_with('"') {
        let mut escaped = false;
        let end = text.char_indices().skip(1).find(|(_, character)| {
            let ends = *character == '"' && !escaped;
            escaped = *character == '\\' && !escaped;
            ends
        });
        return Some(end.map_or(text.len(), |(index, _)| index + 1));
    }
    let body = text.strip_prefix('\'')?;
    if body.starts_with('\\') {
        return body[2..].find('\'').map(|at| at + 4);
    }
    let character = body.chars().next()?;
    body[character.len_utf8()..].starts_with('\'').then(|| character.len_utf8() + 2)
}

/// The source with every item under `#[cfg(test)]` made blank.
fn without_tests(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(index) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..index]);
        let item = item_length(&rest[index..]);
        out.extend(rest[index..index + item].chars().filter(|c| *c == '\n'));
        rest = &rest[index + item..];
    }
    out + rest
}

/// Bytes up to the end of the item: its closing brace, or the semicolon of one without a body.
fn item_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, "#[cfg(test)]".len());
    while let Some(character) = text[at..].chars().next() {
        let taken = literal(&text[at..]).unwrap_or(character.len_utf8());
        at += taken;
        match character {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && character == '}' {
                    return at;
                }
            }
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// A module that is a test as a whole: its parent declares it under `#[cfg(test)]`, and it lies in `tests.rs` or `tests/`.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

#[test]
fn the_sources_keep_to_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    assert!(!files.is_empty());
    let found: Vec<String> = files
        .iter()
        .map(|file| (file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"), file))
        .filter(|(path, _)| !is_test(path))
        .flat_map(|(path, file)| findings(&path, &fs::read_to_string(file).unwrap()))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn an_import_against_the_direction_is_found() {
    let cases = [
        ("money/mod.rs", "use crate::catalog::Offer;", "1: `money` must not import `catalog`"),
        (
            "ledger/hold.rs",
            "use crate::{\n    money::Amount,\n    engine::{self, Queue},\n};",
            "1: `ledger` must not import `engine`",
        ),
        ("pricing/quote.rs", "\nfn a() { crate::ledger::draw(); }", "2: `pricing` must not import `ledger`"),
        ("text/mod.rs", "use super::money::Amount;", "1: `text` must not import `money`"),
        ("text/gsm.rs", "use super::super::money::Amount;", "1: `text` must not import `money`"),
        ("engine/mod.rs", "pub use crate::wasm::Engine;", "1: `engine` must not import `wasm`"),
        ("misc/mod.rs", "", "1: `misc` is not a room"),
    ];
    for (path, text, expected) in cases {
        assert_eq!(findings(path, text), [format!("{path}:{expected}")], "{text}");
    }
}

#[test]
fn an_import_along_the_direction_is_fine() {
    let text = "use crate::money::{Amount, Currency};\nuse crate::{catalog::Offer, pricing};\nuse super::hold;\nuse chrono::DateTime;";
    assert_eq!(findings("ledger/package.rs", text), Vec::<String>::new());
    assert_eq!(
        findings("wasm/mod.rs", "use wasm_bindgen::JsValue;\nuse crate::engine;"),
        Vec::<String>::new()
    );
    assert_eq!(findings("lib.rs", "pub mod money;\npub use crate::engine::Engine;"), Vec::<String>::new());
}

#[test]
fn what_no_room_may_contain_is_found() {
    let cases = [
        ("engine/mod.rs", "use js_sys::Array;", "`js_sys` belongs to src/wasm"),
        ("engine/mod.rs", "fn now() { let t = std::time::Instant::now(); }", "`std::time` is a clock"),
        ("wasm/mod.rs", "let now = js_sys::Date::now();", "`Date::now` is a clock"),
        ("ledger/mod.rs", "let id = rand::random();", "`rand` is a clock or randomness"),
        ("pricing/mod.rs", "if seller == \"Cloutly\" {}", "`cloutly` is a seller"),
        ("ledger/mod.rs", "let key = format!(\"hold/{id}\");", "the key prefix `hold/`"),
    ];
    for (path, text, expected) in cases {
        let found = findings(path, text);
        assert!(found.iter().any(|finding| finding.contains(expected)), "{text}: {found:?}");
    }
}

#[test]
fn comments_tests_and_their_own_places_are_exempt() {
    let fine = [
        (
            "money/mod.rs",
            "// use crate::engine;\n/* cloutly /* js_sys */ */\n/// Like `rand`.\nlet operand = brand;",
        ),
        (
            "ledger/mod.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::engine;\n    const A: char = '}';\n    const B: &str = \"} cloutly hold/\";\n}",
        ),
        ("ledger/mod.rs", "#[cfg(test)]\nmod tests;\n"),
        ("catalog/profiles.rs", "include_str!(\"profiles/cloutly.json\")"),
        ("storage/documents.rs", "const HOLD: &str = \"hold/\";"),
    ];
    for (path, text) in fine {
        assert_eq!(findings(path, text), Vec::<String>::new(), "{text}");
    }
    let after = "#[cfg(test)]\nmod tests { fn a() {} }\nuse crate::engine;";
    assert_eq!(findings("ledger/mod.rs", after), ["ledger/mod.rs:3: `ledger` must not import `engine`"]);
}
