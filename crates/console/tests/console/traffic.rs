//! `/console/traffic` and `/console/accounts/{account}/traffic`

use std::time::Duration;

use serde_json::json;
use vestibule_model::{Clock, Day};
use vestibule_testkit::{ACCOUNT, Browser, Shown};

use crate::support::{HOME, Instance, PASSWORD};

fn page() -> String {
    format!("/console/accounts/{ACCOUNT}/traffic")
}

async fn shown(browser: &Browser, path: &str) -> Shown {
    let shown = browser.get(path).await;
    assert_eq!(shown.status, 200, "{path}: {}", shown.html);
    shown
}

/// The text of each cell of the row that begins with this, in the table of a section.
fn row(page: &Shown, section: &str, first: &str) -> Vec<String> {
    let (_, rest) = page.html.split_once(&format!("<h2 id=\"{section}\">")).unwrap();
    let table = rest.split("</section>").next().unwrap();
    let rows = table.split("<tr>").skip(2).map(|row| {
        let cells = row.split("<td").skip(1).map(|cell| text(cell.split_once('>').unwrap().1));
        cells.collect::<Vec<_>>()
    });
    let mut rows = rows.filter(|cells| cells[0] == first);
    let found = rows.next();
    assert!(found.is_some(), "{first} in {table}");
    found.unwrap()
}

fn text(html: &str) -> String {
    let html = html.split("</td>").next().unwrap();
    html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect()
}

#[tokio::test]
async fn requests_are_told_by_what_they_are_counted_by() {
    let instance = Instance::start().await;
    instance.server.log_in("name", "password").await;
    instance.server.log_in("name", "wrong").await;
    let page = shown(&instance.signed_in().await, &page()).await;
    assert_eq!(row(&page, "routes", "(login)")[1..], ["1", "1"]);
    assert_eq!(row(&page, "outcomes", "A wrong name, password, key, code or token")[1..], ["0", "1"]);
    assert_eq!(row(&page, "kinds", "person")[1..], ["1", "0"], "{}", page.html);
    assert_eq!(row(&page, "applications", "Logins of users themselves")[2..6], ["1", "1", "1", "1"]);
    assert!(page.html.contains("50.0 % of them"), "{}", page.html);
}

#[tokio::test]
async fn safe_to_delete_is_the_engines_word() {
    let instance = Instance::start().await;
    let key = json!({ "name": "Old key" });
    instance.api(reqwest::Method::POST, &format!("/admin/v1/accounts/{ACCOUNT}/api-keys"), &key).await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/traffic");
    let report = instance.listed(&path).await;
    let line = report["lines"].as_array().unwrap().iter().find(|line| line["name"] == "Old key").unwrap();
    let told = row(&shown(&instance.signed_in().await, &page()).await, "applications", "Old key");
    assert_eq!((told[7].as_str(), &json!(told[8])), ("never seen", &line["grounds"]), "{line}");
}

#[tokio::test]
async fn one_application_is_shown_alone() {
    let instance = Instance::start().await;
    instance.server.log_in("name", "password").await;
    let browser = instance.signed_in().await;
    let alone = shown(&browser, &format!("{}?application=administrator", page())).await;
    assert!(alone.html.contains("<p class=\"tile-value\">0</p>"), "{}", alone.html);
    let alone = shown(&browser, &format!("{}?application=none", page())).await;
    assert!(alone.html.contains("<p class=\"tile-value\">1</p>"), "{}", alone.html);
    assert!(alone.html.contains("All applications"), "{}", alone.html);
}

#[tokio::test]
async fn a_bar_and_its_row_have_the_same_number() {
    let instance = Instance::start().await;
    instance.server.log_in("name", "password").await;
    let today = Day::of(instance.server.clock.now());
    let page = shown(&instance.signed_in().await, &page()).await;
    assert!(page.html.contains(&format!("<title>{today}: 1 let through</title>")), "{}", page.html);
    let row = format!("<td>{today}</td><td data-column=\"Let through\" class=\"number\">1</td>");
    assert!(page.html.contains(&row), "{}", page.html);
}

#[tokio::test]
async fn both_periods_are_compared_by_the_same_days() {
    let instance = Instance::start().await;
    let first = Day::of(instance.server.clock.now());
    instance.server.log_in("name", "password").await;
    instance.server.log_in("name", "password").await;
    instance.server.clock.advance(Duration::from_hours(48));
    instance.server.log_in("name", "password").await;
    let browser = instance.signed_in().await;
    let (from, to) = (first.plus(1), first.plus(2));
    let page = shown(&browser, &format!("{}/compare?from={from}&to={to}", page())).await;
    let expected = format!("2 days: from {} through {first}, and from {from} through {to}.", first.minus(1));
    assert!(page.html.contains(&expected), "{}", page.html);
    assert_eq!(row(&page, "all", "Let through")[1..], ["2", "1", "−1", "−50 %"]);
    assert_eq!(row(&page, "routes", "(login)")[1..], ["2", "1", "−1", "−50 %"]);
}

#[tokio::test]
async fn a_period_may_be_compared_with_any_other() {
    let instance = Instance::start().await;
    let first = Day::of(instance.server.clock.now());
    instance.server.log_in("name", "password").await;
    instance.server.clock.advance(Duration::from_hours(24 * 9));
    let browser = instance.signed_in().await;
    let to = first.plus(9);
    let page = shown(&browser, &format!("{}/compare?from={to}&to={to}&against={first}", page())).await;
    assert_eq!(row(&page, "all", "Let through")[1..], ["1", "0", "−1", "gone"]);
}

