//! Reading the generations of the master key, and what depends on each.

use rusqlite::{Connection, Row, named_params, params};
use vestibule_model::{Generation, MasterKeyRecord, Millis, seal_prefix};
use vestibule_store::{DigestHolder, DigestKind, NAMED_HOLDERS, Remains};

use super::session_ids::ids_under;
use super::undecodable::Table;
use crate::columns::{At, Coded, Id, Numbered};
use crate::sealed_columns::{SEALED_COLUMNS, SealedColumns};

const RECORDS: &str =
    "SELECT generation, check_value, state, activated_at, retired_at FROM master_keys ORDER BY generation";

const KEYS: Table = Table { name: "master_keys", key: &["generation"] };

/// Every generation that is or was active, by generation.
pub(crate) fn master_keys(snapshot: &Connection) -> rusqlite::Result<Vec<MasterKeyRecord>> {
    let record = |row: &Row<'_>| {
        let (Numbered(generation), Coded(state)) = (row.get(0)?, row.get(2)?);
        let time = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<At>>(index)?.map(|At(time)| time));
        let (activated_at, retired_at) = (time(3)?, time(4)?);
        Ok(MasterKeyRecord { generation, check_value: row.get(1)?, state, activated_at, retired_at })
    };
    snapshot.prepare_cached(RECORDS)?.query_map([], |row| KEYS.read(row, record))?.collect()
}

/// The generation in force; None: none is yet.
pub(crate) fn active_generation(connection: &Connection) -> rusqlite::Result<Option<Generation>> {
    let mut select = connection.prepare_cached("SELECT generation FROM master_keys WHERE state = 1")?;
    let mut rows = select.query([])?;
    rows.next()?.map(|row| row.get(0).map(|Numbered(generation)| generation)).transpose()
}

/// What depends on a generation.
pub(crate) fn remains(
    snapshot: &Connection,
    generation: Generation,
    now: Millis,
) -> rusqlite::Result<Remains> {
    let prefix = seal_prefix(generation);
    let count = |sql: &str| -> rusqlite::Result<u64> {
        let count: i64 = snapshot.prepare_cached(sql)?.query_row([&prefix], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    let (digests, holders) = holders(snapshot, generation, now)?;
    Ok(Remains {
        sessions: sessions(snapshot, generation)?,
        sealed_secrets: SEALED_COLUMNS.iter().map(|columns| count(&sealed(columns))).sum::<Result<_, _>>()?,
        answers: count("SELECT count(*) FROM answers WHERE substr(sealed, 1, length(?1)) = ?1")?,
        digests,
        holders,
        verifies_audit: oldest_of_audit(snapshot)?.is_some_and(|oldest| oldest <= generation),
    })
}

/// How many rows of a table have a secret under the seals that begin so.
fn sealed(SealedColumns { table, columns, .. }: &SealedColumns) -> String {
    let is_sealed = columns.iter().map(|column| format!("substr({column}, 1, length(?1)) = ?1"));
    format!("SELECT count(*) FROM {table} WHERE {}", is_sealed.collect::<Vec<_>>().join(" OR "))
}

fn sessions(snapshot: &Connection, generation: Generation) -> rusqlite::Result<u64> {
    let mut count = snapshot.prepare_cached("SELECT count(*) FROM sessions WHERE id >= ?1 AND id < ?2")?;
    let counts = ids_under(generation).map(|(first, behind)| {
        count.query_row(params![first, behind], |row| row.get(0).map(i64::unsigned_abs))
    });
    counts.into_iter().sum()
}

/// One row for each digest.
const HOLDERS: &str = "
    SELECT 0 AS kind, id, account_id, name FROM application_tokens WHERE token_generation = :generation
    UNION ALL
    SELECT 0, id, account_id, name FROM application_tokens
    WHERE superseded_token IS NOT NULL AND superseded_generation = :generation
    UNION ALL
    SELECT 1, id, account_id, name FROM oauth_clients WHERE secret_generation = :generation
    UNION ALL
    SELECT 1, id, account_id, name FROM oauth_clients
    WHERE superseded_secret IS NOT NULL AND superseded_generation = :generation
    UNION ALL
    SELECT 2, id, NULL, name FROM administration_tokens
    WHERE secret_generation = :generation AND revoked IS NULL AND expires > :now
    ORDER BY 1, 2";

fn holders(
    snapshot: &Connection,
    generation: Generation,
    now: Millis,
) -> rusqlite::Result<(u64, Vec<DigestHolder>)> {
    let mut select = snapshot.prepare_cached(HOLDERS)?;
    let mut rows = select.query(named_params! { ":generation": generation.number(), ":now": At(now) })?;
    let (mut digests, mut holders) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        digests += 1;
        let holder = holder(row)?;
        if holders.len() < NAMED_HOLDERS && holders.last() != Some(&holder) {
            holders.push(holder);
        }
    }
    Ok((digests, holders))
}

fn holder(row: &Row<'_>) -> rusqlite::Result<DigestHolder> {
    let kind = match row.get(0)? {
        0 => DigestKind::ApplicationToken,
        1 => DigestKind::OauthClient,
        _ => DigestKind::AdministrationToken,
    };
    let account = row.get::<_, Option<Id>>(2)?.map(|Id(account)| account);
    Ok(DigestHolder { kind, id: row.get(1)?, account, name: row.get(3)? })
}

/// Under which generation the oldest entry of the audit was written: later ones are of no earlier generation.
fn oldest_of_audit(snapshot: &Connection) -> rusqlite::Result<Option<Generation>> {
    let mut select = snapshot.prepare_cached("SELECT generation FROM audit ORDER BY sequence LIMIT 1")?;
    let mut rows = select.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let generation = row.get::<_, Option<Numbered>>(0)?;
    Ok(Some(generation.map_or(Generation::FIRST, |Numbered(generation)| generation)))
}
