//! Random values that are not secrets of users.

use vestibule_model::Rng;

/// A random number of exactly ten decimal digits.
pub fn ten_digits(rng: &dyn Rng) -> i64 {
    const SMALLEST: i64 = 1_000_000_000;
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    SMALLEST + i64::from_be_bytes(bytes).rem_euclid(9 * SMALLEST)
}
