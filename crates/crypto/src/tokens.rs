//! Tokens: derived from a session's id under a key for each kind, and recognised without any lookup.
//!
//! A session id opens nothing by itself. A bearer and a cookie carry the id and half of its HMAC-SHA256 under
//! their own keys (128 bits, beyond guessing), so a bearer is no cookie, a forgery is refused before anything
//! is looked up, and a stolen database holds no token.

use std::fmt;

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt};
use subtle::ConstantTimeEq;
use vestibule_model::{Generation, Rng, SessionId};

use crate::mac::MacKey;
use crate::ring::Keys;
use crate::{KeyRing, hex};

/// How many bytes of the MAC a token carries.
const MAC_LENGTH: usize = 16;

/// How many bytes of a LiveVox id find the session: 74 bits, since six mark it as a random UUID. The other 48 bits are the MAC
/// of these.
const LIVEVOX_LOOKUP_LENGTH: usize = 10;

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

    /// A new session id under the active generation.
    pub fn mint_session_id(&self, rng: &dyn Rng) -> SessionId {
        let mut random = [0; 14];
        rng.fill(&mut random);
        SessionId::of(self.0.active(), random)
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
        let keys = self.of(id);
        let mut uuid = as_uuid(keys.livevox.tag(&id.0));
        if !id.is_of_first_form() {
            let (lookup, mac) = uuid.split_at_mut(LIVEVOX_LOOKUP_LENGTH);
            mac.copy_from_slice(&livevox_mac(keys, lookup));
        }
        uuid
    }

    /// Under which name the session of a LiveVox id is found: what [`Self::read_livevox`] answers of it.
    pub fn livevox_lookup(&self, id: SessionId) -> [u8; 16] {
        let uuid = as_uuid(self.of(id).livevox.tag(&id.0));
        match id.generation() {
            Some(generation) if !id.is_of_first_form() => livevox_name(generation, &uuid),
            _ => uuid,
        }
    }

    /// A name of the session for people and administrators, in the form of a random UUID. No credential. It is the id,
    /// encrypted as one block of AES, less the six bits that mark such a UUID.
    pub fn reference(&self, id: SessionId) -> [u8; 16] {
        let mut block = Array::from(id.0);
        self.of(id).reference.encrypt_block(&mut block);
        marked_as_uuid(block.into())
    }

    /// The ids that this may be the reference of: whatever the six bits were, those that come out as ids of the generation under
    /// whose key they were decrypted. Each genuine reference has its own session's id among them; about one in five has a
    /// second one, of no session. Costs 64 blocks of AES for each generation.
    pub fn ids_of_reference(&self, reference: [u8; 16]) -> impl Iterator<Item = SessionId> {
        let is_marked = marked_as_uuid(reference) == reference;
        self.0.all().filter(move |_| is_marked).flat_map(move |keys| {
            let mut blocks = std::array::from_fn::<_, 64, _>(|bits| Array::from(with_marks(reference, bits)));
            keys.reference.decrypt_blocks(&mut blocks);
            let ids = blocks.into_iter().map(|block| SessionId(block.into()));
            ids.filter(|id| id.generation() == Some(keys.generation))
        })
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

    /// What a LiveVox id proves by itself, and where to look it up. None unless it is a random UUID. Costs a MAC for each
    /// generation that is accepted until one fits: the time tells how many there are, which is no secret.
    pub fn read_livevox(&self, uuid: [u8; 16]) -> Option<LivevoxId> {
        if marked_as_uuid(uuid) != uuid {
            return None;
        }
        let (lookup, mac) = uuid.split_at(LIVEVOX_LOOKUP_LENGTH);
        let proven = self.0.all_accepted().find(|keys| livevox_mac(keys, lookup).ct_eq(mac).into());
        Some(match proven {
            Some(keys) => LivevoxId::Genuine(livevox_name(keys.generation, &uuid)),
            None => LivevoxId::Unproven(uuid),
        })
    }

    /// Whether `text` is the session's token against cross-site requests. Takes the same time for every wrong
    /// text of 64 bytes.
    pub fn csrf_matches(&self, id: SessionId, text: &str) -> bool {
        self.csrf(id).0.ct_eq(text.as_bytes()).into()
    }

    /// The cookie value of a session of the pages: no cookie of a dialect. The same each time.
    pub fn page_cookie(&self, id: SessionId) -> TokenText {
        carry(&self.of(id).page_cookie, id)
    }

    /// The session that the cookie value of a page names; None unless it is genuine, as for [`Self::read_bearer`].
    pub fn read_page_cookie(&self, text: impl AsRef<[u8]>) -> Option<SessionId> {
        self.recognise(text.as_ref(), |keys| &keys.page_cookie)
    }

    /// What the forms of a session of the pages carry against cross-site requests; compared, not read.
    pub fn page_csrf(&self, id: SessionId) -> TokenText {
        TokenText::new(&self.of(id).page_csrf.tag(&id.0))
    }

    /// Whether `text` is that of the session. Takes the same time for every wrong text of 64 bytes.
    pub fn page_csrf_matches(&self, id: SessionId, text: &str) -> bool {
        self.page_csrf(id).0.ct_eq(text.as_bytes()).into()
    }

    /// The cookie value of a session of the console: no cookie of a dialect or a page. The same each time.
    pub fn console_cookie(&self, id: SessionId) -> TokenText {
        carry(&self.of(id).console_cookie, id)
    }

    /// The session that the cookie value of the console names; None unless it is genuine, as for [`Self::read_bearer`].
    pub fn read_console_cookie(&self, text: impl AsRef<[u8]>) -> Option<SessionId> {
        self.recognise(text.as_ref(), |keys| &keys.console_cookie)
    }

    /// What the forms of a session of the console carry against cross-site requests; compared, not read.
    pub fn console_csrf(&self, id: SessionId) -> TokenText {
        TokenText::new(&self.of(id).console_csrf.tag(&id.0))
    }

    /// Whether `text` is that of the session. Takes the same time for every wrong text of 64 bytes.
    pub fn console_csrf_matches(&self, id: SessionId, text: &str) -> bool {
        self.console_csrf(id).0.ct_eq(text.as_bytes()).into()
    }

    /// What forms carry before there is a session: it belongs to the random value that the browser keeps in a cookie, which is
    /// longer than any session id.
    pub fn form_csrf(&self, browser: &[u8; 32]) -> TokenText {
        TokenText::new(&self.0.active_keys().page_csrf.tag(browser))
    }

    /// Whether `text` is that of the browser, under any generation that is accepted.
    pub fn form_csrf_matches(&self, browser: &[u8; 32], text: &str) -> bool {
        let of = |keys: &Keys| TokenText::new(&keys.page_csrf.tag(browser));
        self.0.all_accepted().any(|keys| of(keys).0.ct_eq(text.as_bytes()).into())
    }

    /// The refresh token of a session after so many uses: 72 hexadecimal digits, the same each time.
    pub fn refresh_token(&self, id: SessionId, uses: u32) -> String {
        let mut bytes = [0; 36];
        let (named, mac) = bytes.split_at_mut(20);
        named[..16].copy_from_slice(&id.0);
        named[16..].copy_from_slice(&uses.to_be_bytes());
        mac.copy_from_slice(&self.of(id).refresh_token.tag(named)[..MAC_LENGTH]);
        bytes.iter().flat_map(|byte| hex::digits(*byte)).map(char::from).collect()
    }

    /// The session that a refresh token names, and after how many uses it counts; None unless it is genuine.
    pub fn read_refresh_token(&self, text: &str) -> Option<(SessionId, u32)> {
        let bytes = hex::read_exactly::<36>(text.as_bytes())?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (uses, mac) = rest.split_first_chunk::<4>()?;
        let id = SessionId(*id);
        let keys = self.0.accepted(id.generation()?.number())?;
        let is_genuine = keys.refresh_token.tag(&bytes[..20])[..MAC_LENGTH].ct_eq(mac);
        bool::from(is_genuine).then(|| (id, u32::from_be_bytes(*uses)))
    }

    /// The keys that name a session. An id whose generation is not here gets names that nobody recognises.
    fn of(&self, id: SessionId) -> &Keys {
        let keys = id.generation().and_then(|generation| self.0.keys(generation.number()));
        keys.unwrap_or_else(|| self.0.active_keys())
    }

    /// The id, if the MAC proves it under the id's own generation. The time tells whether that generation is accepted, which
    /// is no secret, and nothing else.
    fn recognise(&self, text: &[u8], key: impl Fn(&Keys) -> &MacKey) -> Option<SessionId> {
        let bytes = hex::read(text.try_into().ok()?)?;
        let (id, mac) = bytes.split_first_chunk::<16>()?;
        let id = SessionId(*id);
        let key = key(self.0.accepted(id.generation()?.number())?);
        bool::from(key.tag(&id.0)[..MAC_LENGTH].ct_eq(mac)).then_some(id)
    }
}

