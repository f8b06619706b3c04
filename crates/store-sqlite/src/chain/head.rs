//! The head: where the audit ends on both sides, sealed, so that an entry missing at an end is noticed.

use rusqlite::{Connection, OptionalExtension, params};
use vestibule_model::{AuditMac, Generation};

use super::encoding::{self, Link};
use super::not_at_hand;
use crate::columns::Numbered;
use crate::read;

/// Both ends of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChainHead {
    /// The newest entry that retention removed.
    pub(crate) anchor: Link,
    /// The newest entry.
    pub(crate) newest: Link,
}

/// What stands in the place of the newest entry's tag when the head was found to be forged: the next entry hangs on no
/// entry there ever was, and will be found for ever.
const FORGED: [u8; 32] = [0xff; 32];

const READ: &str =
    "SELECT anchor, anchor_mac, newest, newest_mac, seal, generation FROM audit_head WHERE id = 1";

const WRITE: &str = "
    INSERT OR REPLACE INTO audit_head (id, anchor, anchor_mac, newest, newest_mac, seal, generation)
    VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)";

impl ChainHead {
    /// That of an audit without entries.
    pub(crate) const EMPTY: Self = Self { anchor: Link::BEGINNING, newest: Link::BEGINNING };

    /// The head; None: there is none, or it is not sealed under the key of the generation that is in force: who has an earlier
    /// one alone seals no head.
    pub(crate) fn read(connection: &Connection, mac: &dyn AuditMac) -> rusqlite::Result<Option<Self>> {
        let row = connection.prepare_cached(READ)?.query_row([], |row| {
            let anchor = Link { sequence: row.get(0)?, mac: row.get(1)? };
            let newest = Link { sequence: row.get(2)?, mac: row.get(3)? };
            let Numbered(generation) = row.get(5)?;
            Ok((Self { anchor, newest }, row.get::<_, Vec<u8>>(4)?, generation))
        });
        let active = read::active_generation(connection)?;
        let is_sealed = |head: &Self, seal: &[u8], generation| {
            active == Some(generation) && head.seal(generation, mac).is_some_and(|own| own[..] == *seal)
        };
        match row.optional() {
            Ok(row) => Ok(row
                .filter(|(head, seal, generation)| is_sealed(head, seal, *generation))
                .map(|(head, ..)| head)),
            // Somebody has put something else into a column of 32 bytes.
            Err(rusqlite::Error::FromSqlConversionFailure(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The head to write on from. A forged one is given up: the audit goes on behind the entries that there are, and
    /// the entry that comes next can be seen not to belong to them.
    pub(crate) fn read_to_write(connection: &Connection, mac: &dyn AuditMac) -> rusqlite::Result<Self> {
        if let Some(head) = Self::read(connection, mac)? {
            return Ok(head);
        }
        let ends = "SELECT coalesce(min(sequence) - 1, 0), coalesce(max(sequence), 0) FROM audit";
        connection.query_row(ends, [], |row| {
            let anchor = Link { sequence: row.get(0)?, ..Link::BEGINNING };
            Ok(Self { anchor, newest: Link { sequence: row.get(1)?, mac: FORGED } })
        })
    }

    /// Seals it under the generation that is in force.
    pub(crate) fn write(
        &self,
        connection: &Connection,
        active: Generation,
        mac: &dyn AuditMac,
    ) -> rusqlite::Result<()> {
        let Self { anchor, newest } = self;
        let seal = self.seal(active, mac).ok_or_else(|| not_at_hand(active))?;
        let (anchor_mac, newest_mac) = (anchor.mac, newest.mac);
        let row = params![anchor.sequence, anchor_mac, newest.sequence, newest_mac, seal, Numbered(active)];
        connection.prepare_cached(WRITE)?.execute(row).map(drop)
    }

    fn seal(&self, generation: Generation, mac: &dyn AuditMac) -> Option<[u8; 32]> {
        mac.tag(generation, &encoding::head(self.anchor, self.newest))
    }
}
