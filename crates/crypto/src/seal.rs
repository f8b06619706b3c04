//! Secrets that must be read again, sealed at rest: OAuth 1.0 secrets, TOTP secrets, secrets of identity
//! providers.
//!
//! A sealed secret opens only in the place it was sealed for, so nobody who can write to the database can move
//! one to a row of their own and have the service use it there.

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};
use vestibule_model::{Generation, Rng, seal_prefix, sealed_under};
use zeroize::Zeroizing;

use crate::KeyRing;
use crate::ring::Keys;

/// The length of the nonce: long enough to be drawn at random for every sealing.
const NONCE_LENGTH: usize = 24;

/// Seals and opens secrets: a prefix that tells the generation ([`seal_prefix`]), the nonce, the ciphertext with its tag.
/// XChaCha20-Poly1305 under a key of its own in each generation.
#[derive(Clone)]
pub struct Sealer(KeyRing);

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
    /// Sealed under a generation of the master key that is not here, or is retired.
    #[error("the secret is sealed under generation {0} of the master key, which is not at hand")]
    Generation(Generation),
    /// Changed, moved from another place, or sealed under another master key; which of these cannot be told.
    #[error("the sealed secret was changed, is in the wrong place or was sealed under another master key")]
    Refused,
}

impl Sealer {
    /// The sealer of an installation.
    pub fn derive(keys: impl Into<KeyRing>) -> Self {
        Self(keys.into())
    }

    /// Seals `plaintext` for one place under the active generation. 41 or 42 bytes longer than the plaintext, and different
    /// each time.
    ///
    /// # Panics
    ///
    /// For a plaintext of more than 256 GiB, the cipher's limit (RFC 8439 §2.8).
    #[expect(clippy::expect_used, reason = "no secret is as long as the cipher's limit")]
    pub fn seal(&self, rng: &dyn Rng, context: &SealContext<'_>, plaintext: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LENGTH];
        rng.fill(&mut nonce);
        let keys = self.0.active_keys();
        let payload = Payload { msg: plaintext, aad: &context.associated_data(keys) };
        let ciphertext = keys.seal.encrypt(&XNonce::from(nonce), payload).expect("the plaintext is too long");
        [&seal_prefix(keys.generation)[..], &nonce, &ciphertext].concat()
    }

    /// Opens what was sealed for the same place. The plaintext is wiped when dropped.
    pub fn open(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let generation = sealed_under(sealed).ok_or(SealError::Form)?;
        let rest = sealed.get(seal_prefix(generation).len()..).ok_or(SealError::Form)?;
        let keys = self.0.accepted(generation.number()).ok_or(SealError::Generation(generation))?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(SealError::Form)?;
        let payload = Payload { msg: ciphertext, aad: &context.associated_data(keys) };
        let plaintext = keys.seal.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Refused)?;
        Ok(Zeroizing::new(plaintext))
    }

    /// Whether a secret is sealed under an earlier generation than the active one, and should be sealed anew. One under a later
    /// generation was sealed by a process that knows of a rotation which this one does not know yet.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        sealed_under(sealed).is_none_or(|generation| generation < self.0.active())
    }
}

