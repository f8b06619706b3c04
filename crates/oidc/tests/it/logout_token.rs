//! Logout tokens.

use serde_json::{Value, json};
use vestibule_oidc::{Logout, LogoutToken, Refusal};

use crate::provider::{NOW, claims, claims_with, expected, keys, token};

fn logout(changes: &Value) -> Result<Logout, Refusal> {
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
        assert!(matches!(logout(&case), Err(Refusal::NotALogout(_))), "{case}");
    }
}

#[test]
fn x9_it_is_looked_at_like_an_id_token() {
    assert!(matches!(logout(&json!({"iss": "https://evil.example"})), Err(Refusal::Issuer { .. })));
    assert!(matches!(logout(&json!({"aud": "client-2"})), Err(Refusal::Audience { .. })));
    assert!(matches!(logout(&json!({"exp": 1})), Err(Refusal::Late { .. })));
}

#[test]
fn an_id_token_is_none() {
    let read = LogoutToken::examine(&token(&claims()), &expected(), &keys(), NOW);
    assert!(matches!(read, Err(Refusal::NotALogout(_))));
}
