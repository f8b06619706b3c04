//! Generations of the master key: how they are numbered, and what a database says of each. No keys are in here.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// The number of a master key among those that an installation has had: 1 to 255. Later keys have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(NonZeroU8);

/// A text that is no generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a generation of the master key is a number from 1 to 255")]
pub struct NoGeneration;

impl Generation {
    /// That of the key which an installation begins with.
    pub const FIRST: Self = Self(NonZeroU8::MIN);

    /// None for 0.
    pub const fn new(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// As a number, 1 to 255.
    pub const fn number(self) -> u8 {
        self.0.get()
    }

    /// The one after this; None: this is the last there can be.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl FromStr for Generation {
    type Err = NoGeneration;

    /// Decimal digits, without sign and leading zeros.
    fn from_str(text: &str) -> Result<Self, NoGeneration> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|_| is_plain).and_then(Self::new).ok_or(NoGeneration)
    }
}

/// How a secret begins that is sealed under the first generation: it had no number yet.
const FIRST_SEAL: u8 = 1;

/// How one begins that is sealed under a later generation, whose number follows.
const NUMBERED_SEAL: u8 = 2;

/// How a secret begins that is sealed under a generation.
pub fn seal_prefix(generation: Generation) -> Vec<u8> {
    if generation == Generation::FIRST { vec![FIRST_SEAL] } else { vec![NUMBERED_SEAL, generation.number()] }
}

/// The generation that a sealed secret says it is sealed under; None: it has no form that is known.
pub fn sealed_under(sealed: &[u8]) -> Option<Generation> {
    match sealed {
        [FIRST_SEAL, ..] => Some(Generation::FIRST),
        // The first generation has a form of its own: one secret has one form.
        [NUMBERED_SEAL, number, ..] => Generation::new(*number).filter(|later| *later != Generation::FIRST),
        _ => None,
    }
}

/// What a generation of the master key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum KeyState {
    /// It is there, and nothing was made with it yet.
    Distributed,
    /// Everything new is made with it. One generation at a time.
    Active,
    /// What was made with it is accepted, and nothing new is made with it.
    Readable,
    /// Nothing that was made with it is accepted; it verifies what is old: entries of the audit, backups.
    Retired,
}

impl fmt::Display for KeyState {
    /// The name that the audit and the administration API have for it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}

/// What a database says of a generation that is, or was, active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKeyRecord {
    /// Which.
    pub generation: Generation,
    /// Derived from the key, and tells nothing about it: another key of this number is noticed.
    pub check_value: [u8; 32],
    /// Never [`KeyState::Distributed`]: of such the database does not know.
    pub state: KeyState,
    /// When it became active; None: before that was kept.
    pub activated_at: Option<Millis>,
    /// When it was retired; None: it is not.
    pub retired_at: Option<Millis>,
}

impl MasterKeyRecord {
    /// That of an installation which has had one key.
    pub const fn first(check_value: [u8; 32]) -> Self {
        Self {
            generation: Generation::FIRST,
            check_value,
            state: KeyState::Active,
            activated_at: None,
            retired_at: None,
        }
    }
}

/// The check values of the master keys that are at hand, by generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckValues(pub BTreeMap<Generation, [u8; 32]>);

impl From<[u8; 32]> for CheckValues {
    /// That of the first generation alone.
    fn from(check_value: [u8; 32]) -> Self {
        Self(BTreeMap::from([(Generation::FIRST, check_value)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_read_as_it_is_shown() {
        for number in 1..=u8::MAX {
            let generation = Generation::new(number).unwrap();
            assert_eq!(generation.to_string().parse(), Ok(generation));
        }
    }

    #[test]
    fn what_is_no_generation_is_refused() {
        for text in ["", "0", "256", "-1", "+1", "01", " 1", "1a", "99999999999999999999"] {
            assert_eq!(text.parse::<Generation>(), Err(NoGeneration), "{text}");
        }
    }

    #[test]
    fn a_seal_begins_with_its_generation() {
        for generation in (1..=u8::MAX).filter_map(Generation::new) {
            let sealed = [seal_prefix(generation), vec![7; 40]].concat();
            assert_eq!(sealed_under(&sealed), Some(generation));
        }
        for other in [&[][..], &[0], &[2], &[2, 0], &[2, 1], &[3, 1]] {
            assert_eq!(sealed_under(other), None, "{other:?}");
        }
    }

    #[test]
    fn generations_end_at_255() {
        assert_eq!(Generation::FIRST.next().map(Generation::number), Some(2));
        assert_eq!(Generation::new(255).and_then(Generation::next), None);
    }
}
