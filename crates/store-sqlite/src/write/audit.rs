//! An entry of the audit as a row. Its values are bound and tagged in the order of the table's columns.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension};
use vestibule_model::{Actor, AuditRecord};

use crate::chain::Field;
use crate::columns::{ActorKind, MeansKind, Word, reason_number};

/// How many columns are tagged.
pub(crate) const FIELDS: usize = 22;

/// The columns in their order, the tag last.
pub(crate) const COLUMNS: &str = "
    sequence, at, action, reason, account_id, user_id, session, actor, actor_id, actor_name, means, application_id,
    dialect, address, target, target_id, target_name, before, after, details, count, until, mac, user_name, generation";

/// Where the name of the user stands in [`COLUMNS`]. It came later, so it is tagged behind the others, and only where it is.
pub(crate) const USER_NAME: usize = FIELDS + 1;

/// Where the generation of the master key stands that the tag is made under. It came later still; the first is not written.
pub(crate) const GENERATION: usize = FIELDS + 2;

/// Every column of the table, in its order: a short text is found faster among the prepared ones.
const INSERT: &str = "INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/// What a row borrows from that the record does not hold in that form.
pub(crate) struct Columns {
    octets: [u8; 16],
    length: usize,
}

impl Columns {
    pub(crate) fn of(record: &AuditRecord) -> Self {
        let (mut octets, mut length) = ([0; 16], 0);
        match record.address {
            Some(IpAddr::V4(address)) => {
                octets[..4].copy_from_slice(&address.octets());
                length = 4;
            }
            Some(IpAddr::V6(address)) => (octets, length) = (address.octets(), 16),
            None => {}
        }
        Self { octets, length }
    }

    pub(crate) fn fields<'a>(&'a self, sequence: i64, record: &'a AuditRecord) -> [Field<'a>; FIELDS] {
        let (actor, actor_id, actor_name) = match &record.actor {
            Actor::Unknown => (ActorKind::Unknown, None, None),
            Actor::User { id, name } => (ActorKind::User, Some(id.0), Some(name.as_str())),
            Actor::AdministrationToken { id, name } => {
                (ActorKind::AdministrationToken, Some(id.0), Some(name.as_str()))
            }
            Actor::Connection { id, name } => (ActorKind::Connection, Some(id.0), Some(name.as_str())),
            Actor::CommandLine { name } => (ActorKind::CommandLine, None, Some(name.as_str())),
            Actor::System => (ActorKind::System, None, None),
        };
        let (means, application) = MeansKind::of(record.means);
        let target = record.target.as_ref();
        [
            sequence.into(),
            record.at.as_unix().into(),
            record.action.number().into(),
            record.reason.map(reason_number).into(),
            record.account.as_ref().map(vestibule_model::AccountId::as_str).into(),
            record.user.map(|user| user.0).into(),
            record.session.as_ref().map(|session| &session.0[..]).into(),
            actor.number().into(),
            actor_id.into(),
            actor_name.into(),
            means.number().into(),
            application.map(|application| application.0).into(),
            record.dialect.map(Word::number).into(),
            Some(&self.octets[..self.length]).filter(|octets| !octets.is_empty()).into(),
            target.map(|target| target.kind.number()).into(),
            target.map(|target| target.id.as_str()).into(),
            target.map(|target| target.name.as_str()).into(),
            record.before.as_deref().into(),
            record.after.as_deref().into(),
            record.details.as_deref().into(),
            i64::from(record.count).into(),
            record.until.map(vestibule_model::Millis::as_unix).into(),
        ]
    }
}

/// The login name of the user that the entry concerns.
pub(crate) fn user_name(connection: &Connection, record: &AuditRecord) -> rusqlite::Result<Option<String>> {
    let Some(user) = record.user else { return Ok(None) };
    if let Some(name) = record.given_user_name() {
        return Ok(Some(name.to_owned()));
    }
    let mut select = connection.prepare_cached("SELECT login_name FROM users WHERE id = ?1")?;
    let present = select.query_row([user.0], |row| row.get(0)).optional()?;
    Ok(present.or_else(|| record.user_name_of_target().map(str::to_owned)))
}

/// Inserts the row.
pub(crate) fn insert(
    connection: &Connection,
    fields: &[Field<'_>; FIELDS],
    mac: &[u8; 32],
    [user_name, generation]: [Field<'_>; 2],
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(INSERT)?;
    for (index, field) in (1..).zip(fields) {
        statement.raw_bind_parameter(index, field)?;
    }
    statement.raw_bind_parameter(FIELDS + 1, mac)?;
    statement.raw_bind_parameter(USER_NAME + 1, user_name)?;
    statement.raw_bind_parameter(GENERATION + 1, generation)?;
    statement.raw_execute().map(drop)
}
