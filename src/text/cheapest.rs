//! Of several national languages, the tables that make a text cheapest.

use super::count::{Laid, Text, lay_gsm7};
use super::national::{Alphabet, Language, Tables};
use super::options::Options;

/// The tables of the fewest segments, then of the fewest header elements, then of the fewest septets. Where none carry
/// the text, those that lack the fewest of its characters.
pub(super) fn cheapest(text: Text<'_>, options: &Options) -> Tables {
    let different = Different::of(text);
    let mut best: Option<(Key, Tables)> = None;
    let mut nearest = (usize::MAX, Tables::default());
    for tables in candidates(options) {
        let (units, lacking) = different.under(tables);
        if lacking > 0 {
            if lacking < nearest.0 {
                nearest = (lacking, tables);
            }
            continue;
        }
        // The septets alone say how many segments there are at least: most candidates need not be laid out.
        let layout = options.gsm7(tables);
        let least = if units <= layout.single { 1 } else { units.div_ceil(layout.part) };
        if best.is_some_and(|(key, _)| (least, tables.elements(), units) >= key) {
            continue;
        }
        let Some(Laid { segments, .. }) = lay_gsm7(text, tables, options, None) else { continue };
        let key = (segments, tables.elements(), units);
        if best.is_none_or(|(other, _)| key < other) {
            best = Some((key, tables));
        }
    }
    best.map_or(nearest.1, |(_, tables)| tables)
}

/// Segments, header elements, septets.
type Key = (usize, usize, usize);

/// Every pair of allowed tables, the default ones first.
fn candidates(options: &Options) -> impl Iterator<Item = Tables> {
    let allowed = options.national;
    let choices = move || {
        let languages = Language::ALL.into_iter().filter(move |language| allowed.has(*language));
        std::iter::once(None).chain(languages.map(Some))
    };
    choices()
        .filter(|locking| locking.is_none_or(Language::has_locking))
        .flat_map(move |locking| choices().map(move |single| Tables { locking, single }))
}

/// The different characters of a text and how often each stands in it.
struct Different {
    characters: Vec<(u32, usize)>,
    /// Characters that no table has.
    foreign: usize,
}

impl Different {
    fn of(text: Text<'_>) -> Self {
        let mut different = Self { characters: Vec::new(), foreign: 0 };
        for (_, code_point) in text.characters() {
            // Every table's characters lie here, which bounds the list.
            if !matches!(code_point, 0..0x1000 | 0x20AC | 0x221E) {
                different.foreign = different.foreign.wrapping_add(1);
                continue;
            }
            match different.characters.iter_mut().find(|(known, _)| *known == code_point) {
                Some((_, times)) => *times = times.wrapping_add(1),
                None => different.characters.push((code_point, 1)),
            }
        }
        different
    }

    /// Septets of the text under some tables, and how many of its characters they lack.
    fn under(&self, tables: Tables) -> (usize, usize) {
        let alphabet = Alphabet::of(tables);
        let mut septets = 0_usize;
        let mut lacking = self.foreign;
        for &(code_point, times) in &self.characters {
            match alphabet.units(code_point) {
                0 => lacking = lacking.wrapping_add(times),
                units => septets = septets.wrapping_add(units.wrapping_mul(times)),
            }
        }
        (septets, lacking)
    }
}
