//! Secrets that must be read again, sealed at rest: OAuth 1.0 secrets, TOTP secrets, secrets of identity
//! providers.
//!
//! A sealed secret opens only in the place it was sealed for, so nobody who can write to the database can move
//! one to a row of their own and have the service use it there.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use vestibule_model::Rng;
use zeroize::Zeroizing;

use crate::MasterKey;
use crate::keys::Purpose;

/// The form of what [`Sealer::seal`] makes: this byte, the nonce, the ciphertext with its tag.
const VERSION: u8 = 1;

/// The length of the nonce: long enough to be drawn at random for every sealing.
const NONCE_LENGTH: usize = 24;

/// Seals and opens secrets: XChaCha20-Poly1305 under a key of its own.
pub struct Sealer(XChaCha20Poly1305);

/// The place of a secret in the database. Not secret itself, but part of what is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The column's name.
    pub column: &'a str,
    /// The row's key, in a form that does not change.
    pub row: &'a [u8],
}

/// A sealed secret that does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not made by [`Sealer::seal`], or by a later version of it.
    #[error("this is no sealed secret of a known version")]
    Form,
    /// Changed, moved from another place, or sealed under another master key; which of these cannot be told.
    #[error("the sealed secret was changed, is in the wrong place or was sealed under another master key")]
    Refused,
}

impl Sealer {
    /// The sealer of an installation.
    pub fn derive(master: &MasterKey) -> Self {
        Self(XChaCha20Poly1305::new((&*master.derive(Purpose::Seal)).into()))
    }

    /// Seals `plaintext` for one place. 41 bytes longer than the plaintext, and different each time.
    ///
    /// # Panics
    ///
    /// For a plaintext of more than 256 GiB, the cipher's limit (RFC 8439 §2.8).
    #[expect(clippy::expect_used, reason = "no secret is as long as the cipher's limit")]
    pub fn seal(&self, rng: &dyn Rng, context: &SealContext<'_>, plaintext: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LENGTH];
        rng.fill(&mut nonce);
        let payload = Payload { msg: plaintext, aad: &context.associated_data() };
        let ciphertext = self.0.encrypt(&XNonce::from(nonce), payload).expect("the plaintext is too long");
        [&[VERSION][..], &nonce, &ciphertext].concat()
    }

    /// Opens what was sealed for the same place. The plaintext is wiped when dropped.
    pub fn open(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(SealError::Form) };
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(SealError::Form)?;
        let payload = Payload { msg: ciphertext, aad: &context.associated_data() };
        let plaintext = self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Refused)?;
        Ok(Zeroizing::new(plaintext))
    }
}

impl SealContext<'_> {
    /// The place as bytes, each part after its length, so that no two places have the same bytes.
    fn associated_data(&self) -> Vec<u8> {
        [self.table.as_bytes(), self.column.as_bytes(), self.row]
            .iter()
            .flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.iter().copied()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{SeededRng, fixed_master_key, from_hex, master_key};

    const PLACE: SealContext<'_> = SealContext { table: "api_key", column: "secret", row: &[0, 7] };

    fn sealer() -> Sealer {
        Sealer::derive(&master_key(1))
    }

    fn sealed(plaintext: &[u8]) -> Vec<u8> {
        sealer().seal(&SeededRng::new(1), &PLACE, plaintext)
    }

    /// Compiles only while the wiping feature of the library is on.
    #[test]
    fn the_key_is_wiped_when_dropped() {
        const fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}
        is_wiped::<XChaCha20Poly1305>();
    }

    #[test]
    fn does_not_open_in_another_row() {
        let place = SealContext { row: &[0, 8], ..PLACE };
        assert_eq!(sealer().open(&place, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_in_another_column() {
        let place = SealContext { column: "access_token_secret", ..PLACE };
        assert_eq!(sealer().open(&place, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_in_another_table() {
        let place = SealContext { table: "oauth_client", ..PLACE };
        assert_eq!(sealer().open(&place, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_where_names_only_run_together_the_same() {
        let place = SealContext { table: "api_keys", column: "ecret", ..PLACE };
        assert_eq!(sealer().open(&place, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_under_another_master_key() {
        let other = Sealer::derive(&master_key(2));
        assert_eq!(other.open(&PLACE, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn refuses_an_unknown_version() {
        let mut sealed = sealed(b"s");
        sealed[0] = 2;
        assert_eq!(sealer().open(&PLACE, &sealed).unwrap_err(), SealError::Form);
    }

    #[test]
    fn refuses_what_is_too_short_for_a_nonce() {
        assert_eq!(sealer().open(&PLACE, &sealed(b"s")[..24]).unwrap_err(), SealError::Form);
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time() {
        let rng = SeededRng::new(1);
        assert_ne!(sealer().seal(&rng, &PLACE, b"s"), sealer().seal(&rng, &PLACE, b"s"));
    }

    #[test]
    fn adds_forty_one_bytes() {
        assert_eq!(sealed(b"secret").len(), 6 + 41);
    }

    /// Sealed by independent implementations of HKDF and XChaCha20-Poly1305 under the first generation of a fixed key. It
    /// has to open after every upgrade.
    #[test]
    fn what_was_sealed_once_opens_for_ever() {
        let sealed = from_hex(
            "01000102030405060708090a0b0c0d0e0f101112131415161728d5ef95ccf3f7d5ccc7d11de547be193ff6a2059bdb28685055b7edb\
             5da14fea68ce3",
        );
        let place = SealContext { table: "api_keys", column: "sealed_secret", row: &7_i64.to_be_bytes() };
        let opened = Sealer::derive(&fixed_master_key()).open(&place, &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"a secret that stays");
    }

    proptest! {
        #[test]
        fn opens_as_it_was_sealed(plaintext in any::<Vec<u8>>()) {
            let opened = sealer().open(&PLACE, &sealed(&plaintext)).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext);
        }

        #[test]
        fn a_changed_bit_is_refused(plaintext in any::<Vec<u8>>(), place: prop::sample::Index, bit in 0..8_u8) {
            let mut sealed = sealed(&plaintext);
            let place = place.index(sealed.len());
            sealed[place] ^= 1_u8 << bit;
            prop_assert!(sealer().open(&PLACE, &sealed).is_err());
        }

        #[test]
        fn garbage_is_refused(garbage in any::<Vec<u8>>()) {
            prop_assert!(sealer().open(&PLACE, &garbage).is_err());
        }
    }
}
