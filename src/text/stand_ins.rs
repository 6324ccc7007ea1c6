//! What could stand for the characters that GSM-7 cannot carry. Only found here: a text is never changed but by its author.

use super::count::{Text, saturate};
use super::national::{Alphabet, Tables};
use super::stand_in_tables::{
    ACCENTS, COMPOSED, CYRILLIC, CYRILLIC_LIKE, GREEK, GREEK_LIKE, LATIN, LATIN_ADDITIONAL, TYPOGRAPHIC,
};

/// How far a stand-in may go. Each level takes those before it along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Quotes, dashes, spaces and the like, and letters written in two characters: the reader hardly sees it.
    Typographic,
    /// A letter without its accent.
    Accents,
    /// Letters of other scripts: look-alikes within a Latin word, else Latin letters for Cyrillic and capitals for Greek.
    Script,
}

/// What could stand for a piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// Where the piece starts, in UTF-16 units.
    pub index: u32,
    /// Its UTF-16 units.
    pub length: u32,
    /// How far this one goes.
    pub level: Level,
    /// What would stand there; empty where the piece would go.
    pub text: String,
}

/// The stand-ins for a text, in order, none overlapping: for characters that the tables lack, of characters they have.
pub fn stand_ins(text: &[u16], level: Level, tables: Tables) -> Vec<StandIn> {
    let alphabet = Alphabet::of(tables);
    let text = Text { units: text, clusters: None };
    let mut found: Vec<StandIn> = Vec::new();
    let mut before: Option<(usize, u32)> = None;
    let mut word = Word::default();
    for (index, code_point) in text.characters() {
        let previous = before.replace((index, code_point));
        if index >= word.end {
            word = Word::from(text, index);
        }
        if alphabet.units(code_point) > 0 {
            continue;
        }
        let follows =
            previous.filter(|(_, other)| matches!(code_point, 0x300..0x370) || alphabet.units(*other) > 0);
        let Some((stand_in, at)) = stand_in(code_point, follows, word.latin) else { continue };
        let carried = stand_in.text.chars().all(|c| alphabet.units(u32::from(c)) > 0);
        let start = at.unwrap_or(index);
        // A letter takes one mark along; a second one finds it taken.
        let free = found.last().is_none_or(|last| {
            usize::try_from(last.index.wrapping_add(last.length)).is_ok_and(|end| end <= start)
        });
        if stand_in.level <= level && carried && free {
            let end = index.wrapping_add(if code_point > 0xFFFF { 2 } else { 1 });
            let length = saturate(end.wrapping_sub(start));
            found.push(StandIn { index: saturate(start), length, ..stand_in });
        }
    }
    found
}

/// A run of letters, and whether there are Latin ones among them.
#[derive(Default)]
struct Word {
    end: usize,
    latin: bool,
}

impl Word {
    fn from(text: Text<'_>, start: usize) -> Self {
        let rest = text.units.get(start..).unwrap_or_default();
        let latin = |unit: &u16| u8::try_from(*unit).is_ok_and(|byte| byte.is_ascii_alphabetic());
        let letter = |unit: &&u16| latin(unit) || matches!(**unit, 0x370..0x530);
        let length = rest.iter().take_while(letter).count();
        let word = rest.get(..length).unwrap_or_default();
        Self { end: start.wrapping_add(length.max(1)), latin: word.iter().any(latin) }
    }
}

/// The stand-in for a character, and where it starts if it takes the letter before it along.
fn stand_in(
    code_point: u32,
    before: Option<(usize, u32)>,
    in_latin_word: bool,
) -> Option<(StandIn, Option<usize>)> {
    let character = char::from_u32(code_point)?;
    let made = |level, text: String| StandIn { index: 0, length: 0, level, text };
    let typographic = |text: String| Some((made(Level::Typographic, text), None));
    match code_point {
        0x2000..=0x200A => return typographic(" ".to_owned()),
        // Joiners and variation selectors mean something behind letters of other scripts and pictures.
        0x200C | 0x200D | 0xFE00..=0xFE0F => return before.and_then(|_| typographic(String::new())),
        0x300..0x370 => return mark(character, before),
        _ => {}
    }
    if let Some(text) = listed(TYPOGRAPHIC, character) {
        return typographic(text.to_owned());
    }
    if matches!(code_point, 0xFF01..=0xFF5E) {
        let narrow = char::from_u32(code_point.wrapping_sub(0xFEE0))?;
        return typographic(narrow.to_string());
    }
    if let Some(text) = listed(ACCENTS, character) {
        return Some((made(Level::Accents, text.to_owned()), None));
    }
    if let Some(base) =
        letter(LATIN, 0xC0, code_point).or_else(|| letter(LATIN_ADDITIONAL, 0x1E00, code_point))
    {
        return Some((made(Level::Accents, base.to_string()), None));
    }
    let script = look_alike(code_point).filter(|_| in_latin_word).map(String::from);
    let script = script.or_else(|| greek(code_point).map(String::from)).or_else(|| cyrillic(code_point))?;
    Some((made(Level::Script, script), None))
}

/// A combining mark: with the letter before it one of GSM-7, or else left out.
fn mark(mark: char, before: Option<(usize, u32)>) -> Option<(StandIn, Option<usize>)> {
    let (at, letter) = before?;
    let pair = [char::from_u32(letter)?, mark];
    let composed = COMPOSED.iter().find(|(pieces, _)| pieces.chars().eq(pair));
    let (level, text, at) = match composed {
        Some((_, composed)) => (Level::Typographic, *composed, Some(at)),
        None => (Level::Accents, "", None),
    };
    Some((StandIn { index: 0, length: 0, level, text: text.to_owned() }, at))
}

