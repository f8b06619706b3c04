//! Facts: what was counted of requests is brought to the form of its age.

use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{Application, ApplicationId, Day, Millis, Month, TrafficApplication};

use super::given;
use super::samples::{ELSEWHERE, HERE, id};
use super::traffic::{DAY, batch, counted, day, everything, here, made, overview, rows, source, total};
use crate::{
    Change, Store, TrafficBatch, TrafficPeriod, TrafficQuery, TrafficRow, TrafficSeries, TrafficUses,
};

/// Later than everything that is counted here.
const NOW: Millis = Millis::from_unix(i64::MAX);

/// Days before this one are over, and months that are a year older.
pub(super) fn aged(days_before: i32, limit: usize) -> Change {
    let days_before = Day::from_number(days_before);
    age(days_before, days_before.month().minus(12), limit)
}

fn age(days_before: Day, months_before: Month, limit: usize) -> Change {
    Change::AgeTraffic { days_before, months_before, now: NOW, limit }
}

/// Just before midnight.
fn late_on(number: i32) -> Millis {
    Day::from_number(number + 1).begin().minus(Duration::from_millis(1))
}

pub async fn days_are_added_to_their_months(store: &dyn Store) {
    // 2026-10-31, 2026-11-01 and 2026-11-02.
    let put = vec![
        here(DAY - 30, "/a", 3, 1),
        here(DAY - 29, "/a", 3, 1),
        here(DAY - 29, "/a", 4, 1),
        here(DAY - 28, "/b", 5, 1),
        here(DAY, "/a", 3, 1),
    ];
    given(store, [made(HERE), counted(1, put), aged(DAY - 1, 100)]).await;
    let found = rows(store, Some(HERE)).await;
    let slots = |row: &TrafficRow| -> Vec<(String, usize, u64)> {
        let of_series = |series: &TrafficSeries| {
            let counted = series.slots.into_iter().enumerate().filter(|(_, count)| *count > 0);
            let family = series.family.to_string();
            counted.map(|(slot, count)| (family.clone(), slot, count)).collect::<Vec<_>>()
        };
        row.series.iter().flat_map(of_series).collect()
    };
    let of_november = [("/a".to_owned(), 0, 2), ("/b".to_owned(), 1, 1)];
    assert_eq!(slots(&found[0]), [("/a".to_owned(), 30, 1)]);
    assert_eq!(slots(&found[1]), of_november);
    assert_eq!((found[1].addresses.count(), found[1].users.count()), (3, 2));
    assert_eq!(found[1].agents, [("curl".into(), 3)]);
    let month = Day::from_number(DAY).month();
    let periods: Vec<TrafficPeriod> = found.iter().map(|row| row.period).collect();
    assert_eq!(periods, [TrafficPeriod::Month(month.minus(1)), TrafficPeriod::Month(month), day(DAY)]);
}

pub async fn no_more_rows_are_aged_than_asked_for_and_the_oldest_first(store: &dyn Store) {
    let put = (0..4).map(|back| here(DAY - 40 * back, "/a", 3, 1)).collect();
    given(store, [made(HERE), counted(1, put), aged(DAY + 1, 2)]).await;
    let found = rows(store, Some(HERE)).await;
    let days = found.iter().filter(|row| matches!(row.period, TrafficPeriod::Day(_)));
    assert_eq!(days.map(|row| row.period).collect::<Vec<_>>(), [day(DAY - 40), day(DAY)]);
    assert_eq!((found.len(), total(store).await), (4, 4));
}

pub async fn months_that_are_over_are_forgotten_and_days_before_them(store: &dyn Store) {
    let month = Day::from_number(DAY).month();
    let age = |months: u32| age(Day::from_number(DAY), month.minus(months), 100);
    let put = vec![here(DAY - 100, "/a", 3, 1), here(DAY - 40, "/b", 3, 1), here(DAY, "/c", 3, 1)];
    given(store, [made(HERE), counted(1, put), age(2)]).await;
    let periods = async || rows(store, Some(HERE)).await.iter().map(|row| row.period).collect::<Vec<_>>();
    assert_eq!(periods().await, [TrafficPeriod::Month(month.minus(1)), day(DAY)]);
    given(store, [age(0)]).await;
    assert_eq!(periods().await, [day(DAY)]);
    let families: Vec<Arc<str>> = overview(store, Some(id(HERE))).await.families;
    assert_eq!(families, ["/c".into()]);
}

