//! `/admin/v1/accounts/{account}/traffic` and `/admin/v1/traffic`

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Application, ApplicationId, Clock, Day, TrafficApplication, TrafficOutcome};
use vestibule_store::{
    Change, TRAFFIC_SLOTS, TrafficBatch, TrafficPeriod, TrafficRow, TrafficSeries, TrafficSource,
};
use vestibule_testkit::{ACCOUNT, TOKEN};

use crate::support::{Instance, PASSWORD};

async fn report(instance: &Instance, query: &str) -> Value {
    // Days may have passed since the last login.
    let login = instance.log_in("admin", PASSWORD).await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/traffic{query}");
    let answer = instance.ask(login.body["token"].as_str(), (Method::GET, &path), None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// Key, allowed and refused of each line.
fn lines(report: &Value) -> Vec<(&str, u64, u64)> {
    let number = |line: &Value, name: &str| line[name].as_u64().unwrap();
    let lines = report["lines"].as_array().unwrap().iter();
    lines
        .map(|line| (line["key"].as_str().unwrap(), number(line, "allowed"), number(line, "refused")))
        .collect()
}

fn line<'a>(report: &'a Value, key: &str) -> &'a Value {
    report["lines"].as_array().unwrap().iter().find(|line| line["key"] == key).unwrap()
}

async fn livevox_login(instance: &Instance) -> String {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request =
        instance.server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["sessionId"].as_str().unwrap().to_owned()
}

