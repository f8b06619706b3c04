//! Short names of long texts.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Names these texts, in this order, and no others: their SHA-256, in hexadecimal digits. Every release names the same alike.
pub fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        // Where one ends and the next begins counts too.
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().fold(String::new(), |mut name, byte| {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_every_release() {
        // SHA-256 of eight bytes of length, and the text.
        let known = "c3494ca1a2cf8eeb8a11ded316fb55b83c3bbbedb6313cd50415251e5d09e12f";
        assert_eq!(digest(["abc"]), known);
    }

    #[test]
    fn texts_that_are_divided_elsewhere_have_another_digest() {
        assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
        assert_ne!(digest(["", "a"]), digest(["a"]));
    }
}
