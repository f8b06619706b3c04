//! Adding up what was counted of requests, and bringing it to the form of its age.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, Row, named_params, params};
use vestibule_model::{AccountId, Day, Millis, Month, TrafficApplication};
use vestibule_store::{
    Outcome, StoreError, TrafficBatch, TrafficPeriod, TrafficRow, TrafficSource, TrafficSpan, TrafficUses,
};

use super::execute;
use crate::columns::{At, Id, Json};
use crate::error::of_change;
use crate::read::traffic::{
    Names, TRAFFIC, account, account_column, application, application_columns, counting, families, names,
    period_columns, rows, skipping,
};
use crate::traffic_counts::{self, NumberedSeries};

/// No family that is known is used later by this.
const NO_LATER: Day = Day::FIRST;

const PUT: &str = "
    INSERT INTO traffic (account_id, application_kind, application_id, period_kind, period, counts, addresses, users,
        agents)
    VALUES (:account, :kind, :id, :period_kind, :period, :counts, :addresses, :users, :agents)
    ON CONFLICT (account_id, application_kind, application_id, period_kind, period) DO UPDATE SET
        counts = excluded.counts, addresses = excluded.addresses, users = excluded.users, agents = excluded.agents";

const ONE: &str = "
    SELECT * FROM traffic
    WHERE account_id = ?1 AND application_kind = ?2 AND application_id = ?3 AND period_kind = ?4 AND period = ?5";

const DELETE: &str = "
    DELETE FROM traffic
    WHERE account_id = ?1 AND application_kind = ?2 AND application_id = ?3 AND period_kind = ?4 AND period = ?5";

const USES: &str = "
    INSERT INTO traffic_uses (account_id, application_kind, application_id, first, last, last_refused)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (account_id, application_kind, application_id) DO UPDATE SET
        first = coalesce(min(first, excluded.first), first, excluded.first),
        last = coalesce(max(last, excluded.last), last, excluded.last),
        last_refused = coalesce(max(last_refused, excluded.last_refused), last_refused, excluded.last_refused)";

/// Adds a batch, unless it or a later one of its writer was.
pub(super) fn count(connection: &Connection, batch: &TrafficBatch) -> Result<(), StoreError> {
    let number = i64::try_from(batch.number).unwrap_or(i64::MAX);
    let sql = "
        INSERT INTO traffic_writers (writer, batch, at) VALUES (?1, ?2, ?3)
        ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, at = excluded.at WHERE batch < excluded.batch";
    if execute(connection, sql, params![batch.writer, number, At(batch.at)])? == 0 {
        return Ok(());
    }
    let TrafficSpan { since, until } = TrafficSpan::after(counting(connection).map_err(of_change)?, batch.at);
    let sql = "
        INSERT INTO traffic_counting (one, since, until) VALUES (1, ?1, ?2)
        ON CONFLICT (one) DO UPDATE SET since = excluded.since, until = excluded.until";
    execute(connection, sql, [At(since), At(until)])?;
    let accounts = batch.rows.iter().map(|row| row.source.account);
    let accounts: BTreeSet<_> = accounts.chain(batch.uses.iter().map(|(source, _)| source.account)).collect();
    for account in accounts {
        let rows = batch.rows.iter().filter(|row| row.source.account == account);
        let uses = batch.uses.iter().filter(|(source, _)| source.account == account);
        if !is_there(connection, account)? {
            continue;
        }
        let mut families = Families::of(connection, account)?;
        for row in rows {
            families.add(row, row.period.last_day())?;
        }
        for (source, uses) in uses {
            note_uses(connection, *source, *uses)?;
        }
    }
    Ok(())
}

fn is_there(connection: &Connection, account: Option<AccountId>) -> Result<bool, StoreError> {
    let Some(account) = account else { return Ok(true) };
    let sql = "SELECT 1 FROM accounts WHERE id = ?1";
    connection.prepare_cached(sql).and_then(|mut select| select.exists([Id(account)])).map_err(of_change)
}

