//! What is fuzzed: each target takes any bytes, and panics where a promise is broken. `tests/fuzz_corpus.rs` runs them over the corpus too.

use sms_ledger::calendar::NamedZones;
use sms_ledger::catalog::Catalog;
use sms_ledger::numbering::{E164, region, resolve};
use sms_ledger::storage::{
    decode_account, decode_adjustment, decode_entries, decode_hold, decode_migration, decode_order,
    decode_package, decode_policy, decode_settings, decode_voucher,
};
use sms_ledger::text::{Counting, analyze, count};

/// A target by its name, which is also that of its folder of the corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] =
    &[("catalogs", catalogs), ("documents", documents), ("numbers", numbers), ("texts", texts)];

/// A stored document: its key on the first line, its value on the others. It is read, or refused with a reason.
pub fn documents(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (key, value) = text.split_once('\n').unwrap_or(("account", text));
    let problems = [
        decode_account(key, value).err(),
        decode_settings(key, value).err(),
        decode_package(key, value).err(),
        decode_hold(key, value).err(),
        decode_order(key, value).err(),
        decode_voucher(key, value).err(),
        decode_adjustment(key, value).err(),
        decode_migration(key, value).err(),
        decode_policy(key, value).err(),
        decode_entries(key, value).err(),
    ];
    for problem in problems.into_iter().flatten() {
        assert_eq!(problem.key, key);
        assert!(!problem.problem.is_empty());
    }
}

/// A catalog as JSON. It is taken where nothing is found in it, refused where something is, and every problem has words.
pub fn catalogs(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = Catalog::from_json(text);
    let Ok(value) = serde_json::from_str(text) else {
        assert!(read.is_err(), "what is no JSON is no catalog");
        return;
    };
    let findings = Catalog::validate(&value, &NamedZones);
    // Whether the host knows its zone is found by `validate` alone.
    let zone = findings.problems.iter().all(|problem| problem.path == "zone");
    assert!(if read.is_ok() { zone } else { !findings.problems.is_empty() }, "{findings:?}");
    for problem in &findings.problems {
        assert!(!problem.message.is_empty(), "{}", problem.path);
    }
}

/// A number, as people write it, and the region in which it would be dialled on the second line. What is E.164 is the same as it writes itself.
pub fn numbers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (input, default) = text.split_once('\n').unwrap_or((text, ""));
    let resolution = resolve(input, default.parse().ok());
    let shared: Vec<_> = resolution.shared().collect();
    match resolution.region() {
        Some(found) => {
            assert!(shared.is_empty() || (shared.len() > 1 && shared.contains(&found)), "{shared:?}");
        }
        None => assert!(shared.is_empty(), "{shared:?}"),
    }
    if let Ok(number) = E164::parse(input) {
        let again = E164::parse(number.e164()).expect("a number is read as it is written");
        assert_eq!((again.e164(), region(&again)), (number.e164(), region(&number)));
    }
}

/// A text. Both ways of counting it agree, and its segments hold all of it.
pub fn texts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for counting in [Counting::Gsm, Counting::AnyText70] {
        let (counted, analyzed) = (count(text, counting), analyze(text, counting));
        match (counted, analyzed) {
            (Ok(counted), Ok(analyzed)) => {
                assert_eq!((counted.segments, counted.units), (analyzed.segments, analyzed.units));
                assert_eq!(counted.encoding, analyzed.encoding);
                assert_eq!(analyzed.per_segment.iter().sum::<u32>(), analyzed.units);
                assert_eq!(analyzed.per_segment.len(), analyzed.segments as usize);
            }
            (Err(_), Err(_)) => {}
            (counted, analyzed) => panic!("{counted:?}, yet {analyzed:?}"),
        }
    }
}
