//! Rules of connections to identity providers, and of as whom those know users.

use std::sync::LazyLock;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};

use super::*;

/// The id of the scene's connection of SAML, which a user has an identity of.
pub(super) const SAML: i64 = 5_001;

/// A certificate that counts.
pub(super) static CERTIFICATE: LazyLock<String> = LazyLock::new(|| {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    CertificateParams::new(vec!["idp.example".to_owned()]).unwrap().self_signed(&key).unwrap().pem()
});

pub(super) const JWKS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

fn saml() -> Value {
    let login_url = "https://idp.example/sso";
    json!({ "identity_provider": "https://idp.example", "login_url": login_url, "certificates": [*CERTIFICATE] })
}

fn oidc() -> Value {
    json!({
        "issuer": "https://op.example", "client_id": "us", "authorization_endpoint": "https://op.example/auth",
        "token_endpoint": "https://op.example/token", "jwks": JWKS, "algorithms": ["ES256"],
    })
}

/// A new one, with a field that is another.
fn new(mut base: Value, field: &str, value: Value) -> Value {
    match field.split_once('.') {
        Some((object, inner)) => base[object][inner] = value,
        None => base[field] = value,
    }
    base
}

/// The entry of a file that says the same as a request.
fn entry(kind: &str, fields: &Value) -> String {
    let line =
        |(name, value): (&String, &Value)| format!("{name} = {}\n", toml::Value::try_from(value).unwrap());
    let lines: String = fields.as_object().unwrap().iter().map(line).collect();
    format!("[[account.{kind}]]\n{lines}")
}

fn made(rule: Rule, body: Value) -> Line {
    let file = entry("connection", &body);
    Line::post(rule, "connections", body, file)
}

pub(super) fn lines() -> Vec<Line> {
    [of_all(), of_saml(), of_oidc(), of_users(), only_in_files()].into_iter().flatten().collect()
}

fn of_all() -> Vec<Line> {
    let base = || json!({ "name": "new", "saml": saml() });
    let of = |rule, field, value| made(rule, new(base(), field, value));
    let targets: Vec<String> = (0..=100).map(|number| format!("/{number}")).collect();
    let profiles: Vec<i64> = (1_000..1_101).collect();
    let other = json!({ "oidc": oidc(), "saml": null });
    let other_in_file = entry("connection", &json!({ "name": "adfs", "oidc": oidc() }));
    let removed = "[[account.connection]]\nname = \"adfs\"\nremoved = true\n";
    vec![
        of(Rule::ConnectionName, "name", "a b".into()),
        made(Rule::ConnectionNameTaken, new(base(), "name", "adfs".into())).with_id(77),
        of(Rule::ConnectionDisplayNameLength, "display_name", "x".repeat(255).into()),
        of(Rule::ConnectionDisplayNameCharacters, "display_name", " x".into()),
        of(Rule::ConnectionClockSkew, "clock_skew_seconds", 601.into()),
        of(Rule::ConnectionTarget, "targets", json!(["/me/", "//evil.example"])),
        of(Rule::ConnectionTargetCount, "targets", targets.into()),
        of(Rule::ProvisioningName, "provisioning", json!({ "full_name": "x".repeat(1_025) })),
        of(Rule::ProvisioningLoginName, "provisioning", json!({ "login_name": "uid" })),
        of(Rule::ProvisioningProfileMissing, "provisioning", json!({ "profiles": [99] })),
        of(Rule::ProvisioningProfileCount, "provisioning", json!({ "profiles": profiles })),
        of(Rule::ProvisioningMap, "provisioning", json!({ "profile_claim": "groups" })),
        made(Rule::ConnectionCount, base()).within(FULL),
        Line::patch(Rule::ConnectionProtocol, &format!("connections/{SAML}"), other, other_in_file),
        Line::delete(Rule::ConnectionInUse, &format!("connections/{SAML}"), removed),
    ]
}

