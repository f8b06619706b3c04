//! Certificates by which an identity provider signs. They are trusted by themselves, because somebody put them there; who issued
//! them, and until when they are valid, is told and not asked (SAML metadata interoperability profile §2.6.1).

use std::fmt::Write as _;

use bergshamra::keys::loader::load_x509_cert_der;
use bergshamra::{Key, KeysManager};
use sha2::{Digest as _, Sha256};
use vestibule_model::Millis;
use x509_parser::parse_x509_certificate;
use x509_parser::public_key::PublicKey;

/// The least size of an RSA key, in bits.
const LEAST_RSA_BITS: usize = 2_048;

/// A certificate of an identity provider.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    key: Key,
    subject: String,
    not_after: Millis,
}

/// A certificate that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No X.509 certificate in DER.
    #[error("this is no X.509 certificate")]
    Unreadable,
    /// A key that does not count.
    #[error("its key is neither RSA of 2048 bits or more nor ECDSA")]
    WeakKey,
}

impl Certificate {
    /// Reads a certificate in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, parsed) = parse_x509_certificate(der).map_err(|_| CertificateError::Unreadable)?;
        if !rest.is_empty() {
            return Err(CertificateError::Unreadable);
        }
        let is_strong = match parsed.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => key.key_size() >= LEAST_RSA_BITS,
            Ok(PublicKey::EC(_)) => true,
            _ => false,
        };
        if !is_strong {
            return Err(CertificateError::WeakKey);
        }
        let not_after = Millis::from_unix(parsed.validity().not_after.timestamp().saturating_mul(1_000));
        let subject = parsed.subject().to_string();
        let key = load_x509_cert_der(der).map_err(|_| CertificateError::Unreadable)?;
        Ok(Self { der: der.to_vec(), key, subject, not_after })
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whose it says that it is, as people write it.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Until when it says that it is valid.
    pub const fn not_after(&self) -> Millis {
        self.not_after
    }

    /// Its SHA-256, as people compare it: pairs of hexadecimal digits with colons between them.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.der)
    }
}

/// The SHA-256 of a certificate.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(der) {
        let colon = if text.is_empty() { "" } else { ":" };
        // Writing to a string does not fail.
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

/// The keys by which signatures are verified.
pub(crate) fn keys(certificates: &[Certificate]) -> KeysManager {
    let mut keys = KeysManager::new();
    keys.add_keys(certificates.iter().map(|certificate| certificate.key.clone()));
    keys
}
