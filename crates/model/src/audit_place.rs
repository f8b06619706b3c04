//! Where an entry of the audit stands.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A chain of entries. Whoever writes entries beside others has a chain of their own; a database with one writer has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditChain(u32);

impl AuditChain {
    /// The first, which is the only one of an embedded database.
    pub const FIRST: Self = Self(0);

    /// By its number; the first is 0.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }
}

/// An entry's place in the audit. Places of one chain are in the order in which the entries were written; those of different
/// chains are only told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditPlace {
    /// In which chain.
    pub chain: AuditChain,
    /// Its number there: grows by one with each entry, beginning with 1, and is never given twice.
    pub number: i64,
}

impl AuditPlace {
    /// The place of this number in the first chain.
    pub const fn in_first(number: i64) -> Self {
        Self { chain: AuditChain::FIRST, number }
    }
}

impl fmt::Display for AuditPlace {
    /// The number; that of another chain than the first behind the chain's and a dot.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.chain != AuditChain::FIRST {
            write!(out, "{}.", self.chain.0)?;
        }
        self.number.fmt(out)
    }
}

impl Serialize for AuditPlace {
    /// As a number, which is what programs know; in another chain than the first as it is displayed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.chain {
            AuditChain::FIRST => self.number.serialize(serializer),
            _ => serializer.collect_str(self),
        }
    }
}

/// A text that is no place in the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in the audit")]
pub struct NoAuditPlace;

impl FromStr for AuditPlace {
    type Err = NoAuditPlace;

    /// As it is displayed.
    fn from_str(text: &str) -> Result<Self, NoAuditPlace> {
        let (chain, number) = match text.split_once('.') {
            Some((chain, number)) => (chain.parse().map_err(|_| NoAuditPlace)?, number),
            None => (0, text),
        };
        number.parse().map(|number| Self { chain: AuditChain(chain), number }).map_err(|_| NoAuditPlace)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_is_a_number_in_the_first_chain_and_a_text_in_others() {
        let other = AuditPlace { chain: AuditChain::new(3), number: 17 };
        assert_eq!(serde_json::to_value([AuditPlace::in_first(17), other]).unwrap(), json!([17, "3.17"]));
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for (chain, number) in [(0, 0), (0, i64::MIN), (1, 17), (u32::MAX, i64::MAX)] {
            let place = AuditPlace { chain: AuditChain::new(chain), number };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for no_place in ["", ".", "1.", ".1", "1.2.3", "-1.2", "x", "1.x"] {
            assert_eq!(no_place.parse::<AuditPlace>(), Err(NoAuditPlace), "{no_place}");
        }
    }
}
