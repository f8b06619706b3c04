//! Facts: what is counted of requests is added up, once, and kept in the form of its age.

use std::net::Ipv4Addr;
use std::time::Duration;

use vestibule_model::{
    AccountId, Application, ApplicationId, Day, Millis, TrafficApplication, TrafficOutcome, UserId, UserKind,
};

use super::aged_traffic::aged;
use super::given;
use super::samples::{ELSEWHERE, HERE, account, id};
use crate::{
    Change, MOST_AGENTS, OTHER_AGENTS, Store, StoreError, TRAFFIC_SLOTS, TrafficBatch, TrafficOverview,
    TrafficPeriod, TrafficQuery, TrafficRow, TrafficSeries, TrafficSource, TrafficSpan, TrafficUses,
};

pub(super) const TOKEN: TrafficApplication = TrafficApplication::Of(Application::Token(ApplicationId(7)));

/// 2026-11-30
pub(super) const DAY: i32 = 20_787;

pub(super) fn day(number: i32) -> TrafficPeriod {
    TrafficPeriod::Day(Day::from_number(number))
}

pub(super) fn source(account: Option<&str>, application: TrafficApplication) -> TrafficSource {
    TrafficSource { account: account.map(id), application }
}

/// Requests of a family at an hour, of an address and a user by the hour, and of a program.
pub(super) fn row(source: TrafficSource, number: i32, family: &str, hour: usize, count: u64) -> TrafficRow {
    let mut slots = [0; TRAFFIC_SLOTS];
    slots[hour] = count;
    let outcome = TrafficOutcome::Allowed;
    let series =
        vec![TrafficSeries { user_kind: Some(UserKind::Bot), family: family.into(), outcome, slots }];
    let mut row = TrafficRow { series, ..TrafficRow::empty(source, day(number)) };
    row.addresses.note_address(Ipv4Addr::from_bits(u32::try_from(hour).unwrap()).into());
    row.users.note_user(UserId(i64::try_from(hour / 2).unwrap()));
    row.add_agent("curl", count);
    row
}

pub(super) fn here(number: i32, family: &str, hour: usize, count: u64) -> TrafficRow {
    row(source(Some(HERE), TOKEN), number, family, hour, count)
}

pub(super) fn batch(number: u64, rows: Vec<TrafficRow>) -> TrafficBatch {
    let at = Day::from_number(DAY).begin();
    TrafficBatch { writer: [1; 16], number, at, rows, uses: Vec::new() }
}

pub(super) fn counted(number: u64, rows: Vec<TrafficRow>) -> Change {
    Change::CountTraffic(batch(number, rows).into())
}

pub(super) fn made(name: &str) -> Change {
    Change::PutAccount(account(name).into())
}

pub(super) fn everything(account: Option<&str>) -> TrafficQuery {
    TrafficQuery {
        account: account.map(id),
        application: None,
        from: Day::from_number(0),
        through: Day::from_number(90_000),
        after: None,
        limit: 1_000,
    }
}

pub(super) async fn rows(store: &dyn Store, account: Option<&str>) -> Vec<TrafficRow> {
    store.traffic(everything(account)).await.unwrap()
}

pub(super) async fn overview(store: &dyn Store, account: Option<AccountId>) -> TrafficOverview {
    store.traffic_overview(account).await.unwrap()
}

/// How many requests are counted in all.
pub(super) async fn total(store: &dyn Store) -> u64 {
    let rows = rows(store, Some(HERE)).await;
    rows.iter().flat_map(|row| &row.series).flat_map(|series| series.slots).sum()
}

pub async fn nothing_is_counted_in_a_new_store(store: &dyn Store) {
    assert_eq!(rows(store, None).await, []);
    assert_eq!(overview(store, None).await, TrafficOverview::default());
}

