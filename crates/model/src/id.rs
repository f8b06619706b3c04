//! Identifiers: small, `Copy`, and not interchangeable with one another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Generation;

/// An identifier that is not of its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not `^[a-zA-Z0-9_]{1,20}$`.
    #[error("an account id is 1 to 20 of the characters A-Z, a-z, 0-9 and _")]
    Account,
    /// No UUID.
    #[error("a session's reference is a UUID")]
    SessionReference,
}

/// An account's id: `^[a-zA-Z0-9_]{1,20}$` (contract liveperson §1), case-sensitive.
///
/// Kept inline, so that it is `Copy` and a lookup by it allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId {
    bytes: [u8; AccountId::LONGEST],
    length: u8,
}

impl AccountId {
    /// The longest, in bytes (contract liveperson §1).
    pub const LONGEST: usize = 20;

    /// The id that the text is; None: it is none.
    pub const fn new(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.is_empty() || text.len() > Self::LONGEST {
            return None;
        }
        let (mut bytes, mut length) = ([0; Self::LONGEST], 0);
        while (length as usize) < text.len() {
            let byte = text[length as usize];
            if !byte.is_ascii_alphanumeric() && byte != b'_' {
                return None;
            }
            bytes[length as usize] = byte;
            length += 1;
        }
        Some(Self { bytes, length })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // The bytes were checked to be ASCII when the id was made.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl FromStr for AccountId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text).ok_or(IdError::Account)
    }
}

impl TryFrom<String> for AccountId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

/// A user's id, unique in the whole installation; on the wire a string of digits (contract liveperson §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The id of an application (an API key, an OAuth client, an application token), unique in the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApplicationId(pub i64);

impl fmt::Display for ApplicationId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The id of a connection to an identity provider, unique in the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub i64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The id of an administration token, unique in the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdministrationTokenId(pub i64);

impl fmt::Display for AdministrationTokenId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The id of a key that tokens are signed with, unique in the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningKeyId(pub i64);

impl fmt::Display for SigningKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A session's name for people, administrators and the audit, in the form of a UUID. It opens nothing, and nobody
/// without the master key finds the session's id by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionReference(pub [u8; 16]);

impl fmt::Display for SessionReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(out)
    }
}

impl fmt::Debug for SessionReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for SessionReference {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let uuid = Uuid::parse_str(text).map_err(|_| IdError::SessionReference)?;
        Ok(Self(uuid.into_bytes()))
    }
}

impl TryFrom<String> for SessionReference {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<SessionReference> for String {
    fn from(reference: SessionReference) -> Self {
        reference.to_string()
    }
}

/// A session's id. New ones are of the second form: a zero, a byte that names the generation of token keys, 14 random bytes.
/// Those of the first form have that byte first, and then 15 random ones; their LiveVox ids carry no MAC.
///
/// It opens nothing by itself: every credential is derived from it under a key (`vestibule-crypto`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// A new id under a generation of the master key.
    pub fn of(generation: Generation, random: [u8; 14]) -> Self {
        let mut id = [0; 16];
        id[1] = generation.number();
        id[2..].copy_from_slice(&random);
        Self(id)
    }

    /// The generation of the master key under which the session's tokens are derived. None for an id that this program
    /// would not make.
    pub const fn generation(self) -> Option<Generation> {
        let [first, second, ..] = self.0;
        Generation::new(if first == 0 { second } else { first })
    }

    /// Whether it is of the first form: it begins with its generation, which is never zero.
    pub const fn is_of_first_form(self) -> bool {
        self.0[0] != 0
    }
}

impl fmt::Debug for SessionId {
    /// The first six bytes as hexadecimal: enough to follow a session through a log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..6].iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn account_id_accepts_exactly_its_pattern(text in "[a-zA-Z0-9_ é./-]{0,24}") {
            let matches = (1..=20).contains(&text.len())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            prop_assert_eq!(text.parse::<AccountId>().is_ok(), matches);
        }

        #[test]
        fn a_session_reference_is_read_as_it_was_written(bytes in any::<[u8; 16]>()) {
            let reference = SessionReference(bytes);
            prop_assert_eq!(reference.to_string().parse::<SessionReference>().unwrap(), reference);
        }

        #[test]
        fn a_session_id_names_its_generation_and_is_not_of_the_first_form(number in 1..=255_u8, random: [u8; 14]) {
            let id = SessionId::of(Generation::new(number).unwrap(), random);
            prop_assert_eq!(id.generation().map(Generation::number), Some(number));
            prop_assert!(!id.is_of_first_form());
        }

        #[test]
        fn a_session_id_of_the_first_form_is_told_by_its_first_byte(number in 1..=255_u8, random: [u8; 15]) {
            let mut bytes = [number; 16];
            bytes[1..].copy_from_slice(&random);
            prop_assert_eq!(SessionId(bytes).generation().map(Generation::number), Some(number));
            prop_assert!(SessionId(bytes).is_of_first_form());
        }

        #[test]
        fn account_id_is_written_as_it_was_read(text in "[a-zA-Z0-9_]{1,20}") {
            prop_assert_eq!(text.parse::<AccountId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn session_id_shows_only_its_beginning() {
        assert_eq!(format!("{:?}", SessionId([0xab; 16])), "abababababab");
    }
}
