//! What is exchanged at an OpenID provider for an ID token: the code of a callback, or a name and password.

use std::sync::Arc;

use vestibule_model::{AuthenticationMethod, Means, OidcConnection, Refusal};
use vestibule_oidc::{Callback, CallbackError, CodeVerifier, Grant, TokenError, TokenRequest, TokenResponse};
use zeroize::Zeroizing;

use super::FederatedAttempt;
use super::id_token::Expected;
use super::{Told, Vouched};
use crate::audit::Attempt;
use crate::directory::UsableConnection;
use crate::log_in::{LogIn, LogInError, LoggedIn};
use crate::outgoing::{OutgoingError, OutgoingRequest};
use crate::recognise::Proof;
use crate::second_factor::FirstStep;
use crate::service::Auth;

/// The code of a callback, with what is kept of the attempt.
pub struct ShownCode {
    /// The connection, by its name.
    pub connection: String,
    /// The code.
    pub code: Zeroizing<String>,
    /// Where it came to, as in the request.
    pub redirect_uri: String,
    /// The attempt that this very browser made.
    pub attempt: FederatedAttempt,
}

impl ShownCode {
    /// Reads the query with which a provider sent a browser back.
    ///
    /// # Errors
    ///
    /// The provider refuses, or it is no callback of it.
    pub fn read(
        oidc: &OidcConnection,
        query: &str,
        redirect_uri: String,
        attempt: &FederatedAttempt,
    ) -> Result<Self, CallbackError> {
        let callback = Callback::read(query, &oidc.issuer, oidc.names_itself_in_callbacks)?;
        Ok(Self {
            connection: attempt.place().1.to_owned(),
            code: Zeroizing::new(callback.outcome?),
            redirect_uri,
            attempt: attempt.clone(),
        })
    }

    /// By which it is exchanged.
    pub(super) fn verifier(&self) -> CodeVerifier {
        CodeVerifier::from_text(self.attempt.verifier.clone())
    }

    /// That of the attempt.
    pub(super) fn nonce(&self) -> Zeroizing<String> {
        Zeroizing::new(self.attempt.nonce.clone())
    }
}

/// A name and password that the provider is asked about.
pub struct ShownPassword {
    /// The name there.
    pub user_name: String,
    /// The password there.
    pub password: Zeroizing<String>,
    /// Whose connections are meant.
    pub population: vestibule_model::Population,
}

/// What is exchanged.
pub(super) struct Exchange<'a> {
    pub(super) grant: Grant<'a>,
    /// The id of the attempt whose code it is; None: it is none.
    pub(super) attempt: Option<&'a str>,
}

/// Why a provider gives no ID token.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    /// The connection speaks another protocol.
    #[error("the connection speaks another protocol")]
    NotOidc,
    /// More is asked than can be done in time.
    #[error("too many wait for providers")]
    Overloaded,
    /// It was not asked, or did not answer.
    #[error(transparent)]
    NoAnswer(OutgoingError),
    /// It refuses.
    #[error(transparent)]
    Refused(TokenError),
    /// It answers something else, with this status.
    #[error("{0} (status {1})")]
    Unreadable(TokenError, u16),
}

impl NoToken {
    /// What to do about it, for whoever runs the connection.
    pub(super) const fn fix(&self) -> &'static str {
        match self {
            Self::NotOidc => "log in by a connection of OpenID Connect",
            Self::Overloaded => "try again",
            Self::NoAnswer(error) => error.fix(),
            Self::Refused(error) | Self::Unreadable(error, _) => error.fix(),
        }
    }
}

impl Auth {
    /// Logs a user in by a code, which is exchanged for an ID token.
    pub async fn log_in_by_code(
        self: &Arc<Self>,
        at: LogIn,
        shown: ShownCode,
    ) -> Result<LoggedIn, LogInError> {
        let attempt = Attempt::to_log_in(at, Means::Oidc);
        self.admit(attempt, "")?;
        let auth = Arc::clone(self);
        let whole = async move {
            let vouched = auth.vouched_by_code(attempt, &shown).await?;
            auth.open_federated(attempt, AuthenticationMethod::Oidc, vouched, Proof::NONE).await
        };
        self.settle(at, whole).await
    }

    /// The same as a first step.
    pub(crate) async fn first_step_by_code(
        self: &Arc<Self>,
        at: LogIn,
        shown: ShownCode,
    ) -> Result<FirstStep, LogInError> {
        let attempt = Attempt::to_log_in(at, Means::Oidc);
        self.admit(attempt, "")?;
        let auth = Arc::clone(self);
        let whole = async move {
            let vouched = auth.vouched_by_code(attempt, &shown).await?;
            auth.open_or_ask_for_code(attempt, AuthenticationMethod::Oidc, vouched).await
        };
        self.settle(at, whole).await
    }

    async fn vouched_by_code(
        self: &Arc<Self>,
        attempt: Attempt,
        shown: &ShownCode,
    ) -> Result<Vouched, LogInError> {
        self.expect_no_test(attempt, Some(&shown.attempt))?;
        let (entry, _) = self.proof_for(attempt, None)?;
        let is_used =
            |usable: &&Arc<UsableConnection>| usable.connection.enabled && usable.connection.oidc().is_some();
        let usable = entry.connection_named(&shown.connection).filter(is_used).cloned();
        let usable = usable.ok_or_else(|| self.no_connection(attempt))?;
        let verifier = shown.verifier();
        let ShownCode { code, redirect_uri, .. } = shown;
        let grant = Grant::Code { code, redirect_uri, verifier: &verifier };
        let exchange = Exchange { grant, attempt: Some(&shown.attempt.id) };
        let token = self.exchanged(attempt, &usable, exchange).await?;
        self.vouched_by_id_token(attempt, Expected { usable, nonce: Some(shown.nonce()) }, token).await
    }