#[tokio::test]
async fn the_file_is_the_table_of_the_api() {
    let instance = Instance::start().await;
    instance.server.log_in("name", "password").await;
    let browser = instance.signed_in().await;
    let file = shown(&browser, &format!("{}.csv?by=route", page())).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
    let named = file.header("content-disposition");
    assert!(named.starts_with(&format!("attachment; filename=\"traffic-{ACCOUNT}-2")), "{named}");
    let path = format!("/admin/v1/accounts/{ACCOUNT}/traffic?by=route");
    let request = instance.server.admin_request(reqwest::Method::GET, &path).bearer_auth(&instance.bearer);
    let of_api = request.header("accept", "text/csv").send().await.unwrap().text().await.unwrap();
    assert_eq!(file.html, of_api);
    assert!(of_api.contains("(login),,1,0"), "{of_api}");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_said_and_kept() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for query in [
        "from=2026-13-01",
        "to=yesterday",
        "from=2026-09-02&to=2026-09-01",
        "from=2020-01-01",
        "application=x",
    ] {
        for path in [format!("{}?{query}", page()), format!("{}/compare?{query}", page())] {
            let shown = browser.get(&path).await;
            assert_eq!(shown.status, 422, "{path}");
            let value = query.split_once('=').unwrap().1.split('&').next().unwrap();
            assert!(shown.html.contains(&format!("value=\"{value}\"")), "{path}: {}", shown.html);
        }
    }
    let shown = browser.get(&format!("{}/compare?against=x", page())).await;
    assert_eq!(shown.status, 422, "{}", shown.html);
    assert_eq!(browser.get(&format!("{}.csv?by=colour", page())).await.status, 422);
}

#[tokio::test]
async fn requests_of_no_account_are_on_a_page_of_their_own_that_leads_to_accounts() {
    let instance = Instance::start().await;
    instance.server.get("/gateway/check").await;
    let page = shown(&instance.signed_in().await, "/console/traffic").await;
    assert!(page.html.contains("Administrators") && page.html.contains("Nobody who is known"));
    assert!(page.html.contains(&format!("href=\"/console/accounts/{ACCOUNT}/traffic\"")), "{}", page.html);
}

#[tokio::test]
async fn whoever_sees_one_account_is_led_to_its_traffic() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    let home = browser.get(HOME).await;
    assert!(home.html.contains(&format!("href=\"{}\"", page())), "{}", home.html);
    assert!(!home.html.contains("href=\"/console/traffic\""), "{}", home.html);
    assert_eq!(browser.get("/console/traffic").await.status, 403);
}

#[tokio::test]
async fn one_place_of_the_navigation_is_here() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_as("admin", PASSWORD).await;
    for (path, here) in [
        (HOME, "Overview"),
        ("/console/traffic", "Traffic"),
        ("/console/traffic/compare", "Traffic"),
        (page().as_str(), "Accounts"),
    ] {
        let html = shown(&browser, path).await.html;
        let nav = html.split_once("aria-label=\"Console\"").unwrap().1.split("</nav>").next().unwrap();
        let places: Vec<_> = nav.split(" aria-current=\"page\">").skip(1).collect();
        assert!(places.len() == 1 && places[0].starts_with(here), "{path}: {nav}");
    }
}

#[tokio::test]
async fn days_that_are_no_longer_kept_by_the_hour_are_drawn_by_the_day() {
    let instance = Instance::start().await;
    instance.server.log_in("name", "password").await;
    let day = Day::of(instance.server.clock.now());
    let path = format!("{}?from={day}&to={day}", page());
    let fresh = shown(&instance.signed_in().await, &path).await;
    assert!(fresh.html.contains("in each hour"), "{}", fresh.html);
    instance.server.clock.advance(Duration::from_hours(24 * 40));
    instance.server.auth.age_traffic().await.unwrap();
    let old = shown(&instance.signed_in().await, &path).await;
    assert!(old.html.contains("on each day") && !old.html.contains("in each hour"), "{}", old.html);
    assert!(old.html.contains(&format!("{day}: 1 let through")), "{}", old.html);
}

#[tokio::test]
async fn days_that_are_not_kept_are_told_from_days_without_requests() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let today = Day::of(instance.server.clock.now());
    let kept_from = today.month().minus(13).first_day();
    let told = format!("not kept before {kept_from},");
    let said = format!("What was counted before {kept_from} is not kept.");
    for (from, is_cut) in [(kept_from, false), (kept_from.minus(1), true)] {
        let query = format!("from={from}&to={today}");
        let page = shown(&browser, &format!("{}?{query}", page())).await;
        assert_eq!(page.html.contains(&said), is_cut, "{from}: {}", page.html);
        let file = shown(&browser, &format!("/console/accounts/{ACCOUNT}/traffic.csv?{query}&by=day")).await;
        assert_eq!(file.html.contains(&told), is_cut, "{from}: {}", file.html);
        let report = instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/traffic?{query}")).await;
        assert_eq!(report["kept_from"].is_string(), is_cut, "{from}: {report}");
    }
}
