//! Tokens: derived from a session's id under a key for each kind, and recognised without any lookup.
//!
//! A session id opens nothing by itself. A bearer and a cookie carry the id and half of its HMAC-SHA256 under
//! their own keys (128 bits, beyond guessing), so a bearer is no cookie, a forgery is refused before anything
//! is looked up, and a stolen database holds no token.

use std::fmt;

use subtle::ConstantTimeEq;
use vestibule_model::{Rng, SessionId};

use crate::mac::MacKey;
use crate::ring::Keys;
use crate::{KeyRing, hex};

/// How many bytes of the MAC a token carries.
const MAC_LENGTH: usize = 16;

/// The least number of 18 decimal digits, and how many there are. They fit every signed 64-bit column and parser.
const LEAST_WSUK: u64 = 100_000_000_000_000_000;
const WSUKS: u64 = 9 * LEAST_WSUK;

/// The keys of all token kinds, ready for use. A session's tokens are derived under the generation that its id begins with.
/// Neither minting nor recognising allocates or takes a lock.
#[derive(Clone)]
pub struct TokenKeys(KeyRing);

impl TokenKeys {
    /// The token keys of an installation.
    pub fn derive(keys: impl Into<KeyRing>) -> Self {
        Self(keys.into())
    }

    /// A new session id: the active generation, then 15 random bytes.
    pub fn mint_session_id(&self, rng: &dyn Rng) -> SessionId {
        let mut id = [self.0.active().number(); 16];
        rng.fill(&mut id[1..]);
        SessionId(id)
    }

    /// The session's bearer token. The same each time, so a session can be named again.
    pub fn bearer(&self, id: SessionId) -> TokenText {
        carry(&self.of(id).bearer, id)
    }

    /// The session's cookie value. The same each time.
    pub fn cookie(&self, id: SessionId) -> TokenText {
        carry(&self.of(id).cookie, id)
    }

    /// The session's token against cross-site requests: names no session, and is compared, not read.
    pub fn csrf(&self, id: SessionId) -> TokenText {
        TokenText::new(&self.of(id).csrf.tag(&id.0))
    }

    /// The session's `wsuk`: a number of 18 decimal digits, the same each time. No credential.
    pub fn wsuk(&self, id: SessionId) -> u64 {
        let mut number = [0; 8];
        number.copy_from_slice(&self.of(id).wsuk.tag(&id.0)[..8]);
        LEAST_WSUK + u64::from_be_bytes(number) % WSUKS
    }

    /// The session's LiveVox id: a credential in the form of a random UUID (RFC 9562 §5.4), the same each time. It names
    /// the session to nobody who has not the table of sessions.
    pub fn livevox(&self, id: SessionId) -> [u8; 16] {
        as_uuid(self.of(id).livevox.tag(&id.0))
    }

    /// A name of the session for people and administrators, in the form of a random UUID. No credential.
    pub fn reference(&self, id: SessionId) -> [u8; 16] {
        as_uuid(self.of(id).reference.tag(&id.0))
    }

    /// The session that a bearer token names; None unless it is genuine, that is, 64 lower-case hexadecimal
    /// digits made by [`Self::bearer`] under these keys.
    pub fn read_bearer(&self, text: impl AsRef<[u8]>) -> Option<SessionId> {
        self.recognise(text.as_ref(), |keys| &keys.bearer)
    }

    /// The session that a cookie value names; None unless it is genuine, as for [`Self::read_bearer`].
    pub fn read_cookie(&self, text: impl AsRef<[u8]>) -> Option<SessionId> {
        self.recognise(text.as_ref(), |keys| &keys.cookie)
    }

    /// Whether `text` is the session's token against cross-site requests. Takes the same time for every wrong
    /// text of 64 bytes.
    pub fn csrf_matches(&self, id: SessionId, text: &str) -> bool {
        self.csrf(id).0.ct_eq(text.as_bytes()).into()
    }

    /// The keys that name a session. An id whose generation is not here gets names that nobody recognises.
    fn of(&self, id: SessionId) -> &Keys {
        self.0.keys(id.0[0]).unwrap_or_else(|| self.0.active_keys())
    }

    /// The id, if the MAC proves it under the id's own generation. The time tells whether that generation is accepted, which
    /// is no secret, and nothing else.
    fn recognise(&self, text: &[u8], key: impl Fn(&Keys) -> &MacKey) -> Option<SessionId> {
        let bytes = hex::read(text.try_into().ok()?)?;
        let (id, mac) = bytes.split_first_chunk::<16>()?;
        let key = key(self.0.accepted(id[0])?);
        bool::from(key.tag(id)[..MAC_LENGTH].ct_eq(mac)).then_some(SessionId(*id))
    }
}

/// The first half of a tag, with the six bits that mark a random UUID.
fn as_uuid(tag: [u8; 32]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&tag[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

/// The id and the MAC that proves it.
fn carry(key: &MacKey, id: SessionId) -> TokenText {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&id.0);
    bytes[16..].copy_from_slice(&key.tag(&id.0)[..MAC_LENGTH]);
    TokenText::new(&bytes)
}

/// A token as it is sent: 64 lower-case hexadecimal digits. `Copy`, and shown by `Display` only.
#[derive(Clone, Copy)]
pub struct TokenText([u8; 64]);

impl TokenText {
    fn new(bytes: &[u8; 32]) -> Self {
        let mut text = [0; 64];
        hex::write(bytes, &mut text);
        Self(text)
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        // Only hexadecimal digits are ever written to it.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<[u8]> for TokenText {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for TokenText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for TokenText {
    /// Shows that there is a token, not which: debug output ends up in logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TokenText(…)")
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
