//! Second factors: time-based one-time passwords (RFC 6238: six digits, steps of 30 s, SHA-1, one step of drift either way), and
//! recovery codes for when the device is lost.

use sha2::{Digest as _, Sha256};
use totp_rs::{Builder, Secret, Totp};
use vestibule_model::{Millis, Rng, UserId};
use zeroize::Zeroizing;

/// How long a step lasts, in seconds.
const STEP_SECONDS: u64 = 30;

/// The digits of RFC 4648 §6, in lower case for recovery codes.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The random bytes of a recovery code: 80 bits, beyond guessing even for whoever has its digest.
const RECOVERY_BYTES: usize = 10;

/// The secret that somebody's device and this service share: 160 bits (RFC 4226 §4).
pub struct OneTimeSecret(Zeroizing<[u8; 20]>);

/// A step of time in which a code counted. It counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneTimeStep(u64);

impl OneTimeSecret {
    /// A new one.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new([0; 20]);
        rng.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// One that was kept; None: it is of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// To be sealed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// As people type it into a device: 32 characters of base 32.
    pub fn to_base32(&self) -> Zeroizing<String> {
        base32(self.as_bytes())
    }

    /// The step of time whose code this is, if it is the present one, the one before or the next.
    pub fn step_of(&self, code: &str, now: Millis) -> Option<OneTimeStep> {
        let is_code = code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit());
        let now = u64::try_from(now.as_unix()).ok()? / 1_000;
        if is_code { self.totp().check(code, now).map(OneTimeStep) } else { None }
    }

    fn totp(&self) -> Totp {
        let builder = Builder::new().with_digits(6).with_skew(1).with_step_duration(STEP_SECONDS);
        builder.with_secret(Secret::new_stack(*self.0)).build_noncompliant()
    }
}

impl OneTimeStep {
    /// What is consumed when the code of this step counts: a digest of its kind, the user, the secret (which is one since when it
    /// was set up) and the step.
    pub fn digest(self, user: UserId, since: Millis) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(b"vestibule/v1/one-time-step");
        for part in [user.0.to_be_bytes(), since.as_unix().to_be_bytes(), self.0.to_be_bytes()] {
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// From when on its code counts no more.
    pub fn expires(self) -> Millis {
        let seconds = self.0.saturating_add(2).saturating_mul(STEP_SECONDS);
        Millis::from_unix(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX))
    }
}

/// A new recovery code: four groups of four characters.
pub fn recovery_code(rng: &dyn Rng) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; RECOVERY_BYTES]);
    rng.fill(bytes.as_mut_slice());
    let text = Zeroizing::new(base32(bytes.as_slice()).to_ascii_lowercase());
    let mut code = Zeroizing::new(String::with_capacity(19));
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            code.push('-');
        }
        code.push(character);
    }
    code
}

/// What is kept of a user's recovery code, however it is written; None: it has not the form of one.
pub fn recovery_digest(user: UserId, code: &str) -> Option<[u8; 32]> {
    let is_ignored = |character: char| character == '-' || character.is_ascii_whitespace();
    let written = code.chars().filter(|character| !is_ignored(*character));
    let plain = Zeroizing::new(written.map(|character| character.to_ascii_uppercase()).collect::<String>());
    if plain.len() != RECOVERY_BYTES * 8 / 5 || !plain.bytes().all(|byte| BASE32.contains(&byte)) {
        return None;
    }
    let mut hash = Sha256::new_with_prefix(b"vestibule/v1/recovery-code");
    hash.update(user.0.to_be_bytes());
    hash.update(plain.as_bytes());
    Some(hash.finalize().into())
}

/// RFC 4648 §6, without padding: of lengths that need none.
fn base32(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 8 / 5));
    for group in bytes.chunks(5) {
        let mut padded = [0; 8];
        padded[3..3 + group.len()].copy_from_slice(group);
        let number = u64::from_be_bytes(padded);
        let digits = (0..8).rev().map(|place| (number >> (5 * place)) & 31);
        let characters = digits.filter_map(|digit| BASE32.get(usize::try_from(digit).ok()?));
        text.extend(characters.map(|byte| char::from(*byte)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededRng;

    const USER: UserId = UserId(7);

    fn of_rfc() -> OneTimeSecret {
        OneTimeSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    /// The times and codes of RFC 6238, appendix B, for SHA-1, without their first two digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = of_rfc().step_of(code, Millis::from_unix(seconds * 1_000));
            assert_eq!(step, Some(OneTimeStep(u64::try_from(seconds).unwrap() / 30)), "{code}");
        }
    }

    #[test]
    fn a_code_counts_one_step_before_and_after_its_own_and_no_longer() {
        let step = |seconds: i64| of_rfc().step_of("287082", Millis::from_unix(seconds * 1_000)).is_some();
        assert_eq!([0, 29, 30, 59, 60, 89].map(step), [true; 6]);
        assert_eq!([90, 120, -1].map(step), [false; 3]);
        assert_eq!(OneTimeStep(1).expires(), Millis::from_unix(90_000));
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in ["", "28708", "2870820", "28708a", "287 082", "+87082", "２８７０８２"] {
            assert_eq!(of_rfc().step_of(text, Millis::from_unix(59_000)), None, "{text}");
        }
    }

    #[test]
    fn a_step_is_consumed_for_one_user_and_one_secret() {
        let digest = |user, since, step| OneTimeStep(step).digest(UserId(user), Millis::from_unix(since));
        let all = [digest(1, 1, 1), digest(2, 1, 1), digest(1, 2, 1), digest(1, 1, 2)];
        assert_eq!(std::collections::BTreeSet::from(all).len(), 4);
    }

    /// RFC 4648 §10.
    #[test]
    fn a_secret_is_written_as_devices_read_it() {
        assert_eq!(base32(b"fooba").as_str(), "MZXW6YTB");
        assert_eq!(of_rfc().to_base32().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(OneTimeSecret::from_bytes(b"short").is_none());
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_written_and_another_for_another_user() {
        let code = recovery_code(&SeededRng::new(1));
        assert_eq!(code.len(), 19);
        let kept = recovery_digest(USER, &code).unwrap();
        for written in [code.to_uppercase(), code.replace('-', " "), code.replace('-', "")] {
            assert_eq!(recovery_digest(USER, &written), Some(kept));
        }
        assert_ne!(recovery_digest(UserId(8), &code), Some(kept));
        assert_ne!(recovery_code(&SeededRng::new(2)), code);
    }

    #[test]
    fn what_is_no_recovery_code_is_none() {
        for text in ["", "123456", "aaaa-aaaa-aaaa-aaa", "aaaa-aaaa-aaaa-aaaa-a", "aaaa-aaaa-aaaa-aaa1"] {
            assert_eq!(recovery_digest(USER, text), None, "{text}");
        }
    }
}
