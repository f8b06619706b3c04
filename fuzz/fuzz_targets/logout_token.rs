//! A logout token. Its seeds are signed by a key that is thrown away: what is taken says what they said.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use vestibule_model::Millis;
use vestibule_oidc::{Algorithm, IdToken, Keys, Logout, LogoutToken};

static KEYS: LazyLock<Keys> =
    LazyLock::new(|| Keys::read(include_str!("../seeds/jwks/rsa")).expect("a set of keys"));

fuzz_target!(|token: &str| {
    let expected = IdToken {
        issuer: "https://op.example",
        client_id: "vestibule",
        algorithms: &Algorithm::ALL,
        nonce: None,
        clock_skew: Duration::from_mins(1),
    };
    let now = Millis::from_unix(1_795_982_400_000);
    if let Ok(token) = LogoutToken::examine(token, &expected, &KEYS, now) {
        assert_eq!(token.logout, Logout::OfSession("session-1".into()));
    }
});
