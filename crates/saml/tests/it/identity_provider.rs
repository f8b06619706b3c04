//! What a connection of the identity provider of tests says to its documents.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_model::Millis;
use vestibule_saml::{
    Arrival, Certificate, Ciphers, Connection, Login, Refusal, Report, Unsolicited, examine,
};

pub(crate) use vestibule_saml::testing::{
    ADDRESS, AUDIENCE, ENTITY, IDP, Made, NOW, REQUEST, STRANGER, confirmation, signature,
};

pub(crate) fn connection() -> Connection {
    Connection {
        identity_provider: ENTITY.into(),
        certificates: vec![Certificate::from_der(&IDP.certificate).unwrap()],
        audiences: vec![AUDIENCE.into()],
        addresses: vec![ADDRESS.into()],
        addresses_with_query: Vec::new(),
        decryption_keys: Vec::new(),
        ciphers: Ciphers::Authenticated,
        clock_skew: Duration::from_mins(1),
        unsolicited: Unsolicited::Refused,
    }
}

pub(crate) fn report_by(document: &str, connection: &Connection, now: Millis) -> Report {
    examine(&STANDARD.encode(document), connection, Arrival { now, request: Some(REQUEST) })
}

pub(crate) fn report(document: &str) -> Report {
    report_by(document, &connection(), NOW)
}

pub(crate) fn login(document: &str) -> Result<Login, Refusal> {
    report(document).outcome()
}

/// Refuses the document, and says why.
pub(crate) fn refusal(document: &str) -> Refusal {
    login(document).expect_err("the document was taken")
}
