//! The generated table, read once: who owns which leading digits.

use super::Region;
use super::dial::Way;
use super::lengths::Lengths;
use super::table::{CODES, DIALLING, LEADING_DIGITS, LENGTHS, RUNS, SHARED, WAYS};
use std::sync::OnceLock;

/// What owns a run of leading digits, as its place among the owners; 0 is nobody.
pub(super) type Place = u16;
/// Nobody's place.
pub(super) const NOBODY: Place = 0;

/// Heads of the table: the leading digits' first three.
const HEADS: u32 = 1_000;
/// Leading digits of each head.
const HEAD_SPAN: u32 = 100_000;

/// A region, or several that share digits.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    /// The only one, or the main one.
    pub(super) region: Region,
    /// Its calling code.
    pub(super) calling_code: u16,
    /// All that share the digits, two letters each, the main one first; empty where there is one.
    pub(super) shared: &'static str,
    /// How long its numbers may be: those of its calling code.
    pub(super) lengths: Lengths,
    /// How it dials; none of several regions and of a worldwide service.
    pub(super) way: Option<Way>,
}

/// The table, ready for look-ups.
pub(super) struct Table {
    /// First leading digits of each run, and whose it is. INVARIANT: in order, from 0 on.
    runs: Vec<(u32, Place)>,
    /// How many runs begin before each thousandth of the leading digits, so that a look-up has a few to choose from.
    heads: Vec<u16>,
    /// The owners of places 1 and up: the regions in the table's order, then those that share.
    owners: Vec<Owner>,
}

impl Table {
    /// The one table.
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(Self::decode)
    }

    /// Whose these leading digits are.
    pub(super) fn place(&self, leading: u32) -> Place {
        let head = usize::try_from(leading / HEAD_SPAN).unwrap_or_default();
        let Some(&[from, to]) = self.heads.get(head..).and_then(|heads| heads.first_chunk()) else {
            return NOBODY;
        };
        let [from, to] = [usize::from(from), usize::from(to)];
        let begun =
            self.runs.get(from..to).unwrap_or_default().partition_point(|&(first, _)| first <= leading);
        let last = from.wrapping_add(begun).wrapping_sub(1);
        self.runs.get(last).map_or(NOBODY, |&(_, place)| place)
    }

    /// The owner at a place; none at nobody's.
    pub(super) fn owner(&self, place: Place) -> Option<&Owner> {
        self.owners.get(usize::from(place).checked_sub(1)?)
    }

    /// Every owner, in the order of their places from 1 on.
    pub(super) fn owners(&self) -> &[Owner] {
        &self.owners
    }

    #[cold]
    fn decode() -> Self {
        let mut owners = Vec::new();
        let lines: Vec<Way> = DIALLING.split('\n').map(Way::of).collect();
        let mut ways = WAYS.iter().filter_map(|way| lines.get(usize::from(*way)).copied());
        let mut bits = LENGTHS.iter().copied();
        for (calling_code, entry, names) in codes() {
            let lengths = Lengths::of(varint(&mut bits));
            if names.is_empty() {
                owners.push(Owner {
                    region: Region::of(entry),
                    calling_code,
                    shared: "",
                    lengths,
                    way: None,
                });
            }
            for region in regions(names) {
                owners.push(Owner { region, calling_code, shared: "", lengths, way: ways.next() });
            }
        }
        let runs = runs(&mut owners);
        let heads = (0..=HEADS).map(|head| {
            let first = head.wrapping_mul(HEAD_SPAN);
            u16::try_from(runs.partition_point(|run| run.0 < first)).unwrap_or_default()
        });
        Self { heads: heads.collect(), runs, owners }
    }
}

