//! The checks by kind of gateway: which header each is believed, who is believed at all, and what a client can do about it.

use reqwest::RequestBuilder;
use reqwest::header::HeaderValue;

use super::fast_path::{Wire, get_at};
use super::*;

pub(crate) const KINDS: [&str; 5] = ["nginx", "haproxy", "caddy", "traefik", "envoy"];

/// A target of the fixture's account and one of another.
const OWN: &str = "/api/account/12345678/x?a=b";
const OTHERS: &str = "/api/account/99999999/x?a=b";

/// The headers in which this kind says what its request is.
pub(crate) fn headers(kind: &str, target: &str) -> Vec<(&'static str, String)> {
    let named = match kind {
        "nginx" | "haproxy" => vec![("X-Original-Method", "GET"), ("X-Original-URI", target)],
        "caddy" | "traefik" => vec![("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", target)],
        _ => Vec::new(),
    };
    let host = (kind != "envoy").then_some(("X-Forwarded-Host", "api.example.com"));
    let common = [("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.7")];
    named.into_iter().chain(host).chain(common).map(|(name, value)| (name, value.to_owned())).collect()
}

/// The path at which this kind asks by the rule that there always is.
fn path(kind: &str, target: &str) -> String {
    format!("/gateway/check/{kind}/rule/default{}", if kind == "envoy" { target } else { "" })
}

fn with_headers(request: RequestBuilder, headers: Vec<(&str, String)>) -> RequestBuilder {
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// What this kind asks about a request for a target.
pub(crate) fn asked_by(kind: &str, server: &TestServer, target: &str) -> RequestBuilder {
    with_headers(server.request(Method::GET, &path(kind, target)), headers(kind, target))
}

/// The same from an address of which no gateway is.
pub(crate) fn asked_by_a_stranger(server: &TestServer, kind: &str) -> RequestBuilder {
    let url = format!("http://{}{}", server.address(), path(kind, OWN));
    with_headers(stranger().get(url), headers(kind, OWN))
}

fn stranger() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.local_address(std::net::IpAddr::from([127, 0, 0, 2])).build().unwrap()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// Status and type of a problem.
async fn problem(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(header(&answer, "content-type"), "application/problem+json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["type"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn each_kind_is_answered_by_the_target_that_it_says() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for kind in KINDS {
        let with =
            async |target: &str| status(asked_by(kind, &server, target).bearer_auth(&tokens.bearer)).await;
        assert_eq!((with(OWN).await, with("/x").await, with(OTHERS).await), (200, 200, 401), "{kind}");
        let bearer = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}?v=2.1", tokens.bearer);
        assert_eq!(status(asked_by(kind, &server, &bearer)).await, 200, "{kind}");
        assert_eq!(status(asked_by(kind, &server, OWN)).await, 401, "{kind}");
    }
}

/// ATTACKS G6: of all the headers that name a target, one counts, and that is the gateway's.
#[tokio::test]
async fn g6_a_target_at_any_other_place_is_the_clients_and_nobodys() {
    const PLACES: [&str; 7] = [
        "x-original-uri",
        "x-forwarded-uri",
        "x-original-url",
        "x-rewrite-url",
        "x-envoy-original-path",
        "x-forwarded-path",
        "forwarded",
    ];
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for kind in KINDS {
        for place in PLACES {
            let with = async |gateways: &str, clients: &str| {
                let asked = asked_by(kind, &server, gateways).bearer_auth(&tokens.bearer);
                status(asked.header(place, clients)).await
            };
            let is_its_own = headers(kind, OWN).iter().any(|(name, _)| name.eq_ignore_ascii_case(place));
            let expected = if is_its_own { (401, 401) } else { (200, 401) };
            assert_eq!((with(OWN, OTHERS).await, with(OTHERS, OWN).await), expected, "{kind}, {place}");
        }
    }
}

#[tokio::test]
async fn g6_a_target_that_stands_twice_is_refused_also_when_it_is_the_same() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for (kind, name) in
        [("nginx", "x-original-uri"), ("caddy", "x-forwarded-uri"), ("traefik", "x-forwarded-uri")]
    {
        let asked = asked_by(kind, &server, OWN).bearer_auth(&tokens.bearer);
        assert_eq!(status(asked.header(name, OWN)).await, 401, "{kind}");
    }
}

