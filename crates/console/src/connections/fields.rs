//! What of a connection can be changed in a form. Its keys and its client secret have forms of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use vestibule_auth::{AdministrationError, certificate_as_pem, read_certificates};
use vestibule_model::{
    ClientSecretIn, Connection, Linking, OidcConnection, Population, Profile, Protocol, Provisioning,
    SamlConnection,
};

use super::facts::{client_secret_in, linking};
use crate::forms::{Choice, Field, Values, choices, lines, read, word, written};
use crate::words;

/// The field of its name, whose errors the engine calls so too.
pub(super) const NAME: &str = "name";

/// Who is logged in by it, and how they are found.
pub(super) fn of_users(values: &Values) -> [Field; 2] {
    let populations = choices(&[Population::User, Population::Agent], words::population);
    let linkings = choices(&[Linking::LoginName, Linking::Subject], linking);
    [
        Field::select("population", "It logs in each", values, populations),
        Field::select("linking", "It finds them", values, linkings)
            .hint("By a name of the provider's own, each user has it among their identities first."),
    ]
}

/// The fields of one that is there.
pub(super) fn of(connection: &Connection, profiles: &[Profile], values: &Values) -> Vec<Field> {
    let mut fields = vec![
        Field::text("display_name", "Name for users", values).hint("It stands on the button."),
        Field::text(NAME, "Name in addresses", values)
            .hint("Another one changes every address that the identity provider was given."),
        Field::check("enabled", "Users may sign in by it", values),
    ];
    fields.extend(of_users(values));
    fields.extend([
        Field::number("clock_skew_seconds", "Clocks may differ by seconds", values),
        Field::area("targets", "Leads to, besides the pages", values)
            .hint("Where a login that begins at the identity provider may lead: https addresses or paths of this service, each in a line."),
    ]);
    fields.extend(of_provisioning(profiles, values));
    fields.extend(match connection.protocol {
        Protocol::Saml(_) => of_saml(values),
        Protocol::Oidc(_) => of_oidc(values),
    });
    fields
}

fn of_provisioning(profiles: &[Profile], values: &Values) -> Vec<Field> {
    let offered = profiles.iter().map(|profile| Choice::new(profile.id, &profile.name)).collect();
    let named = |name: &str, label: &'static str| Field::text(name, label, values);
    let all = Field::checks("provisioning.profiles", "Profiles that all of them get", values, offered);
    let mut fields = vec![
        Field::check("provisioning.enabled", "Users whom nobody knows are made at their first login", values)
            .under("Users who are not here yet"),
        named("provisioning.login_name", "Attribute or claim with the login name")
            .hint("Where users are found by the provider's own name of them; that name unless one is said."),
        named("provisioning.full_name", "With the full name"),
        named("provisioning.email", "With the address for mail"),
    ];
    fields.extend(all.has_choices().then_some(all));
    fields.extend([
        named("provisioning.profile_claim", "With what gives further profiles").hint("Groups or roles, say."),
        Field::area("provisioning.profile_map", "Profiles that its values give", values)
            .hint("Each in a line: VALUE = ID of the profile."),
    ]);
    fields
}

fn of_saml(values: &Values) -> Vec<Field> {
    vec![
        Field::text("saml.identity_provider", "Entity id", values).under("The identity provider"),
        Field::text("saml.login_url", "Login address", values).hint("Browsers are redirected there."),
        Field::text("saml.logout_url", "Logout address", values),
        Field::text("saml.metadata_url", "Metadata read from", values)
            .hint("Read every ten minutes: what it says there wins over what is typed here."),
        Field::area("saml.certificates", "Certificates", values).hint(
            "By which it signs, in PEM, one behind the other; several while one takes the place of another.",
        ),
        Field::area("saml.audiences", "Further audiences", values)
            .hint("What it may call this service besides the entity id, each in a line."),
        Field::check("saml.unsolicited", "Logins may begin there", values),
        Field::check("saml.sign_requests", "Requests are signed", values).hint("Needs a key of ours."),
        Field::check("saml.allow_cbc", "Assertions may be encrypted by CBC", values),
    ]
}

