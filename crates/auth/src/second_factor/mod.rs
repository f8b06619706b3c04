//! Second factors: what a user with one shows besides the password, on pages and in administration.
//!
//! A code of RFC 6238 counts once, a recovery code until it is used; wrong codes count like wrong passwords, and for themselves
//! ([`crate::login_guard`]). Where only a password can be shown such a user is refused, after it was right.

mod at_once;
mod enrolment;
mod on_the_way_in;
mod storing;
mod ticket;

use std::sync::Arc;

use vestibule_crypto::{OneTimeSecret, SealContext, recovery_digest};
use vestibule_model::{AuthenticationMethod, Means, Millis, Refusal, SecondFactor, SecondFactorPolicy, User};
use vestibule_store::Change;

use crate::attempt::{ProvedUser, Shown};
use crate::audit::Attempt;
use crate::directory::{AccountEntry, AccountFacts, SECOND_FACTOR_COLUMN, USERS_TABLE, UserEntry};
use crate::eligibility::{self, IneligibleReason};
use crate::federated::VouchedStep;
use crate::log_in::{LogIn, LogInError, LoggedIn, LoginScope, UserCredentials};
use crate::open::{Once, OpenError, OpenedWith};
use crate::recognise::Proof;
use crate::service::Auth;

pub(crate) use enrolment::NewFactor;
pub use enrolment::{Enrolment, EnrolmentError, ShownEnrolment};
pub use on_the_way_in::SetUpOnTheWayIn;
pub use ticket::Ticket;
pub(crate) use ticket::TicketStep;

/// What a right password has come to.
pub enum PasswordStep {
    /// That was all.
    LoggedIn(LoggedIn),
    /// The code is still to come; whoever shows this has shown the password.
    Code(Ticket),
    /// The account asks for a second factor, and the user has none: whoever shows this may set one up, and nothing else.
    SetUp(Ticket),
}

/// What the word of an identity provider has come to, of whoever has to show a second factor of ours besides.
pub(crate) enum FirstStep {
    /// There is none: that was all.
    LoggedIn(LoggedIn),
    /// The code is still to come.
    Code(Ticket),
}

/// What proves a second factor, and what becomes of it.
pub(crate) enum CodeProof {
    /// A code of the user's device: its step is used up.
    Step(Once),
    /// A recovery code: the user has the others left.
    Recovery(Box<SecondFactor>),
}

impl CodeProof {
    /// What uses it up, in the transaction of what it is shown for.
    pub(crate) fn spent(self, user: &User) -> Change {
        match self {
            Self::Step(once) => once.into(),
            Self::Recovery(left) => Change::SetSecondFactor {
                user: user.id,
                before: user.second_factor.clone(),
                after: Some(left),
            },
        }
    }
}

impl Auth {
    /// The first step on a page: opens a session, or says that a code is still to come. Otherwise as [`Auth::log_in_user`].
    pub async fn log_in_by_steps(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
    ) -> Result<PasswordStep, LogInError> {
        credentials.expect_length()?;
        let attempt = Attempt::to_log_in(at, Means::Password);
        self.admit(attempt, &credentials.user_name)?;
        let auth = Arc::clone(self);
        let whole = async move {
            let proved = auth.prove(attempt, credentials).await?;
            let ProvedUser { entry, user } = &proved;
            let (step, outcome): (_, fn(Ticket) -> PasswordStep) = match password_suffices(entry, user, at) {
                Err(IneligibleReason::SecondFactor) => (TicketStep::Code, PasswordStep::Code),
                Err(IneligibleReason::SecondFactorNotSet) => (TicketStep::SetUp, PasswordStep::SetUp),
                _ => {
                    let method = AuthenticationMethod::Password;
                    let opened = auth.open_for(attempt, proved, Proof::NONE, method).await;
                    return opened.map(PasswordStep::LoggedIn);
                }
            };
            let refused = |reason| auth.audit.refused(attempt, user.id, reason);
            eligibility::of_user(entry, user, at.now).map_err(refused)?;
            Ok(outcome(auth.ticket(user, step, at.now)))
        };
        self.settle(at, whole).await
    }

