//! The text form of a hash: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`, as the PHC string format and the
//! Argon2 reference implementation write it.

use argon2::password_hash::phc::{Output, PasswordHash, Salt};

use super::{Argon2Params, PasswordError};

/// The longest tag that is read, in bytes.
pub(super) const MAX_TAG_LENGTH: usize = Output::MAX_LENGTH;

/// The shortest tag that is read, in bytes: 128 bits.
const MIN_TAG_LENGTH: usize = 16;

/// Argon2 version 1.3, the only one of RFC 9106.
const VERSION: u32 = 0x13;

/// A hash as it is stored. Its cost is not checked yet.
pub(super) struct Phc {
    pub(super) params: Argon2Params,
    /// 8 to 48 bytes.
    pub(super) salt: Salt,
    /// 16 to 64 bytes.
    pub(super) tag: Output,
}

impl Phc {
    /// Reads an Argon2id hash of version 1.3; refuses whatever else a PHC string can say.
    pub(super) fn read(text: &str) -> Result<Self, PasswordError> {
        let hash = PasswordHash::new(text).map_err(|_| PasswordError::Malformed("no PHC string"))?;
        if hash.algorithm != argon2::ARGON2ID_IDENT {
            return Err(PasswordError::Malformed("not Argon2id"));
        }
        if hash.version != Some(VERSION) {
            return Err(PasswordError::Malformed("not version 1.3 of Argon2"));
        }
        let params = read_params(&hash).ok_or(PasswordError::Malformed("not m, t and p"))?;
        let salt = hash.salt.ok_or(PasswordError::Malformed("no salt"))?;
        if salt.len() < Salt::MIN_LENGTH {
            return Err(PasswordError::Malformed("the salt is too short"));
        }
        let tag = hash.hash.ok_or(PasswordError::Malformed("no tag"))?;
        if tag.len() < MIN_TAG_LENGTH {
            return Err(PasswordError::Malformed("the tag is too short"));
        }
        Ok(Self { params, salt, tag })
    }
}

/// Exactly `m`, `t` and `p`, in this order. A `keyid` or `data` would change the tag in a way we do not know.
fn read_params(hash: &PasswordHash) -> Option<Argon2Params> {
    let mut pairs = hash.params.iter();
    let mut next = |name: &str| {
        let (found, value) = pairs.next()?;
        if found.as_str() == name { value.decimal().ok() } else { None }
    };
    let params = Argon2Params { memory_kib: next("m")?, iterations: next("t")?, parallelism: next("p")? };
    pairs.next().is_none().then_some(params)
}

/// Writes a hash.
pub(super) fn write(params: Argon2Params, salt: &[u8], tag: &[u8]) -> Result<String, PasswordError> {
    let salt = Salt::new(salt).map_err(|error| PasswordError::Engine(error.into()))?;
    let tag = Output::new(tag).map_err(|error| PasswordError::Engine(error.into()))?;
    Ok(format!("${}$v={VERSION}${params}${salt}${tag}", argon2::ARGON2ID_IDENT))
}
