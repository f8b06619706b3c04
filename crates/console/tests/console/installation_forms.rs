//! What owners do about the installation: rules of the gate, administrators, their tokens, keys

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::{ANOTHER_PASSWORD, Instance};
use crate::typing::{Typed, fill};

const NEW_RULE: &str = "/console/new-gateway-rule";
const ADMINISTRATORS: &str = "/console/administrators";
const TOKENS: &str = "/console/administration-tokens";

async fn rule(instance: &Instance, name: &str) -> Value {
    instance.listed(&format!("/admin/v1/gateway-rules/{name}")).await
}

#[tokio::test]
async fn a_rule_of_the_gate_is_made_once_and_changed_after_it_was_said_what_it_lets_through() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let form = Typed::of(&browser.get(NEW_RULE).await).with("name", "reports").with("accounts", ACCOUNT);
    for _ in 0..2 {
        let made = form.send(&browser, NEW_RULE).await;
        let page = "/console/gateway-rules/reports?done=made";
        assert_eq!((made.status, made.header("location")), (303, page), "{}", made.html);
    }
    let made = rule(&instance, "reports").await;
    assert_eq!(made["accounts"], json!([ACCOUNT]));
    assert_eq!(made["credentials"], json!(["bearer", "livevox-id", "cookie", "bearer-in-target"]));
    let path = "/console/gateway-rules/reports/edit";
    let fields = [("minimum_rank", "manager"), ("paths", "/v1/*\r\n/v2/**"), ("user_kinds.bot", "on")];
    let shown = fill(&browser, path, &fields).await;
    let told = "if the user is a bot, of the rank manager at least, for the path /v1/* or /v2/**.";
    assert!(shown.html.contains(told), "{}", shown.html);
    let done = Typed::of(&shown).with("step", "do").send(&browser, path).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let after = rule(&instance, "reports").await;
    assert_eq!((&after["paths"], &after["user_kinds"]), (&json!(["/v1/*", "/v2/**"]), &json!(["bot"])));
    assert_eq!(after["accounts"], json!([ACCOUNT]), "what was not typed stays");
}

#[tokio::test]
async fn a_rule_that_is_there_is_not_made_and_a_wrong_field_is_named() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (field, value) in [
        ("name", "default"),
        ("name", "No"),
        ("credentials", "password"),
        ("accounts", "nowhere"),
        ("paths", "no path"),
    ] {
        let refused = fill(&browser, NEW_RULE, &[("name", "reports"), (field, value)]).await;
        assert_eq!(refused.status, 422, "{field}: {}", refused.html);
        assert!(refused.html.contains(&format!("id=\"{field}-error\"")), "{field}: {}", refused.html);
    }
}

#[tokio::test]
async fn a_rule_is_deleted_and_the_default_put_back() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let body = json!({ "minimum_rank": "manager" });
    instance.api(Method::PUT, "/admin/v1/gateway-rules/reports", &body).await;
    let default = instance.server.admin_request(Method::PUT, "/admin/v1/gateway-rules/default");
    let default = default.bearer_auth(&instance.bearer).header("if-match", "*").json(&body);
    assert_eq!(default.send().await.unwrap().status(), 200);
    for (name, word) in [("default", "put-back"), ("reports", "deleted")] {
        let path = format!("/console/gateway-rules/{name}/delete");
        let form = Typed::of(&browser.get(&path).await);
        for _ in 0..2 {
            let done = form.send(&browser, &path).await;
            let page = format!("/console/gateway-rules?done={word}");
            assert_eq!((done.status, done.header("location")), (303, &*page), "{}", done.html);
        }
    }
    assert_eq!(rule(&instance, "default").await["minimum_rank"], Value::Null);
    assert_eq!(browser.get("/console/gateway-rules/reports").await.status, 404);
}

#[tokio::test]
async fn somebody_is_given_a_role_another_one_and_none() {
    let instance = Instance::start().await;
    let body = json!({ "login_name": "eve", "password": ANOTHER_PASSWORD });
    let eve =
        instance.api(Method::POST, "/admin/v1/accounts/administrators/users", &body).await["id"].clone();
    let eve = eve.to_string();
    let browser = instance.signed_in().await;
    let new = format!("{ADMINISTRATORS}/new");
    let wanted = [("user", &*eve), ("role", "administrator"), ("account", ACCOUNT)];
    let given = fill(&browser, &new, &wanted).await;
    assert_eq!((given.status, given.header("location")), (303, "/console/administrators?done=made"));
    let of_eve = async || instance.listed(&format!("/admin/v1/administrators/{eve}")).await;
    assert_eq!(of_eve().await["account"], json!(ACCOUNT));
    let path = format!("{ADMINISTRATORS}/{eve}/role");
    let refused = fill(&browser, &path, &[("role", "owner")]).await;
    assert!(refused.status == 422 && refused.html.contains("id=\"account-error\""), "{}", refused.html);
    let shown = fill(&browser, &path, &[("role", "auditor"), ("account", "")]).await;
    let done = Typed::of(&shown).with("step", "do").send(&browser, &path).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert_eq!((&of_eve().await["role"], &of_eve().await["account"]), (&json!("auditor"), &Value::Null));
    let path = format!("{ADMINISTRATORS}/{eve}/remove");
    let form = Typed::of(&browser.get(&path).await);
    for _ in 0..2 {
        let done = form.send(&browser, &path).await;
        assert_eq!((done.status, done.header("location")), (303, "/console/administrators?done=role-taken"));
    }
    assert_eq!(of_eve().await["status"], json!(404));
}

