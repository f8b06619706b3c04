//! What pages say to the browser

use reqwest::Method;
use vestibule_console::POLICY;
use vestibule_testkit::Shown;

use crate::support::{FACTOR, HOME, Instance, LOGIN, without_the_script};

/// Pages of every kind: shown, refused, sent on.
async fn pages(instance: &Instance) -> Vec<(&'static str, Shown)> {
    let (nobody, owner) = (instance.browser(), instance.signed_in().await);
    vec![
        ("login", nobody.get(LOGIN).await),
        ("to the login", nobody.get(HOME).await),
        ("overview", owner.get(HOME).await),
        ("second factor", owner.get(FACTOR).await),
        ("nothing", owner.get("/console/nothing").await),
        ("method", owner.send(owner.request(Method::PUT, HOME)).await),
        ("foreign form", owner.post("/console/logout", &[]).await),
    ]
}

#[tokio::test]
async fn a7_every_page_has_the_policy_and_no_unsafe() {
    assert!(!POLICY.contains("unsafe") && POLICY.starts_with("default-src 'none'"), "{POLICY}");
    assert!(POLICY.contains("frame-ancestors 'none'") && POLICY.contains("form-action 'self'"), "{POLICY}");
    let instance = Instance::start().await;
    for (name, page) in pages(&instance).await {
        for (header, expected) in [
            ("content-security-policy", POLICY),
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(page.header(header), expected, "{name}: {header}");
        }
    }
}

#[tokio::test]
async fn a7_no_page_has_a_script_but_that_of_the_service_a_style_or_anything_from_elsewhere() {
    let instance = Instance::start().await;
    for (name, page) in pages(&instance).await {
        let page = without_the_script(page);
        for forbidden in
            ["<script", "<style", " style=", " onclick=", " onload=", "javascript:", "src=\"http"]
        {
            assert!(!page.html.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn a7_a_script_is_taken_from_this_service_alone_and_asks_nobody_else() {
    let sources = |directive: &str| {
        let found =
            POLICY.split("; ").find_map(|it| it.split_once(' ').filter(|(name, _)| *name == directive));
        found.map(|(_, sources)| sources)
    };
    assert_eq!((sources("script-src"), sources("connect-src")), (Some("'self'"), Some("'self'")), "{POLICY}");
}

#[tokio::test]
async fn a2_no_page_is_read_by_another_origin() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let asked = browser.request(Method::GET, HOME).header("origin", "https://evil.example");
    assert_eq!(browser.send(asked).await.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn what_pages_load_is_kept_for_good_and_is_what_they_ask_for() {
    let instance = Instance::start().await;
    let browser = instance.browser();
    let login = browser.get(LOGIN).await;
    for rest in login.html.split("=\"/console/-/").skip(1) {
        let path = format!("/console/-/{}", rest.split('"').next().unwrap());
        let file = browser.get(&path).await;
        assert_eq!((file.status, file.header("x-content-type-options")), (200, "nosniff"), "{path}");
        assert!(file.header("cache-control").contains("immutable"), "{path}");
    }
    assert_eq!(browser.get("/console/-/nothing.css").await.status, 404);
}
