//! `/console/accounts/{account}/users`

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::{ACCOUNT, Browser};

use crate::support::Instance;

const LIST: &str = "/console/accounts/other/users";

/// An account with so many users, `user-000` the first.
async fn with_users(instance: &Instance, many: usize) {
    instance.other_account().await;
    for index in 0..many {
        let body = json!({ "login_name": format!("user-{index:03}"), "full_name": "Somebody", "enabled": index != 1 });
        instance.api(Method::POST, "/admin/v1/accounts/other/users", &body).await;
    }
}

/// The login names of a list, through all of its pages.
async fn names(browser: &Browser, path: &str) -> Vec<String> {
    let (mut names, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.html);
        let found = page.html.split("<bdi>user-").skip(1);
        names.extend(found.map(|rest| rest.split('<').next().unwrap().to_owned()));
        let link = page.html.split_once("rel=\"next\" href=\"");
        next = link.map(|(_, rest)| rest.split('"').next().unwrap().replace("&#38;", "&"));
    }
    names
}

#[tokio::test]
async fn a_list_says_how_many_and_pages_through_all() {
    let instance = Instance::start().await;
    with_users(&instance, 60).await;
    let browser = instance.signed_in().await;
    assert!(browser.get(LIST).await.html.contains("60 users"));
    let all = names(&browser, LIST).await;
    let expected: Vec<_> = (0..60).map(|index| format!("{index:03}")).collect();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn filters_stay_through_the_pages() {
    let instance = Instance::start().await;
    with_users(&instance, 60).await;
    let browser = instance.signed_in().await;
    assert_eq!(names(&browser, &format!("{LIST}?state=disabled")).await, ["001"]);
    assert_eq!(names(&browser, &format!("{LIST}?state=enabled")).await.len(), 59);
    assert_eq!(names(&browser, &format!("{LIST}?text=USER-05&kind=human&order=last-login")).await.len(), 10);
    let none = browser.get(&format!("{LIST}?text=nobody&kind=bot")).await;
    assert!(none.html.contains("Take a filter away"), "{}", none.html);
}

#[tokio::test]
async fn a_cursor_of_another_filter_is_refused_with_words() {
    let instance = Instance::start().await;
    with_users(&instance, 60).await;
    let browser = instance.signed_in().await;
    let page = browser.get(LIST).await;
    let cursor = page.html.split_once("cursor=").unwrap().1.split('"').next().unwrap().to_owned();
    let refused = browser.get(&format!("{LIST}?state=enabled&cursor={cursor}")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.html.contains("another list"), "{}", refused.html);
}

#[tokio::test]
async fn the_page_of_a_user_tells_of_their_sessions_and_leads_to_each() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let page = browser.get(&format!("/console/accounts/{ACCOUNT}/users/{}", things.user)).await;
    assert!(page.html.contains("1 live session<"), "{}", page.html);
    assert!(page.html.contains(&format!("href=\"/console/sessions/{}\"", things.session)), "{}", page.html);
}

#[tokio::test]
async fn a_locked_user_is_told_as_one() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    for _ in 0..20 {
        instance.server.log_in("name", "wrong").await;
        instance.server.clock.advance(Duration::from_secs(10));
    }
    let browser = instance.signed_in().await;
    let page = browser.get(&format!("/console/accounts/{ACCOUNT}/users/{}", things.user)).await;
    assert!(page.html.contains("<span class=\"tag bad\">locked</span>"), "{}", page.html);
    assert!(page.html.contains("<dt>Locked until</dt>"), "{}", page.html);
}

#[tokio::test]
async fn a_password_that_has_expired_is_told() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}");
    let request = instance.server.admin_request(Method::PATCH, &path).bearer_auth(&instance.bearer);
    let policy = json!({ "password_policy": { "expiry_days": 1 } });
    let changed = request.header("if-match", "*").json(&policy).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    let page = format!("/console/accounts/{ACCOUNT}/users/{}", things.user);
    let told = |html: &str| html.contains("<dt>Password expires</dt>");
    let browser = instance.signed_in().await;
    assert!(told(&browser.get(&page).await.html));
    instance.server.clock.advance(Duration::from_hours(25));
    let later = instance.signed_in().await.get(&page).await.html;
    assert!(told(&later) && later.contains(">has expired<"), "{later}");
}

#[tokio::test]
async fn too_many_for_an_order_are_told_beside_the_filters() {
    let instance = Instance::start().await;
    let one = instance.server.fixture.users[0].clone();
    let user = |number: i32| vestibule_model::User {
        id: vestibule_model::UserId(i64::from(number) + 1_000),
        number: number + 1_000,
        pid: uuid::Uuid::from_u128(u128::from(number.unsigned_abs())),
        login_name: format!("many-{number}"),
        ..one.clone()
    };
    let many = (1..=10_001).map(|number| vestibule_store::Change::PutUser(user(number).into())).collect();
    instance.server.change(many).await;
    let browser = instance.signed_in().await;
    let list = format!("/console/accounts/{ACCOUNT}/users");
    let refused = browser.get(&format!("{list}?text=many&order=last-login")).await;
    assert_eq!(refused.status, 422);
    for told in ["at most 10000 users", "value=\"many\"", "value=\"last-login\" selected"] {
        assert!(refused.html.contains(told), "{told}: {}", refused.html);
    }
    assert_eq!(browser.get(&format!("{list}?text=many")).await.status, 200);
}

#[tokio::test]
async fn times_are_told_with_their_zone_and_as_programs_read_them() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let page = browser.get(&format!("/console/accounts/{ACCOUNT}/users/{}", things.user)).await;
    let time = page.html.split_once("<time datetime=\"").unwrap().1;
    let (machine, rest) = time.split_once("\">").unwrap();
    let told = rest.split('<').next().unwrap();
    assert!(machine.contains('T') && machine.ends_with('Z'), "{machine}");
    assert_eq!(told, format!("{} {} UTC", &machine[..10], &machine[11..19]));
}
