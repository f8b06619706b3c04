//! Logout tokens.

use serde_json::{Value, json};
use vestibule_model::Reason as _;
use vestibule_oidc::{Logout, LogoutRefusal, LogoutToken, Refusal};

use crate::provider::{NOW, RSA, claims, claims_with, expected, keys, token, token_by};

fn logout(changes: &Value) -> Result<Logout, LogoutRefusal> {
    let mut all = json!({
        "nonce": null, "jti": "logout-1", "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    let read = LogoutToken::examine(&token(&claims_with(&all)), &expected(), &keys(), NOW)?;
    assert_eq!(read.id, "logout-1");
    Ok(read.logout)
}

#[test]
fn it_ends_the_session_that_it_names_or_all_of_its_subject() {
    assert_eq!(logout(&json!({})), Ok(Logout::OfSession("session-1".into())));
    assert_eq!(logout(&json!({"sid": null})), Ok(Logout::OfSubject("user-1".into())));
    assert_eq!(logout(&json!({"sub": null})), Ok(Logout::OfSession("session-1".into())));
}

#[test]
fn what_is_no_logout_token() {
    let cases = [
        json!({"sid": null, "sub": null}),
        json!({"events": null}),
        json!({"events": {}}),
        json!({"events": {"http://schemas.openid.net/event/backchannel-logout": 1}}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"sid": "", "sub": ""}),
        json!({"nonce": "n"}),
    ];
    for case in cases {
        assert!(matches!(logout(&case), Err(LogoutRefusal::NotALogout(_))), "{case}");
    }
}

#[test]
fn x9_it_is_looked_at_like_an_id_token() {
    let refusal = |changes: Value| match logout(&changes) {
        Err(LogoutRefusal::AsIdToken(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refusal(json!({"iss": "https://evil.example"})), Refusal::Issuer { .. }));
    assert!(matches!(refusal(json!({"aud": "client-2"})), Refusal::Audience { .. }));
    assert!(matches!(refusal(json!({"exp": 1})), Refusal::Late { .. }));
}

#[test]
fn an_id_token_is_none() {
    let read = LogoutToken::examine(&token(&claims()), &expected(), &keys(), NOW);
    assert!(matches!(read, Err(LogoutRefusal::NotALogout(_))));
}

#[test]
fn it_is_refused_in_the_words_of_a_logout() {
    let access_token = token_by(&RSA, &json!({"alg": "RS256", "kid": "rsa-1", "typ": "at+jwt"}), &claims());
    let unsigned = token_by(&RSA, &json!({"alg": "none"}), &claims());
    for shown in ["", "x", "a.b.c", &access_token, &unsigned, &token(&claims())] {
        let refusal = LogoutToken::examine(shown, &expected(), &keys(), NOW).unwrap_err();
        let told = format!("{refusal}; {}", refusal.fix());
        assert!(
            told.contains("logout") && !told.contains("id_token") && !told.contains("no ID token"),
            "{told}"
        );
    }
}
