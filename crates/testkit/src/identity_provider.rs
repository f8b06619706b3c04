//! An identity provider of the account that tests log in to: SAML responses and ID tokens, signed as a test wants them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vestibule_auth::HOME;
use vestibule_model::{
    ClientSecretIn, Connection, ConnectionId, Der, Linking, Millis, OidcConnection, Population, Protocol,
    Provisioning, SamlConnection,
};
pub use vestibule_oidc::testing as oidc;
use vestibule_saml::testing::{ENTITY, IDP, Made, confirmation, signature};

use crate::{ACCOUNT, ORIGIN};

/// The name of the connection of SAML.
pub const SAML: &str = "idp";

/// The name of the connection of OpenID Connect.
pub const OIDC: &str = "op";

/// The issuer of ID tokens.
pub const ISSUER: &str = "https://op.example";

/// The client id at the provider.
pub const CLIENT: &str = "client-1";

/// A connection of SAML that takes logins which begin at the identity provider, for users.
pub fn saml_connection() -> Connection {
    Connection {
        id: ConnectionId(71),
        name: SAML.into(),
        display_name: "Identity provider".into(),
        enabled: true,
        population: Population::User,
        linking: Linking::LoginName,
        clock_skew: Duration::from_mins(1),
        targets: Vec::new(),
        provisioning: Provisioning::default(),
        protocol: Protocol::Saml(Box::new(SamlConnection {
            identity_provider: ENTITY.into(),
            login_url: "https://idp.example/login".into(),
            logout_url: None,
            certificates: vec![Der(IDP.certificate.clone())],
            metadata_url: None,
            audiences: Vec::new(),
            unsolicited: true,
            allow_cbc: false,
            sign_requests: false,
            key: None,
            previous_key: None,
        })),
    }
}

/// A connection of OpenID Connect, for users.
pub fn oidc_connection() -> Connection {
    Connection {
        id: ConnectionId(72),
        name: OIDC.into(),
        display_name: "OpenID provider".into(),
        protocol: Protocol::Oidc(Box::new(OidcConnection {
            issuer: ISSUER.into(),
            client_id: CLIENT.into(),
            sealed_client_secret: None,
            client_authentication: ClientSecretIn::Header,
            authorization_endpoint: format!("{ISSUER}/authorize"),
            token_endpoint: format!("{ISSUER}/token"),
            jwks_uri: Some(format!("{ISSUER}/jwks")),
            end_session_endpoint: None,
            names_itself_in_callbacks: false,
            jwks: jwks(),
            algorithms: vec!["RS256".into()],
            scopes: Vec::new(),
            login_name_claim: "preferred_username".into(),
            password_grant: false,
        })),
        ..saml_connection()
    }
}

/// The provider's keys.
pub fn jwks() -> String {
    json!({ "keys": [oidc::rsa_jwk(&oidc::RSA, "rsa-1")] }).to_string()
}

/// An address of a connection of the account.
pub fn saml_url(connection: &str, operation: &str) -> String {
    format!("{ORIGIN}/sso/saml/{ACCOUNT}/{connection}/{operation}")
}

fn time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.as_unix()).expect("a time").to_string()
}

/// What an assertion of this id says, made at this time for the connection, that names a user and answers no request.
pub fn made(id: &str, login_name: &str, at: Millis) -> Made {
    let (from, until) = (time(at.minus(Duration::from_secs(30))), time(at.plus(Duration::from_mins(5))));
    let (audience, address) = (saml_url(SAML, "metadata"), saml_url(SAML, "acs"));
    Made {
        id: id.into(),
        issued: time(at),
        subject: format!("<saml:NameID>{login_name}</saml:NameID>"),
        confirmation: confirmation(&address, &until, None),
        conditions: format!(
            r#"<saml:Conditions NotBefore="{from}" NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"#
        ),
        statements: format!(
            r#"<saml:AuthnStatement AuthnInstant="{from}" SessionIndex="session-1"/><saml:AttributeStatement><saml:Attribute Name="siteId"><saml:AttributeValue>{ACCOUNT}</saml:AttributeValue></saml:Attribute><saml:Attribute Name="loginName"><saml:AttributeValue>{login_name}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#
        ),
        response: format!(r#"ID="_r{id}" Version="2.0" IssueInstant="{from}" Destination="{address}""#),
        ..Made::usual()
    }
}

/// The same for the connection of this name of the administrators' account, made for a console at this origin.
pub fn for_console(made: Made, origin: &str) -> Made {
    let here = |text: &str| {
        let text = text.replace(&format!("{ORIGIN}/sso/saml/{ACCOUNT}/"), &format!("{origin}/console/sso/"));
        text.replace(&format!(">{ACCOUNT}<"), &format!(">{HOME}<"))
    };
    Made {
        confirmation: here(&made.confirmation),
        conditions: here(&made.conditions),
        statements: here(&made.statements),
        response: here(&made.response),
        ..made
    }
}

/// A document as a form carries it.
pub fn encoded(document: &str) -> String {
    STANDARD.encode(document)
}

/// A response with this assertion, signed, as a form carries it.
pub fn response(made: &Made) -> String {
    encoded(&made.response())
}

/// The assertion by itself, signed.
pub fn assertion(made: &Made) -> String {
    encoded(&IDP.sign(&made.assertion(&signature(&made.id))))
}

/// The claims of an ID token that names a user; each login has another nonce.
pub fn claims(nonce: &str, login_name: &str, at: Millis) -> Value {
    let now = at.as_unix() / 1_000;
    json!({
        "iss": ISSUER, "sub": format!("subject-of-{login_name}"), "aud": CLIENT, "exp": now + 300, "iat": now,
        "nonce": nonce, "preferred_username": login_name, "sid": "session-1",
    })
}

/// A token with these claims by the provider's key.
pub fn id_token(claims: &Value) -> String {
    oidc::token(claims)
}