impl SealContext<'_> {
    /// The place as bytes, each part after its length, so that no two places have the same bytes; behind that the
    /// generation, if it is not the first.
    fn associated_data(&self, keys: &Keys) -> Vec<u8> {
        let context = [self.table.as_bytes(), self.column.as_bytes(), self.row];
        let with_length = |part: &[u8]| [&(part.len() as u64).to_be_bytes()[..], part].concat();
        let generation =
            Some(keys.generation.number()).filter(|number| *number != Generation::FIRST.number());
        context.iter().flat_map(|part| with_length(part)).chain(generation).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use vestibule_model::KeyState;

    use super::*;
    use crate::MasterKeys;
    use crate::testing::{
        SeededRng, fixed_master_key, from_hex, generation, master_key, master_keys, record,
    };

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
        is_wiped::<chacha20poly1305::XChaCha20Poly1305>();
    }

    #[test]
    fn does_not_open_in_another_row() {
        let context = SealContext { row: &[0, 8], ..PLACE };
        assert_eq!(sealer().open(&context, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_in_another_column() {
        let context = SealContext { column: "access_token_secret", ..PLACE };
        assert_eq!(sealer().open(&context, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_in_another_table() {
        let context = SealContext { table: "oauth_client", ..PLACE };
        assert_eq!(sealer().open(&context, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_where_names_only_run_together_the_same() {
        let context = SealContext { table: "api_keys", column: "ecret", ..PLACE };
        assert_eq!(sealer().open(&context, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn does_not_open_under_another_master_key() {
        let other = Sealer::derive(&master_key(2));
        assert_eq!(other.open(&PLACE, &sealed(b"s")).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn refuses_an_unknown_version() {
        let mut sealed = sealed(b"s");
        sealed[0] = 3;
        assert_eq!(sealer().open(&PLACE, &sealed).unwrap_err(), SealError::Form);
    }

    #[test]
    fn refuses_what_is_too_short_for_a_nonce() {
        assert_eq!(sealer().open(&PLACE, &sealed(b"s")[..24]).unwrap_err(), SealError::Form);
    }

    #[test]
    fn what_was_sealed_before_a_rotation_opens_after_it_until_its_generation_is_retired() {
        let keys = KeyRing::new(&master_keys(&[1, 2]));
        let sealer = Sealer::derive(&keys);
        let rng = SeededRng::new(1);
        keys.follow(&[record(1, KeyState::Active)]).unwrap();
        let (first, second) =
            (sealer.seal(&rng, &PLACE, b"s"), |sealer: &Sealer| sealer.seal(&rng, &PLACE, b"s"));
        assert!(!sealer.is_outdated(&first));
        keys.follow(&[record(1, KeyState::Readable), record(2, KeyState::Active)]).unwrap();
        let second = second(&sealer);
        assert_eq!((&second[..2], second.len()), (&[2, 2][..], 1 + 42));
        assert_eq!(sealed_under(&first).map(Generation::number), Some(1));
        assert_eq!(sealed_under(&second).map(Generation::number), Some(2));
        assert!(sealer.is_outdated(&first) && !sealer.is_outdated(&second));
        // A process that has not followed the rotation yet.
        keys.follow(&[record(1, KeyState::Active)]).unwrap();
        assert!(!sealer.is_outdated(&first) && !sealer.is_outdated(&second));
        assert_eq!(sealer.open(&PLACE, &first).unwrap().as_slice(), b"s");
        assert_eq!(sealer.open(&PLACE, &second).unwrap().as_slice(), b"s");
        keys.follow(&[record(1, KeyState::Retired), record(2, KeyState::Active)]).unwrap();
        assert_eq!(sealer.open(&PLACE, &first).unwrap_err(), SealError::Generation(generation(1)));
        assert_eq!(sealer.open(&PLACE, &second).unwrap().as_slice(), b"s");
    }

    #[test]
    fn a_seal_does_not_open_under_another_generation() {
        let both = Sealer::derive(&master_keys(&[2, 3]));
        let mut sealed = both.seal(&SeededRng::new(1), &PLACE, b"s");
        sealed[1] = 2;
        assert_eq!(both.open(&PLACE, &sealed).unwrap_err(), SealError::Refused);
        sealed[1] = 4;
        assert_eq!(both.open(&PLACE, &sealed).unwrap_err(), SealError::Generation(generation(4)));
    }

    /// The generation is authenticated, also where two of them have one key.
    #[test]
    fn a_seal_belongs_to_its_generation() {
        let keys = [2, 3].map(|number| (generation(number), master_key(1)));
        let both = Sealer::derive(&MasterKeys::unchecked(keys));
        let mut sealed = both.seal(&SeededRng::new(1), &PLACE, b"s");
        sealed[1] = 2;
        assert_eq!(both.open(&PLACE, &sealed).unwrap_err(), SealError::Refused);
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
        let context = SealContext { table: "api_keys", column: "sealed_secret", row: &7_i64.to_be_bytes() };
        let opened = Sealer::derive(&fixed_master_key()).open(&context, &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"a secret that stays");
    }

    proptest! {
        #[test]
        fn opens_as_it_was_sealed(plaintext in any::<Vec<u8>>()) {
            let opened = sealer().open(&PLACE, &sealed(&plaintext)).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext);
        }

        #[test]
        fn a_changed_bit_is_refused(plaintext in any::<Vec<u8>>(), index: prop::sample::Index, bit in 0..8_u8) {
            let mut sealed = sealed(&plaintext);
            let index = index.index(sealed.len());
            sealed[index] ^= 1_u8 << bit;
            prop_assert!(sealer().open(&PLACE, &sealed).is_err());
        }

        #[test]
        fn garbage_is_refused(garbage in any::<Vec<u8>>()) {
            prop_assert!(sealer().open(&PLACE, &garbage).is_err());
        }
    }
}