fn note_uses(connection: &Connection, source: TrafficSource, uses: TrafficUses) -> Result<(), StoreError> {
    let (kind, id) = application_columns(source.application);
    let TrafficUses { first, last, last_refused } = uses;
    let account = account_column(source.account);
    let at = params![account, kind, id, first.map(At), last.map(At), last_refused.map(At)];
    execute(connection, USES, at).map(drop)
}

/// The families of an account's routes, while rows of it are written.
struct Families<'a> {
    connection: &'a Connection,
    account: Option<AccountId>,
    names: Names,
    /// The number of each, and its last day.
    numbers: HashMap<Arc<str>, (i64, i32)>,
}

impl<'a> Families<'a> {
    fn of(connection: &'a Connection, account: Option<AccountId>) -> Result<Self, StoreError> {
        let families = families(connection, account).map_err(of_change)?;
        let names = names(&families);
        let numbers = families.into_iter().map(|family| (family.name, (family.number, family.last_day)));
        Ok(Self { connection, account, names, numbers: numbers.collect() })
    }

    /// Adds a row, of which everything is of a day, to the one that is there.
    fn add(&mut self, row: &TrafficRow, day: Day) -> Result<(), StoreError> {
        for series in &row.series {
            self.number(&series.family, day)?;
        }
        let mut sum = self.stored(row.source.application, row.period)?;
        sum.add(row);
        self.put(&sum)
    }

    /// A row as it is stored. One that is damaged keeps nobody from counting: it begins anew.
    fn stored(
        &self,
        application: TrafficApplication,
        period: TrafficPeriod,
    ) -> Result<TrafficRow, StoreError> {
        let source = TrafficSource { account: self.account, application };
        let empty = TrafficRow::empty(source, period);
        let (account, kind, id, period_kind, number) = key(&empty);
        let place = params![account, kind, id, period_kind, number];
        let stored = rows(self.connection, (self.account, &self.names), ONE, place, 1);
        Ok(stored.map_err(of_change)?.pop().unwrap_or(empty))
    }

    fn put(&mut self, row: &TrafficRow) -> Result<(), StoreError> {
        let mut numbered = Vec::with_capacity(row.series.len());
        for series in &row.series {
            let family = self.number(&series.family, NO_LATER)?;
            let (user_kind, outcome, slots) = (series.user_kind, series.outcome, series.slots);
            numbered.push(NumberedSeries { family, user_kind, outcome, slots });
        }
        let (account, kind, id, period_kind, period) = key(row);
        let parameters = named_params! {
            ":account": account, ":kind": kind, ":id": id, ":period_kind": period_kind, ":period": period,
            ":counts": traffic_counts::write(numbered), ":addresses": row.addresses.to_bytes(),
            ":users": row.users.to_bytes(), ":agents": Json(&row.agents),
        };
        execute(self.connection, PUT, parameters).map(drop)
    }

    /// The number of a family that is used on a day.
    fn number(&mut self, name: &Arc<str>, day: Day) -> Result<i64, StoreError> {
        let day = day.number();
        if let Some((number, last_day)) = self.numbers.get(name)
            && *last_day >= day
        {
            return Ok(*number);
        }
        let sql = "
            INSERT INTO traffic_families (account_id, name, last_day) VALUES (?1, ?2, ?3)
            ON CONFLICT (account_id, name) DO UPDATE SET last_day = max(last_day, excluded.last_day)
            RETURNING number";
        let put = self.connection.prepare_cached(sql).and_then(|mut put| {
            put.query_row(params![account_column(self.account), name, day], |row| row.get(0))
        });
        let number = put.map_err(of_change)?;
        self.numbers.insert(Arc::clone(name), (number, day));
        self.names.insert(number, Arc::clone(name));
        Ok(number)
    }
}

fn key(row: &TrafficRow) -> (String, i64, i64, i64, i32) {
    let (kind, id) = application_columns(row.source.application);
    let (period_kind, period) = period_columns(row.period);
    (account_column(row.source.account), kind, id, period_kind, period)
}

/// The keys of days that are over, the earliest first.
const OLD_DAYS: &str = "
    SELECT rowid, account_id, application_kind, application_id, period_kind, period FROM traffic
    WHERE period_kind = 1 AND period < ?1
    ORDER BY period, account_id, application_kind, application_id LIMIT ?2";

