//! A month of traffic of an account with many applications: how much of the database it takes, how long the store is busy with what
//! is written every few seconds, and how long an administrator waits for a report of all of it and of one application. One at a
//! time.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use rusqlite::Connection as Database;
use vestibule_crypto::MasterKey;
use vestibule_model::{
    Application, ApplicationId, Clock as _, Day, TrafficApplication, TrafficOutcome, UserKind,
};
use vestibule_store::{
    Change, Store, TRAFFIC_SLOTS, TrafficBatch, TrafficPeriod, TrafficRow, TrafficSeries, TrafficSource,
    TrafficUses,
};

use super::Bench;
use super::lists::{TOKEN, put_token};
use crate::child::{Server, Target};
use crate::figures::Spread;
use crate::fixture::{Fixture, Place, application_token, database, open_store};
use crate::load::{self, Connection, block_on};
use crate::plan::Plan;
use crate::report::{Figure, Finding};
use crate::timing::{self, SystemClock};

pub(super) const BENCH: Bench = Bench { name: "traffic", run };

const APPLICATIONS: i64 = 100;
const ROUTES: u64 = 50;
const DAYS: u32 = 30;

/// From how many addresses an application is used on a day.
const ADDRESSES: u32 = 2_000;

/// The application that a report is asked for alone.
const ONE: i64 = 7;

/// How many rows the engine writes in one commit.
const BATCH: usize = 32;

/// How often each report is asked for in a round, unless the time of a measurement is over before.
const TIMES: usize = 20;

/// The most that a month may take, in megabytes.
const LARGEST: f64 = 20.0;

/// The longest that a report of everything may take, and one of one application, in milliseconds.
const OF_ALL: f64 = 100.0;
const OF_ONE: f64 = 5.0;

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(1)?;
    let data = folder.path();
    block_on(async {
        fixture.write(data, &[]).await?;
        put_token(data, &fixture.master).await?;
        put_applications(data, &fixture.master).await
    })?;
    let before = size(data)?;
    let held = block_on(write_month(data, &fixture.master))?;
    let taken = size(data)?.saturating_sub(before);
    let taken = f64::from(u32::try_from(taken)?) / 1e6;
    let mut finding = Finding::new(BENCH.name)
        .with(
            Figure::new("a month of 100 applications and 50 routes", "MB", Spread::of([taken]))
                .at_most(LARGEST),
        )
        .with(Figure::new("32 rows added to those of the day, in one commit", "ms", Spread::of(held)));

    let server = Server::vestibule(plan, data, &fixture)?;
    for (what, query, bound) in reports() {
        let medians = (0..plan.rounds).map(|_| block_on(median(plan, server.target(), &query)));
        let medians = medians.collect::<Result<Vec<f64>>>()?;
        let label = format!("report of {what}: median of {TIMES}");
        finding = finding.with(Figure::new(label, "ms", Spread::of(medians)).at_most(bound));
    }
    Ok(finding)
}