/// ATTACKS G4: a header that a kind is read by is there once; the refusal has the credential's shape, which every kind of gateway
/// takes for a no.
#[tokio::test]
async fn g4_what_a_kind_has_to_send_is_neither_missing_nor_doubled_nor_unreadable() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for kind in KINDS {
        for (name, value) in headers(kind, OWN) {
            let rest: Vec<_> = headers(kind, OWN).into_iter().filter(|line| line.0 != name).collect();
            let asked = |path: &str| server.request(Method::GET, path).bearer_auth(&tokens.bearer);
            let without = with_headers(asked(&path(kind, OWN)), rest);
            let underscored = without.try_clone().unwrap().header(name.replace('-', "_"), &value);
            let unreadable =
                without.try_clone().unwrap().header(name, HeaderValue::from_bytes(b"/\xff").unwrap());
            let doubled = without.try_clone().unwrap().header(name, &value).header(name, &value);
            for wrong in [without, underscored, unreadable, doubled] {
                let answer = wrong.send().await.unwrap();
                assert_eq!(answer.status(), 401, "{kind}, {name}");
                assert!(answer.text().await.unwrap().starts_with("oauth_problem=token_rejected"));
            }
        }
    }
}

#[tokio::test]
async fn g6_the_query_of_a_check_means_nothing() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for kind in KINDS.into_iter().filter(|kind| *kind != "envoy") {
        let clients = format!("?X-Original-URI={OTHERS}&X-Forwarded-Uri={OTHERS}&rule=other&/rule/other");
        let with = async |target: &str| {
            let asked = server.request(Method::GET, &format!("{}{clients}", path(kind, target)));
            let asked = with_headers(asked, headers(kind, target)).bearer_auth(&tokens.bearer);
            status(asked).await
        };
        assert_eq!((with(OWN).await, with(OTHERS).await), (200, 401), "{kind}");
    }
    let asked = server.request(Method::GET, &format!("{CHECK}?uri={OTHERS}")).bearer_auth(&tokens.bearer);
    assert_eq!(status(asked).await, 200);
}

/// What Envoy appends is looked at as it was sent, whoever reads the request.
#[tokio::test]
async fn g1_a_target_behind_envoys_path_is_read_in_every_way() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    for (target, expected) in [
        ("/api/account/12345678/x", 200),
        ("//api/./account/12345678;a/x", 200),
        ("/a/../b//c", 200),
        ("/rule/other", 200),
        ("//api/account/99999999/x", 401),
        ("/x/../api/account/99999999/x", 401),
        ("/../../../api/account/99999999/x", 401),
        ("/%61pi/account/99999999/x", 401),
        ("/api%2faccount%2F99999999/x", 401),
        ("/api\\account\\99999999", 401),
        ("/api/account/12345678/../99999999", 401),
        ("/API/account/99999999/x", 401),
        ("?/api/account/99999999/x", 200),
    ] {
        for method in ["GET", "POST", "DELETE", "PURGE"] {
            let mut shown = headers("envoy", target);
            shown.push(("Authorization", bearer.clone()));
            let shown: Vec<_> = shown.iter().map(|(name, value)| (*name, &**value)).collect();
            let request = String::from_utf8(get_at(&path("envoy", target), &shown)).unwrap();
            let mut wire = Wire::to(&server).await;
            wire.send(request.replacen("GET", method, 1).as_bytes()).await;
            assert_eq!(wire.answer().await.status, expected, "{method} {target}");
        }
    }
}

#[tokio::test]
async fn g4_who_is_no_gateway_is_refused_whatever_it_says() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let expected = (403, "urn:vestibule:not-a-gateway".to_owned());
    for kind in KINDS {
        let asked = || asked_by_a_stranger(&server, kind).bearer_auth(&tokens.bearer);
        assert_eq!(problem(asked()).await, expected, "{kind}");
        // By hyper.
        assert_eq!(problem(asked().header("content-length", "0")).await, expected, "{kind}");
        assert_eq!(problem(asked().header("x-forwarded-for", "127.0.0.1")).await, expected, "{kind}");
        let url = format!("http://{}/gateway/check/{kind}/rule/other", server.address());
        assert_eq!(problem(stranger().get(url)).await, expected, "{kind}");
    }
    let url = format!("http://{}{CHECK}", server.address());
    assert_eq!(status(stranger().get(url).bearer_auth(&tokens.bearer)).await, 200, "believes nobody");
}

#[tokio::test]
async fn a_rule_that_is_not_there_lets_nothing_pass() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for kind in KINDS {
        for rule in ["other", "DEFAULT", "default%20", "defaultx", "%64efault"] {
            let path = path(kind, OWN).replace("default", rule);
            let asked = with_headers(server.request(Method::GET, &path), headers(kind, OWN));
            let expected = (403, "urn:vestibule:unknown-rule".to_owned());
            assert_eq!(problem(asked.bearer_auth(&tokens.bearer)).await, expected, "{kind}, {rule}");
        }
    }
}

