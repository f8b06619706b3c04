//! The sentinel as an OpenID provider: who it says it is, and whom it names.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::AuthorizationRequest;
use vestibule_testkit::ACCOUNT;

use crate::grants::{code_for, form, page, redeem, request, send, token};
use crate::support::{body, key_set, path, start, verified};

#[tokio::test]
async fn the_login_name_is_told_where_it_is_asked_for() {
    let server = start().await;
    let page = page(&server, "name").await;
    let request = AuthorizationRequest { scope: "openid profile".to_owned(), ..request() };
    let answer = body(redeem(&server, &form(&code_for(&server, &page, &request))).await, 200).await;
    let keys = key_set(&server, "/.well-known/jwks.json").await;
    let (_, claims) = verified(answer["id_token"].as_str().unwrap(), &keys).unwrap();
    assert_eq!(claims["preferred_username"], "name");
    assert!(claims.get("email").is_none());
}

#[tokio::test]
async fn the_provider_of_an_account_names_itself_by_its_url() {
    let server = start().await;
    let configuration: Value =
        server.get(&path(".well-known/openid-configuration")).await.json().await.unwrap();
    let issuer = configuration["issuer"].as_str().unwrap();
    assert!(issuer.ends_with(&format!("/sentinel/api/account/{ACCOUNT}")), "{issuer}");
    assert_eq!(configuration["token_endpoint"], format!("{issuer}/oidc/token"));
    let page = page(&server, "name").await;
    let request =
        AuthorizationRequest { scope: "openid".to_owned(), nonce: Some("n".to_owned()), ..request() };
    let code = code_for(&server, &page, &request);
    let answer = body(send(&server, "oidc/token", &form(&code)).await, 200).await;
    assert_eq!(answer["scope"], "openid");
    let keys = key_set(&server, "/.well-known/jwks.json").await;
    let (_, claims) = verified(answer["id_token"].as_str().unwrap(), &keys).unwrap();
    assert_eq!((&claims["iss"], &claims["nonce"]), (&json!(issuer), &json!("n")));
    let info = server.request(Method::GET, &path("oidc/userinfo"));
    let info = info.bearer_auth(answer["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(body(info, 200).await["sub"], claims["sub"]);
    let nobody = server.request(Method::GET, &path("oidc/userinfo")).bearer_auth("x").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert!(nobody.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    assert_eq!(
        server.get("/sentinel/api/account/nowhere/.well-known/openid-configuration").await.status(),
        404
    );
}

#[tokio::test]
async fn the_bearer_of_another_account_is_nobody_at_userinfo() {
    let server = start().await;
    let answer = token(&server).await;
    let request = server.request(Method::GET, "/sentinel/api/account/other/oidc/userinfo");
    let request = request.bearer_auth(answer["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 401);
}
