//! What to give the identity provider of a connection.

use vestibule_auth::sso_addresses::{ConnectionAddresses, TakenBy};
use vestibule_model::{AccountId, Connection, Population};

use crate::ConsoleState;
use crate::parts::{Cell, Fact, sentence};

/// What is said of it.
pub(super) struct ForProvider {
    pub(super) heading: &'static str,
    /// What is to be known besides.
    pub(super) words: Option<String>,
    /// What the identity provider is told.
    pub(super) facts: Vec<Fact>,
}

const OF_CONSOLE: &str = "Whoever comes in by it is a user here already, with a role, and shows a code where they have a second factor of ours: nobody is made a user or gets a role by what the provider says.";

const AGENTS: &str = "Nobody signs in by it: it logs in agents, and administrators are users.";

const USERS_HEADING: &str = "What to give the identity provider";

const CONSOLE_HEADING: &str = "What to give the identity provider, to sign in to this console";

impl ForProvider {
    pub(super) fn of(console: &ConsoleState, account: AccountId, connection: &Connection) -> Self {
        let own = match ConnectionAddresses::of(&console.origins, account, connection) {
            Ok(own) => own,
            Err(why) => {
                let words = format!("{}.", sentence(&why.to_string()));
                return Self { heading: CONSOLE_HEADING, words: Some(words), facts: Vec::new() };
            }
        };
        let (heading, words) = match (own.taken_by, connection.population) {
            (TakenBy::Public, _) => (USERS_HEADING, None),
            (TakenBy::Administration, Population::User) => (CONSOLE_HEADING, Some(OF_CONSOLE)),
            (TakenBy::Administration, Population::Agent) => (CONSOLE_HEADING, Some(AGENTS)),
        };
        Self { heading, words: words.map(str::to_owned), facts: facts(&own) }
    }
}

fn facts(own: &ConnectionAddresses) -> Vec<Fact> {
    let all = [
        ("Entity id (audience), and metadata", own.entity_id()),
        ("Assertion consumer service (POST)", own.consumer_url()),
        ("Redirect URI", own.redirect_uri.as_deref()),
        ("Logouts", own.logout.as_deref()),
        ("Where logins begin", Some(own.login.as_str())),
    ];
    all.into_iter().filter_map(|(name, text)| Some(Fact::one(name, Cell::copied(text?)))).collect()
}
