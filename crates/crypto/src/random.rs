//! Random bytes from the operating system.

use vestibule_model::Rng;

use crate::hex;

/// Asks the operating system. The program's only source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRng;

impl Rng for OsRng {
    /// # Panics
    ///
    /// If the operating system has no randomness to give, which on a supported one does not happen once it has
    /// started. No caller could go on without: a predictable token is worse than none.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    #[expect(clippy::expect_used, reason = "without randomness nothing here can go on safely")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gave no random bytes");
    }
}

/// `bytes` random bytes as lower-case hexadecimal, twice as many characters.
pub fn random_hex(rng: &dyn Rng, bytes: usize) -> String {
    let mut random = vec![0; bytes];
    rng.fill(&mut random);
    random.iter().flat_map(|byte| hex::digits(*byte)).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_system_gives_different_bytes_each_time() {
        assert_ne!(random_hex(&OsRng, 16), random_hex(&OsRng, 16));
    }

    #[test]
    fn random_hex_has_two_digits_per_byte() {
        assert_eq!(random_hex(&OsRng, 20).len(), 40);
    }

    #[test]
    fn random_hex_is_lower_case() {
        assert!(random_hex(&OsRng, 64).bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    }

    #[test]
    fn random_hex_of_no_bytes_is_empty() {
        assert_eq!(random_hex(&OsRng, 0), "");
    }
}
