//! Rules of the gate, by the checks that name them: who is let through, who is refused and how, and what is told.

use vestibule_model::{
    AccountId, Application, ApplicationId, GatewayCredential, GatewayRule, GatewayRuleSettings,
    IdentityHeader, Population, Rank, RefusalStyle, UserKind,
};

use super::fast_path::{Wire, get_at};
use super::kinds::{KINDS, headers};
use super::*;

async fn set(server: &TestServer, settings: GatewayRuleSettings) {
    let rule = GatewayRule { name: "reports".into(), settings };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
}

/// What a gateway of this kind asks by the rule `reports`.
fn asked(server: &TestServer, kind: &str, target: &str) -> reqwest::RequestBuilder {
    let behind = if kind == "envoy" { target } else { "" };
    let request = server.request(Method::GET, &format!("{CHECK}/{kind}/rule/reports{behind}"));
    headers(kind, target).into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// What nginx is answered about a bearer.
async fn by_bearer(server: &TestServer, bearer: &str, target: &str) -> Response {
    asked(server, "nginx", target).bearer_auth(bearer).send().await.unwrap()
}

fn any() -> GatewayRuleSettings {
    GatewayRuleSettings::default()
}

/// What lets the user `name` through, and what does not, by what is asked for.
fn demands() -> Vec<(GatewayRuleSettings, GatewayRuleSettings)> {
    let account = |id: &str| GatewayRuleSettings { accounts: vec![id.parse().unwrap()], ..any() };
    let privileges = |all: &[i32]| GatewayRuleSettings { privileges: all.to_vec(), ..any() };
    let kinds = |all: &[UserKind]| GatewayRuleSettings { user_kinds: all.to_vec(), ..any() };
    let of = |population| GatewayRuleSettings { populations: vec![population], ..any() };
    let with = |all: &[Application]| GatewayRuleSettings { applications: all.to_vec(), ..any() };
    let paths =
        |all: &[&str]| GatewayRuleSettings { paths: all.iter().map(|&path| path.into()).collect(), ..any() };
    let token = Application::Token(ApplicationId(1));
    vec![
        (account(ACCOUNT), account("other")),
        (privileges(&[1740, 100]), privileges(&[100, 7])),
        (GatewayRuleSettings { minimum_rank: Some(Rank::SysAdmin), ..any() }, kinds(&[UserKind::System])),
        (kinds(&[UserKind::Bot, UserKind::Human]), kinds(&[UserKind::Bot])),
        (of(Population::User), of(Population::Agent)),
        (with(&[token, Application::None]), with(&[token])),
        (paths(&["/b", "/v1/*"]), paths(&["/v1", "/v1/x/**"])),
    ]
}

#[tokio::test]
async fn each_demand_lets_those_through_whom_it_is_for_and_nobody_else() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for (index, (meant, other)) in demands().into_iter().enumerate() {
        set(&server, meant).await;
        assert_eq!(by_bearer(&server, &tokens.bearer, "/v1/x?y").await.status(), 200, "demand {index}");
        set(&server, other).await;
        assert_eq!(by_bearer(&server, &tokens.bearer, "/v1/x?y").await.status(), 403, "demand {index}");
        assert_eq!(by_bearer(&server, &"0".repeat(64), "/v1/x?y").await.status(), 401, "demand {index}");
    }
}

#[tokio::test]
async fn a_rank_below_the_least_one_is_refused() {
    let server = TestServer::start_with(|fixture, _| fixture.user("name").profiles.clear()).await;
    let tokens = liveperson(&server).await;
    for (rank, expected) in [(Rank::Agent, 200), (Rank::Manager, 403)] {
        set(&server, GatewayRuleSettings { minimum_rank: Some(rank), ..any() }).await;
        assert_eq!(by_bearer(&server, &tokens.bearer, "/x").await.status(), expected, "{rank:?}");
    }
}

#[tokio::test]
async fn the_application_is_the_one_that_opened_the_session() {
    let server = TestServer::start().await;
    let id = livevox(&server).await;
    for (application, expected) in [
        (Application::Token(ApplicationId(1)), 200),
        (Application::ApiKey(ApplicationId(1)), 403),
        (Application::None, 403),
    ] {
        set(&server, GatewayRuleSettings { applications: vec![application], ..any() }).await;
        let answer = asked(&server, "nginx", "/x").header("lv-session", &id).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{application:?}");
    }
}

