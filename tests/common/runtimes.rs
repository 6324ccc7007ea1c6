//! What must come out the same on every runtime; called natively, in Node.js and in a browser.

use super::history::{EXPECTED, Outcome, run};
use super::{at, cloutly};
use sms_ledger::numbering::{E164, region};
use sms_ledger::pricing::{QuoteRequest, quote};
use sms_ledger::text::{
    Counting, Encoding, Language, Languages, Options, Tables, analyze, analyze_utf16, count, count_utf16,
};

pub(crate) fn the_history_comes_out_as_written() {
    let found = run();
    let found = Outcome {
        journal_hash: found.journal_hash.as_str(),
        entries: found.entries,
        answers_and_store: found.answers_and_store,
    };
    assert_eq!(found, EXPECTED);
}

pub(crate) fn texts_are_counted_as_written() {
    let gsm = |characters: usize| "a".repeat(characters);
    let ucs2 = |characters: usize| "я".repeat(characters);
    for (text, encoding, segments) in [
        (String::new(), Encoding::Gsm7, 1),
        (gsm(160), Encoding::Gsm7, 1),
        (gsm(161), Encoding::Gsm7, 2),
        (gsm(306), Encoding::Gsm7, 2),
        (gsm(307), Encoding::Gsm7, 3),
        ("€".repeat(80), Encoding::Gsm7, 1),
        ("€".repeat(81), Encoding::Gsm7, 2),
        (ucs2(70), Encoding::Ucs2, 1),
        (ucs2(71), Encoding::Ucs2, 2),
        (ucs2(135), Encoding::Ucs2, 3),
        ("😀".repeat(35), Encoding::Ucs2, 1),
        ("😀".repeat(36), Encoding::Ucs2, 2),
        // A pair is never cut: 33 fit into 67 units.
        ("😀".repeat(67), Encoding::Ucs2, 3),
        (format!("{}’", gsm(80)), Encoding::Ucs2, 2),
    ] {
        let found = count(&text, Counting::Gsm).unwrap();
        assert_eq!((found.encoding, found.segments), (encoding, segments), "{text}");
        assert_eq!(analyze(&text, Counting::Gsm).unwrap().segments, segments, "{text}");
    }
    assert_eq!(count(&gsm(71), Counting::AnyText70).unwrap().segments, 2);
}

pub(crate) fn national_tables_are_chosen_as_written() {
    let options = Options {
        national: Languages::NONE.with(Language::Turkish).with(Language::Hindi),
        ..Options::default()
    };
    for (text, segments, locking, single) in [
        ("ok", 1, None, None),
        ("Siparişiniz yarın öğlen gelecek", 1, Some(Language::Turkish), None),
        ("è ş", 1, None, Some(Language::Turkish)),
        ("आपका पार्सल कल", 1, Some(Language::Hindi), None),
    ] {
        let units: Vec<u16> = text.encode_utf16().collect();
        let report = analyze_utf16(&units, None, &options).unwrap();
        assert_eq!((report.encoding, report.segments), (Encoding::Gsm7, segments), "{text}");
        assert_eq!(report.tables, Tables { locking, single }, "{text}");
    }
    // A lone surrogate is a unit that GSM-7 cannot carry.
    let found = count_utf16(&[0x61, 0xD83D], None, &options).unwrap();
    assert_eq!((found.encoding, found.units), (Encoding::Ucs2, 2));
}

pub(crate) fn quotes_are_priced_as_written() {
    for (offer, quantity, total) in [
        ("pack-au", 100, "6.20"),
        ("pack-us", 12_300, "123.00"),
        ("pack-gb", 700, "44.10"),
        ("pack-nz", 1_000_000, "126000.00"),
    ] {
        let request = QuoteRequest { offer: offer.into(), quantity, ..QuoteRequest::default() };
        let quote = quote(&cloutly(), &request, at("2026-11-21T09:30:00Z")).unwrap();
        assert_eq!(quote.total.to_string(), total, "{offer}");
        assert_eq!(quote.expires_at.to_string(), "2026-11-21T10:00:00.000Z");
    }
}

pub(crate) fn numbers_belong_to_the_regions_written() {
    for (number, expected) in [
        (super::AU, "AU"),
        (super::US, "US"),
        (super::NZ, "NZ"),
        (super::CANADA, "CA"),
        ("+447700900123", "GB"),
    ] {
        let found = region(&E164::parse(number).unwrap()).unwrap();
        assert_eq!(found.to_string(), expected);
    }
}