    /// Logs a user in by a name and password that the provider of a connection is asked about, where a connection of the account
    /// allows that for the population.
    pub async fn log_in_by_password_grant(
        self: &Arc<Self>,
        at: LogIn,
        application_token: &str,
        shown: ShownPassword,
    ) -> Result<LoggedIn, LogInError> {
        let attempt = Attempt::to_log_in(at, Means::Oidc);
        self.admit(attempt, &shown.user_name)?;
        let proof = self.proof_for(attempt, Some(application_token));
        let auth = Arc::clone(self);
        let whole = async move {
            let (entry, proof): (_, Proof) = proof?;
            let allows = |usable: &&Arc<UsableConnection>| {
                let connection = &usable.connection;
                connection.enabled
                    && connection.population == shown.population
                    && connection.oidc().is_some_and(|oidc| oidc.password_grant)
            };
            let usable = entry.connections().into_iter().find(allows).cloned();
            let usable = usable.ok_or_else(|| auth.no_connection(attempt))?;
            let grant = Grant::Password { user_name: &shown.user_name, password: &shown.password };
            let exchange = Exchange { grant, attempt: None };
            let token = auth.exchanged(attempt, &usable, exchange).await?;
            auth.open_by_id_token(attempt, Expected { usable, nonce: None }, token, proof).await
        };
        self.settle(at, whole).await
    }

    /// Counts that a provider sent a browser back without a code, and gives the error that is told.
    pub fn refuse_callback(&self, at: LogIn, connection: &str, error: &CallbackError) -> LogInError {
        let told = Told::named(connection).by("callback").because(error.to_string()).advising(error.fix());
        self.refuse_without_code(at, Refusal::ProviderFailed, told)
    }

    /// Counts that the connection of an attempt was disabled or deleted before its answer came, and gives the error that is told.
    pub fn refuse_without_connection(&self, at: LogIn, connection: &str) -> LogInError {
        self.refuse_without_code(at, Refusal::NoConnection, Told::no_connection(Some(connection)))
    }

    /// Costs the address what every failure does: the browser may send the same again.
    fn refuse_without_code(&self, at: LogIn, why: Refusal, told: Told) -> LogInError {
        let attempt = Attempt::to_log_in(at, Means::Oidc);
        match self.admit(attempt, "") {
            Ok(()) => self.refuse_federated(attempt, None, why, told),
            Err(turned_away) => turned_away,
        }
    }

    fn no_connection(&self, attempt: Attempt) -> LogInError {
        self.refuse_federated(attempt, None, Refusal::NoConnection, Told::no_connection(None))
    }

    /// Asks the token endpoint, and tells the audit what it refuses. That nobody answers costs the address something where
    /// anybody may ask, by a code: else one browser could take an account's turns again and again. Whoever gives a password has shown an
    /// application token before.
    async fn exchanged(
        &self,
        attempt: Attempt,
        usable: &UsableConnection,
        exchange: Exchange<'_>,
    ) -> Result<Zeroizing<String>, LogInError> {
        let failed = |why: &NoToken| {
            let told = Told::of(usable).by("token endpoint").because(why.to_string()).advising(why.fix());
            self.note_federated(attempt, None, Refusal::ProviderFailed, told)
        };
        let is_code = exchange.attempt.is_some();
        if is_code {
            let admitted = self.login_guard.admit_to_provider(attempt.at);
            admitted.map_err(|why| self.turned_away(attempt, why))?;
        }
        let token = self.ask_for_token(usable, exchange).await;
        let is_unanswered = match &token {
            // Nobody was asked.
            Err(NoToken::NoAnswer(
                OutgoingError::Busy(_) | OutgoingError::Off | OutgoingError::NotAllowed(..),
            )) => false,
            Err(NoToken::NoAnswer(_) | NoToken::Unreadable(..)) => true,
            _ => false,
        };
        if is_code && !is_unanswered {
            self.login_guard.provider_answered(attempt.at);
        }
        token.map_err(|error| match error {
            NoToken::NotOidc => self.no_connection(attempt),
            NoToken::Overloaded => self.audit.overloaded(attempt, None),
            NoToken::Refused(_) => LogInError::NotVouchedFor(failed(&error)),
            NoToken::NoAnswer(_) | NoToken::Unreadable(..) => LogInError::ProviderUnavailable(failed(&error)),
        })
    }

    /// Asks the token endpoint. Only so many of an account wait for providers at once, and one for each attempt: the others are
    /// turned away.
    pub(super) async fn ask_for_token(
        &self,
        usable: &UsableConnection,
        Exchange { grant, attempt }: Exchange<'_>,
    ) -> Result<Zeroizing<String>, NoToken> {
        let (Some(oidc), Some(stored)) = (usable.oidc(), usable.connection.oidc()) else {
            return Err(NoToken::NotOidc);
        };
        let asks = self.federated.asking.begin(usable.account, attempt);
        let Some(_asks) = asks else { return Err(NoToken::Overloaded) };
        let request =
            TokenRequest { client_id: &stored.client_id, authentication: oidc.authentication(), grant };
        let request = OutgoingRequest {
            account: usable.account,
            url: stored.token_endpoint.clone(),
            authorization: request.authorization(),
            form: Some(request.body()),
        };
        let answer = self.outgoing().send(request).await.map_err(NoToken::NoAnswer)?;
        let response = TokenResponse::read(&answer.body).map_err(|error| match error {
            TokenError::Refused { .. } if answer.status < 500 => NoToken::Refused(error),
            other => NoToken::Unreadable(other, answer.status),
        })?;
        Ok(response.id_token)
    }
}
