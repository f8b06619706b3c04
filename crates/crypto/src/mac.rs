//! HMAC-SHA256 with its key state computed once.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key ready for use, wiped when dropped: a tag of a short message costs two SHA-256 compressions.
#[derive(Clone)]
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length (RFC 2104 §2)")]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC refused a key of 32 bytes"))
    }

    /// The tag of `message`.
    pub(crate) fn tag(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = self.begin();
        mac.add(message);
        mac.finish()
    }

    /// The beginning of a message that comes in pieces.
    pub(crate) fn begin(&self) -> RunningMac {
        RunningMac(self.0.clone())
    }
}

/// A message of which some is known, wiped when dropped.
pub(crate) struct RunningMac(Hmac<Sha256>);

impl RunningMac {
    /// The next piece; where pieces begin and end makes no difference.
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The tag of all pieces.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// The state of an HMAC is that of two hashes. Compiles only while the hash's wiping feature is on.
    #[test]
    fn a_key_is_wiped_when_dropped() {
        const fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<Sha256>();
    }

    /// RFC 4231 §4.3 has a key of four bytes; HMAC pads keys with zeros, so this is the same key.
    #[test]
    fn tags_are_those_of_rfc_4231() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mut text = [0; 64];
        crate::hex::write(&MacKey::new(&key).tag(b"what do ya want for nothing?"), &mut text);
        assert_eq!(&text, b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
