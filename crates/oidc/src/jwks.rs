//! The keys of a provider (RFC 7517): those that a token's signature may be verified by.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use crate::base64url;
use crate::id_token::Algorithm;

/// The longest set, in bytes.
const LONGEST: usize = 256 * 1024;

/// How many keys a set may have. Providers have two to ten.
const MOST: usize = 100;

/// The least size of an RSA key, in bytes of its modulus: 2,048 bits.
const LEAST_MODULUS: usize = 256;

/// Keys of a provider.
#[derive(Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: Option<String>,
    kind: Kind,
    /// The only algorithm that it is for, if it says so.
    algorithm: Option<Algorithm>,
    verifying: DecodingKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
}

/// A set of keys that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// Longer than is read.
    #[error("the key set is longer than {LONGEST} bytes")]
    TooLong,
    /// No JSON of a key set.
    #[error("this is no key set: {0}")]
    Unreadable(String),
    /// More keys than are read.
    #[error("the key set has more than {MOST} keys")]
    TooMany,
    /// No key that counts: for signatures, RSA of 2048 bits or more, or on P-256 or P-384.
    #[error("the key set has no key for signatures that counts")]
    None,
}

impl Keys {
    /// Reads a key set. Keys of other kinds and for other uses are passed over; symmetric ones never count.
    pub fn read(text: &str) -> Result<Self, JwksError> {
        let keys: Vec<Key> = members(text)?.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() { Err(JwksError::None) } else { Ok(Self(keys)) }
    }

    /// Those that a token with this key id and algorithm may be verified by.
    pub(crate) fn candidates(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &DecodingKey> {
        let fits = move |key: &&Key| {
            key.may_be(id) && key.kind.fits(algorithm) && key.algorithm.is_none_or(|only| only == algorithm)
        };
        self.0.iter().filter(fits).map(|key| &key.verifying)
    }
}

/// The members of a key set, as they are written.
pub(crate) fn members(text: &str) -> Result<Vec<Value>, JwksError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    if text.len() > LONGEST {
        return Err(JwksError::TooLong);
    }
    let set: Set = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| JwksError::Unreadable(error.to_string()))?;
    if set.keys.len() > MOST { Err(JwksError::TooMany) } else { Ok(set.keys) }
}

/// Whether signatures are verified by a member of a key set; others are passed over.
pub(crate) fn verifies(member: Value) -> bool {
    Key::read(member).is_some()
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
            return None;
        }
        let operations = jwk.common.key_operations.as_ref();
        if operations.is_some_and(|all| !all.contains(&KeyOperations::Verify)) {
            return None;
        }
        let (kind, verifying) = match &jwk.algorithm {
            AlgorithmParameters::RSA(parameters) => (Kind::Rsa, rsa(&parameters.n, &parameters.e)?),
            AlgorithmParameters::EllipticCurve(parameters) => {
                let kind = match parameters.curve {
                    EllipticCurve::P256 => Kind::P256,
                    EllipticCurve::P384 => Kind::P384,
                    _ => return None,
                };
                (kind, DecodingKey::from_ec_components(&parameters.x, &parameters.y).ok()?)
            }
            _ => return None,
        };
        let algorithm = match jwk.common.key_algorithm {
            None => None,
            // Of an algorithm that is not known here: no token of ours has it.
            Some(only) => Some(Algorithm::read(&only.to_string())?),
        };
        Some(Self { id: jwk.common.key_id, kind, algorithm, verifying })
    }

    /// A token without a key id may be of any key, and a key without one may be that of any token.
    fn may_be(&self, id: Option<&str>) -> bool {
        match (id, &self.id) {
            (Some(wanted), Some(own)) => wanted == own,
            _ => true,
        }
    }
}

/// An RSA key of 2,048 bits or more; zeros before the modulus, which some write, make none longer.
fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let modulus = base64url::decode(modulus)?;
    let begin = modulus.iter().position(|byte| *byte != 0)?;
    let modulus = modulus.get(begin..).filter(|modulus| modulus.len() >= LEAST_MODULUS)?;
    Some(DecodingKey::from_rsa_raw_components(modulus, &base64url::decode(exponent)?))
}

impl Kind {
    const fn fits(self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Es256 => matches!(self, Self::P256),
            Algorithm::Es384 => matches!(self, Self::P384),
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => matches!(self, Self::Rsa),
        }
    }
}