fn listed(list: &[(&str, &'static str)], character: char) -> Option<&'static str> {
    list.iter().find(|(characters, _)| characters.contains(character)).map(|(_, text)| *text)
}

/// The letter at a code point of a table that begins with another.
fn letter(table: &[u8], first: u32, code_point: u32) -> Option<char> {
    let at = usize::try_from(code_point.checked_sub(first)?).ok()?;
    table.get(at).filter(|&&letter| letter != b'.').map(|&letter| char::from(letter))
}

fn look_alike(code_point: u32) -> Option<char> {
    letter(GREEK_LIKE, 0x370, code_point).or_else(|| letter(CYRILLIC_LIKE, 0x400, code_point))
}

fn greek(code_point: u32) -> Option<char> {
    let at = usize::try_from(code_point.checked_sub(0x386)?).ok()?;
    GREEK.chars().nth(at).filter(|&letter| letter != '.')
}

fn cyrillic(code_point: u32) -> Option<String> {
    // The ukrainian letter with upturn, beside the block of the others.
    if let 0x490 | 0x491 = code_point {
        return Some(if code_point == 0x490 { "G" } else { "g" }.to_owned());
    }
    let (capital, small) = match code_point {
        0x430..0x450 => (code_point.wrapping_sub(0x20), true),
        0x450..0x460 => (code_point.wrapping_sub(0x50), true),
        _ => (code_point, false),
    };
    let at = usize::try_from(capital.checked_sub(0x400)?).ok()?;
    // The signs that have no sound go.
    let letters = CYRILLIC.split(' ').nth(at)?.trim_matches('-');
    Some(if small { letters.to_ascii_lowercase() } else { letters.to_owned() })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests")]
mod tests {
    use super::*;
    use crate::text::Language;
    use proptest::prelude::*;

    fn replaced(text: &str, level: Level, tables: Tables) -> String {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut made = Vec::new();
        let mut at = 0;
        for found in stand_ins(&units, level, tables) {
            made.extend_from_slice(&units[at..found.index as usize]);
            made.extend(found.text.encode_utf16());
            at = (found.index + found.length) as usize;
        }
        made.extend_from_slice(&units[at..]);
        String::from_utf16(&made).unwrap()
    }

    #[test]
    fn each_level() {
        use Level::{Accents, Script, Typographic};
        for (text, level, expected) in [
            ("“It’s” – ok…", Typographic, "\"It's\" - ok..."),
            ("a\u{A0}b\u{200B}c\u{2009}d\te", Typographic, "a bc d e"),
            ("ＡＢＣ１２３！", Typographic, "ABC123!"),
            ("cafe\u{301} \u{1F44D}\u{FE0F} a\u{FE0F}", Typographic, "café \u{1F44D}\u{FE0F} a"),
            ("ça va, Łódź œuf ệ", Typographic, "ça va, Łódź œuf ệ"),
            ("ça va, Łódź œuf ệ", Accents, "ca va, Lodz oeuf e"),
            ("s\u{323}x\u{301}\u{302}", Accents, "sx"),
            ("naïve – Ångström", Accents, "naive - Ångström"),
            ("Привет, Мир", Accents, "Привет, Мир"),
            ("Привет, Щука объект", Script, "Privet, Shchuka obekt"),
            ("Pаypаl СОВ x", Script, "Paypal SOV x"),
            ("Ελλάδα ΆΈΉΊΌΎΏ ψ", Script, "EΛΛAΔA AEHIOYΩ Ψ"),
            ("Ґанок ґава Їжак", Script, "Ganok gava Yizhak"),
            ("漢字 😀", Script, "漢字 😀"),
        ] {
            assert_eq!(replaced(text, level, Tables::default()), expected, "{text}");
        }
    }

    #[test]
    fn only_what_the_tables_lack_and_of_what_they_have() {
        let locking = |language| Tables { locking: Some(language), single: None };
        assert_eq!(replaced("ğış ć", Level::Accents, locking(Language::Turkish)), "ğış c");
        // The Hindi locking table has neither quotes nor capitals.
        assert_eq!(replaced("“Ž” ’ ž", Level::Accents, locking(Language::Hindi)), "“Ž” ’ z");
    }

    #[test]
    fn every_stand_in_is_carried_by_the_default_tables() {
        let alphabet = Alphabet::of(Tables::default());
        for list in [TYPOGRAPHIC, ACCENTS, COMPOSED] {
            for (_, text) in list {
                assert!(text.chars().all(|c| alphabet.units(u32::from(c)) > 0), "{text}");
            }
        }
        for code_point in 0..0x2_0000 {
            for word in [false, true] {
                if let Some((found, _)) = stand_in(code_point, None, word) {
                    let carried = found.text.chars().all(|c| alphabet.units(u32::from(c)) > 0);
                    assert!(carried || code_point == 0xFF40, "U+{code_point:04X} {found:?}");
                }
            }
        }
        assert_eq!(GREEK.chars().count(), 0x3CE - 0x386 + 1);
        assert_eq!(CYRILLIC.split(' ').count(), 0x30);
    }

    proptest! {
        #[test]
        fn in_order_and_apart(text: Vec<u16>) {
            let mut end = 0;
            for found in stand_ins(&text, Level::Script, Tables::default()) {
                prop_assert!(found.index >= end && found.length > 0);
                end = found.index + found.length;
            }
            prop_assert!(end as usize <= text.len());
        }
    }
}
