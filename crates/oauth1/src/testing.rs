//! A client that signs requests, for tests. It shares no code with what verifies them but the hashes.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::{KeySecrets, SignatureMethod};

/// A client that has an API key.
#[derive(Clone, Debug)]
pub struct Client {
    /// The consumer key.
    pub consumer_key: String,
    /// The consumer secret.
    pub consumer_secret: String,
    /// The token.
    pub token: String,
    /// The token secret.
    pub token_secret: String,
    /// How it signs.
    pub method: SignatureMethod,
}

/// A request that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The method.
    pub method: &'a str,
    /// Scheme, host and path, as they are signed.
    pub uri: &'a str,
    /// Names and values in query and form, not encoded.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Used once.
    pub nonce: &'a str,
}

/// Names and values.
pub type Pairs = Vec<(String, String)>;

impl Client {
    /// What the service verifies its signatures with.
    pub fn secrets(&self) -> KeySecrets<'_> {
        KeySecrets {
            token: &self.token,
            consumer_secret: &self.consumer_secret,
            token_secret: &self.token_secret,
        }
    }

    /// The protocol parameters but for the signature.
    pub fn protocol_parameters(&self, made: &Made<'_>) -> Pairs {
        [
            ("oauth_consumer_key", self.consumer_key.as_str()),
            ("oauth_token", &self.token),
            ("oauth_signature_method", self.method.name()),
            ("oauth_timestamp", &made.timestamp.to_string()),
            ("oauth_nonce", made.nonce),
            ("oauth_version", "1.0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// The signature of a request with these protocol parameters.
    pub fn signature(&self, made: &Made<'_>, protocol: &Pairs) -> String {
        let mut pairs: Pairs = made
            .parameters
            .iter()
            .map(|(name, value)| (*name, *value))
            .chain(protocol.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .map(|(name, value)| (encoded(name), encoded(value)))
            .collect();
        pairs.sort();
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text = format!("{}&{}&{}", made.method, encoded(made.uri), encoded(&pairs.join("&")));
        let key = format!("{}&{}", encoded(&self.consumer_secret), encoded(&self.token_secret));
        match self.method {
            SignatureMethod::HmacSha1 => tag::<Hmac<Sha1>>(&key, &text),
            SignatureMethod::HmacSha256 => tag::<Hmac<Sha256>>(&key, &text),
        }
    }

    /// All protocol parameters.
    pub fn sign(&self, made: &Made<'_>) -> Pairs {
        let mut protocol = self.protocol_parameters(made);
        let signature = self.signature(made, &protocol);
        protocol.push(("oauth_signature".to_owned(), signature));
        protocol
    }

    /// The Authorization header.
    pub fn authorization(&self, made: &Made<'_>) -> String {
        header(&self.sign(made))
    }
}

fn tag<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    let mac = M::new_from_slice(key.as_bytes()).unwrap();
    STANDARD.encode(mac.chain_update(text).finalize().into_bytes())
}

/// An Authorization header.
pub fn header(parameters: &Pairs) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{}=\"{}\"", encoded(name), encoded(value)));
    format!("OAuth {}", pairs.collect::<Vec<_>>().join(", "))
}

/// Percent-encoded, all but the unreserved characters.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => write!(encoded, "%{byte:02X}").unwrap(),
        }
        encoded
    })
}
