//! The master key, and the keys derived from it, one for each purpose.
//!
//! The master key comes from a file or the environment and is never stored in the database.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use vestibule_model::Rng;
use zeroize::Zeroizing;

use crate::hex;

/// The secret that every other key is derived from: 32 random bytes, wiped when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// A text that is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Not 64 characters long, white space around it not counted.
    #[error("a master key is 64 hexadecimal digits, this has {0} characters")]
    Length(usize),
    /// Something among the characters is no hexadecimal digit.
    #[error("a master key is 64 hexadecimal digits, there is another character among these")]
    Digit,
}

/// What a derived key is for. Keys of different purposes are independent of each other (RFC 5869 §3.2).
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Bearer,
    Cookie,
    Csrf,
    Wsuk,
    Livevox,
    LivevoxMac,
    Reference,
    Seal,
    SecretDigest,
    Audit,
    EndJournal,
    Witness,
    Backup,
    PageCookie,
    PageCsrf,
    ConsoleCookie,
    ConsoleCsrf,
    RefreshToken,
    CheckValue,
}

impl Purpose {
    /// The HKDF info string. Never change one: everything made with the key would be lost.
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Bearer => b"vestibule/v1/bearer",
            Self::Cookie => b"vestibule/v1/cookie",
            Self::Csrf => b"vestibule/v1/csrf",
            Self::Wsuk => b"vestibule/v1/wsuk",
            Self::Livevox => b"vestibule/v1/livevox",
            Self::LivevoxMac => b"vestibule/v1/livevox-mac",
            Self::Reference => b"vestibule/v2/reference",
            Self::Seal => b"vestibule/v1/seal",
            Self::SecretDigest => b"vestibule/v1/secret-digest",
            Self::Audit => b"vestibule/v1/audit",
            Self::EndJournal => b"vestibule/v1/end-journal",
            Self::Witness => b"vestibule/v1/witness",
            Self::Backup => b"vestibule/v1/backup",
            Self::PageCookie => b"vestibule/v1/page-cookie",
            Self::PageCsrf => b"vestibule/v1/page-csrf",
            Self::ConsoleCookie => b"vestibule/v1/console-cookie",
            Self::ConsoleCsrf => b"vestibule/v1/console-csrf",
            Self::RefreshToken => b"vestibule/v1/refresh-token",
            Self::CheckValue => b"vestibule/v1/check-value",
        }
    }
}

impl MasterKey {
    /// A new key.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Reads exactly 64 hexadecimal digits of either case; white space around them is ignored, since files
    /// end in a line break.
    pub fn from_hex(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let digits: &[u8; 64] =
            text.as_bytes().try_into().map_err(|_| MasterKeyError::Length(text.chars().count()))?;
        let mut digits = Zeroizing::new(*digits);
        digits.make_ascii_lowercase();
        hex::read(&digits).map(|bytes| Self(Zeroizing::new(bytes))).ok_or(MasterKeyError::Digit)
    }

    /// 64 lower-case hexadecimal digits, wiped when dropped. For the key's file and nowhere else.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let digits = self.0.iter().flat_map(|byte| hex::digits(*byte)).map(char::from);
        let mut text = Zeroizing::new(String::with_capacity(64));
        text.extend(digits);
        text
    }

    /// A value to keep in the database, so that a start with the wrong master key is noticed. Tells nothing
    /// about the key.
    pub fn check_value(&self) -> [u8; 32] {
        *self.derive(Purpose::CheckValue)
    }

    /// The key of a purpose, by HKDF-SHA256 (RFC 5869) without salt.
    #[expect(clippy::expect_used, reason = "HKDF gives up to 8160 bytes (RFC 5869 §2.3), 32 are asked for")]
    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_slice())
            .expand(purpose.info(), key.as_mut_slice())
            .expect("HKDF refused to give 32 bytes");
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::{SeededRng, master_key};

    const PURPOSES: [Purpose; 19] = [
        Purpose::Bearer,
        Purpose::Cookie,
        Purpose::Csrf,
        Purpose::Wsuk,
        Purpose::Livevox,
        Purpose::LivevoxMac,
        Purpose::Reference,
        Purpose::Seal,
        Purpose::SecretDigest,
        Purpose::Audit,
        Purpose::EndJournal,
        Purpose::Witness,
        Purpose::Backup,
        Purpose::PageCookie,
        Purpose::PageCsrf,
        Purpose::ConsoleCookie,
        Purpose::ConsoleCsrf,
        Purpose::RefreshToken,
        Purpose::CheckValue,
    ];

    #[test]
    fn is_read_as_it_was_written() {
        let key = MasterKey::generate(&SeededRng::new(1));
        assert_eq!(MasterKey::from_hex(&key.to_hex()).unwrap().to_hex(), key.to_hex());
    }

    #[test]
    fn ignores_white_space_around_it() {
        let text = format!("  {}\r\n", *master_key(1).to_hex());
        assert_eq!(MasterKey::from_hex(&text).unwrap().to_hex(), master_key(1).to_hex());
    }

    #[test]
    fn is_read_in_upper_case() {
        let text = master_key(1).to_hex().to_uppercase();
        assert_eq!(MasterKey::from_hex(&text).unwrap().to_hex(), master_key(1).to_hex());
    }

    #[test]
    fn says_how_long_a_text_of_the_wrong_length_is() {
        assert_eq!(MasterKey::from_hex(&"a".repeat(63)).unwrap_err(), MasterKeyError::Length(63));
    }

    #[test]
    fn refuses_other_characters() {
        assert_eq!(MasterKey::from_hex(&"g".repeat(64)).unwrap_err(), MasterKeyError::Digit);
    }

    #[test]
    fn never_shows_itself_in_debug_output() {
        assert_eq!(format!("{:?}", master_key(1)), "MasterKey(…)");
    }

    #[test]
    fn every_purpose_has_its_own_key() {
        let key = master_key(1);
        let keys: BTreeSet<_> = PURPOSES.iter().map(|purpose| *key.derive(*purpose)).collect();
        assert_eq!(keys.len(), PURPOSES.len());
    }

    #[test]
    fn the_check_value_of_another_key_differs() {
        assert_ne!(master_key(1).check_value(), master_key(2).check_value());
    }

    /// Computed with an independent implementation of HKDF; it must never change.
    #[test]
    fn the_check_value_stays_what_it_is() {
        let mut text = [0; 64];
        hex::write(&MasterKey::from_hex(&"0b".repeat(32)).unwrap().check_value(), &mut text);
        assert_eq!(
            std::str::from_utf8(&text).unwrap(),
            "37114750e87d4b6b2273fb244f9048e8badab442468e68756809886f67f7dbfd"
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,80}") {
            let _ = MasterKey::from_hex(&text);
        }
    }
}
