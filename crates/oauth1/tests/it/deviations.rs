//! What differs from what was signed (ATTACKS G5).

use vestibule_model::Millis;
use vestibule_oauth1::testing::{Made, encoded, header};
use vestibule_oauth1::{KeySecrets, Part, Problem, Rejection, Scheme, Window};

use crate::sent::{MADE, NOW, Sent, URL, client, parameters, signed_with, with};

fn refusal(sent: &Sent) -> Option<Problem> {
    sent.refusal(&client().secrets())
}

#[test]
fn g5_another_method_scheme_host_port_path_or_query_is_refused() {
    let sent = with(&parameters());
    assert_eq!(refusal(&sent), None);
    let query = sent.query.clone().unwrap();
    let changed = [
        Sent { method: "POST".to_owned(), ..sent.clone() },
        Sent { scheme: Scheme::Http, ..sent.clone() },
        Sent { host: "api.example.org".to_owned(), ..sent.clone() },
        Sent { host: "api.example.com:8443".to_owned(), ..sent.clone() },
        Sent { host: "api.example.com:80".to_owned(), ..sent.clone() },
        Sent { path: sent.path.replace("1234", "1235"), ..sent.clone() },
        Sent { path: format!("{}/", sent.path), ..sent.clone() },
        Sent { query: None, ..sent.clone() },
        Sent { query: Some(format!("{query}&admin=true")), ..sent.clone() },
        Sent { query: Some(query.replace("2.0", "2.1")), ..sent.clone() },
        Sent { query: Some(query.replace("select", "Select")), ..sent.clone() },
        Sent { form: Some("admin=true".to_owned()), ..sent.clone() },
    ];
    for sent in changed {
        assert_eq!(refusal(&sent), Some(Problem::SignatureInvalid), "{sent:?}");
    }
}

/// Nothing decodes a path, so no spelling of one is another's.
#[test]
fn g5_encoded_separators_are_not_separators() {
    let sent = with(&parameters());
    for (written, other) in
        [("/skills", "%2Fskills"), ("skills", "%73kills"), ("/skills", "//skills"), ("/skills", "/./skills")]
    {
        let sent = Sent { path: sent.path.replace(written, other), ..sent.clone() };
        assert_eq!(refusal(&sent), Some(Problem::SignatureInvalid), "{sent:?}");
    }
    for query in ["v=2.0%26select=id%20name", "v%3D2.0&select=id%20name", "v=2.0&select=id%2520name"] {
        let sent = Sent { query: Some(query.to_owned()), ..sent.clone() };
        assert_eq!(refusal(&sent), Some(Problem::SignatureInvalid), "{query}");
    }
    // RFC 5849 §3.4.1.3.1 decodes these alike.
    for query in ["select=id+name&v=2.0", "v=2%2e0&select=%69d%20name", "%76=2.0&select=id+name"] {
        let sent = Sent { query: Some(query.to_owned()), ..sent.clone() };
        assert_eq!(refusal(&sent), None, "{query}");
    }
}

#[test]
fn g5_parts_that_two_readers_read_in_two_ways_are_refused() {
    let sent = with(&parameters());
    let malformed = |part| Some(Problem::ParameterRejected(Rejection::Malformed(part)));
    for host in
        ["", "api.example.com/x", "a@api.example.com", "a b", "api.example.com:", "a%2eb", "[::1", "a?b"]
    {
        let sent = Sent { host: host.to_owned(), ..sent.clone() };
        assert_eq!(refusal(&sent), malformed(Part::Host), "{host}");
    }
    for path in ["*", "skills", "/a?b", "/a#b", "/a b", "/a\tb", "/a\0b", "https://api.example.com/a"] {
        let sent = Sent { path: path.to_owned(), ..sent.clone() };
        assert_eq!(refusal(&sent), malformed(Part::Path), "{path}");
    }
    for method in ["", "GET ", "GÉT", "A/B"] {
        let sent = Sent { method: method.to_owned(), ..sent.clone() };
        assert_eq!(refusal(&sent), malformed(Part::Method), "{method}");
    }
    for query in ["a=%", "a=%zz", "%4", "a=b#c", "a=b c", "a=\u{1}"] {
        let sent = Sent { query: Some(query.to_owned()), ..sent.clone() };
        assert_eq!(refusal(&sent), malformed(Part::Query), "{query}");
    }
    for form in ["a=%", "%zz=1"] {
        let sent = Sent { form: Some(form.to_owned()), ..sent.clone() };
        assert_eq!(refusal(&sent), malformed(Part::Form), "{form}");
    }
}

#[test]
fn g5_a_parameter_of_the_protocol_that_was_changed_is_refused() {
    let usual = header(&parameters());
    for (name, value) in [
        ("oauth_timestamp", "1795982401"),
        ("oauth_nonce", "7d8f3e4b"),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_consumer_key", "1ed5a0a0d4a64c5db0f3a4a4a3b7d6ef"),
    ] {
        let mut changed = parameters();
        changed.iter_mut().find(|(known, _)| known == name).unwrap().1 = value.to_owned();
        assert_eq!(refusal(&with(&changed)), Some(Problem::SignatureInvalid), "{name}");
    }
    let without = usual.replace(", oauth_version=\"1.0\"", "");
    assert_ne!(without, usual);
    assert_eq!(refusal(&Sent::get(URL).with_header(&without)), Some(Problem::SignatureInvalid));
}

#[test]
fn g5_another_keys_token_is_refused_whoever_signed() {
    let client = client();
    let other = "00000000000000000000000000000000";
    for sent in [with(&parameters()), signed_with("oauth_token", other), signed_with("oauth_token", "")] {
        let key = KeySecrets { token: "somebody else's", ..client.secrets() };
        assert_eq!(sent.refusal(&key), Some(Problem::TokenRejected));
    }
    assert_eq!(refusal(&signed_with("oauth_token", other)), Some(Problem::TokenRejected));
}