const DELETE_MONTHS: &str = "
    DELETE FROM traffic WHERE rowid IN (
        SELECT rowid FROM traffic WHERE period_kind = 0 AND period < ?1
        ORDER BY period, account_id, application_kind, application_id LIMIT ?2)";

const BRING_BACK: &str = "
    UPDATE traffic_uses SET
        first = min(first, ?1), last = min(last, ?1), last_refused = min(last_refused, ?1)
    WHERE first > ?1 OR last > ?1 OR last_refused > ?1";

const IS_LEFT: &str = "
    SELECT EXISTS (SELECT 1 FROM traffic WHERE period_kind = 1 AND period < ?1)
        OR EXISTS (SELECT 1 FROM traffic WHERE period_kind = 0 AND period < ?2)";

/// Adds days to their months and deletes months, the oldest first.
pub(super) fn age(
    connection: &Connection,
    days_before: Day,
    months_before: Month,
    now: Millis,
    limit: usize,
) -> Result<Outcome, StoreError> {
    let days = old_days(connection, days_before, limit)?;
    let mut of_account: HashMap<Option<AccountId>, Families<'_>> = HashMap::new();
    for day in &days {
        let OldDay::Of(account, application, day) = day else { continue };
        let families = match of_account.entry(*account) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Families::of(connection, *account)?),
        };
        families.roll_up(*application, *day, months_before)?;
    }
    for day in &days {
        let OldDay::Damaged(rowid) = day else { continue };
        execute(connection, "DELETE FROM traffic WHERE rowid = ?1", [rowid])?;
    }
    let left = i64::try_from(limit - days.len()).unwrap_or(i64::MAX);
    let months = execute(connection, DELETE_MONTHS, params![months_before.number(), left])?;
    let is_left = params![days_before.number(), months_before.number()];
    let mut select = connection.prepare_cached(IS_LEFT).map_err(of_change)?;
    if !select.query_row(is_left, |row| row.get::<_, bool>(0)).map_err(of_change)? {
        let kept_since = days_before.min(months_before.first_day());
        execute(connection, "DELETE FROM traffic_families WHERE last_day < ?1", [kept_since.number()])?;
        let remembered_since = days_before.minus(TrafficBatch::REMEMBERED_DAYS).begin();
        execute(connection, "DELETE FROM traffic_writers WHERE at < ?1", [At(remembered_since)])?;
        execute(connection, BRING_BACK, [At(now)])?;
    }
    Ok(Outcome { aged: days.len() + months, ..Outcome::default() })
}

/// A row of a day that is over.
enum OldDay {
    Of(Option<AccountId>, TrafficApplication, Day),
    /// Nobody can tell of whom it is.
    Damaged(i64),
}

fn old_days(connection: &Connection, before: Day, limit: usize) -> Result<Vec<OldDay>, StoreError> {
    let read = |row: &Row<'_>| {
        let key = |row: &Row<'_>| Ok((account(row)?, application(row)?, row.get("period")?));
        match skipping(TRAFFIC.read(row, key))? {
            Some((account, application, day)) => Ok(OldDay::Of(account, application, Day::from_number(day))),
            None => Ok(OldDay::Damaged(row.get("rowid")?)),
        }
    };
    let mut select = connection.prepare_cached(OLD_DAYS).map_err(of_change)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = select.query_map(params![before.number(), limit], read).map_err(of_change)?;
    found.collect::<rusqlite::Result<_>>().map_err(of_change)
}

impl Families<'_> {
    /// Adds a day to its month, or deletes it where the month would be.
    fn roll_up(
        &mut self,
        application: TrafficApplication,
        day: Day,
        months_before: Month,
    ) -> Result<(), StoreError> {
        let row = self.stored(application, TrafficPeriod::Day(day))?;
        let (account, kind, id, period_kind, number) = key(&row);
        execute(self.connection, DELETE, params![account, kind, id, period_kind, number])?;
        if day.month() >= months_before { self.add(&row.rolled_up(), day) } else { Ok(()) }
    }
}
