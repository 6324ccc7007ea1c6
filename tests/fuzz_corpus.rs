//! The targets of `cargo xtask fuzz` over the corpus that is kept: what was once found stays found.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../fuzz/src/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

#[test]
fn every_target_holds_over_its_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut folders = 0;
    for (name, target) in targets::TARGETS {
        let files: Vec<_> =
            fs::read_dir(corpus.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "the corpus of `{name}` is empty");
        for file in files {
            println!("{}", file.display());
            let bytes = fs::read(file).unwrap();
            target(&bytes);
            // Cut anywhere, and with any byte changed, it is what a fuzzer would try first.
            for end in (0..bytes.len()).step_by(bytes.len() / 16 + 1) {
                target(&bytes[..end]);
                let mut changed = bytes.clone();
                changed[end] ^= 0x15;
                target(&changed);
            }
        }
        folders += 1;
    }
    assert_eq!(fs::read_dir(&corpus).unwrap().count(), folders, "a folder of the corpus has no target");
}
