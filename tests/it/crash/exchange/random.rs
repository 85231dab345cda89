//! Chance that can be had again.

/// The same numbers for the same seed.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another one, for somebody who draws at a pace of their own.
    pub const fn branch(&self, number: u64) -> Self {
        Self(self.0.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// By `SplitMix64`.
    pub const fn number_below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (number ^ (number >> 31)) % end
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number_below(end as u64)).expect("below a usize")
    }
}
