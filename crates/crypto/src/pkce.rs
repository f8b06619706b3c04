//! Proof key for code exchange, by SHA-256 (RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::digest::constant_time_eq;

/// Whether a verifier is the one that a challenge was made of (RFC 7636 §4.6). What is no verifier never is.
pub fn pkce_matches(challenge: &str, verifier: &str) -> bool {
    is_pkce_text(verifier)
        && constant_time_eq(
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())).as_bytes(),
            challenge.as_bytes(),
        )
}

/// Whether this may be a verifier, or a challenge (RFC 7636 §4.1, §4.2).
pub fn is_pkce_text(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_verifier_is_known_by_its_challenge() {
        assert!(pkce_matches(CHALLENGE, VERIFIER));
        assert!(!pkce_matches(CHALLENGE, CHALLENGE));
        assert!(!pkce_matches(VERIFIER, VERIFIER), "the method `plain`");
        assert!(!pkce_matches("", VERIFIER));
    }

    #[test]
    fn a_verifier_is_long_and_of_few_characters() {
        let is_text = |length| is_pkce_text(&"a".repeat(length));
        assert_eq!([42, 43, 128, 129].map(is_text), [false, true, true, false]);
        assert!(!is_pkce_text(&"+".repeat(43)) && !is_pkce_text(&"ä".repeat(43)));
    }
}
