//! Connections to identity providers. What an identity provider says of itself is not asked here: the service does, where the
//! connection has an address for it.

use std::time::Duration;

use vestibule_auth::{
    ResourceKind, Rule, blank_oidc, blank_saml, check_client_secret, new_connection, open_connection_secret,
    read_certificate, read_metadata, renew_own_key, saml_connection, seal_connection_secret, taken,
};
use vestibule_crypto::constant_time_eq;
use vestibule_model::{
    Connection, ConnectionId, ConnectionSecret, Der, Identity, OidcConnection, Protocol, Provisioning,
    SamlConnection, User,
};
use vestibule_store::AccountRows;

use super::account::{Referrer, profiles, resolve, set, set_optional};
use super::declared::{DeclaredIdentity, IdOrName};
use super::declared_connection::{
    DeclaredConnection, DeclaredOidcConnection, DeclaredProvisioning, DeclaredSamlConnection,
};
use super::draft::{AccountDraft, Draft, Tools};
use super::problem::Problem;
use super::user::resolve_all;

/// Puts a connection into its account.
pub(super) fn connection(
    draft: &mut Draft,
    account: &mut AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredConnection,
) -> Result<(), Problem> {
    let element = format!("connection {}/{}", account.rows.account.id, declared.name);
    let is_it = |known: &Connection| match declared.id {
        Some(id) => known.id.0 == id,
        None => known.name == declared.name,
    };
    let index = account.rows.connections.iter().position(is_it);
    if declared.removed {
        let gone = index.map(|index| account.rows.connections.remove(index).id.0);
        return account.claim_removed(&element, Some(ResourceKind::Connection), gone);
    }
    let mut own = if let Some(index) = index {
        account.rows.connections.swap_remove(index)
    } else {
        account.expect_not_removed(&element)?;
        let id = draft.new_connection_id(&element, declared.id, tools.rng)?;
        let blank = new_connection(id);
        let protocol = as_declared(&element, tools, declared)?;
        Connection { protocol, display_name: declared.name.clone(), ..blank }
    };
    account.claim(&element, Some(ResourceKind::Connection), own.id.0)?;
    own.name.clone_from(&declared.name);
    set(&mut own.display_name, declared.display_name.as_ref());
    set(&mut own.enabled, declared.enabled.as_ref());
    set(&mut own.population, declared.population.as_ref());
    set(&mut own.linking, declared.linking.as_ref());
    set(&mut own.clock_skew, declared.clock_skew_seconds.map(Duration::from_secs).as_ref());
    set(&mut own.targets, declared.targets.as_ref());
    if let Some(said) = &declared.provisioning {
        provisioning(&element, &mut own.provisioning, &account.rows, said)?;
    }
    match (&mut own.protocol, declared.saml.as_ref(), declared.oidc.as_ref()) {
        (Protocol::Saml(saml), said, None) => fill_saml(&element, &mut *saml, said)?,
        (Protocol::Oidc(oidc), None, said) => fill_oidc(&mut *oidc, said),
        _ => return Err(Problem::broken(&element, taken(Rule::ConnectionProtocol))),
    }
    secrets(&element, &mut own, account, tools, declared)?;
    account.rows.connections.push(own);
    Ok(())
}

/// The protocol of one that is new, with what its metadata says.
fn as_declared(element: &str, tools: &Tools<'_>, declared: &DeclaredConnection) -> Result<Protocol, Problem> {
    if declared.oidc.is_some() {
        return Ok(Protocol::Oidc(Box::new(blank_oidc())));
    }
    let Some(text) = &declared.metadata else { return Ok(Protocol::Saml(Box::new(blank_saml()))) };
    let entity_id = declared.saml.as_ref().and_then(|saml| saml.identity_provider.as_deref());
    let said = read_metadata(text, entity_id, tools.now);
    let said = said.map_err(|error| Problem::new(element, "metadata", error))?;
    let sign_requests = said.wants_signed_requests;
    Ok(Protocol::Saml(Box::new(SamlConnection { sign_requests, ..saml_connection(&said) })))
}

/// How users are made at their first login.
fn provisioning(
    element: &str,
    own: &mut Provisioning,
    rows: &AccountRows,
    declared: &DeclaredProvisioning,
) -> Result<(), Problem> {
    set(&mut own.enabled, declared.enabled.as_ref());
    set_optional(&mut own.login_name, declared.login_name.as_ref());
    set_optional(&mut own.full_name, declared.full_name.as_ref());
    set_optional(&mut own.email, declared.email.as_ref());
    set_optional(&mut own.profile_claim, declared.profile_claim.as_ref());
    let by = Referrer { element, key: "provisioning.profiles", rule: Rule::ProvisioningProfileMissing };
    set(&mut own.profiles, resolve_all(by, || profiles(rows), declared.profiles.as_ref())?.as_ref());
    if let Some(map) = &declared.profile_map {
        let given = |(value, profile): (&String, &IdOrName)| {
            Ok((value.clone(), resolve(by, profiles(rows), profile)?))
        };
        own.profile_map = map.iter().map(given).collect::<Result<_, Problem>>()?;
    }
    Ok(())
}

