//! What a witness and a database say about each other.

use rusqlite::{Connection, OptionalExtension};
use vestibule_model::{AuditMac, Rng};

use super::file::Said;
use super::record::Testimony;
use crate::chain::{ChainHead, Link, Witness};

/// The name of the database's id in `meta`. It is there from the first testimony on, and so says that there is a witness.
const ID: &str = "witness";

/// What tells one database from another that has the same master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DatabaseId(pub(crate) [u8; 16]);

impl DatabaseId {
    pub(crate) fn new(rng: &dyn Rng) -> Self {
        let mut id = [0; 16];
        rng.fill(&mut id);
        Self(id)
    }
}

/// What a comparison of a database with its witness came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The database is the one that was witnessed, or newer.
    AsWitnessed,
    /// Neither has ever heard of the other: the first start with a witness.
    First,
    /// The database had a witness, which is not there.
    Missing,
    /// The witness was not written under this master key, or was changed.
    Unsealed,
    /// One place of the witness is damaged, and the database ends exactly where the other was written. A write that was torn
    /// leaves a database that is newer; the damaged place may have said something newer.
    Damaged {
        /// The newest entry of the audit that the other place knows.
        witnessed: i64,
    },
    /// The witness is that of another database.
    OfAnother,
    /// The database ends before what was witnessed: an older copy.
    Behind {
        /// The newest entry of the audit that was witnessed.
        witnessed: i64,
        /// The newest entry that the database has.
        newest: i64,
    },
    /// The database's own file ends before what was witnessed of it: an older copy, which has got its newest entries
    /// from the log of another.
    UnderNewerLog {
        /// The newest entry in the file that was witnessed.
        witnessed: i64,
        /// The newest entry that the file has.
        newest: i64,
    },
    /// The database has another entry, or none, where one was witnessed: it went another way from an older copy, or its
    /// audit was changed.
    Another {
        /// The entry.
        witnessed: i64,
    },
}

impl Standing {
    /// Whether the database may be an older one than that which was last in use.
    pub const fn is_doubtful(self) -> bool {
        !matches!(self, Self::AsWitnessed | Self::First)
    }
}

/// The standing, and the database's id; None: it has none.
pub(crate) type Standings = (Standing, Option<DatabaseId>);

/// Compares a database with what its witness says. `folded` is the newest entry in the database's own file, looked for
/// before it was opened; None: nobody knows.
pub(crate) fn compare(
    connection: &Connection,
    mac: &dyn AuditMac,
    said: Said,
    folded: Option<i64>,
) -> rusqlite::Result<Standings> {
    let own = id(connection)?;
    let standing = match (own, said) {
        // The very first testimony may have been torn.
        (Known::Never, Said::Nothing | Said::IdempotencyState) => Standing::First,
        (Known::As(_) | Known::Illegible, Said::Nothing) => Standing::Missing,
        (_, Said::Unsealed | Said::IdempotencyState) => Standing::Unsealed,
        (Known::As(own), Said::Testimony(testimony) | Said::Remains(testimony))
            if own != testimony.database =>
        {
            Standing::OfAnother
        }
        // Without an id: the process ended between the first testimony and the database's note of it, or the database
        // is from before that.
        (_, Said::Testimony(testimony) | Said::Remains(testimony)) => {
            let under_the_log = folded.filter(|folded| *folded < testimony.folded);
            match (against(connection, mac, testimony.newest)?, under_the_log) {
                (Standing::AsWitnessed, Some(newest)) => {
                    Standing::UnderNewerLog { witnessed: testimony.folded, newest }
                }
                (Standing::AsWitnessed, None)
                    if matches!(said, Said::Remains(_)) && ends_at(connection, mac, testimony.newest)? =>
                {
                    Standing::Damaged { witnessed: testimony.newest.sequence }
                }
                (standing, _) => standing,
            }
        }
    };
    Ok((standing, own.id()))
}

/// Whether a database has had a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Never,
    As(DatabaseId),
    /// It has, and its id was changed into what is none.
    Illegible,
}

impl Known {
    const fn id(self) -> Option<DatabaseId> {
        match self {
            Self::As(id) => Some(id),
            Self::Never | Self::Illegible => None,
        }
    }
}

/// Notes the id in the database.
pub(crate) fn keep_id(connection: &Connection, id: DatabaseId) -> rusqlite::Result<()> {
    let insert = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)";
    connection.execute(insert, (ID, id.0)).map(drop)
}

fn id(connection: &Connection) -> rusqlite::Result<Known> {
    let select = "SELECT value FROM meta WHERE name = ?1";
    match connection.query_row(select, [ID], |row| row.get::<_, [u8; 16]>(0)).optional() {
        Ok(kept) => Ok(kept.map_or(Known::Never, |kept| Known::As(DatabaseId(kept)))),
        Err(rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..)) => {
            Ok(Known::Illegible)
        }
        Err(error) => Err(error),
    }
}

/// Whether this is the newest entry that the database has.
fn ends_at(connection: &Connection, mac: &dyn AuditMac, witnessed: Witness) -> rusqlite::Result<bool> {
    Ok(ChainHead::read(connection, mac)?.is_none_or(|head| head.newest.sequence <= witnessed.sequence))
}

fn against(connection: &Connection, mac: &dyn AuditMac, witnessed: Witness) -> rusqlite::Result<Standing> {
    let another = Standing::Another { witnessed: witnessed.sequence };
    let Some(head) = ChainHead::read(connection, mac)? else { return Ok(another) };
    let newest = head.newest.sequence;
    if newest < witnessed.sequence {
        return Ok(Standing::Behind { witnessed: witnessed.sequence, newest });
    }
    let there = match witnessed.sequence {
        // Retention has removed it, and whatever came before what it left.
        removed if removed < head.anchor.sequence => return Ok(Standing::AsWitnessed),
        sequence if sequence == head.anchor.sequence => Some(head.anchor.mac),
        sequence if sequence == newest => Some(head.newest.mac),
        sequence => mac_of(connection, sequence)?,
    };
    Ok(if there == Some(witnessed.mac) { Standing::AsWitnessed } else { another })
}

fn mac_of(connection: &Connection, sequence: i64) -> rusqlite::Result<Option<[u8; 32]>> {
    let select = "SELECT mac FROM audit WHERE sequence = ?1";
    match connection.query_row(select, [sequence], |row| row.get(0)).optional() {
        // Somebody has put something else there.
        Err(rusqlite::Error::FromSqlConversionFailure(..)) => Ok(None),
        found => found,
    }
}

/// What a witness is to say of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attestation(pub(crate) Testimony);

impl Attestation {
    /// Of a database as it is, which gets an id, if it has none.
    pub(crate) fn of(connection: &Connection, mac: &dyn AuditMac, rng: &dyn Rng) -> rusqlite::Result<Self> {
        let own = id(connection)?.id().unwrap_or_else(|| DatabaseId::new(rng));
        keep_id(connection, own)?;
        let newest = ChainHead::read_to_write(connection, mac)?.newest;
        // It is one file, without a log.
        Ok(Self(Testimony { database: own, newest: newest.into(), folded: newest.sequence }))
    }
}

impl From<Link> for Witness {
    fn from(link: Link) -> Self {
        Self { sequence: link.sequence, mac: link.mac }
    }
}
