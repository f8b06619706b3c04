//! Where this service is reached for a connection: what identity providers are told, and what they have to have meant.

use vestibule_model::{AccountId, Connection, Population, Protocol};

use super::TestId;
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

/// Where this service is reached for a connection of users: what its identity provider is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionAddresses {
    /// Where browsers begin a login.
    pub login: String,
    /// Where the identity provider tells of logouts: requests of SAML, or logout tokens of OpenID Connect.
    pub logout: String,
    /// Of SAML: our entity id, which is where our metadata is.
    pub entity_id: Option<String>,
    /// Of SAML: where responses are to be sent by HTTP POST.
    pub consumer_url: Option<String>,
    /// Of OpenID Connect: where codes are to be sent.
    pub redirect_uri: Option<String>,
}

impl ConnectionAddresses {
    /// Those of a connection, by the origin under which identity providers reach this service.
    pub fn of(origin: &str, account: AccountId, connection: &Connection) -> Self {
        let (name, login) = (&connection.name, login_address(origin, account, connection));
        match connection.protocol {
            Protocol::Saml(_) => {
                let own = service_addresses(origin, account, name);
                Self {
                    login,
                    logout: saml_url(origin, account, name, "logout"),
                    entity_id: Some(own.entity_id),
                    consumer_url: own.consumer_urls.into_iter().next(),
                    redirect_uri: None,
                }
            }
            Protocol::Oidc(_) => Self {
                login,
                logout: oidc_url(origin, account, name, "backchannel-logout"),
                entity_id: None,
                consumer_url: None,
                redirect_uri: Some(oidc_url(origin, account, name, oidc_callback(connection.population))),
            },
        }
    }
}

/// Where browsers begin a login by a connection.
pub fn login_address(origin: &str, account: AccountId, connection: &Connection) -> String {
    let url = match connection.protocol {
        Protocol::Saml(_) => saml_url,
        Protocol::Oidc(_) => oidc_url,
    };
    url(origin, account, &connection.name, "login")
}

/// The parameter of that address that has the id of a test.
pub const TEST: &str = "test";

/// Where a browser begins a test of a connection.
pub fn test_address(origin: &str, account: AccountId, connection: &Connection, test: TestId) -> String {
    format!("{}?{TEST}={test}", login_address(origin, account, connection))
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
