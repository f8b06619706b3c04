//! `vestibule connection …`

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::json;

use super::Operator;
use crate::support::{Outcome, ask, connect, request};

/// The metadata of an identity provider.
pub(super) fn metadata() -> String {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate =
        CertificateParams::new(vec!["idp.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let base64: String = certificate.pem().lines().filter(|line| !line.starts_with("-----")).collect();
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

/// Answers every request with the same text; gives its address.
fn served(text: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4_096];
            let _ = stream.read(&mut asked);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        }
    });
    format!("http://{address}/metadata")
}

#[test]
fn a_connection_is_made_of_a_file_and_shows_what_the_identity_provider_has_to_be_told() {
    let operator = Operator::owner();
    fs::write(operator.folder.path("idp.xml"), metadata()).unwrap();
    let file = operator.folder.path("idp.xml");
    let file = file.to_str().unwrap();
    let add =
        ["connection", "add", "12345678", "idp", "--metadata", file, "--make-key", "--clock-skew", "90"];
    let made = operator.json(&add);
    assert_eq!(
        (&made["clock_skew_seconds"], &made["saml"]["login_url"]),
        (&json!(90), &json!("https://idp.example/sso"))
    );
    let shown = operator.json(&["connection", "show", "12345678", "idp"]);
    assert!(shown["entity_id"].as_str().unwrap().ends_with("/sso/saml/12345678/idp/metadata"), "{shown}");
    // A key alone does not sign.
    assert!(shown["certificate"].is_string() && shown["saml"]["sign_requests"] == false, "{shown}");
    let set = ["connection", "set", "12345678", "idp", "--enabled", "no", "--field", "saml.unsolicited=true"];
    assert_eq!(operator.ask(&set), "changed connection idp\n");
    let key = operator.json(&["connection", "key", "12345678", "idp"]);
    assert_eq!(key["previous_certificate"], shown["certificate"]);
    let forgotten = operator.ask(&["connection", "end-overlap", "12345678", "idp"]);
    assert_eq!(forgotten, "forgot the key before the present one of connection idp\n");
    let left = operator.json(&["connection", "show", "12345678", "idp"]);
    assert!(
        left["certificate"] == key["certificate"] && left.get("previous_certificate").is_none(),
        "{left}"
    );
    assert_eq!(operator.ask(&["connection", "remove", "12345678", "idp"]), "removed connection idp\n");
}

#[test]
fn a_connection_of_administrators_is_shown_with_the_addresses_of_the_console() {
    let operator = Operator::owner();
    let file = operator.folder.file("idp.xml", &metadata());
    let add = ["connection", "add", "administrators", "staff", "--metadata", file.to_str().unwrap()];
    let made = operator.run(&add);
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""), "{}", made.out);
    let shown = operator.json(&["connection", "show", "administrators", "staff"]);
    let begins = format!("{}/console/sso/staff", operator.url());
    assert_eq!(
        (&shown["login_address"], &shown["consumer_url"]),
        (&json!(begins), &json!(format!("{begins}/acs")))
    );
    let refused = operator.run(&["connection", "test", "administrators", "staff", "--browser"]);
    assert!(refused.code != Some(0) && refused.err.contains("private window"), "{}", refused.err);
}

#[test]
fn a_certificate_is_added_beside_the_others_and_removed_again() {
    let operator = Operator::owner();
    let write = |name: &str, text: &str| {
        fs::write(operator.folder.path(name), text).unwrap();
        operator.folder.path(name).to_str().unwrap().to_owned()
    };
    let file = write("idp.xml", &metadata());
    operator.ask(&["connection", "add", "12345678", "idp", "--metadata", &file]);
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let params = CertificateParams::new(vec!["new.example".to_owned()]).unwrap();
    let new = write("new.pem", &params.self_signed(&key).unwrap().pem());
    let certificate =
        |step: &str| operator.ask(&["connection", "certificate", step, "12345678", "idp", &new]);
    let count = || {
        let shown = operator.json(&["connection", "show", "12345678", "idp"]);
        shown["saml"]["certificates"].as_array().unwrap().len()
    };
    assert!(certificate("add").starts_with("added certificate "));
    assert_eq!(count(), 2);
    assert_eq!(certificate("add"), "the connection has this certificate already\n");
    assert!(certificate("remove").starts_with("removed certificate "));
    assert_eq!(count(), 1);
    let shown = operator.ask(&["connection", "show", "12345678", "idp"]);
    assert!(!shown.contains("BEGIN") && shown.contains("fingerprints"), "{shown}");
}

