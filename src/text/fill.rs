//! The one rule by which units fill segments: what would be cut apart starts the next segment (TS 23.040 9.2.3.24.1).

use super::layout::Layout;

/// Where a segment starts, and what the one before it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Index of the segment's first character.
    pub(super) index: usize,
    /// Units of the segment before it.
    pub(super) filled: usize,
}

/// Segments being filled, as if there were several: whether one holds all is known at the end.
///
/// A text is at most `isize::MAX` bytes and every byte adds at most two units, so nothing here wraps on 64 bits; on
/// 32 bits a text of a gigabyte would have to be handed in first.
#[derive(Default)]
pub(super) struct Filling<'a> {
    part: usize,
    /// Units in the segment being filled.
    pub(super) filled: usize,
    /// Segments that are full.
    full: usize,
    pub(super) units: usize,
    cuts: Option<&'a mut Vec<Cut>>,
}

impl<'a> Filling<'a> {
    #[inline]
    pub(super) fn new(layout: Layout, cuts: Option<&'a mut Vec<Cut>>) -> Self {
        Self { part: layout.part, cuts, ..Self::default() }
    }

    /// Whether so many units fit into the segment being filled.
    #[inline]
    pub(super) fn fits(&self, units: usize) -> bool {
        self.filled.wrapping_add(units) <= self.part
    }

    /// Units that still fit into the segment being filled.
    #[inline]
    pub(super) fn room(&self) -> usize {
        self.part.wrapping_sub(self.filled)
    }

    /// Whether so many units fit into a segment of their own.
    pub(super) fn whole_fits(&self, units: usize) -> bool {
        units <= self.part
    }

    /// A character of so many units, which are never cut apart.
    #[inline]
    pub(super) fn character(&mut self, index: usize, units: usize) {
        if !self.fits(units) {
            self.cut(index);
        }
        self.add(units);
    }

    /// So many characters of one unit, no more than one segment holds.
    #[inline]
    pub(super) fn run(&mut self, index: usize, units: usize) {
        if self.fits(units) {
            self.add(units);
        } else {
            let here = self.part.wrapping_sub(self.filled);
            self.add(here);
            self.cut(index.wrapping_add(here));
            self.add(units.wrapping_sub(here));
        }
    }

    /// Units that fit.
    #[inline]
    pub(super) fn add(&mut self, units: usize) {
        self.filled = self.filled.wrapping_add(units);
        self.units = self.units.wrapping_add(units);
    }

    /// The next character starts a segment.
    #[cold]
    pub(super) fn cut(&mut self, index: usize) {
        if let Some(cuts) = &mut self.cuts {
            cuts.push(Cut { index, filled: self.filled });
        }
        self.full = self.full.wrapping_add(1);
        self.filled = 0;
    }

    /// How many segments there are, and the units of the last.
    #[inline]
    pub(super) fn segments(&self, layout: Layout) -> (usize, usize) {
        if self.units <= layout.single { (1, self.units) } else { (self.full.wrapping_add(1), self.filled) }
    }
}
