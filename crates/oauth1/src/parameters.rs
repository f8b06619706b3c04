//! The parameters that are signed, normalised (RFC 5849 §3.4.1.3.2).

use std::ops::Range;

use crate::encoding::encode;

/// Names and values, encoded, in one text.
#[derive(Default)]
pub(crate) struct Parameters {
    text: String,
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl Parameters {
    /// One more, as it was decoded.
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8]) {
        let pair = (self.append(name), self.append(value));
        self.pairs.push(pair);
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend(encode(bytes));
        start..self.text.len()
    }

    /// Into the order in which they are signed: by the bytes of the encoded name, and then of the value.
    pub(crate) fn sort(&mut self) {
        let Self { text, pairs } = self;
        let key = |(name, value): &(Range<usize>, Range<usize>)| {
            (&text.as_bytes()[name.clone()], &text.as_bytes()[value.clone()])
        };
        pairs.sort_unstable_by(|left, right| key(left).cmp(&key(right)));
    }

    /// The normalised text, in pieces.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        let pair = |(at, (name, value)): (usize, &(Range<usize>, Range<usize>))| {
            let separator = if at == 0 { "" } else { "&" };
            [separator, &self.text[name.clone()], "=", &self.text[value.clone()]]
        };
        self.pairs.iter().enumerate().flat_map(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(pairs: &[(&str, &str)]) -> String {
        let mut parameters = Parameters::default();
        for (name, value) in pairs {
            parameters.add(name.as_bytes(), value.as_bytes());
        }
        parameters.sort();
        parameters.pieces().collect()
    }

    /// The parameters of RFC 5849 §3.4.1.3.1, decoded, and §3.4.1.3.2, normalised.
    #[test]
    fn the_example_of_the_rfc_is_normalised_as_it_says() {
        let decoded = [
            ("b5", "=%3D"),
            ("a3", "a"),
            ("c@", ""),
            ("a2", "r b"),
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ];
        let expected = "a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=&oauth_consumer_key=9djdj82h48djs9d2\
                        &oauth_nonce=7d8f3e4a&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201\
                        &oauth_token=kkk9d7dh3k39sjv7";
        assert_eq!(normalised(&decoded), expected);
    }

    /// `a` stands before `a-`, and `%` before digits, whatever they decode to.
    #[test]
    fn encoded_bytes_are_what_is_sorted_by() {
        assert_eq!(normalised(&[("a1", ""), ("a-", ""), ("aé", ""), ("a", "2")]), "a=2&a%C3%A9=&a-=&a1=");
        assert_eq!(normalised(&[("a", "é"), ("a", "10"), ("a", "9"), ("a", "")]), "a=&a=%C3%A9&a=10&a=9");
    }

    #[test]
    fn of_nothing_there_is_nothing() {
        assert_eq!(normalised(&[]), "");
    }
}
