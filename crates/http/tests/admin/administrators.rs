//! `/admin/v1/administrators`

use reqwest::Method;
use serde_json::json;

use crate::support::House;

#[tokio::test]
async fn the_first_owner_is_listed() {
    let house = House::start().await;
    let answer = house.get("/admin/v1/administrators").await;
    let first = &answer.body["administrators"][0];
    assert_eq!((&first["name"], &first["role"]), (&json!("admin"), &json!("owner")));
}

#[tokio::test]
async fn the_last_owner_stays() {
    let house = House::start().await;
    let path = format!("/admin/v1/administrators/{}", house.owner_id().await);
    let removed = house.ask_if(Some(&house.owner), (Method::DELETE, &path), None, Some("*")).await;
    assert_eq!(removed.status, 409);
    let body = Some(json!({ "role": "auditor" }));
    assert_eq!(house.ask_if(Some(&house.owner), (Method::PUT, &path), body, Some("*")).await.status, 409);
}

#[tokio::test]
async fn a_change_needs_the_tag_of_what_was_seen() {
    let house = House::start().await;
    let path = format!("/admin/v1/administrators/{}", house.owner_id().await);
    let seen = house.get(&path).await.tag.unwrap();
    let put = async |tag: Option<&str>| {
        let body = Some(json!({ "role": "owner" }));
        house.ask_if(Some(&house.owner), (Method::PUT, &path), body, tag).await.status
    };
    assert_eq!(put(None).await, 428);
    assert_eq!(put(Some("\"0000000000000000\"")).await, 412);
    assert_eq!(put(Some(&seen)).await, 200);
}

#[tokio::test]
async fn a_user_of_another_account_is_given_no_role() {
    let house = House::start().await;
    let body = Some(json!({ "role": "owner" }));
    let path = "/admin/v1/administrators/3705342601";
    let answer = house.ask_if(Some(&house.owner), (Method::PUT, path), body, Some("*")).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("user")));
}

#[tokio::test]
async fn no_role_is_limited_to_the_administrators_account() {
    let house = House::start().await;
    let path = format!("/admin/v1/administrators/{}", house.owner_id().await);
    let body = Some(json!({ "role": "administrator", "account": "administrators" }));
    let answer = house.ask_if(Some(&house.owner), (Method::PUT, &path), body, Some("*")).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("account")));
}