    /// Whether a ticket is one of ours, of this account, for a code, and still good; whoever has none begins anew.
    pub fn is_good(&self, at: LogIn, ticket: &Ticket) -> bool {
        self.holder_to_show_code(at, ticket).is_some()
    }

    /// Who may show a code with this ticket, and who vouched for them; None of these: they have shown the password.
    fn holder_to_show_code(&self, at: LogIn, ticket: &Ticket) -> Option<(ProvedUser, Option<VouchedStep>)> {
        let (holder, step) = self.holder_of(ticket, at)?;
        match step {
            TicketStep::Code => Some((holder, None)),
            TicketStep::CodeAfterProvider(vouched) => Some((holder, Some(vouched))),
            TicketStep::SetUp => None,
        }
    }

    /// The second step: the code of whoever has shown the password, or was vouched for by an identity provider.
    pub async fn log_in_with_code(
        self: &Arc<Self>,
        at: LogIn,
        ticket: &Ticket,
        code: &str,
    ) -> Result<LoggedIn, LogInError> {
        let (ProvedUser { entry, user }, vouched) =
            self.holder_to_show_code(at, ticket).ok_or(LogInError::BadCredentials)?;
        let means = vouched.as_ref().map_or(Means::Password, VouchedStep::means);
        let attempt = Attempt::to_log_in(at, means);
        self.admit(attempt, &user.login_name)?;
        let (auth, code) = (Arc::clone(self), code.to_owned());
        let whole = async move {
            let proof = auth.prove_code(attempt, &entry, &user, &code)?;
            auth.open_by_factor(attempt, ProvedUser { entry, user }, vouched, proof).await
        };
        self.settle(at, whole).await
    }

    /// Opens a session for somebody who proved both.
    pub(crate) async fn open_by_factor(
        self: &Arc<Self>,
        attempt: Attempt,
        proved: ProvedUser,
        vouched: Option<VouchedStep>,
        proof: CodeProof,
    ) -> Result<LoggedIn, LogInError> {
        let (entry, user) = (Arc::clone(&proved.entry), Arc::clone(&proved.user));
        let recovery = match &proof {
            CodeProof::Recovery(left) => Some(left.clone()),
            CodeProof::Step(_) => None,
        };
        let spent = proof.spent(&user);
        let logged_in = match vouched {
            Some(step) => self.open_vouched_with_code(attempt, proved, step, spent).await?,
            None => self.open_by_password_and_code(attempt, proved, spent).await?,
        };
        self.code_was_right(attempt, &entry, &user);
        if recovery.is_some() {
            let before = &user.second_factor;
            entry.update_user(user.id, |present| {
                // Somebody may have taken it away since.
                if present.second_factor == *before {
                    present.second_factor = recovery;
                }
            });
        }
        Ok(logged_in)
    }

    async fn open_by_password_and_code(
        self: &Arc<Self>,
        attempt: Attempt,
        proved: ProvedUser,
        spent: Change,
    ) -> Result<LoggedIn, LogInError> {
        let (entry, user) = (Arc::clone(&proved.entry), Arc::clone(&proved.user));
        let with = OpenedWith { second_factor: Some(spent), has_shown_factor: true, ..OpenedWith::default() };
        let opened = self.open_with(attempt, proved, Proof::NONE, AuthenticationMethod::Password, with).await;
        opened.map_err(|error| match error {
            OpenError::AlreadyConsumed => self.code_was_used(attempt, &entry, &user),
            error => self.not_opened(attempt, user.id, error),
        })
    }

