//! Logging in by an ID token.

use std::sync::Arc;

use vestibule_model::{
    Application, AuthenticationMethod, Means, Millis, Population, Refusal, told as told_of,
};
use vestibule_oidc::{Hint, Keys, Report};
use zeroize::Zeroizing;

use super::link;
use super::{Told, Vouched, digests, once};
use crate::audit::Attempt;
use crate::directory::{AccountEntry, UsableConnection};
use crate::eligibility::token_may_log_in;
use crate::log_in::{LogIn, LogInError, LoggedIn};
use crate::open::FederatedOrigin;
use crate::recognise::Proof;
use crate::service::Auth;
use crate::work_pool::Overloaded;

/// What somebody shows who logs in so.
pub struct ShownIdToken {
    /// The token.
    pub token: Zeroizing<String>,
    /// The connection, by its name; None: the account's that has the token's issuer and client.
    pub connection: Option<String>,
    /// Whom that connection logs in; None: anybody.
    pub population: Option<Population>,
}

/// Which connection a token is examined by, and of which attempt it has to be.
#[derive(Clone)]
pub(super) struct Expected {
    pub(super) usable: Arc<UsableConnection>,
    pub(super) nonce: Option<Zeroizing<String>>,
}

impl Auth {
    /// Logs a user in by an ID token, with an application token where the dialect wants one, which has to be one of the account's.
    /// Whatever is wrong, the answer is the same.
    pub async fn log_in_by_id_token(
        self: &Arc<Self>,
        at: LogIn,
        application_token: Option<&str>,
        shown: ShownIdToken,
    ) -> Result<LoggedIn, LogInError> {
        let attempt = Attempt::to_log_in(at, Means::Oidc);
        self.admit(attempt, "")?;
        let proof = self.proof_for(attempt, application_token);
        let auth = Arc::clone(self);
        let whole = async move {
            let (entry, proof) = proof?;
            let usable = auth.connection_of(attempt, &entry, &shown)?;
            let expected = Expected { usable, nonce: None };
            auth.open_by_id_token(attempt, expected, shown.token, proof).await
        };
        self.settle(at, whole).await
    }

    /// The account with what was shown of an application.
    pub(super) fn proof_for(
        self: &Arc<Self>,
        attempt: Attempt,
        application_token: Option<&str>,
    ) -> Result<(Arc<AccountEntry>, Proof), LogInError> {
        let refuse = |why| self.refuse_federated(attempt, None, why, Told::default());
        let entry = self.account(attempt.at).ok_or_else(|| refuse(Refusal::UnknownAccount))?;
        let proof = match application_token {
            None => Proof::NONE,
            Some(token) => self
                .proof_by_token(&entry, token, attempt.at.now)
                .ok_or_else(|| refuse(Refusal::WrongApplicationToken))?,
        };
        if let Application::Token(id) = proof.application
            && !token_may_log_in(&entry, proof.application)
        {
            let attempt = Attempt::to_log_in(attempt.at, Means::ApplicationToken(id));
            return Err(self.refuse_federated(attempt, None, Refusal::KeyNotAllowed, Told::default()));
        }
        Ok((entry, proof))
    }

    fn connection_of(
        &self,
        attempt: Attempt,
        entry: &AccountEntry,
        shown: &ShownIdToken,
    ) -> Result<Arc<UsableConnection>, LogInError> {
        let is_used = |usable: &&Arc<UsableConnection>| {
            let connection = &usable.connection;
            let fits = shown.population.is_none_or(|population| population == connection.population);
            connection.enabled && connection.oidc().is_some() && fits
        };
        // That it says so is no reason to believe it: the keys of the connection decide.
        let hint = Hint::of(&shown.token).filter(|_| shown.connection.is_none());
        let found = if let Some(name) = &shown.connection {
            entry.connection_named(name).filter(is_used)
        } else {
            let is_of = |usable: &&Arc<UsableConnection>| {
                let (hint, oidc) = (hint.as_ref(), usable.connection.oidc());
                hint.zip(oidc).is_some_and(|(hint, oidc)| {
                    hint.issuer == oidc.issuer && hint.audience.all().contains(&oidc.client_id)
                })
            };
            entry.connections().into_iter().filter(is_used).find(is_of)
        };
        found.cloned().ok_or_else(|| {
            let told = Told::no_connection(None);
            let told = match &hint {
                None => told,
                Some(Hint { issuer, audience }) => told.because(format!(
                    "the account has no enabled connection of the issuer {:?} with the client {:?}",
                    told_of(issuer, 200),
                    told_of(&audience.all().join(", "), 200)
                )),
            };
            self.refuse_federated(attempt, None, Refusal::NoConnection, told)
        })
    }

