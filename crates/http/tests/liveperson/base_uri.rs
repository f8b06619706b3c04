//! The Domain API.

use serde_json::json;
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::told;

#[tokio::test]
async fn names_the_host_of_a_service_in_every_form_of_the_path() {
    let server = TestServer::start().await;
    for root in ["/api", "/csdr"] {
        for suffix in ["", ".json", ".json?version=1.0", "?version=1.0", "?version=1%2E0"] {
            let path = format!("{root}/account/{ACCOUNT}/service/smt/baseURI{suffix}");
            let expected = json!({ "service": "smt", "account": ACCOUNT, "baseURI": "smt.example.net" });
            assert_eq!(told(server.get(&path).await).await, (200, expected), "{path}");
        }
    }
}

#[tokio::test]
async fn lists_every_service_in_every_form_of_the_path() {
    let server = TestServer::start().await;
    let expected = json!({ "baseURIs": [
        { "service": "agentVep", "account": ACCOUNT, "baseURI": "vestibule.example.net" },
        { "service": "smt", "account": ACCOUNT, "baseURI": "smt.example.net" },
    ]});
    for root in ["/api", "/csdr"] {
        for suffix in ["", ".json", ".json?version=1.0"] {
            let path = format!("{root}/account/{ACCOUNT}/service/baseURI{suffix}");
            assert_eq!(told(server.get(&path).await).await, (200, expected.clone()), "{path}");
        }
    }
}

#[tokio::test]
async fn the_fields_stand_in_the_order_of_the_contract() {
    let server = TestServer::start().await;
    let text = server.get("/api/account/12345678/service/smt/baseURI").await.text().await.unwrap();
    assert_eq!(text, r#"{"service":"smt","account":"12345678","baseURI":"smt.example.net"}"#);
}

#[tokio::test]
async fn an_unknown_account_has_an_empty_list() {
    let server = TestServer::start().await;
    for account in ["unknown", "not-an-id", "%ff"] {
        let path = format!("/api/account/{account}/service/baseURI.json?version=1.0");
        assert_eq!(told(server.get(&path).await).await, (200, json!({ "baseURIs": [] })));
    }
}

#[tokio::test]
async fn a_service_of_an_unknown_account_is_unauthorized() {
    let server = TestServer::start().await;
    let (status, body) = told(server.get("/api/account/unknown/service/smt/baseURI.json").await).await;
    assert_eq!(status, 401);
    assert!(body["error"].is_string());
}

#[tokio::test]
async fn an_unknown_service_is_not_found_and_case_matters() {
    let server = TestServer::start().await;
    for service in ["nothing", "SMT", "agentvep", "%ff"] {
        let path = format!("/api/account/{ACCOUNT}/service/{service}/baseURI.json");
        let (status, body) = told(server.get(&path).await).await;
        assert_eq!(status, 404, "{service}");
        assert!(body["error"].is_string());
    }
}

#[tokio::test]
async fn a_bad_version_is_a_bad_request() {
    let server = TestServer::start().await;
    for version in ["version=2.0", "version=", "version", "version=1%2E1"] {
        let path = format!("/api/account/{ACCOUNT}/service/smt/baseURI.json?{version}");
        assert_eq!(server.get(&path).await.status(), 400, "{version}");
    }
}

#[tokio::test]
async fn an_answer_may_be_kept_for_a_while() {
    let server = TestServer::start().await;
    let response = server.get(&format!("/api/account/{ACCOUNT}/service/baseURI.json")).await;
    assert_eq!(response.headers()["cache-control"], "max-age=300");
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let server = TestServer::start().await;
    let path = format!("/api/account/{ACCOUNT}/service/smt/baseURI.json");
    let response = server.request(reqwest::Method::HEAD, &path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_body_and_credentials_are_ignored() {
    let server = TestServer::start().await;
    let path = format!("/api/account/{ACCOUNT}/service/smt/baseURI.json");
    let request = server.request(reqwest::Method::GET, &path).header("authorization", "OAuth junk");
    assert_eq!(request.body("{}").send().await.unwrap().status(), 200);
}
