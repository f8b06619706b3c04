//! Changing a password: proved by the old one, checked against the policy, durable, and the end of every session.

use std::sync::Arc;

use vestibule_model::{
    Application, AuditAction, AuditRecord, Dialect, EndReason, Means, Millis, PasswordCredential,
    PasswordViolation, Refusal, SecondFactor, Session, SessionId, TrafficOutcome, User,
};
use vestibule_store::{Change, EndRecords, EndedSessions, Outcome, SessionSelector, StoreError};
use zeroize::Zeroizing;

use crate::attempt::{Failed, ProvedUser};
use crate::audit::{self, Attempt, AuditTrail, End, record_of_end};
use crate::directory::{AccountEntry, UserEntry};
use crate::eligibility::{self, IneligibleReason};
use crate::ends::ManyEnd;
use crate::log_in::{LogIn, LogInError, UserCredentials};
use crate::page_session::PageSession;
use crate::password::{NewPassword, NewPasswordError, expect_length};
use crate::second_factor::password_suffices;
use crate::service::Auth;
use crate::strength::OwnWords;
use crate::traffic::{Caller, Route};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The old password does not prove the user, or the user may not log in for another reason than the password's
    /// age.
    #[error("the user was not proved")]
    LogIn(#[from] LogInError),
    /// The new password breaks the policy.
    #[error("the new password breaks the policy")]
    Policy(#[from] PasswordViolation),
}

/// What somebody shows who changes a password on a page.
pub struct PasswordChange {
    /// Who it is, with the password of before.
    pub credentials: UserCredentials,
    /// The new password.
    pub new: Zeroizing<String>,
    /// A code of the second factor, for users who have one.
    pub code: Option<String>,
    /// The page session of whoever is signed in: another one takes its place.
    pub page: Option<PageSession>,
}

impl Failed for ChangePasswordError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::LogIn(error) if error.is_bad_credentials())
    }
}

impl Auth {
    /// Changes the password of whoever proves the old one, also when that has expired or must be changed, and ends all
    /// of their sessions, in every dialect. Where it must be changed, the new one is another.
    ///
    /// A user who has a second factor is refused: it is shown elsewhere ([`Auth::change_password_with_code`]).
    pub async fn change_password(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
        new: Zeroizing<String>,
    ) -> Result<(), ChangePasswordError> {
        self.change_password_with_code(at, credentials, new, None).await
    }

    /// The same with a code of the second factor, for users who have one.
    pub async fn change_password_with_code(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
        new: Zeroizing<String>,
        code: Option<&str>,
    ) -> Result<(), ChangePasswordError> {
        let change = PasswordChange { credentials, new, code: code.map(str::to_owned), page: None };
        self.change_password_on_page(at, change).await.map(drop)
    }

