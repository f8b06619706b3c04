//! Refusals: every attempt that fails is counted, with the true reason, which the one who failed is not told.

use vestibule_model::{
    Actor, AuditAction, AuditReason, AuditRecord, Dialect, Means, Refusal, RefusalId, SessionId,
    SessionReference, UserId,
};

use super::AuditTrail;
use crate::eligibility::IneligibleReason;
use crate::federated::Told;
use crate::log_in::{LogIn, LogInError};
use crate::refresh::Presented;
use crate::traffic::{Counted, Route, outcome_of, source_of_refusal};

/// Somebody who tries something: what, by which means, from where and when.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) at: LogIn,
    action: AuditAction,
    /// As what it is counted.
    route: Route<'static>,
    pub(crate) means: Means,
}

impl Attempt {
    pub(crate) const fn to_log_in(at: LogIn, means: Means) -> Self {
        Self { at, action: AuditAction::LogInRefused, route: Route::LOGIN, means }
    }

    /// A client's, of which the route is one.
    pub(crate) const fn of_client(at: LogIn, route: Route<'static>, means: Means) -> Self {
        Self { at, action: AuditAction::TokenRefused, route, means }
    }

    pub(crate) const fn to_log_out(at: LogIn, means: Means) -> Self {
        Self { at, action: AuditAction::LogOutRefused, route: Route::LOGOUT, means }
    }

    pub(crate) const fn to_change_password(at: LogIn) -> Self {
        let (action, route) = (AuditAction::ChangePasswordRefused, Route::CHANGE_PASSWORD);
        Self { at, action, route, means: Means::Password }
    }
}

impl From<IneligibleReason> for Refusal {
    fn from(reason: IneligibleReason) -> Self {
        match reason {
            IneligibleReason::Locked => Self::Locked,
            IneligibleReason::Disabled => Self::Disabled,
            IneligibleReason::PasswordExpired => Self::PasswordExpired,
            IneligibleReason::MustChangePassword => Self::MustChangePassword,
            IneligibleReason::SsoOnly => Self::SsoOnly,
            IneligibleReason::BotFeatureOff => Self::BotFeatureOff,
            IneligibleReason::TooManySessions => Self::TooManySessions,
            IneligibleReason::SecondFactor => Self::SecondFactorNeeded,
            IneligibleReason::SecondFactorNotSet => Self::SecondFactorNotSet,
            IneligibleReason::NoRole => Self::NotAllowed,
        }
    }
}

impl AuditTrail {
    /// Counts an attempt that was refused.
    pub(crate) fn note_refusal(&self, attempt: Attempt, user: Option<UserId>, why: Refusal) {
        let record = self.refusal(attempt, user, why);
        self.count(attempt, &record, why);
        self.fold(record);
    }

    fn refusal(&self, attempt: Attempt, user: Option<UserId>, why: Refusal) -> AuditRecord {
        let Attempt { at, action, means, .. } = attempt;
        // An account that does not exist is somebody's invention, of which there are many.
        let account = at.account.filter(|account| self.directory.account(*account).is_some());
        AuditRecord {
            reason: Some(AuditReason::Refused(why)),
            account,
            user,
            dialect: Some(at.dialect),
            address: at.address,
            ..AuditRecord::new(at.now, action, Actor::Unknown, means)
        }
    }

    /// Counts that what an identity provider sent was refused. What is alike is told once, so it answers under which id this is
    /// found.
    pub(crate) fn note_federated_refusal(
        &self,
        attempt: Attempt,
        user: Option<UserId>,
        why: Refusal,
        told: Told,
        id: RefusalId,
    ) -> RefusalId {
        let record = self.refusal(attempt, user, why);
        self.count(attempt, &record, why);
        self.fold_told(record, told, id)
    }

    /// Counts it, and gives the error that is told: that the credentials are bad, and not in which way.
    pub(crate) fn bad_credentials(&self, attempt: Attempt, user: Option<UserId>, why: Refusal) -> LogInError {
        self.note_refusal(attempt, user, why);
        LogInError::BadCredentials
    }

    /// Counts that somebody who proved who they are was refused, and gives the error that is told.
    pub(crate) fn refused(&self, attempt: Attempt, user: UserId, reason: IneligibleReason) -> LogInError {
        self.note_refusal(attempt, Some(user), reason.into());
        LogInError::Refused(reason)
    }

    /// Counts that a login was turned away because too many were waiting.
    pub(crate) fn overloaded(&self, attempt: Attempt, user: Option<UserId>) -> LogInError {
        self.note_refusal(attempt, user, Refusal::Overloaded);
        LogInError::overloaded()
    }

    /// Notes a refresh that was refused. A session whose cookie is genuine is named, whether or not it lives.
    pub(crate) fn note_refresh_refused(&self, presented: Presented<'_>, user: Option<UserId>, why: Refusal) {
        let genuine = presented.cookies.iter().find_map(|cookie| self.tokens.read_cookie(cookie));
        let session = genuine.map(|id: SessionId| SessionReference(self.tokens.reference(id)));
        let account = Some(presented.account).filter(|account| self.directory.account(*account).is_some());
        let record = AuditRecord {
            reason: Some(AuditReason::Refused(why)),
            account,
            user,
            session,
            dialect: Some(Dialect::LivePerson),
            address: presented.address,
            ..AuditRecord::new(presented.now, AuditAction::RefreshRefused, Actor::Unknown, Means::Session)
        };
        self.fold(record);
    }

    /// Counts it as traffic: of its account and application, as far as they are known.
    fn count(&self, attempt: Attempt, record: &AuditRecord, why: Refusal) {
        self.traffic.count(&Counted {
            source: source_of_refusal(record, why),
            user: None,
            route: attempt.route,
            outcome: outcome_of(why),
            address: record.address,
            agent: None,
            now: record.at,
        });
    }
}
