//! Profiles, groups, skills, API keys, OAuth clients and application tokens are made, changed and deleted

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::{ACCOUNT, Shown};

use crate::support::{Instance, KINDS};
use crate::typing::{Typed, fill};

/// Where the list of a kind is.
fn list(kind: &str) -> String {
    format!("/console/accounts/{ACCOUNT}/{kind}")
}

/// Those of a kind, as the API has them, by name.
async fn named(instance: &Instance, kind: &str, name: &str) -> Value {
    let page = instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/{kind}?limit=100")).await;
    let all = page.as_object().unwrap().values().find_map(Value::as_array).unwrap();
    all.iter().find(|one| one["name"] == json!(name)).cloned().unwrap_or_default()
}

/// What was shown once, by name.
pub(crate) fn shown_once(page: &Shown, name: &str) -> String {
    assert_eq!(page.status, 200, "{}", page.html);
    let found = page.html.split_once(&format!("<dt>{name}</dt><dd class=\"secret\" data-copy>"));
    assert!(found.is_some(), "{name}: {}", page.html);
    found.unwrap().1.split("</dd>").next().unwrap().to_owned()
}

#[tokio::test]
async fn each_kind_is_made_changed_and_deleted() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for kind in KINDS {
        let (first, second) = (format!("A {kind}"), format!("Another {kind}"));
        let list = list(kind);
        let shown = browser.get(&list).await;
        assert!(shown.html.contains(&format!("{list}/new\"")), "{kind}: {}", shown.html);
        let made = fill(&browser, &format!("{list}/new"), &[("name", &*first)]).await;
        assert!([200, 303].contains(&made.status), "{kind}: {}", made.html);
        let page = format!("{list}/{}", named(&instance, kind, &first).await["id"]);
        let edit = format!("{page}/edit");
        let difference = fill(&browser, &edit, &[("name", &*second)]).await;
        assert!(difference.html.contains(&format!("<ins><bdi>{second}</bdi></ins>")), "{}", difference.html);
        assert_eq!(named(&instance, kind, &second).await, Value::Null, "shown, and not done");
        let changed = Typed::of(&difference).with("step", "do").send(&browser, &edit).await;
        assert_eq!((changed.status, changed.header("location")), (303, &*format!("{page}?done=changed")));
        assert_ne!(named(&instance, kind, &second).await, Value::Null);
        let delete = format!("{page}/delete");
        let question = Typed::of(&browser.get(&delete).await);
        for _ in 0..2 {
            let deleted = question.send(&browser, &delete).await;
            assert_eq!((deleted.status, deleted.header("location")), (303, &*format!("{list}?done=deleted")));
        }
        assert_eq!(browser.get(&page).await.status, 404);
        assert!(browser.get(&format!("{list}?done=deleted")).await.html.contains("Deleted."));
    }
}

#[tokio::test]
async fn a_form_that_is_sent_as_it_is_shown_changes_nothing() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let own = format!("/admin/v1/accounts/{ACCOUNT}");
    let profile =
        json!({ "name": "Full", "role": "agent-manager", "rank": "super-user", "permissions": [7, 1700] });
    let profile = instance.api(Method::POST, &format!("{own}/profiles"), &profile).await;
    let key = json!({ "name": "Full", "developer": "Ann", "description": "Bots", "privileges": ["user-login", "data-read"],
        "addresses": ["10.0.0.0/8", "192.0.2.7/32"] });
    let client = json!({ "name": "Full", "display_name": "App", "description": "For all", "logo_uri": "https://app.example/l.png",
        "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": ["https://b.example/", "https://a.example/?x=1&y=2"],
        "consent": true, "scopes": ["b", "a"], "refresh_rotation": "always", "enabled_for_profiles": [profile["id"]],
        "privileges": ["account-config-read"] });
    let key = instance.api(Method::POST, &format!("{own}/api-keys"), &key).await;
    let client = instance.api(Method::POST, &format!("{own}/oauth-clients"), &client).await;
    for (kind, id) in [("profiles", profile), ("api-keys", key), ("oauth-clients", client)] {
        let page = format!("{}/{}", list(kind), id["id"]);
        let same = fill(&browser, &format!("{page}/edit"), &[]).await;
        assert_eq!(
            (same.status, same.header("location")),
            (303, &*format!("{page}?done=same")),
            "{}",
            same.html
        );
    }
}