pub async fn a_row_of_traffic_is_read_back(store: &dyn Store) {
    let series = |user_kind, family: &str, outcome, first| {
        let mut slots = [0; TRAFFIC_SLOTS];
        (0..24).for_each(|hour| slots[hour] = first + hour as u64 * 1_000);
        TrafficSeries { user_kind, family: family.into(), outcome, slots }
    };
    let mut all: Vec<TrafficSeries> = Vec::new();
    for user_kind in [None, Some(UserKind::System), Some(UserKind::Human), Some(UserKind::Bot)] {
        for family in ["", "/Ä/{id}", "/a/b"] {
            all.extend(TrafficOutcome::ALL.map(|outcome| series(user_kind, family, outcome, 5)));
        }
    }
    all.sort_by(|one, other| one.key().cmp(&other.key()));
    all[3].slots = [0; TRAFFIC_SLOTS];
    all[3].slots[23] = u64::MAX;
    let mut expected = TrafficRow { series: all, ..TrafficRow::empty(source(Some(HERE), TOKEN), day(DAY)) };
    (0..2_000).for_each(|address| expected.addresses.note_address(Ipv4Addr::from_bits(address).into()));
    (0..1_000).for_each(|user| expected.users.note_user(UserId(user)));
    expected.add_agent("a \"quoted\" agent", u64::MAX);
    expected.add_agent("curl", 1);
    given(store, [made(HERE), counted(1, vec![expected.clone()])]).await;
    assert_eq!(rows(store, Some(HERE)).await, [expected]);
}

pub async fn every_application_has_rows_of_its_own_in_order(store: &dyn Store) {
    let application = ApplicationId(i64::MAX);
    let all = [
        TrafficApplication::Of(Application::None),
        TrafficApplication::Of(Application::ApiKey(ApplicationId(i64::MIN))),
        TrafficApplication::Of(Application::ApiKey(application)),
        TrafficApplication::Of(Application::OauthClient(application)),
        TrafficApplication::Of(Application::Token(application)),
        TrafficApplication::Administrator,
        TrafficApplication::Unknown,
    ];
    let mut put: Vec<TrafficRow> =
        all.map(|application| row(source(Some(HERE), application), DAY, "/", 0, 1)).into();
    put.reverse();
    given(store, [made(HERE), counted(1, put)]).await;
    let found: Vec<TrafficApplication> =
        rows(store, Some(HERE)).await.iter().map(|row| row.source.application).collect();
    assert_eq!(found, all);
}

pub async fn what_is_counted_is_added_up(store: &dyn Store) {
    given(store, [made(HERE), counted(1, vec![here(DAY, "/a", 3, 5)])]).await;
    given(store, [counted(2, vec![here(DAY, "/a", 3, 2), here(DAY, "/a", 4, u64::MAX)])]).await;
    given(store, [counted(3, vec![here(DAY, "/b", 3, 1), here(DAY, "/a", 4, 1)])]).await;
    let mut expected = here(DAY, "/a", 3, 7);
    expected.add(&here(DAY, "/a", 4, u64::MAX));
    expected.add(&here(DAY, "/b", 3, 1));
    assert_eq!(rows(store, Some(HERE)).await, [expected.clone()]);
    assert_eq!((expected.addresses.count(), expected.users.count()), (2, 2));
}

pub async fn a_batch_counts_once(store: &dyn Store) {
    given(store, [made(HERE)]).await;
    for number in [1, 1, 2, 1, 2, 3] {
        given(store, [counted(number, vec![here(DAY, "/a", 3, 1)])]).await;
    }
    let other = TrafficBatch { writer: [2; 16], ..batch(2, vec![here(DAY, "/a", 3, 10)]) };
    given(store, [Change::CountTraffic(other.into())]).await;
    assert_eq!(total(store).await, 13);
}

pub async fn a_batch_that_is_refused_with_others_has_not_counted(store: &dyn Store) {
    given(store, [made(HERE), Change::ConsumeOnce { value: [1; 32], expires: Millis::EPOCH }]).await;
    let again = Change::ConsumeOnce { value: [1; 32], expires: Millis::EPOCH };
    let refused = store.commit(vec![counted(1, vec![here(DAY, "/a", 3, 1)]), again]).await;
    assert!(matches!(refused, Err(StoreError::AlreadyConsumed)), "{refused:?}");
    assert_eq!((total(store).await, overview(store, Some(id(HERE))).await), (0, TrafficOverview::default()));
    given(store, [counted(1, vec![here(DAY, "/a", 3, 1)])]).await;
    assert_eq!(total(store).await, 1);
}

