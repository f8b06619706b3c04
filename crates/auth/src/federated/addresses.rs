//! Where this service is reached for a connection: what identity providers are told, and what they have to have meant.

use vestibule_model::{AccountId, Connection, Population};

use super::{NoAdministrationOrigin, Origins, TestId};
use crate::administration::{ProtocolKind, administrators_account};
use crate::directory::ServiceAddresses;

/// Where responses are taken, of SAML.
pub const SAML_ACS: &str = "/sso/saml/{account}/{connection}/acs";

/// The vendor's consumer path of logins that begin at the identity provider (contract single-sign-on).
pub const LEGACY_ACS: &str = "/hc/{site}/web/m-LP/samlAssertionMembersArea/home.jsp";

/// The vendor's consumer path of logins that begin at this service; the query names account and connection.
pub const CALLBACK: &str = "/login/callback";

/// What says where this service takes what is meant for a connection, by its name.
pub fn of_account(origin: &str, account: AccountId) -> impl Fn(&str) -> ServiceAddresses + Send + use<> {
    let origin = origin.to_owned();
    move |connection| service_addresses(&origin, account, connection)
}

/// Where this service takes what is meant for a connection of SAML: its own address first, then those of the vendor, and that of
/// the login API, which takes assertions from programs.
pub fn service_addresses(origin: &str, account: AccountId, connection: &str) -> ServiceAddresses {
    let site = LEGACY_ACS.replace("{site}", &format!("s-{account}"));
    ServiceAddresses {
        entity_id: saml_url(origin, account, connection, "metadata"),
        consumer_urls: vec![
            saml_url(origin, account, connection, "acs"),
            format!("{origin}{CALLBACK}?connection={}", vendor_name(account, connection)),
            format!("{origin}/api/account/{account}/login"),
            format!("{origin}{site}"),
        ],
        consumer_urls_with_query: vec![format!("{origin}{site}")],
    }
}

/// An address of a connection of SAML.
pub fn saml_url(origin: &str, account: AccountId, connection: &str, operation: &str) -> String {
    format!("{origin}/sso/saml/{account}/{connection}/{operation}")
}

/// An address of a connection of OpenID Connect.
pub fn oidc_url(origin: &str, account: AccountId, connection: &str, operation: &str) -> String {
    format!("{origin}/sso/oidc/{account}/{connection}/{operation}")
}

/// Which listener takes what is meant for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBy {
    /// That of users and clients.
    Public,
    /// That of administrators: what is meant for the console.
    Administration,
}

/// Where this service is reached for a connection: what its identity provider is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionAddresses {
    /// Whose addresses these are.
    pub taken_by: TakenBy,
    /// Where browsers begin a login.
    pub login: String,
    /// Where the identity provider tells of logouts: requests of SAML, or logout tokens of OpenID Connect.
    /// Administrators' connections have none.
    pub logout: Option<String>,
    /// Of SAML: our entity id, which is where our metadata is, and where responses are taken.
    pub saml: Option<ServiceAddresses>,
    /// Of OpenID Connect: where codes are to be sent.
    pub redirect_uri: Option<String>,
}

impl ConnectionAddresses {
    /// Those of a connection.
    ///
    /// # Errors
    ///
    /// It is one of administrators, and nobody has said where their listener is reached.
    pub fn of(
        origins: &Origins,
        account: AccountId,
        connection: &Connection,
    ) -> Result<Self, NoAdministrationOrigin> {
        let protocol = ProtocolKind::of(&connection.protocol);
        Self::of_name(origins, account, &connection.name, (protocol, connection.population))
    }

