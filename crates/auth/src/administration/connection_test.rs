//! "Test this connection": what an identity provider sent, examined as a login would examine it, and told in full.
//!
//! Opens no session and uses nothing up: whoever administers may show a message as often as they like. Tests through a browser are
//! made and read here; what the browser does is in `federated::connection_test`.

use std::sync::Arc;

use vestibule_model::{Connection, Millis};
use vestibule_saml::{Arrival, Check, examine};
use zeroize::Zeroizing;

use super::account_resources::present;
use super::named::AccountResourceId;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, ServiceAddresses, UsableConnection};
use crate::federated::link::{Linked, by_assertion, by_id_token};
use crate::federated::{ConnectionTest, TestId, TestReport};

/// What somebody shows.
pub enum Shown {
    /// The field `SAMLResponse`, or an assertion, in base64.
    SamlResponse(String),
    /// An ID token.
    IdToken(Zeroizing<String>),
}

impl Administration<'_> {
    /// Examines what an identity provider sent. `addresses` says where this service is reached for the connection.
    pub async fn test_connection(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        shown: Shown,
        addresses: impl Fn(&Connection) -> ServiceAddresses,
    ) -> Result<TestReport, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let entry = self.account_entry(account)?;
        present::<Connection>(&entry, id)?;
        let all = entry.connections();
        let usable = all.into_iter().find(|usable| usable.connection.id.0 == id).cloned();
        let usable = usable.ok_or(AdministrationError::NotFound("connection"))?;
        let (now, at) = (caller.now, addresses(&usable.connection));
        // A worker answers many: what takes milliseconds is done elsewhere.
        let examined = tokio::task::spawn_blocking({
            let (entry, usable) = (Arc::clone(&entry), Arc::clone(&usable));
            move || match shown {
                Shown::SamlResponse(response) => of_response(&entry, &usable, &at, &response, now),
                Shown::IdToken(token) => of_token(&entry, &usable, &token, now),
            }
        });
        let examined = examined.await.map_err(|_| AdministrationError::Overloaded)?;
        let (report, linked) = examined.ok_or_else(|| {
            AdministrationError::Conflict("the connection speaks the other protocol".to_owned())
        })?;
        Ok(self.auth.with_user(report, (&entry, &usable), linked, now).for_connection(&usable))
    }

    /// Makes a test that a browser goes through like a login: it waits for [`crate::TEST_LASTS`].
    ///
    /// # Errors
    ///
    /// Whoever may not change the connection makes none.
    pub fn begin_connection_test(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
    ) -> Result<(ConnectionTest, Connection), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let connection = present::<Connection>(&*self.account_entry(account)?, id)?.clone();
        let now = (self.auth.clock.monotonic(), caller.now);
        let made = self.auth.federated.tests.make(account, connection.id, &*self.auth.rng, now);
        Ok((made, connection))
    }

    /// A test of the connection, with what came of it.
    ///
    /// # Errors
    ///
    /// Whoever may not make tests sees none: they have what is said of whoever logged in.
    pub fn find_connection_test(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        test: &str,
    ) -> Result<(ConnectionTest, Connection), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let connection = present::<Connection>(&*self.account_entry(account)?, id)?.clone();
        let is_of = |test: &ConnectionTest| test.account == account && test.connection == connection.id;
        let test = TestId::read(test)
            .and_then(|test| self.auth.federated.tests.find(test, self.auth.clock.monotonic()))
            .filter(is_of);
        Ok((test.ok_or(AdministrationError::NotFound("connection test"))?, connection))
    }
}

/// What is known of a message without knowing more of the user.
type Examined = (TestReport, Option<Linked>);

fn of_response(
    entry: &AccountEntry,
    usable: &UsableConnection,
    at: &ServiceAddresses,
    response: &str,
    now: Millis,
) -> Option<Examined> {
    let connection = usable.saml(at)?;
    let unasked = examine(response, &connection, Arrival { now, request: None });
    // No browser is here that made a request: the one that it answers counts as the one that was made.
    let answered = unasked.claims.as_ref().and_then(|claims| {
        claims.confirmations.iter().find_map(|confirmation| confirmation.in_response_to.clone())
    });
    let mut report = match &answered {
        Some(request) => examine(response, &connection, Arrival { now, request: Some(request) }),
        None => unasked,
    };
    if report.claims.is_none() {
        // What cannot be read does not tell which request it answers.
        report.steps.retain(|step| step.check != Check::Request);
    }
    let linked = report.claims.as_ref().map(|claims| by_assertion(entry, &usable.connection, claims));
    Some((TestReport::of(report), linked))
}

fn of_token(entry: &AccountEntry, usable: &UsableConnection, token: &str, now: Millis) -> Option<Examined> {
    let oidc = usable.oidc()?;
    let report = oidc.id_token(None).examine(token, &oidc.keys, now);
    let linked = report.claims.as_ref().map(|claims| by_id_token(entry, &usable.connection, claims));
    Some((TestReport::of(report), linked))
}
