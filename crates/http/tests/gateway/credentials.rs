//! Several credentials, headers that stand twice: what counts, and that everybody who reads credentials agrees.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

/// Two users, `name` and `other`, with a session of each kind.
struct Instance {
    server: TestServer,
    name: Tokens,
    name_id: String,
    other: Tokens,
    other_id: String,
}

impl Instance {
    async fn start() -> Self {
        let server = TestServer::start_with(|fixture, _| {
            let now = fixture.user("name").password.as_ref().expect("a password").changed_at;
            fixture.add_user("other", "other-password", now);
        })
        .await;
        let name = tokens_of(server.log_in("name", "password").await).await;
        let other = tokens_of(server.log_in("other", "other-password").await).await;
        let name_id = livevox_of(&server, "name", "password").await;
        let other_id = livevox_of(&server, "other", "other-password").await;
        Self { server, name, name_id, other, other_id }
    }

    async fn ask(&self, path: &str, shown: &[(&str, &str)]) -> Response {
        let request = self.server.request(Method::GET, path);
        let request = shown.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap()
    }

    async fn check(&self, shown: &[(&str, &str)]) -> u16 {
        self.ask(CHECK, shown).await.status().as_u16()
    }
}

async fn tokens_of(login: Response) -> Tokens {
    let body: Value = login.json().await.unwrap();
    let text = |key: &str| body[key].as_str().expect("a string").to_owned();
    Tokens { bearer: text("bearer"), cookie: text("sessionId"), csrf: text("csrf") }
}

async fn livevox_of(server: &TestServer, name: &str, password: &str) -> String {
    let body = json!({ "clientName": "TEST", "userName": name, "password": password });
    let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["sessionId"].as_str().unwrap().to_owned()
}

fn bearer_of(tokens: &Tokens) -> String {
    format!("Bearer {}", tokens.bearer)
}

fn cookie_of(tokens: &Tokens) -> String {
    format!("session_id={}", tokens.cookie)
}

#[tokio::test]
async fn a_scheme_is_the_same_in_any_case() {
    let instance = Instance::start().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", instance.name.bearer);
        assert_eq!(instance.check(&[("authorization", &value)]).await, 200, "{scheme}");
    }
}

#[tokio::test]
async fn g4_a_header_that_contradicts_itself_is_refused() {
    let instance = Instance::start().await;
    let (one, other) = (bearer_of(&instance.name), bearer_of(&instance.other));
    assert_eq!(instance.check(&[("authorization", &one), ("authorization", &one)]).await, 200);
    assert_eq!(instance.check(&[("authorization", &one), ("authorization", &other)]).await, 401);
    assert_eq!(instance.check(&[("authorization", &one), ("authorization", "Basic a")]).await, 401);
    let (one, other) = (&*instance.name_id, &*instance.other_id);
    assert_eq!(instance.check(&[("lv-session", one), ("lv-session", one)]).await, 200);
    assert_eq!(instance.check(&[("lv-session", one), ("lv-session", other)]).await, 401);
    assert_eq!(instance.check(&[("lv-session", one), ("lv-session", "")]).await, 401);
}

#[tokio::test]
async fn of_several_cookies_the_first_that_lives_counts() {
    let instance = Instance::start().await;
    let shown = format!(
        "session_id={}; {}; {}",
        "0".repeat(64),
        cookie_of(&instance.other),
        cookie_of(&instance.name)
    );
    let answer = instance.ask(CHECK, &[("cookie", &shown)]).await;
    assert_eq!((answer.status().as_u16(), &*header(&answer, "x-vestibule-user-name")), (200, "other"));
}

