//! `/admin/v1/docs`: a page that loads nothing from elsewhere.

use reqwest::{Method, Response};

use crate::support::Instance;

const FILES: [(&str, &str); 5] = [
    ("/admin/v1/docs", "text/html; charset=utf-8"),
    ("/admin/v1/docs/start.js", "text/javascript; charset=utf-8"),
    ("/admin/v1/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("/admin/v1/docs/swagger-ui.css", "text/css; charset=utf-8"),
    ("/admin/v1/docs/favicon-32x32.png", "image/png"),
];

async fn get(instance: &Instance, path: &str) -> Response {
    instance.server.admin_request(Method::GET, path).send().await.unwrap()
}

#[tokio::test]
async fn the_page_and_its_files_are_served_to_anybody_with_their_kinds() {
    let instance = Instance::start().await;
    for (path, kind) in FILES {
        let answer = get(&instance, path).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
            (200, kind)
        );
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn a7_the_policy_allows_no_script_but_the_pages_own_and_no_frame() {
    let instance = Instance::start().await;
    for (path, _) in FILES {
        let answer = get(&instance, path).await;
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
                "img-src 'self' data:",
                "script-src 'self'",
                "style-src 'self'",
            ]
        );
    }
}

#[tokio::test]
async fn what_is_ours_of_the_page_loads_nothing_from_elsewhere_and_has_nothing_inline() {
    let instance = Instance::start().await;
    for path in ["/admin/v1/docs", "/admin/v1/docs/start.js"] {
        let text = get(&instance, path).await.text().await.unwrap();
        for foreign in ["://", "//cdn", "@import", "url(", "eval(", "innerHTML"] {
            assert!(!text.contains(foreign), "{path}: {foreign}");
        }
    }
    let page = get(&instance, "/admin/v1/docs").await.text().await.unwrap();
    for inline in ["<style", " style=", " onclick", " onload", "javascript:"] {
        assert!(!page.contains(inline), "{inline}");
    }
    let scripts: Vec<&str> = page.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 2);
    assert!(scripts.iter().all(|script| script.starts_with(" src=\"docs/")), "{scripts:?}");
}

/// The package has a validator elsewhere that it would show every description to, and takes the address of one from the URL.
#[tokio::test]
async fn a7_the_page_shows_no_description_but_the_one_beside_it() {
    let instance = Instance::start().await;
    let start = get(&instance, "/admin/v1/docs/start.js").await.text().await.unwrap();
    for setting in ["url: \"openapi.json\"", "validatorUrl: null", "queryConfigEnabled: false"] {
        assert!(start.contains(setting), "{setting}");
    }
}

#[tokio::test]
async fn files_of_the_package_that_the_page_does_not_use_are_not_served() {
    let instance = Instance::start().await;
    for name in
        ["index.html", "swagger-initializer.js", "oauth2-redirect.html", "oauth2-redirect.js", "..%2fdocs"]
    {
        assert_eq!(get(&instance, &format!("/admin/v1/docs/{name}")).await.status(), 404, "{name}");
    }
}

#[tokio::test]
async fn what_the_page_names_is_there() {
    let instance = Instance::start().await;
    let page = get(&instance, "/admin/v1/docs").await.text().await.unwrap();
    let named = page.split("href=\"").skip(1).chain(page.split("src=\"").skip(1));
    let named: Vec<&str> = named.filter_map(|rest| rest.split('"').next()).collect();
    assert!(named.contains(&"openapi.json") && named.contains(&"docs/start.js"), "{named:?}");
    for name in named {
        assert_eq!(get(&instance, &format!("/admin/v1/{name}")).await.status(), 200, "{name}");
    }
}