fn of_saml() -> Vec<Line> {
    let base = || json!({ "name": "new", "saml": saml() });
    let of = |rule, field: &str, value| made(rule, new(base(), &format!("saml.{field}"), value));
    let many: Vec<String> = (0..=100).map(|number| format!("a{number}")).collect();
    // Short, so that the body of a request has room for them: that they are many is asked first.
    let pem = "-----BEGIN CERTIFICATE-----\nAAA=\n-----END CERTIFICATE-----";
    let short: Vec<String> = (0..=100_u32)
        .map(|number| {
            let text = format!("{number:08}");
            pem.replace("AAA=", &text)
        })
        .collect();
    vec![
        of(Rule::SamlIdentityProvider, "identity_provider", "".into()),
        of(Rule::SamlLoginUrl, "login_url", "http://idp.example/sso".into()),
        of(Rule::SamlLogoutUrl, "logout_url", "ftp://idp.example/".into()),
        of(Rule::SamlMetadataUrl, "metadata_url", "https://u@idp.example/".into()),
        of(Rule::SamlCertificateMissing, "certificates", json!([])),
        of(Rule::SamlCertificateCount, "certificates", short.into()),
        of(Rule::SamlCertificate, "certificates", json!([pem])),
        of(Rule::SamlAudienceCount, "audiences", many.into()),
        of(Rule::SamlAudience, "audiences", json!([" x"])),
        Line::patch(
            Rule::SamlKeyMissing,
            &format!("connections/{SAML}"),
            json!({ "saml": { "sign_requests": true } }),
            "",
        )
        .only_over_the_api(),
    ]
}

fn of_oidc() -> Vec<Line> {
    let base = || json!({ "name": "new", "oidc": oidc() });
    let of = |rule, field: &str, value| made(rule, new(base(), &format!("oidc.{field}"), value));
    vec![
        of(Rule::OidcIssuer, "issuer", "op.example".into()),
        of(Rule::OidcClientId, "client_id", "".into()),
        of(Rule::OidcAuthorizationEndpoint, "authorization_endpoint", "javascript:x".into()),
        of(Rule::OidcTokenEndpoint, "token_endpoint", "http://op.example/".into()),
        of(Rule::OidcJwksUri, "jwks_uri", "x".into()),
        of(Rule::OidcEndSessionEndpoint, "end_session_endpoint", "x".into()),
        of(Rule::OidcJwks, "jwks", "{}".into()),
        of(Rule::OidcAlgorithms, "algorithms", json!(["HS256"])),
        of(Rule::OidcScopes, "scopes", json!(["a b"])),
        of(Rule::OidcLoginNameClaim, "login_name_claim", "".into()),
        of(Rule::OidcLoginNameClaimEmail, "login_name_claim", "email".into()),
    ]
}

fn of_users() -> Vec<Line> {
    let own = |rule, identities: Value| {
        let file = entry("user", &json!({ "login_name": "bot", "identities": identities }));
        Line::patch(rule, "users/3705342602", json!({ "identities": identities }), file)
    };
    let many: Vec<Value> =
        (0..=100).map(|number| json!({ "connection": SAML, "subject": format!("s{number}") })).collect();
    vec![
        own(Rule::IdentityCount, many.into()),
        own(Rule::IdentitySubject, json!([{ "connection": SAML, "subject": "" }])),
        own(Rule::IdentityConnectionMissing, json!([{ "connection": 404, "subject": "x" }])),
        own(Rule::IdentityTaken, json!([{ "connection": SAML, "subject": "taken" }])),
    ]
}

fn only_in_files() -> Vec<Line> {
    let file = |rule, id: i64, reason: &str| {
        let said = json!({ "name": "new", "id": id, "saml": saml() });
        Line::file(rule, &entry("connection", &said), reason)
    };
    let deleted = "a deleted connection had this, and ids are not given again";
    vec![
        file(Rule::ConnectionId, 0, "from 1 to 9007199254740991"),
        Line { account: FULL, ..file(Rule::ConnectionIdTaken, SAML, "this is taken") },
        file(Rule::ConnectionIdDeleted, scene::DELETED, deleted),
    ]
}
