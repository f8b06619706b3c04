//! The random value that a browser keeps before there is a session: forms are bound to it.

/// The value, which the browser shows in a cookie.
#[derive(Clone)]
pub struct BrowserId {
    value: [u8; 32],
    /// Whether the browser does not have it yet.
    is_new: bool,
}

impl BrowserId {
    /// The browser's, if it shows one, or a new one.
    pub fn of(shown: Option<&str>, new: impl FnOnce() -> [u8; 32]) -> Self {
        match shown.and_then(Self::parse) {
            Some(value) => Self { value, is_new: false },
            None => Self { value: new(), is_new: true },
        }
    }

    /// The bytes of a value as it is shown: 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<[u8; 32]> {
        let is_lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        if text.len() != 64 || !text.bytes().all(is_lower) {
            return None;
        }
        let mut value = [0; 32];
        for (index, byte) in value.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(value)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.value
    }

    /// What the browser is to keep; None: it has it.
    pub fn to_keep(&self) -> Option<String> {
        let digits = |byte: &u8| {
            [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        };
        self.is_new.then(|| self.value.iter().flat_map(digits).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_is_read() {
        let new = BrowserId::of(None, || std::array::from_fn(|index| u8::try_from(index * 8).unwrap()));
        let kept = new.to_keep().unwrap();
        let shown = BrowserId::of(Some(&kept), || unreachable!());
        assert_eq!((shown.bytes(), shown.to_keep()), (new.bytes(), None));
    }

    #[test]
    fn nothing_but_64_lower_case_digits_is_read() {
        for text in ["", &"A".repeat(64), &"0".repeat(63), &"é".repeat(32), &"+1".repeat(32)] {
            assert_eq!(BrowserId::parse(text), None, "{text}");
        }
    }
}
