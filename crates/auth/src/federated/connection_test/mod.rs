//! Tests of a connection: the examination of a login, told as a whole instead of opening a session.
//!
//! A test through a browser is made by whoever administers the connection (`state`), gone through like a login, and ends in a
//! report. It opens no session and ends none, uses nothing up and makes no user; each test is examined once.

mod report;
mod state;

use std::sync::Arc;

use vestibule_model::{AccountId, Millis};
use vestibule_oidc::{CallbackError, Grant};
use vestibule_saml::Check;
use zeroize::Zeroizing;

pub use report::{TestReport, TestStep};
use state::Claim;
pub(crate) use state::ConnectionTests;
pub use state::{ConnectionTest, TEST_LASTS, TestId};

use super::FederatedAttempt;
use super::assertion::{Candidate, ShownAssertion};
use super::code::{Exchange, NoToken, ShownCode};
use super::id_token::Expected;
use super::link::{Linked, Unlinked, by_assertion, by_id_token};
use crate::detach_on_drop::DetachOnDrop;
use crate::directory::{AccountEntry, ServiceAddresses, UsableConnection};
use crate::log_in::LogIn;
use crate::outgoing::OutgoingError;
use crate::service::Auth;
use crate::work_pool::Overloaded;

/// Why a browser's way through a test ends without a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestError {
    /// No test waits for it.
    #[error("no test of a connection waits for this")]
    Over,
    /// More is asked than can be done in time; the test still waits.
    #[error("more is asked than can be done in time")]
    Overloaded,
    /// Too much of this address was refused; the test still waits.
    #[error("too much of this address was refused")]
    TooMany,
}

impl From<Overloaded> for TestError {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded
    }
}

/// A message of an identity provider that somebody shows who administers.
pub enum ShownMessage {
    /// The field `SAMLResponse`, or an assertion, in base64.
    SamlResponse(String),
    /// An ID token.
    IdToken(Zeroizing<String>),
}

/// What is tested.
struct Tested {
    id: TestId,
    entry: Arc<AccountEntry>,
    usable: Arc<UsableConnection>,
}

impl Auth {
    /// The connection of this name, if the test waits for a browser that logs in by it. It may be disabled: that is when tests are made.
    pub fn tested_connection(
        &self,
        account: AccountId,
        connection: &str,
        test: TestId,
    ) -> Option<Arc<UsableConnection>> {
        self.tested(account, connection, test).map(|tested| tested.usable)
    }

    fn tested(&self, account: AccountId, connection: &str, id: TestId) -> Option<Tested> {
        let test = self.federated.tests.find(id, self.clock.monotonic())?;
        let entry = self.public_account(account)?;
        let usable = Arc::clone(entry.connection_named(connection)?);
        let is_it = test.account == account && test.connection == usable.connection.id;
        (is_it && test.is_waiting()).then_some(Tested { id, entry, usable })
    }

    /// Ends the test of an attempt with what a SAML identity provider sent. The address is charged like that of any other message
    /// which nobody asked for, until it is known to be right. It goes on to its report when nobody waits for it any longer.
    ///
    /// # Errors
    ///
    /// [`TestError`] if no test waits for it, or it cannot be examined now.
    pub async fn test_by_assertion(
        self: &Arc<Self>,
        at: LogIn,
        attempt: &FederatedAttempt,
        shown: ShownAssertion,
    ) -> Result<Arc<TestReport>, TestError> {
        let (auth, attempt) = (Arc::clone(self), attempt.clone());
        let whole = async move {
            let (tested, claim) = auth.claimed(at, &attempt)?;
            let report = auth.tested_by_assertion(tested, shown, at.now).await;
            auth.settled(at, claim, report)
        };
        DetachOnDrop::new(whole).await
    }

    async fn tested_by_assertion(
        self: &Arc<Self>,
        Tested { entry, usable, .. }: Tested,
        shown: ShownAssertion,
        now: Millis,
    ) -> Result<TestReport, TestError> {
        let candidate = Candidate::of(&usable, &shown.addresses).ok_or(TestError::Over)?;
        let examined = self.examined_assertion(entry.account.id, shown, vec![candidate], now).await?;
        let (usable, report) = examined.ok_or(TestError::Over)?;
        let claims = report.claims.as_ref();
        let linked = claims.map(|claims| by_assertion(&entry, &usable.connection, claims));
        let report = self.with_user(TestReport::of(report), (&entry, &usable), linked, now);
        Ok(report.for_connection(&usable))
    }

    /// Ends the test of an attempt with what an `OpenID` provider sent the browser back with; charged, and carried to its end, in the same
    /// way: the code is spent.
    ///
    /// # Errors
    ///
    /// [`TestError`] if no test waits for it, or it cannot be examined now.
    pub async fn test_by_code(
        self: &Arc<Self>,
        at: LogIn,
        attempt: &FederatedAttempt,
        shown: Result<ShownCode, CallbackError>,
    ) -> Result<Arc<TestReport>, TestError> {
        let (auth, attempt) = (Arc::clone(self), attempt.clone());
        let whole = async move {
            let (tested, claim) = auth.claimed(at, &attempt)?;
            let report = match shown {
                Ok(shown) => auth.tested_by_code(tested, &shown, at.now).await,
                Err(error) => Ok(TestReport::stopped("callback", error.to_string(), error.fix())),
            };
            auth.settled(at, claim, report)
        };
        DetachOnDrop::new(whole).await
    }

