//! Which user of the account an identity provider names: by login name or by identity, as the connection says. Never by an address
//! for mail.

use std::sync::Arc;

use vestibule_model::{Connection, Identity, Linking, UserKind};
use vestibule_saml::Claims;

use super::digests;
use super::provisioning::{Newcomer, Says, or_newcomer};
use crate::administration::administrators_account;
use crate::directory::{AccountEntry, UserEntry};

/// The attribute that has the login name (contract single-sign-on).
const LOGIN_NAME: &str = "loginName";

/// The attribute that has the account.
const SITE_ID: &str = "siteId";

/// The format of names that are made anew for each login (SAML core §8.3.8).
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// Why a genuine message names nobody.
pub(crate) enum Unlinked {
    /// What is missing in it, or does not fit.
    Claim(String),
    /// There is no such user.
    NoUser(String),
    /// There is no such user yet, and the connection makes users.
    Newcomer(Box<Newcomer>),
}

impl Unlinked {
    /// The check that refuses, as the audit and reports of tests call it.
    pub(crate) const CHECK: &'static str = "user";
}

/// Whom a message names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) login_name: String,
    pub(super) subject: String,
}

/// Whom a message names.
pub(crate) type Linked = Result<Arc<UserEntry>, Unlinked>;

/// Whom an assertion names, for an account.
pub(crate) fn by_assertion(entry: &AccountEntry, connection: &Connection, claims: &Claims) -> Linked {
    let has = |name: &str| claims.attributes.iter().any(|attribute| attribute.name == name);
    if has(SITE_ID) && claims.attribute(SITE_ID) != Some(entry.account.id.as_str()) {
        return Err(Unlinked::Claim("its attribute siteId is not this account".to_owned()));
    }
    let subject = claims.name_id.as_ref().map_or("", |name| name.value.as_str());
    let login_name = match claims.attribute(LOGIN_NAME) {
        Some(name) => name,
        None if has(LOGIN_NAME) => {
            return Err(Unlinked::Claim("its attribute loginName has not one value".to_owned()));
        }
        None => subject,
    };
    if vestibule_saml::is_padded(login_name) {
        return Err(Unlinked::Claim("its attribute loginName has white space around it".to_owned()));
    }
    let linked = linked(entry, connection, (login_name, subject), claims);
    let is_transient = claims.name_id.as_ref().is_some_and(|name| name.format.as_deref() == Some(TRANSIENT));
    let is_by_name_id = connection.linking == Linking::Subject || !has(LOGIN_NAME);
    match linked {
        Err(Unlinked::Newcomer(_)) if is_transient && is_by_name_id => Err(Unlinked::Claim(
            "its NameID is transient, another one at each login: no user is made of it; let the identity provider send a persistent one"
                .to_owned(),
        )),
        linked => linked,
    }
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
        let why = format!("it has not the claim {claim}, which the connection takes the login name from");
        return Err(Unlinked::Claim(why));
    }
    linked(entry, connection, (login_name, &claims.sub), claims)
}

fn linked(
    entry: &AccountEntry,
    connection: &Connection,
    (login_name, subject): (&str, &str),
    says: &dyn Says,
) -> Linked {
    let named = Named { login_name: login_name.to_owned(), subject: subject.to_owned() };
    let found = found(entry, connection, &named);
    // Nobody becomes a user beside the administrators by what an identity provider says.
    if entry.account.id == administrators_account() {
        found
    } else {
        or_newcomer(found, connection, named, says)
    }
}

/// Bots are no people, and log in with their key alone.
pub(super) fn found(entry: &AccountEntry, connection: &Connection, named: &Named) -> Linked {
    let Named { login_name, subject } = named;
    let (user, name) = match connection.linking {
        Linking::LoginName => (entry.user_named(Some(connection.population), login_name), login_name),
        Linking::Subject => {
            let identity = Identity { connection: connection.id, subject: subject.clone() };
            (entry.user_known_as(&identity), subject)
        }
    };
    let user = user.filter(|user| user.population == connection.population && user.kind != UserKind::Bot);
    user.ok_or_else(|| Unlinked::NoUser(name.clone()))
}

/// Whether a connection still leads to a user to whom it has led before: by this login name or, without one, by the subject of this
/// digest.
pub(super) fn still_leads(
    entry: &AccountEntry,
    connection: &Connection,
    user: &UserEntry,
    (login_name, subject): (Option<&str>, &[u8; 32]),
) -> bool {
    let is_its = |identity: &&Identity| {
        identity.connection == connection.id
            && digests::of_subject(connection.id, &identity.subject) == *subject
    };
    let subject = user.identities.iter().find(is_its).map(|identity| identity.subject.clone());
    let named =
        Named { login_name: login_name.unwrap_or_default().to_owned(), subject: subject.unwrap_or_default() };
    found(entry, connection, &named).is_ok_and(|found| found.id == user.id)
}