    /// Those that a connection of this name has, or would have. Administrators' are used at the administration listener, and all
    /// others at the public one (ADR 69).
    ///
    /// # Errors
    ///
    /// As [`ConnectionAddresses::of`].
    pub fn of_name(
        origins: &Origins,
        account: AccountId,
        name: &str,
        (protocol, population): (ProtocolKind, Population),
    ) -> Result<Self, NoAdministrationOrigin> {
        if account == administrators_account() {
            let origin = origins.administration()?;
            return Ok(Self {
                taken_by: TakenBy::Administration,
                login: format!("{origin}/console/sso/{name}"),
                logout: None,
                saml: (protocol == ProtocolKind::Saml).then(|| console_addresses(origin, name)),
                redirect_uri: (protocol == ProtocolKind::Oidc).then(|| console_callback(origin, name)),
            });
        }
        Ok(Self::at_public(origins.public(), account, name, (protocol, population)))
    }

    fn at_public(
        origin: &str,
        account: AccountId,
        name: &str,
        (protocol, population): (ProtocolKind, Population),
    ) -> Self {
        match protocol {
            ProtocolKind::Saml => Self {
                taken_by: TakenBy::Public,
                login: saml_url(origin, account, name, "login"),
                logout: Some(saml_url(origin, account, name, "logout")),
                saml: Some(service_addresses(origin, account, name)),
                redirect_uri: None,
            },
            ProtocolKind::Oidc => Self {
                taken_by: TakenBy::Public,
                login: oidc_url(origin, account, name, "login"),
                logout: Some(oidc_url(origin, account, name, "backchannel-logout")),
                saml: None,
                redirect_uri: Some(oidc_url(origin, account, name, oidc_callback(population))),
            },
        }
    }

    /// Of SAML: our entity id.
    pub fn entity_id(&self) -> Option<&str> {
        Some(&self.saml.as_ref()?.entity_id)
    }

    /// Of SAML: where responses are to be sent by HTTP POST.
    pub fn consumer_url(&self) -> Option<&str> {
        self.saml.as_ref()?.consumer_urls.first().map(String::as_str)
    }
}

/// Where the console takes what an identity provider of SAML sends for the connection of this name.
pub(crate) fn console_addresses(origin: &str, connection: &str) -> ServiceAddresses {
    ServiceAddresses {
        entity_id: format!("{origin}/console/sso/{connection}/metadata"),
        consumer_urls: vec![format!("{origin}/console/sso/{connection}/acs")],
        consumer_urls_with_query: Vec::new(),
    }
}

/// Where a provider of OpenID Connect sends administrators' browsers back to.
pub(crate) fn console_callback(origin: &str, connection: &str) -> String {
    format!("{origin}/console/sso/{connection}/callback")
}

/// The parameter of that address that has the id of a test.
pub const TEST: &str = "test";

/// Where a browser begins a test of a connection: at the public listener, which tests go through.
pub fn test_address(origins: &Origins, account: AccountId, connection: &Connection, test: TestId) -> String {
    let spoken = (ProtocolKind::of(&connection.protocol), connection.population);
    let own = ConnectionAddresses::at_public(origins.public(), account, &connection.name, spoken);
    format!("{}?{TEST}={test}", own.login)
}

/// Where a provider sends browsers back to: one address for users, another for agents (contract livevox §7).
pub const fn oidc_callback(population: Population) -> &'static str {
    match population {
        Population::User => "callback",
        Population::Agent => "callback/agent",
    }
}

/// The vendor's full name of a connection, which is an audience too.
pub fn vendor_name(account: AccountId, connection: &str) -> String {
    format!("SAML-{account}-{connection}")
}

/// Account and connection of a vendor's full name. Account ids have no `-`.
pub fn of_vendor_name(name: &str) -> Option<(AccountId, &str)> {
    let (account, connection) = name.strip_prefix("SAML-")?.split_once('-')?;
    Some((account.parse().ok()?, connection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_name_is_read_back() {
        let account: AccountId = "a_1".parse().unwrap();
        for connection in ["okta", "a-b-c", "_"] {
            assert_eq!(of_vendor_name(&vendor_name(account, connection)), Some((account, connection)));
        }
        for other in ["", "SAML-", "SAML-a", "a_1-okta", "SAML--okta", "SAML-a b-okta"] {
            assert_eq!(of_vendor_name(other), None, "{other}");
        }
    }
}