#[test]
fn null_takes_an_optional_field_away_and_none_is_a_text() {
    let operator = Operator::owner();
    let file = operator.folder.file("idp.xml", &metadata());
    operator.ask(&["connection", "add", "12345678", "idp", "--metadata", file.to_str().unwrap()]);
    let set = |value: &str| {
        let field = format!("provisioning.full_name={value}");
        operator.ask(&["connection", "set", "12345678", "idp", "--field", &field]);
        let shown = operator.json(&["connection", "show", "12345678", "idp"]);
        shown["provisioning"]["full_name"].clone()
    };
    assert_eq!(set("displayName"), "displayName");
    assert_eq!(set("null"), json!(null));
    assert_eq!(set("none"), "none");
    let help = operator.ask(&["connection", "set", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("null takes an optional value away"), "{help}");
}

/// The identity provider has another certificate and other addresses.
#[test]
fn other_metadata_is_given_to_a_connection_from_a_file() {
    let operator = Operator::owner();
    let write = |text: &str| {
        fs::write(operator.folder.path("idp.xml"), text).unwrap();
        operator.folder.path("idp.xml").to_str().unwrap().to_owned()
    };
    let file = write(&metadata());
    let made = operator.json(&["connection", "add", "12345678", "idp", "--metadata", &file]);
    let set = ["connection", "set", "12345678", "idp", "--metadata", &file];
    let refused = operator.run(&["connection", "refresh", "12345678", "idp"]);
    assert!(
        refused.code == Some(3) && refused.err.contains("connection set ACCOUNT NAME --metadata"),
        "{}",
        refused.err
    );
    write(&metadata().replace("https://idp.example/sso", "https://idp.example/new"));
    assert_eq!(operator.ask(&set), "changed connection idp\n");
    let shown = operator.json(&["connection", "show", "12345678", "idp"]);
    assert_eq!(shown["saml"]["login_url"], "https://idp.example/new");
    assert_ne!(shown["fingerprints"], made["fingerprints"]);
    assert_eq!(
        shown["fingerprints"].as_array().unwrap().len(),
        1,
        "those that the metadata does not have go"
    );
    write(&metadata().replace("entityID=\"https://idp.example\"", "entityID=\"https://other.example\""));
    let refused = operator.run(&set);
    assert!(refused.code == Some(2) && refused.err.contains("https://idp.example"), "{}", refused.err);
}

/// The service itself asks: `vestibule dev` may ask this machine.
#[test]
fn metadata_is_read_from_its_address_and_again() {
    let operator = Operator::owner();
    let url = served(metadata());
    let made = operator.json(&["connection", "add", "12345678", "idp", "--metadata-url", &url]);
    assert_eq!(
        (&made["saml"]["metadata_url"], &made["saml"]["identity_provider"]),
        (&json!(url), &json!("https://idp.example"))
    );
    let again = operator.json(&["connection", "refresh", "12345678", "idp"]);
    assert_eq!(again["fingerprints"], made["fingerprints"]);
}

#[test]
fn a_response_that_would_be_refused_is_told_of_check_by_check() {
    let operator = Operator::owner();
    let url = served(metadata());
    operator.ask(&["connection", "add", "12345678", "idp", "--metadata-url", &url]);
    let tested =
        operator.give("PHgvPg==", &["connection", "test", "12345678", "idp", "--saml-response", "-"]);
    assert_eq!(tested.code, Some(3), "{}", tested.err);
    assert!(tested.out.contains("ok       document: 4 bytes, x"), "{}", tested.out);
    assert!(tested.out.contains("REFUSED  assertion: "), "{}", tested.out);
    assert!(tested.out.contains("by HTTP POST"), "{}", tested.out);
}

/// Makes a connection of OpenID Connect that nobody is asked for; answers what was printed.
fn add_openid(operator: &Operator) -> Outcome {
    let jwks = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
    let fields = [
        "oidc.authorization_endpoint=https://op.example/auth".to_owned(),
        "oidc.token_endpoint=https://op.example/token".to_owned(),
        format!("oidc.jwks={}", json!(jwks)),
        "oidc.algorithms=[\"ES256\"]".to_owned(),
    ];
    let mut add =
        vec!["connection", "add", "12345678", "op", "--issuer", "https://op.example", "--client-id", "us"];
    add.extend(fields.iter().flat_map(|field| ["--field", field]));
    add.extend(["--client-secret-file", "-", "--json"]);
    operator.give("hush-hush", &add)
}

#[test]
fn a_client_secret_comes_on_standard_input_and_is_shown_to_nobody() {
    let operator = Operator::owner();
    let made = add_openid(&operator);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(
        made.out.contains("\"has_client_secret\": true") && !made.out.contains("hush-hush"),
        "{}",
        made.out
    );
    let taken = operator.ask(&["connection", "secret", "12345678", "op", "--none"]);
    assert_eq!(taken, "changed the client secret of connection op\n");
}

#[test]
fn a_user_has_identities_by_the_name_of_the_connection() {
    let operator = Operator::owner();
    assert_eq!(add_openid(&operator).code, Some(0));
    let id = operator.json(&["connection", "show", "12345678", "op"])["id"].clone();
    let identities = || operator.json(&["user", "show", "12345678", "name"])["identities"].clone();
    let set = |arguments: &[&str]| operator.ask(&[&["user", "set", "12345678", "name"], arguments].concat());
    set(&["--identity", "op=00u1=a"]);
    assert_eq!(identities(), json!([{ "connection": id, "subject": "00u1=a" }]));
    let shown = operator.ask(&["user", "show", "12345678", "name"]);
    assert!(shown.contains("op=00u1=a"), "{shown}");
    set(&["--field", r#"identities=[{"connection":"op","subject":"b"}]"#]);
    assert_eq!(identities(), json!([{ "connection": id, "subject": "b" }]));
    set(&["--identity", &format!("{id}=c")]);
    assert_eq!(identities(), json!([{ "connection": id, "subject": "c" }]));
    set(&["--identity", "none"]);
    assert_eq!(identities(), json!([]));
    let refused = operator.run(&["user", "set", "12345678", "name", "--identity", "other=x"]);
    assert!(refused.code == Some(6) && refused.err.contains("no connection called"), "{}", refused.err);
}

/// The browser comes back with the provider's refusal.
#[test]
fn a_test_through_the_browser_shows_an_address_waits_and_tells_what_came() {
    let operator = Operator::owner();
    assert_eq!(add_openid(&operator).code, Some(0));
    let mut command = operator.command(&["connection", "test", "12345678", "op", "--browser"]);
    let mut command = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(command.stderr.take().unwrap()).lines();
    let address = said.by_ref().map(Result::unwrap).find(|line| line.starts_with("http")).unwrap();
    let (_, path) = address.split_once("//").unwrap().1.split_once('/').unwrap();
    let server = operator.server.address("http");
    // As it came: upper and lower case count in what is sealed.
    let begun = as_it_came(&server, &format!("/{path}"));
    assert!(begun.starts_with("HTTP/1.1 302"), "{begun}");
    let behind = |text: &str| begun.split(text).nth(1).unwrap().split([';', '&', '\r']).next().unwrap();
    let (cookie, state) = (behind("set-cookie: "), behind("state="));
    let back = format!("/sso/oidc/12345678/op/callback?error=access_denied&state={state}");
    let page = ask(&server, "GET", &back, &format!("cookie: {cookie}\r\n"), "");
    assert!(page.status == 200 && page.body.contains("Test failed"), "{} {}", page.status, page.body);
    let outcome = command.wait_with_output().unwrap();
    let out = String::from_utf8(outcome.stdout).unwrap();
    assert_eq!(outcome.status.code(), Some(3), "{out}");
    assert!(out.contains("REFUSED  callback: the provider answers access_denied"), "{out}");
}

/// An answer, letter by letter.
fn as_it_came(server: &str, path: &str) -> String {
    let mut connection = connect(server);
    connection.write_all(request("GET", path, "", "").as_bytes()).unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    text
}
