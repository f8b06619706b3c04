//! Who may use which route: every route of the console is asked by those who may not

use reqwest::Method;
use vestibule_console::{ROUTES, Route, Who};
use vestibule_model::SecondFactorPolicy;
use vestibule_testkit::{Browser, Shown};

use serde_json::json;
use vestibule_testkit::ACCOUNT;

use crate::support::{COOKIE, DEEDS, FACTOR, HOME, Instance, LOGIN, PASSWORD, Things};

/// Every path that a route stands for here.
fn paths(things: &Things, route: &Route) -> Vec<String> {
    let path = route.path.replace("{account}", ACCOUNT).replace("{file}", "console.css");
    let path = path.replace("{user}", &things.user.to_string()).replace("{reference}", &things.session);
    // Only one of OpenID Connect has a client secret.
    let connection = if path.ends_with("/secret") { things.openid } else { things.connection };
    let path = path.replace("{connection}", &connection.to_string()).replace("{name}", "default");
    let path = path.replace("{test}", &things.test);
    let path = path.replace("{administrator}", &things.owner.to_string());
    let path = path.replace("{token}", &things.token.to_string()).replace("{policy}", "session_policy");
    let path = path.replace("{key_kind}/{key}/{key_deed}", "master/1/retire");
    let path = path.replace("{place}", &things.place).replace("{job}", &things.job);
    if path.contains("{deed}") {
        return DEEDS.iter().map(|deed| path.replace("{deed}", deed)).collect();
    }
    let has_secrets = |kind: &str| ["api-keys", "oauth-clients", "application-tokens"].contains(&kind);
    let of_secrets = ["/renew", "/end-overlap"].iter().any(|deed| path.ends_with(deed));
    if !path.contains("{kind}") {
        return vec![path];
    }
    let of_kind = |(kind, id): &(&str, i64)| path.replace("{kind}", kind).replace("{id}", &id.to_string());
    things.kinds.iter().filter(|(kind, _)| !of_secrets || has_secrets(kind)).map(of_kind).collect()
}

/// Every route that is not for anybody, with its paths.
async fn guarded(instance: &Instance) -> Vec<(&'static Route, String)> {
    guarded_of(&instance.things().await)
}

fn guarded_of(things: &Things) -> Vec<(&'static Route, String)> {
    let guarded = ROUTES.iter().filter(|route| route.who != Who::Anybody);
    let with_path = |route| paths(things, route).into_iter().map(move |path| (route, path));
    guarded.flat_map(with_path).collect()
}

/// Asks for it, as a form of this service would.
async fn ask(browser: &Browser, route: &Route, path: &str) -> Shown {
    match route.method {
        Method::GET => browser.get(path).await,
        _ => browser.post(path, &[("csrf", "0")]).await,
    }
}

fn leads_to_login(shown: &Shown) -> bool {
    shown.status == 303 && shown.header("location").split('?').next() == Some(LOGIN)
}

#[tokio::test]
async fn nobody_is_led_to_the_login() {
    let instance = Instance::start().await;
    for (route, path) in guarded(&instance).await {
        let shown = ask(&instance.browser(), route, &path).await;
        assert!(leads_to_login(&shown), "{} {path}: {}", route.method, shown.status);
    }
}

#[tokio::test]
async fn s8_a_bearer_of_the_api_or_a_cookie_of_another_kind_opens_nothing() {
    let instance = Instance::start().await;
    let session = instance.server.stored_sessions().await.remove(0);
    let page = instance.server.auth.page_cookie(&session).to_string();
    for (route, path) in guarded(&instance).await {
        for cookie in [&instance.bearer, &page] {
            let browser = instance.browser();
            browser.keep(COOKIE, cookie);
            assert!(leads_to_login(&ask(&browser, route, &path).await), "{} {path}", route.method);
        }
        let browser = instance.browser();
        let request = browser.request(route.method.clone(), &path).bearer_auth(&instance.bearer);
        let request = request.header("origin", browser.origin());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        assert!(leads_to_login(&browser.send(request).await), "{} {path}", route.method);
    }
}

#[tokio::test]
async fn who_has_to_set_up_a_second_factor_is_led_there() {
    let required = |settings: &mut vestibule_auth::Settings| {
        settings.administrators_second_factor = SecondFactorPolicy::Required;
    };
    let instance = Instance::start_with(required).await;
    let browser = instance.signed_in_as("admin", PASSWORD).await;
    for (route, path) in
        guarded_of(&Things::nowhere()).into_iter().filter(|(route, _)| route.who != Who::Oneself)
    {
        let shown = ask(&browser, route, &path).await;
        assert_eq!((shown.status, shown.header("location")), (303, FACTOR), "{} {path}", route.method);
    }
}