pub async fn families_are_told_as_long_as_a_row_has_them(store: &dyn Store) {
    let put = vec![here(DAY - 40, "/b", 3, 1), here(DAY, "/a", 3, 1)];
    given(store, [made(HERE), counted(1, put), aged(DAY, 100)]).await;
    assert_eq!(overview(store, Some(id(HERE))).await.families, ["/a".into(), "/b".into()]);
    given(store, [counted(2, vec![here(DAY + 400, "/a", 3, 1)]), aged(DAY + 400, 1)]).await;
    assert_eq!(
        overview(store, Some(id(HERE))).await.families.len(),
        2,
        "a row may have it that is not aged yet"
    );
    given(store, [aged(DAY + 400, 100)]).await;
    assert_eq!(overview(store, Some(id(HERE))).await.families, ["/a".into()]);
    assert_eq!(overview(store, Some(id(ELSEWHERE))).await.families, []);
}

pub async fn a_family_is_told_until_its_last_day_is_forgotten_and_not_until_the_end_of_that_month(
    store: &dyn Store,
) {
    let month = Day::from_number(DAY).month();
    let put = vec![here(DAY - 6, "/a", 3, 1)];
    let to_month = age(Day::from_number(DAY - 2), month.minus(1), 100);
    given(store, [made(HERE), counted(1, put), to_month]).await;
    assert_eq!(overview(store, Some(id(HERE))).await.families, ["/a".into()]);
    let forgotten = age(Day::from_number(DAY - 1), Month::from_number(month.number() + 1), 100);
    given(store, [forgotten]).await;
    assert_eq!(rows(store, Some(HERE)).await, []);
    assert_eq!(overview(store, Some(id(HERE))).await.families, []);
}

pub async fn a_batch_of_yesterday_counts_once_where_only_today_is_kept(store: &dyn Store) {
    let late = || {
        Change::CountTraffic(
            TrafficBatch { at: late_on(DAY - 1), ..batch(1, vec![here(DAY - 1, "/a", 3, 1)]) }.into(),
        )
    };
    given(store, [made(HERE), late(), aged(DAY, 100), late()]).await;
    assert_eq!(total(store).await, 1);
}

/// The months before this one have no days that are kept.
pub async fn traffic_at_the_ends_of_the_calendar_is_kept(store: &dyn Store) {
    let ends = [Day::of(Millis::from_unix(i64::MIN)), Day::of(Millis::from_unix(i64::MAX))];
    let put: Vec<TrafficRow> = ends.map(|end| here(end.number(), "/a", 3, 1)).into();
    let never = age(ends[1], Month::from_number(i32::MIN), 9);
    given(store, [made(HERE), counted(1, put), never]).await;
    let query = TrafficQuery { from: ends[0], through: ends[1], ..everything(Some(HERE)) };
    let periods: Vec<TrafficPeriod> =
        store.traffic(query).await.unwrap().iter().map(|row| row.period).collect();
    assert_eq!(periods, [TrafficPeriod::Month(ends[0].month()), TrafficPeriod::Day(ends[1])]);
}

pub async fn uses_later_than_now_are_brought_back_to_now(store: &dyn Store) {
    let uses = |first: i64, last, refused: Option<i64>| TrafficUses {
        first: Some(Millis::from_unix(first)),
        last: Some(Millis::from_unix(last)),
        last_refused: refused.map(Millis::from_unix),
    };
    let of = |id| source(Some(HERE), TrafficApplication::Of(Application::Token(ApplicationId(id))));
    let counted = vec![
        (of(1), uses(1, 3, Some(5))),
        (of(2), uses(11, 12, None)),
        (of(3), uses(1, 12, Some(13))),
        (of(4), TrafficUses::default()),
    ];
    let batch = TrafficBatch { uses: counted, ..batch(1, vec![]) };
    given(store, [made(HERE), Change::CountTraffic(batch.into())]).await;
    let (day, now) = (Day::from_number(DAY), Millis::from_unix(10));
    let age = Change::AgeTraffic { days_before: day, months_before: day.month(), now, limit: 9 };
    given(store, [age]).await;
    let found = overview(store, Some(id(HERE))).await.uses;
    let found: Vec<TrafficUses> = found.into_iter().map(|(_, uses)| uses).collect();
    let expected = [uses(1, 3, Some(5)), uses(10, 10, None), uses(1, 10, Some(10)), TrafficUses::default()];
    assert_eq!(found, expected);
}
