//! Chance that costs next to nothing and is the same in every run.

/// A sequence of numbers (xorshift64*). For load only: anybody can foretell it.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Different seeds give different sequences.
    pub(crate) fn seeded(seed: u32) -> Self {
        Self((u64::from(seed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `bound`; 0 when that is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        let scaled = (u128::from(high) * (bound as u128)) >> 32;
        usize::try_from(scaled).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_the_bound_is_drawn_and_no_other() {
        let mut draw = Draw::seeded(0);
        let mut seen = [0; 10];
        (0..10_000).for_each(|_| seen[draw.below(10)] += 1);
        assert!(seen.iter().all(|count| (800..1_200).contains(count)), "{seen:?}");
    }
}
