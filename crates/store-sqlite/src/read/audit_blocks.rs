//! Reading the audit block by block: what of a block may be wanted, and how much work that took.

use rusqlite::{Connection, StatementStatus, named_params};
use vestibule_model::{AuditEntry, Millis, RefusalId};
use vestibule_store::{AuditOrder, AuditQuery};

use super::audit::entry;
use crate::audit_index;
use crate::audit_keys::{Chunk, Places, Told, Wanted};
use crate::columns::{Id, Word, reason_number};
use crate::write::audit::COLUMNS;

/// What a block costs that is passed over, in steps of `SQLite`'s machine.
const PER_BLOCK: i32 = 250;

/// What a look at the keys of a chunk costs, in the same steps.
const PER_READ: i32 = 250;

/// The blocks, as a question looks at them.
pub(super) struct Blocks<'a> {
    snapshot: &'a Connection,
    pub(super) query: &'a AuditQuery,
    wanted: Wanted,
    sql: String,
    /// The keys that were read last.
    chunk: Option<Chunk>,
    /// How much work is left.
    steps: i32,
}

/// Which entries of a block may be wanted.
pub(super) enum Candidates {
    None,
    /// Any of them.
    Perhaps,
    /// All of them.
    All,
    /// Those at these places are.
    At(Places),
}

impl<'a> Blocks<'a> {
    /// For a question that may take so many steps of `SQLite`'s machine.
    pub(super) fn of(snapshot: &'a Connection, query: &'a AuditQuery, steps: i32) -> Self {
        let (wanted, sql) = (Wanted::of(query), sql(query.order));
        Self { snapshot, query, wanted, sql, chunk: None, steps }
    }

    /// Whether the question has taken as much as it may.
    pub(super) const fn are_enough(&self) -> bool {
        self.steps <= 0
    }

    /// Which entries of a block may be wanted, between two sequences.
    pub(super) fn candidates(&mut self, block: i64, within: (i64, i64)) -> rusqlite::Result<Candidates> {
        let (since, until) = span(self.query);
        if since > until {
            return Ok(Candidates::None);
        }
        let Told::Places { places, span: (earliest, latest) } = self.told(block)? else {
            return self.by_summary(block);
        };
        let first = audit_index::sequences(block).0;
        let place = |sequence: i64| usize::try_from(sequence - first).unwrap_or_default();
        let here = Places::ALL.between(place(within.0), place(within.1));
        let places = places.and(here);
        if places.is_empty() || latest < since || until < earliest {
            return Ok(Candidates::None);
        }
        let has_more = self.query.session.is_some() || self.query.refusal.is_some();
        if has_more || earliest < since || until < latest {
            return if has_more { self.by_summary(block) } else { Ok(Candidates::Perhaps) };
        }
        Ok(if places == here { Candidates::All } else { Candidates::At(places) })
    }

    fn told(&mut self, block: i64) -> rusqlite::Result<Told> {
        if let Some(chunk) = self.chunk.as_ref().filter(|chunk| chunk.has(block)) {
            return Ok(chunk.of(block));
        }
        self.steps = self.steps.saturating_sub(PER_READ.saturating_mul(self.wanted.reads()));
        let chunk = Chunk::read(self.snapshot, block, &self.wanted)?;
        Ok(self.chunk.insert(chunk).of(block))
    }

    fn by_summary(&mut self, block: i64) -> rusqlite::Result<Candidates> {
        self.steps = self.steps.saturating_sub(PER_BLOCK);
        let (since, until) = span(self.query);
        let may_have = audit_index::may_have(self.snapshot, block, self.query, since, until)?;
        Ok(if may_have { Candidates::Perhaps } else { Candidates::None })
    }

    /// Gives what is wanted between two sequences, as long as it is taken.
    pub(super) fn scan(
        &mut self,
        (from, to): (i64, i64),
        mut take: impl FnMut(AuditEntry) -> bool,
    ) -> rusqlite::Result<()> {
        let query = self.query;
        let mut select = self.snapshot.prepare_cached(&self.sql)?;
        let (since, until) = span(query);
        let parameters = named_params! {
            ":from": from,
            ":to": to,
            ":session": query.session.map(|session| session.0),
            ":user": query.user.map(|user| user.0),
            ":account": query.account.map(Id),
            ":action": query.action.map(Word::number),
            ":reason": query.reason.map(reason_number),
            ":application": query.application.map(|application| application.0),
            ":refusal": query.refusal.map(RefusalId::in_details),
            ":since": since,
            ":until": until,
        };
        let mut rows = select.query(parameters)?;
        while let Some(row) = rows.next()? {
            let entry = entry(row)?;
            if query.wants(&entry) && !take(entry) {
                break;
            }
        }
        drop(rows);
        self.steps = self.steps.saturating_sub(select.reset_status(StatementStatus::VmStep));
        Ok(())
    }
}

/// The first and the last millisecond asked for.
fn span(query: &AuditQuery) -> (i64, i64) {
    let since = query.since.map_or(i64::MIN, Millis::as_unix);
    match query.until.map(|until| until.as_unix().checked_sub(1)) {
        None => (since, i64::MAX),
        Some(Some(until)) => (since, until),
        // Nothing is before the beginning of time.
        Some(None) => (i64::MAX, i64::MIN),
    }
}

/// A statement for each order. It leaves out most of what is not wanted; [`AuditQuery::wants`] says what is.
fn sql(order: AuditOrder) -> String {
    let order = match order {
        AuditOrder::NewestFirst => "DESC",
        AuditOrder::OldestFirst => "ASC",
    };
    format!(
        "SELECT {COLUMNS} FROM audit WHERE sequence BETWEEN :from AND :to
         AND (:session IS NULL OR session = :session) AND (:user IS NULL OR user_id = :user)
         AND (:account IS NULL OR account_id = :account) AND (:action IS NULL OR action = :action)
         AND (:reason IS NULL OR reason = :reason)
         AND (:application IS NULL OR application_id = :application)
         AND (:refusal IS NULL OR {} AND instr(details, :refusal) > 0)
         AND at >= :since AND at <= :until ORDER BY sequence {order}",
        audit_index::tells_of_refusal()
    )
}
