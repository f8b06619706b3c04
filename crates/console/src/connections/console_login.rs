//! What to give the identity provider of a connection by which administrators sign in.

use vestibule_auth::{console_addresses, console_callback};
use vestibule_model::{Connection, Population, Protocol};

use crate::parts::{Cell, Fact};

/// What is said of it, of a connection of the administrators' account.
pub(super) struct ConsoleLogin {
    /// Why administrators do not sign in by it; None: they may.
    pub(super) obstacle: Option<&'static str>,
    /// What the identity provider is told.
    pub(super) facts: Vec<Fact>,
}

impl ConsoleLogin {
    pub(super) fn of(connection: &Connection, origin: Option<&str>) -> Self {
        let obstacle = match (origin, connection.population) {
            (None, _) => Some(
                "Nobody signs in by it yet: set admin.public_origin in the configuration to the origin under which browsers reach \
                 this console, and start the service again.",
            ),
            (_, Population::Agent) => {
                Some("Nobody signs in by it: it logs in agents, and administrators are users.")
            }
            (_, Population::User) => None,
        };
        Self { obstacle, facts: origin.map(|origin| facts(connection, origin)).unwrap_or_default() }
    }
}

fn facts(connection: &Connection, origin: &str) -> Vec<Fact> {
    match &connection.protocol {
        Protocol::Saml(_) => {
            let own = console_addresses(origin, &connection.name);
            let takes = own.consumer_urls.iter().map(Cell::code).collect();
            vec![
                Fact::one("Entity id (audience)", Cell::code(&own.entity_id)),
                Fact::many("Assertion consumer service (POST)", takes, "none"),
                Fact::one("Metadata", Cell::code(&own.entity_id)),
            ]
        }
        Protocol::Oidc(_) => {
            vec![Fact::one("Redirect URI", Cell::code(&console_callback(origin, &connection.name)))]
        }
    }
}
