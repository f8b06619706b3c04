//! Randomness as an argument.

/// A source of unpredictable bytes. The program's asks the operating system; a test may bring a seeded one.
pub trait Rng: Send + Sync + 'static {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}