#[tokio::test]
async fn other_paths_below_the_check_are_no_checks() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for path in [
        "",
        "other/rule/default",
        "nginx",
        "nginx/rule",
        "nginx/rule/",
        "nginx/rule/default/x",
        "envoy/rule/",
    ] {
        let path = format!("{CHECK}/{path}");
        let asked = with_headers(server.request(Method::GET, &path), headers("nginx", OWN));
        assert_eq!(status(asked.bearer_auth(&tokens.bearer)).await, 404, "{path}");
    }
}

#[tokio::test]
async fn every_method_asks_alike() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
        for kind in KINDS {
            let with = |target: &str| {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                with_headers(server.request(method, &path(kind, target)), headers(kind, target))
            };
            let asked = with(OWN).bearer_auth(&tokens.bearer);
            // As the preflight of a browser, which is the client's and not ours to answer.
            let asked =
                asked.header("origin", "https://a.example").header("access-control-request-method", "PUT");
            assert_eq!(status(asked).await, 200, "{method}, {kind}");
            assert_eq!(status(with(OTHERS).bearer_auth(&tokens.bearer)).await, 401, "{method}, {kind}");
            assert_eq!(status(with(OWN).body("a body")).await, 401, "{method}, {kind}");
        }
    }
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let server = TestServer::start().await;
    let mut wire = Wire::to(&server).await;
    for asked in [
        path("envoy", OWN),
        path("nginx", OWN),
        CHECK.to_owned(),
        path("envoy", OWN).replace("default", "other"),
    ] {
        let head = format!(
            "HEAD {asked} HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"
        );
        wire.send(&[head.as_bytes(), b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"].concat()).await;
        assert!([401, 403].contains(&wire.head().await.status), "{asked}");
        assert_eq!(wire.answer().await.status, 404, "{asked}");
    }
}

#[tokio::test]
async fn http_2_is_answered_as_http_1() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    for kind in KINDS {
        for method in [Method::GET, Method::HEAD, Method::DELETE] {
            for (target, expected) in [(OWN, 200), (OTHERS, 401)] {
                let url = format!("http://{}{}", server.address(), path(kind, target));
                let asked = with_headers(client.request(method.clone(), url), headers(kind, target));
                let answer = asked.bearer_auth(&tokens.bearer).send().await.unwrap();
                assert_eq!(
                    (answer.status().as_u16(), answer.version()),
                    (expected, reqwest::Version::HTTP_2)
                );
                let body = answer.bytes().await.unwrap();
                assert_eq!(body.is_empty(), expected == 200 || method == Method::HEAD, "{kind} {method}");
            }
        }
    }
    let url = format!("http://{}{}", server.address(), path("nginx", OWN).replace("default", "other"));
    assert_eq!(problem(client.get(url)).await.1, "urn:vestibule:unknown-rule");
}

/// The addresses that a key may be used from are about the client, not about the gateway.
#[tokio::test]
async fn the_address_is_the_one_that_the_gateway_reports() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.api_key.addresses = vec!["127.0.0.1/32".parse().unwrap(), "192.0.2.7/32".parse().unwrap()];
    })
    .await;
    let body: Value = server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await.json().await.unwrap();
    let bearer = body["bearer"].as_str().unwrap();
    for kind in KINDS {
        let with = async |from: &str| {
            let mut headers = headers(kind, "/x");
            headers
                .iter_mut()
                .filter(|line| line.0 == "X-Forwarded-For")
                .for_each(|line| line.1 = from.to_owned());
            status(with_headers(server.request(Method::GET, &path(kind, "/x")), headers).bearer_auth(bearer))
                .await
        };
        assert_eq!((with("192.0.2.7").await, with("192.0.2.8").await), (200, 401), "{kind}");
        assert_eq!(
            (with("192.0.2.8, 192.0.2.7").await, with("192.0.2.7, 192.0.2.8").await),
            (200, 401),
            "{kind}"
        );
    }
    let external = |address: &'static str| {
        asked_by("envoy", &server, "/x").header("x-envoy-external-address", address).bearer_auth(bearer)
    };
    assert_eq!((status(external("192.0.2.7")).await, status(external("192.0.2.8")).await), (200, 401));
}

/// nginx knows of a check's status and headers alone.
#[tokio::test]
async fn nginx_finds_the_body_of_a_refusal_in_a_header() {
    let server = TestServer::start().await;
    for kind in KINDS {
        for (name, value) in [("authorization", "Bearer x"), ("lv-session", "x"), ("cookie", "session_id=x")]
        {
            let answer = asked_by(kind, &server, OWN).header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 401);
            let told =
                answer.headers().get("x-vestibule-refusal").map(HeaderValue::as_bytes).map(<[u8]>::to_vec);
            let body = answer.bytes().await.unwrap();
            assert_eq!(told, (kind == "nginx").then(|| body.to_vec()), "{kind}: {name}");
        }
    }
}
