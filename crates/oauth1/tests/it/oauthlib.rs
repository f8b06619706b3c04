//! Beside Python's oauthlib: what it signs is taken here, what is signed here is taken there, and of requests that were changed on
//! the way nothing is taken here that it refuses.

use std::sync::{LazyLock, Mutex};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::peer::{Peer, key};
use crate::properties::{Drawn, drawn};
use crate::sent::{NOW, Sent};

static PEER: LazyLock<Mutex<Peer>> = LazyLock::new(|| Mutex::new(Peer::start("oauthlib_peer.py")));

fn ask(question: &Value) -> Value {
    PEER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).ask(question)
}

/// The address of a request, whole.
fn url(drawn: &Drawn, sent: &Sent) -> String {
    let (scheme, _) = drawn.uri.split_once("://").unwrap();
    let query = sent.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
    format!("{scheme}://{}{}{query}", sent.host, sent.path)
}

/// Whether it takes a request; not if it comes to no decision.
fn is_taken_there(drawn: &Drawn, sent: &Sent) -> bool {
    let answer = ask(&json!({"verify": {
        "client": key(&drawn.client), "method": sent.method, "uri": url(drawn, sent), "form": sent.form,
        "authorization": sent.authorization.first(),
    }}));
    assert!(answer["taken"].is_boolean() || answer["refused"].is_string(), "{answer}");
    answer["taken"] == true
}

/// A request as it signs it.
fn signed_there(drawn: &Drawn, place: &str, realm: Option<&str>) -> Sent {
    let unsigned = drawn.unsigned();
    let answer = ask(&json!({"sign": {
        "client": key(&drawn.client), "method": drawn.method, "uri": url(drawn, &unsigned), "form": unsigned.form,
        "place": place, "nonce": drawn.nonce, "timestamp": NOW, "realm": realm,
    }}));
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    let uri = text("uri").unwrap_or_else(|| panic!("{answer} to {drawn:?}"));
    Sent {
        method: drawn.method.clone(),
        authorization: text("authorization").into_iter().collect(),
        form: text("form"),
        ..Sent::get(&uri)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_oauthlib_signs_is_taken(
        drawn in drawn(), place in select(vec!["AUTH_HEADER", "QUERY", "BODY"]), realm in select(vec![None, Some("api")])
    ) {
        // It signs in a form where there is one.
        let place = if place == "BODY" && drawn.form.is_none() { "QUERY" } else { place };
        let sent = signed_there(&drawn, place, realm.filter(|_| place == "AUTH_HEADER"));
        prop_assert_eq!(sent.authorization.is_empty(), place != "AUTH_HEADER");
        prop_assert_eq!(sent.refusal(&drawn.client.secrets()), None, "{:?}", sent);
    }

    #[test]
    fn what_is_signed_here_is_taken_by_oauthlib(drawn in drawn()) {
        prop_assert!(is_taken_there(&drawn, &drawn.sent()));
    }

    /// One byte becomes another somewhere in the request.
    #[test]
    fn g5_nothing_is_taken_that_oauthlib_refuses(
        drawn in drawn(), part in 0..5_usize, at in any::<Index>(), other in "[ -~]"
    ) {
        let mut sent = drawn.sent();
        let text = match part {
            0 => Some(&mut sent.method),
            1 => Some(&mut sent.path),
            2 => sent.query.as_mut(),
            3 => sent.authorization.first_mut(),
            _ => sent.form.as_mut(),
        };
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(()) };
        // It knows no empty element of a list (RFC 9110 §5.6.1.2).
        prop_assume!(part != 3 || other != ",");
        let at = at.index(text.len());
        text.replace_range(at..=at, &other);
        if sent.is_taken(&drawn.client.secrets()) {
            prop_assert!(is_taken_there(&drawn, &sent), "{sent:?}");
        }
    }
}