async fn check(instance: &Instance, id: &str, target: &str) -> u16 {
    let request = instance.server.request(Method::GET, "/gateway/check/traefik/rule/default");
    let request = request.header("X-Forwarded-Method", "GET").header("X-Forwarded-Uri", target);
    let request = request.header("X-Forwarded-Host", "api.example.com").header("X-Forwarded-Proto", "https");
    let request = request.header("X-Forwarded-For", "192.0.2.7").header("User-Agent", "dialler/3.1");
    request.header("LV-Session", id).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn requests_are_told_by_application_with_those_of_which_there_are_none() {
    let instance = Instance::start().await;
    let id = livevox_login(&instance).await;
    assert_eq!(check(&instance, &id, "/orders/7").await, 200);
    instance.server.log_in("name", "wrong").await;
    let report = report(&instance, "").await;
    let token = lines(&report).into_iter().find(|(key, ..)| *key == "application-token:1").unwrap();
    assert_eq!(token, ("application-token:1", 2, 0));
    assert_eq!(lines(&report).first(), Some(&("none", 0, 1)));
    assert_eq!((&report["allowed"], &report["refused"]), (&json!(2), &json!(1)));
    let told = line(&report, "application-token:1");
    assert_eq!((&told["verdict"], &told["grounds"]), (&json!("in-use"), &json!("used last today")));
    assert_eq!(told["agents"], json!([{ "name": "dialler/3.1", "requests": 1 }]));
    assert_eq!((&told["users"], &told["addresses"]), (&json!(1), &json!(2)));
    let days = told["days"].as_array().unwrap();
    assert_eq!((days.len(), days.last()), (30, Some(&json!(2))));
    let unused: Vec<&Value> =
        report["lines"].as_array().unwrap().iter().filter(|line| line["verdict"] == "never-seen").collect();
    assert!(!unused.is_empty() && unused.iter().all(|line| line["allowed"] == 0 && line["name"].is_string()));
}

#[tokio::test]
async fn requests_are_told_by_everything_that_they_are_counted_by() {
    let instance = Instance::start().await;
    let id = livevox_login(&instance).await;
    check(&instance, &id, "/orders/7/lines").await;
    check(&instance, &id, "/orders/8").await;
    let by = async |by: &str| report(&instance, &format!("?by={by}")).await;
    assert_eq!(lines(&by("route").await), [("(login)", 1, 0), ("/orders/{id}", 2, 0)]);
    assert_eq!(lines(&by("kind").await), [("human", 3, 0)]);
    assert_eq!(lines(&by("outcome").await), [("allowed", 3, 0)]);
    let today = Day::of(instance.server.clock.now());
    assert_eq!(lines(&by("day").await), [(today.to_string().as_str(), 3, 0)]);
    assert_eq!(lines(&by("month").await), [(today.month().to_string().as_str(), 3, 0)]);
    let hours = by("hour").await;
    assert!(lines(&hours)[0].0.starts_with(&format!("{today}T")), "{hours}");
}

#[tokio::test]
async fn a_span_and_an_application_can_be_asked_for() {
    let instance = Instance::start().await;
    let first = Day::of(instance.server.clock.now());
    livevox_login(&instance).await;
    instance.server.clock.advance(Duration::from_hours(48));
    instance.server.log_in("name", "password").await;
    let total = async |query: &str| report(&instance, query).await["allowed"].as_u64().unwrap();
    assert_eq!(total("").await, 2);
    assert_eq!(total(&format!("?from={first}&to={first}")).await, 1);
    assert_eq!(total(&format!("?from={}&to={}", first.plus(1), first.plus(1))).await, 0);
    assert_eq!(total("?application=none").await, 1);
    assert_eq!(
        lines(&report(&instance, "?application=application-token:1").await),
        [("application-token:1", 1, 0)]
    );
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_with_its_field() {
    let instance = Instance::start().await;
    for (query, field) in [
        ("from=2026-13-01", "from"),
        ("to=yesterday", "to"),
        ("from=2026-09-02&to=2026-09-01", "from"),
        ("from=2020-01-01&to=2026-09-01", "from"),
        ("application=everything", "application"),
        ("by=colour", "by"),
    ] {
        let answer = instance.get(&format!("/admin/v1/accounts/{ACCOUNT}/traffic?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.body["field"], field, "{query}: {answer:?}");
    }
    assert_eq!(instance.get("/admin/v1/accounts/nowhere/traffic").await.status, 404);
}

#[tokio::test]
async fn lines_are_a_table_for_who_accepts_one_first() {
    let instance = Instance::start().await;
    livevox_login(&instance).await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/traffic?by=route");
    let asked = |accept: &'static str| {
        let request = instance.server.admin_request(Method::GET, &path).bearer_auth(&instance.owner);
        request.header("accept", accept).send()
    };
    for accept in ["text/csv", "text/html, text/csv;q=0.9, application/json"] {
        let answer = asked(accept).await.unwrap();
        let media_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(media_type.starts_with("text/csv"), "{media_type}");
        let table = answer.text().await.unwrap();
        let expected = "key,name,allowed,refused,addresses,users,first_used,last_used,last_refused,verdict,grounds\r\n(login),,1,0,,,,,,,\r\n";
        assert_eq!(table, expected);
    }
    for accept in ["*/*", "application/json, text/csv"] {
        assert_eq!(asked(accept).await.unwrap().headers()["content-type"], "application/json");
    }
}

#[tokio::test]
async fn what_is_of_no_account_is_told_apart() {
    let instance = Instance::start().await;
    instance.server.get("/gateway/check").await;
    let answer = instance.get("/admin/v1/traffic?by=application").await;
    assert_eq!(answer.status, 200);
    let unknown = lines(&answer.body).into_iter().find(|(key, ..)| *key == "unknown").unwrap();
    assert_eq!(unknown, ("unknown", 0, 1));
    assert!(line(&answer.body, "administrator")["allowed"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn users_are_told_apart_by_application_and_day() {
    let instance = Instance::start().await;
    let anna = json!({ "login_name": "anna", "password": "Tr1cky-pass", "must_change_password": false });
    let made = instance.send(Method::POST, &format!("/admin/v1/accounts/{ACCOUNT}/users"), anna).await;
    assert_eq!(made.status, 201, "{made:?}");
    let users = async |query: &str, key: &str| line(&report(&instance, query).await, key)["users"].clone();
    let today = Day::of(instance.server.clock.now()).to_string();
    for (name, password) in [("name", "password"), ("name", "password"), ("anna", "Tr1cky-pass")] {
        assert_eq!(instance.server.log_in(name, password).await.status(), 200);
    }
    // Who shows a wrong password is nobody who is known.
    instance.server.log_in("bot", "wrong").await;
    assert_eq!((users("", "none").await, users("?by=day", &today).await), (json!(2), json!(2)));
    instance.server.clock.advance(Duration::from_hours(24));
    instance.server.log_in("name", "password").await;
    assert_eq!(users("", "none").await, 2, "over days each counts once");
    assert_eq!(line(&report(&instance, "?by=kind").await, "human").get("users"), None);
}

/// Nobody asks the store again and again meanwhile: what is counted after is in the next report.
#[tokio::test]
async fn an_application_that_is_not_used_any_more_becomes_idle_and_then_safe_to_delete() {
    let instance = Instance::start().await;
    livevox_login(&instance).await;
    let verdict = async || {
        let report = report(&instance, "").await;
        line(&report, "application-token:1")["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict().await, "in-use");
    count_for_days(&instance, 30).await;
    assert_eq!(verdict().await, "idle");
    count_for_days(&instance, 60).await;
    assert_eq!(verdict().await, "safe-to-delete");
}

/// Lets days pass in which the service runs.
async fn count_for_days(instance: &Instance, days: u32) {
    for _ in 0..days {
        instance.server.clock.advance(Duration::from_hours(24));
        instance.server.auth.write_traffic(instance.server.clock.now()).await.unwrap();
    }
}

/// Somebody may have tried meanwhile.
#[tokio::test]
async fn nothing_is_safe_to_delete_after_days_in_which_nothing_was_counted() {
    let instance = Instance::start().await;
    livevox_login(&instance).await;
    count_for_days(&instance, 30).await;
    instance.server.clock.advance(Duration::from_hours(24 * 60));
    let report = report(&instance, "").await;
    let counting_since = report["counting_since"].as_i64().unwrap();
    assert_eq!(counting_since, instance.server.clock.now().as_unix());
    assert_eq!(line(&report, "application-token:1")["verdict"], "idle");
}

#[tokio::test]
async fn where_nothing_is_counted_there_is_no_verdict() {
    let instance = Instance::start_with(|settings| settings.traffic.keep_days = 0).await;
    livevox_login(&instance).await;
    let report = report(&instance, "").await;
    assert_eq!(report.get("counting_since"), None);
    let told = line(&report, "application-token:1");
    assert_eq!((told.get("verdict"), told.get("grounds")), (None, None));
}

#[tokio::test]
async fn a_line_that_is_of_a_time_tells_no_days() {
    let instance = Instance::start().await;
    livevox_login(&instance).await;
    for by in ["hour", "day", "month"] {
        let report = report(&instance, &format!("?by={by}")).await;
        assert_eq!(report["lines"][0]["days"], json!([]), "{by}");
    }
}

#[tokio::test]
async fn client_programs_beyond_those_that_are_told_are_told_together() {
    let instance = Instance::start().await;
    for day in 0..2 {
        let id = livevox_login(&instance).await;
        for number in 0..20 {
            let request = instance.server.request(Method::GET, "/gateway/check").header("LV-Session", &id);
            let agent = format!("program-{day}-{number}/1");
            assert_eq!(request.header("User-Agent", agent).send().await.unwrap().status(), 200);
        }
        instance.server.clock.advance(Duration::from_hours(24));
    }
    let report = report(&instance, "").await;
    let agents = line(&report, "application-token:1")["agents"].as_array().unwrap();
    let requests: u64 = agents.iter().map(|agent| agent["requests"].as_u64().unwrap()).sum();
    assert_eq!((agents.len(), requests), (33, 40));
    assert_eq!(agents.last(), Some(&json!({ "name": "(other)", "requests": 8 })));
}

#[tokio::test]
async fn what_administrators_may_not_do_is_not_counted_as_done() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("auditor", "auditor", Some(ACCOUNT)).await;
    let outcomes = async || {
        let report = instance.get("/admin/v1/traffic?by=outcome&application=administrator").await.body;
        lines(&report).into_iter().find(|(key, ..)| *key == "not-allowed").map(|(_, _, refused)| refused)
    };
    assert_eq!(outcomes().await, None);
    let refused = instance.ask(Some(&auditor), (Method::GET, "/admin/v1/traffic"), None).await;
    assert_eq!(refused.status, 403);
    assert_eq!(outcomes().await, Some(1));
}

#[tokio::test]
async fn an_application_that_was_deleted_is_told_as_such() {
    let instance = Instance::start().await;
    livevox_login(&instance).await;
    let deleted = Change::DeleteApplicationToken(ACCOUNT.parse().unwrap(), ApplicationId(1));
    instance.server.change(vec![deleted]).await;
    let report = report(&instance, "").await;
    let told = line(&report, "application-token:1");
    assert_eq!((told.get("name"), told.get("verdict")), (None, None));
    assert_eq!(told["grounds"], "deleted");
}

/// Pages of days are read after those of the months that they would become a part of.
#[tokio::test]
async fn days_that_are_aged_while_a_report_is_made_are_in_it_once() {
    let instance = Instance::start().await;
    let server = &instance.server;
    let today = Day::of(server.clock.now());
    let source = TrafficSource {
        account: Some(ACCOUNT.parse().unwrap()),
        application: TrafficApplication::Of(Application::None),
    };
    let row = |back: u32| {
        let mut slots = [0; TRAFFIC_SLOTS];
        slots[7] = 1;
        let (family, outcome) = ("(login)".into(), TrafficOutcome::Allowed);
        let series = vec![TrafficSeries { user_kind: None, family, outcome, slots }];
        TrafficRow { series, ..TrafficRow::empty(source, TrafficPeriod::Day(today.minus(back))) }
    };
    let (rows, at) = ((0..300).map(row).collect(), server.clock.now());
    let batch = TrafficBatch { writer: [1; 16], number: 1, at, rows, uses: Vec::new() };
    server.store.commit(vec![Change::CountTraffic(batch.into())]).await.unwrap();
    let second_page = server.faults.delay_read("traffic", 1);
    let aged = server.faults.delay(|change| matches!(change, Change::AgeTraffic { .. }));
    let ageing = async {
        second_page.reached().await;
        let mut ageing = std::pin::pin!(server.auth.age_traffic());
        let is_under_way = tokio::select! {
            biased;
            _ = &mut ageing => panic!("its gate is closed"),
            () = aged.reached() => true,
            () = std::future::ready(()) => false,
        };
        aged.open();
        if is_under_way {
            ageing.as_mut().await.unwrap();
        }
        second_page.open();
        if !is_under_way {
            ageing.await.unwrap();
        }
    };
    let path = format!("/admin/v1/accounts/{ACCOUNT}/traffic?by=month&from={}", today.minus(300));
    let (report, ()) = tokio::join!(instance.get(&path), ageing);
    assert_eq!(report.body["allowed"], 300, "{report:?}");
}
