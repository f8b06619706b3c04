//! "Test this connection": what an identity provider sent, examined as a login would examine it, and told in full.
//!
//! Opens no session, uses nothing up, and asks nobody: whoever administers may show a message as often as they like.

use std::sync::Arc;

use vestibule_model::{Connection, Millis};
use vestibule_saml::{Arrival, Check, Signature, Step, examine};
use zeroize::Zeroizing;

use super::account_resources::present;
use super::named::AccountResourceId;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, ServiceAddresses, UsableConnection, UserEntry};
use crate::federated::link::{Unlinked, by_assertion, by_id_token};

/// What somebody shows.
pub enum Shown {
    /// The field `SAMLResponse`, or an assertion, in base64.
    SamlResponse(String),
    /// An ID token.
    IdToken(Zeroizing<String>),
}

/// Everything about what was shown.
#[derive(Debug, Default)]
pub struct TestReport {
    /// Whether it would be taken.
    pub taken: bool,
    /// The login name of the user whom it would log in.
    pub user: Option<String>,
    /// Every check, in order.
    pub steps: Vec<TestStep>,
    /// Of SAML: the signatures.
    pub signatures: Vec<Signature>,
    /// What it says, as far as something signed covers it: names with their values.
    pub claims: Vec<(String, Vec<String>)>,
}

/// A check.
#[derive(Debug)]
pub struct TestStep {
    /// Which.
    pub check: String,
    /// What was found, in words.
    pub found: String,
    /// Why it refuses the login; None: it does not.
    pub refusal: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
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
    let report = match &answered {
        Some(request) => examine(response, &connection, Arrival { now, request: Some(request) }),
        None => unasked,
    };
    // What cannot be read does not tell which request it answers.
    let is_judged = |step: &&Step| report.claims.is_some() || step.check != Check::Request;
    let steps = report.steps.iter().filter(is_judged).map(|step| TestStep {
        check: step.check.to_string(),
        found: step.found.clone(),
        refusal: step.refusal.as_ref().map(ToString::to_string),
        fix: step.refusal.as_ref().map(|refusal| refusal.fix().to_owned()),
    });
    let steps = steps.collect();
    let (signatures, claims) = (report.signatures.clone(), report.claims.clone());
    let told = claims.iter().flat_map(told_of_assertion).collect();
    let named = claims.as_ref().map(|claims| by_assertion(entry, &usable.connection, claims));
    let is_taken = report.outcome().is_ok();
    let report = TestReport { taken: is_taken, user: None, steps, signatures, claims: told };
    Some(with_user(report, named))
}

fn told_of_assertion(claims: &vestibule_saml::Claims) -> Vec<(String, Vec<String>)> {
    let time = |time: Millis| time.as_unix().to_string();
    let one = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), vec![value]));
    let confirmation = claims.confirmations.first();
    let fixed = [
        one("ID", Some(claims.id.clone())),
        one("Issuer", Some(claims.issuer.clone())),
        one("NameID", claims.name_id.as_ref().map(|name| name.value.clone())),
        one("Recipient", confirmation.and_then(|confirmation| confirmation.recipient.clone())),
        one("InResponseTo", confirmation.and_then(|confirmation| confirmation.in_response_to.clone())),
        one("NotBefore", claims.not_before.map(time)),
        one("NotOnOrAfter", claims.not_on_or_after.map(time)),
        one("SessionIndex", claims.session_index.clone()),
        Some(("Audience".to_owned(), claims.audiences.concat())).filter(|(_, all)| !all.is_empty()),
    ];
    let attributes = claims.attributes.iter();
    let attributes = attributes.map(|attribute| (attribute.name.clone(), attribute.values.clone()));
    fixed.into_iter().flatten().chain(attributes).collect()
}

fn of_token(entry: &AccountEntry, usable: &UsableConnection, token: &str, now: Millis) -> Option<TestReport> {
    let oidc = usable.oidc()?;
    let report = oidc.id_token(None).examine(token, &oidc.keys, now);
    let steps = report.steps.iter().map(|step| TestStep {
        check: step.check.to_string(),
        found: step.found.clone(),
        refusal: step.refusal.as_ref().map(ToString::to_string),
        fix: step.refusal.as_ref().map(|refusal| refusal.fix().to_owned()),
    });
    let steps = steps.collect();
    let claims = report.claims.clone();
    let told = claims.iter().flat_map(told_of_token).collect();
    let named = claims.as_ref().map(|claims| by_id_token(entry, &usable.connection, claims));
    let is_taken = report.outcome().is_ok();
    let report = TestReport { taken: is_taken, user: None, steps, signatures: Vec::new(), claims: told };
    Some(with_user(report, named))
}

fn told_of_token(claims: &vestibule_oidc::Claims) -> Vec<(String, Vec<String>)> {
    let mut told = vec![
        ("iss".to_owned(), vec![claims.iss.clone()]),
        ("sub".to_owned(), vec![claims.sub.clone()]),
        ("aud".to_owned(), claims.aud.all().to_vec()),
        ("iat".to_owned(), vec![claims.iat.to_string()]),
        ("exp".to_owned(), vec![claims.exp.to_string()]),
    ];
    let text =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    told.extend(claims.others.iter().map(|(name, value)| (name.clone(), vec![text(value)])));
    told
}

/// The last check: which user of the account it names.
fn with_user(mut report: TestReport, named: Option<Result<Arc<UserEntry>, Unlinked>>) -> TestReport {
    let Some(named) = named else { return report };
    let (found, refusal, fix) = match &named {
        Ok(user) => (user.login_name.clone(), None, None),
        Err(Unlinked::Claim(what)) => (String::new(), Some((*what).to_owned()), Some(SEND)),
        Err(Unlinked::NoUser(name)) => {
            let why = "no user of the account is found by this in the way the connection links";
            (name.chars().take(300).collect(), Some(why.to_owned()), Some(MAKE))
        }
    };
    report.taken &= refusal.is_none();
    report.user = named.ok().map(|user| user.login_name.clone());
    report.steps.push(TestStep { check: "user".to_owned(), found, refusal, fix: fix.map(ToOwned::to_owned) });
    report
}

const SEND: &str = "let the identity provider send it";

const MAKE: &str = "make the user or give them the identity: a login makes nobody. Or let the identity provider send what the \
    connection links by";
