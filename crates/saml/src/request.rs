//! Requests of a login at an identity provider (SAML core §3.4.1), and how they travel (SAML bindings §3.4 and §3.5).

use std::fmt::Write as _;
use std::io::Write as _;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use vestibule_model::{Millis, Utc};

use crate::names::{ASSERTION, POST, PROTOCOL, RSA_SHA256};
use crate::xml::escaped;

/// A request of a login.
#[derive(Clone, Copy, Debug)]
pub struct LoginRequest<'a> {
    /// Its id, beyond guessing: an `NCName`, so it begins with a letter or `_`. What answers it says so.
    pub id: &'a str,
    /// When it is made.
    pub now: Millis,
    /// The identity provider's address for logins.
    pub destination: &'a str,
    /// Our entity id.
    pub issuer: &'a str,
    /// Where the answer is to be sent by HTTP POST.
    pub consumer_url: &'a str,
}

impl LoginRequest<'_> {
    /// The request as a document.
    pub fn to_xml(&self) -> String {
        format!(
            "<samlp:AuthnRequest xmlns:samlp=\"{PROTOCOL}\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{}\" \
             Destination=\"{}\" AssertionConsumerServiceURL=\"{}\" \
             ProtocolBinding=\"{POST}\"><saml:Issuer xmlns:saml=\"{ASSERTION}\">{}</saml:Issuer></samlp:AuthnRequest>",
            escaped(self.id),
            Utc(self.now),
            escaped(self.destination),
            escaped(self.consumer_url),
            escaped(self.issuer),
        )
    }

    /// The address that the browser is sent to: HTTP redirect, signed if there is a key (SAML bindings §3.4.4). `relay_state` comes
    /// back with the answer; at most 80 bytes (SAML bindings §3.4.3), and nothing that is believed.
    pub fn to_redirect(&self, relay_state: &str, key: Option<&SigningKey>) -> String {
        to_redirect(self.destination, ("SAMLRequest", &self.to_xml()), relay_state, key)
    }
}

/// The address that carries a document to another one by HTTP redirect, signed if there is a key.
pub(crate) fn to_redirect(
    destination: &str,
    (name, document): (&str, &str),
    relay_state: &str,
    key: Option<&SigningKey>,
) -> String {
    let mut query = format!("{name}={}", encoded(&STANDARD.encode(deflated(document))));
    // Writing to a string does not fail.
    if !relay_state.is_empty() {
        let _ = write!(query, "&RelayState={}", encoded(relay_state));
    }
    if let Some(key) = key {
        let _ = write!(query, "&SigAlg={}", encoded(RSA_SHA256));
        let signature = encoded(&STANDARD.encode(key.sign(query.as_bytes())));
        let _ = write!(query, "&Signature={signature}");
    }
    let sign = if destination.contains('?') { '&' } else { '?' };
    format!("{destination}{sign}{query}")
}

/// A private key of a connection, by which requests are signed.
pub struct SigningKey(KeyPair);

impl SigningKey {
    /// Reads an RSA key in DER (PKCS #8). None: it is none, or too short.
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        KeyPair::from_pkcs8(der).ok().map(Self)
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        // The length is that of the key, and PKCS #1 1.5 needs no randomness: nothing is left that can fail.
        if signed.is_err() {
            signature.clear();
        }
        signature
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SigningKey(…)")
    }
}

/// RFC 1951, as SAML bindings §3.4.4.1 has it.
fn deflated(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}

/// As a value of a query.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
