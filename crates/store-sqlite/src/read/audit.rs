//! Reading the audit: which blocks of it, and how much work at a time.

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row, StatementStatus, named_params};
use vestibule_model::{
    Actor, AdministrationTokenId, ApplicationId, AuditChain, AuditEntry, AuditPlace, AuditRecord,
    AuditTarget, ConnectionId, Dialect, RefusalId, SessionReference, TargetKind, UserId,
};
use vestibule_store::{AuditOrder, AuditPage, AuditQuery};

use super::octets::address;
use crate::audit_index;
use crate::columns::{ActorKind, At, Coded, Id, MeansKind, Reason, Word};
use crate::write::audit::{COLUMNS, USER_NAME};

/// How many steps of `SQLite`'s machine a page may take before it is cut short: some 15 ms.
const STEPS: i32 = 1_000_000;

/// What a block costs that is passed over, in the same steps.
const PER_BLOCK: i32 = 250;

/// A page of the audit.
pub(crate) fn audit(snapshot: &Connection, query: &AuditQuery) -> rusqlite::Result<AuditPage> {
    let Some((first, last)) = range(snapshot, query)? else { return Ok(AuditPage::default()) };
    let mut search = Search { snapshot, query, entries: Vec::new(), steps: STEPS };
    let (mut block, end, step) = match query.order {
        AuditOrder::OldestFirst => (first >> audit_index::BITS, last >> audit_index::BITS, 1),
        AuditOrder::NewestFirst => (last >> audit_index::BITS, first >> audit_index::BITS, -1),
    };
    let next = loop {
        let (from, to) = audit_index::sequences(block);
        search.look_at(block, from.max(first), to.min(last))?;
        if search.entries.len() == query.bounded_limit() {
            break search.entries.last().map(|entry| entry.place);
        }
        if block == end {
            break None;
        }
        if search.steps <= 0 {
            break Some(AuditPlace::in_first(if step == 1 { to } else { from }));
        }
        block += step;
    };
    Ok(AuditPage { entries: search.entries, next })
}

/// The sequences between which the page lies; None: there is nothing there.
fn range(snapshot: &Connection, query: &AuditQuery) -> rusqlite::Result<Option<(i64, i64)>> {
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

/// A statement for each order.
fn sql(order: AuditOrder) -> String {
    let order = match order {
        AuditOrder::NewestFirst => "DESC",
        AuditOrder::OldestFirst => "ASC",
    };
    format!(
        "SELECT {COLUMNS} FROM audit WHERE sequence BETWEEN :from AND :to
         AND (:session IS NULL OR session = :session) AND (:user IS NULL OR user_id = :user)
         AND (:account IS NULL OR account_id = :account) AND (:action IS NULL OR action = :action)
         AND (:refusal IS NULL OR {} AND instr(details, :refusal) > 0)
         AND at >= :since AND at <= :until ORDER BY sequence {order} LIMIT :limit",
        audit_index::tells_of_refusal()
    )
}

/// A page in the making.
struct Search<'a> {
    snapshot: &'a Connection,
    query: &'a AuditQuery,
    entries: Vec<AuditEntry>,
    /// How much work is left.
    steps: i32,
}

impl Search<'_> {
    /// Takes what is wanted from one block, between two sequences.
    fn look_at(&mut self, block: i64, from: i64, to: i64) -> rusqlite::Result<()> {
        self.steps = self.steps.saturating_sub(PER_BLOCK);
        let ((since, until), query) = (self.span(), self.query);
        if since > until || !audit_index::may_have(self.snapshot, block, query, since, until)? {
            return Ok(());
        }
        let mut select = self.snapshot.prepare_cached(&sql(query.order))?;
        let limit = query.bounded_limit().saturating_sub(self.entries.len());
        let parameters = named_params! {
            ":from": from,
            ":to": to,
            ":session": query.session.map(|session| session.0),
            ":user": query.user.map(|user| user.0),
            ":account": query.account.map(Id),
            ":action": query.action.map(Word::number),
            ":refusal": query.refusal.map(RefusalId::in_details),
            ":since": since,
            ":until": until,
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        };
        let mut rows = select.query(parameters)?;
        while let Some(row) = rows.next()? {
            self.entries.push(entry(row)?);
        }
        drop(rows);
        self.steps = self.steps.saturating_sub(select.reset_status(StatementStatus::VmStep));
        Ok(())
    }

    /// The first and the last millisecond asked for.
    fn span(&self) -> (i64, i64) {
        let since = self.query.since.map_or(i64::MIN, vestibule_model::Millis::as_unix);
        match self.query.until.map(|until| until.as_unix().checked_sub(1)) {
            None => (since, i64::MAX),
            Some(Some(until)) => (since, until),
            // Nothing is before the beginning of time.
            Some(None) => (i64::MAX, i64::MIN),
        }
    }
}

/// The columns are read by their place: an export reads every entry there is.
fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
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
