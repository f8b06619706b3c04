//! What the tests of this crate share.

use std::sync::atomic::{AtomicU64, Ordering};

use vestibule_model::{Generation, KeyState, MasterKeyRecord, Rng};

use crate::{MasterKey, MasterKeys};

/// A repeatable source of bytes (`SplitMix64`). For tests only: anybody can predict it.
pub(crate) struct SeededRng(AtomicU64);

impl SeededRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut word = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A master key that is the same for the same seed.
pub(crate) fn master_key(seed: u64) -> MasterKey {
    MasterKey::generate(&SeededRng::new(seed))
}

/// Master keys of these generations, each the same for the same number.
pub(crate) fn master_keys(numbers: &[u8]) -> MasterKeys {
    let line = |number: &u8| format!("{number}:{}\n", *master_key(u64::from(*number)).to_hex());
    MasterKeys::from_text(&numbers.iter().map(line).collect::<String>()).unwrap()
}

pub(crate) fn generation(number: u8) -> Generation {
    Generation::new(number).unwrap()
}

/// What a database says of one of [`master_keys`].
pub(crate) fn record(number: u8, state: KeyState) -> MasterKeyRecord {
    let check_value = master_key(u64::from(number)).check_value();
    MasterKeyRecord {
        generation: generation(number),
        check_value,
        state,
        activated_at: None,
        retired_at: None,
    }
}

/// The master key of the known answers, which were computed outside of this program.
pub(crate) fn fixed_master_key() -> MasterKey {
    MasterKey::from_hex(&"0b".repeat(32)).unwrap()
}

/// The bytes of a text of hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    text.as_bytes().as_chunks::<2>().0.iter().map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}
