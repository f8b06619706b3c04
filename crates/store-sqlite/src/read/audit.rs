//! Reading the audit a page at a time.

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row};
use vestibule_model::{
    Actor, AdministrationTokenId, ApplicationId, AuditChain, AuditEntry, AuditPlace, AuditRecord,
    AuditTarget, ConnectionId, Dialect, SessionReference, TargetKind, UserId,
};
use vestibule_store::{AuditOrder, AuditPage, AuditQuery};

use super::audit_blocks::{Blocks, Candidates};
use super::octets::address;
use crate::audit_index;
use crate::columns::{ActorKind, At, Coded, Id, MeansKind, Reason};
use crate::write::audit::USER_NAME;

/// How many steps of `SQLite`'s machine a page may take before it is cut short: some 15 ms.
const STEPS: i32 = 1_000_000;

/// So many entries of a block are read one by one; to read more, the block is gone through.
const FEW: u32 = 100;

/// A page of the audit.
pub(crate) fn audit(snapshot: &Connection, query: &AuditQuery) -> rusqlite::Result<AuditPage> {
    let Some((first, last)) = range(snapshot, query)? else { return Ok(AuditPage::default()) };
    let mut blocks = Blocks::of(snapshot, query, STEPS);
    let mut entries = Vec::new();
    let (mut block, end, step) = match query.order {
        AuditOrder::OldestFirst => (first >> audit_index::BITS, last >> audit_index::BITS, 1),
        AuditOrder::NewestFirst => (last >> audit_index::BITS, first >> audit_index::BITS, -1),
    };
    let next = loop {
        let (from, to) = audit_index::sequences(block);
        look_at(&mut blocks, block, (from.max(first), to.min(last)), &mut entries)?;
        if entries.len() == query.bounded_limit() {
            break entries.last().map(|entry: &AuditEntry| entry.place);
        }
        if block == end {
            break None;
        }
        if blocks.are_enough() {
            break Some(AuditPlace::in_first(if step == 1 { to } else { from }));
        }
        block += step;
    };
    Ok(AuditPage { entries, next })
}

/// Takes what is wanted from one block, between two sequences.
fn look_at(
    blocks: &mut Blocks<'_>,
    block: i64,
    within: (i64, i64),
    entries: &mut Vec<AuditEntry>,
) -> rusqlite::Result<()> {
    let limit = blocks.query.bounded_limit();
    let mut take = |entry| {
        entries.push(entry);
        entries.len() < limit
    };
    match blocks.candidates(block, within)? {
        Candidates::None => Ok(()),
        Candidates::Perhaps | Candidates::All => blocks.scan(within, take),
        Candidates::At(places) => {
            let sequence = |place| audit_index::sequences(block).0 + i64::try_from(place).unwrap_or_default();
            if places.count() > FEW {
                let ends = places.ends().map_or(within, |(first, last)| (sequence(first), sequence(last)));
                return blocks.scan(ends, take);
            }
            let mut sequences: Vec<i64> = places.iter().map(sequence).collect();
            if blocks.query.order == AuditOrder::NewestFirst {
                sequences.reverse();
            }
            for sequence in sequences {
                let mut is_enough = false;
                blocks.scan((sequence, sequence), |entry| {
                    is_enough = !take(entry);
                    true
                })?;
                if is_enough {
                    break;
                }
            }
            Ok(())
        }
    }
}

/// The sequences between which the page lies; None: there is nothing there.
pub(super) fn range(snapshot: &Connection, query: &AuditQuery) -> rusqlite::Result<Option<(i64, i64)>> {
    let ends = "SELECT (SELECT min(sequence) FROM audit), (SELECT max(sequence) FROM audit)";
    let ends = snapshot.prepare_cached(ends)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)) = ends else { return Ok(None) };
    let last = query.through.map_or(last, |through| number(through).min(last));
    let (first, last): (i64, i64) = match (query.behind.map(number), query.order) {
        (None, _) => (first, last),
        (Some(behind), AuditOrder::OldestFirst) => (first.max(behind.saturating_add(1)), last),
        (Some(behind), AuditOrder::NewestFirst) => (first, last.min(behind.saturating_sub(1))),
    };
    Ok((first <= last).then_some((first, last)))
}

/// The number of a place in the one chain of this database. A place of another stands behind all of it, as places are ordered.
fn number(place: AuditPlace) -> i64 {
    match place.chain {
        AuditChain::FIRST => place.number,
        _ => i64::MAX,
    }
}

/// The columns are read by their place: an export reads every entry there is.
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    let (At(at), Coded(action)) = (row.get(1)?, row.get(2)?);
    let record = AuditRecord {
        at,
        action,
        reason: row.get::<_, Option<Reason>>(3)?.map(|Reason(reason)| reason),
        account: row.get::<_, Option<Id>>(4)?.map(|Id(account)| account),
        user: row.get::<_, Option<i64>>(5)?.map(UserId),
        user_name: row.get(USER_NAME)?,
        session: row.get::<_, Option<[u8; 16]>>(6)?.map(SessionReference),
        actor: actor(row)?,
        means: row.get::<_, Coded<MeansKind>>(10)?.0.with(row.get::<_, Option<i64>>(11)?.map(ApplicationId)),
        dialect: row.get::<_, Option<Coded<Dialect>>>(12)?.map(|Coded(dialect)| dialect),
        address: address(row, 13)?,
        target: target(row)?,
        before: row.get(17)?,
        after: row.get(18)?,
        details: row.get(19)?,
        count: row.get(20)?,
        until: row.get::<_, Option<At>>(21)?.map(|At(until)| until),
    };
    Ok(AuditEntry { place: AuditPlace::in_first(row.get(0)?), record })
}

fn actor(row: &Row<'_>) -> rusqlite::Result<Actor> {
    let Coded(kind) = row.get(7)?;
    let name = |row: &Row<'_>| row.get::<_, Option<String>>(9).map(Option::unwrap_or_default);
    let id = |row: &Row<'_>| -> rusqlite::Result<i64> {
        row.get::<_, Option<i64>>(8)?.ok_or_else(|| FromSqlError::InvalidType.into())
    };
    Ok(match kind {
        ActorKind::Unknown => Actor::Unknown,
        ActorKind::User => Actor::User { id: UserId(id(row)?), name: name(row)? },
        ActorKind::AdministrationToken => {
            Actor::AdministrationToken { id: AdministrationTokenId(id(row)?), name: name(row)? }
        }
        ActorKind::Connection => Actor::Connection { id: ConnectionId(id(row)?), name: name(row)? },
        ActorKind::CommandLine => Actor::CommandLine { name: name(row)? },
        ActorKind::System => Actor::System,
    })
}

fn target(row: &Row<'_>) -> rusqlite::Result<Option<AuditTarget>> {
    let Some(Coded(kind)) = row.get::<_, Option<Coded<TargetKind>>>(14)? else { return Ok(None) };
    Ok(Some(AuditTarget { kind, id: row.get(15)?, name: row.get(16)? }))
}
