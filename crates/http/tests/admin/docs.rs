//! `/admin/v1/docs`: a page that loads nothing from elsewhere.

use reqwest::{Method, Response};

use crate::support::House;

const FILES: [(&str, &str); 3] = [
    ("/admin/v1/docs", "text/html; charset=utf-8"),
    ("/admin/v1/docs/viewer.css", "text/css; charset=utf-8"),
    ("/admin/v1/docs/viewer.js", "text/javascript; charset=utf-8"),
];

async fn get(house: &House, path: &str) -> Response {
    house.server.admin_request(Method::GET, path).send().await.unwrap()
}

#[tokio::test]
async fn the_page_and_its_files_are_served_to_anybody_with_their_kinds() {
    let house = House::start().await;
    for (path, kind) in FILES {
        let answer = get(&house, path).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
            (200, kind)
        );
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn a7_the_policy_allows_no_script_but_the_pages_own_and_no_frame() {
    let house = House::start().await;
    let answer = get(&house, "/admin/v1/docs").await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    let mut allowed: Vec<&str> = policy.split("; ").collect();
    allowed.sort_unstable();
    assert_eq!(
        allowed,
        [
            "base-uri 'none'",
            "connect-src 'self'",
            "default-src 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "script-src 'self'",
            "style-src 'self'",
            "trusted-types 'none'",
        ]
    );
}

#[tokio::test]
async fn nothing_is_loaded_from_elsewhere_and_nothing_stands_inline() {
    let house = House::start().await;
    for (path, _) in FILES {
        let text = get(&house, path).await.text().await.unwrap();
        for foreign in
            ["://", "//cdn", "@import", "url(", "eval(", "innerHTML", "insertAdjacentHTML", "document.write"]
        {
            assert!(!text.contains(foreign), "{path}: {foreign}");
        }
    }
    let page = get(&house, "/admin/v1/docs").await.text().await.unwrap();
    for inline in ["<style", " style=", " onclick", " onload", "javascript:"] {
        assert!(!page.contains(inline), "{inline}");
    }
    let script = page.split("<script").nth(1).unwrap();
    assert!(script.starts_with(" src=\"docs/viewer.js\" defer></script>"), "{script}");
}

#[tokio::test]
async fn what_the_page_names_is_there() {
    let house = House::start().await;
    let page = get(&house, "/admin/v1/docs").await.text().await.unwrap();
    let named = page.split("href=\"").chain(page.split("src=\"")).skip(1);
    let named: Vec<&str> =
        named.filter_map(|rest| rest.split('"').next()).filter(|name| !name.contains('<')).collect();
    assert!(named.contains(&"openapi.json") && named.contains(&"docs/viewer.js"), "{named:?}");
    for name in named {
        assert_eq!(get(&house, &format!("/admin/v1/{name}")).await.status(), 200, "{name}");
    }
}
