//! The dialect's shape for everything under `/session/`.

use reqwest::Method;
use vestibule_testkit::TOKEN;

use crate::{credentials, send, start, told};

#[tokio::test]
async fn an_unknown_path_is_404_in_the_dialects_shape() {
    let server = start().await;
    for path in
        ["/session/nothing", "/session/v6.0/nothing", "/session/v6.0", "/session/vX/login", "/session/"]
    {
        let (status, text) = told(server.get(path).await).await;
        let known = status == 404 || (path.ends_with("login") && status == 405);
        assert!(
            known && text.starts_with(&format!(r#"{{"code":{status},"message":""#)),
            "{path}: {status} {text}"
        );
    }
}

#[tokio::test]
async fn a_segment_that_is_no_version_is_404() {
    let server = start().await;
    let request = server.request(Method::POST, "/session/vX/login").header("LV-Access", TOKEN);
    assert_eq!(send(request.json(&credentials("name", "password"))).await.status(), 404);
}

#[tokio::test]
async fn another_method_is_405_with_allow() {
    let server = start().await;
    let response = server.get("/session/login").await;
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(told(response).await, (405, r#"{"code":405,"message":"Method not allowed"}"#.to_owned()));
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let server = start().await;
    let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
    let (status, text) = told(send(request.json(&credentials("name", &"x".repeat(70_000)))).await).await;
    assert_eq!((status, text.starts_with(r#"{"code":413,"#)), (413, true), "{text}");
}

#[tokio::test]
async fn malformed_bodies_are_bad_requests() {
    let server = start().await;
    let bodies: [&[u8]; 5] =
        [b"", b"{", b"[]", br#"{"clientName":"a","clientName":"b"}"#, b"{\"clientName\":\"\xff\"}"];
    for body in bodies {
        let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
        let request = request.header("Content-Type", "application/json").body(body.to_vec());
        let (status, text) = told(send(request).await).await;
        assert_eq!((status, text.starts_with(r#"{"code":400,"message":""#)), (400, true), "{text}");
    }
}