#[test]
fn other_secrets_are_refused() {
    let (client, sent) = (client(), with(&parameters()));
    let secrets = client.secrets();
    for key in [
        KeySecrets { consumer_secret: "x", ..secrets },
        KeySecrets { token_secret: "x", ..secrets },
        KeySecrets { consumer_secret: "", token_secret: "", ..secrets },
        KeySecrets {
            consumer_secret: client.secrets().token_secret,
            token_secret: &client.consumer_secret,
            ..secrets
        },
    ] {
        assert_eq!(sent.refusal(&key), Some(Problem::SignatureInvalid));
    }
}

#[test]
fn nobody_is_not_known_whatever_was_signed() {
    assert_eq!(with(&parameters()).signed().verify(None).err(), Some(Problem::ConsumerKeyUnknown));
    // As if the secrets were those that stand for nobody's.
    let mut nobody = client();
    (nobody.consumer_secret, nobody.token_secret) = ("0".repeat(16), "0".repeat(16));
    nobody.token = String::new();
    let sent = Sent::get(URL).with_header(&nobody.authorization(&MADE));
    assert_eq!(sent.signed().verify(None).err(), Some(Problem::ConsumerKeyUnknown));
}

#[test]
fn g5_methods_that_prove_nothing_are_refused_before_anything_is_missed() {
    let methods = [
        "PLAINTEXT",
        "RSA-SHA1",
        "RSA-SHA256",
        "HMAC-SHA512",
        "HMAC-MD5",
        "hmac-sha1",
        "HMAC-SHA1 ",
        "",
        "none",
    ];
    for method in methods {
        let sent = signed_with("oauth_signature_method", method);
        assert_eq!(refusal(&sent), Some(Problem::SignatureMethodRejected), "{method}");
    }
    let plaintext =
        "OAuth oauth_consumer_key=\"k\", oauth_signature_method=\"PLAINTEXT\", oauth_signature=\"s%26t\"";
    let sent = Sent::get(URL).with_header(plaintext);
    assert_eq!(refusal(&sent), Some(Problem::SignatureMethodRejected));
}

#[test]
fn another_version_is_refused() {
    for version in ["1.0a", "2.0", "1", "", "1.00"] {
        let sent = signed_with("oauth_version", version);
        assert_eq!(refusal(&sent), Some(Problem::VersionRejected), "{version}");
    }
}

#[test]
fn a_time_that_is_no_positive_integer_is_refused() {
    let rejected = Problem::ParameterRejected(Rejection::Value("oauth_timestamp"));
    for time in [
        "",
        "0",
        "-1",
        "+1795982400",
        " 1",
        "1e9",
        "1.5",
        "0x10",
        "99999999999999999999",
        "9223372036854775807",
        "١",
    ] {
        let sent = signed_with("oauth_timestamp", time);
        assert_eq!(refusal(&sent), Some(rejected.clone()), "{time}");
    }
}

#[test]
fn a_nonce_has_to_be_something() {
    let rejected = Problem::ParameterRejected(Rejection::Value("oauth_nonce"));
    assert_eq!(refusal(&signed_with("oauth_nonce", "")), Some(rejected.clone()));
    let not_text = header(&parameters()).replace("7d8f3e4a", "%ff");
    assert_eq!(refusal(&Sent::get(URL).with_header(&not_text)), Some(rejected));
}

#[test]
fn what_is_no_signature_is_an_invalid_one() {
    let right = parameters().pop().unwrap().1;
    let cut = right.trim_end_matches('=');
    let with_bits = right.replace("Y=", "Z=");
    assert_ne!(with_bits, right);
    for wrong in [
        "",
        "x",
        "=",
        "AAAA",
        cut,
        &with_bits,
        &right.to_lowercase(),
        &format!("{right}{right}"),
        &format!(" {right}"),
    ] {
        let header = header(&parameters()).replace(&encoded(&right), &encoded(wrong));
        let sent = Sent::get(URL).with_header(&header);
        assert_eq!(refusal(&sent), Some(Problem::SignatureInvalid), "{wrong}");
    }
}

#[test]
fn g5_one_request_counts_once() {
    let window = Window::around(Millis::from_unix(NOW * 1000));
    let used = |made: &Made<'_>| {
        let sent = Sent::get(URL).with_header(&client().authorization(made));
        let (signed, client) = (sent.signed(), client());
        signed.verify(Some(&client.secrets())).unwrap().single_use(window).unwrap()
    };
    let first = used(&MADE);
    assert_eq!(used(&MADE), first);
    // The same nonce at another time is another (RFC 5849 §3.3).
    let (later, other) = (MADE.timestamp + 1, "7d8f3e4b");
    assert_ne!(used(&Made { timestamp: later, ..MADE }).value, first.value);
    assert_ne!(used(&Made { nonce: other, ..MADE }).value, first.value);
    // Another request by the same nonce is the same use.
    let sent = Sent { method: "POST".to_owned(), ..Sent::get(URL) };
    let sent = sent.with_header(&client().authorization(&Made { method: "POST", ..MADE }));
    let (signed, client) = (sent.signed(), client());
    let again = signed.verify(Some(&client.secrets())).unwrap().single_use(window).unwrap();
    assert_eq!(again, first);
    assert!(matches!(
        signed.verify(Some(&client.secrets())).unwrap().single_use(Window::around(Millis::EPOCH)),
        Err(Problem::TimestampRefused { earliest: -300, latest: 300 })
    ));
}
