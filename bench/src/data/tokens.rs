//! Tokens in one piece of memory: 64 bytes each and nothing besides.

use std::fmt;

use vestibule_crypto::TokenKeys;
use vestibule_model::SessionId;

/// Tokens as they are sent: 64 hexadecimal digits each.
pub(crate) struct Tokens(Vec<[u8; 64]>);

impl Tokens {
    /// These.
    #[cfg(test)]
    pub(crate) fn of(tokens: impl Into<Vec<[u8; 64]>>) -> Self {
        Self(tokens.into())
    }

    /// The bearers of sessions.
    pub(crate) fn bearers(keys: &TokenKeys, sessions: &[SessionId]) -> Self {
        let bearer = |id: &SessionId| {
            let mut text = [0; 64];
            text.copy_from_slice(keys.bearer(*id).as_str().as_bytes());
            text
        };
        Self(sessions.iter().map(bearer).collect())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// One of them.
    pub(crate) fn get(&self, index: usize) -> Option<&[u8; 64]> {
        self.0.get(index)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, [u8; 64]> {
        self.0.iter()
    }

    /// All of them, so many at a time.
    pub(crate) fn chunks(&self, size: usize) -> std::slice::Chunks<'_, [u8; 64]> {
        self.0.chunks(size)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tokens({})", self.0.len())
    }
}