#[tokio::test]
async fn g1_each_kind_is_let_through_by_the_path_in_its_normal_form() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    set(&server, GatewayRuleSettings { paths: vec!["/v1/reports/**".into()], ..any() }).await;
    for kind in KINDS {
        for (target, expected) in [
            ("/v1/reports/a", 200),
            ("/v1/%72eports/a?b=/../c", 200),
            ("/v1/users/a", 403),
            ("/v1/reports/../users/a", 403),
            ("/v1/reports/%2e%2e/users/a", 403),
            ("/v1/reports/.%2E/users/a", 403),
            ("/v1/reports/%252e%252e/users/a", 403),
            ("/v1/reports/..%2fusers/a", 403),
            ("/v1/reports/..%5cusers/a", 403),
            ("/v1/reports/..;/users/a", 403),
            ("/v1/reports//../users/a", 403),
            ("/v1/reports/a%00", 403),
            ("/v1/reports/%c0%ae%c0%ae/users", 403),
            ("//v1/reports/a", 403),
        ] {
            let behind = if kind == "envoy" { target } else { "" };
            let path = format!("{CHECK}/{kind}/rule/reports{behind}");
            let mut lines = headers(kind, target);
            lines.push(("Authorization", format!("Bearer {}", tokens.bearer)));
            let lines: Vec<(&str, &str)> =
                lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
            // Written as it is: a client would take the dots away.
            let mut wire = Wire::to(&server).await;
            wire.send(&get_at(&path, &lines)).await;
            let status = wire.answer().await.status;
            assert_eq!(status, expected, "{kind} {target}");
        }
    }
}

#[tokio::test]
async fn where_a_rule_has_no_patterns_the_target_may_be_spelled_in_any_way() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    set(&server, any()).await;
    for target in ["/a//b", "/a;b", "/%2e%2e/x", "/a%00"] {
        assert_eq!(by_bearer(&server, &tokens.bearer, target).await.status(), 200, "{target}");
    }
}

#[tokio::test]
async fn what_a_rule_does_not_take_opens_nothing() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    set(&server, GatewayRuleSettings { credentials: vec![GatewayCredential::Cookie], ..any() }).await;
    assert_eq!(by_bearer(&server, &tokens.bearer, "/x").await.status(), 401);
    let cookie = format!("session_id={}", tokens.cookie);
    let request = || asked(&server, "nginx", "/x").header("cookie", &cookie);
    assert_eq!(request().send().await.unwrap().status(), 200);
    let both = request().bearer_auth(&tokens.bearer).send().await.unwrap();
    assert_eq!(both.status(), 200, "a bearer of the same user contradicts nothing");
}

#[tokio::test]
async fn of_two_sessions_of_a_user_the_one_counts_whose_credential_the_rule_has_first() {
    let server = TestServer::start().await;
    let (tokens, id) = (liveperson(&server).await, livevox(&server).await);
    let first = |credentials| GatewayRuleSettings { credentials, ..any() };
    for (order, application) in [
        (vec![GatewayCredential::Bearer, GatewayCredential::LivevoxId], ""),
        (vec![GatewayCredential::LivevoxId, GatewayCredential::Bearer], "1"),
        (vec![GatewayCredential::LivevoxId], "1"),
    ] {
        set(&server, first(order.clone())).await;
        let request = asked(&server, "nginx", "/x").bearer_auth(&tokens.bearer).header("lv-session", &id);
        let answer = request.send().await.unwrap();
        assert_eq!(header(&answer, "x-vestibule-application"), application, "{order:?}");
    }
}