pub async fn traffic_of_an_account_that_is_not_there_is_left_out(store: &dyn Store) {
    let uses = TrafficUses { last: Some(Millis::EPOCH), ..TrafficUses::default() };
    let nowhere = source(Some(ELSEWHERE), TOKEN);
    let rows_of_both = vec![here(DAY, "/a", 3, 1), row(nowhere, DAY, "/a", 3, 1)];
    let batch = TrafficBatch { uses: vec![(nowhere, uses)], ..batch(1, rows_of_both) };
    given(store, [made(HERE), Change::CountTraffic(batch.into()), made(ELSEWHERE)]).await;
    let of_nowhere = overview(store, nowhere.account).await;
    assert_eq!((of_nowhere.families, of_nowhere.uses), (vec![], vec![]));
    assert_eq!((rows(store, Some(ELSEWHERE)).await.len(), rows(store, Some(HERE)).await.len()), (0, 1));
}

pub async fn traffic_goes_with_its_account(store: &dyn Store) {
    let uses = TrafficUses { last: Some(Millis::EPOCH), ..TrafficUses::default() };
    let (gone, none) = (source(Some(HERE), TOKEN), source(None, TrafficApplication::Unknown));
    let rows_of_both = vec![here(DAY, "/a", 3, 1), row(none, DAY, "/a", 3, 1)];
    let batch = TrafficBatch { uses: vec![(gone, uses), (none, uses)], ..batch(1, rows_of_both) };
    given(store, [made(HERE), Change::CountTraffic(batch.into())]).await;
    given(store, [Change::DeleteAccount(id(HERE)), made(HERE)]).await;
    let of_gone = overview(store, gone.account).await;
    assert_eq!((of_gone.families, of_gone.uses), (vec![], vec![]));
    assert_eq!((rows(store, Some(HERE)).await.len(), rows(store, None).await.len()), (0, 1));
    assert_eq!(overview(store, None).await.uses, [(TrafficApplication::Unknown, uses)]);
}

pub async fn uses_move_to_both_ends_and_counting_began_with_the_first_batch(store: &dyn Store) {
    let uses = |first: i64, last, last_refused: Option<i64>| TrafficUses {
        first: Some(Millis::from_unix(first)),
        last: Some(Millis::from_unix(last)),
        last_refused: last_refused.map(Millis::from_unix),
    };
    let here = source(Some(HERE), TOKEN);
    let at = |number: u64, own: TrafficUses| {
        let at = Millis::from_unix(1_000 * i64::try_from(number).unwrap());
        let uses = vec![(here, own)];
        Change::CountTraffic(TrafficBatch { at, uses, ..batch(number, vec![]) }.into())
    };
    given(store, [made(HERE), at(1, uses(5, 6, None)), at(2, uses(7, 9, Some(8)))]).await;
    given(store, [at(3, uses(3, 4, Some(2))), at(4, TrafficUses::default())]).await;
    let found = overview(store, here.account).await;
    assert_eq!(found.uses, [(TOKEN, uses(3, 9, Some(8)))]);
    assert_eq!(found.counting.map(|span| span.since), Some(Millis::from_unix(1_000)));
}

/// After batches that are made after so many hours.
async fn hour_since_when_is_counted(store: &dyn Store, hours: &[u32]) -> u32 {
    let hour = |hour: u32| Day::from_number(DAY).begin().plus(Duration::from_hours(hour.into()));
    for (number, at) in (1..).zip(hours) {
        let batch = TrafficBatch { at: hour(*at), ..batch(number, vec![]) };
        given(store, [Change::CountTraffic(batch.into())]).await;
    }
    let TrafficSpan { since, until } = overview(store, None).await.counting.unwrap();
    assert_eq!(Some(until), hours.last().map(|last| hour(*last)));
    let since = since.since(hour(0)).as_secs() / 3_600;
    u32::try_from(since).unwrap()
}

pub async fn counting_goes_on_while_a_batch_is_made_every_day(store: &dyn Store) {
    assert_eq!(hour_since_when_is_counted(store, &[0, 1, 25, 49]).await, 0);
}

pub async fn counting_begins_anew_after_more_than_a_day_without_a_batch(store: &dyn Store) {
    assert_eq!(hour_since_when_is_counted(store, &[0, 1, 26, 50]).await, 26);
}

pub async fn counting_begins_anew_when_the_clock_is_set_back_behind_its_beginning(store: &dyn Store) {
    assert_eq!(hour_since_when_is_counted(store, &[10, 20, 15]).await, 10);
    let back = TrafficBatch { writer: [2; 16], ..batch(1, vec![]) };
    given(store, [Change::CountTraffic(back.into())]).await;
    assert_eq!(overview(store, None).await.counting.unwrap().since, Day::from_number(DAY).begin());
}

