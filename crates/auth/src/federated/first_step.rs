//! The word of an identity provider as a first step, after which a second factor of ours is asked for: of administrators.
//!
//! What was sent is used up at once. What it says is kept by the browser, sealed in the ticket for the code, until the code comes. Then
//! the connection has to be there still, and to lead to the same user.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vestibule_model::{AuthenticationMethod, ConnectionId, Linking, Means, Millis, Refusal};
use vestibule_store::{Change, StoreError};

use super::{TAKEN_BEFORE, Told, Vouched, Vouching, link};
use crate::attempt::ProvedUser;
use crate::audit::Attempt;
use crate::directory::{AccountEntry, UserEntry};
use crate::log_in::{LogInError, LoggedIn};
use crate::open::FederatedOrigin;
use crate::recognise::Proof;
use crate::second_factor::{FirstStep, TicketStep};
use crate::service::Auth;

/// By which login at an identity provider the first step was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VouchedStep {
    method: AuthenticationMethod,
    connection: ConnectionId,
    subject: [u8; 32],
    session_index: Option<[u8; 32]>,
    issued_at: Millis,
    until: Option<Millis>,
    /// By which login name the connection has found the user; None: by the subject.
    login_name: Option<String>,
}

impl VouchedStep {
    pub(crate) fn new(
        method: AuthenticationMethod,
        origin: FederatedOrigin,
        until: Option<Millis>,
        login_name: Option<String>,
    ) -> Self {
        let FederatedOrigin { connection, subject, session_index, issued_at } = origin;
        Self { method, connection, subject, session_index, issued_at, until, login_name }
    }

    /// By what its user logs in.
    pub(crate) const fn means(&self) -> Means {
        match self.method {
            AuthenticationMethod::Saml => Means::Saml,
            _ => Means::Oidc,
        }
    }

    /// Whether the connection still leads to this user. Where there is none any more, that is what the code is answered with.
    pub(crate) fn still_names(&self, entry: &AccountEntry, user: &UserEntry) -> bool {
        let by = (self.login_name.as_deref(), &self.subject);
        let present = entry.connection(self.connection);
        present.is_none_or(|usable| link::still_leads(entry, &usable.connection, user, by))
    }

    const fn origin(&self) -> FederatedOrigin {
        let Self { connection, subject, session_index, issued_at, .. } = *self;
        FederatedOrigin { connection, subject, session_index, issued_at }
    }
}

impl Auth {
    /// Opens a session for somebody whom an identity provider vouched for, or asks for the code of whoever has a second factor.
    pub(super) async fn open_or_ask_for_code(
        self: &Arc<Self>,
        attempt: Attempt,
        method: AuthenticationMethod,
        vouched: Vouched,
    ) -> Result<FirstStep, LogInError> {
        if vouched.vouching.user.second_factor.is_none() {
            let opened = self.open_federated(attempt, method, vouched, Proof::NONE).await;
            return opened.map(FirstStep::LoggedIn);
        }
        let Vouched { connection, vouching: Vouching { user, once, .. }, origin, until, .. } = vouched;
        let told = Told::of(&connection);
        self.may_log_in(&user, attempt.at.now).map_err(|kept| self.kept_out(attempt, told.clone(), kept))?;
        if let Some(once) = once {
            match self.store.commit(vec![once.into()]).await {
                Ok(_) => {}
                Err(StoreError::AlreadyConsumed) => {
                    let (why, told) = (Refusal::AlreadyUsed, told.because(TAKEN_BEFORE));
                    return Err(self.refuse_federated(attempt, Some(user.id), why, told));
                }
                Err(error) => return Err(LogInError::Store(error)),
            }
        }
        let login_name = match connection.connection.linking {
            Linking::LoginName => Some(user.login_name.clone()),
            Linking::Subject => None,
        };
        let step = TicketStep::CodeAfterProvider(VouchedStep::new(method, origin, until, login_name));
        Ok(FirstStep::Code(self.ticket(&user, step, attempt.at.now)))
    }

    /// Opens the session of somebody who has shown the code after it. `spent` uses that up in the same commit.
    pub(crate) async fn open_vouched_with_code(
        self: &Arc<Self>,
        attempt: Attempt,
        ProvedUser { entry, user }: ProvedUser,
        step: VouchedStep,
        spent: Change,
    ) -> Result<LoggedIn, LogInError> {
        let present = entry.connection(step.connection).filter(|usable| usable.connection.enabled).cloned();
        let Some(connection) = present else {
            let told = Told::no_connection(None);
            return Err(self.refuse_federated(attempt, Some(user.id), Refusal::NoConnection, told));
        };
        let vouching = Vouching { entry, user, once: None };
        let (origin, until) = (step.origin(), step.until);
        let vouched = Vouched { connection, vouching, origin, until, second_factor: Some(spent) };
        self.open_federated(attempt, step.method, vouched, Proof::NONE).await
    }
}