#[tokio::test]
async fn refusals_have_the_shape_of_the_rule() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let other: AccountId = "other".parse().unwrap();
    for (style, unknown, forbidden) in [
        (RefusalStyle::ByCredential, "oauth_problem=token_rejected&", "oauth_problem=permission_denied&"),
        (RefusalStyle::Oauth, "oauth_problem=token_rejected&", "oauth_problem=permission_denied&"),
        (RefusalStyle::Livevox, r#"{"code":401,"#, r#"{"code":403,"#),
        (RefusalStyle::Liveperson, r#"{"error":{"time":"#, r#"{"error":{"time":"#),
        (
            RefusalStyle::Problem,
            r#"{"type":"urn:vestibule:not-authenticated","#,
            r#"{"type":"urn:vestibule:not-allowed-by-rule","#,
        ),
    ] {
        set(&server, GatewayRuleSettings { accounts: vec![other], refusals: style, ..any() }).await;
        for (bearer, status, begins) in [("0", 401, unknown), (&*tokens.bearer, 403, forbidden)] {
            let answer = by_bearer(&server, bearer, "/x").await;
            assert_eq!(answer.status(), status, "{style:?}");
            assert_eq!(answer.headers().contains_key("www-authenticate"), status == 401, "{style:?}");
            let body = answer.text().await.unwrap();
            assert!(body.starts_with(begins), "{style:?}: {body}");
        }
    }
}

#[tokio::test]
async fn g4_what_a_rule_does_not_tell_is_there_and_empty() {
    let server = TestServer::start_with(|fixture, _| {
        let user = fixture.user("name");
        (user.skills, user.max_chats, user.max_async_chats) = (vec![7, 9], 3, 12);
    })
    .await;
    let tokens = liveperson(&server).await;
    let told = vec![
        IdentityHeader::Skills,
        IdentityHeader::MaxChats,
        IdentityHeader::MaxAsyncChats,
        IdentityHeader::Method,
    ];
    set(&server, GatewayRuleSettings { identity_headers: told, ..any() }).await;
    let answer = by_bearer(&server, &tokens.bearer, "/x").await;
    for (name, value) in
        [("skills", "7,9"), ("max-chats", "3"), ("max-async-chats", "12"), ("method", "password")]
    {
        assert_eq!(header(&answer, &format!("x-vestibule-{name}")), value);
    }
    for name in
        ["account", "user", "user-name", "application", "session", "roles", "privileges", "seconds-left"]
    {
        assert_eq!(header(&answer, &format!("x-vestibule-{name}")), "", "{name}");
    }
    set(&server, GatewayRuleSettings { identity_headers: vec![IdentityHeader::User], ..any() }).await;
    let answer = by_bearer(&server, &tokens.bearer, "/x").await;
    let user = header(&answer, "x-vestibule-user");
    assert_eq!((user.as_str(), header(&answer, "x-vestibule-skills").as_str()), ("3705342601", ""));
    set(&server, any()).await;
    let answer = by_bearer(&server, &tokens.bearer, "/x").await;
    for name in ["skills", "max-chats", "max-async-chats", "method"] {
        assert_eq!(
            header(&answer, &format!("x-vestibule-{name}")),
            "",
            "{name}: a client's own would be left"
        );
    }
}

#[tokio::test]
async fn whoever_is_not_let_through_keeps_nothing_alive() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    set(&server, GatewayRuleSettings { accounts: vec!["other".parse().unwrap()], ..any() }).await;
    server.clock.advance(Duration::from_hours(1));
    assert_eq!(by_bearer(&server, &tokens.bearer, "/x").await.status(), 403);
    server.clock.advance(Duration::from_hours(7));
    assert_eq!(by_bearer(&server, &tokens.bearer, "/x").await.status(), 401);
}

#[tokio::test]
async fn a_rule_counts_at_once_and_is_unknown_when_it_is_deleted() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let status = async || {
        let answer = by_bearer(&server, &tokens.bearer, "/x").await;
        (answer.status().as_u16(), answer.text().await.unwrap().contains("urn:vestibule:unknown-rule"))
    };
    assert_eq!(status().await, (403, true));
    set(&server, any()).await;
    assert_eq!(status().await, (200, false));
    server.change(vec![Change::DeleteGatewayRule("reports".into())]).await;
    assert_eq!(status().await, (403, true));
}

#[tokio::test]
async fn the_plain_check_goes_by_the_default_rule_and_knows_no_target() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let change = async |settings| {
        let rule = GatewayRule { name: GatewayRule::DEFAULT.into(), settings };
        server.change(vec![Change::PutGatewayRule(rule.into())]).await;
    };
    for settings in [
        GatewayRuleSettings { accounts: vec!["other".parse().unwrap()], ..any() },
        GatewayRuleSettings { paths: vec!["/**".into()], ..any() },
    ] {
        change(settings).await;
        assert_eq!(bearer(&server, &tokens.bearer).await, 403);
    }
    server.change(vec![Change::DeleteGatewayRule(GatewayRule::DEFAULT.into())]).await;
    assert_eq!(bearer(&server, &tokens.bearer).await, 200);
}

/// What another program wrote into the database.
#[tokio::test]
async fn a_pattern_that_is_none_lets_nobody_through() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    set(&server, GatewayRuleSettings { paths: vec!["/a/../b".into()], ..any() }).await;
    for target in ["/a/../b", "/b", "/"] {
        assert_eq!(by_bearer(&server, &tokens.bearer, target).await.status(), 403, "{target}");
    }
}
