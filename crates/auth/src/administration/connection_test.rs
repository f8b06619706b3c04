//! "Test this connection": what an identity provider sent, examined as a login would examine it, and told in full.
//!
//! Opens no session, uses nothing up, and asks nobody: whoever administers may show a message as often as they like.

use vestibule_model::{Connection, Millis};
use vestibule_saml::{Arrival, Check, examine};
use zeroize::Zeroizing;

use super::account_resources::present;
use super::named::AccountResourceId;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, ServiceAddresses, UsableConnection};
use crate::federated::TestReport;
use crate::federated::link::{by_assertion, by_id_token};

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
        let examined = tokio::task::spawn_blocking(move || match shown {
            Shown::SamlResponse(response) => of_response(&entry, &usable, &at, &response, now),
            Shown::IdToken(token) => of_token(&entry, &usable, &token, now),
        });
        let examined = examined.await.map_err(|_| AdministrationError::Overloaded)?;
        examined.ok_or_else(|| {
            AdministrationError::Conflict("the connection speaks the other protocol".to_owned())
        })
    }
}

fn of_response(
    entry: &AccountEntry,
    usable: &UsableConnection,
    at: &ServiceAddresses,
    response: &str,
    now: Millis,
) -> Option<TestReport> {
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
    let named = report.claims.as_ref().map(|claims| by_assertion(entry, &usable.connection, claims));
    Some(TestReport::of(report, named))
}

fn of_token(entry: &AccountEntry, usable: &UsableConnection, token: &str, now: Millis) -> Option<TestReport> {
    let oidc = usable.oidc()?;
    let report = oidc.id_token(None).examine(token, &oidc.keys, now);
    let named = report.claims.as_ref().map(|claims| by_id_token(entry, &usable.connection, claims));
    Some(TestReport::of(report, named))
}
