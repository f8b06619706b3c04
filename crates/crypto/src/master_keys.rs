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
    /// A key under two numbers: changing over from one to the other would be no rotation.
    #[error(
        "generations {0} and {1} of the master key are the same key: every generation needs a key of its own"
    )]
    Same(Generation, Generation),
}

impl MasterKeys {
    /// The key of a new installation.
    pub fn generate(rng: &dyn Rng) -> Self {
        MasterKey::generate(rng).into()
    }

    /// Reads what [`Self::to_text`] writes, and the digits of the first generation alone. Between keys stand white space,
    /// line breaks or commas; a line that begins with `#` is left out.
    pub fn from_text(text: &str) -> Result<Self, MasterKeysError> {
        let words: Vec<&str> = words(text).map(|(_, word)| word).collect();
        match words[..] {
            [] => Err(MasterKeysError::Empty),
            [only] if !only.contains(':') => Ok(MasterKey::from_hex(only)?.into()),
            _ => Self::numbered(&words),
        }
    }

    fn numbered(words: &[&str]) -> Result<Self, MasterKeysError> {
        let mut keys = BTreeMap::new();
        for (index, word) in words.iter().enumerate() {
            let (number, digits) = word.split_once(':').ok_or(MasterKeysError::Unnumbered(index + 1))?;
            let generation: Generation =
                number.parse().map_err(|_| MasterKeysError::Generation(index + 1))?;
            let key =
                MasterKey::from_hex(digits).map_err(|error| MasterKeysError::Numbered(generation, error))?;
            match keys.entry(generation) {
                Entry::Vacant(vacant) => drop(vacant.insert(key)),
                Entry::Occupied(_) => return Err(MasterKeysError::Twice(generation)),
            }
        }
        let keys = Self(keys);
        match keys.same() {
            Some((one, other)) => Err(MasterKeysError::Same(one, other)),
            None => Ok(keys),
        }
    }

    /// Two generations that have one key.
    fn same(&self) -> Option<(Generation, Generation)> {
        let mut seen = BTreeMap::new();
        self.iter()
            .find_map(|(generation, key)| Some((seen.insert(key.check_value(), generation)?, generation)))
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

    /// A text that holds keys, every line of it as it is, and behind it a new key, whose generation is given back; None: there is
    /// none after the last. The first generation alone gets its number.
    pub fn added_to_text(
        text: &str,
        rng: &dyn Rng,
    ) -> Result<Option<(Generation, Zeroizing<String>)>, MasterKeysError> {
        let mut keys = Self::from_text(text)?;
        let Some(generation) = keys.add(rng) else { return Ok(None) };
        let mut added = Zeroizing::new(String::with_capacity(text.len() + 80));
        // Where the digits of the first generation stand without its number.
        let digits = words(text).next().filter(|(_, word)| !word.contains(':'));
        let at = digits.map_or(text.len(), |(at, _)| at);
        let (before, behind) = text.split_at(at);
        added.push_str(before);
        if digits.is_some() {
            added.push_str(&Generation::FIRST.to_string());
            added.push(':');
        }
        added.push_str(behind);
        if !added.ends_with('\n') {
            added.push('\n');
        }
        let line = Self(keys.0.split_off(&generation)).to_text();
        added.push_str(&line);
        Ok(Some((generation, added)))
    }

    /// Adds the keys of others whose numbers are not here. Fails if one of them is here under another number.
    pub fn add_missing(&mut self, others: Self) -> Result<(), MasterKeysError> {
        for (generation, key) in others.0 {
            self.0.entry(generation).or_insert(key);
        }
        self.same().map_or(Ok(()), |(one, other)| Err(MasterKeysError::Same(one, other)))
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

    /// Keys that no text may hold together.
    #[cfg(test)]
    pub(crate) fn unchecked(keys: impl IntoIterator<Item = (Generation, MasterKey)>) -> Self {
        Self(keys.into_iter().collect())
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

/// What stands between separators, and where in the text it begins.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_separator = |c: char| c.is_whitespace() || c == ',';
    let lines = pieces(0, text.split_inclusive('\n'));
    let lines = lines.filter(|(_, line)| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(move |(start, line)| pieces(start, line.split_inclusive(is_separator)));
    words
        .map(move |(at, word)| (at, word.trim_end_matches(is_separator)))
        .filter(|(_, word)| !word.is_empty())
}

/// Pieces that follow one another, each with its place.
fn pieces<'a>(start: usize, pieces: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (usize, &'a str)> {
    pieces.scan(start, |next, piece| {
        let at = *next;
        *next += piece.len();
        Some((at, piece))
    })
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
        keys.add_missing(others).unwrap();
        assert_eq!(keys.to_text(), expected);
        keys.add_missing(MasterKeys(BTreeMap::from([(generation(2), master_key(9))]))).unwrap();
        assert_eq!(keys.to_text(), expected);
        let same = MasterKeys(BTreeMap::from([(generation(4), master_key(2))]));
        assert_eq!(keys.add_missing(same), Err(MasterKeysError::Same(generation(2), generation(4))));
    }

    #[test]
    fn one_key_under_two_numbers_is_refused_without_being_shown() {
        let (one, other) = (master_key(1).to_hex(), master_key(2).to_hex());
        let text = format!("1:{} 2:{} 7:{}", *one, *other, one.to_uppercase());
        let refused = read(&text).unwrap_err();
        assert_eq!(refused, MasterKeysError::Same(generation(1), generation(7)));
        assert!(!format!("{refused:?} {refused}").contains(&**one));
    }

    #[test]
    fn a_key_is_added_behind_every_line_that_is_there() {
        let digits = master_key(1).to_hex();
        let added = |text: &str| {
            let (generation, text) = MasterKeys::added_to_text(text, &SeededRng::new(9)).unwrap().unwrap();
            let keys = MasterKeys::from_text(&text).unwrap();
            assert_eq!(keys.last(), generation);
            let line = format!("{generation}:{}\n", *keys.0[&generation].to_hex());
            text.strip_suffix(&line).unwrap().to_owned()
        };
        let digits = digits.as_str();
        assert_eq!(
            added(&format!("# a\n\n  {digits} \n# 1: b\n")),
            format!("# a\n\n  1:{digits} \n# 1: b\n")
        );
        assert_eq!(added(digits), format!("1:{digits}\n"));
        let numbered = format!("# a\r\n3:{digits},\r\n# b\r\n");
        assert_eq!(added(&numbered), numbered);
        let full = format!("255:{digits}");
        assert!(MasterKeys::added_to_text(&full, &SeededRng::new(9)).unwrap().is_none());
        assert!(MasterKeys::added_to_text("# nothing", &SeededRng::new(9)).is_err());
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
