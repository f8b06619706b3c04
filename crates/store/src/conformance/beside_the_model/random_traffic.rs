//! Random traffic of few sources, families and days.

use std::net::Ipv4Addr;

use proptest::collection::vec;
use proptest::prelude::*;
use vestibule_model::{
    Application, ApplicationId, Day, Millis, Month, TrafficApplication, TrafficOutcome, UserId, UserKind,
};

use super::random_changes::name;
use crate::{
    Change, TRAFFIC_SLOTS, TrafficBatch, TrafficPeriod, TrafficRow, TrafficSeries, TrafficSource, TrafficUses,
};

/// Some of these days are in one month, some are not.
const DAYS: std::ops::Range<i32> = 20_780..20_800;

pub(super) fn traffic() -> impl Strategy<Value = Change> {
    prop_oneof![3 => a_batch(), 1 => an_aging()]
}

fn a_batch() -> impl Strategy<Value = Change> {
    let at_times = (a_source(), vec(prop::option::of((0..3_i64).prop_map(Millis::from_unix)), 3));
    let uses = at_times
        .prop_map(|(source, at)| (source, TrafficUses { first: at[0], last: at[1], last_refused: at[2] }));
    (0..2_u8, 1..5_u64, 0..3_i64, vec(a_row(), 0..4), vec(uses, 0..3)).prop_map(
        |(writer, number, day, rows, uses)| {
            let at = Day::from_number(DAYS.start)
                .begin()
                .plus(std::time::Duration::from_hours(24 * day.unsigned_abs()));
            Change::CountTraffic(TrafficBatch { writer: [writer; 16], number, at, rows, uses }.into())
        },
    )
}

fn an_aging() -> impl Strategy<Value = Change> {
    (DAYS, 0..3_u32, 0..3_i64, 0..6_usize).prop_map(|(day, months, now, limit)| {
        let now = Millis::from_unix(now);
        let days_before = Day::from_number(day);
        let months_before = Month::from_number(days_before.month().number() + 1).minus(months);
        Change::AgeTraffic { days_before, months_before, now, limit }
    })
}

fn a_source() -> impl Strategy<Value = TrafficSource> {
    let application = prop_oneof![
        (1..3_i64).prop_map(|id| TrafficApplication::Of(Application::Token(ApplicationId(id)))),
        Just(TrafficApplication::Of(Application::None)),
        Just(TrafficApplication::Unknown),
    ];
    (prop::option::of(name()), application)
        .prop_map(|(account, application)| TrafficSource { account, application })
}

fn a_row() -> impl Strategy<Value = TrafficRow> {
    (a_source(), DAYS, vec(a_series(), 0..3), vec(0..400_u32, 0..200)).prop_map(
        |(source, day, series, addresses)| {
            let period = TrafficPeriod::Day(Day::from_number(day));
            let mut row = TrafficRow::empty(source, period);
            for series in series {
                row.add(&TrafficRow { series: vec![series], ..TrafficRow::empty(source, period) });
            }
            for address in addresses {
                row.addresses.note_address(Ipv4Addr::from_bits(address).into());
                row.users.note_user(UserId(i64::from(address / 2)));
                row.add_agent(["curl", "Mozilla", "x"][address as usize % 3], 1);
            }
            row
        },
    )
}

fn a_series() -> impl Strategy<Value = TrafficSeries> {
    let kind = prop::option::of(prop::sample::select(&[UserKind::Human, UserKind::Bot][..]));
    let family = prop::sample::select(&["/a", "/b", "(other)"][..]);
    let outcome = prop::sample::select(&TrafficOutcome::ALL[..]);
    (kind, family, outcome, vec((0..24_usize, 0..300_u64), 1..4)).prop_map(
        |(user_kind, family, outcome, counts)| {
            let mut slots = [0; TRAFFIC_SLOTS];
            for (hour, count) in counts {
                slots[hour] = count;
            }
            TrafficSeries { user_kind, family: family.into(), outcome, slots }
        },
    )
}