fn of_oidc(values: &Values) -> Vec<Field> {
    let shown = choices(&[ClientSecretIn::Header, ClientSecretIn::Form], client_secret_in);
    vec![
        Field::text("oidc.issuer", "Issuer", values).under("The provider"),
        Field::text("oidc.client_id", "Client id there", values),
        Field::select("oidc.client_authentication", "The client secret is shown", values, shown),
        Field::text("oidc.authorization_endpoint", "Authorization endpoint", values),
        Field::text("oidc.token_endpoint", "Token endpoint", values),
        Field::text("oidc.jwks_uri", "Keys read from", values)
            .hint("Read every ten minutes, and when a token has an unknown key."),
        Field::area("oidc.jwks", "Keys", values).hint("As a JSON Web Key Set."),
        Field::text("oidc.end_session_endpoint", "Logout address", values),
        Field::check("oidc.names_itself_in_callbacks", "Its callbacks say who they are from", values)
            .hint("RFC 9207."),
        Field::area("oidc.algorithms", "Signs by", values).hint("Algorithms, each in a line."),
        Field::area("oidc.scopes", "Scopes besides openid", values).hint("Each in a line."),
        Field::text("oidc.login_name_claim", "Claim with the login name", values),
        Field::check("oidc.password_grant", "Passwords of API logins go to it", values),
    ]
}

/// What the fields hold for a connection.
pub(super) fn values(connection: &Connection) -> Values {
    let mut values = Values::default();
    values.set("display_name", &connection.display_name);
    values.set(NAME, &connection.name);
    values.set_on("enabled", connection.enabled);
    values.set("population", word(connection.population));
    values.set("linking", word(connection.linking));
    values.set("clock_skew_seconds", connection.clock_skew.as_secs());
    values.set("targets", written(&connection.targets));
    let provisioning = &connection.provisioning;
    values.set_on("provisioning.enabled", provisioning.enabled);
    values.set_optional("provisioning.login_name", provisioning.login_name.as_ref());
    values.set_optional("provisioning.full_name", provisioning.full_name.as_ref());
    values.set_optional("provisioning.email", provisioning.email.as_ref());
    values.choose("provisioning.profiles", &provisioning.profiles);
    values.set_optional("provisioning.profile_claim", provisioning.profile_claim.as_ref());
    values.set("provisioning.profile_map", written_map(provisioning));
    match &connection.protocol {
        Protocol::Saml(saml) => saml_values(saml, &mut values),
        Protocol::Oidc(oidc) => oidc_values(oidc, &mut values),
    }
    values
}

fn saml_values(saml: &SamlConnection, values: &mut Values) {
    values.set("saml.identity_provider", &saml.identity_provider);
    values.set("saml.login_url", &saml.login_url);
    values.set_optional("saml.logout_url", saml.logout_url.as_ref());
    values.set_optional("saml.metadata_url", saml.metadata_url.as_ref());
    values.set("saml.certificates", written_certificates(saml));
    values.set("saml.audiences", written(&saml.audiences));
    values.set_on("saml.unsolicited", saml.unsolicited);
    values.set_on("saml.sign_requests", saml.sign_requests);
    values.set_on("saml.allow_cbc", saml.allow_cbc);
}

fn oidc_values(oidc: &OidcConnection, values: &mut Values) {
    values.set("oidc.issuer", &oidc.issuer);
    values.set("oidc.client_id", &oidc.client_id);
    values.set("oidc.client_authentication", word(oidc.client_authentication));
    values.set("oidc.authorization_endpoint", &oidc.authorization_endpoint);
    values.set("oidc.token_endpoint", &oidc.token_endpoint);
    values.set_optional("oidc.jwks_uri", oidc.jwks_uri.as_ref());
    values.set("oidc.jwks", &oidc.jwks);
    values.set_optional("oidc.end_session_endpoint", oidc.end_session_endpoint.as_ref());
    values.set_on("oidc.names_itself_in_callbacks", oidc.names_itself_in_callbacks);
    values.set("oidc.algorithms", written(&oidc.algorithms));
    values.set("oidc.scopes", written(&oidc.scopes));
    values.set("oidc.login_name_claim", &oidc.login_name_claim);
    values.set_on("oidc.password_grant", oidc.password_grant);
}

