//! The id of a refusal that the audit tells in words.

use std::fmt;

use crate::Rng;

/// The id of a refusal: what the audit says of it is found by this, and whoever was refused is told nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefusalId(u64);

/// In how many hexadecimal digits it is written.
const DIGITS: usize = 16;

/// What stands before it in the details of an entry, which are JSON.
const NAMED: &str = r#""refusal":""#;

impl RefusalId {
    /// A new one.
    pub fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 8];
        rng.fill(&mut bytes);
        Self(u64::from_be_bytes(bytes))
    }

    /// As it was written; None: it is none.
    pub fn read(text: &str) -> Option<Self> {
        let is_one = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_one).map(Self)
    }

    /// How the details of an entry of the audit name it: this stands in them, and in those of no other refusal.
    pub fn in_details(self) -> String {
        format!(r#"{NAMED}{self}""#)
    }

    /// Those that details name.
    pub fn named_in(details: &str) -> impl Iterator<Item = Self> {
        details.split(NAMED).skip(1).filter_map(|rest| Self::read(rest.get(..DIGITS)?))
    }
}

impl fmt::Display for RefusalId {
    /// 16 hexadecimal digits.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_name_it_and_what_strangers_write_in_them_names_none() {
        let (id, other) = (RefusalId(0xa1), RefusalId(0xa2));
        let named = |details: &str| RefusalId::named_in(details).collect::<Vec<_>>();
        assert_eq!(named(&format!(r#"{{"connection":"idp",{},"why":"ä"}}"#, id.in_details())), [id]);
        let quoted = other.in_details().replace('"', r#"\""#);
        assert_eq!(named(&format!(r#"{{{},"why":"{quoted}"}}"#, id.in_details())), [id]);
        for none in ["", "{}", r#"{"refusal":"#, r#"{"refusal":"a1"}"#, r#"{"refusal":"äääääääää"}"#]
        {
            assert_eq!(named(none), [], "{none}");
        }
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = RefusalId(0x00ab_cdef_0123_4567);
        assert_eq!(RefusalId::read(&id.to_string()), Some(id));
        assert_eq!(RefusalId::read("00ABCDEF01234567"), Some(id));
        for wrong in ["", "abcdef01234567", "+0abcdef01234567", "00abcdef0123456g", "000abcdef01234567"] {
            assert_eq!(RefusalId::read(wrong), None, "{wrong}");
        }
    }
}
