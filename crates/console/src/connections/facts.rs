//! What is told of a connection. No secret is among it.

use vestibule_model::{
    ClientSecretIn, Connection, Linking, OidcConnection, Protocol, Provisioning, SamlConnection,
};

use crate::parts::{Cell, Fact, counted_many};
use crate::words;

/// Everything but its certificates.
pub(super) fn of(connection: &Connection) -> Vec<Fact> {
    let mut facts = vec![
        Fact::one("State", words::enabled(connection.enabled)),
        Fact::one("Protocol", Cell::words(words::protocol(&connection.protocol))),
        Fact::one("Id", Cell::code(connection.id)),
        Fact::one("Name in addresses", Cell::code(&connection.name)),
        Fact::one("Logs in", Cell::words(format!("{}s", words::population(connection.population)))),
        Fact::one("Finds users", Cell::words(linking(connection.linking))),
        Fact::one(
            "Clocks may differ",
            Cell::words(counted_many(connection.clock_skew.as_secs(), "second", "seconds")),
        ),
        Fact::many("Leads to, besides the pages", codes(&connection.targets), "nowhere"),
        Fact::one("Makes users", Cell::words(provisioning(&connection.provisioning))),
    ];
    facts.extend(match &connection.protocol {
        Protocol::Saml(saml) => of_saml(saml),
        Protocol::Oidc(oidc) => of_oidc(oidc),
    });
    facts
}

pub(super) const fn linking(linking: Linking) -> &'static str {
    match linking {
        Linking::LoginName => "by the login name that the provider says",
        Linking::Subject => "by the provider's own name of them",
    }
}

fn provisioning(provisioning: &Provisioning) -> String {
    if !provisioning.enabled {
        return "no: whom nobody knows is refused".to_owned();
    }
    let profiles = counted_many(
        u64::try_from(provisioning.all_profiles().count()).unwrap_or(u64::MAX),
        "profile",
        "profiles",
    );
    format!("at their first login, with {profiles} at most")
}

fn codes(texts: &[String]) -> Vec<Cell> {
    texts.iter().map(Cell::code).collect()
}

fn code_or(text: Option<&String>, otherwise: &str) -> Cell {
    text.map_or_else(|| Cell::words(otherwise), Cell::code)
}

fn yes_or_no(is_so: bool) -> Cell {
    Cell::words(if is_so { "yes" } else { "no" })
}

fn of_saml(saml: &SamlConnection) -> Vec<Fact> {
    vec![
        Fact::one("Identity provider", Cell::code(&saml.identity_provider)),
        Fact::one("Login address", Cell::code(&saml.login_url)),
        Fact::one("Logout address", code_or(saml.logout_url.as_ref(), "none")),
        Fact::one("Metadata read from", code_or(saml.metadata_url.as_ref(), "nowhere")),
        Fact::many("Further audiences", codes(&saml.audiences), "none"),
        Fact::one("Logins begin there too", yes_or_no(saml.unsolicited)),
        Fact::one("Requests are signed", yes_or_no(saml.sign_requests)),
        Fact::one("Encryption by CBC", yes_or_no(saml.allow_cbc)),
    ]
}

pub(super) const fn client_secret_in(part: ClientSecretIn) -> &'static str {
    match part {
        ClientSecretIn::Header => "in the header",
        ClientSecretIn::Form => "in the form",
    }
}

fn of_oidc(oidc: &OidcConnection) -> Vec<Fact> {
    let secret = oidc.sealed_client_secret.as_ref().map_or_else(
        || "none: the client is public".to_owned(),
        |_| format!("there is one, sent {}", client_secret_in(oidc.client_authentication)),
    );
    vec![
        Fact::one("Issuer", Cell::code(&oidc.issuer)),
        Fact::one("Client id there", Cell::code(&oidc.client_id)),
        Fact::one("Client secret", Cell::words(secret)),
        Fact::one("Authorization endpoint", Cell::code(&oidc.authorization_endpoint)),
        Fact::one("Token endpoint", Cell::code(&oidc.token_endpoint)),
        Fact::one("Keys read from", code_or(oidc.jwks_uri.as_ref(), "nowhere")),
        Fact::many("Signs by", codes(&oidc.algorithms), "nothing"),
        Fact::many("Scopes besides openid", codes(&oidc.scopes), "none"),
        Fact::one("Claim with the login name", Cell::code(&oidc.login_name_claim)),
        Fact::one("Passwords of API logins go to it", yes_or_no(oidc.password_grant)),
    ]
}
