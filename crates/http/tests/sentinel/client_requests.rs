//! Requests of real clients, byte for byte as their sources write them: each of the three ways to send parameters.

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::ACCOUNT;

use crate::support::{CLIENT, SECRET, body, path, start};

const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// Everything in the form, as `lp-demo-app` and most programs do it.
#[tokio::test]
async fn parameters_in_the_form() {
    let server = start().await;
    let form = format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&scope=");
    let request = server.request(Method::POST, &path("app/token?v=1.0")).header("content-type", FORM_TYPE);
    body(request.body(form).send().await.unwrap(), 200).await;
}

/// `grant_type` in the query, the rest in the form.
#[tokio::test]
async fn the_grant_in_the_query_and_the_rest_in_the_form() {
    let server = start().await;
    let query = path("app/token?v=1.0&grant_type=client_credentials");
    let request = server.request(Method::POST, &query).header("content-type", FORM_TYPE);
    let form = format!("client_id={CLIENT}&client_secret={SECRET}");
    body(request.body(form).send().await.unwrap(), 200).await;
}

/// Everything in the query and an empty body, with the media type of JSON or none, as `liveperson-functions-client` does it.
#[tokio::test]
async fn everything_in_the_query_with_an_empty_body() {
    let server = start().await;
    let v2 = format!("/sentinel/api/v2/account/{ACCOUNT}/app/token");
    let query =
        format!("v=2.0&grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&scope=");
    let path = format!("{v2}?{query}");
    for content_type in [Some(FORM_TYPE), Some("application/json"), None] {
        let request = server.request(Method::POST, &path);
        let request =
            content_type.into_iter().fold(request, |request, value| request.header("content-type", value));
        let answer = body(request.send().await.unwrap(), 200).await;
        assert_eq!(answer["expires_in"], json!("3600"), "{content_type:?}");
    }
}
