//! What was counted of requests and is damaged is left out and named, and keeps nobody from counting.

use rusqlite::Connection;
use vestibule_model::{Application, ApplicationId, Day, TrafficApplication, TrafficOutcome};
use vestibule_store::conformance::samples::{HERE, account, id};
use vestibule_store::{
    Change, Store, TRAFFIC_SLOTS, TrafficBatch, TrafficPeriod, TrafficQuery, TrafficRow, TrafficSeries,
    TrafficSource, TrafficUses,
};

use crate::temporary::{Temporary, empty_store};

const DAY: i32 = 20_787;

fn source(token: i64) -> TrafficSource {
    let application = TrafficApplication::Of(Application::Token(ApplicationId(token)));
    TrafficSource { account: Some(id(HERE)), application }
}

/// A request of an application on a day.
fn row(token: i64, day: i32) -> TrafficRow {
    let mut slots = [0; TRAFFIC_SLOTS];
    slots[3] = 1;
    let family = format!("/{token}").into();
    let series = vec![TrafficSeries { user_kind: None, family, outcome: TrafficOutcome::Allowed, slots }];
    let period = TrafficPeriod::Day(Day::from_number(day));
    TrafficRow { series, ..TrafficRow::empty(source(token), period) }
}

async fn count(store: &Temporary, number: u64) {
    let at = Day::from_number(DAY).begin();
    let rows = [1, 2, 3].into_iter().flat_map(|token| [row(token, DAY - 1), row(token, DAY)]).collect();
    let uses =
        [1, 2, 3].map(|token| (source(token), TrafficUses { last: Some(at), ..TrafficUses::default() }));
    let batch = TrafficBatch { writer: [1; 16], number, at, rows, uses: uses.into() };
    store.commit(vec![Change::CountTraffic(batch.into())]).await.unwrap();
}

/// A store that three applications have counted in, a request on each of two days, and of which this was damaged.
async fn damaged(sql: &str) -> Temporary {
    let store = empty_store();
    store.commit(vec![Change::PutAccount(account(HERE).into())]).await.unwrap();
    count(&store, 1).await;
    Connection::open(store.path()).unwrap().execute_batch(sql).unwrap();
    store
}

/// How many rows are read, in pages of two, and how many requests they have.
async fn read(store: &Temporary) -> (usize, u64) {
    let (from, through) = (Day::from_number(DAY - 90), Day::from_number(DAY));
    let account = Some(id(HERE));
    let mut query = TrafficQuery { account, application: None, from, through, after: None, limit: 2 };
    let mut all = Vec::new();
    loop {
        let page = store.traffic(query).await.unwrap();
        query.after = page.last().map(|row| (row.source.application, row.period));
        let is_last = page.len() < query.limit;
        all.extend(page);
        if is_last {
            let series = all.iter().flat_map(|row| &row.series);
            return (all.len(), series.flat_map(|series| series.slots).sum());
        }
    }
}

/// The tables of rows that cannot be decoded.
async fn named(store: &Temporary) -> Vec<&'static str> {
    store.decodable_rows().await.unwrap().undecodable.iter().map(|row| row.table).collect()
}

const COUNTS: &str = "UPDATE traffic SET counts = x'0000' WHERE application_id = 1";

#[tokio::test]
async fn counts_that_are_damaged_are_left_out_of_pages_and_the_others_are_all_there() {
    let store = damaged(COUNTS).await;
    assert_eq!(read(&store).await, (4, 4));
    assert_eq!(named(&store).await, ["traffic", "traffic"]);
}

#[tokio::test]
async fn counts_that_are_damaged_begin_anew() {
    let store = damaged(COUNTS).await;
    count(&store, 2).await;
    assert_eq!((read(&store).await, named(&store).await), ((6, 10), vec![]));
}

#[tokio::test]
async fn a_family_that_is_damaged_keeps_nobody_from_counting() {
    let store = damaged("UPDATE traffic_families SET name = CAST(x'ff' AS TEXT) WHERE name = '/2'").await;
    let families = store.traffic_overview(Some(id(HERE))).await.unwrap().families;
    assert_eq!(families, ["/1".into(), "/3".into()]);
    assert_eq!(read(&store).await, (4, 4));
    assert_eq!(named(&store).await, ["traffic_families"]);
    count(&store, 2).await;
    assert_eq!(read(&store).await, (6, 10));
}

#[tokio::test]
async fn a_use_that_is_damaged_leaves_the_others() {
    let store = damaged("UPDATE traffic_uses SET application_kind = 77 WHERE application_id = 1").await;
    let uses = store.traffic_overview(Some(id(HERE))).await.unwrap().uses;
    let applications: Vec<TrafficApplication> =
        uses.into_iter().map(|(application, _)| application).collect();
    assert_eq!(applications, [source(2).application, source(3).application]);
    assert_eq!(named(&store).await, ["traffic_uses"]);
}

/// Nobody could tell where they would belong.
#[tokio::test]
async fn days_that_are_damaged_are_deleted_when_they_are_over() {
    for damage in ["application_kind = 77", "account_id = 'no such id!'"] {
        let store = damaged(&format!("UPDATE traffic SET {damage} WHERE application_id = 1")).await;
        let now = Day::from_number(DAY).begin();
        let (days_before, months_before) = (Day::from_number(DAY + 1), Day::from_number(DAY - 40).month());
        let age = Change::AgeTraffic { days_before, months_before, now, limit: 100 };
        assert_eq!(store.commit(vec![age.clone()]).await.unwrap().aged, 6, "{damage}");
        assert_eq!(store.commit(vec![age]).await.unwrap().aged, 0, "{damage}");
        assert_eq!((read(&store).await, named(&store).await), ((2, 4), vec![]), "{damage}");
    }
}
