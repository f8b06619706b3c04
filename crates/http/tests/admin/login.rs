//! `/admin/v1/login` and `/admin/v1/logout`

use reqwest::Method;
use serde_json::json;

use crate::support::House;

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let house = House::start().await;
    assert_eq!(house.log_in("admin", "wrong").await.status, 401);
}

#[tokio::test]
async fn a_user_of_another_account_is_no_administrator() {
    let house = House::start().await;
    assert_eq!(house.log_in("name", "password").await.status, 401);
}

#[tokio::test]
async fn after_logout_the_bearer_is_refused() {
    let house = House::start().await;
    let logout = house.ask(Some(&house.owner), (Method::POST, "/admin/v1/logout"), None).await;
    assert_eq!(logout.status, 204);
    assert_eq!(house.get("/admin/v1/administrators").await.status, 401);
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_its_name() {
    let house = House::start().await;
    let body = json!({ "username": "admin", "password": "x", "role": "owner" });
    let answer = house.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("role")), "{answer:?}");
}

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_not_repeated() {
    let house = House::start().await;
    let body = json!({ "username": "admin", "password": 4_711_u32 });
    let answer = house.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("password")));
    assert!(!answer.body.to_string().contains("4711"), "{answer:?}");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_a_problem_too() {
    let house = House::start().await;
    assert_eq!(house.get("/admin/v1/nothing").await.status, 404);
}