    pub(super) async fn open_by_id_token(
        self: &Arc<Self>,
        attempt: Attempt,
        expected: Expected,
        token: Zeroizing<String>,
        proof: Proof,
    ) -> Result<LoggedIn, LogInError> {
        let vouched = self.vouched_by_id_token(attempt, expected, token).await?;
        let logged_in = self.open_federated(attempt, AuthenticationMethod::Oidc, vouched, proof).await?;
        if proof.application != vestibule_model::Application::None {
            self.live.with(logged_in.session.id, attempt.at.now, |live| live.count(attempt.at.now));
        }
        Ok(logged_in)
    }

    pub(super) async fn vouched_by_id_token(
        self: &Arc<Self>,
        attempt: Attempt,
        expected: Expected,
        token: Zeroizing<String>,
    ) -> Result<Vouched, LogInError> {
        let refuse = |user, why, told| self.refuse_federated(attempt, user, why, told);
        let (usable, at) = (Arc::clone(&expected.usable), attempt.at);
        let report = self.examined_id_token(&expected, token, at.now).await;
        let report = report.map_err(|_| self.audit.overloaded(attempt, None))?;
        let (connection, told) = (&usable.connection, Told::of(&usable));
        let check = report.refused_by().copied();
        let login = report.outcome().map_err(|refusal| {
            refuse(None, Refusal::AssertionRefused, told.clone().refused(check, &refusal))
        })?;
        let unknown = || refuse(None, Refusal::UnknownAccount, Told::default());
        let entry = self.account(at).ok_or_else(unknown)?;
        let linked = link::by_id_token(&entry, connection, &login.claims);
        let value = digests::of_id_token(entry.account.id, &login.claims.signed);
        let once = once(value, login.single_use_until);
        let vouching = self.linked_user(attempt, entry, &usable, linked, once).await?;
        let sid = login.claims.sid.as_deref().filter(|sid| !sid.is_empty());
        let origin = FederatedOrigin {
            connection: connection.id,
            subject: digests::of_subject(connection.id, &login.claims.sub),
            session_index: sid.map(|sid| digests::of_session(connection.id, sid)),
            issued_at: login.claims.issued(),
        };
        Ok(Vouched { origin, until: None, vouching, connection: usable, second_factor: None })
    }

    /// What is found, away from the workers; with the provider's keys read again where the token has another.
    pub(super) async fn examined_id_token(
        &self,
        expected: &Expected,
        token: Zeroizing<String>,
        now: Millis,
    ) -> Result<Report, Overloaded> {
        let token = Arc::new(token);
        let keys = self.federated.keys.of(&expected.usable);
        let report = self.examined(expected, &token, keys.clone(), now).await?;
        if !report.refusals().next().is_some_and(vestibule_oidc::Refusal::asks_for_new_keys) {
            return Ok(report);
        }
        match self.other_keys(&expected.usable, keys.as_ref()).await {
            Some(others) => self.examined(expected, &token, Some(others), now).await,
            None => Ok(report),
        }
    }

    async fn examined(
        &self,
        expected: &Expected,
        token: &Arc<Zeroizing<String>>,
        keys: Option<Arc<Keys>>,
        now: Millis,
    ) -> Result<Report, Overloaded> {
        let (expected, token) = (expected.clone(), Arc::clone(token));
        let work = move |(): &mut ()| expected.examine(&token, keys.as_deref(), now);
        self.verification.run(work).await
    }
}

impl Expected {
    /// With the keys that were read last, or those of the connection.
    fn examine(&self, token: &str, keys: Option<&Keys>, now: Millis) -> Report {
        let Some(oidc) = self.usable.oidc() else { return Report::default() };
        let nonce = self.nonce.as_deref().map(String::as_str);
        oidc.id_token(nonce).examine(token, keys.unwrap_or(&oidc.keys), now)
    }
}
