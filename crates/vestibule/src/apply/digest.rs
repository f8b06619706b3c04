//! Digests of secrets as text: good under the master key that they were made under, and refused under any other.

use std::fmt::Write as _;

use vestibule_model::{CheckValues, Generation, SecretDigest};

/// How many bytes of a master key's check value name it.
const NAMED_BY: usize = 8;

/// `1:9f86d081884c7d65:…`: the generation, what tells its key from others, and the digest. None: the key is not known.
pub(super) fn text(digest: &SecretDigest, keys: &CheckValues) -> Option<String> {
    let check = keys.0.get(&digest.generation)?;
    Some(format!("{}:{}:{}", digest.generation, hex(&check[..NAMED_BY]), hex(&digest.tag)))
}

/// Reads it again.
///
/// # Errors
///
/// Why it is none, in words that repeat nothing of it.
pub(super) fn read(text: &str, keys: &CheckValues) -> Result<SecretDigest, &'static str> {
    let parts: Vec<&str> = text.split(':').collect();
    let [generation, check, tag] = parts[..] else { return Err(NONE) };
    let generation = generation.parse().ok().and_then(Generation::new).ok_or(NONE)?;
    let tag = bytes(tag).ok_or(NONE)?;
    match keys.0.get(&generation) {
        Some(known) if hex(&known[..NAMED_BY]) == check => Ok(SecretDigest { tag, generation }),
        _ => Err("it was made under another master key: take that one over too, or give another secret"),
    }
}

const NONE: &str = "this is no digest as `vestibule export --with-secrets` writes it";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(digits: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = digits.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> CheckValues {
        [byte; 32].into()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let digest = SecretDigest::from([7; 32]);
        let text = text(&digest, &keys(1)).unwrap();
        assert_eq!(read(&text, &keys(1)), Ok(digest));
    }

    #[test]
    fn under_another_master_key_it_is_refused() {
        let text = text(&SecretDigest::from([7; 32]), &keys(1)).unwrap();
        assert!(read(&text, &keys(2)).unwrap_err().contains("another master key"));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let whole = text(&SecretDigest::from([7; 32]), &keys(1)).unwrap();
        for text in
            ["", "1", "1:2:3", &whole[..whole.len() - 1], &whole.replace("07", "+7"), &format!("x{whole}")]
        {
            assert_eq!(read(text, &keys(1)), Err(NONE), "{text}");
        }
    }
}
