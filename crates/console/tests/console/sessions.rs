//! `/console/sessions`, and the page of one

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::{ACCOUNT, Shown};

use crate::support::Instance;

const LIST: &str = "/console/sessions";

#[tokio::test]
async fn filters_are_met_and_counted() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let count = async |query: &str| {
        let page = browser.get(&format!("{LIST}?{query}")).await;
        let (_, rest) = page.html.split_once("<p class=\"count\">").unwrap();
        rest.split(' ').next().unwrap().to_owned()
    };
    assert_eq!(count(&format!("account={ACCOUNT}")).await, "1");
    assert_eq!(count(&format!("account={ACCOUNT}&user={}&order=oldest", things.user)).await, "1");
    assert_eq!(count(&format!("account={ACCOUNT}&address=192.0.2.99")).await, "0");
    assert_eq!(count("account=administrators").await, "2");
}

#[tokio::test]
async fn what_cannot_be_filtered_by_is_refused_with_words() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for query in ["user=x", "address=x", "application=x", "account=a%20b"] {
        let page = browser.get(&format!("{LIST}?{query}")).await;
        assert_eq!(page.status, 422, "{query}");
        assert!(page.html.contains("this is no"), "{query}: {}", page.html);
        let (field, typed) = query.split_once('=').unwrap();
        let kept = format!("name=\"{field}\" type=\"search\" value=\"{}\"", typed.replace("%20", " "));
        assert!(page.html.contains(&kept), "{query}: {}", page.html);
    }
}

#[tokio::test]
async fn a_user_of_an_account_is_found_by_the_login_name_too() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    instance.server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await;
    let browser = instance.signed_in().await;
    let user = things.user.to_string();
    for page in [LIST, "/console/sessions/ended", "/console/audit", "/console/sessions/end"] {
        let asked = async |query: &str| browser.get(&format!("{page}?{query}")).await;
        let counted = |page: &Shown| page.html.split("<p class=\"count\">").nth(1).map(first_word);
        let (named, by_id) = (
            asked(&format!("account={ACCOUNT}&user=name")).await,
            asked(&format!("account={ACCOUNT}&user={user}")).await,
        );
        assert_eq!((named.status, counted(&named)), (200, counted(&by_id)), "{page}: {}", named.html);
        for (query, told) in [
            ("user=name", "choose the account too"),
            (&format!("account={ACCOUNT}&user=nobody"), "no user of this login name"),
            ("account=nowhere&user=nobody", "no user of this login name"),
        ] {
            let refused = asked(query).await;
            assert!(refused.status == 422 && refused.html.contains(told), "{page} {query}: {}", refused.html);
        }
    }
    let ends = browser.get(&format!("/console/sessions/end?account={ACCOUNT}&user=name")).await;
    assert!(ends.html.contains("End 1 session?"), "{}", ends.html);
    assert!(ends.html.contains(&format!("name=\"user\" value=\"{user}\"")), "whatever the name is meanwhile");
}

fn first_word(text: &str) -> String {
    text.split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_of_a_session_tells_why_it_has_ended() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let path = format!("{LIST}/{}", things.session);
    let lives = browser.get(&path).await;
    assert!(
        lives.html.contains("tag good\">lives<") && lives.html.contains("Opened by name"),
        "{}",
        lives.html
    );
    let api = format!("/admin/v1/sessions/{}", things.session);
    let end = instance.server.admin_request(Method::DELETE, &api).bearer_auth(&instance.bearer);
    assert_eq!(end.send().await.unwrap().status(), 204);
    let ended = browser.get(&path).await;
    assert_eq!(ended.status, 200);
    assert!(ended.html.contains(">ended<") && ended.html.contains("administrator admin"), "{}", ended.html);
    let fact = |page: &str, name: &str| {
        let (_, rest) = page.split_once(&format!("<dt>{name}</dt>")).unwrap();
        rest.split("</dd>").next().unwrap().to_owned()
    };
    for name in ["Opened by", "Opened with", "From", "Opened", "Last used"] {
        assert_eq!(fact(&ended.html, name), fact(&lives.html, name), "{name}");
    }
}

#[tokio::test]
async fn a_row_of_a_live_session_leads_to_where_it_is_ended() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let link = format!("href=\"{LIST}/{}/end\"", things.session);
    for page in
        [format!("{LIST}?account={ACCOUNT}"), format!("/console/accounts/{ACCOUNT}/users/{}", things.user)]
    {
        let shown = browser.get(&page).await;
        assert!(shown.html.contains(&link), "{page}: {}", shown.html);
    }
}

#[tokio::test]
async fn a_session_of_the_console_is_told_as_one() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let list = browser.get("/console/sessions?account=administrators").await;
    assert!(list.html.contains("password, console"), "{}", list.html);
    let sessions = list.html.split("href=\"/console/sessions/").skip(1);
    let mut pages = Vec::new();
    for rest in sessions {
        let reference = rest.split('"').next().unwrap();
        pages.push(browser.get(&format!("{LIST}/{reference}")).await.html);
    }
    assert!(pages.iter().any(|page| page.contains("in the console")), "{pages:?}");
}

#[tokio::test]
async fn a_session_that_never_was_is_not_found() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for reference in ["1b4e28ba-2fa1-41d2-883f-0016d3cca427", "nothing", &"0".repeat(64)] {
        let page = browser.get(&format!("{LIST}/{reference}")).await;
        assert_eq!(page.status, 404, "{reference}");
        assert!(page.html.contains("There is no such session."), "{reference}: {}", page.html);
    }
}

#[tokio::test]
async fn a_list_without_sessions_tells_of_a_filter_only_where_there_is_one() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    for (query, expected) in [
        ("", "No live session."),
        ("?order=oldest", "No live session."),
        ("?user=5", "No live session matches."),
        ("/ended", "No session has ended, as far back as the audit goes."),
        ("/ended?reason=expired", "No session has ended that was so, as far back as the audit goes."),
    ] {
        let list = browser.get(&format!("{LIST}{query}")).await;
        assert!(list.html.contains(&format!(">{expected}<")), "{query}: {}", list.html);
    }
}

#[tokio::test]
async fn ended_sessions_say_why_by_whom_and_from_where() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let end = format!("{LIST}/{}/end", things.session);
    let csrf = browser.get(&end).await.hidden("csrf");
    assert_eq!(browser.post(&end, &[("csrf", &csrf)]).await.status, 303);
    let list = browser.get(&format!("{LIST}/ended?account={ACCOUNT}")).await;
    let user = things.user;
    for expected in [
        "1 ended session<",
        "Ended by an administrator",
        ">admin<",
        "127.0.0.1",
        &format!("{LIST}/{}", things.session),
        &format!("/console/accounts/{ACCOUNT}/users/{user}"),
    ] {
        assert!(list.html.contains(expected), "{expected}: {}", list.html);
    }
    for (query, expected) in [
        (format!("user={user}&reason=ended-by-administrator"), 1),
        (format!("user={user}&reason=expired"), 0),
        (format!("user={user}&address=127.0.0.1&actor=system"), 0),
        (format!("account={ACCOUNT}&since=2000-01-01T00:00"), 1),
        (format!("account={ACCOUNT}&until=2000-01-01T00:00"), 0),
    ] {
        let list = browser.get(&format!("{LIST}/ended?{query}")).await;
        assert_eq!(list.html.matches(&*things.session).count(), expected, "{query}: {}", list.html);
    }
    for query in ["reason=x", "actor=x", "since=x", "user=x"] {
        assert_eq!(browser.get(&format!("{LIST}/ended?{query}")).await.status, 422, "{query}");
    }
}
