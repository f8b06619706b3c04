//! A signed request, and whether its signature is right (RFC 5849 §3.2, §3.4).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use vestibule_model::Millis;
use zeroize::Zeroizing;

use crate::encoding::encode;
use crate::parameters::Parameters;
use crate::protocol::Protocol;
use crate::{Problem, SingleUse, Window};

/// How a request is signed. The other methods of RFC 5849 are none here: `PLAINTEXT` proves nothing of the request, and for
/// `RSA-SHA1` nobody registers a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureMethod {
    /// `HMAC-SHA1` (RFC 5849 §3.4.2). What is known of SHA-1 does not touch HMAC (RFC 6194 §3.3).
    HmacSha1,
    /// `HMAC-SHA256`: the same with SHA-256, as clients have it.
    HmacSha256,
}

impl SignatureMethod {
    /// Both.
    pub const ALL: [Self; 2] = [Self::HmacSha1, Self::HmacSha256];

    /// As it stands in `oauth_signature_method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// The one of a name, letter by letter.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// What a key's signatures are verified with. Where a key has two sets of values, the one whose token is [`Signed::token`].
#[derive(Clone, Copy)]
pub struct KeySecrets<'a> {
    /// The token that belongs to the key.
    pub token: &'a str,
    /// The consumer secret.
    pub consumer_secret: &'a str,
    /// The token secret.
    pub token_secret: &'a str,
}

/// Of a key that there is not: as long as the secrets that are generated, so that the work is the same.
const NOBODY: KeySecrets<'_> =
    KeySecrets { token: "", consumer_secret: "0000000000000000", token_secret: "0000000000000000" };

/// A request that says it is signed. Until [`Self::verify`] agrees, nothing of it is true.
pub struct Signed {
    protocol: Protocol,
    method: String,
    uri: String,
    parameters: Parameters,
}

/// A request whose signature is right.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a>(&'a Signed);

impl Signed {
    pub(crate) fn new(protocol: Protocol, method: String, uri: String, parameters: Parameters) -> Self {
        Self { protocol, method, uri, parameters }
    }

    /// Whose key it names.
    pub fn consumer_key(&self) -> &str {
        &self.protocol.consumer_key
    }

    /// Which token it names.
    pub fn token(&self) -> &str {
        &self.protocol.token
    }

    /// When it says it was signed, to the second.
    pub fn timestamp(&self) -> Millis {
        self.protocol.timestamp
    }

    /// What is signed (RFC 5849 §3.4.1.1). May hold secrets of a form.
    pub fn base_string(&self) -> String {
        let mut text = String::new();
        self.write_base_string(|piece| text.push_str(piece));
        text
    }

    fn write_base_string(&self, mut write: impl FnMut(&str)) {
        encode(self.method.as_bytes()).for_each(&mut write);
        write("&");
        encode(self.uri.as_bytes()).for_each(&mut write);
        write("&");
        self.parameters.pieces().for_each(|piece| encode(piece.as_bytes()).for_each(&mut write));
    }

    /// Whether the key signed it. Costs one HMAC whatever the answer is, also where there is no such key.
    pub fn verify(&self, key: Option<&KeySecrets<'_>>) -> Result<Verified<'_>, Problem> {
        let is_right = self.is_signed_by(key.unwrap_or(&NOBODY));
        match key {
            None => Err(Problem::ConsumerKeyUnknown),
            Some(key) if key.token != self.token() => Err(Problem::TokenRejected),
            Some(_) if !is_right => Err(Problem::SignatureInvalid),
            Some(_) => Ok(Verified(self)),
        }
    }

    fn is_signed_by(&self, key: &KeySecrets<'_>) -> bool {
        match self.protocol.method {
            SignatureMethod::HmacSha1 => self.is_tagged::<Hmac<Sha1>>(key),
            SignatureMethod::HmacSha256 => self.is_tagged::<Hmac<Sha256>>(key),
        }
    }

    /// Compares in constant time.
    fn is_tagged<M: Mac + KeyInit>(&self, key: &KeySecrets<'_>) -> bool {
        // HMAC takes keys of every length (RFC 2104 §2).
        let Ok(mut mac) = M::new_from_slice(&signing_key(key)) else { return false };
        self.write_base_string(|piece| mac.update(piece.as_bytes()));
        // What is no Base64 is no tag.
        let tag = STANDARD.decode(&self.protocol.signature).unwrap_or_default();
        mac.verify_slice(&tag).is_ok()
    }
}

/// RFC 5849 §3.4.2.
fn signing_key(key: &KeySecrets<'_>) -> Zeroizing<Vec<u8>> {
    // Of the size that it may come to, so that nothing is left behind by growing.
    let capacity = 3 * (key.consumer_secret.len() + key.token_secret.len()) + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(capacity));
    let (consumer_secret, token_secret) = (key.consumer_secret.as_bytes(), key.token_secret.as_bytes());
    for piece in encode(consumer_secret).chain(["&"]).chain(encode(token_secret)) {
        text.extend_from_slice(piece.as_bytes());
    }
    text
}

impl Verified<'_> {
    /// What has to be consumed, so that the request counts once, if its time is within the window.
    pub fn single_use(&self, window: Window) -> Result<SingleUse, Problem> {
        let Protocol { consumer_key, timestamp, timestamp_text, nonce, token, .. } = &self.0.protocol;
        window.check(*timestamp)?;
        Ok(SingleUse::new([consumer_key, timestamp_text, nonce, token], *timestamp))
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Protocol { consumer_key, method, timestamp, .. } = &self.protocol;
        out.debug_struct("Signed")
            .field("consumer_key", consumer_key)
            .field("method", method)
            .field("timestamp", timestamp)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeySecrets<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KeySecrets").field("token", &self.token).finish_non_exhaustive()
    }
}