/// Clients of 2017 send their application token as a bearer beside `LV-Session`, on every call.
#[tokio::test]
async fn lv_session_counts_beside_a_bearer_that_is_none_of_ours() {
    let instance = Instance::start().await;
    let token = format!("Bearer {TOKEN}");
    let answer = instance.ask(CHECK, &[("authorization", &token), ("lv-session", &instance.name_id)]).await;
    assert_eq!((answer.status().as_u16(), &*header(&answer, "x-vestibule-user-name")), (200, "name"));
    let dead = "38de9bcc-7425-4392-b821-99026632c369";
    let refused = instance.ask(CHECK, &[("authorization", &token), ("lv-session", dead)]).await;
    assert_eq!(refused.text().await.unwrap(), r#"{"code":401,"message":"Authorization error"}"#);
    let listed = "/session/sessions?count=10&offset=0";
    assert_eq!(
        instance.ask(listed, &[("authorization", &token), ("lv-session", &instance.name_id)]).await.status(),
        200
    );
}

#[tokio::test]
async fn an_empty_access_beside_a_bearer_is_an_absent_one() {
    let instance = Instance::start().await;
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request = instance.server.request(Method::POST, "/session/login").json(&body);
    let request = request.header("LV-Access", "").header("authorization", format!("bearer {TOKEN}"));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn g3_what_is_no_credential_of_ours_does_no_harm_beside_one_that_lives() {
    let instance = Instance::start().await;
    let cookie = cookie_of(&instance.name);
    for (name, value) in
        [("authorization", "Bearer wrong"), ("authorization", "Basic a"), ("lv-session", "123")]
    {
        assert_eq!(instance.check(&[(name, value), ("cookie", &cookie)]).await, 200, "{name}: {value}");
        assert_eq!(instance.check(&[(name, value)]).await, 401, "{name}: {value}");
    }
}

#[tokio::test]
async fn s3_a_bearer_that_has_ended_is_not_made_good_by_another_credential() {
    let instance = Instance::start().await;
    let ended = bearer_of(&instance.name);
    assert_eq!(
        instance.server.log_out(&(instance.name.cookie.clone(), instance.name.csrf.clone())).await,
        200
    );
    let cookie = cookie_of(&instance.other);
    for beside in
        [("lv-session", &*instance.name_id), ("lv-session", &*instance.other_id), ("cookie", &*cookie)]
    {
        assert_eq!(instance.check(&[("authorization", &ended), beside]).await, 401, "{beside:?}");
        assert_eq!(instance.check(&[beside]).await, 200);
    }
}

#[tokio::test]
async fn an_ended_cookie_beside_a_bearer_that_lives_does_no_harm() {
    let instance = Instance::start().await;
    assert_eq!(
        instance.server.log_out(&(instance.name.cookie.clone(), instance.name.csrf.clone())).await,
        200
    );
    let (bearer, ended) = (bearer_of(&instance.other), cookie_of(&instance.name));
    assert_eq!(instance.check(&[("authorization", &bearer), ("cookie", &ended)]).await, 200);
}

#[tokio::test]
async fn s2_two_credentials_that_live_and_belong_to_different_users_are_refused() {
    let instance = Instance::start().await;
    let (bearer, cookie) = (bearer_of(&instance.name), cookie_of(&instance.other));
    for others in [("lv-session", &*instance.other_id), ("cookie", &*cookie)] {
        assert_eq!(instance.check(&[("authorization", &bearer), others]).await, 401, "{others:?}");
        assert_eq!(instance.check(&[others]).await, 200, "{others:?}");
    }
    let target = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}", instance.other.bearer);
    let asked = || kinds::asked_by("nginx", &instance.server, &target);
    assert_eq!(asked().header("authorization", &bearer).send().await.unwrap().status(), 401);
    assert_eq!(asked().send().await.unwrap().status(), 200);
    let mine = bearer_of(&instance.other);
    let listed = "/session/sessions?count=10&offset=0";
    let ask = async |bearer: &str| {
        instance
            .ask(listed, &[("authorization", bearer), ("lv-session", &instance.other_id)])
            .await
            .status()
            .as_u16()
    };
    assert_eq!((ask(&mine).await, ask(&bearer).await), (200, 401));
}

#[tokio::test]
async fn of_two_credentials_of_one_user_the_first_counts() {
    let instance = Instance::start().await;
    let (bearer, cookie) = (bearer_of(&instance.name), cookie_of(&instance.name));
    let session =
        async |shown: &[(&str, &str)]| header(&instance.ask(CHECK, shown).await, "x-vestibule-session");
    let shown = [("cookie", &*cookie), ("lv-session", &*instance.name_id), ("authorization", &*bearer)];
    let by_bearer = session(&[("authorization", &bearer)]).await;
    let by_id = session(&[("lv-session", &instance.name_id)]).await;
    assert_ne!(by_bearer, by_id);
    assert_eq!(session(&shown).await, by_bearer);
    assert_eq!(session(&shown[..2]).await, by_id);
}

#[tokio::test]
async fn what_is_refused_for_its_company_is_not_kept_alive() {
    let instance = Instance::start().await;
    let (bearer, cookie) = (bearer_of(&instance.name), cookie_of(&instance.other));
    instance.server.clock.advance(Duration::from_hours(7));
    assert_eq!(instance.check(&[("authorization", &bearer), ("cookie", &cookie)]).await, 401);
    instance.server.clock.advance(Duration::from_hours(1));
    assert_eq!(instance.check(&[("authorization", &bearer)]).await, 401);
}

/// A choice of header lines, of both users, alive, foreign and malformed.
fn choices() -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..9).collect::<Vec<_>>(), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Whoever passes the gateway may see their own sessions, and nobody else may; and whoever may list sessions in the
    /// LiveVox dialect passes the gateway.
    #[test]
    fn the_gateway_self_service_and_livevox_agree(all in proptest::collection::vec(choices(), 24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let instance = Instance::start().await;
            let values = [bearer_of(&instance.name), bearer_of(&instance.other), cookie_of(&instance.name), cookie_of(&instance.other)];
            let lines: [(&str, &str); 9] = [
                ("authorization", &values[0]), ("authorization", &values[1]), ("authorization", "Bearer foreign"),
                ("authorization", "Basic a"), ("lv-session", &instance.name_id), ("lv-session", &instance.other_id),
                ("lv-session", "none"), ("cookie", &values[2]), ("cookie", &values[3]),
            ];
            for chosen in all {
                let shown: Vec<_> = chosen.iter().map(|at| lines[*at]).collect();
                let gateway = instance.check(&shown).await;
                let own = instance.ask("/self/v1/sessions", &shown).await.status().as_u16();
                let livevox = instance.ask("/session/sessions?count=10&offset=0", &shown).await.status().as_u16();
                assert_eq!(gateway, own, "{shown:?}");
                assert!(livevox == 401 || gateway == 200, "{shown:?}");
            }
        });
    }
}

#[tokio::test]
async fn a_session_whose_users_password_has_expired_does_no_harm_beside_one_that_lives() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.password_policy.expiry_days = 1;
        fixture.account.session_policy.idle_seconds = 30 * 24 * 3_600;
    })
    .await;
    let name = tokens_of(server.log_in("name", "password").await).await;
    let bot = tokens_of(server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await).await;
    let cookie = format!("session_id={}", name.cookie);
    let check = async |cookie: Option<&str>| {
        let request = server.request(Method::GET, CHECK).bearer_auth(&bot.bearer);
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((check(None).await, check(Some(&cookie)).await), (200, 401), "two users");
    server.clock.advance(std::time::Duration::from_hours(24));
    assert_eq!(check(Some(&cookie)).await, 200);
}
