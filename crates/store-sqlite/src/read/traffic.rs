//! Reading what was counted of requests.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, named_params};
use vestibule_model::{AccountId, Application, ApplicationId, Day, Month, TrafficApplication};
use vestibule_store::{
    AddressSketch, TrafficOverview, TrafficPeriod, TrafficQuery, TrafficRow, TrafficSeries, TrafficSource,
    TrafficUses,
};

use super::undecodable::Table;
use crate::columns::{At, Coded, Json, TrafficApplicationKind};
use crate::traffic_counts::{self, NumberedSeries};

const TRAFFIC: Table = Table {
    name: "traffic",
    key: &["account_id", "application_kind", "application_id", "period_kind", "period"],
};

const PAGE: &str = "
    SELECT * FROM traffic
    WHERE account_id = :account
      AND (application_kind, application_id, period_kind, period) > (:kind, :id, :period_kind, :period)
      AND period BETWEEN CASE period_kind WHEN 1 THEN :from ELSE :from_month END
                     AND CASE period_kind WHEN 1 THEN :through ELSE :through_month END
    ORDER BY application_kind, application_id, period_kind, period LIMIT :limit";

const PAGE_OF_APPLICATION: &str = "
    SELECT * FROM traffic
    WHERE account_id = :account AND application_kind = :own_kind AND application_id = :own_id
      AND (application_kind, application_id, period_kind, period) > (:kind, :id, :period_kind, :period)
      AND period BETWEEN CASE period_kind WHEN 1 THEN :from ELSE :from_month END
                     AND CASE period_kind WHEN 1 THEN :through ELSE :through_month END
    ORDER BY period_kind, period LIMIT :limit";

const FAMILIES: &str =
    "SELECT number, name, last_day FROM traffic_families WHERE account_id = ?1 ORDER BY name";

const USES: &str = "
    SELECT application_kind, application_id, first, last, last_refused FROM traffic_uses
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
        ":limit": i64::try_from(query.limit).unwrap_or(i64::MAX),
    };
    let names = names(&families(snapshot, query.account)?);
    let Some(application) = query.application else {
        return rows(snapshot, query.account, &names, PAGE, common);
    };
    let (own_kind, own_id) = application_columns(application);
    let own = named_params! { ":own_kind": own_kind, ":own_id": own_id };
    rows(snapshot, query.account, &names, PAGE_OF_APPLICATION, &*[common, own].concat())
}

/// The names of families, by number.
pub(crate) type Names = HashMap<i64, Arc<str>>;

pub(crate) fn names(families: &[Family]) -> Names {
    families.iter().map(|family| (family.number, Arc::clone(&family.name))).collect()
}

/// The rows of an account that a statement selects.
pub(crate) fn rows(
    connection: &Connection,
    account: Option<AccountId>,
    names: &Names,
    sql: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<TrafficRow>> {
    let mut select = connection.prepare_cached(sql)?;
    select.query_map(parameters, |row| traffic_row(row, account, names))?.collect()
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
        let addresses = AddressSketch::from_bytes(row.get_ref("addresses")?.as_blob()?);
        let Json(agents) = row.get("agents")?;
        Ok(TrafficRow {
            source: TrafficSource { account, application: application(row)? },
            period: period(row)?,
            series,
            addresses: addresses.map_err(FromSqlError::other)?,
            agents,
        })
    })
}

/// In the order of the key.
pub(super) const EVERY_ROW: &str = "
    SELECT * FROM traffic ORDER BY account_id, application_kind, application_id, period_kind, period";

/// Whether a row can be decoded, whatever its families are called.
pub(super) fn look_at(row: &Row<'_>) -> rusqlite::Result<()> {
    TRAFFIC.read(row, |row| {
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
    let family = |row: &Row<'_>| {
        Ok(Family { number: row.get(0)?, name: row.get::<_, String>(1)?.into(), last_day: row.get(2)? })
    };
    select.query_map([account_column(account)], family)?.collect()
}

/// What is known of an account's traffic as a whole.
pub(crate) fn traffic_overview(
    snapshot: &Connection,
    account: Option<AccountId>,
) -> rusqlite::Result<TrafficOverview> {
    let since = "SELECT at FROM traffic_began";
    let since = snapshot.prepare_cached(since)?.query_row([], |row| row.get(0)).optional()?;
    let mut select = snapshot.prepare_cached(USES)?;
    let uses = select.query_map([account_column(account)], |row| Ok((application(row)?, uses(row)?)))?;
    Ok(TrafficOverview {
        since: since.map(|At(since)| since),
        uses: uses.collect::<rusqlite::Result<_>>()?,
        families: families(snapshot, account)?.into_iter().map(|family| family.name).collect(),
    })
}

fn uses(row: &Row<'_>) -> rusqlite::Result<TrafficUses> {
    let at = |column: &str| -> rusqlite::Result<_> { Ok(row.get::<_, Option<At>>(column)?.map(|At(at)| at)) };
    Ok(TrafficUses { first: at("first")?, last: at("last")?, last_refused: at("last_refused")? })
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

/// Counts name a family that is not there.
#[derive(Debug, thiserror::Error)]
#[error("a family of routes is not there")]
struct NoFamily;
