//! X9: ID tokens.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use vestibule_model::{Millis, Reason as _};
use vestibule_oidc::{Algorithm, Check, IdToken, Keys, Refusal};

use crate::provider::{
    CLIENT, EC, NOW, NOW_S, OTHER, RSA, claims, claims_with, ec_token, expected, keys, login, refusal,
    report, rsa_jwk, token, token_by, token_signed_with,
};

#[test]
fn a_token_of_the_provider_is_taken() {
    let login = login(&token(&claims())).unwrap();
    assert_eq!(login.claims.sub, "user-1");
    assert_eq!(login.claims.text("preferred_username"), Some("name@example.com"));
    assert_eq!(login.claims.sid.as_deref(), Some("session-1"));
    assert_eq!(login.single_use_until, NOW.plus(Duration::from_mins(6)));
}

#[test]
fn a_token_by_an_elliptic_curve_is_taken() {
    assert!(login(&ec_token(&claims())).is_ok());
}

/// Incidents of X9: jsonwebtoken CVE-2015-9235 (`none`, HMAC by the public key), MISP CVE-2026-9084 and Casdoor CVE-2026-9092 (users
/// linked by their address for mail).
#[test]
fn x9_no_algorithm() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        for signature in [&b""[..], b"x"] {
            let token = token_signed_with(&json!({"alg": alg}), &claims(), signature);
            assert!(matches!(refusal(&token), Refusal::Algorithm { .. }), "{alg}");
        }
    }
}

#[test]
fn x9_hmac_with_the_public_key() {
    use rcgen::PublicKeyData as _;
    let header = json!({"alg": "HS256", "kid": "rsa-1"});
    let unsigned = token_signed_with(&header, &claims(), b"");
    let message = unsigned.trim_end_matches('.');
    for secret in [RSA.public_key_pem().into_bytes(), RSA.der_bytes().to_vec()] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let signature = aws_lc_rs::hmac::sign(&key, message.as_bytes());
        let token = token_signed_with(&header, &claims(), signature.as_ref());
        assert!(matches!(refusal(&token), Refusal::Algorithm { .. }));
    }
}

#[test]
fn x9_an_algorithm_that_the_connection_has_not() {
    let only_ec = IdToken { algorithms: &[Algorithm::Es256], ..expected() };
    let outcome = only_ec.examine(&token(&claims()), &keys(), NOW).outcome();
    assert_eq!(outcome, Err(Refusal::Algorithm { found: "RS256".into(), expected: vec!["ES256"] }));
    let none = IdToken { algorithms: &[], ..expected() };
    assert!(none.examine(&token(&claims()), &keys(), NOW).outcome().is_err());
}

#[test]
fn x9_a_key_of_another_family_or_for_another_algorithm() {
    // The header says that the token is by the other key.
    let token = token_by(&RSA, &json!({"alg": "RS256", "kid": "ec-1"}), &claims());
    assert_eq!(refusal(&token), Refusal::UnknownKey(Some("ec-1".into())));
    let algorithms = &[Algorithm::Ps256];
    let expected = IdToken { algorithms, ..expected() };
    let token = token_by(&RSA, &json!({"alg": "PS256", "kid": "rsa-1"}), &claims());
    let outcome = expected.examine(&token, &keys(), NOW).outcome();
    assert_eq!(outcome, Err(Refusal::UnknownKey(Some("rsa-1".into()))));
}

#[test]
fn x9_a_key_of_the_token_itself() {
    let header = json!({"alg": "RS256", "kid": "rsa-1", "jwk": rsa_jwk(&OTHER, "rsa-1"), "jku": "https://evil.example/keys"});
    assert_eq!(refusal(&token_by(&OTHER, &header, &claims())), Refusal::Signature);
}

#[test]
fn x9_key_ids_are_names_and_nothing_else() {
    for id in ["../../dev/null", "rsa-1' OR '1'='1", "", "RSA-1"] {
        let token = token_by(&OTHER, &json!({"alg": "RS256", "kid": id}), &claims());
        assert_eq!(refusal(&token), Refusal::UnknownKey(Some(id.into())), "{id}");
    }
    let token = token_by(&OTHER, &json!({"alg": "RS256", "kid": "rsa-1\u{0}"}), &claims());
    let made_visible = r"rsa-1\u{0}".into();
    assert_eq!(refusal(&token), Refusal::UnknownKey(Some(made_visible)));
}

#[test]
fn a_token_without_a_key_id_is_by_any_of_the_keys() {
    let by = |pair| token_by(pair, &json!({"alg": "RS256"}), &claims());
    assert!(login(&by(&RSA)).is_ok());
    assert_eq!(refusal(&by(&OTHER)), Refusal::Signature);
}