#[inline(never)]
/// The runs of all calling codes. Owners that share are appended as they come.
fn runs(owners: &mut Vec<Owner>) -> Vec<(u32, Place)> {
    let mut bytes = RUNS.iter().copied();
    let mut shared = SHARED.split('/');
    let mut runs = Vec::new();
    let (mut end, mut place) = (0, 1_u16);
    for (calling_code, _, names) in codes() {
        let missing = LEADING_DIGITS.saturating_sub(code_digits(calling_code));
        let span = 10_u32.wrapping_pow(u32::try_from(missing).unwrap_or_default());
        let first = u32::from(calling_code).wrapping_mul(span);
        if first > end {
            runs.push((end, NOBODY));
        }
        end = first.wrapping_add(span);
        let several = u16::try_from(names.len()).unwrap_or_default() / 2;
        if several < 2 {
            runs.push((first, place));
            place = place.wrapping_add(1);
            continue;
        }
        let sets_from = u16::try_from(owners.len()).unwrap_or_default();
        for set in shared.next().unwrap_or_default().split_terminator(' ') {
            let region = Region::of(set.get(..2).unwrap_or_default());
            let Some(&main) = owners.get(usize::from(place).wrapping_sub(1)) else { break };
            owners.push(Owner { region, shared: set, way: None, ..main });
        }
        let mut at = first;
        for _ in 0..varint(&mut bytes) {
            let distance = varint(&mut bytes);
            at = at.wrapping_add((distance >> 3).wrapping_mul(10_u32.wrapping_pow(distance & 7)));
            let owner = match u16::from(bytes.next().unwrap_or_default()) {
                0 => NOBODY,
                region if region <= several => place.wrapping_add(region).wrapping_sub(1),
                set => sets_from.wrapping_add(set).wrapping_sub(several),
            };
            runs.push((at, owner));
        }
        place = place.wrapping_add(several);
    }
    runs.push((end, NOBODY));
    runs
}

/// Each calling code, with what the table says of it and the names of its regions therein.
fn codes() -> impl Iterator<Item = (u16, &'static str, &'static str)> {
    CODES.split('/').scan(0_u16, |code, entry| {
        let (digits, names) = entry.split_at(entry.bytes().take_while(u8::is_ascii_digit).count());
        *code = if digits.is_empty() { code.wrapping_add(1) } else { number(digits) };
        Some((*code, entry, names))
    })
}

/// How many digits a calling code has.
pub(super) fn code_digits(code: u16) -> usize {
    match code {
        0..=9 => 1,
        10..=99 => 2,
        _ => 3,
    }
}

/// The regions of a list of two letters each.
pub(super) fn regions(names: &str) -> impl Iterator<Item = Region> + '_ {
    let starts = (0..names.len()).step_by(2);
    starts.filter_map(|at| names.get(at..at.saturating_add(2))).map(Region::of)
}

/// A number out of the table.
pub(super) fn number(digits: &str) -> u16 {
    let append = |sum: u16, digit: u8| sum.wrapping_mul(10).wrapping_add(u16::from(digit.wrapping_sub(b'0')));
    digits.bytes().fold(0, append)
}

/// A whole number, seven bits a byte, the lowest first.
fn varint(bytes: &mut impl Iterator<Item = u8>) -> u32 {
    let mut sum = 0;
    for (byte, shift) in bytes.zip((0_u32..).step_by(7)) {
        sum |= u32::from(byte & 127).wrapping_shl(shift);
        if byte < 128 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_complete() {
        let table = Table::get();
        assert_eq!(table.runs[0], (0, NOBODY));
        assert!(table.runs.is_sorted_by(|a, b| a.0 < b.0));
        assert!(table.runs.iter().all(|(first, _)| *first < 100_000_000));
        assert!(table.runs.iter().all(|(_, place)| usize::from(*place) <= table.owners.len()));
        let regions = table.owners.iter().filter(|owner| owner.way.is_some()).count();
        assert_eq!(regions, WAYS.len());
        for (index, owner) in table.owners.iter().enumerate() {
            assert!(owner.calling_code > 0 && owner.calling_code < 1000);
            let place = Place::try_from(index + 1).unwrap();
            let owned = |at: &Place| {
                *at == place
                    || table
                        .owner(*at)
                        .is_some_and(|other| super::regions(other.shared).any(|one| one == owner.region))
            };
            assert!(table.runs.iter().any(|(_, at)| owned(at)), "nothing leads to {:?}", owner.region);
            let shared: Vec<Region> = super::regions(owner.shared).collect();
            assert!(shared.is_empty() || shared.len() > 1 && shared[0] == owner.region);
        }
    }
}