    /// The same on a page. Answers the session that takes the place of the page session that was shown: it was opened in the same
    /// way, and ends with the same logins at identity providers. None: there was none, or it is somebody else's.
    pub async fn change_password_on_page(
        self: &Arc<Self>,
        at: LogIn,
        change: PasswordChange,
    ) -> Result<Option<Session>, ChangePasswordError> {
        let PasswordChange { credentials, new, code, page } = change;
        let code = code.filter(|code| !code.is_empty());
        credentials.expect_length()?;
        expect_length(new.as_bytes())?;
        let is_same = *credentials.password == new.as_bytes();
        let attempt = Attempt::to_change_password(at);
        self.admit(attempt, &credentials.user_name)?;
        let auth = Arc::clone(self);
        let whole = async move {
            let ProvedUser { entry, user } = auth.prove(attempt, credentials).await?;
            let may_have_one =
                eligibility::enabled(&entry, &user).and_then(|()| eligibility::passwords_count(&entry));
            may_have_one.map_err(|reason| auth.audit.refused(attempt, user.id, reason))?;
            let breaks = |violation: PasswordViolation| {
                auth.audit.note_refusal(attempt, Some(user.id), Refusal::PasswordPolicy);
                ChangePasswordError::from(violation)
            };
            if is_same && eligibility::password_may_stay(&entry, &user, at.now).is_err() {
                return Err(breaks(PasswordViolation::Unchanged));
            }
            let spent = auth.spent_by(attempt, &entry, &user, code.as_deref())?;
            let own = OwnWords::of(&user, &entry.account);
            let (policy, before) = (&entry.account.password_policy, user.password.as_ref());
            let password = NewPassword { policy, own: &own, before, text: &new };
            let password = auth.new_credential(password, at.now).await;
            let password = password.map_err(|error| match error {
                NewPasswordError::Policy(violation) => breaks(violation),
                NewPasswordError::Overloaded => LogInError::overloaded().into(),
            })?;
            let is_coded = spent.is_some();
            let proved = ProvedUser { entry: Arc::clone(&entry), user: Arc::clone(&user) };
            let page = page.filter(|page| page.user.id == user.id);
            let committed = auth.commit_password(at, proved, password, spent, page).await;
            let session = committed.map_err(|error| match error {
                // Nothing else counts once here.
                StoreError::AlreadyConsumed => auth.code_was_used(attempt, &entry, &user),
                StoreError::StaleCredentials => {
                    auth.audit.bad_credentials(attempt, Some(user.id), Refusal::Stale)
                }
                error => LogInError::Store(error),
            })?;
            if is_coded {
                auth.code_was_right(attempt, &entry, &user);
            }
            let caller = Caller::of(&user, Application::None);
            auth.count_own(Route::CHANGE_PASSWORD, caller, TrafficOutcome::Allowed, at.address, at.now);
            Ok(session)
        };
        self.settle(at, whole).await
    }

    /// What uses up the code of the second factor that goes with the old password.
    fn spent_by(
        self: &Arc<Self>,
        attempt: Attempt,
        entry: &Arc<AccountEntry>,
        user: &Arc<UserEntry>,
        code: Option<&str>,
    ) -> Result<Option<Change>, LogInError> {
        let at = attempt.at;
        match (&user.second_factor, code) {
            // On a page somebody who has to set one up gets on to that with the new password.
            (None, _) if at.dialect == Dialect::Pages => Ok(None),
            (None, _) => {
                let suffices = password_suffices(entry, user, at);
                suffices.map(|()| None).map_err(|reason| self.audit.refused(attempt, user.id, reason))
            }
            (Some(_), None) => Err(self.audit.refused(attempt, user.id, IneligibleReason::SecondFactor)),
            (Some(_), Some(code)) => Ok(Some(self.prove_code(attempt, entry, user, code)?.spent(user))),
        }
    }

    /// In one commit: the password, what is used up by it, the ends of the sessions of before, and the page session that goes on.
    async fn commit_password(
        &self,
        at: LogIn,
        ProvedUser { entry, user }: ProvedUser,
        password: PasswordCredential,
        spent: Option<Change>,
        page: Option<PageSession>,
    ) -> Result<Option<Session>, StoreError> {
        self.loaded().await;
        let _turn = self.login_guard.turn_of(user.id).await;
        let credential_version = user.credential_version + 1;
        let next = page.map(|page| NextPage {
            session: self.successor(&page, at, credential_version),
            before: page.session.id,
        });
        let login = next.as_ref().map(|next| self.ends.login(next.session.id));
        let all = self.ends_of_before(&user, at, credential_version, next.as_ref());
        let left = spent.as_ref().and_then(left_of);
        let set =
            Change::SetPassword { user: user.id, password: password.clone().into(), credential_version };
        let mut changes: Vec<Change> = spent.into_iter().chain([set]).collect();
        changes.push(Change::Audit(changed(&user, at).into()));
        // Before the ends: it is a copy of what one of them ends.
        changes.extend(next.iter().flat_map(|next| next.changes(&self.audit, &user)));
        changes.push(all.change_alone());
        let outcome = self.store.commit(changes).await?;

        // The present entry: the account may have been read anew in the meantime.
        let present = self.directory.account(entry.account.id);
        if let Some(entry) = &present {
            entry.update_user(user.id, |present| {
                present.password = Some(password);
                present.must_change_password = false;
                // Somebody may have taken it away since.
                if left.is_some() && present.second_factor == user.second_factor {
                    present.second_factor = left;
                }
                present.credential_version = present.credential_version.max(credential_version);
            });
        }
        self.end_rest_of_before(&user, all, credential_version, &outcome).await;
        let (Some(NextPage { session, .. }), Some(login)) = (next, login) else { return Ok(None) };
        let holder = present.and_then(|entry| entry.user(user.id)).unwrap_or(user);
        // The password is changed, whatever becomes of the page.
        let stands = self.put_opened(&session, holder, &outcome, login).await;
        Ok(stands.is_ok().then_some(session))
    }

