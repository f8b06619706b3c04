//! Requests that requests-oauthlib signed, as they came over the wire: those of tap-liveperson and of LivePerson's samples, and
//! whatever else its options make.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use vestibule_oauth1::{Problem, is_form};

use crate::peer::{Peer, key};
use crate::sent::{Sent, client};

static RECORDED: LazyLock<BTreeMap<String, Sent>> = LazyLock::new(|| {
    let answer = Peer::start("requests_oauthlib_client.py").answer(&key(&client()));
    let recorded = answer.as_object().unwrap().iter();
    recorded.map(|(name, request)| (name.clone(), sent(request))).collect()
});

fn sent(request: &Value) -> Sent {
    let headers = |wanted: &str| -> Vec<String> {
        let all = request["headers"].as_array().unwrap().iter();
        let matching = all.filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(wanted));
        matching.map(|header| header[1].as_str().unwrap().to_owned()).collect()
    };
    let text = |key: &str| request[key].as_str().unwrap().to_owned();
    let is_form = headers("Content-Type").iter().any(|value| is_form(value.as_bytes()));
    Sent {
        method: text("method"),
        authorization: headers("Authorization"),
        form: is_form.then(|| text("body")),
        ..Sent::get(&format!("http://{}{}", headers("Host")[0], text("target")))
    }
}

fn refusal(name: &str) -> Option<Problem> {
    RECORDED[name].refusal(&client().secrets())
}

#[test]
fn the_requests_of_tap_liveperson_are_taken() {
    for name in ["domain", "agents", "search"] {
        assert_eq!(refusal(name), None, "{name}: {:?}", RECORDED[name]);
    }
    assert!(RECORDED["search"].form.is_none(), "JSON is no form");
}

#[test]
fn the_requests_of_liveperson_s_samples_are_taken() {
    for name in ["sample", "session", "sha256"] {
        assert_eq!(refusal(name), None, "{name}: {:?}", RECORDED[name]);
    }
}

#[test]
fn spaces_brackets_and_unicode_in_queries_and_forms_are_taken() {
    for name in ["odd", "plus", "form"] {
        assert_eq!(refusal(name), None, "{name}: {:?}", RECORDED[name]);
    }
    assert!(RECORDED["form"].form.is_some());
}

#[test]
fn requests_that_are_signed_in_the_query_and_in_the_form_are_taken() {
    for name in ["in the query", "in the form"] {
        assert!(RECORDED[name].authorization.is_empty());
        assert_eq!(refusal(name), None, "{name}: {:?}", RECORDED[name]);
    }
}

#[test]
fn what_it_signs_in_other_ways_is_refused() {
    assert_eq!(refusal("plaintext"), Some(Problem::SignatureMethodRejected));
    assert_eq!(refusal("two legs"), Some(Problem::ParameterAbsent(vec!["oauth_token"])));
    assert_eq!(refusal("other secret"), Some(Problem::SignatureInvalid));
}
