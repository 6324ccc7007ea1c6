//! libFuzzer over the target that `FUZZ_TARGET` names. `cargo xtask fuzz` builds and runs it.

#![no_main]

mod targets;

use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names the target");
        let found = targets::TARGETS.iter().find(|(known, _)| *known == name);
        found.expect("FUZZ_TARGET is one of `targets::TARGETS`").1
    });
    target(data);
});
