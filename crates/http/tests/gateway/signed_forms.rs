//! Signed requests with a form, whose parameters are signed: what a gateway sends of it, and what follows when it does not.

use reqwest::RequestBuilder;
use vestibule_oauth1::MAX_FORM_BYTES;
use vestibule_oauth1::testing::{Made, encoded};
use vestibule_testkit::Key;

use super::signatures::{INVALID, any, client, made, server, set};
use super::*;

const FORM: &str = "application/x-www-form-urlencoded";
const PARAMETERS: &[(&str, &str)] = &[("b", "1 2"), ("a", "ü&")];

/// Encoded as forms are.
fn form(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<_> =
        parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&").replace("%20", "+")
}

/// A POST to `/form` that a gateway of this kind asks about, signed by the bot's key over these parameters, without a body.
fn asked(server: &TestServer, kind: &str, parameters: &[(&str, &str)]) -> RequestBuilder {
    let made = Made { method: "POST", uri: "https://api.example.com/form", parameters, ..made(server, kind) };
    let behind = if kind == "envoy" { "/form" } else { "" };
    // Traefik asks by GET, whatever the method is.
    let method = if kind == "envoy" { Method::POST } else { Method::GET };
    let request = server.request(method, &format!("{CHECK}/{kind}/rule/signed{behind}"));
    let request = if kind == "envoy" { request.header("host", "api.example.com") } else { request };
    let headers = kinds::headers(kind, "/form")
        .into_iter()
        .map(|(name, value)| (name, if value == "GET" { "POST".to_owned() } else { value }));
    let request = headers.fold(request, |request, (name, value)| request.header(name, value));
    request.header("authorization", client(&Key::BOT).authorization(&made))
}

async fn told(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_form_counts_where_the_gateway_sends_it() {
    for kind in ["envoy", "traefik", "haproxy"] {
        let server = server().await;
        let asked = asked(&server, kind, PARAMETERS).header("content-type", FORM).body(form(PARAMETERS));
        assert_eq!(told(asked).await.0, 200, "{kind}");
    }
}

#[tokio::test]
async fn g5_a_form_of_which_envoy_says_that_it_is_a_part_is_refused() {
    for (told, expected) in [("false", 200), ("true", 401), ("x", 401)] {
        // The same request once more would be refused for that.
        let server = server().await;
        let asked = asked(&server, "envoy", PARAMETERS).header("content-type", FORM).body(form(PARAMETERS));
        let answer = asked.header("x-envoy-auth-partial-body", told).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{told}");
    }
}

#[tokio::test]
async fn g5_a_form_that_was_changed_or_left_out_is_refused() {
    let server = server().await;
    for (kind, body) in
        [("envoy", form(&PARAMETERS[..1])), ("traefik", form(PARAMETERS) + "&c="), ("nginx", String::new())]
    {
        let asked = asked(&server, kind, PARAMETERS).header("content-type", FORM).body(body);
        assert_eq!(told(asked).await, (401, INVALID.to_owned()), "{kind}");
    }
}

/// Anybody could add parameters to it.
#[tokio::test]
async fn g5_a_form_that_the_gateway_does_not_send_is_refused_though_the_rest_is_signed() {
    let server = server().await;
    let (kept, sent) = (asked(&server, "nginx", &[]), asked(&server, "caddy", &[]));
    assert_eq!(told(kept.header("content-type", FORM)).await, (401, INVALID.to_owned()));
    for kind in [
        "application/x-www-form-urlencoded; charset=utf-8",
        " Application/X-WWW-Form-URLEncoded",
        "application/x-www-form-urlencoded, a/b",
        "a/b, application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded x",
    ] {
        let kept = asked(&server, "nginx", &[]).header("content-type", kind);
        assert_eq!(told(kept).await, (401, INVALID.to_owned()), "{kind}");
    }
    assert_eq!(told(sent).await.0, 200, "without a form the same passes");
}

#[tokio::test]
async fn a_body_that_is_no_form_is_not_signed() {
    let server = server().await;
    let asked = asked(&server, "envoy", &[]).header("content-type", "application/json").body("{\"a\":1}");
    assert_eq!(told(asked).await.0, 200);
}

#[tokio::test]
async fn g5_a_form_is_read_up_to_its_limit_and_refused_beyond() {
    let server = server().await;
    for (kind, length, expected) in [("envoy", MAX_FORM_BYTES, 200), ("traefik", MAX_FORM_BYTES + 1, 401)] {
        let value = "x".repeat(length - 2);
        let parameters = [("a", &*value)];
        let asked = asked(&server, kind, &parameters).header("content-type", FORM).body(form(&parameters));
        assert_eq!(told(asked).await.0, expected, "{length}");
    }
}

/// What is signed is not asked for, so the body is nobody's business, whatever its length.
#[tokio::test]
async fn a_session_passes_beside_a_form_of_any_length() {
    let server = server().await;
    let bearer = liveperson(&server).await.bearer;
    for takes_signatures in [true, false] {
        let settings = if takes_signatures { any() } else { vestibule_model::GatewayRuleSettings::default() };
        set(&server, settings).await;
        let path = format!("{CHECK}/envoy/rule/signed/form");
        let request = server.request(Method::POST, &path).bearer_auth(&bearer).header("content-type", FORM);
        let request = kinds::headers("envoy", "/form")
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        assert_eq!(told(request.body("a=".repeat(MAX_FORM_BYTES))).await.0, 200, "{takes_signatures}");
    }
}
