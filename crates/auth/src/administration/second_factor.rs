//! The second factor of administrators: as users have it ([`crate::second_factor`]), each their own.
//!
//! Where there has to be one, a session of somebody who has none is for setting it up and for nothing else. Setting one up ends
//! every session of before: none that a password alone has opened lives on as one of somebody who has shown a code.

use std::sync::Arc;

use vestibule_model::{AuditAction, AuthenticationMethod, Dialect, Means, Millis, SecondFactorPolicy, User};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use super::audited_write::{AuditDetails, AuditedWrite};
use super::caller::administrators_account;
use super::log_in::{OpenedSession, log_in_from};
use super::{Administration, AdministrationError, Caller};
use crate::attempt::ProvedUser;
use crate::audit::Attempt;
use crate::detach_on_drop::DetachOnDrop;
use crate::log_in::{LogIn, LogInError};
use crate::open::OpenedWith;
use crate::recognise::Proof;
use crate::second_factor::{Enrolment, EnrolmentError, NewFactor, ShownEnrolment};

/// What an administrator sees of their second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSecondFactor {
    /// Since when there is one.
    pub since: Option<Millis>,
    /// How many recovery codes are left.
    pub recovery_codes_left: usize,
    /// Whether there has to be one.
    pub is_required: bool,
    /// Whether the password is asked for as well when it is set up or changed: whether there is one that counts.
    pub asks_password: bool,
}

/// What is shown to change a second factor that there is.
#[derive(Clone, Copy)]
pub struct ShownFactor<'a> {
    /// The password; of whoever has none that counts it is not looked at.
    pub password: &'a str,
    /// A code of the device, or a recovery code.
    pub code: &'a str,
}

/// A second factor that was set up.
pub struct SetUpSecondFactor {
    /// The recovery codes, which are nowhere else.
    pub recovery_codes: Vec<Zeroizing<String>>,
    /// The session that takes the place of those of before; None: none could be opened, or an identity provider opened that of before,
    /// and the administrator logs in.
    pub opened: Option<OpenedSession>,
}