#[tokio::test]
async fn all_that_the_api_takes_is_taken() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let fields = [
        ("name", "Bots"),
        ("developer", "Ann"),
        ("description", "For bots"),
        ("privileges.user-login", "on"),
        ("addresses", "10.0.0.0/8\r\n\r\n192.0.2.7"),
        ("app_key", "chosen-app-key"),
        ("access_token", "chosen-token"),
        ("secret.secret", "chosen-secret-123"),
        ("secret.access_token_secret", "chosen-token-secret-123"),
    ];
    let made = fill(&browser, &format!("{}/new", list("api-keys")), &fields).await;
    assert_eq!(shown_once(&made, "Access token secret"), "chosen-token-secret-123");
    let key = named(&instance, "api-keys", "Bots").await;
    assert_eq!((&key["app_key"], &key["access_token"]), (&json!("chosen-app-key"), &json!("chosen-token")));
    assert_eq!((&key["developer"], &key["description"]), (&json!("Ann"), &json!("For bots")));
    assert_eq!(
        (&key["privileges"], &key["addresses"]),
        (&json!(["user-login"]), &json!(["10.0.0.0/8", "192.0.2.7/32"]))
    );
    let fields = [("name", "Ours"), ("secret.token", "our-own-token-of-before")];
    let made = fill(&browser, &format!("{}/new", list("application-tokens")), &fields).await;
    assert_eq!(shown_once(&made, "Application token"), "our-own-token-of-before");
    let fields = [("name", "Seven"), ("id", "77"), ("role", "campaign-manager"), ("permissions", "9, 1 9")];
    fill(&browser, &format!("{}/new", list("profiles")), &fields).await;
    let profile = named(&instance, "profiles", "Seven").await;
    assert_eq!((&profile["id"], &profile["permissions"]), (&json!(77), &json!([1, 9])));
    assert_eq!(profile["role"], json!("campaign-manager"));
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (kind, field, value, reason) in [
        ("api-keys", "addresses", "10.0.0.1\n10.0.0.0/33", "Number 2 is no address"),
        ("oauth-clients", "secret.secret", "short", "characters"),
        ("profiles", "permissions", "1, x", "whole numbers"),
        ("groups", "parent", "99", "no group"),
        ("oauth-clients", "grant_types.authorization_code", "on", "needs one"),
        ("oauth-clients", "redirect_uris", "http://elsewhere.example/", "is no https address"),
    ] {
        let path = format!("{}/new", list(kind));
        let wrong = fill(&browser, &path, &[("name", "Wrong"), (field, value)]).await;
        assert_eq!(wrong.status, 422, "{kind} {field}");
        let told = wrong.html.split_once("class=\"error\"").unwrap().1.split("</p>").next().unwrap();
        assert!(told.contains(reason), "{kind} {field}: {told}");
        assert_eq!(Typed::of(&wrong).get("name"), "Wrong");
        assert_eq!(named(&instance, kind, "Wrong").await, Value::Null);
    }
}

#[tokio::test]
async fn a_secret_is_shown_once_and_again_on_the_same_submit_only() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = format!("{}/new", list("api-keys"));
    let form = Typed::of(&browser.get(&path).await).with("name", "Once");
    let first = form.send(&browser, &path).await;
    let secret = shown_once(&first, "Secret");
    assert_eq!(shown_once(&form.send(&browser, &path).await, "Secret"), secret);
    let page = format!("{}/{}", list("api-keys"), named(&instance, "api-keys", "Once").await["id"]);
    for other in [page.clone(), format!("{page}/edit"), format!("{page}/renew"), list("api-keys")] {
        let shown = browser.get(&other).await;
        assert_eq!((shown.status, shown.html.contains(&secret)), (200, false), "{other}");
    }
    let other = form.with("submit", &"0".repeat(32)).send(&browser, &path).await;
    assert_eq!((other.status, other.html.contains(&secret)), (422, false), "{}", other.html);
}

