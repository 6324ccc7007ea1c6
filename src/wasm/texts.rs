//! Texts counted on their own: one scratch in the module's memory that JavaScript writes UTF-16 into, and words that it
//! reads. No rule lives here; `docs/boundary.md` has the words.

use crate::text::{
    Analysis, Choice, Count, Counting, Encoding, Language, Languages, Options, Reference, Refusal,
    SEGMENTS_MAX, Tables, analyze_utf16, count_short_utf16, count_utf16,
};
use wasm_bindgen::prelude::*;

/// UTF-16 units of the longest text that any counting can carry: 255 segments of 160.
const UNITS_MAX: usize = 40_800;
/// Texts that are counted in one call.
const TEXTS_MAX: usize = 2_048;

/// The scratch, and how it is counted.
#[wasm_bindgen]
pub struct Texts {
    units: Vec<u16>,
    /// The length of each text of a call.
    lengths: Vec<u32>,
    /// What each costs: columns of whether it is UCS-2, of segments, and of units left in the last.
    columns: Vec<u8>,
    /// What each costs in units.
    sizes: Vec<u16>,
    clusters: Option<Vec<u32>>,
    words: Vec<u32>,
}

#[wasm_bindgen]
impl Texts {
    /// An empty scratch.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self {
            units: vec![0; UNITS_MAX],
            lengths: vec![0; TEXTS_MAX],
            columns: vec![0; TEXTS_MAX.wrapping_mul(3)],
            sizes: vec![0; TEXTS_MAX],
            clusters: None,
            words: Vec::new(),
        }
    }

    /// The memory that the pointers point into.
    #[expect(clippy::unused_self, reason = "a method as its neighbours are")]
    pub fn memory(&self) -> JsValue {
        wasm_bindgen::memory()
    }

    /// Where the units of the text are written.
    pub fn units(&self) -> *const u16 {
        self.units.as_ptr()
    }

    /// Where the lengths of several texts are written.
    pub fn lengths(&self) -> *const u32 {
        self.lengths.as_ptr()
    }

    /// Where it is read whether each is UCS-2, then their segments, then what is left in their last.
    pub fn columns(&self) -> *const u8 {
        self.columns.as_ptr()
    }

    /// Where it is read how many units each takes.
    pub fn sizes(&self) -> *const u16 {
        self.sizes.as_ptr()
    }

    /// Where the clusters of the next text start.
    pub fn keep(&mut self, clusters: Vec<u32>) {
        self.clusters = Some(clusters);
    }

    /// Counts a text of so many units: its word, or 0 where it does not fit the options.
    pub fn count(&mut self, length: usize, layout: u32, national: u32, characters_max: u32) -> u32 {
        let clusters = self.clusters.take();
        let text = self.units.get(..length).unwrap_or_default();
        let usual = layout | national | characters_max == 0 && clusters.is_none();
        let short = if usual { count_short_utf16(text) } else { None };
        let count =
            short.or_else(|| count(text, clusters.as_deref(), &options(layout, national, characters_max)));
        count.map_or(0, |count| {
            let ucs2 = u32::from(count.encoding == Encoding::Ucs2);
            count.units | count.segments.wrapping_shl(16) | ucs2.wrapping_shl(24)
        })
    }

    /// Counts so many texts, whose units stand one after the other. Gives the segments of all and, where one does not fit the
    /// options, its place; else the number of texts.
    #[wasm_bindgen(js_name = countAll)]
    pub fn count_all(&mut self, texts: usize, layout: u32, national: u32, characters_max: u32) -> Vec<u32> {
        let usual = layout | national | characters_max == 0;
        let options = options(layout, national, characters_max);
        let mut rest = self.units.as_slice();
        let (encodings, columns) = self.columns.split_at_mut_checked(TEXTS_MAX).unwrap_or_default();
        let (segments, remaining) = columns.split_at_mut_checked(TEXTS_MAX).unwrap_or_default();
        let places = encodings.iter_mut().zip(segments).zip(remaining).zip(&mut self.sizes);
        let (mut total, mut counted) = (0_u32, 0_u32);
        for (length, (((encoding, segments), remaining), size)) in self.lengths.iter().take(texts).zip(places)
        {
            let length = usize::try_from(*length).unwrap_or(usize::MAX);
            let (text, behind) = rest.split_at_checked(length).unwrap_or_default();
            rest = behind;
            let short = if usual { count_short_utf16(text) } else { None };
            let Some(count) = short.or_else(|| count(text, None, &options)) else { break };
            *encoding = u8::from(count.encoding == Encoding::Ucs2);
            *segments = byte(count.segments);
            *remaining = byte(count.remaining);
            *size = u16::try_from(count.units).unwrap_or(u16::MAX);
            total = total.wrapping_add(count.segments);
            counted = counted.wrapping_add(1);
        }
        vec![total, counted]
    }

    /// Reports on a text: where the report's words stand.
    pub fn analyze(&mut self, length: usize, layout: u32, national: u32, characters_max: u32) -> *const u32 {
        let clusters = self.clusters.take();
        let text = self.units.get(..length).unwrap_or_default();
        let options = options(layout, national, characters_max);
        self.words.clear();
        match analyze_utf16(text, clusters.as_deref(), &options) {
            Ok(analysis) => report(&mut self.words, &analysis),
            Err(refusal) => self.words.extend(refused(refusal)),
        }
        self.words.as_ptr()
    }
}

fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// So many bits of a word.
fn bits(word: u32, from: u32, many: u32) -> u32 {
    word.wrapping_shr(from) & !u32::MAX.wrapping_shl(many)
}

fn tables(locking: u32, single: u32) -> Tables {
    Tables { locking: Language::from_identifier(locking), single: Language::from_identifier(single) }
}

/// The options that three words say; all 0 are the default ones.
fn options(layout: u32, national: u32, characters_max: u32) -> Options {
    if layout | national | characters_max == 0 {
        return Options::default();
    }
    let segments_max = bits(layout, 19, 8);
    Options {
        counting: if bits(layout, 0, 1) == 0 { Counting::Gsm } else { Counting::AnyText70 },
        encoding: match bits(layout, 1, 2) {
            0 => Choice::Auto,
            1 => Choice::Gsm7,
            _ => Choice::Ucs2,
        },
        reference: if bits(layout, 3, 1) == 0 { Reference::Bits8 } else { Reference::Bits16 },
        extra_header: u8::try_from(bits(layout, 4, 7)).unwrap_or(0),
        tables: tables(bits(layout, 11, 4), bits(layout, 15, 4)),
        national: Languages::from_bits(national),
        segments_max: if segments_max == 0 { SEGMENTS_MAX } else { segments_max },
        characters_max: if characters_max == 0 { u32::MAX } else { characters_max },
    }
}

/// What a text costs, the same function for one and for many: what is called often is compiled well. None where it does not fit the options.
#[inline(never)]
fn count(text: &[u16], clusters: Option<&[u32]>, options: &Options) -> Option<Count> {
    count_utf16(text, clusters, options).ok()
}

fn byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn report(words: &mut Vec<u32>, analysis: &Analysis) {
    let identifier = |language: Option<Language>| language.map_or(0, |known| u32::from(known.identifier()));
    words.extend([
        0,
        u32::from(analysis.encoding == Encoding::Ucs2),
        identifier(analysis.tables.locking),
        identifier(analysis.tables.single),
        analysis.segments,
        analysis.units,
        analysis.capacity,
        analysis.remaining,
        analysis.characters,
        size(analysis.non_gsm.len()),
    ]);
    words.extend_from_slice(&analysis.breaks);
    words.extend_from_slice(&analysis.per_segment);
    words.extend(analysis.non_gsm.iter().flat_map(|found| [found.index, found.code_point]));
}

fn refused(refusal: Refusal) -> [u32; 4] {
    match refusal {
        Refusal::TooLong { segments, segments_max } => [1, segments, segments_max, 0],
        Refusal::TooManyCharacters { characters, characters_max } => [2, characters, characters_max, 0],
        Refusal::NotGsm7 { index, code_point, count } => [3, index, code_point, count],
    }
}
