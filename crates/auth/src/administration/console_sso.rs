//! Signing in to the console at an identity provider, by a connection of the administrators' account (ADR 69).
//!
//! An attempt begins here and ends here: none of users is taken, and none without an attempt. What the identity provider says names a
//! user that there is; what they may do is theirs by their role, and nothing that a message says.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{AccountState, Dialect, Millis, Population, Protocol};

use super::caller::administrators_account;
use super::console::ConsoleStep;
use super::log_in::log_in_from;
use super::{Administration, AdministrationError};
use crate::directory::UsableConnection;
use crate::federated::addresses::{console_addresses, console_callback};
use crate::federated::{AttemptFor, FederatedAttempt, ShownAssertion, ShownCode};
use crate::log_in::{LogIn, LogInError, LoginScope};
use crate::second_factor::FirstStep;

/// A browser at the console, and the origin by which it reaches it.
#[derive(Clone, Copy, Debug)]
pub struct AtConsole<'a> {
    /// Scheme, host and port, without a path.
    pub origin: &'a str,
    /// The browser's address.
    pub address: Option<IpAddr>,
    /// The time.
    pub now: Millis,
}

/// A connection by which administrators sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleConnection {
    /// Its name in addresses.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
}

/// How the identity provider's answer comes back to the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerBy {
    /// By a form that its page sends.
    Form,
    /// By a redirect.
    Redirect,
}

/// A login that was begun.
pub struct BegunAtConsole {
    /// Where the browser goes.
    pub address: String,
    /// What the browser keeps of it.
    pub attempt: FederatedAttempt,
    /// The same, sealed: what it keeps.
    pub kept: String,
    /// How the answer comes back.
    pub answer_by: AnswerBy,
}

impl Administration<'_> {
    /// The connections by which administrators sign in, by name.
    pub fn console_connections(&self) -> Vec<ConsoleConnection> {
        let home = self.auth.directory.account(administrators_account());
        let home = home.filter(|home| home.account.state == AccountState::Enabled);
        let all = home.as_ref().map(|home| home.connections()).unwrap_or_default();
        let mut all: Vec<_> = all.into_iter().filter(|usable| is_for_console(usable)).map(named).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Begins a login at an identity provider, after which the browser goes on to `wanted`.
    ///
    /// # Errors
    ///
    /// There is no such connection by which administrators sign in.
    pub fn begin_at_console(
        &self,
        at: AtConsole<'_>,
        connection: &str,
        wanted: Option<&str>,
    ) -> Result<BegunAtConsole, AdministrationError> {
        let missing = AdministrationError::NotFound("connection");
        let usable = self.console_connection(connection).filter(|usable| is_for_console(usable));
        let Some(usable) = usable else { return Err(missing) };
        let wanted = AttemptFor { account: administrators_account(), connection, wanted, test: None };
        let (attempt, kept) = self.auth.begin_attempt_in(LoginScope::Administration, wanted, at.now);
        let (address, answer_by) = match &usable.connection.protocol {
            Protocol::Saml(_) => {
                let own = console_addresses(at.origin, connection);
                (usable.saml_login(&attempt, &own, at.now), AnswerBy::Form)
            }
            Protocol::Oidc(_) => {
                let callback = console_callback(at.origin, connection);
                (usable.oidc_login(&attempt, &callback), AnswerBy::Redirect)
            }
        };
        Ok(BegunAtConsole { address: address.ok_or(missing)?, attempt, kept, answer_by })
    }

    /// The attempt that a browser keeps by this name; None: it is none of the console at this connection, or over.
    pub fn attempt_at_console(
        &self,
        connection: &str,
        key: &str,
        kept: &str,
        now: Millis,
    ) -> Option<FederatedAttempt> {
        let place = (administrators_account(), Some(connection));
        self.auth.attempt_in(LoginScope::Administration, place, key, kept, now)
    }

    /// Ends an attempt with a response of SAML, in base64.
    pub async fn end_by_response(
        &self,
        at: AtConsole<'_>,
        attempt: FederatedAttempt,
        document: String,
    ) -> Result<ConsoleStep, AdministrationError> {
        let origin = at.origin.to_owned();
        let shown = ShownAssertion {
            document,
            connection: Some(attempt.place().1.to_owned()),
            addresses: Box::new(move |connection| console_addresses(&origin, connection)),
            attempt: Some(attempt),
        };
        self.first_step(self.auth.first_step_by_assertion(log_in(at), shown).await).await
    }

    /// Ends an attempt with the query by which a provider of OpenID Connect has sent the browser back.
    pub async fn end_by_callback(
        &self,
        at: AtConsole<'_>,
        attempt: &FederatedAttempt,
        query: &str,
    ) -> Result<ConsoleStep, AdministrationError> {
        let connection = attempt.place().1;
        let usable = self.console_connection(connection);
        let refused = |error| Err(AdministrationError::LogIn(error));
        let Some(oidc) = usable.as_ref().and_then(|usable| usable.connection.oidc()) else {
            return refused(self.auth.refuse_without_connection(log_in(at), connection));
        };
        match ShownCode::read(oidc, query, console_callback(at.origin, connection), attempt) {
            Ok(shown) => self.first_step(self.auth.first_step_by_code(log_in(at), shown).await).await,
            Err(error) => refused(self.auth.refuse_callback(log_in(at), connection, &error)),
        }
    }

    async fn first_step(
        &self,
        step: Result<FirstStep, LogInError>,
    ) -> Result<ConsoleStep, AdministrationError> {
        match step.map_err(AdministrationError::of_log_in)? {
            FirstStep::LoggedIn(logged_in) => self.let_in(logged_in).await.map(ConsoleStep::LoggedIn),
            FirstStep::Code(ticket) => Ok(ConsoleStep::Code(ticket)),
        }
    }

    /// What an identity provider of SAML is told of the console, also before the connection is enabled; None: there is no such
    /// connection of SAML.
    pub fn console_metadata(&self, origin: &str, connection: &str) -> Option<String> {
        let own = console_addresses(origin, connection);
        self.console_connection(connection)?.saml_metadata(&own, None)
    }

    fn console_connection(&self, name: &str) -> Option<Arc<UsableConnection>> {
        self.auth.directory.account(administrators_account())?.connection_named(name).cloned()
    }
}

/// Whether administrators sign in by it: they are users, and no agents.
fn is_for_console(usable: &UsableConnection) -> bool {
    usable.connection.enabled && usable.connection.population == Population::User
}

fn named(usable: &Arc<UsableConnection>) -> ConsoleConnection {
    let own = &usable.connection;
    ConsoleConnection { name: own.name.clone(), display_name: own.shown_name().to_owned() }
}

const fn log_in(at: AtConsole<'_>) -> LogIn {
    log_in_from(Dialect::Pages, at.address, at.now)
}