fn reports() -> [(&'static str, String, f64); 5] {
    let one = |by| format!("?by={by}&application=application-token:{}", application(ONE).0);
    [
        ("everything, by application", "?by=application".to_owned(), OF_ALL),
        ("everything, by route", "?by=route".to_owned(), OF_ALL),
        ("everything, by hour", "?by=hour".to_owned(), OF_ALL),
        ("one application, by route", one("route"), OF_ONE),
        ("one application, by hour", one("hour"), OF_ONE),
    ]
}

/// How long half of the answers take at most, in milliseconds.
async fn median(plan: &Plan, target: Target, query: &str) -> Result<f64> {
    let path = format!("/admin/v1/accounts/{}/traffic{query}", Place(0).id());
    let request = load::get(&path, TOKEN);
    let mut connection = Connection::open(target.address).await?;
    let (begun, mut spans) = (timing::now(), Vec::new());
    while spans.is_empty() || spans.len() < TIMES && begun.elapsed() < plan.span {
        let asked = timing::now();
        let (status, report) = connection.json_of(&request).await?;
        spans.push(milliseconds(asked.elapsed()));
        ensure!(status == "200", "a report is answered {status}: {report}");
        ensure!(report["allowed"].as_u64().is_some_and(|allowed| allowed > 0), "a report of nothing");
    }
    Ok(Spread::of(spans).median)
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// An application by its place among them.
fn application(place: i64) -> ApplicationId {
    ApplicationId((1 << 41) + place)
}

async fn put_applications(folder: &Path, master: &MasterKey) -> Result<()> {
    let put = |place| {
        let name = format!("application {place}");
        let token = application_token(application(place), &name, &name, master);
        Change::PutApplicationToken(Place(0).id(), token.into())
    };
    open_store(folder, master)?.commit((0..APPLICATIONS).map(put).collect()).await?;
    Ok(())
}

/// Writes a month of days as they are when they are over, then some hours of the last; gives how long each commit of those took.
async fn write_month(folder: &Path, master: &MasterKey) -> Result<Vec<f64>> {
    let mut writer = Writer { store: &*open_store(folder, master)?, number: 0 };
    let today = Day::of(SystemClock.now());
    for day in (0..DAYS).map(|back| today.minus(back)) {
        let rows: Vec<TrafficRow> = (0..APPLICATIONS).map(|place| row(place, day, 0..24)).collect();
        for rows in rows.chunks(BATCH) {
            writer.write(rows.to_vec()).await?;
        }
    }
    let mut held = Vec::new();
    for _ in 0..TIMES {
        let rows = (0..APPLICATIONS).take(BATCH).map(|place| row(place, today, 12..13)).collect();
        held.push(milliseconds(writer.write(rows).await?));
    }
    Ok(held)
}

/// A process that counts, as far as the store sees it.
struct Writer<'a> {
    store: &'a dyn Store,
    /// Of its last batch.
    number: u64,
}

impl Writer<'_> {
    async fn write(&mut self, rows: Vec<TrafficRow>) -> Result<Duration> {
        self.number += 1;
        let at = SystemClock.now();
        let in_use = TrafficUses { first: Some(at), last: Some(at), last_refused: None };
        let uses = rows.iter().map(|row| (row.source, in_use)).collect();
        let batch = TrafficBatch { writer: [1; 16], number: self.number, at, rows, uses };
        let change = Change::CountTraffic(batch.into());
        let begun = timing::now();
        self.store.commit(vec![change]).await?;
        Ok(begun.elapsed())
    }
}

/// A day of an application that is used in these hours, at every route, from many addresses.
fn row(place: i64, day: Day, hours: Range<usize>) -> TrafficRow {
    let application = TrafficApplication::Of(Application::Token(application(place)));
    let source = TrafficSource { account: Some(Place(0).id()), application };
    let mut row = TrafficRow::empty(source, TrafficPeriod::Day(day));
    let place = place.unsigned_abs();
    for route in 0..ROUTES {
        let mut slots = [0; TRAFFIC_SLOTS];
        for (hour, slot) in (0..).zip(&mut slots).take(hours.end).skip(hours.start) {
            *slot = 300 + (route * 7 + place) * hour;
        }
        let (user_kind, outcome) = (Some(UserKind::Bot), TrafficOutcome::Allowed);
        let series =
            TrafficSeries { user_kind, family: format!("/api/family-{route}").into(), outcome, slots };
        row.add(&TrafficRow { series: vec![series], ..TrafficRow::empty(source, row.period) });
    }
    let apart = u32::try_from(place).unwrap_or_default() + 1;
    for address in 0..ADDRESSES {
        row.addresses.note_address(Ipv4Addr::from_bits(address * apart).into());
    }
    row.add_agent("python-requests", 9);
    row
}

/// How many bytes the database has, with what stood in its log. The store must not be open.
fn size(folder: &Path) -> Result<u64> {
    let database = database(folder);
    Database::open(&database)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(std::fs::metadata(database)?.len())
}