fn written_map(provisioning: &Provisioning) -> String {
    written(provisioning.profile_map.iter().map(|(value, id)| format!("{value} = {id}")))
}

fn written_certificates(saml: &SamlConnection) -> String {
    saml.certificates.iter().map(certificate_as_pem).collect()
}

/// Gives a connection what the fields hold. Its keys stay, and its client secret as far as it may.
pub(super) fn apply(values: &Values, connection: &mut Connection) -> Result<(), AdministrationError> {
    connection.display_name = values.text("display_name");
    connection.name = values.text(NAME);
    connection.enabled = values.is_on("enabled");
    connection.population = read("population", values.get("population"))?;
    connection.linking = read("linking", values.get("linking"))?;
    connection.clock_skew = Duration::from_secs(values.number("clock_skew_seconds")?);
    connection.targets = lines(values, "targets");
    apply_provisioning(values, &mut connection.provisioning)?;
    match &mut connection.protocol {
        Protocol::Saml(saml) => apply_saml(values, saml),
        Protocol::Oidc(oidc) => apply_oidc(values, oidc),
    }
}

fn apply_provisioning(values: &Values, own: &mut Provisioning) -> Result<(), AdministrationError> {
    // As it was where nobody touched it: a value may begin and end with spaces.
    if values.get("provisioning.profile_map") != written_map(own) {
        own.profile_map = read_map(values)?;
    }
    own.enabled = values.is_on("provisioning.enabled");
    own.login_name = values.optional("provisioning.login_name");
    own.full_name = values.optional("provisioning.full_name");
    own.email = values.optional("provisioning.email");
    own.profiles = values.chosen("provisioning.profiles")?;
    own.profile_claim = values.optional("provisioning.profile_claim");
    Ok(())
}

fn read_map(values: &Values) -> Result<BTreeMap<String, i64>, AdministrationError> {
    let field = "provisioning.profile_map";
    let read = |line: &String| {
        let (value, id) = line.rsplit_once('=')?;
        Some((value.trim().to_owned(), id.trim().parse().ok()?))
    };
    let refused = |line: &String| {
        AdministrationError::invalid(field, format!("VALUE = ID, each in a line; this is none: {line}"))
    };
    lines(values, field).iter().map(|line| read(line).ok_or_else(|| refused(line))).collect()
}

fn apply_saml(values: &Values, saml: &mut SamlConnection) -> Result<(), AdministrationError> {
    saml.certificates = read_certificates(values.get("saml.certificates")).map_err(|place| {
        let reason = format!("number {place} is no certificate in PEM");
        AdministrationError::invalid("saml.certificates", reason)
    })?;
    saml.identity_provider = values.text("saml.identity_provider");
    saml.login_url = values.text("saml.login_url");
    saml.logout_url = values.optional("saml.logout_url");
    saml.metadata_url = values.optional("saml.metadata_url");
    saml.audiences = lines(values, "saml.audiences");
    saml.unsolicited = values.is_on("saml.unsolicited");
    saml.sign_requests = values.is_on("saml.sign_requests");
    saml.allow_cbc = values.is_on("saml.allow_cbc");
    Ok(())
}

fn apply_oidc(values: &Values, oidc: &mut OidcConnection) -> Result<(), AdministrationError> {
    let field = "oidc.client_authentication";
    let before = oidc.clone();
    *oidc = OidcConnection {
        issuer: values.text("oidc.issuer"),
        client_id: values.text("oidc.client_id"),
        sealed_client_secret: None,
        client_authentication: read(field, values.get(field))?,
        authorization_endpoint: values.text("oidc.authorization_endpoint"),
        token_endpoint: values.text("oidc.token_endpoint"),
        jwks_uri: values.optional("oidc.jwks_uri"),
        end_session_endpoint: values.optional("oidc.end_session_endpoint"),
        names_itself_in_callbacks: values.is_on("oidc.names_itself_in_callbacks"),
        jwks: values.text("oidc.jwks"),
        algorithms: lines(values, "oidc.algorithms"),
        scopes: lines(values, "oidc.scopes"),
        login_name_claim: values.text("oidc.login_name_claim"),
        password_grant: values.is_on("oidc.password_grant"),
    };
    oidc.keep_secret_of(&before);
    Ok(())
}
