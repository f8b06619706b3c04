//! The master keys that an operator holds, as they are written down: in a file, or in an environment variable.
//!
//! An installation that never rotated its key has one, of generation 1, and writes it as 64 hexadecimal digits. With several
//! each is `GENERATION:DIGITS`. Which of them is in use is not said here but in the database, so that all nodes follow one truth.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use vestibule_model::{CheckValues, Generation, Rng};
use zeroize::Zeroizing;

use crate::keys::{MasterKey, MasterKeyError};

/// One master key or several, each of another generation. Wiped when dropped.
#[derive(Debug)]
pub struct MasterKeys(BTreeMap<Generation, MasterKey>);

/// A text that holds no master keys. Shows nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeysError {
    /// Nothing but white space.
    #[error("there is no master key in it")]
    Empty,
    /// There is one key, which is none.
    #[error(transparent)]
    Key(#[from] MasterKeyError),
    /// Before the colon stands no generation.
    #[error("master key number {0} has no generation from 1 to 255 before its colon")]
    Generation(usize),
    /// One of several has no colon.
    #[error(
        "master key number {0} does not say its generation: with several keys each is written GENERATION:DIGITS"
    )]
    Unnumbered(usize),
    /// What stands behind a colon is no key.
    #[error("master key of generation {0}")]
    Numbered(Generation, #[source] MasterKeyError),
    /// A generation twice.
    #[error("generation {0} of the master key is there twice")]
    Twice(Generation),
}

impl MasterKeys {
    /// The key of a new installation.
    pub fn generate(rng: &dyn Rng) -> Self {
        MasterKey::generate(rng).into()
    }

    /// Reads what [`Self::to_text`] writes, and the digits of the first generation alone. Between keys stand white space,
    /// line breaks or commas; a line that begins with `#` is left out.
    pub fn from_text(text: &str) -> Result<Self, MasterKeysError> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(|line| line.split(|c: char| c.is_whitespace() || c == ','));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        match words[..] {
            [] => Err(MasterKeysError::Empty),
            [only] if !only.contains(':') => Ok(MasterKey::from_hex(only)?.into()),
            _ => Self::numbered(&words),
        }
    }

    fn numbered(words: &[&str]) -> Result<Self, MasterKeysError> {
        let mut keys = BTreeMap::new();
        for (place, word) in words.iter().enumerate() {
            let (number, digits) = word.split_once(':').ok_or(MasterKeysError::Unnumbered(place + 1))?;
            let generation: Generation =
                number.parse().map_err(|_| MasterKeysError::Generation(place + 1))?;
            let key =
                MasterKey::from_hex(digits).map_err(|error| MasterKeysError::Numbered(generation, error))?;
            match keys.entry(generation) {
                Entry::Vacant(place) => drop(place.insert(key)),
                Entry::Occupied(_) => return Err(MasterKeysError::Twice(generation)),
            }
        }
        Ok(Self(keys))
    }

    /// A line for each key, oldest first; the first generation alone as its digits. For the keys' file and nowhere else.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Room for all of it: a text that grows leaves copies of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() * 70));
        for (generation, key) in &self.0 {
            if self.0.len() > 1 || *generation != Generation::FIRST {
                text.push_str(&generation.to_string());
                text.push(':');
            }
            text.push_str(&key.to_hex());
            text.push('\n');
        }
        text
    }

    /// Adds a new key, of the generation after the last, which is given back; None: there is none after it.
    pub fn add(&mut self, rng: &dyn Rng) -> Option<Generation> {
        let generation = self.last().next()?;
        self.0.insert(generation, MasterKey::generate(rng));
        Some(generation)
    }

    /// Adds the keys of others whose numbers are not here.
    pub fn add_missing(&mut self, others: Self) {
        for (generation, key) in others.0 {
            self.0.entry(generation).or_insert(key);
        }
    }

    /// Takes out a key. False if it is the only one, or not there.
    pub fn remove(&mut self, generation: Generation) -> bool {
        self.0.len() > 1 && self.0.remove(&generation).is_some()
    }

    /// The newest generation.
    pub fn last(&self) -> Generation {
        self.0.last_key_value().map_or(Generation::FIRST, |(generation, _)| *generation)
    }

    /// The generations, oldest first.
    pub fn generations(&self) -> impl Iterator<Item = Generation> {
        self.0.keys().copied()
    }

    /// By which a database knows them.
    pub fn check_values(&self) -> CheckValues {
        CheckValues(self.iter().map(|(generation, key)| (generation, key.check_value())).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Generation, &MasterKey)> {
        self.0.iter().map(|(generation, key)| (*generation, key))
    }
}