#[tokio::test]
async fn a_role_that_somebody_else_has_changed_meanwhile_is_shown() {
    let instance = Instance::start().await;
    let ben = instance.administrator("ben", &json!({ "role": "auditor" })).await;
    let browser = instance.signed_in().await;
    let path = format!("{ADMINISTRATORS}/{ben}/role");
    let shown = fill(&browser, &path, &[("role", "administrator"), ("account", ACCOUNT)]).await;
    let request = instance.server.admin_request(Method::PUT, &format!("/admin/v1/administrators/{ben}"));
    let request = request.bearer_auth(&instance.bearer).header("if-match", "*");
    assert!(request.json(&json!({ "role": "owner" })).send().await.unwrap().status().is_success());
    let contested = Typed::of(&shown).with("step", "do").send(&browser, &path).await;
    assert_eq!(contested.status, 409);
    assert!(contested.html.contains("owner: everything, everywhere"), "{}", contested.html);
}

#[tokio::test]
async fn the_last_owner_is_not_removed() {
    let instance = Instance::start().await;
    let owner = instance.things().await.owner;
    let browser = instance.signed_in().await;
    let path = format!("{ADMINISTRATORS}/{owner}/remove");
    let refused = fill(&browser, &path, &[]).await;
    assert!(refused.status == 409 && refused.html.contains("no owner left"), "{}", refused.html);
    let path = format!("{ADMINISTRATORS}/{owner}/role");
    let refused = fill(&browser, &path, &[("role", "auditor")]).await;
    assert!(refused.status == 409 && refused.html.contains("no owner left"), "{}", refused.html);
}

#[tokio::test]
async fn a_token_is_shown_once_and_again_on_the_same_submit_only_until_it_is_revoked() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let new = format!("{TOKENS}/new");
    let form = Typed::of(&browser.get(&new).await).with("name", "deploy").with("expires", "7");
    let shown = form.send(&browser, &new).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    let token = shown.html.split("vat_").nth(1).unwrap();
    let token = format!(
        "vat_{}",
        token.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).next().unwrap()
    );
    let is_taken = async || {
        let request = instance.server.admin_request(Method::GET, "/admin/v1/accounts").bearer_auth(&token);
        request.send().await.unwrap().status() == 200
    };
    assert!(is_taken().await);
    assert!(form.send(&browser, &new).await.html.contains(&token));
    let refused = fill(&browser, &new, &[("name", "deploy")]).await;
    assert!(refused.status == 422 && refused.html.contains("id=\"name-error\""), "{}", refused.html);
    let list = browser.get(TOKENS).await.html;
    assert!(!list.contains(&token) && list.contains("1 administration token, 1 of them valid"), "{list}");
    let (before, _) = list.split_once("/revoke\"").unwrap();
    let revoke = format!("{TOKENS}{}/revoke", before.rsplit_once(TOKENS).unwrap().1);
    let form = Typed::of(&browser.get(&revoke).await);
    for _ in 0..2 {
        let done = form.send(&browser, &revoke).await;
        let page = "/console/administration-tokens?done=revoked";
        assert_eq!((done.status, done.header("location")), (303, page), "{}", done.html);
    }
    assert!(!is_taken().await);
    assert!(!browser.get(TOKENS).await.html.contains("/revoke\""), "what is revoked is not revoked again");
}

#[tokio::test]
async fn the_next_signing_key_is_made_and_a_key_deleted() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let keys = async || instance.listed("/admin/v1/signing-keys").await["keys"].as_array().unwrap().len();
    let first = browser.get("/console/keys").await;
    assert!(first.html.contains("/console/keys/signing/next/make"), "{}", first.html);
    let done = fill(&browser, "/console/keys/signing/next/make", &[]).await;
    assert_eq!((done.status, done.header("location")), (303, "/console/keys?done=next-key-made"));
    assert_eq!(keys().await, 2);
    let page = browser.get("/console/keys").await.html;
    assert!(page.contains(">the next<"), "{page}");
    let row = page.split("<tr>").find(|row| row.contains(">the next<")).unwrap();
    let delete = row.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = Typed::of(&browser.get(delete).await);
    let done = form.send(&browser, delete).await;
    assert_eq!((done.status, done.header("location")), (303, "/console/keys?done=deleted"), "{}", done.html);
    assert_eq!(form.send(&browser, delete).await.status, 404, "it is not there any more");
    assert_eq!(browser.get(delete).await.status, 404);
    assert_eq!(keys().await, 1);
}

#[tokio::test]
async fn a_master_key_that_is_in_force_is_not_retired_and_one_that_is_not_there_not_put_into_force() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (path, word) in [("1/retire", "is in force"), ("2/activate", "distribute it first")] {
        let refused = fill(&browser, &format!("/console/keys/master/{path}"), &[]).await;
        assert!(refused.status == 409 && refused.html.contains(word), "{path}: {}", refused.html);
    }
    let done = fill(&browser, "/console/keys/master/all/reload", &[]).await;
    assert_eq!((done.status, done.header("location")), (303, "/console/keys?done=reloaded"), "{}", done.html);
    for path in ["master/x/retire", "master/1/delete", "other/1/retire"] {
        assert_eq!(browser.get(&format!("/console/keys/{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_auditor_of_everything_is_shown_no_way_to_change_the_installation() {
    let instance = Instance::start().await;
    instance.token("deploy").await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor" })).await;
    for page in
        ["/console/gateway-rules", "/console/gateway-rules/default", ADMINISTRATORS, TOKENS, "/console/keys"]
    {
        let html = browser.get(page).await.html;
        let content = html.split_once("<main").unwrap().1;
        for deed in
            ["/new", "/edit\"", "/delete\"", "/role\"", "/remove\"", "/revoke\"", "/reload\"", "/make\""]
        {
            assert!(!content.contains(deed), "{page} {deed}: {content}");
        }
    }
}