fn fill_saml(
    element: &str,
    saml: &mut SamlConnection,
    declared: Option<&DeclaredSamlConnection>,
) -> Result<(), Problem> {
    let Some(declared) = declared else { return Ok(()) };
    set(&mut saml.identity_provider, declared.identity_provider.as_ref());
    set(&mut saml.login_url, declared.login_url.as_ref());
    set_optional(&mut saml.logout_url, declared.logout_url.as_ref());
    set_optional(&mut saml.metadata_url, declared.metadata_url.as_ref());
    set(&mut saml.audiences, declared.audiences.as_ref());
    set(&mut saml.unsolicited, declared.unsolicited.as_ref());
    set(&mut saml.allow_cbc, declared.allow_cbc.as_ref());
    set(&mut saml.sign_requests, declared.sign_requests.as_ref());
    if let Some(texts) = &declared.certificates {
        let read: Option<Vec<Der>> = texts.iter().map(|text| read_certificate(text)).collect();
        let wrong = || Problem::new(element, "saml.certificates", "this is no certificate in PEM");
        saml.certificates = read.ok_or_else(wrong)?;
    }
    Ok(())
}

fn fill_oidc(oidc: &mut OidcConnection, declared: Option<&DeclaredOidcConnection>) {
    let Some(declared) = declared else { return };
    let before = oidc.clone();
    set(&mut oidc.issuer, declared.issuer.as_ref());
    set(&mut oidc.client_id, declared.client_id.as_ref());
    set(&mut oidc.client_authentication, declared.client_authentication.as_ref());
    set(&mut oidc.authorization_endpoint, declared.authorization_endpoint.as_ref());
    set(&mut oidc.token_endpoint, declared.token_endpoint.as_ref());
    set_optional(&mut oidc.jwks_uri, declared.jwks_uri.as_ref());
    set_optional(&mut oidc.end_session_endpoint, declared.end_session_endpoint.as_ref());
    set(&mut oidc.names_itself_in_callbacks, declared.names_itself_in_callbacks.as_ref());
    set(&mut oidc.jwks, declared.jwks.as_ref());
    set(&mut oidc.algorithms, declared.algorithms.as_ref());
    set(&mut oidc.scopes, declared.scopes.as_ref());
    set(&mut oidc.login_name_claim, declared.login_name_claim.as_ref());
    set(&mut oidc.password_grant, declared.password_grant.as_ref());
    oidc.keep_secret_of(&before);
}

/// Secrets that it has are no change, whatever they are sealed under.
fn secrets(
    element: &str,
    own: &mut Connection,
    account: &AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredConnection,
) -> Result<(), Problem> {
    let has = |which, secret: &[u8]| {
        let opened = open_connection_secret(&tools.sealer, own, which);
        opened.is_ok_and(|known| known.is_some_and(|known| constant_time_eq(&known, secret)))
    };
    let seal = |which, secret: &[u8]| seal_connection_secret(&tools.sealer, tools.rng, own.id, which, secret);
    let pair = pair(element, own, account, tools, declared)?;
    let key = pair.filter(|pair| !has(ConnectionSecret::Key, &pair.private_key));
    let client_secret = match &declared.client_secret {
        Some(secret) => {
            check_client_secret(secret).map_err(|error| Problem::new(element, "client_secret", error))?;
            let which = ConnectionSecret::ClientSecret;
            (!has(which, secret.as_bytes())).then(|| seal(which, secret.as_bytes()))
        }
        None => None,
    };
    let unfit = |key, why| Err(Problem::new(element, key, why));
    if let Some(pair) = &key {
        let renewed = renew_own_key(&tools.sealer, tools.rng, own, pair);
        if !renewed.map_err(|error| Problem::new(element, "private_key", error))? {
            return unfit("private_key", "a connection of OpenID Connect has none");
        }
    }
    match &mut own.protocol {
        Protocol::Saml(_) if client_secret.is_some() => {
            return unfit("client_secret", "a SAML connection has none");
        }
        Protocol::Saml(_) => {}
        Protocol::Oidc(oidc) => {
            oidc.sealed_client_secret = client_secret.or(oidc.sealed_client_secret.take());
        }
    }
    Ok(())
}

/// The key that is declared, or one that is made where requests are to be signed and there is none.
fn pair(
    element: &str,
    own: &Connection,
    account: &AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredConnection,
) -> Result<Option<vestibule_saml::OwnKey>, Problem> {
    let read = match (&declared.certificate, &declared.private_key) {
        (Some(certificate), Some(key)) => vestibule_saml::OwnKey::from_pem(certificate, key),
        (Some(_), None) => return Err(Problem::new(element, "private_key", "needed beside certificate")),
        (None, Some(_)) => return Err(Problem::new(element, "certificate", "needed beside private_key")),
        (None, None) => match own.saml() {
            Some(saml) if saml.sign_requests && saml.key.is_none() => {
                let label = format!("Vestibule {} {}", account.rows.account.id, own.name);
                vestibule_saml::OwnKey::generate(&label, tools.now)
            }
            _ => return Ok(None),
        },
    };
    read.map(Some).map_err(|error| Problem::new(element, "private_key", error))
}

/// As whom identity providers know a user.
pub(super) fn identities(
    element: &str,
    user: &mut User,
    rows: &AccountRows,
    declared: Option<&Vec<DeclaredIdentity>>,
) -> Result<(), Problem> {
    let Some(declared) = declared else { return Ok(()) };
    let by = Referrer { element, key: "identities", rule: Rule::IdentityConnectionMissing };
    let all = || rows.connections.iter().map(|own| (own.id.0, own.name.as_str()));
    let identity = |one: &DeclaredIdentity| {
        let connection = ConnectionId(resolve(by, all(), &one.connection)?);
        Ok(Identity { connection, subject: one.subject.clone() })
    };
    user.identities = declared.iter().map(identity).collect::<Result<_, Problem>>()?;
    Ok(())
}