#[tokio::test]
async fn a2_no_form_is_taken_without_the_token_of_the_session() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (route, path) in
        guarded(&instance).await.into_iter().filter(|(route, _)| route.method == Method::POST)
    {
        assert_eq!(ask(&browser, route, &path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn the_owner_sees_every_page() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for (route, path) in guarded(&instance).await.into_iter().filter(|(route, _)| route.method == Method::GET)
    {
        let shown = ask(&browser, route, &path).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.html);
    }
}

#[tokio::test]
async fn a_get_changes_nothing() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let stored = async || format!("{:?}", instance.server.store.directory().await.unwrap());
    let guarded = guarded(&instance).await;
    let before = stored().await;
    for (route, path) in guarded.into_iter().filter(|(route, _)| route.method == Method::GET) {
        ask(&browser, route, &path).await;
    }
    assert_eq!(stored().await, before);
}

#[tokio::test]
async fn an_administrator_of_another_account_sees_nothing_of_this_one() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let browser = instance.signed_in_with(&json!({ "role": "administrator", "account": "other" })).await;
    let of_account = |route: &Route| [Who::Reads, Who::Writes, Who::ReadsInstallation].contains(&route.who);
    let csrf = browser.get(HOME).await.hidden("csrf");
    let things = instance.things().await;
    for (route, path) in guarded_of(&things).into_iter().filter(|(route, _)| of_account(route)) {
        if route.method == Method::GET {
            let shown = browser.get(&path).await;
            assert!([403, 404].contains(&shown.status), "{path}: {}", shown.status);
        } else {
            // One that is not there for them is answered as one that has ended: by its page, which is not there either.
            let shown = browser.post(&path, &[("csrf", &csrf)]).await;
            assert!([303, 403, 404].contains(&shown.status), "{path}: {}", shown.status);
        }
    }
    let session = instance.listed(&format!("/admin/v1/sessions/{}", things.session)).await;
    assert_eq!(session["reference"], json!(things.session), "{session}");
}

#[tokio::test]
async fn an_auditor_of_the_account_sees_it_and_not_that_of_administrators() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    for (route, path) in guarded(&instance).await.into_iter().filter(|(route, _)| route.method == Method::GET)
    {
        let shown = ask(&browser, route, &path).await;
        let of_others = [Who::Writes, Who::WritesSome, Who::ReadsInstallation, Who::WritesInstallation];
        let may = !of_others.contains(&route.who);
        let expected = if may { 200 } else { 403 };
        assert_eq!(shown.status, expected, "{path}: {}", shown.html);
        if expected == 403 {
            continue;
        }
        let of_others = browser.get(&path.replace(ACCOUNT, "administrators")).await;
        let may = !path.contains(ACCOUNT);
        assert_eq!(of_others.status == 200, may, "{path}: {}", of_others.status);
    }
}

/// Everything that forms change.
async fn everything(instance: &Instance) -> String {
    let mut all = format!("{:?}", instance.server.store.directory().await.unwrap());
    for list in ["administrators", "administration-tokens", "signing-keys", "master-keys"] {
        all.push_str(&instance.listed(&format!("/admin/v1/{list}")).await.to_string());
    }
    all
}

#[tokio::test]
async fn whoever_may_not_write_is_refused_whatever_they_send_and_changes_nothing() {
    for role in ["auditor", "administrator"] {
        let instance = Instance::start().await;
        let things = instance.things().await;
        let browser = instance.signed_in_with(&json!({ "role": role, "account": ACCOUNT })).await;
        let csrf = browser.get(HOME).await.hidden("csrf");
        let of_account = [Who::Writes, Who::WritesSome];
        let is_refused = |route: &Route| {
            route.who == Who::WritesInstallation || (role == "auditor" && of_account.contains(&route.who))
        };
        let before = everything(&instance).await;
        let posts = guarded_of(&things).into_iter().filter(|(route, _)| route.method == Method::POST);
        for (_, path) in posts.filter(|(route, _)| is_refused(route)) {
            let submit = "0123456789abcdef0123456789abcdef";
            let fields = [("csrf", csrf.as_str()), ("submit", submit), ("step", "do")];
            let shown = browser.post(&path, &fields).await;
            assert_eq!(shown.status, 403, "{role} {path}: {}", shown.html);
        }
        assert_eq!(everything(&instance).await, before, "{role}");
    }
}
