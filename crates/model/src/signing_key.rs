//! The keys that the sentinel signs its tokens with.

use std::time::Duration;

use crate::{Millis, SigningKeyId};

/// A key of RSA that tokens are signed with (RS256). Which of several signs, and which are published, follows from the times
/// alone, so that every process comes to the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Unique in the installation; the `kid` of its tokens.
    pub id: SigningKeyId,
    /// When it was made: it is published from then on.
    pub created: Millis,
    /// From when on it signs, until a later one does.
    pub used_from: Millis,
    /// The private key as PKCS#8, sealed.
    pub sealed: Vec<u8>,
}

impl SigningKey {
    /// How long the longest token lives that is signed (contract single-sign-on, Client credentials).
    pub const LONGEST_TOKEN: Duration = Duration::from_hours(1);

    /// How much longer a key is published than its last token lives: clocks differ.
    const MARGIN: Duration = Duration::from_mins(10);

    /// The key that signs at `now`: of those that may already, the one that began last. While none may, the first: a clock that
    /// was set back keeps nobody from signing.
    pub fn signing(keys: &[Self], now: Millis) -> Option<&Self> {
        let begun = keys.iter().filter(|key| key.used_from <= now);
        begun.max_by_key(|key| key.order()).or_else(|| keys.iter().min_by_key(|key| key.order()))
    }

    /// Whether the last token that it signed is over at `now`, so that nobody needs it any more.
    pub fn is_over(&self, keys: &[Self], now: Millis) -> bool {
        let ends = |later: &Self| later.used_from.plus(Self::LONGEST_TOKEN).plus(Self::MARGIN);
        keys.iter().any(|later| later.order() > self.order() && ends(later) <= now)
    }

    /// In which order keys sign.
    const fn order(&self) -> (Millis, SigningKeyId) {
        (self.used_from, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: i64, used_from: u64) -> SigningKey {
        let used_from = Millis::EPOCH.plus(Duration::from_mins(used_from));
        SigningKey { id: SigningKeyId(id), created: Millis::EPOCH, used_from, sealed: Vec::new() }
    }

    fn at(minutes: u64) -> Millis {
        Millis::EPOCH.plus(Duration::from_mins(minutes))
    }

    #[test]
    fn the_one_signs_that_began_last() {
        let keys = [key(3, 10), key(1, 20), key(2, 90)];
        let signs = |minutes| SigningKey::signing(&keys, at(minutes)).unwrap().id.0;
        assert_eq!([0, 10, 19, 20, 89, 90, 999].map(signs), [3, 3, 3, 1, 1, 2, 2]);
        assert_eq!(SigningKey::signing(&[], at(0)), None);
    }

    #[test]
    fn of_two_that_begin_at_once_every_process_takes_the_same() {
        let keys = [key(1, 10), key(2, 10)];
        let other_way_round = [key(2, 10), key(1, 10)];
        for keys in [keys, other_way_round] {
            assert_eq!(SigningKey::signing(&keys, at(10)).unwrap().id.0, 2);
        }
    }

    #[test]
    fn it_is_needed_until_the_last_token_that_it_signed_is_over() {
        let keys = [key(1, 0), key(2, 100)];
        let is_over = |minutes| keys[0].is_over(&keys, at(minutes));
        assert_eq!([100, 160, 169, 170].map(is_over), [false, false, false, true]);
        assert!(!keys[1].is_over(&keys, at(9_999)));
    }
}
