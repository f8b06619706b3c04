//! Accounts are made, changed and deleted in forms

use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::{ANOTHER_PASSWORD, Instance};
use crate::typing::{Typed, fill};

fn at(rest: &str) -> String {
    format!("/console/accounts/{ACCOUNT}{rest}")
}

async fn account(instance: &Instance, id: &str) -> Value {
    instance.listed(&format!("/admin/v1/accounts/{id}")).await
}

#[tokio::test]
async fn an_account_is_made_once_however_often_its_form_is_sent() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let form = Typed::of(&browser.get("/console/new-account").await);
    let form = form.with("id", "acme").with("policy", "livevox").with("time_zone", "Europe/Athens");
    for _ in 0..2 {
        let made = form.send(&browser, "/console/new-account").await;
        let page = "/console/accounts/acme?done=made";
        assert_eq!((made.status, made.header("location")), (303, page), "{}", made.html);
    }
    let made = account(&instance, "acme").await;
    assert_eq!((&made["time_zone"], &made["code"]), (&json!("Europe/Athens"), &json!("acme")));
    assert_eq!(made["password_policy"]["expiry_days"], json!(90));
}

#[tokio::test]
async fn a_new_account_may_let_bots_log_in_and_name_services() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let fields = [("id", "acme"), ("features", "on"), ("services", "agentVep = vep.example:8443\r\nown")];
    let made = fill(&browser, "/console/new-account", &fields).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let made = account(&instance, "acme").await;
    assert_eq!(made["features"].as_array().map(Vec::len), Some(1));
    let services = json!([
        { "name": "agentVep", "base_uri": "vep.example:8443" },
        { "name": "own", "base_uri": null },
    ]);
    assert_eq!(made["services"], services, "{made}");
}

#[tokio::test]
async fn a_wrong_field_of_a_new_account_is_named_and_the_rest_stays() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (field, value) in [("id", "no id"), ("id", ACCOUNT), ("time_zone", "Nowhere"), ("number", "x")] {
        let fields = [("id", "acme"), ("code", "mine"), (field, value)];
        let refused = fill(&browser, "/console/new-account", &fields).await;
        assert_eq!(refused.status, 422, "{field} {value}");
        assert!(refused.html.contains(&format!("id=\"{field}-error\"")), "{field}: {}", refused.html);
        assert_eq!(Typed::of(&refused).get("code"), "mine");
    }
}

#[tokio::test]
async fn a_change_of_the_policy_says_whom_it_touches() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = at("/policies/session_policy");
    let form = browser.get(&path).await;
    assert!(form.html.contains("Now: A session ends after 8 hours without use."), "{}", form.html);
    let shown = fill(&browser, &path, &[("session_policy.idle_seconds", "3600")]).await;
    let users = instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/users")).await["total"].clone();
    for told in ["A session ends after 1 hour without use.", &format!("This touches {users} users.")] {
        assert!(shown.html.contains(told), "{told}: {}", shown.html);
    }
    assert_eq!(account(&instance, ACCOUNT).await["session_policy"]["idle_seconds"], json!(28_800));
    let done = Typed::of(&shown).with("step", "do").send(&browser, &path).await;
    let back = at("/policies?done=changed");
    assert_eq!((done.status, done.header("location")), (303, &*back), "{}", done.html);
    let after = account(&instance, ACCOUNT).await;
    assert_eq!(after["session_policy"]["idle_seconds"], json!(3_600));
    assert!(browser.get(&at("/policies")).await.html.contains("A session ends after 1 hour without use."));
}

#[tokio::test]
async fn each_policy_is_changed_in_its_form() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let several = [
        ("livevox_session_policy.concurrency", "many"),
        ("livevox_session_policy.limit", "3"),
        ("livevox_session_policy.when_full", "refuse"),
    ];
    for (policy, fields, expected) in [
        ("password_policy", &[("password_policy.min_length", "12")][..], json!({ "min_length": 12 })),
        ("second_factor", &[("second_factor", "required")], json!("required")),
        ("lockout_policy", &[("lockout_policy.failures", "9")], json!({ "failures": 9 })),
        (
            "agent_lockout_policy",
            &[("agent_lockout_policy.unlock", "by-administrator")],
            json!({ "unlock": "by-administrator" }),
        ),
        (
            "livevox_session_policy",
            &several,
            json!({ "concurrency": { "many": { "limit": 3, "when-full": "refuse" } } }),
        ),
    ] {
        let before = account(&instance, ACCOUNT).await[policy].clone();
        let path = at(&format!("/policies/{policy}"));
        let shown = fill(&browser, &path, fields).await;
        assert_eq!(shown.status, 200, "{policy}: {}", shown.html);
        let done = Typed::of(&shown).with("step", "do").send(&browser, &path).await;
        assert_eq!(done.status, 303, "{policy}: {}", done.html);
        let mut wanted = if expected.is_object() { before } else { expected.clone() };
        for (field, value) in expected.as_object().into_iter().flatten() {
            wanted[field] = value.clone();
        }
        assert_eq!(account(&instance, ACCOUNT).await[policy], wanted, "what was not typed stays");
    }
}

