//! Which of several things that are wrong with a request is told: 401, 403, 404, then what is wrong with the body (400, 415,
//! 422), then 428, then 412. Whoever may not do it learns nothing else, and a tag is compared only for a change that could be
//! made.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

/// A thing that is there, and a change of it that is right in its form.
struct Thing {
    path: String,
    nowhere: String,
    method: Method,
    right: Value,
    /// The same with a value that breaks a rule.
    wrong: Value,
}

impl Thing {
    fn changed(path: &str, right: Value, wrong: Value) -> Self {
        let (parent, _) = path.rsplit_once('/').unwrap();
        let nowhere = format!("{parent}/4711");
        Self { path: path.to_owned(), nowhere, method: Method::PATCH, right, wrong }
    }
}

/// How a request is sent, as far as the order is concerned.
struct Sent<'a> {
    bearer: Option<&'a str>,
    path: &'a str,
    kind: &'a str,
    body: String,
    tag: Option<&'a str>,
}

async fn status(instance: &Instance, method: &Method, sent: Sent<'_>) -> u16 {
    let mut request = instance.server.admin_request(method.clone(), sent.path);
    if let Some(bearer) = sent.bearer {
        request = request.bearer_auth(bearer);
    }
    if let Some(tag) = sent.tag {
        request = request.header("if-match", tag);
    }
    let request = request.header("content-type", sent.kind).body(sent.body);
    request.send().await.unwrap().status().as_u16()
}

async fn things(instance: &Instance) -> Vec<Thing> {
    let of_account = |rest: &str| format!("/admin/v1/accounts/{ACCOUNT}/{rest}");
    let mut all = vec![
        Thing::changed(
            &format!("/admin/v1/accounts/{ACCOUNT}"),
            json!({ "time_zone": "UTC" }),
            json!({ "time_zone": "Nowhere" }),
        ),
        Thing::changed(
            &of_account("users/3705342601"),
            json!({ "nickname": "x" }),
            json!({ "login_name": "" }),
        ),
    ];
    for kind in ["profiles", "groups", "skills", "api-keys", "oauth-clients", "application-tokens"] {
        let made = instance.send(Method::POST, &of_account(kind), json!({ "name": "ordered" })).await;
        assert_eq!(made.status, 201, "{made:?}");
        let path = of_account(&format!("{kind}/{}", made.body["id"]));
        all.push(Thing::changed(&path, json!({ "name": "other" }), json!({ "name": "" })));
    }
    all.push(Thing {
        method: Method::PUT,
        right: json!({ "role": "owner" }),
        wrong: json!({ "role": "administrator" }),
        ..Thing::changed(
            &format!("/admin/v1/administrators/{}", instance.owner_id().await),
            Value::Null,
            Value::Null,
        )
    });
    all
}

#[tokio::test]
async fn what_is_wrong_is_told_in_one_order() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("auditor", "auditor", None).await;
    let (json, text, broken) = ("application/json", "text/plain", || "{".to_owned());
    let stale = Some("\"0\"");
    for thing in things(&instance).await {
        let Thing { path, nowhere, method, right, wrong } = &thing;
        let owner = Some(instance.owner.as_str());
        let cases = [
            (401, Sent { bearer: None, path: nowhere, kind: text, body: broken(), tag: None }),
            (403, Sent { bearer: Some(&auditor), path: nowhere, kind: text, body: broken(), tag: None }),
            (404, Sent { bearer: owner, path: nowhere, kind: text, body: broken(), tag: None }),
            (415, Sent { bearer: owner, path, kind: text, body: broken(), tag: None }),
            (400, Sent { bearer: owner, path, kind: json, body: broken(), tag: None }),
            (422, Sent { bearer: owner, path, kind: json, body: wrong.to_string(), tag: None }),
            (422, Sent { bearer: owner, path, kind: json, body: wrong.to_string(), tag: stale }),
            (428, Sent { bearer: owner, path, kind: json, body: right.to_string(), tag: None }),
            (412, Sent { bearer: owner, path, kind: json, body: right.to_string(), tag: stale }),
            (200, Sent { bearer: owner, path, kind: json, body: right.to_string(), tag: Some("*") }),
        ];
        for (expected, sent) in cases {
            let told = format!("{method} {} {:?} {}", sent.path, sent.tag, sent.body);
            assert_eq!(status(&instance, method, sent).await, expected, "{told}");
        }
    }
}

#[tokio::test]
async fn a_change_that_changes_nothing_needs_the_right_tag_as_well() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}");
    let unchanged =
        |tag| instance.ask_if(Some(&instance.owner), (Method::PATCH, &path), Some(json!({})), tag);
    assert_eq!([unchanged(None).await.status, unchanged(Some("\"0\"")).await.status], [428, 412]);
}

#[tokio::test]
async fn what_is_deleted_has_to_be_there_before_anybody_asks_for_its_tag() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("auditor", "auditor", None).await;
    for rest in ["", "/users/3705342601", "/groups/4711"] {
        let path = format!("/admin/v1/accounts/{ACCOUNT}{rest}");
        let refused = instance.ask(Some(&auditor), (Method::DELETE, &path), None).await;
        assert_eq!(refused.status, 403, "{path}");
    }
    let missing = instance.delete(&format!("/admin/v1/accounts/{ACCOUNT}/groups/4711")).await;
    let present = instance.delete(&format!("/admin/v1/accounts/{ACCOUNT}/users/3705342601")).await;
    assert_eq!([missing.status, present.status], [404, 428]);
}

#[tokio::test]
async fn who_may_not_make_something_is_told_so_whatever_they_sent() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("auditor", "auditor", None).await;
    let kinds = ["users", "profiles", "groups", "skills", "api-keys", "oauth-clients", "application-tokens"];
    let of_account = kinds.map(|kind| format!("/admin/v1/accounts/{ACCOUNT}/{kind}"));
    let elsewhere = ["/admin/v1/accounts", "/admin/v1/administration-tokens"].map(str::to_owned);
    for path in of_account.iter().chain(&elsewhere) {
        let sent = |bearer| Sent { bearer, path, kind: "text/plain", body: "{".to_owned(), tag: None };
        let owner = Some(instance.owner.as_str());
        assert_eq!(status(&instance, &Method::POST, sent(Some(&auditor))).await, 403, "{path}");
        assert_eq!(status(&instance, &Method::POST, sent(owner)).await, 415, "{path}");
    }
}

#[tokio::test]
async fn a_list_that_somebody_may_not_see_is_refused_before_its_parameters() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let (there, _) = instance.token("there", "auditor", Some("other")).await;
    for kind in ["users", "groups", "application-tokens"] {
        let path = format!("/admin/v1/accounts/{ACCOUNT}/{kind}?limit=0");
        assert_eq!(instance.ask(Some(&there), (Method::GET, &path), None).await.status, 403, "{kind}");
        assert_eq!(instance.get(&path).await.status, 400, "{kind}");
    }
}
