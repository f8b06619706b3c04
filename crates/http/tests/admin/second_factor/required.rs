//! Where administrators need one.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_auth::Settings;
use vestibule_model::{Clock as _, Refusal, SecondFactorPolicy};
use vestibule_store::Change;

use super::{Enrolled, PATH, REMOVE, log_in, next_code, refusals, set_up, text};
use crate::support::{Instance, PASSWORD};

const TO_BE_SET_UP: &str = "urn:vestibule:second-factor-to-be-set-up";

#[tokio::test]
async fn a_token_of_a_login_that_has_to_set_one_up_sets_one_up_and_is_followed_by_one_that_may() {
    let require =
        |settings: &mut Settings| settings.administrators_second_factor = SecondFactorPolicy::Required;
    let mut instance = Instance::start_with(require).await;
    let logged_in = instance.log_in("admin", PASSWORD).await;
    assert_eq!(logged_in.body["must_set_up_second_factor"], true, "{logged_in:?}");
    let own = logged_in.body["token"].as_str().unwrap().to_owned();
    let refused = instance.ask(Some(&own), (Method::GET, "/admin/v1/accounts"), None).await;
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!(TO_BE_SET_UP)), "{refused:?}");
    assert!(refusals(&instance).await.contains(&Refusal::NotAllowed));

    // One that somebody else with the password has opened does not become more by it.
    let others = instance.owner.clone();
    let (secret, set_up) = set_up(&instance, &own, PASSWORD).await;
    let answer = instance.ask(Some(&others), (Method::GET, "/admin/v1/accounts"), None).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    instance.owner = text(&set_up, "token");
    assert_eq!(instance.get("/admin/v1/accounts").await.status, 200);
    let again = next_code(&instance, &secret);
    let again = log_in(&instance, PASSWORD, Some(&again)).await;
    assert_eq!(again.body["must_set_up_second_factor"], false, "{again:?}");
}

#[tokio::test]
async fn where_the_account_of_administrators_demands_one_sessions_of_before_do_not_go_on_either() {
    let instance = Instance::start().await;
    assert_eq!(instance.get("/admin/v1/accounts").await.status, 200);
    let demand = json!({ "second_factor": "required" });
    assert_eq!(instance.patch("/admin/v1/accounts/administrators", demand).await.status, 200);
    assert_eq!(instance.get("/admin/v1/accounts").await.body["type"], TO_BE_SET_UP);
    assert_eq!(instance.get(PATH).await.body["required"], true);
    let logged_in = instance.log_in("admin", PASSWORD).await;
    assert_eq!((logged_in.status, &logged_in.body["must_set_up_second_factor"]), (200, &json!(true)));
    // Nor does it keep anybody from a password that they have to change first.
    let body = json!({ "username": "admin", "password": PASSWORD, "new_password": "An0ther-admin-pass" });
    let changed = instance.ask(None, (Method::POST, "/admin/v1/password"), Some(body)).await;
    assert_eq!(changed.status, 204, "{changed:?}");
}

#[tokio::test]
async fn s3_a_change_that_waits_while_one_is_demanded_is_not_made() {
    let instance = Instance::start().await;
    let expires = instance.server.clock.now().plus(Duration::from_hours(1)).as_unix();
    let token = json!({ "name": "late", "role": "owner", "expires": expires });
    let gate = instance.server.faults.delay_reads_by("administration_tokens");
    let making = instance.send(Method::POST, "/admin/v1/administration-tokens", token);
    let demanding = async {
        gate.reached().await;
        let home = "administrators".parse().unwrap();
        let mut home = instance.server.store.account(home).await.unwrap().unwrap().account;
        home.second_factor = SecondFactorPolicy::Required;
        instance.server.change(vec![Change::PutAccount(home.into())]).await;
        gate.open();
    };
    let (made, ()) = tokio::join!(making, demanding);
    assert_eq!((made.status, &made.body["type"]), (403, &json!(TO_BE_SET_UP)), "{made:?}");
    assert!(instance.server.store.administration_tokens().await.unwrap().is_empty());
}

#[tokio::test]
async fn where_there_has_to_be_one_its_removal_leaves_the_setting_up_of_another() {
    let enrolled = Enrolled::start_with(|settings| {
        settings.administrators_second_factor = SecondFactorPolicy::Required;
    })
    .await;
    assert_eq!(enrolled.show(REMOVE, PASSWORD, &enrolled.next_code()).await.status, 204);
    assert_eq!(enrolled.instance.get("/admin/v1/accounts").await.body["type"], TO_BE_SET_UP);
    let own = enrolled.instance.owner.clone();
    let (_, set_up) = set_up(&enrolled.instance, &own, PASSWORD).await;
    assert_eq!(set_up.status, 200, "{set_up:?}");
}

#[tokio::test]
async fn administration_tokens_are_asked_for_no_code() {
    let enrolled = Enrolled::start_with(|settings| {
        settings.administrators_second_factor = SecondFactorPolicy::Required;
    })
    .await;
    let (token, _) = enrolled.instance.token("deploy", "owner", None).await;
    assert_eq!(
        enrolled.instance.ask(Some(&token), (Method::GET, "/admin/v1/accounts"), None).await.status,
        200
    );
    let own = enrolled.instance.ask(Some(&token), (Method::GET, PATH), None).await;
    assert_eq!(own.status, 409, "{own:?}");
}
