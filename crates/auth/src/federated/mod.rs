//! Logging in by what an identity provider says: an assertion, an ID token, a code, or a name and password that it is asked about.
//!
//! Each way ends in the same: it is examined away from the workers, a user of the account is found by it, and a session is opened in
//! one commit with the note that it was taken. Whoever is refused gets the id of the refusal and nothing else; the audit has the
//! reason under that id.

pub mod addresses;
mod admission;
mod asking;
mod assertion;
mod attempt;
mod code;
mod connection_test;
mod digests;
mod first_step;
mod id_token;
pub(crate) mod link;
mod logout;
mod logout_admission;
mod origins;
mod provisioning;
mod refusal;
mod rereading;
mod way_there;

use std::sync::Arc;

use vestibule_model::{AuthenticationMethod, ConnectionId, EndReason, Millis, Refusal, RefusalId, UserId};
use vestibule_store::{Change, StoreError};

use crate::attempt::ProvedUser;
use crate::audit::Attempt;
use crate::directory::{AccountEntry, UsableConnection, UserEntry};
use crate::log_in::{LogInError, LoggedIn};
use crate::open::{FederatedOrigin, Once, OpenError, OpenedWith};
use crate::recognise::Proof;
use crate::service::Auth;

pub use assertion::{AddressesByName, ShownAssertion};
pub use attempt::{ATTEMPT_LASTS, AttemptFor, FederatedAttempt};
pub use code::{ShownCode, ShownPassword};
pub use connection_test::{
    ConnectionTest, ShownMessage, TEST_LASTS, TestError, TestId, TestReport, TestStep,
};
pub(crate) use first_step::VouchedStep;
pub use id_token::ShownIdToken;
pub use logout::{LogoutDone, LogoutError, ShownLogout};
pub use origins::{NoAdministrationOrigin, Origins};
pub(crate) use refusal::Told;
pub use way_there::SAML_METADATA;

/// What is remembered of connections besides what is stored.
#[derive(Default)]
pub(crate) struct FederatedState {
    keys: rereading::ProviderKeys,
    rereadings: rereading::Rereadings,
    asking: asking::Asking,
    logouts_beyond_limit: logout_admission::LogoutsBeyondLimit,
    pub(crate) tests: connection_test::ConnectionTests,
}

/// Why what counts once is refused the second time.
const TAKEN_BEFORE: &str = "it was taken before: what an identity provider sends counts once";

/// What to do where the identity provider has logged a login out.
const LOG_IN_ANEW: &str =
    "begin the login anew: what is issued after the logout, by the identity provider's clock, is taken";

/// Somebody whom an identity provider vouched for.
struct Vouched {
    connection: Arc<UsableConnection>,
    vouching: Vouching,
    origin: FederatedOrigin,
    /// When the identity provider wants the session to end.
    until: Option<Millis>,
    /// What uses up what was shown as a second factor; None: nothing was.
    second_factor: Option<Change>,
}

/// The user who is meant, as the directory is now.
struct Vouching {
    entry: Arc<AccountEntry>,
    user: Arc<UserEntry>,
    /// What is used up with the session; None: it was used up when the user was made.
    once: Option<Once>,
}

