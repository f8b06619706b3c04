//! A response, or an assertion by itself. Its seeds are signed by a key that is thrown away: what is taken says what they said.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use vestibule_model::Millis;
use vestibule_saml::{Arrival, Certificate, Ciphers, Connection, Unsolicited, examine};

static CONNECTION: LazyLock<Connection> = LazyLock::new(|| Connection {
    identity_provider: "https://idp.example".into(),
    certificates: vec![
        Certificate::from_der(include_bytes!("../seeds/identity_provider.der")).expect("a certificate"),
    ],
    audiences: vec!["https://sp.example".into()],
    addresses: vec!["https://sp.example/acs".into()],
    addresses_with_query: Vec::new(),
    decryption_keys: Vec::new(),
    ciphers: Ciphers::Authenticated,
    clock_skew: Duration::from_mins(1),
    unsolicited: Unsolicited::Taken,
});

fuzz_target!(|document: &[u8]| {
    let arrival = Arrival { now: Millis::from_unix(1_795_982_400_000), request: None };
    if let Ok(login) = examine(&STANDARD.encode(document), &CONNECTION, arrival).outcome() {
        assert_eq!(login.claims.name_id.as_ref().map(|name| name.value.as_str()), Some("lena"));
        assert_eq!(login.claims.attribute("loginName"), Some("lena"));
    }
});