impl Administration<'_> {
    /// Whether this administrator has to set up a second factor before anything else.
    pub(super) fn lacks_second_factor(&self, user: &User) -> bool {
        user.second_factor.is_none() && self.is_second_factor_required()
    }

    /// Whether the configuration asks for one, or the policy of the administrators' account.
    fn is_second_factor_required(&self) -> bool {
        let home = self.auth.directory.account(administrators_account());
        let of_account = home.map(|home| home.account.second_factor);
        [Some(self.state().second_factor()), of_account].contains(&Some(SecondFactorPolicy::Required))
    }

    /// The caller's own.
    pub fn own_second_factor(&self, caller: &Caller) -> Result<OwnSecondFactor, AdministrationError> {
        let holder = self.holder(caller)?;
        let factor = holder.user.second_factor.as_deref();
        Ok(OwnSecondFactor {
            since: factor.map(|factor| factor.since),
            recovery_codes_left: factor.map_or(0, |factor| factor.recovery.len()),
            is_required: self.is_second_factor_required(),
            asks_password: holder.has_password(),
        })
    }

    /// Draws the secret of a second factor. Nothing is stored before a code of it was shown.
    pub fn begin_own_second_factor(&self, caller: &Caller) -> Result<Enrolment, AdministrationError> {
        let holder = self.holder(caller)?;
        if holder.user.second_factor.is_some() {
            return Err(there_is_one());
        }
        Ok(self.auth.begin_enrolment(&holder, caller.now))
    }

    /// The same that was begun before, for whoever has shown a wrong code; None: it is too old, or somebody else's.
    pub fn resume_own_second_factor(
        &self,
        caller: &Caller,
        state: &str,
    ) -> Result<Option<Enrolment>, AdministrationError> {
        let holder = self.holder(caller)?;
        if holder.user.second_factor.is_some() {
            return Ok(None);
        }
        Ok(self.auth.resume_enrolment(&holder, state, caller.now))
    }

    /// Sets it up, and ends all sessions of the caller; another one takes their place.
    pub async fn set_up_own_second_factor(
        &self,
        caller: &Caller,
        shown: ShownEnrolment<'_>,
    ) -> Result<SetUpSecondFactor, AdministrationError> {
        let (holder, at) = (self.holder(caller)?, log_in_of(caller));
        let new = self.auth.new_factor(&holder, at, shown).await?;
        let stored = self.store_factor(caller, &holder, &new).await;
        let credential_version = stored.map_err(|error| match error {
            // Nothing else of this counts once.
            AdministrationError::Store(StoreError::AlreadyConsumed) => wrong_code(),
            // Whoever was faster has ended the session.
            AdministrationError::NotProved if !self.auth.is_as_seen(&holder, caller.now) => {
                AdministrationError::Changed
            }
            error => error,
        })?;
        let is_by_password =
            caller.session().is_none_or(|session| session.method == AuthenticationMethod::Password);
        if !is_by_password {
            // Theirs would go on without the identity provider that their session rests on.
            return Ok(SetUpSecondFactor { recovery_codes: new.codes, opened: None });
        }
        let opened = self.reopen(caller, credential_version).await;
        let opened = opened.inspect_err(
            |error| tracing::error!(user = %holder.user.id, %error, "no session took the place of those of before"),
        );
        Ok(SetUpSecondFactor { recovery_codes: new.codes, opened: opened.ok() })
    }

    /// Answers the credential version that it has brought.
    async fn store_factor(
        &self,
        caller: &Caller,
        holder: &ProvedUser,
        new: &NewFactor,
    ) -> Result<i64, AdministrationError> {
        let id = holder.user.id;
        self.write_directory(caller, || {
            let before = self.present_user(administrators_account(), id)?;
            if !self.auth.is_as_seen(holder, caller.now) {
                return Err(AdministrationError::Changed);
            }
            let credential_version = before.credential_version + 1;
            let second_factor = Some(new.factor.clone().into());
            let after = User { second_factor, credential_version, ..User::clone(&before) };
            let details = AuditDetails::changed::<User>(&before, &after).named(AuditAction::SecondFactorSet);
            let details = details.in_account(administrators_account()).about(id);
            let mut written = AuditedWrite::one(Change::PutUser(after.into()), details);
            written.changes.extend(new.expected.iter().cloned());
            Ok((Some(written), credential_version))
        })
        .await
    }

    /// Opens a session for a caller whose sessions a change has ended, for which they have shown what it takes: those of the
    /// credential version that it has brought, and no later ones.
    async fn reopen(
        &self,
        caller: &Caller,
        credential_version: i64,
    ) -> Result<OpenedSession, AdministrationError> {
        let holder = self.holder(caller)?;
        if holder.user.credential_version != credential_version {
            return Err(AdministrationError::Changed);
        }
        let attempt = Attempt::to_log_in(log_in_of(caller), Means::Session);
        let with = OpenedWith { has_shown_factor: true, ..OpenedWith::default() };
        let (auth, id) = (Arc::clone(self.auth), holder.user.id);
        let whole = async move {
            let method = AuthenticationMethod::Password;
            let opened = auth.open_with(attempt, holder, Proof::NONE, method, with).await;
            opened.map_err(|error| auth.not_opened(attempt, id, error))
        };
        let logged_in = DetachOnDrop::new(whole).await.map_err(AdministrationError::of_log_in)?;
        Ok(self.show(&logged_in.session))
    }

    /// Makes the recovery codes anew; those of before count no more.
    pub async fn renew_own_recovery_codes(
        &self,
        caller: &Caller,
        shown: ShownFactor<'_>,
    ) -> Result<Vec<Zeroizing<String>>, AdministrationError> {
        let holder = self.proved_once_more(caller, shown).await?;
        let at = log_in_of(caller);
        Ok(self.auth.renew_recovery_codes(&holder, at, shown.code).await?)
    }

    /// Takes it away. Sessions stay; where there has to be one, they are for setting up another.
    pub async fn remove_own_second_factor(
        &self,
        caller: &Caller,
        shown: ShownFactor<'_>,
    ) -> Result<(), AdministrationError> {
        let holder = self.proved_once_more(caller, shown).await?;
        let at = log_in_of(caller);
        Ok(self.auth.remove_second_factor(&holder, at, shown.code).await?)
    }

    /// The caller, who has a second factor, and shows the password once more if there is one that counts.
    async fn proved_once_more(
        &self,
        caller: &Caller,
        shown: ShownFactor<'_>,
    ) -> Result<ProvedUser, AdministrationError> {
        let holder = self.holder(caller)?;
        if holder.user.second_factor.is_none() {
            return Err(AdministrationError::Conflict("there is no second factor".into()));
        }
        let at = log_in_of(caller);
        self.auth.prove_password_again(&holder, at, shown.password).await?;
        Ok(holder)
    }

    /// The caller as they are now; a token is nobody's.
    pub(super) fn holder(&self, caller: &Caller) -> Result<ProvedUser, AdministrationError> {
        let conflict =
            || AdministrationError::Conflict("a token has no second factor and no sessions".into());
        let user = caller.session().ok_or_else(conflict)?.user;
        let entry = self.account_entry(administrators_account())?;
        let user = entry.user(user).ok_or(AdministrationError::NotProved)?;
        Ok(ProvedUser { entry, user })
    }
}

impl From<EnrolmentError> for AdministrationError {
    fn from(error: EnrolmentError) -> Self {
        match error {
            EnrolmentError::Changed => Self::Changed,
            EnrolmentError::Required => Self::Conflict("the account asks for a second factor".into()),
            EnrolmentError::OldPage => {
                Self::invalid("state", "this is too old, or of somebody else: begin again")
            }
            EnrolmentError::Code(LogInError::BadCredentials) => wrong_code(),
            EnrolmentError::Password(LogInError::BadCredentials) => {
                Self::invalid("password", "this is not the password")
            }
            EnrolmentError::Code(error) | EnrolmentError::Password(error) => Self::LogIn(error),
            EnrolmentError::Store(error) => error.into(),
        }
    }
}

/// A login of a caller in place of the session that they have, which is of its kind.
fn log_in_of(caller: &Caller) -> LogIn {
    let dialect = caller.session().map_or(Dialect::LivePerson, |session| session.dialect);
    log_in_from(dialect, caller.address, caller.now)
}

fn wrong_code() -> AdministrationError {
    AdministrationError::invalid("code", "this code is wrong, or was used before")
}

fn there_is_one() -> AdministrationError {
    AdministrationError::Conflict("there is a second factor: remove it before another is set up".into())
}
