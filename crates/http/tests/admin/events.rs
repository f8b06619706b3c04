//! Events for gateways, as administrators hear them.

use reqwest::Method;
use serde_json::json;
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, EventReader};

use crate::support::Instance;

const EVENTS: &str = "/admin/v1/events";

async fn open(instance: &Instance, bearer: &str) -> EventReader {
    let proof = format!("Bearer {bearer}");
    let mut stream =
        EventReader::open(instance.server.admin_address(), EVENTS, &[("Authorization", &proof)]).await;
    assert_eq!(stream.status(), 200, "{}", stream.head);
    assert_eq!(stream.next().await.unwrap().name, "reset");
    stream
}

/// The accounts of what has arrived, in their order.
fn accounts(stream: &mut EventReader) -> Vec<String> {
    let arrived = stream.arrived();
    arrived.iter().map(|event| event.data["account"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everybody_hears_of_the_accounts_that_they_may_see() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let (all, _) = instance.token("all", "auditor", None).await;
    let (here, _) = instance.token("here", "administrator", Some(ACCOUNT)).await;
    let (there, _) = instance.token("there", "auditor", Some("other")).await;
    let mut owner = open(&instance, &instance.owner).await;
    let mut all = open(&instance, &all).await;
    let mut here = open(&instance, &here).await;
    let mut there = open(&instance, &there).await;

    instance.server.log_out(&instance.server.session().await).await;
    let other = instance.server.auth.directory().account("other".parse().unwrap()).unwrap();
    instance.server.change(vec![Change::PutAccount(Box::new(other.account.clone()))]).await;
    let home = instance.log_in("admin", crate::support::PASSWORD).await.body["token"].clone();
    let post = instance.server.admin_request(Method::POST, "/admin/v1/logout");
    post.bearer_auth(home.as_str().unwrap()).send().await.unwrap();

    let seen = accounts(&mut owner);
    assert!(seen.iter().any(|account| account != ACCOUNT && account != "other"), "{seen:?}");
    assert_eq!(accounts(&mut all), [ACCOUNT, "other"]);
    assert_eq!(accounts(&mut here), [ACCOUNT]);
    assert_eq!(accounts(&mut there), ["other"]);
}

#[tokio::test]
async fn the_stream_of_a_token_ends_with_it() {
    let instance = Instance::start().await;
    let (token, id) = instance.token("gateways", "auditor", None).await;
    let mut stream = open(&instance, &token).await;
    assert_eq!(instance.remove(&format!("/admin/v1/administration-tokens/{id}")).await.status, 204);
    assert_eq!(stream.next_event().await, None);
}

#[tokio::test]
async fn the_stream_of_a_session_ends_with_it() {
    let instance = Instance::start().await;
    let mut stream = open(&instance, &instance.owner).await;
    let logout = instance.server.admin_request(Method::POST, "/admin/v1/logout");
    assert_eq!(logout.bearer_auth(&instance.owner).send().await.unwrap().status(), 204);
    // Unless the stream is asked about just then, its own end is told.
    if let Some(told) = stream.next_event().await {
        assert_eq!(told.name, "session-ended");
        assert_eq!(stream.next_event().await, None);
    }
}

#[tokio::test]
async fn a_change_by_an_administrator_is_answered_when_it_was_written_to_who_listens() {
    let instance = Instance::start().await;
    let (all, _) = instance.token("all", "auditor", None).await;
    let mut stream = open(&instance, &all).await;
    for round in 0..30 {
        let path = format!("/admin/v1/accounts/{ACCOUNT}/users/3705342601");
        let changed = instance.patch(&path, json!({ "full_name": format!("N{round}") })).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let names: Vec<String> = stream.arrived().into_iter().map(|event| event.name).collect();
        assert_eq!(names, ["user-changed"], "{round}");
    }
}
