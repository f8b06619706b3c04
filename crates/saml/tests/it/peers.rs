//! Beside other implementations: pysaml2 as an identity provider, which also reads our metadata, and node-saml as another service
//! provider: where it refuses, so is refused here. `./test` installs both, and says where.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use vestibule_model::Millis;
use vestibule_saml::{
    Arrival, Connection, DecryptionKey, EncryptionFlaw, IdentityProvider, Refusal, ServiceProvider,
    SignatureFlaw, examine,
};

use crate::identity_provider::{
    ADDRESS, AUDIENCE, ENTITY, IDP, Made, NOW, REQUEST, STRANGER, connection, login, signature,
};

/// Runs a program, gives it a question, and reads its answer.
fn ask(program: &str, arguments: &[&str], question: &Value) -> Value {
    let mut command = Command::new(program);
    let clients = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients/saml");
    command.args(arguments).current_dir(clients).stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Ok(modules) = std::env::var("VESTIBULE_CLIENTS_NODE_MODULES") {
        command.env("NODE_PATH", modules);
    }
    let mut child = command.spawn().expect("the program runs");
    child.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[test]
fn pysaml2_reads_our_metadata_and_its_responses_are_taken_or_refused_as_they_are_signed() {
    let python = std::env::var("VESTIBULE_CLIENTS_PYTHON").expect("./test sets VESTIBULE_CLIENTS_PYTHON");
    // What it encrypts for is ours.
    let ours = ServiceProvider {
        entity_id: AUDIENCE,
        consumer_urls: &[ADDRESS.to_owned()],
        logout_url: None,
        signing_certificate: Some(&STRANGER.certificate),
        encryption_certificates: std::slice::from_ref(&STRANGER.certificate),
    };
    let answer = ask(
        &python,
        &["pysaml2_idp.py"],
        &json!({
            "key": IDP.key_pem, "certificate": pem(&IDP.certificate), "metadata": ours.to_xml(), "entity": ENTITY,
            "audience": AUDIENCE, "address": ADDRESS, "request": REQUEST,
        }),
    );
    let provider = IdentityProvider::read(answer["metadata"].as_str().unwrap(), None).unwrap();
    assert_eq!(
        (provider.entity_id.as_str(), provider.login_url.as_str()),
        (ENTITY, "https://idp.example/login")
    );
    let connection = Connection {
        identity_provider: provider.entity_id,
        certificates: provider.certificates,
        decryption_keys: vec![DecryptionKey::from_pem(STRANGER.key_pem.as_bytes()).unwrap()],
        ..connection()
    };
    let now = jiff::Timestamp::from_second(made_at(&answer)).unwrap();
    let now = Millis::from_unix(now.as_millisecond());
    let outcome = |kind: &str| {
        let document = answer["responses"][kind].as_str().unwrap();
        examine(document, &connection, Arrival { now, request: Some(REQUEST) }).outcome()
    };
    for kind in ["assertion", "response", "both", "sha512"] {
        let login = outcome(kind).unwrap_or_else(|refusal| panic!("{kind}: {refusal}"));
        assert_eq!(login.claims.name_id.unwrap().value, "name@example.com");
        assert!(login.claims.session_index.is_some());
    }
    assert_eq!(outcome("neither").unwrap_err(), Refusal::NotSigned);
    // It knows no cipher that notices a change.
    let encrypted = outcome("encrypted").unwrap_err();
    assert!(matches!(encrypted, Refusal::Encryption(EncryptionFlaw::Algorithm(_))), "{encrypted}");
    let sha1 = outcome("sha1").unwrap_err();
    assert!(matches!(sha1, Refusal::Signature { flaw: SignatureFlaw::Algorithm(_), .. }), "{sha1}");
}

/// When it made its responses, by its own clock, in seconds since 1970.
fn made_at(answer: &Value) -> i64 {
    let document = STANDARD.decode(answer["responses"]["neither"].as_str().unwrap()).unwrap();
    let document = String::from_utf8(document).unwrap();
    let (_, rest) = document.split_once("IssueInstant=\"").unwrap();
    rest.split_once('"').unwrap().0.parse::<jiff::Timestamp>().unwrap().as_second()
}

/// Documents, right and wrong: each with a name.
fn corpus() -> Vec<(&'static str, String)> {
    let made = Made::usual();
    let signed = made.signed_assertion();
    let evil = made.assertion("").replace("_assertion1", "_evil").replace("name@", "admin@");
    let other_audience =
        Made { conditions: made.conditions.replace("sp.example", "x.example"), ..made.clone() };
    vec![
        ("signed assertion", made.response()),
        ("signed response", made.signed_response()),
        ("changed", made.response().replace("name@", "admin@")),
        ("changed response", made.signed_response().replace("name@", "admin@")),
        ("unsigned", made.around(&made.assertion(""), "")),
        ("by a stranger", made.around(&STRANGER.sign(&made.assertion(&signature(&made.id))), "")),
        ("evil before", made.around(&(evil.clone() + &signed), "")),
        ("evil behind", made.around(&(signed.clone() + &evil), "")),
        (
            "evil around",
            made.around(&evil.replace("</saml:Assertion>", &(signed.clone() + "</saml:Assertion>")), ""),
        ),
        ("in extensions", made.around(&format!("<samlp:Extensions>{signed}</samlp:Extensions>{evil}"), "")),
        ("another issuer", Made { issuer: "https://x.example".into(), ..made.clone() }.response()),
        ("another audience", other_audience.response()),
        ("failed", made.response().replace("status:Success", "status:Responder")),
    ]
}

#[test]
fn x1_what_node_saml_refuses_is_refused() {
    let documents: Map<String, Value> =
        corpus().into_iter().map(|(name, text)| (name.to_owned(), STANDARD.encode(text).into())).collect();
    let verdicts = ask(
        "node",
        &["node_saml.js"],
        &json!({
            "certificate": pem(&IDP.certificate), "issuer": ENTITY, "audience": AUDIENCE, "address": ADDRESS,
            "documents": documents,
        }),
    );
    let mut taken = 0;
    for (name, text) in corpus() {
        let theirs = verdicts[name].as_str();
        let ours = login(&text).ok().map(|login| login.claims.name_id.unwrap().value);
        // Whatever it refuses, and whoever it does not name, is nobody here.
        assert!(ours.is_none() || ours.as_deref() == theirs, "{name}: {ours:?} here, {theirs:?} there");
        taken += usize::from(ours.is_some());
    }
    assert_eq!(taken, 2, "at {NOW:?}");
}
