//! Reading what was counted of requests.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, named_params};
use vestibule_model::{AccountId, Application, ApplicationId, Day, Month, TrafficApplication};
use vestibule_store::{
    DistinctSketch, TrafficOverview, TrafficPeriod, TrafficQuery, TrafficRow, TrafficSeries, TrafficSource,
    TrafficSpan, TrafficUses,
};

use super::undecodable::{Table, undecodable};
use crate::columns::{At, Coded, Json, TrafficApplicationKind};
use crate::traffic_counts::{self, NumberedSeries};

pub(crate) const TRAFFIC: Table = Table {
    name: "traffic",
    key: &["account_id", "application_kind", "application_id", "period_kind", "period"],
};

const USES_TABLE: Table =
    Table { name: "traffic_uses", key: &["account_id", "application_kind", "application_id"] };

const FAMILIES_TABLE: Table = Table { name: "traffic_families", key: &["number", "account_id"] };

const WRITERS_TABLE: Table = Table { name: "traffic_writers", key: &["at"] };

const COUNTING_TABLE: Table = Table { name: "traffic_counting", key: &["one"] };

const PAGE: &str = "
    SELECT * FROM traffic
    WHERE account_id = :account
      AND (application_kind, application_id, period_kind, period) > (:kind, :id, :period_kind, :period)
      AND period BETWEEN CASE period_kind WHEN 1 THEN :from ELSE :from_month END
                     AND CASE period_kind WHEN 1 THEN :through ELSE :through_month END
    ORDER BY application_kind, application_id, period_kind, period";

const PAGE_OF_APPLICATION: &str = "
    SELECT * FROM traffic
    WHERE account_id = :account AND application_kind = :own_kind AND application_id = :own_id
      AND (application_kind, application_id, period_kind, period) > (:kind, :id, :period_kind, :period)
      AND period BETWEEN CASE period_kind WHEN 1 THEN :from ELSE :from_month END
                     AND CASE period_kind WHEN 1 THEN :through ELSE :through_month END
    ORDER BY period_kind, period";

const FAMILIES: &str =
    "SELECT account_id, number, name, last_day FROM traffic_families WHERE account_id = ?1 ORDER BY name";

const USES: &str = "
    SELECT * FROM traffic_uses
    WHERE account_id = ?1 ORDER BY application_kind, application_id";

/// A page of it.
pub(crate) fn traffic(snapshot: &Connection, query: &TrafficQuery) -> rusqlite::Result<Vec<TrafficRow>> {
    let after =
        query.after.map(|(application, period)| (application_columns(application), period_columns(period)));
    // Before every row: no kind is below 0.
    let ((kind, id), (period_kind, period)) = after.unwrap_or(((-1, 0), (0, 0)));
    let account = account_column(query.account);
    let common = named_params! {
        ":account": account, ":kind": kind, ":id": id, ":period_kind": period_kind, ":period": period,
        ":from": query.from.number(), ":through": query.through.number(),
        ":from_month": query.from.month().number(), ":through_month": query.through.month().number(),
    };
    let names = names(&families(snapshot, query.account)?);
    let of = (query.account, &names);
    let Some(application) = query.application else {
        return rows(snapshot, of, PAGE, common, query.limit);
    };
    let (own_kind, own_id) = application_columns(application);
    let own = named_params! { ":own_kind": own_kind, ":own_id": own_id };
    rows(snapshot, of, PAGE_OF_APPLICATION, &*[common, own].concat(), query.limit)
}

/// The names of families, by number.
pub(crate) type Names = HashMap<i64, Arc<str>>;

pub(crate) fn names(families: &[Family]) -> Names {
    families.iter().map(|family| (family.number, Arc::clone(&family.name))).collect()
}

/// What is read of a row; None: it is damaged, which keeps nobody from what is counted otherwise, and is told.
pub(crate) fn skipping<T>(read: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    let row = match read {
        Ok(read) => return Ok(Some(read)),
        Err(error) => undecodable(error)?,
    };
    tracing::error!(%row, "what was counted of requests is damaged, and left out");
    Ok(None)
}