#[test]
fn a_provider_that_changes_its_keys_has_both_meanwhile() {
    let both = json!({"keys": [rsa_jwk(&OTHER, "new"), rsa_jwk(&RSA, "rsa-1")]});
    let both = Keys::read(&both.to_string()).unwrap();
    assert!(expected().examine(&token(&claims()), &both, NOW).outcome().is_ok());
    let new = token_by(&OTHER, &json!({"alg": "RS256", "kid": "new"}), &claims());
    assert!(expected().examine(&new, &both, NOW).outcome().is_ok());
    assert_eq!(refusal(&new), Refusal::UnknownKey(Some("new".into())), "of the old set alone");
}

#[test]
fn x9_critical_headers() {
    let token =
        token_by(&RSA, &json!({"alg": "RS256", "kid": "rsa-1", "crit": ["b64"], "b64": false}), &claims());
    assert_eq!(refusal(&token), Refusal::CriticalHeader);
}

#[test]
fn x9_other_kinds_of_tokens_by_the_same_keys() {
    for typ in ["at+jwt", "logout+jwt", "application/at+jwt", "dpop+jwt"] {
        let token = token_by(&RSA, &json!({"alg": "RS256", "kid": "rsa-1", "typ": typ}), &claims());
        assert_eq!(refusal(&token), Refusal::Type(typ.into()));
    }
    let events = json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
    assert_eq!(refusal(&token(&claims_with(&events))), Refusal::Type("events".into()));
    for typ in ["JWT", "jwt"] {
        assert!(
            login(&token_by(&RSA, &json!({"alg": "RS256", "kid": "rsa-1", "typ": typ}), &claims())).is_ok()
        );
    }
}

#[test]
fn x9_a_signature_in_its_other_form_is_the_same_token() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let token = ec_token(&claims());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    // The order of P-256 less s (FIPS 186-5).
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let byte = |at: usize| i32::from_str_radix(&order[2 * at..2 * at + 2], 16).unwrap();
    let mut other = signature.clone();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = byte(at) - i32::from(signature[32 + at]) - borrow;
        borrow = i32::from(difference < 0);
        other[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let other = format!("{message}.{}", URL_SAFE_NO_PAD.encode(other));
    assert_ne!(other, token);
    assert_eq!(login(&other).unwrap().claims.signed, login(&token).unwrap().claims.signed);
}

#[test]
fn x9_another_issuer() {
    for issuer in
        ["https://op.example/", "https://OP.example", "http://op.example", "https://op.example.evil"]
    {
        let token = token(&claims_with(&json!({"iss": issuer})));
        assert!(matches!(refusal(&token), Refusal::Issuer { .. }), "{issuer}");
    }
}

#[test]
fn x9_another_audience() {
    for audience in [json!("client-2"), json!([]), json!(["client-2", "client-3"]), json!("")] {
        let token = token(&claims_with(&json!({"aud": audience})));
        assert!(matches!(refusal(&token), Refusal::Audience { .. }));
    }
}

#[test]
fn x9_of_several_audiences_the_token_was_given_to_this_client() {
    let several = json!([CLIENT, "client-2"]);
    let with = |party| token(&claims_with(&json!({"aud": several, "azp": party})));
    assert!(matches!(refusal(&with(json!(null))), Refusal::AuthorizedParty { found: None, .. }));
    assert!(matches!(refusal(&with(json!("client-2"))), Refusal::AuthorizedParty { .. }));
    assert!(login(&with(json!(CLIENT))).is_ok());
    let given_to_another = token(&claims_with(&json!({"azp": "client-2"})));
    assert!(matches!(refusal(&given_to_another), Refusal::AuthorizedParty { .. }));
}

#[test]
fn x9_the_time_counts_to_the_millisecond_with_the_clock_skew() {
    let at = |millis: i64| {
        let now = Millis::from_unix(NOW.as_unix() + millis);
        expected().examine(&token(&claims()), &keys(), now).outcome().err()
    };
    assert_eq!(at(359_999), None);
    assert!(matches!(at(360_000), Some(Refusal::Late { .. })));
    assert_eq!(at(-60_000), None);
    assert!(matches!(at(-60_001), Some(Refusal::Early { claim: "iat", .. })));
    let later = token(&claims_with(&json!({"nbf": NOW_S + 61})));
    assert!(matches!(refusal(&later), Refusal::Early { claim: "nbf", .. }));
}

#[test]
fn x9_times_that_are_none() {
    for exp in [json!(-1), json!(1e300), json!(-1e300)] {
        let outcome = login(&token(&claims_with(&json!({"exp": exp}))));
        assert_eq!(outcome.is_ok(), exp == json!(1e300), "{exp}");
    }
    for exp in [json!("soon"), json!(null), json!([1])] {
        assert!(matches!(refusal(&token(&claims_with(&json!({"exp": exp})))), Refusal::Malformed(_)));
    }
}