#[tokio::test]
async fn a_public_client_is_told_no_secret() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let fields = [("name", "App"), ("public", "on")];
    let made = fill(&browser, &format!("{}/new", list("oauth-clients")), &fields).await;
    shown_once(&made, "Client id");
    assert!(!made.html.contains("Client secret"), "{}", made.html);
}

#[tokio::test]
async fn a_delete_counts_the_sessions_and_the_bots_and_asks_for_the_name() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let made = fill(
        &browser,
        &format!("{}/new", list("api-keys")),
        &[("name", "Used"), ("privileges.user-login", "on")],
    )
    .await;
    let app_key = shown_once(&made, "App key");
    let bot = json!({ "login_name": "robot", "kind": "bot", "allowed_app_key": app_key });
    instance.api(Method::POST, &format!("/admin/v1/accounts/{ACCOUNT}/users"), &bot).await;
    assert_eq!(log_in(&instance, "robot", &made).await, 200);
    let page = format!("{}/{}", list("api-keys"), named(&instance, "api-keys", "Used").await["id"]);
    let delete = format!("{page}/delete");
    let question = browser.get(&delete).await;
    assert!(question.html.contains("Ends 1 live session."), "{}", question.html);
    assert!(question.html.contains("1 bot logs in with it"), "{}", question.html);
    assert_eq!(Typed::of(&question).send(&browser, &delete).await.status, 422);
    let deleted = Typed::of(&question).with("name", "Used").send(&browser, &delete).await;
    assert_eq!(deleted.status, 303, "{}", deleted.html);
    let left = instance.listed(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    assert_eq!(left["sessions"], json!([]));
}

/// The status of a login of a bot with the values that a page has shown.
pub(crate) async fn log_in(instance: &Instance, bot: &str, made: &Shown) -> u16 {
    let body = json!({
        "username": bot,
        "appKey": shown_once(made, "App key"),
        "secret": shown_once(made, "Secret"),
        "accessToken": shown_once(made, "Access token"),
        "accessTokenSecret": shown_once(made, "Access token secret"),
    });
    instance.server.post(&format!("/api/account/{ACCOUNT}/login?v=1.3"), &body).await.status().as_u16()
}

#[tokio::test]
async fn a_profile_that_a_user_has_is_not_deleted_and_the_page_says_why() {
    let instance = Instance::start().await;
    let own = format!("/admin/v1/accounts/{ACCOUNT}");
    let profile = instance
        .api(Method::POST, &format!("{own}/profiles"), &json!({ "name": "Kept", "role": "agent" }))
        .await;
    let user = json!({ "login_name": "holder", "profiles": [profile["id"]] });
    instance.api(Method::POST, &format!("{own}/users"), &user).await;
    let browser = instance.signed_in().await;
    let refused = fill(&browser, &format!("{}/{}/delete", list("profiles"), profile["id"]), &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.html.contains("Nothing was done"), "{}", refused.html);
}

#[tokio::test]
async fn an_administrator_of_the_account_brings_no_application_token_and_makes_one() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "administrator", "account": ACCOUNT })).await;
    let path = format!("{}/new", list("application-tokens"));
    assert!(!browser.get(&path).await.html.contains("secret.token"));
    let brought =
        fill(&browser, &path, &[("name", "Mine"), ("secret.token", "our-own-token-of-before")]).await;
    assert_eq!(brought.status, 403);
    shown_once(&fill(&browser, &path, &[("name", "Mine")]).await, "Application token");
}

#[tokio::test]
async fn an_auditor_sees_no_button_that_would_be_refused() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    for (kind, id) in &things.kinds {
        for path in [list(kind), format!("{}/{id}", list(kind))] {
            let shown = browser.get(&path).await;
            assert_eq!(shown.status, 200, "{path}");
            for word in ["new", "edit", "delete", "renew", "end-overlap"] {
                assert!(!shown.html.contains(&format!("/{word}\"")), "{path} {word}");
            }
        }
    }
}
