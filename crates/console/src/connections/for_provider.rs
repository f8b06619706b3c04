//! What to give the identity provider of a connection.

use vestibule_auth::sso_addresses::ConnectionAddresses;
use vestibule_auth::{HOME, console_addresses, console_callback};
use vestibule_model::{AccountId, Connection, Population, Protocol};

use crate::ConsoleState;
use crate::parts::{Cell, Fact};

/// What is said of it.
pub(super) struct ForProvider {
    pub(super) heading: &'static str,
    /// What is to be known besides.
    pub(super) words: Option<&'static str>,
    /// What the identity provider is told.
    pub(super) facts: Vec<Fact>,
}

const OF_CONSOLE: &str = "Whoever comes in by it is a user here already, with a role, and shows a code where they have a second factor of ours: nobody is made a user or gets a role by what the provider says.";

const NO_ORIGIN: &str = "Nobody signs in by it yet: set admin.public_origin in the configuration to the origin under which browsers reach this console, and start the service again.";

const AGENTS: &str = "Nobody signs in by it: it logs in agents, and administrators are users.";

impl ForProvider {
    pub(super) fn of(console: &ConsoleState, account: AccountId, connection: &Connection) -> Self {
        if account.as_str() != HOME {
            let facts = of_users(&ConnectionAddresses::of(&console.public_origin, account, connection));
            return Self { heading: "What to give the identity provider", words: None, facts };
        }
        let origin = console.origin.get();
        let words = match (origin, connection.population) {
            (None, _) => NO_ORIGIN,
            (_, Population::Agent) => AGENTS,
            (_, Population::User) => OF_CONSOLE,
        };
        Self {
            heading: "What to give the identity provider, to sign in to this console",
            words: Some(words),
            facts: origin.map(|origin| of_console(connection, origin)).unwrap_or_default(),
        }
    }
}

const ENTITY_ID: &str = "Entity id (audience), and metadata";

const CONSUMER: &str = "Assertion consumer service (POST)";

const REDIRECT: &str = "Redirect URI";

fn of_users(own: &ConnectionAddresses) -> Vec<Fact> {
    let known = [(ENTITY_ID, &own.entity_id), (CONSUMER, &own.consumer_url), (REDIRECT, &own.redirect_uri)];
    let known = known.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    let always = [("Logouts", &own.logout), ("Where logins begin", &own.login)];
    known.chain(always).map(|(name, text)| Fact::one(name, Cell::copied(text))).collect()
}

fn of_console(connection: &Connection, origin: &str) -> Vec<Fact> {
    match &connection.protocol {
        Protocol::Saml(_) => {
            let own = console_addresses(origin, &connection.name);
            let takes = own.consumer_urls.iter().map(Cell::copied).collect();
            vec![Fact::one(ENTITY_ID, Cell::copied(&own.entity_id)), Fact::many(CONSUMER, takes, "none")]
        }
        Protocol::Oidc(_) => {
            vec![Fact::one(REDIRECT, Cell::copied(&console_callback(origin, &connection.name)))]
        }
    }
}
