//! Which user of the account an identity provider names: by login name or by identity, as the connection says. Never by an address
//! for mail.

use std::sync::Arc;

use vestibule_model::{Connection, Identity, Linking, UserKind};
use vestibule_saml::Claims;

use crate::directory::{AccountEntry, UserEntry};

/// The attribute that has the login name (contract single-sign-on).
const LOGIN_NAME: &str = "loginName";

/// The attribute that has the account.
const SITE_ID: &str = "siteId";

/// Why a genuine message names nobody.
pub(crate) enum Unlinked {
    /// What is missing in it, or does not fit.
    Claim(&'static str),
    /// There is no such user.
    NoUser(String),
}

/// Whom a message names.
pub(crate) type Linked = Result<Arc<UserEntry>, Unlinked>;

/// Whom an assertion names, for an account.
pub(crate) fn by_assertion(entry: &AccountEntry, connection: &Connection, claims: &Claims) -> Linked {
    let has = |name: &str| claims.attributes.iter().any(|attribute| attribute.name == name);
    if has(SITE_ID) && claims.attribute(SITE_ID) != Some(entry.account.id.as_str()) {
        return Err(Unlinked::Claim("its attribute siteId is not this account"));
    }
    let subject = claims.name_id.as_ref().map_or("", |name| name.value.as_str());
    let login_name = match claims.attribute(LOGIN_NAME) {
        Some(name) => name,
        None if has(LOGIN_NAME) => return Err(Unlinked::Claim("its attribute loginName has not one value")),
        None => subject,
    };
    if vestibule_saml::is_padded(login_name) {
        return Err(Unlinked::Claim("its attribute loginName has white space around it"));
    }
    found(entry, connection, login_name, subject)
}

/// Whom an ID token names.
pub(crate) fn by_id_token(
    entry: &AccountEntry,
    connection: &Connection,
    claims: &vestibule_oidc::Claims,
) -> Linked {
    let claim = connection.oidc().map_or("", |oidc| oidc.login_name_claim.as_str());
    let login_name = claims.text(claim).unwrap_or_default();
    if connection.linking == Linking::LoginName && login_name.is_empty() {
        return Err(Unlinked::Claim("it has not the claim that the connection takes the login name from"));
    }
    found(entry, connection, login_name, &claims.sub)
}

/// Bots are no people, and log in with their key alone.
fn found(entry: &AccountEntry, connection: &Connection, login_name: &str, subject: &str) -> Linked {
    let (user, name) = match connection.linking {
        Linking::LoginName => (entry.user_named(Some(connection.population), login_name), login_name),
        Linking::Subject => {
            let identity = Identity { connection: connection.id, subject: subject.to_owned() };
            (entry.user_known_as(&identity), subject)
        }
    };
    let user = user.filter(|user| user.population == connection.population && user.kind != UserKind::Bot);
    user.ok_or_else(|| Unlinked::NoUser(name.to_owned()))
}
