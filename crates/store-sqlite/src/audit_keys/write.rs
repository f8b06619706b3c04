//! Writing the rows of a block, and removing them.

use rusqlite::{Connection, Row, params};
use vestibule_model::{AuditAction, EndedSession};

use super::{Key, Kind, PARTS, chunk_of, is_indexed, number, row};
use crate::audit_index;
use crate::columns::{ActorKind, Word};

/// Writes the rows of a block that is full.
pub(crate) fn index(connection: &Connection, block: i64) -> rusqlite::Result<()> {
    let (first, last) = audit_index::sequences(block);
    let sql = format!(
        "SELECT sequence, at, action, reason, account_id, user_id, actor, actor_id, application_id, address, target,
             target_id, CASE WHEN action = {} THEN details END
         FROM audit WHERE sequence BETWEEN ?1 AND ?2",
        AuditAction::SessionEnded.number()
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query((first, last))?;
    let (mut found, mut earliest, mut latest) = (Vec::new(), i64::MAX, i64::MIN);
    while let Some(row) = rows.next()? {
        let (sequence, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        (earliest, latest) = (earliest.min(at), latest.max(at));
        let place = u16::try_from(sequence - first).unwrap_or(u16::MAX);
        keys(row, |key| found.push(Found::of(key, place)))?;
    }
    // In the order of the table: each row stands beside the one before.
    found.sort_unstable_by_key(|found| found.order);
    let (chunk, part) = chunk_of(block);
    let mut insert =
        connection.prepare_cached("INSERT OR REPLACE INTO audit_keys VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let span = [earliest.to_be_bytes(), latest.to_be_bytes()].concat();
    insert.execute(params![chunk, Kind::Span as u8, 0, part, span])?;
    let mut bytes = Vec::new();
    for of_bucket in found.chunk_by(|one, other| (one.kind(), one.bucket()) == (other.kind(), other.bucket()))
    {
        bytes.clear();
        for same in of_bucket.chunk_by(|one, other| one.value == other.value) {
            row::add(&mut bytes, &same[0].value, same.iter().map(Found::place));
        }
        insert.execute(params![chunk, of_bucket[0].kind(), of_bucket[0].bucket(), part, bytes])?;
    }
    Ok(())
}

/// A value that an entry has.
struct Found {
    /// Its kind, its bucket, a digest of it and the place of the entry: a number is compared much faster than a value is. Should two
    /// values have one digest, a row has their places in pieces.
    order: u128,
    value: Vec<u8>,
}

impl Found {
    fn of(key: Key, place: u16) -> Self {
        let digest = key.value.iter().fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
            (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let bucket = u128::from(key.kind as u8) << 8 | u128::from(key.bucket());
        Self { order: bucket << 80 | u128::from(digest) << 16 | u128::from(place), value: key.value }
    }

    const fn kind(&self) -> u8 {
        self.order.to_be_bytes()[4]
    }

    const fn bucket(&self) -> u8 {
        self.order.to_be_bytes()[5]
    }

    fn place(&self) -> u16 {
        let [.., high, low] = self.order.to_be_bytes();
        u16::from_be_bytes([high, low])
    }
}

/// What an entry can be asked for by.
fn keys(row: &Row<'_>, mut put: impl FnMut(Key)) -> rusqlite::Result<()> {
    put(Key::new(Kind::Action, number(row.get(2)?)));
    if let Some(reason) = row.get::<_, Option<i64>>(3)? {
        put(Key::new(Kind::Reason, number(reason)));
    }
    if let Some(account) = row.get_ref(4)?.as_str_or_null()? {
        put(Key::account(account));
    }
    let user: Option<i64> = row.get(5)?;
    if let Some(user) = user {
        put(Key::user(user));
    }
    let (actor, actor_id): (i64, Option<i64>) = (row.get(6)?, row.get(7)?);
    let is_user = actor == ActorKind::User.number() && actor_id.is_some() && actor_id == user;
    put(if is_user { Key::user_themself() } else { Key::actor(actor, actor_id) });
    if let Some(application) = row.get::<_, Option<i64>>(8)? {
        put(Key::new(Kind::Application, number(application)));
    }
    if let Some(address) = row.get_ref(9)?.as_blob_or_null()? {
        put(Key::new(Kind::Address, address.to_vec()));
    }
    if let (Some(kind), Some(id)) = (row.get::<_, Option<i64>>(10)?, row.get_ref(11)?.as_str_or_null()?) {
        put(Key::target(kind, id));
    }
    if let Some(session) = row.get_ref(12)?.as_str_or_null()?.and_then(EndedSession::in_details) {
        if let Some(address) = session.opened_from {
            put(Key::address(Kind::OpenedFrom, address));
        }
        if let Some(application) = session.opened_with.id() {
            put(Key::new(Kind::OpenedWith, number(application.0)));
        }
    }
    Ok(())
}

/// Removes the rows of blocks that have lost an entry: `first` is the first that is left. What is left of a block that was cut is
/// looked at entry by entry, so nothing is kept of entries that were removed.
pub(crate) fn forget_before(connection: &Connection, first: i64) -> rusqlite::Result<()> {
    let block = super::block_of(first);
    let is_cut = first > audit_index::sequences(block).0;
    let (chunk, part) = chunk_of(block);
    connection.prepare_cached("DELETE FROM audit_keys WHERE chunk < ?1")?.execute([chunk])?;
    let gone = part + i64::from(is_cut);
    for part in (0..gone).take(PARTS) {
        if is_indexed(connection, block - (chunk_of(block).1 - part))? {
            let delete = "DELETE FROM audit_keys WHERE chunk = ?1 AND part = ?2";
            connection.prepare_cached(delete)?.execute((chunk, part))?;
        }
    }
    Ok(())
}
