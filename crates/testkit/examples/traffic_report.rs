//! A month of traffic: how much of the database it takes, how long a report of all of it and one of an application take, and how long
//! the store's writer is held by what is written every few seconds.
//!
//! `cargo run --release -p vestibule-testkit --example traffic_report [applications [routes [days]]]`
#![expect(clippy::print_stdout, reason = "a program that prints what it measured")]
#![expect(clippy::expect_used, reason = "a measurement that fails has no other answer")]

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use reqwest::Method;
use vestibule_auth::FirstOwner;
use vestibule_model::{Application, ApplicationId, Clock, Day, TrafficApplication, TrafficOutcome, UserKind};
use vestibule_store::{
    Change, TRAFFIC_SLOTS, TrafficBatch, TrafficPeriod, TrafficRow, TrafficSeries, TrafficSource,
};
use vestibule_testkit::{ACCOUNT, TestServer};

/// How often something is asked for that is measured.
const TIMES: usize = 21;

/// As many rows as the engine writes at once.
const BATCH: usize = 32;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (applications, routes, days) = (number(100), number(50), number(30));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(applications, routes, days));
}

async fn measure(applications: u32, routes: u32, days: u32) {
    let server = TestServer::start().await;
    let before = size(&server);
    let today = Day::of(server.clock.now());
    let mut number = 0;
    let mut write = async |rows: Vec<TrafficRow>| {
        number += 1;
        let at = server.clock.now();
        let batch = TrafficBatch { writer: [1; 16], number, at, rows, uses: Vec::new() };
        server.store.commit(vec![Change::CountTraffic(batch.into())]).await.expect("rows");
    };
    for back in 0..days {
        let rows: Vec<TrafficRow> =
            (0..applications).map(|application| row(application, routes, today.minus(back), 0..24)).collect();
        for rows in rows.chunks(BATCH) {
            write(rows.to_vec()).await;
        }
    }
    let mut held = Vec::new();
    for _ in 0..TIMES {
        let rows =
            (0..32).map(|application| row(application % applications, routes, today, 12..13)).collect();
        let begun = now();
        write(rows).await;
        held.push(begun.elapsed());
    }
    // So much that the log is folded into the file.
    for _ in 0..200 {
        server.store.commit(vec![Change::Probe]).await.expect("a probe");
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let taken = size(&server).saturating_sub(before);
    println!(
        "{applications} applications, {routes} routes, {days} days: {:.1} MB",
        f64::from(u32::try_from(taken).unwrap_or(u32::MAX)) / 1e6
    );
    println!("32 rows added to those that are there, in one commit: {}", told(held));
    let owner = owner(&server).await;
    let from = today.minus(days - 1);
    for (what, query) in [
        ("everything by application", String::new()),
        ("everything by route", "&by=route".to_owned()),
        ("everything by hour", "&by=hour".to_owned()),
        ("one application by route", "&by=route&application=application-token:7".to_owned()),
        ("one application by hour", "&by=hour&application=application-token:7".to_owned()),
    ] {
        let path = format!("/admin/v1/accounts/{ACCOUNT}/traffic?from={from}{query}");
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let begun = now();
            let answer = server.admin_request(Method::GET, &path).bearer_auth(&owner).send().await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), 200);
            answer.bytes().await.expect("a report");
            times.push(begun.elapsed());
        }
        println!("{what}: {}", told(times));
    }
}

/// A day of an application that is used at these hours, at every route, by two kinds of outcome and from many addresses.
fn row(application: u32, routes: u32, day: Day, hours: std::ops::Range<usize>) -> TrafficRow {
    let id = ApplicationId(i64::from(application));
    let account = Some(ACCOUNT.parse().expect("an id"));
    let source = TrafficSource { account, application: TrafficApplication::Of(Application::Token(id)) };
    let mut row = TrafficRow::empty(source, TrafficPeriod::Day(day));
    for route in 0..routes {
        let mut slots = [0; TRAFFIC_SLOTS];
        for hour in hours.clone() {
            slots[hour] = 300 + u64::from(route * 7 + application) * u64::try_from(hour).unwrap_or_default();
        }
        let (user_kind, outcome) = (Some(UserKind::Bot), TrafficOutcome::Allowed);
        let series =
            TrafficSeries { user_kind, family: format!("/api/family-{route}").into(), outcome, slots };
        row.add(&TrafficRow { series: vec![series], ..TrafficRow::empty(source, row.period) });
    }
    for address in 0..2_000 {
        row.addresses.note(Ipv4Addr::from_bits(address * (application + 1)).into());
    }
    row.add_agent("python-requests", 9);
    row
}

/// The database and its log.
fn size(server: &TestServer) -> u64 {
    let files = std::fs::read_dir(server.data()).expect("a folder").filter_map(Result::ok);
    let databases = files.filter(|file| file.file_name() == "vestibule.db");
    databases.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum()
}

async fn owner(server: &TestServer) -> String {
    let first = FirstOwner::WithPassword("admin-password".to_owned().into());
    let made = server.auth.administration().make_administrators_account(first, server.clock.now()).await;
    made.expect("an owner");
    let body = serde_json::json!({ "username": "admin", "password": "admin-password" });
    let login = server.admin_request(Method::POST, "/admin/v1/login").json(&body).send().await;
    let body: serde_json::Value = login.expect("a login").json().await.expect("a body");
    body["token"].as_str().expect("a bearer").to_owned()
}

fn told(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let (half, most) = (times[times.len() / 2], times[times.len() - 1]);
    format!("p50 {:.1} ms, at most {:.1} ms", half.as_secs_f64() * 1e3, most.as_secs_f64() * 1e3)
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}
