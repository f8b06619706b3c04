//! Keys of RSA that tokens are signed with (RS256, RFC 7518 §3.3), by aws-lc.
//!
//! Random bytes for a new key, and for the blinding of a signature, are aws-lc's own; the signature itself is the same each time.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use zeroize::Zeroizing;

/// A key pair of RSA with 2048 bits.
pub struct SigningPair(KeyPair);

/// The public half, as key sets show it (RFC 7518 §6.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicNumbers {
    /// Big-endian, without leading zeros.
    pub modulus: Vec<u8>,
    /// Big-endian, without leading zeros.
    pub exponent: Vec<u8>,
}

/// A key that is none, or could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The library did not make one.
    #[error("a signing key could not be made")]
    Generation,
    /// Not the PKCS#8 of a key of RSA that the library takes.
    #[error("this is no signing key")]
    Form,
    /// The library did not sign.
    #[error("a token could not be signed")]
    Signature,
}

impl SigningPair {
    /// A new key. Takes tens to hundreds of milliseconds.
    pub fn generate() -> Result<Self, SigningError> {
        KeyPair::generate(KeySize::Rsa2048).map(Self).map_err(|_| SigningError::Generation)
    }

    /// Reads what [`Self::to_pkcs8`] gave.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SigningError> {
        KeyPair::from_pkcs8(der).map(Self).map_err(|_| SigningError::Form)
    }

    /// The private key, wiped when dropped. For sealing and nothing else.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SigningError> {
        let der: Pkcs8V1Der<'_> = self.0.as_der().map_err(|_| SigningError::Form)?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// The public half.
    pub fn public(&self) -> PublicNumbers {
        let key = self.0.public_key();
        let bytes = |number: aws_lc_rs::io::Positive<'_>| number.big_endian_without_leading_zero().to_vec();
        PublicNumbers { modulus: bytes(key.modulus()), exponent: bytes(key.exponent()) }
    }

    /// The signature of `message`. Takes most of a millisecond.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(|_| SigningError::Signature)
    }
}

impl fmt::Debug for SigningPair {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SigningPair(…)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn what_was_signed_is_verified_by_the_numbers_that_are_shown() {
        let pair = SigningPair::generate().unwrap();
        let read = SigningPair::from_pkcs8(&pair.to_pkcs8().unwrap()).unwrap();
        assert_eq!(read.public(), pair.public());
        let PublicNumbers { modulus, exponent } = pair.public();
        assert_eq!((modulus.len(), exponent.as_slice()), (256, &[1, 0, 1][..]));
        let (signature, public) =
            (read.sign(b"message").unwrap(), RsaPublicKeyComponents { n: modulus, e: exponent });
        assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, b"message", &signature).is_ok());
        assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, b"another", &signature).is_err());
        assert_eq!(pair.sign(b"message").unwrap(), signature);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(SigningPair::from_pkcs8(b"none").unwrap_err(), SigningError::Form);
    }
}
