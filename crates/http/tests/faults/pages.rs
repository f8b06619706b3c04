//! What the log says of pages that are not shown because something failed here.

use reqwest::{Method, RequestBuilder};
use vestibule_auth::{LogIn, LoginScope, UserCredentials};
use vestibule_model::{Clock as _, Dialect};
use vestibule_testkit::{ACCOUNT, Fault, TestServer, Warnings};

/// The cookie of somebody who is signed in to the pages.
async fn cookie(server: &TestServer) -> String {
    let at = LogIn {
        account: Some(server.fixture.account.id),
        dialect: Dialect::Pages,
        scope: LoginScope::Public,
        address: None,
        now: server.clock.now(),
    };
    let password = b"password".to_vec().into();
    let credentials = UserCredentials { user_name: "name".to_owned(), population: None, password };
    let logged_in = server.auth.log_in_user(at, credentials).await.unwrap();
    format!("vestibule={}", server.auth.page_cookie(&logged_in.session).as_str())
}

fn request(server: &TestServer, method: Method, cookie: &str, path: &str) -> RequestBuilder {
    let origin = format!("http://{}", server.address());
    let request = server.request(method, &format!("/me/{ACCOUNT}/{path}"));
    request.header("cookie", cookie).header("origin", origin)
}

/// The status of the answer to a form, and what the log says of the request of this id.
async fn answered(
    server: &TestServer,
    cookie: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> (u16, Vec<String>) {
    let id = &format!("of-{}", path.replace('/', "-"));
    let page = request(server, Method::GET, cookie, "").send().await.unwrap().text().await.unwrap();
    let csrf = page.split_once(r#"name="csrf" value=""#).unwrap().1.split('"').next().unwrap();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", csrf)
        .extend_pairs(fields)
        .finish();
    let form = request(server, Method::POST, cookie, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let warnings = Warnings::of_servers();
    server.faults.fail(Fault::commits());
    server.journal.refuse();
    let answer = form.header("x-request-id", id).send().await.unwrap();
    let status = answer.status().as_u16();
    let said = warnings.all().into_iter().filter(|text| text.contains(id));
    (status, said.collect())
}

fn assert_told_once((status, said): &(u16, Vec<String>)) {
    assert_eq!((*status, said.len()), (503, 1), "{said:?}");
    assert!(said[0].contains("the test wants this to fail"), "{said:?}");
}

#[tokio::test]
async fn f2_why_somebody_could_not_sign_out_is_logged_once() {
    let server = TestServer::start().await;
    let cookie = cookie(&server).await;
    assert_told_once(&answered(&server, &cookie, "logout", &[]).await);
}

#[tokio::test]
async fn f2_why_other_sessions_could_not_be_ended_is_logged_once() {
    let server = TestServer::start().await;
    let (cookie, _other) = (cookie(&server).await, server.session().await);
    assert_told_once(&answered(&server, &cookie, "sessions/end-others", &[]).await);
}

#[tokio::test]
async fn f2_why_a_second_factor_could_not_be_stored_is_logged_once() {
    let server = TestServer::start().await;
    let cookie = cookie(&server).await;
    let page = request(&server, Method::GET, &cookie, "second-factor").send().await.unwrap();
    let page = page.text().await.unwrap();
    let between = |start: &str, end: &str| page.split_once(start).unwrap().1.split(end).next().unwrap();
    let secret = totp_rs::Secret::try_from_base32(between(r#"<p class="secret">"#, "<")).unwrap();
    let seconds = u64::try_from(server.clock.now().as_unix()).unwrap() / 1_000;
    let code = totp_rs::Builder::new().with_secret(secret).build_noncompliant().generate(seconds).to_string();
    let state = between(r#"name="state" value=""#, "\"");
    let fields = [("state", state), ("code", &code), ("password", "password")];
    assert_told_once(&answered(&server, &cookie, "second-factor/set", &fields).await);
    let user = server.fixture.users.iter().find(|user| user.login_name == "name").unwrap().id;
    assert_eq!(server.store.user(user).await.unwrap().unwrap().second_factor, None);
}