    /// The ends of the sessions that rest on the password of before.
    fn ends_of_before(
        &self,
        user: &User,
        at: LogIn,
        credential_version: i64,
        next: Option<&NextPage>,
    ) -> ManyEnd {
        let (end, tokens) = (by_owner(user, at), self.keys.tokens().clone());
        let sessions = match next {
            Some(next) => EndedSessions::OfUserBut(user.id, next.session.id),
            None => EndedSessions::OfUser(user.id),
        };
        let opened_until = Millis::from_unix(i64::MAX);
        let selector = SessionSelector { sessions, account: Some(user.account), opened_until };
        let why = end.clone();
        let records = EndRecords::by(move |session| {
            let is_older = session.credential_version < credential_version;
            is_older.then(|| record_of_end(tokens.reference(session.id), session, &why, at.now))
        });
        ManyEnd::new(selector, end, at.now, records)
    }

    /// Takes them out of the table, and out of the store those that the commit has left.
    async fn end_rest_of_before(
        &self,
        user: &User,
        all: ManyEnd,
        credential_version: i64,
        outcome: &Outcome,
    ) {
        let of_before = |session: &Session| session.credential_version < credential_version;
        let removed = self.live.remove_of_user(user.id, of_before);
        for session in &removed {
            tracing::info!(session = ?session.id, user = %user.id, reason = %all.end.reason, "session ended");
        }
        // Whoever has very many: the others are refused whatever becomes of this, here and after a restart, because they rest on
        // the password of before. So the password is changed even if this fails, and is tried again. It means no session that is
        // opened with the new one.
        let opened_until = removed.iter().map(|session| session.created).fold(all.at, Millis::max);
        let mut pending = self.ends.pending();
        pending.add(all.rest_of(outcome).map(|rest| rest.opened_until(opened_until)));
        if let Err(error) = pending.end_all().await {
            tracing::error!(user = %user.id, %error, "sessions of before a change of password are not all removed yet");
        }
    }
}

/// The page session that takes the place of one that a change of the password ends.
struct NextPage {
    session: Session,
    /// Which.
    before: SessionId,
}

impl NextPage {
    /// Opens it with what is noted of the logins at identity providers of the one before, which still has to be there.
    fn changes(&self, audit: &AuditTrail, user: &User) -> [Change; 3] {
        let Self { session, before } = self;
        [
            Change::OpenSession(session.clone().into()),
            Change::CopyFederatedLogins { from: *before, to: session.id },
            audit.logged_in(session, user, None),
        ]
    }
}

/// The second factor as it is after one of its recovery codes was used; None: it stays as it is.
fn left_of(spent: &Change) -> Option<Box<SecondFactor>> {
    match spent {
        Change::SetSecondFactor { after, .. } => after.clone(),
        _ => None,
    }
}

/// What the audit says of the change.
fn changed(user: &User, at: LogIn) -> AuditRecord {
    AuditRecord {
        account: Some(user.account),
        user: Some(user.id),
        dialect: Some(at.dialect),
        address: at.address,
        ..AuditRecord::new(at.now, AuditAction::PasswordChanged, audit::actor(user), Means::Password)
    }
}

/// The end of the sessions of a user who changed the password.
fn by_owner(user: &User, at: LogIn) -> End {
    End {
        actor: audit::actor(user),
        means: Means::Password,
        address: at.address,
        dialect: Some(at.dialect),
        ..EndReason::PasswordChanged.into()
    }
}