impl Auth {
    /// Opens a session for somebody whom an identity provider vouched for, if they may log in now.
    async fn open_federated(
        self: &Arc<Self>,
        attempt: Attempt,
        method: AuthenticationMethod,
        vouched: Vouched,
        proof: Proof,
    ) -> Result<LoggedIn, LogInError> {
        let Vouched { connection, vouching, origin, until, second_factor } = vouched;
        let Vouching { entry, user, once } = vouching;
        let told = |why| Told::of(&connection).because(why);
        let has_shown_factor = second_factor.is_some();
        let federated = Some(origin);
        let with =
            OpenedWith { once, second_factor, has_shown_factor, federated, until, ..OpenedWith::default() };
        let (user_id, holder) = (user.id, (Arc::clone(&entry), Arc::clone(&user)));
        self.may_log_in(&user, attempt.at.now)
            .map_err(|kept| self.kept_out(attempt, Told::of(&connection), kept))?;
        match self.open_with(attempt, ProvedUser { entry, user }, proof, method, with).await {
            Ok(logged_in) => self.expect_standing_connection(attempt, &connection, logged_in).await,
            // What was sent was used up before the code was asked for.
            Err(OpenError::AlreadyConsumed) if has_shown_factor => {
                Err(self.code_was_used(attempt, &holder.0, &holder.1))
            }
            Err(OpenError::AlreadyConsumed) => {
                let told = told(TAKEN_BEFORE);
                Err(self.refuse_federated(attempt, Some(user_id), Refusal::AlreadyUsed, told))
            }
            Err(OpenError::Store(error @ StoreError::LoggedOut)) => {
                let told = told(&error.to_string()).by("logout").advising(LOG_IN_ANEW);
                Err(self.refuse_federated(attempt, Some(user_id), Refusal::AssertionRefused, told))
            }
            Err(OpenError::Refused(reason)) => Err(self.audit.refused(attempt, user_id, reason)),
            Err(OpenError::Stale) => {
                let told = told("the user was changed in the same moment");
                Err(self.refuse_federated(attempt, Some(user_id), Refusal::Stale, told))
            }
            Err(OpenError::Store(error)) => Err(LogInError::Store(error)),
        }
    }

    /// Whoever disabled or deleted the connection has looked for its sessions; if that was before this one was stored, the
    /// directory tells here.
    async fn expect_standing_connection(
        self: &Arc<Self>,
        attempt: Attempt,
        connection: &UsableConnection,
        logged_in: LoggedIn,
    ) -> Result<LoggedIn, LogInError> {
        if self.admits_by(&logged_in.entry, connection.connection.id) {
            return Ok(LoggedIn { connection: Some(connection.connection.id), ..logged_in });
        }
        let end = EndReason::ConnectionRefused.into();
        self.ends.end(&logged_in.session, &end).await.map_err(LogInError::Store)?;
        let told = Told::of(connection).because("the connection was disabled in the same moment");
        Err(self.refuse_federated(attempt, Some(logged_in.user.id), Refusal::NoConnection, told))
    }

    /// Counts that what an identity provider sent is refused, and gives the error that is told: the id of the refusal.
    fn refuse_federated(
        &self,
        attempt: Attempt,
        user: Option<UserId>,
        why: Refusal,
        told: Told,
    ) -> LogInError {
        LogInError::NotVouchedFor(self.note_federated(attempt, user, why, told))
    }

    /// Counts it, and gives the id.
    fn note_federated(&self, attempt: Attempt, user: Option<UserId>, why: Refusal, told: Told) -> RefusalId {
        let id = RefusalId::random(&*self.rng);
        self.audit.note_federated_refusal(attempt, user, why, told, id)
    }

    /// Refuses what answers a test of a connection, by whatever way it comes: that is no login.
    fn expect_no_test(&self, attempt: Attempt, made: Option<&FederatedAttempt>) -> Result<(), LogInError> {
        if made.is_none_or(|made| !made.is_test()) {
            return Ok(());
        }
        let told =
            Told::default().by("request").because("it answers a test of the connection, which is no login");
        Err(self.refuse_federated(attempt, None, Refusal::AssertionRefused, told))
    }

    /// Whether the account, as it is now, has this connection, enabled.
    fn admits_by(&self, entry: &AccountEntry, connection: ConnectionId) -> bool {
        let account = self.directory.account(entry.account.id);
        account.is_some_and(|account| {
            account.connection(connection).is_some_and(|usable| usable.connection.enabled)
        })
    }
}

/// What is to be remembered of something that counts once, until then.
fn once(value: [u8; 32], expires: Millis) -> Once {
    Once { value, expires }
}