#[tokio::test]
async fn a_wrong_value_of_a_policy_is_named_beside_its_field() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (policy, field, value) in [
        ("session_policy", "session_policy.idle_seconds", "0"),
        ("livevox_session_policy", "livevox_session_policy.absolute_seconds", "soon"),
        ("password_policy", "password_policy.min_length", "999"),
        ("lockout_policy", "lockout_policy.failures", "-1"),
    ] {
        let refused = fill(&browser, &at(&format!("/policies/{policy}")), &[(field, value)]).await;
        assert_eq!(refused.status, 422, "{field}");
        assert!(refused.html.contains(&format!("id=\"{field}-error\"")), "{field}: {}", refused.html);
    }
    assert_eq!(browser.get(&at("/policies/nothing")).await.status, 404);
}

#[tokio::test]
async fn what_a_change_of_an_account_ends_is_counted_before() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let (browser, path) = (instance.signed_in().await, at("/edit"));
    for field in [("state", "disabled"), ("sign_on", "sso-only")] {
        let shown = fill(&browser, &path, &[field]).await;
        assert!(shown.html.contains("Ends 1 live session."), "{field:?}: {}", shown.html);
    }
    let shown = fill(&browser, &path, &[("time_zone", "Europe/Athens")]).await;
    assert!(!shown.html.contains("Ends "), "{}", shown.html);
    let shown = fill(&browser, &path, &[("state", "disabled")]).await;
    Typed::of(&shown).with("step", "do").send(&browser, &path).await;
    let session = browser.get(&format!("/console/sessions/{}", things.session)).await;
    assert!(!session.html.contains(">lives<"), "{}", session.html);
}

#[tokio::test]
async fn services_and_look_are_changed() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let services = "agentVep = vep.example:8443\r\nown\r\n";
    for (path, fields) in [
        ("/services/edit", &[("services", services)][..]),
        ("/look", &[("look.name", "Acme"), ("look.accent", "#2b5797")]),
    ] {
        let shown = fill(&browser, &at(path), fields).await;
        let done = Typed::of(&shown).with("step", "do").send(&browser, &at(path)).await;
        assert_eq!(done.status, 303, "{path}: {}", done.html);
    }
    let after = account(&instance, ACCOUNT).await;
    let expected =
        json!([{ "name": "agentVep", "base_uri": "vep.example:8443" }, { "name": "own", "base_uri": null }]);
    assert_eq!(after["services"], expected);
    assert_eq!((&after["look"]["name"], &after["look"]["accent"]), (&json!("Acme"), &json!("#2b5797")));
    let refused = fill(&browser, &at("/look"), &[("look.accent", "blue")]).await;
    assert!(refused.status == 422 && refused.html.contains("id=\"look.accent-error\""), "{}", refused.html);
}

#[tokio::test]
async fn an_account_is_deleted_with_what_it_has_after_its_name_was_typed() {
    let instance = Instance::start().await;
    instance.things().await;
    let (browser, path) = (instance.signed_in().await, at("/delete"));
    let shown = browser.get(&path).await;
    assert!(shown.html.contains("Ends 1 live session."), "{}", shown.html);
    assert_eq!(Typed::of(&shown).with("name", "other").send(&browser, &path).await.status, 422);
    for _ in 0..2 {
        let done = Typed::of(&shown).with("name", ACCOUNT).send(&browser, &path).await;
        assert_eq!((done.status, done.header("location")), (303, "/console/accounts?done=deleted"));
    }
    assert_eq!(browser.get(&at("")).await.status, 404);
}

#[tokio::test]
async fn whoever_may_not_change_an_account_is_shown_no_way_to() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    for page in ["", "/policies", "/services"] {
        let shown = browser.get(&at(page)).await;
        assert_eq!(shown.status, 200, "{page}");
        for deed in ["/edit\"", "/look\"", "/delete\"", "/policies/"] {
            assert!(!shown.html.contains(deed), "{page} {deed}: {}", shown.html);
        }
    }
    instance.administrator("eve", &json!({ "role": "administrator", "account": ACCOUNT })).await;
    let other = instance.signed_in_as("eve", ANOTHER_PASSWORD).await;
    assert!(!other.get("/console/accounts").await.html.contains("/console/new-account"));
    let edit = other.get(&at("/edit")).await.html;
    assert!(!edit.contains("name=\"code\"") && edit.contains("name=\"state\""), "code is for owners: {edit}");
}
