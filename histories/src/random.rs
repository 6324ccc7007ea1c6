//! Chance that is the same every time: splitmix64.

/// A source of chance.
pub struct Random(u64);

impl Random {
    /// The one of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 on, below this one.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One of these.
    ///
    /// # Panics
    /// Where there are none.
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let bound = u64::try_from(choices.len()).unwrap();
        &choices[usize::try_from(self.below(bound)).unwrap()]
    }

    /// Whether something comes to pass that does so many times in a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    /// This, so many times in a hundred.
    pub fn maybe<T>(&mut self, times: u64, thing: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.percent(times) { Some(thing(self)) } else { None }
    }
}