/// The first half of a tag, with the six bits that mark a random UUID.
fn as_uuid(tag: [u8; 32]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&tag[..16]);
    marked_as_uuid(bytes)
}

fn marked_as_uuid(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

/// The same with other bits, 0 to 63, where the six are that mark a random UUID.
fn with_marks(mut bytes: [u8; 16], bits: usize) -> [u8; 16] {
    let [.., bits] = bits.to_be_bytes();
    bytes[6] = (bytes[6] & 0x0f) | bits << 4;
    bytes[8] = (bytes[8] & 0x3f) | (bits >> 4) << 6;
    bytes
}

/// The 48 bits by which a LiveVox id proves its first half.
fn livevox_mac(keys: &Keys, lookup: &[u8]) -> [u8; 16 - LIVEVOX_LOOKUP_LENGTH] {
    let mut mac = [0; 16 - LIVEVOX_LOOKUP_LENGTH];
    mac.copy_from_slice(&keys.livevox_mac.tag(lookup)[..16 - LIVEVOX_LOOKUP_LENGTH]);
    mac
}

/// The name of a LiveVox id whose MAC proves it: its lookup and its generation. The marks of a random UUID are gone, so that no
/// id without a MAC has this name.
fn livevox_name(generation: Generation, uuid: &[u8; 16]) -> [u8; 16] {
    let mut name = [0; 16];
    name[..LIVEVOX_LOOKUP_LENGTH].copy_from_slice(&uuid[..LIVEVOX_LOOKUP_LENGTH]);
    name[6] &= 0x0f;
    name[LIVEVOX_LOOKUP_LENGTH] = generation.number();
    name
}

/// The id and the MAC that proves it.
fn carry(key: &MacKey, id: SessionId) -> TokenText {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&id.0);
    bytes[16..].copy_from_slice(&key.tag(&id.0)[..MAC_LENGTH]);
    TokenText::new(&bytes)
}

/// A LiveVox id that somebody shows: the name under which its session is found, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LivevoxId {
    /// It carries a MAC of this installation.
    Genuine([u8; 16]),
    /// It carries none: forged, or that of a session whose id is of the first form.
    Unproven([u8; 16]),
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