#[test]
fn x9_the_nonce_of_another_browser_or_none() {
    for nonce in [json!("another"), json!(null), json!("")] {
        assert_eq!(refusal(&token(&claims_with(&json!({"nonce": nonce})))), Refusal::Nonce);
    }
    let without_a_browser = IdToken { nonce: None, ..expected() };
    assert!(without_a_browser.examine(&token(&claims()), &keys(), NOW).outcome().is_ok());
}

#[test]
fn x9_no_subject() {
    for subject in [json!(null), json!(""), json!("x".repeat(256))] {
        assert_eq!(refusal(&token(&claims_with(&json!({"sub": subject})))), Refusal::NoSubject);
    }
}

#[test]
fn what_is_no_token() {
    let token = token(&claims());
    let (message, _) = token.rsplit_once('.').unwrap();
    let long = "a.".repeat(20_000);
    for text in ["", "a.b", "a.b.c.d", "...", "é.é.é", message, &long, &format!("{token}.")] {
        assert!(matches!(refusal(text), Refusal::Malformed(_)), "{text:.20}");
    }
}

#[test]
fn a_token_that_is_too_long_is_not_looked_at() {
    let long = token(&claims_with(&json!({"groups": "x".repeat(40_000)})));
    assert_eq!(refusal(&long), Refusal::Malformed("it is too long"));
}

#[test]
fn a_clock_that_is_wrong_is_told_with_how_much() {
    let late = Millis::from_unix(NOW.as_unix() + 900_000);
    let refusal = expected().examine(&token(&claims()), &keys(), late).outcome().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "it ended at 2026-11-29T20:05:00Z, and it is 2026-11-29T20:15:00Z here: 600 s too late, with 60 s allowed; by the identity provider's clock it was issued 900 s ago"
    );
    assert!(refusal.fix().contains("NTP"));
    let early = Millis::from_unix(NOW.as_unix() - 600_000);
    let refusal = expected().examine(&token(&claims()), &keys(), early).outcome().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "its iat is 2026-11-29T20:00:00Z, and it is 2026-11-29T19:50:00Z here: 600 s too early, with 60 s allowed; it was issued 600 s from now, so that the identity provider's clock is at least 600 s ahead"
    );
}

#[test]
fn other_keys_are_asked_for_where_they_may_help_alone() {
    let unknown = refusal(&token_by(&RSA, &json!({"alg": "RS256", "kid": "new"}), &claims()));
    let wrong = refusal(&token_by(&OTHER, &json!({"alg": "RS256"}), &claims()));
    assert!(unknown.asks_for_new_keys() && wrong.asks_for_new_keys());
    assert!(!refusal(&token(&claims_with(&json!({"aud": "x"})))).asks_for_new_keys());
}

#[test]
fn checks_have_names() {
    let names: Vec<String> =
        report(&token(&claims())).steps.iter().map(|step| step.check.to_string()).collect();
    assert_eq!(names, ["form", "algorithm", "signature", "issuer", "audience", "time", "nonce", "subject"]);
}

#[test]
fn a_report_tells_every_refusal_in_the_order_of_the_checks() {
    let report =
        report(&token(&claims_with(&json!({"iss": "x", "aud": "y", "exp": 1, "nonce": "z", "sub": ""}))));
    assert_eq!(report.refusals().count(), 5);
    let checks: Vec<Check> = report.steps.iter().map(|step| step.check).collect();
    assert!(checks.is_sorted() && report.claims.is_some());
    assert!(report.refusals().all(|refusal| !refusal.fix().is_empty()));
}

#[test]
fn claims_of_a_token_that_is_not_the_providers_are_not_told() {
    let report = report(&token_by(&OTHER, &json!({"alg": "RS256", "kid": "rsa-1"}), &claims()));
    assert_eq!(report.claims, None);
}

#[test]
fn keys_do_not_say_themselves() {
    assert_eq!(format!("{:?}", keys()), r#"[Some("rsa-1"), Some("ec-1")]"#);
    assert!(EC.serialize_pem().contains("PRIVATE"));
}

proptest! {
    #[test]
    fn nothing_that_is_sent_ends_in_a_panic(text in ".{0,200}", parts in "[A-Za-z0-9_.-]{0,200}") {
        refusal(&text);
        refusal(&parts);
    }

    #[test]
    fn x9_no_change_of_a_character_is_taken_for_somebody_else(position in any::<prop::sample::Index>(), byte in "[A-Za-z0-9_.-]") {
        let token = shared();
        let position = position.index(token.len());
        let changed = format!("{}{byte}{}", &token[..position], &token[position + 1..]);
        if let Ok(taken) = login(&changed) {
            prop_assert_eq!(taken, login(token).unwrap());
        }
    }
}

fn shared() -> &'static str {
    static TOKEN: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| token(&claims()));
    &TOKEN
}
