//! `/console/accounts/{account}/policies` and `…/services`

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

#[tokio::test]
async fn each_rule_of_the_account_is_a_sentence() {
    let instance = Instance::start().await;
    let own = format!("/admin/v1/accounts/{ACCOUNT}");
    let change = json!({ "session_policy": { "idle_seconds": 5400 }, "lockout_policy": { "failures": 7 } });
    instance.api(Method::PATCH, &own, &change).await;
    let page = instance.signed_in().await.get(&format!("/console/accounts/{ACCOUNT}/policies")).await.html;
    for sentence in [
        "A session ends after 1 hour and 30 minutes without use.",
        "A user is locked after 7 failed logins in a row.",
        "Each user decides whether a code is asked for besides the password.",
    ] {
        assert!(page.contains(&format!("<li>{sentence}")), "{sentence}: {page}");
    }
}

#[tokio::test]
async fn services_are_listed_with_their_hosts() {
    let instance = Instance::start().await;
    let services =
        json!([{ "name": "agentVep", "base_uri": "vep.example:8443" }, { "name": "own", "base_uri": null }]);
    let own = format!("/admin/v1/accounts/{ACCOUNT}");
    instance.api(Method::PATCH, &own, &json!({ "services": services })).await;
    let page = instance.signed_in().await.get(&format!("/console/accounts/{ACCOUNT}/services")).await.html;
    assert!(page.contains("2 services<") && page.contains("<code>vep.example:8443</code>"), "{page}");
    assert!(page.contains("this server"), "{page}");
}
