//! Where in the audit entries of something stand, so that they are found, and counted exactly, without being read.
//!
//! Owns the table `audit_keys`: rows for each block that is full, written with its summary (`audit_index`). They are made of the
//! entries and are no evidence: a block without them is looked at entry by entry, and [`fill`] makes them where they are missing.

mod fill;
mod places;
mod read;
mod row;
mod write;

use std::net::IpAddr;

use sha2::{Digest, Sha256};
use vestibule_model::{ActorKey, AuditAction, AuditReason, TargetKind};

use crate::audit_index;
use crate::columns::{ActorKind, Word, reason_number};

pub(crate) use fill::{Filling, fill};
pub(crate) use places::Places;
pub(crate) use read::{Chunk, Told, Wanted};
pub(crate) use write::{forget_before, index};

/// How many bits of a block's number are its part in its chunk. With one block in a chunk, a question would read four times as many
/// places of the table; with sixteen, writing costs a sixth more (ADR 66).
const PART_BITS: u32 = 2;

/// How many buckets the values of a kind are dealt to: a block has a thousand addresses and users, so that a row has some sixty.
const BUCKETS: u8 = 16;

/// The longest value, whose length fits a byte.
const LONGEST: usize = 255;

/// How many blocks a chunk has.
const PARTS: usize = 1 << PART_BITS;

/// What a value is of. A number once used keeps its meaning for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Kind {
    /// Not a value: when the first and the last entry of the block happened. Every block that has rows has this one.
    Span = 0,
    Action = 1,
    Account = 2,
    User = 3,
    /// Nothing, where the actor is the user that the entry concerns.
    Actor = 4,
    Application = 5,
    Address = 6,
    Reason = 7,
    Target = 8,
    OpenedFrom = 9,
    OpenedWith = 10,
}

/// A value that entries can be asked for by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: Kind,
    value: Vec<u8>,
}

impl Key {
    /// A value that is too long for a row is known by its digest.
    fn new(kind: Kind, value: Vec<u8>) -> Self {
        let value = if value.len() > LONGEST { Sha256::digest(value).to_vec() } else { value };
        Self { kind, value }
    }

    /// In which bucket it is. Never change how, or entries are not found any more.
    fn bucket(&self) -> u8 {
        let spread = self
            .value
            .iter()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        spread.to_be_bytes()[1] % BUCKETS
    }

    fn action(action: AuditAction) -> Self {
        Self::new(Kind::Action, number(action.number()))
    }

    fn account(id: &str) -> Self {
        Self::new(Kind::Account, id.as_bytes().to_vec())
    }

    fn user(id: i64) -> Self {
        Self::new(Kind::User, number(id))
    }

    /// That of entries whose actor is the user that they concern.
    fn user_themself() -> Self {
        Self::new(Kind::Actor, Vec::new())
    }

    fn actor(kind: i64, id: Option<i64>) -> Self {
        let mut value = number(kind);
        value.extend(id.into_iter().flat_map(number));
        Self::new(Kind::Actor, value)
    }

    fn reason(reason: AuditReason) -> Self {
        Self::new(Kind::Reason, number(reason_number(reason)))
    }

    fn target(kind: i64, id: &str) -> Self {
        let mut value = number(kind);
        value.extend(id.as_bytes());
        Self::new(Kind::Target, value)
    }

    fn of_target(kind: TargetKind, id: &str) -> Self {
        Self::target(kind.number(), id)
    }

    fn address(kind: Kind, address: IpAddr) -> Self {
        let octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        Self::new(kind, octets)
    }

    /// Of an actor who is not the user that the entry concerns.
    fn of_actor(actor: ActorKey) -> Self {
        let (kind, id) = match actor {
            ActorKey::Unknown => (ActorKind::Unknown, None),
            ActorKey::User(id) => (ActorKind::User, Some(id.0)),
            ActorKey::AdministrationToken(id) => (ActorKind::AdministrationToken, Some(id.0)),
            ActorKey::Connection(id) => (ActorKind::Connection, Some(id.0)),
            ActorKey::CommandLine => (ActorKind::CommandLine, None),
            ActorKey::System => (ActorKind::System, None),
        };
        Self::actor(kind.number(), id)
    }
}

/// A number as a value: a byte that says how many follow, and the number without zeros before it, so that what stands behind it in a
/// value is told from it.
fn number(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut value = Vec::with_capacity(9);
    value.push(u8::try_from(bytes.len() - zeros).unwrap_or(u8::MAX));
    value.extend_from_slice(&bytes[zeros..]);
    value
}

/// The chunk of a block, and its part there.
fn chunk_of(block: i64) -> (i64, i64) {
    let chunk = block >> PART_BITS;
    (chunk, block - (chunk << PART_BITS))
}

/// Whether the block has rows.
fn is_indexed(connection: &rusqlite::Connection, block: i64) -> rusqlite::Result<bool> {
    let (chunk, part) = chunk_of(block);
    let sql = "SELECT 1 FROM audit_keys WHERE chunk = ?1 AND kind = 0 AND bucket = 0 AND part = ?2";
    connection.prepare_cached(sql)?.exists((chunk, part))
}

/// The block in which an entry stands.
const fn block_of(sequence: i64) -> i64 {
    sequence >> audit_index::BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_different_values_none_of_which_begins_another() {
        let numbers = [0, 1, 255, 256, 65_536, i64::MAX, -1, i64::MIN];
        for one in numbers {
            for other in numbers.into_iter().filter(|other| *other != one) {
                assert!(!number(one).starts_with(&number(other)), "{one} and {other}");
            }
        }
    }

    /// Rows are kept for as long as entries are: other values would hide them.
    #[test]
    fn values_stay_what_they_are() {
        assert_eq!(number(1_000_000_017), [4, 0x3b, 0x9a, 0xca, 0x11]);
        assert_eq!(number(0), [0]);
        assert_eq!(Key::target(6, "-1").value, *b"\x01\x06-1");
        assert_eq!(Key::actor(1, Some(17)).value, [1, 1, 1, 17]);
        assert_eq!((Kind::OpenedWith as u8, chunk_of(7)), (10, (1, 3)));
        let buckets = [1_000_000_017, 1_000_000_018, 1].map(|id| Key::user(id).bucket());
        assert_eq!(buckets, [5, 5, 4]);
        let long = Key::account(&"a".repeat(256));
        assert_eq!((long.value.len(), &long.value[..4]), (32, &[2, 215, 22, 13][..]));
    }
}
