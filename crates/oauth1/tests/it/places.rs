//! Where protocol parameters stand: in the header, in the query, or in the form (RFC 5849 §3.5).

use vestibule_oauth1::testing::{Made, Pairs};
use vestibule_oauth1::{Problem, Rejection, is_form};

use crate::sent::{MADE, Sent, URL, client, form, parameters, with};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// That request, signed in the query.
fn in_query(parameters: &Pairs) -> Sent {
    Sent::get(&format!("{URL}&{}", form(parameters)))
}

/// A POST of a form, signed in the form.
fn in_form() -> Sent {
    let made = Made { method: "POST", parameters: &[("name", "Ann Lee"), ("v", "1")], ..MADE };
    let body = format!("name=Ann+Lee&{}", form(&client().sign(&made)));
    Sent {
        method: "POST".to_owned(),
        form: Some(body),
        ..Sent::get("https://api.example.com/api/account/1234/skills?v=1")
    }
}

#[test]
fn each_place_is_read() {
    for sent in [with(&parameters()), in_query(&parameters()), in_form()] {
        assert_eq!(sent.refusal(&client().secrets()), None, "{sent:?}");
    }
}

#[test]
fn in_a_query_the_order_of_parameters_makes_no_difference() {
    let reversed: Pairs = parameters().into_iter().rev().collect();
    let sent = Sent::get(&format!("{}?{}&select=id+name&v=2.0", MADE.uri, form(&reversed)));
    assert_eq!(sent.refusal(&client().secrets()), None);
}

#[test]
fn a_form_is_signed_whatever_else_signs_it() {
    let made = Made { method: "POST", parameters: &[("v", "1"), ("name", "Ann Lee"), ("é", "")], ..MADE };
    let body = "name=Ann+Lee&%C3%A9";
    let sent = Sent {
        method: "POST".to_owned(),
        form: Some(body.to_owned()),
        ..Sent::get("https://api.example.com/api/account/1234/skills?v=1")
    }
    .with_header(&client().authorization(&made));
    assert_eq!(sent.refusal(&client().secrets()), None);
    let changed = Sent { form: Some(body.replace("Ann", "Eve")), ..sent.clone() };
    assert_eq!(changed.refusal(&client().secrets()), Some(Problem::SignatureInvalid));
    assert_eq!(Sent { form: None, ..sent }.refusal(&client().secrets()), Some(Problem::SignatureInvalid));
}

#[test]
fn a_realm_outside_of_the_header_is_signed() {
    let mut sent = in_query(&parameters());
    sent.query.as_mut().unwrap().push_str("&realm=x");
    assert_eq!(sent.refusal(&client().secrets()), Some(Problem::SignatureInvalid));
}

#[test]
fn g5_protocol_parameters_in_several_places_are_refused() {
    let refused =
        |listed: &[&str]| Some(Problem::ParameterRejected(Rejection::InSeveralPlaces(names(listed))));
    let secrets = client();
    let secrets = secrets.secrets();
    let mut sent = with(&parameters());
    sent.query.as_mut().unwrap().push_str("&oauth_nonce=1&oauth_nonce=2&oauth_token=3");
    assert_eq!(sent.refusal(&secrets), refused(&["oauth_nonce", "oauth_token"]));
    let sent = Sent { form: Some("%6Fauth_x=".to_owned()), ..with(&parameters()) };
    assert_eq!(sent.refusal(&secrets), refused(&["oauth_x"]));
    let sent = Sent { form: Some("oauth_token=1".to_owned()), ..in_query(&parameters()) };
    assert_eq!(sent.refusal(&secrets), refused(&["oauth_token"]));
    let sent = in_query(&parameters()).with_header("OAuth realm=\"\"");
    let all: Vec<String> = parameters().into_iter().map(|(name, _)| name).collect();
    let Some(Problem::ParameterRejected(Rejection::InSeveralPlaces(found))) = sent.refusal(&secrets) else {
        panic!("it is taken");
    };
    assert_eq!((found.len(), found.iter().all(|name| all.contains(name))), (all.len(), true));
}

#[test]
fn g5_a_protocol_parameter_that_stands_there_twice_is_refused() {
    for (name, value) in parameters() {
        let refused = Some(Problem::ParameterRejected(Rejection::Repeated(names(&[&name]))));
        for value in [value, "x".to_owned()] {
            let mut twice = parameters();
            twice.push((name.clone(), value));
            assert_eq!(with(&twice).refusal(&client().secrets()), refused, "{name}");
            assert_eq!(in_query(&twice).refusal(&client().secrets()), refused, "{name}");
        }
    }
    let mut twice = parameters();
    twice.extend([("oauth_x".to_owned(), "1".to_owned()), ("oauth_x".to_owned(), "2".to_owned())]);
    let refused = Some(Problem::ParameterRejected(Rejection::Repeated(names(&["oauth_x"]))));
    assert_eq!(with(&twice).refusal(&client().secrets()), refused);
}

#[test]
fn a_parameter_of_the_service_may_stand_there_twice() {
    let made = Made { parameters: &[("id", "2"), ("id", "1"), ("id", "1"), ("id", "")], ..MADE };
    let header = client().authorization(&made);
    let sent = |query: &str| Sent::get(&format!("{}?{query}", MADE.uri)).with_header(&header);
    assert_eq!(sent("id=2&id=1&id=1&id=").refusal(&client().secrets()), None);
    assert_eq!(sent("id=1&&id&id=%31&id=2&").refusal(&client().secrets()), None);
    assert_eq!(sent("id=2&id=1&id=").refusal(&client().secrets()), Some(Problem::SignatureInvalid));
}

#[test]
fn what_is_not_signed_is_none_of_ours_however_odd_it_is() {
    let unsigned = [
        Sent::get("https://api.example.com/"),
        // A browser that comes back from a provider of OAuth 1.0 (RFC 5849 §2.2).
        Sent::get("https://api.example.com/callback?oauth_token=hh5s93j4&oauth_verifier=hfdp7dh3"),
        Sent::get("https://api.example.com/?x=%zz&y=%"),
    ];
    for sent in unsigned {
        for header in ["Bearer oauth_signature", "Basic eA==", "OAuth2 oauth_signature=\"x\"", ""] {
            let sent = Sent { host: "a b".to_owned(), ..sent.clone().with_header(header) };
            assert!(sent.read().unwrap().is_none(), "{sent:?}");
        }
    }
}

#[test]
fn a_key_a_signature_or_a_method_outside_of_the_header_is_read_as_signed() {
    for name in ["oauth_consumer_key", "oauth_signature", "oauth_signature_method", "oauth%5Fsignature"] {
        let in_query = Sent::get(&format!("https://api.example.com/?a=1&{name}=HMAC-SHA1"));
        let in_form =
            Sent { form: Some(format!("{name}=HMAC-SHA1")), ..Sent::get("https://api.example.com/") };
        for sent in [in_query, in_form] {
            assert!(matches!(sent.read(), Err(Problem::ParameterAbsent(_))), "{sent:?}");
        }
    }
}

#[test]
fn forms_are_known_by_their_type() {
    for content_type in [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-URLEncoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        " application/x-www-form-urlencoded ;x",
        // Services are not strict about what follows.
        "application/x-www-form-urlencoded-not",
        "application/x-www-form-urlencoded, a/b",
        "a/b, application/x-www-form-urlencoded",
    ] {
        assert!(is_form(content_type.as_bytes()), "{content_type}");
    }
    for content_type in ["", "application/json", "multipart/form-data", "x;application/x-www-form-urlencoded"]
    {
        assert!(!is_form(content_type.as_bytes()), "{content_type}");
    }
}
