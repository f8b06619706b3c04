//! Percent-encoding (RFC 5849 §3.6), and its reverse. Strict: what has two readings has none.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode, percent_encode};

/// Everything but the unreserved characters of RFC 3986 §2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The encoded text, in pieces; digits in upper case.
pub(crate) fn encode(bytes: &[u8]) -> PercentEncode<'_> {
    percent_encode(bytes, ENCODED)
}

/// What was encoded; `+` is a plus. Nothing where `%` is not followed by two hexadecimal digits.
pub(crate) fn decode(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let digits = rest.get(at + 1..at + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        rest = rest.get(at + 3..)?;
    }
    Some(percent_decode(text).into())
}

/// What was encoded as `application/x-www-form-urlencoded`: the same, and `+` is a space.
pub(crate) fn decode_form(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'+') {
        return decode(text);
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    decode(&spaced).map(|decoded| Cow::Owned(decoded.into_owned()))
}

/// Names and values of a query or a form, as they are written. Nothing stands between two `&`.
pub(crate) fn form_pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unreserved_characters_alone_stay() {
        let unreserved = b"ABCXYZabcxyz0189-._~";
        assert_eq!(encode(unreserved).to_string().as_bytes(), unreserved);
        assert_eq!(encode(" +%&=*/☃".as_bytes()).to_string(), "%20%2B%25%26%3D%2A%2F%E2%98%83");
    }

    #[test]
    fn a_plus_is_a_space_in_forms_alone() {
        assert_eq!(decode(b"a+b%2B%2b").unwrap(), &b"a+b++"[..]);
        assert_eq!(decode_form(b"a+b%2B%2b").unwrap(), &b"a b++"[..]);
    }

    #[test]
    fn what_is_not_encoded_right_is_nothing() {
        for text in ["%", "%4", "%zz", "a%4", "%25%", "%%41", "%+1", "%4g"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
            assert_eq!(decode_form(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn pairs_may_lack_a_name_a_value_or_both() {
        let pairs: Vec<_> = form_pairs(b"&a=b=c&&d&=e&=&").collect();
        let text = |text: &'static str| text.as_bytes();
        assert_eq!(
            pairs,
            [(text("a"), text("b=c")), (text("d"), text("")), (text(""), text("e")), (text(""), text(""))]
        );
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in any::<Vec<u8>>()) {
            let text = encode(&bytes).to_string();
            prop_assert_eq!(decode(text.as_bytes()).unwrap(), &bytes[..]);
            prop_assert_eq!(decode_form(text.as_bytes()).unwrap(), &bytes[..]);
        }

        #[test]
        fn any_bytes_are_decoded_or_not(bytes in any::<Vec<u8>>()) {
            let _ = (decode(&bytes), decode_form(&bytes), form_pairs(&bytes).count());
        }
    }
}