/// The first rows of an account that a statement selects, damaged ones left out.
pub(crate) fn rows(
    connection: &Connection,
    (account, names): (Option<AccountId>, &Names),
    sql: &str,
    parameters: impl Params,
    limit: usize,
) -> rusqlite::Result<Vec<TrafficRow>> {
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_and_then(parameters, |row| skipping(traffic_row(row, account, names)))?;
    rows.filter_map(Result::transpose).take(limit).collect()
}

fn traffic_row(row: &Row<'_>, account: Option<AccountId>, names: &Names) -> rusqlite::Result<TrafficRow> {
    TRAFFIC.read(row, |row| {
        let counts = traffic_counts::read(row.get_ref("counts")?.as_blob()?).map_err(FromSqlError::other)?;
        let with_name = |one: NumberedSeries| {
            let family = names.get(&one.family).cloned().ok_or(NoFamily)?;
            let NumberedSeries { user_kind, outcome, slots, .. } = one;
            Ok(TrafficSeries { user_kind, family, outcome, slots })
        };
        let series = counts.into_iter().map(with_name).collect::<Result<Vec<_>, NoFamily>>();
        let mut series = series.map_err(FromSqlError::other)?;
        series.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
        let sketch = |column: &str| {
            DistinctSketch::from_bytes(row.get_ref(column)?.as_blob()?)
                .map_err(|error| rusqlite::Error::from(FromSqlError::other(error)))
        };
        let Json(agents) = row.get("agents")?;
        Ok(TrafficRow {
            source: TrafficSource { account, application: application(row)? },
            period: period(row)?,
            series,
            addresses: sketch("addresses")?,
            users: sketch("users")?,
            agents,
        })
    })
}

/// A statement for the rows of a table, and whether one of them can be decoded.
type Look = (&'static str, fn(&Row<'_>) -> rusqlite::Result<()>);

/// The tables, each in the order of its key.
pub(super) const EVERY_TABLE: [Look; 5] = [
    (
        "SELECT * FROM traffic ORDER BY account_id, application_kind, application_id, period_kind, period",
        look_at_counts,
    ),
    ("SELECT * FROM traffic_uses ORDER BY account_id, application_kind, application_id", |row| {
        USES_TABLE.read(row, account)?;
        uses(row).map(drop)
    }),
    ("SELECT * FROM traffic_families ORDER BY number", |row| {
        FAMILIES_TABLE.read(row, account)?;
        family(row).map(drop)
    }),
    ("SELECT * FROM traffic_writers ORDER BY writer", |row| {
        WRITERS_TABLE.read(row, |row| Ok((row.get::<_, i64>("batch")?, row.get::<_, At>("at")?))).map(drop)
    }),
    ("SELECT * FROM traffic_counting", |row| span(row).map(drop)),
];

/// Whether a row can be decoded, whatever its families are called.
fn look_at_counts(row: &Row<'_>) -> rusqlite::Result<()> {
    TRAFFIC.read(row, |row| {
        account(row)?;
        let counts = traffic_counts::read(row.get_ref("counts")?.as_blob()?).map_err(FromSqlError::other)?;
        let any: Arc<str> = "".into();
        let names = counts.iter().map(|one| (one.family, Arc::clone(&any))).collect();
        traffic_row(row, None, &names).map(drop)
    })
}

/// A family of routes as it is stored.
pub(crate) struct Family {
    pub(crate) number: i64,
    pub(crate) name: Arc<str>,
    pub(crate) last_day: i32,
}

/// Those of an account, by name.
pub(crate) fn families(connection: &Connection, account: Option<AccountId>) -> rusqlite::Result<Vec<Family>> {
    let mut select = connection.prepare_cached(FAMILIES)?;
    let rows = select.query_and_then([account_column(account)], |row| skipping(family(row)))?;
    rows.filter_map(Result::transpose).collect()
}

fn family(row: &Row<'_>) -> rusqlite::Result<Family> {
    FAMILIES_TABLE.read(row, |row| {
        let name: String = row.get("name")?;
        Ok(Family { number: row.get("number")?, name: name.into(), last_day: row.get("last_day")? })
    })
}

/// Since when requests are counted.
pub(crate) fn counting(connection: &Connection) -> rusqlite::Result<Option<TrafficSpan>> {
    let mut select = connection.prepare_cached("SELECT * FROM traffic_counting")?;
    select.query_row([], |row| skipping(span(row))).optional().map(Option::flatten)
}