pub async fn a_batch_that_counts_no_more_does_not_tell_that_requests_are_counted(store: &dyn Store) {
    assert_eq!(hour_since_when_is_counted(store, &[0]).await, 0);
    let again = TrafficBatch { at: Day::from_number(DAY + 3).begin(), ..batch(1, vec![]) };
    given(store, [Change::CountTraffic(again.into())]).await;
    assert_eq!(overview(store, None).await.counting.unwrap().since, Day::from_number(DAY).begin());
}

pub async fn pages_of_traffic_together_are_every_row_once(store: &dyn Store) {
    let tokens = [3, 1, 2].map(|id| TrafficApplication::Of(Application::Token(ApplicationId(id))));
    let of = |application| {
        (0..4).map(move |back| row(source(Some(HERE), application), DAY - 20 * back, "/a", 3, 1))
    };
    let put: Vec<TrafficRow> = tokens.into_iter().flat_map(of).collect();
    given(store, [made(HERE), counted(1, put), aged(DAY - 30, 100)]).await;
    let all = rows(store, Some(HERE)).await;
    let (mut paged, mut query) = (Vec::new(), TrafficQuery { limit: 5, ..everything(Some(HERE)) });
    loop {
        let page = store.traffic(query).await.unwrap();
        query.after = page.last().map(|row| (row.source.application, row.period));
        paged.extend(page.iter().cloned());
        if page.len() < query.limit {
            break;
        }
    }
    assert_eq!(paged, all);
    assert!(all.is_sorted_by_key(|row| (row.source.application, row.period)), "{all:?}");
}

pub async fn rows_of_a_span_and_of_an_application_are_found(store: &dyn Store) {
    let other = source(Some(HERE), TrafficApplication::Unknown);
    let put = vec![
        here(DAY, "/a", 3, 1),
        here(DAY - 1, "/a", 3, 1),
        here(DAY - 40, "/a", 3, 1),
        here(DAY - 80, "/a", 3, 1),
        row(other, DAY, "/a", 3, 1),
    ];
    given(store, [made(HERE), counted(1, put), aged(DAY - 30, 100)]).await;
    let found = async |from: i32, through: i32, application| {
        let (from, through) = (Day::from_number(from), Day::from_number(through));
        let query = TrafficQuery { application, from, through, ..everything(Some(HERE)) };
        store.traffic(query).await.unwrap().iter().map(|row| row.period).collect::<Vec<_>>()
    };
    let month = |number| TrafficPeriod::Month(Day::from_number(number).month());
    assert_eq!(found(DAY, DAY, None).await, [day(DAY), day(DAY)]);
    assert_eq!(found(DAY, DAY, Some(TOKEN)).await, [day(DAY)]);
    assert_eq!(found(DAY - 1, DAY - 1, None).await, [day(DAY - 1)]);
    // A month is found by any of its days.
    assert_eq!(found(DAY - 45, DAY - 41, None).await, [month(DAY - 40)]);
    assert_eq!(found(DAY - 80, DAY - 2, None).await, [month(DAY - 80), month(DAY - 40)]);
}

/// Days before this one are over; months are kept for a year.
pub async fn client_programs_beyond_those_that_are_told_apart_are_others(store: &dyn Store) {
    given(store, [made(HERE)]).await;
    for number in 0..MOST_AGENTS + 3 {
        let mut more = TrafficRow::empty(source(Some(HERE), TOKEN), day(DAY));
        more.add_agent(&format!("program-{number:02}"), 2);
        given(store, [counted(number as u64 + 1, vec![more])]).await;
    }
    let agents = rows(store, Some(HERE)).await.remove(0).agents;
    assert_eq!(agents.len(), MOST_AGENTS + 1);
    assert!(agents.contains(&(OTHER_AGENTS.into(), 6)), "{agents:?}");
}

pub async fn traffic_does_not_move_the_directory(store: &dyn Store) {
    given(store, [made(HERE)]).await;
    let before = store.directory().await.unwrap().sequence;
    given(store, [counted(1, vec![here(DAY - 40, "/a", 3, 1)]), aged(DAY, 9)]).await;
    assert_eq!(store.directory().await.unwrap().sequence, before);
}
