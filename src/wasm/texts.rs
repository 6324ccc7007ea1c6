//! Texts counted on their own: one scratch in the module's memory that JavaScript writes UTF-16 into, and words that it
//! reads. No rule lives here; `docs/boundary.md` has the words.

use crate::text::{
    Analysis, Choice, Counting, Encoding, Language, Languages, Options, Reference, Refusal, SEGMENTS_MAX,
    Tables, analyze_utf16, count_utf16,
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
    /// For each text of a call its length, then what it costs: two words.
    counts: Vec<u32>,
    clusters: Option<Vec<u32>>,
    words: Vec<u32>,
}

#[wasm_bindgen]
impl Texts {
    /// An empty scratch.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        let counts = vec![0; TEXTS_MAX.wrapping_mul(2)];
        Self { units: vec![0; UNITS_MAX], counts, clusters: None, words: Vec::new() }
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

    /// Where the lengths of several texts are written and their counts are read.
    pub fn counts(&self) -> *const u32 {
        self.counts.as_ptr()
    }

    /// Where the clusters of the next text start.
    pub fn keep(&mut self, clusters: Vec<u32>) {
        self.clusters = Some(clusters);
    }

    /// Counts a text of so many units: its first word, or 0 where it does not fit the options.
    pub fn count(&mut self, length: usize, layout: u32, national: u32, characters_max: u32) -> u32 {
        let clusters = self.clusters.take();
        let text = self.units.get(..length).unwrap_or_default();
        count(text, clusters.as_deref(), &options(layout, national, characters_max))[0]
    }

    /// Counts so many texts, whose units stand one after the other.
    #[wasm_bindgen(js_name = countAll)]
    pub fn count_all(&mut self, texts: usize, layout: u32, national: u32, characters_max: u32) {
        let options = options(layout, national, characters_max);
        let mut rest = self.units.as_slice();
        for words in self.counts.as_chunks_mut::<2>().0.iter_mut().take(texts) {
            let length = usize::try_from(words[0]).unwrap_or(usize::MAX);
            let (text, behind) = rest.split_at_checked(length).unwrap_or_default();
            rest = behind;
            *words = count(text, None, &options);
        }
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

/// What a text costs in two words, the same function for one and for many: what is called often is compiled well. Both 0 where it does not fit the options.
#[inline(never)]
fn count(text: &[u16], clusters: Option<&[u32]>, options: &Options) -> [u32; 2] {
    let Ok(count) = count_utf16(text, clusters, options) else { return [0; 2] };
    let ucs2 = u32::from(count.encoding == Encoding::Ucs2);
    [count.units | count.segments.wrapping_shl(16) | ucs2.wrapping_shl(24), count.remaining]
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