fn span(row: &Row<'_>) -> rusqlite::Result<TrafficSpan> {
    COUNTING_TABLE.read(row, |row| {
        let (At(since), At(until)) = (row.get("since")?, row.get("until")?);
        Ok(TrafficSpan { since, until })
    })
}

/// What is known of an account's traffic as a whole.
pub(crate) fn traffic_overview(
    snapshot: &Connection,
    account: Option<AccountId>,
) -> rusqlite::Result<TrafficOverview> {
    let mut select = snapshot.prepare_cached(USES)?;
    let uses = select.query_and_then([account_column(account)], |row| skipping(uses(row)))?;
    Ok(TrafficOverview {
        counting: counting(snapshot)?,
        uses: uses.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?,
        families: families(snapshot, account)?.into_iter().map(|family| family.name).collect(),
    })
}

fn uses(row: &Row<'_>) -> rusqlite::Result<(TrafficApplication, TrafficUses)> {
    USES_TABLE.read(row, |row| {
        let at = |column: &str| row.get::<_, Option<At>>(column).map(|at| at.map(|At(at)| at));
        let uses = TrafficUses { first: at("first")?, last: at("last")?, last_refused: at("last_refused")? };
        Ok((application(row)?, uses))
    })
}

/// The account of a row. An empty column is none.
pub(crate) fn account(row: &Row<'_>) -> rusqlite::Result<Option<AccountId>> {
    let column: String = row.get("account_id")?;
    if column.is_empty() {
        return Ok(None);
    }
    AccountId::new(&column).map(Some).ok_or_else(|| FromSqlError::other(NoAccount).into())
}

pub(crate) fn application(row: &Row<'_>) -> rusqlite::Result<TrafficApplication> {
    let Coded(kind) = row.get("application_kind")?;
    let id = ApplicationId(row.get("application_id")?);
    Ok(match kind {
        TrafficApplicationKind::None => TrafficApplication::Of(Application::None),
        TrafficApplicationKind::ApiKey => TrafficApplication::Of(Application::ApiKey(id)),
        TrafficApplicationKind::OauthClient => TrafficApplication::Of(Application::OauthClient(id)),
        TrafficApplicationKind::Token => TrafficApplication::Of(Application::Token(id)),
        TrafficApplicationKind::Administrator => TrafficApplication::Administrator,
        TrafficApplicationKind::Unknown => TrafficApplication::Unknown,
    })
}

fn period(row: &Row<'_>) -> rusqlite::Result<TrafficPeriod> {
    let number = row.get("period")?;
    Ok(match row.get("period_kind")? {
        0 => TrafficPeriod::Month(Month::from_number(number)),
        1 => TrafficPeriod::Day(Day::from_number(number)),
        other => return Err(FromSqlError::OutOfRange(other).into()),
    })
}

/// An account in its column: empty for none.
pub(crate) fn account_column(account: Option<AccountId>) -> String {
    account.map(String::from).unwrap_or_default()
}

/// Kind and id of an application in their columns.
pub(crate) fn application_columns(application: TrafficApplication) -> (i64, i64) {
    use crate::columns::Word as _;

    let (kind, id) = match application {
        TrafficApplication::Of(Application::None) => (TrafficApplicationKind::None, 0),
        TrafficApplication::Of(Application::ApiKey(id)) => (TrafficApplicationKind::ApiKey, id.0),
        TrafficApplication::Of(Application::OauthClient(id)) => (TrafficApplicationKind::OauthClient, id.0),
        TrafficApplication::Of(Application::Token(id)) => (TrafficApplicationKind::Token, id.0),
        TrafficApplication::Administrator => (TrafficApplicationKind::Administrator, 0),
        TrafficApplication::Unknown => (TrafficApplicationKind::Unknown, 0),
    };
    (kind.number(), id)
}

/// Kind and number of a period in their columns.
pub(crate) fn period_columns(period: TrafficPeriod) -> (i64, i32) {
    match period {
        TrafficPeriod::Month(month) => (0, month.number()),
        TrafficPeriod::Day(day) => (1, day.number()),
    }
}

/// Neither an account nor none.
#[derive(Debug, thiserror::Error)]
#[error("column account_id: no account's id")]
struct NoAccount;

/// Counts name a family that is not there.
#[derive(Debug, thiserror::Error)]
#[error("a family of routes is not there")]
struct NoFamily;