impl From<MasterKey> for MasterKeys {
    /// As the first generation.
    fn from(key: MasterKey) -> Self {
        Self(BTreeMap::from([(Generation::FIRST, key)]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{SeededRng, generation, master_key, master_keys};

    fn read(text: &str) -> Result<String, MasterKeysError> {
        MasterKeys::from_text(text).map(|keys| keys.to_text().to_string())
    }

    #[test]
    fn the_first_key_alone_is_written_as_its_digits() {
        let digits = master_key(1).to_hex();
        let keys = MasterKeys::from_text(&digits).unwrap();
        assert_eq!(keys.generations().collect::<Vec<_>>(), [Generation::FIRST]);
        assert_eq!(keys.to_text().as_str(), format!("{}\n", *digits));
    }

    #[test]
    fn several_keys_are_read_as_they_were_written() {
        let text = master_keys(&[1, 2, 255]).to_text().to_string();
        assert_eq!(read(&text).unwrap(), text);
        assert_eq!(read(&text.replace('\n', ",")).unwrap(), text);
        assert_eq!(read(&format!("# keys\n\n  {}", text.replace('\n', "  \r\n"))).unwrap(), text);
    }

    #[test]
    fn keys_of_others_are_added_and_replace_none() {
        let (mut keys, others) = (master_keys(&[1, 2]), master_keys(&[3]));
        let expected = master_keys(&[1, 2, 3]).to_text();
        keys.add_missing(others);
        assert_eq!(keys.to_text(), expected);
        keys.add_missing(MasterKeys(BTreeMap::from([(generation(2), master_key(9))])));
        assert_eq!(keys.to_text(), expected);
    }

    #[test]
    fn a_later_key_alone_says_its_generation() {
        let text = master_keys(&[7]).to_text().to_string();
        assert!(text.starts_with("7:"));
        assert_eq!(read(&text).unwrap(), text);
    }

    #[test]
    fn another_key_comes_after_the_last() {
        let mut keys = master_keys(&[3]);
        assert_eq!(keys.add(&SeededRng::new(9)), Some(generation(4)));
        assert_eq!(keys.last(), generation(4));
        assert_eq!(master_keys(&[255]).add(&SeededRng::new(9)), None);
    }

    #[test]
    fn the_only_key_stays() {
        let mut keys = master_keys(&[1, 2]);
        assert!(keys.remove(generation(1)) && !keys.remove(generation(1)) && !keys.remove(generation(2)));
        assert_eq!(keys.last(), generation(2));
    }

    #[test]
    fn what_holds_no_keys_is_refused_without_being_shown() {
        let digits = master_key(1).to_hex();
        let refused = |text: &str| read(text).unwrap_err();
        assert_eq!(refused(" \n # nothing\n"), MasterKeysError::Empty);
        assert_eq!(refused("hunter2"), MasterKeysError::Key(MasterKeyError::Length(7)));
        assert_eq!(refused(&format!("1:{} {}", *digits, *digits)), MasterKeysError::Unnumbered(2));
        assert_eq!(refused(&format!("0:{}", *digits)), MasterKeysError::Generation(1));
        assert_eq!(refused(&format!("2:{} 2:{}", *digits, *digits)), MasterKeysError::Twice(generation(2)));
        let short = MasterKeysError::Numbered(generation(2), MasterKeyError::Length(7));
        assert_eq!(refused("2:hunter2"), short);
        assert!(!format!("{short:?} {short}").contains("hunter2"));
    }

    #[test]
    fn never_show_themselves_in_debug_output() {
        let keys = master_keys(&[1]);
        assert!(!format!("{keys:?}").contains(keys.to_text().trim()));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[0-9a-f:, \n#x]{0,200}") {
            let _ = MasterKeys::from_text(&text);
        }
    }
}