    async fn tested_by_code(
        &self,
        Tested { entry, usable, .. }: Tested,
        shown: &ShownCode,
        now: Millis,
    ) -> Result<TestReport, TestError> {
        let (verifier, nonce) = (shown.verifier(), shown.nonce());
        let ShownCode { code, redirect_uri, .. } = shown;
        let grant = Grant::Code { code, redirect_uri, verifier: &verifier };
        let exchange = Exchange { grant, attempt: Some(&shown.attempt.id) };
        let token = match self.ask_for_token(&usable, exchange).await {
            Ok(token) => token,
            Err(NoToken::Overloaded | NoToken::NoAnswer(OutgoingError::Busy(_))) => {
                return Err(TestError::Overloaded);
            }
            Err(NoToken::NotOidc) => return Err(TestError::Over),
            Err(error) => {
                return Ok(TestReport::stopped("token endpoint", error.to_string(), error.fix()));
            }
        };
        let expected = Expected { usable: Arc::clone(&usable), nonce: Some(nonce) };
        let report = self.examined_id_token(&expected, token, now).await?;
        let claims = report.claims.as_ref();
        let linked = claims.map(|claims| by_id_token(&entry, &usable.connection, claims));
        let report = TestReport::of(report).behind("token endpoint", "it gives an ID token");
        let report = self.with_user(report, (&entry, &usable), linked, now);
        Ok(report.for_connection(&usable))
    }

    /// One browser at a time is examined for a test.
    fn claimed(&self, at: LogIn, attempt: &FederatedAttempt) -> Result<(Tested, Claim<'_>), TestError> {
        let (account, connection) = attempt.place();
        let tested = attempt.test().and_then(|id| self.tested(account, connection, id));
        let tested = tested.ok_or(TestError::Over)?;
        let claim = self.federated.tests.claim(tested.id, self.clock.monotonic()).ok_or(TestError::Over)?;
        self.login_guard.charge(at).map_err(|_| TestError::TooMany)?;
        Ok((tested, claim))
    }

    fn settled(
        &self,
        at: LogIn,
        claim: Claim<'_>,
        report: Result<TestReport, TestError>,
    ) -> Result<Arc<TestReport>, TestError> {
        if report.as_ref().map_or(true, |report| report.taken) {
            self.login_guard.give_back(at);
        }
        Ok(claim.finish(report?))
    }

    /// What a login by a connection would make of what somebody shows, whether or not it is enabled. `addresses` says where this
    /// service takes what is meant for one of SAML. None: the connection speaks the other protocol.
    pub(crate) async fn test_by_message(
        self: &Arc<Self>,
        (entry, usable): (&AccountEntry, &Arc<UsableConnection>),
        shown: ShownMessage,
        addresses: Option<&ServiceAddresses>,
        now: Millis,
    ) -> Result<Option<TestReport>, Overloaded> {
        let (usable, report, linked) = match shown {
            ShownMessage::SamlResponse(response) => {
                let Some(addresses) = addresses else { return Ok(None) };
                let by = (entry.account.id, usable);
                let examined = self.examined_response(by, addresses, response, now).await?;
                let Some((usable, mut report)) = examined else { return Ok(None) };
                if report.claims.is_none() {
                    // What cannot be read does not tell which request it answers.
                    report.steps.retain(|step| step.check != Check::Request);
                }
                let claims = report.claims.as_ref();
                let linked = claims.map(|claims| by_assertion(entry, &usable.connection, claims));
                (usable, TestReport::of(report), linked)
            }
            ShownMessage::IdToken(_) if usable.oidc().is_none() => return Ok(None),
            ShownMessage::IdToken(token) => {
                let expected = Expected { usable: Arc::clone(usable), nonce: None };
                let report = self.examined_id_token(&expected, token, now).await?;
                let claims = report.claims.as_ref();
                let linked = claims.map(|claims| by_id_token(entry, &usable.connection, claims));
                (Arc::clone(usable), TestReport::of(report), linked)
            }
        };
        Ok(Some(self.with_user(report, (entry, &usable), linked, now).for_connection(&usable)))
    }

    /// With which user of the account it names, or who would be made, and whether they may log in; None: nothing that counts names
    /// anybody.
    fn with_user(
        &self,
        report: TestReport,
        at: (&AccountEntry, &UsableConnection),
        linked: Option<Linked>,
        now: Millis,
    ) -> TestReport {
        let (entry, usable) = at;
        match linked {
            None => report,
            Some(Err(Unlinked::Newcomer(newcomer))) => {
                let made = self.may_be_made(entry, &usable.connection, &newcomer);
                report.with_newcomer(&newcomer, made.map(drop))
            }
            Some(Err(unlinked)) => report.without_user(&unlinked),
            Some(Ok(user)) => {
                let report = report.with_user(&user);
                match self.may_log_in(&user, now) {
                    Ok(()) => report,
                    Err(kept) => report.and(TestStep::kept_out(kept)),
                }
            }
        }
    }
}