    /// What a code proves. Wrong ones count for the user's lock-out, and for themselves. A right one counts as such when it is
    /// used up, and not before: [`Auth::code_was_right`], [`Auth::code_was_used`].
    pub(crate) fn prove_code(
        self: &Arc<Self>,
        attempt: Attempt,
        entry: &Arc<AccountEntry>,
        user: &Arc<UserEntry>,
        code: &str,
    ) -> Result<CodeProof, LogInError> {
        let turned_away = |why| self.turned_away(attempt, why);
        self.login_guard.admit_code(user.id).map_err(turned_away)?;
        let proof = self.read_code(user, code.trim(), attempt.at.now);
        let shown = if proof.is_some() { Shown::RightSoFar } else { Shown::WrongCode };
        self.judge(attempt, entry, user, shown)?;
        proof.ok_or_else(|| self.audit.bad_credentials(attempt, Some(user.id), Refusal::WrongOneTimeCode))
    }

    /// The code was right, and is used up: the failures before it are forgotten.
    pub(crate) fn code_was_right(
        self: &Arc<Self>,
        attempt: Attempt,
        entry: &Arc<AccountEntry>,
        user: &Arc<UserEntry>,
    ) {
        self.login_guard.code_was_right(user.id);
        let policy = entry.account.lockout_policy_of(user.population);
        // Others may have failed so often meanwhile that the user is locked: what was done stays, and the lock too.
        if !self.login_guard.is_locked(user, attempt.at.now) {
            let _ = self.login_guard.judge(user, policy, true, attempt.at.now);
        }
    }

    /// The code was used up before: that is as wrong as any other.
    pub(crate) fn code_was_used(
        self: &Arc<Self>,
        attempt: Attempt,
        entry: &Arc<AccountEntry>,
        user: &Arc<UserEntry>,
    ) -> LogInError {
        let judged = self.judge(attempt, entry, user, Shown::UsedCode);
        judged.err().unwrap_or(LogInError::BadCredentials)
    }

    fn read_code(&self, user: &User, code: &str, now: Millis) -> Option<CodeProof> {
        let factor = user.second_factor.as_deref()?;
        if let Some(digest) = recovery_digest(user.id, code) {
            let mut left = factor.clone();
            left.recovery.retain(|kept| *kept != digest);
            return (left.recovery.len() < factor.recovery.len()).then(|| CodeProof::Recovery(left.into()));
        }
        let secret = self.one_time_secret(user, factor)?;
        let step = secret.step_of(code, now)?;
        let value = step.digest(user.id, factor.since);
        Some(CodeProof::Step(Once { value, expires: step.expires() }))
    }

    fn one_time_secret(&self, user: &User, factor: &SecondFactor) -> Option<OneTimeSecret> {
        let row = user.id.0.to_be_bytes();
        let context = SealContext { table: USERS_TABLE, column: SECOND_FACTOR_COLUMN, row: &row };
        let opened = self.keys.sealer().open(&context, &factor.sealed);
        let opened = opened.inspect_err(
            |error| tracing::error!(user = %user.id, %error, "the secret of a second factor cannot be opened"),
        );
        OneTimeSecret::from_bytes(&opened.ok()?)
    }
}

/// Whether somebody who shows a password, and nothing else, may be let in by it. Administrators without a second factor are let in,
/// for setting one up and nothing else where there has to be one: there is no page that they could be led to.
pub(crate) fn password_suffices(
    entry: &AccountFacts,
    user: &User,
    at: LogIn,
) -> Result<(), IneligibleReason> {
    if user.second_factor.is_some() {
        return Err(IneligibleReason::SecondFactor);
    }
    let is_required = entry.account.second_factor == SecondFactorPolicy::Required;
    if is_required && at.scope != LoginScope::Administration {
        return Err(IneligibleReason::SecondFactorNotSet);
    }
    Ok(())
}

/// Whether the word of an identity provider lets somebody in by itself. Of administrators their own second factor is asked for besides:
/// that there was one at the provider, nobody here has seen.
pub(crate) fn provider_suffices(user: &User, at: LogIn) -> Result<(), IneligibleReason> {
    let is_asked_for = at.scope == LoginScope::Administration && user.second_factor.is_some();
    if is_asked_for { Err(IneligibleReason::SecondFactor) } else { Ok(()) }
}
