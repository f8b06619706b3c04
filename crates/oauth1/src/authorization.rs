//! The Authorization header (RFC 5849 §3.5.1, in the syntax of RFC 9110 §11.4).

use std::borrow::Cow;

/// What stands behind the scheme, where that is `OAuth`, in any case.
pub(crate) fn oauth_parameters(header: &[u8]) -> Option<&[u8]> {
    let header = header.trim_ascii_start();
    let end = header.iter().position(|byte| is_space(*byte)).unwrap_or(header.len());
    header[..end].eq_ignore_ascii_case(b"OAuth").then(|| &header[end..])
}

/// Whether an Authorization header is of the scheme `OAuth`.
pub fn is_oauth(header: &[u8]) -> bool {
    oauth_parameters(header).is_some()
}

/// The parameters one by one, as they are encoded: names, and values without their quotes. Values need none, and may have white
/// space around them.
pub(crate) struct Parameters<'a>(pub(crate) &'a [u8]);

/// This is no list of parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'a> Iterator for Parameters<'a> {
    type Item = Result<(&'a [u8], Cow<'a, [u8]>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // Lists may have empty elements (RFC 9110 §5.6.1.2).
        self.skip(|byte| is_space(byte) || byte == b',');
        if self.0.is_empty() {
            return None;
        }
        let parameter = self.parameter();
        if parameter.is_err() {
            self.0 = &[];
        }
        Some(parameter)
    }
}

impl<'a> Parameters<'a> {
    fn parameter(&mut self) -> Result<(&'a [u8], Cow<'a, [u8]>), Malformed> {
        let name = self.token()?;
        self.skip(is_space);
        self.0 = self.0.strip_prefix(b"=").ok_or(Malformed)?;
        self.skip(is_space);
        let value = match self.0.strip_prefix(b"\"") {
            Some(quoted) => self.quoted(quoted)?,
            None => self.token()?.into(),
        };
        self.skip(is_space);
        if self.0.is_empty() || self.0.starts_with(b",") { Ok((name, value)) } else { Err(Malformed) }
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let end = self.0.iter().position(|byte| !skipped(*byte)).unwrap_or(self.0.len());
        self.0 = &self.0[end..];
    }

    fn token(&mut self) -> Result<&'a [u8], Malformed> {
        let end = self.0.iter().position(|byte| !is_token(*byte)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        if token.is_empty() { Err(Malformed) } else { Ok(token) }
    }

    /// A quoted string, without the quote that it begins with. A backslash stands before what is meant as it is.
    fn quoted(&mut self, text: &'a [u8]) -> Result<Cow<'a, [u8]>, Malformed> {
        let special = |byte: &u8| matches!(*byte, b'"' | b'\\');
        let plain = text.iter().position(special).ok_or(Malformed)?;
        if text[plain] == b'"' {
            self.0 = &text[plain + 1..];
            return Ok(text[..plain].into());
        }
        let mut value = Vec::with_capacity(text.len());
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => {
                    self.0 = bytes.as_slice();
                    return Ok(value.into());
                }
                b'\\' => value.push(*bytes.next().ok_or(Malformed)?),
                _ => value.push(*byte),
            }
        }
        Err(Malformed)
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// RFC 9110 §5.6.2.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: &str) -> Result<Vec<(String, String)>, Malformed> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Parameters(oauth_parameters(header.as_bytes()).unwrap())
            .map(|parameter| parameter.map(|(name, value)| (text(name), text(&value))))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_scheme_is_oauth_in_any_case() {
        for header in ["OAuth a=\"b\"", "oauth a=\"b\"", "OAUTH\ta=\"b\"", " OAuth  a=\"b\""] {
            assert_eq!(read(header).unwrap(), pairs(&[("a", "b")]), "{header}");
        }
        for header in ["Bearer a", "OAuth2 a=\"b\"", "OAuth,a=\"b\"", "", "Basic OAuth"] {
            assert_eq!(oauth_parameters(header.as_bytes()), None, "{header}");
        }
    }

    #[test]
    fn white_space_and_empty_elements_make_no_difference() {
        let expected = pairs(&[("a", "1"), ("b", "2"), ("c", "3")]);
        for header in
            ["OAuth a=\"1\",b=\"2\",c=\"3\"", "OAuth ,a =\t\"1\" , ,b= \"2\",\t c=3 ,", "OAuth a=1,b=2,c=3"]
        {
            assert_eq!(read(header).unwrap(), expected, "{header}");
        }
        assert_eq!(read("OAuth").unwrap(), pairs(&[]));
    }

    #[test]
    fn a_quoted_value_may_have_commas_and_escaped_quotes() {
        let header = r#"OAuth realm="a, b=\"c\" \\", oauth_token="", x="=""#;
        let expected = pairs(&[("realm", r#"a, b="c" \"#), ("oauth_token", ""), ("x", "=")]);
        assert_eq!(read(header).unwrap(), expected);
    }

    #[test]
    fn what_is_no_list_of_parameters_is_malformed() {
        for parameters in [
            "a",
            "a=",
            "=\"b\"",
            "a=\"b",
            "a=\"b\\",
            "a=\"b\\\"",
            "a=\"b\"c=\"d\"",
            "a=b c=d",
            "a:\"b\"",
            "\"a\"=b",
        ] {
            assert_eq!(read(&format!("OAuth {parameters}")), Err(Malformed), "{parameters}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>()) {
            let read = Parameters(&bytes).count();
            prop_assert!(read <= bytes.len());
        }
    }
}
