//! Setting a second factor up on the way in: by somebody who has shown the password, and whom the account lets in with a second
//! factor only. They get no session for anything else before.

use std::sync::Arc;

use vestibule_model::{AuditAction, AuthenticationMethod, Means, Refusal};
use zeroize::Zeroizing;

use super::enrolment::{EnrolmentError, NewFactor, ShownEnrolment};
use super::ticket::{Ticket, TicketStep};
use crate::attempt::{ProvedUser, Shown};
use crate::audit::Attempt;
use crate::eligibility;
use crate::log_in::{LogIn, LogInError, LoggedIn};
use crate::open::OpenedWith;
use crate::recognise::Proof;
use crate::service::Auth;

/// A second factor that was set up on the way in.
pub struct SetUpOnTheWayIn {
    /// The recovery codes, which are told once.
    pub codes: Vec<Zeroizing<String>>,
    /// The session that it lets its user into. The second factor is there, and the codes are to be told, also when none could be
    /// opened.
    pub opened: Result<LoggedIn, LogInError>,
}

impl Auth {
    /// Who may set a second factor up with this ticket, and has none yet.
    pub fn holder_to_set_up(&self, at: LogIn, ticket: &Ticket) -> Option<ProvedUser> {
        let (holder, step) = self.holder_of(ticket, at)?;
        let is_for_it = matches!(step, TicketStep::SetUp) && holder.user.second_factor.is_none();
        is_for_it.then_some(holder)
    }

    /// Sets it up with the first code of the device, and opens the session that was asked for. The ticket stands for the password,
    /// which lets nobody in who is blocked, locked, or may not log in by now; nothing is stored for them.
    pub async fn set_up_on_the_way_in(
        self: &Arc<Self>,
        at: LogIn,
        ticket: &Ticket,
        shown: ShownEnrolment<'_>,
    ) -> Result<SetUpOnTheWayIn, EnrolmentError> {
        let holder = self.holder_to_set_up(at, ticket).ok_or(EnrolmentError::OldPage)?;
        let NewFactor { factor, expected, codes } = self.factor_shown(&holder, at, shown)?;
        let attempt = Attempt::to_log_in(at, Means::Password);
        self.admit(attempt, &holder.user.login_name).map_err(EnrolmentError::Password)?;
        let auth = Arc::clone(self);
        let whole = async move {
            let ProvedUser { entry, user } = &holder;
            let refused = |reason| auth.audit.refused(attempt, user.id, reason);
            let judged = auth.judge(attempt, entry, user, Shown::RightSoFar);
            judged
                .and_then(|()| eligibility::of_user(entry, user, at.now).map_err(refused))
                .map_err(EnrolmentError::Password)?;
            let by = (AuditAction::SecondFactorSet, Means::Password);
            auth.set_second_factor(&holder, at, Some(factor), expected, by).await?;
            Ok(SetUpOnTheWayIn { codes, opened: auth.open_after_setting_up(attempt, &holder).await })
        };
        self.settle(at, whole).await
    }

    /// The user is looked up once more, and has to have the password still that the ticket stands for.
    async fn open_after_setting_up(
        self: &Arc<Self>,
        attempt: Attempt,
        holder: &ProvedUser,
    ) -> Result<LoggedIn, LogInError> {
        let id = holder.user.id;
        let entry = self.account(attempt.at);
        let present = entry.and_then(|entry| Some(ProvedUser { user: entry.user(id)?, entry }));
        let proved =
            present.ok_or_else(|| self.audit.bad_credentials(attempt, Some(id), Refusal::UnknownUser))?;
        if proved.user.credential_version != holder.user.credential_version {
            return Err(self.audit.bad_credentials(attempt, Some(id), Refusal::Stale));
        }
        let with = OpenedWith { has_shown_factor: true, ..OpenedWith::default() };
        let opened = self.open_with(attempt, proved, Proof::NONE, AuthenticationMethod::Password, with).await;
        opened.map_err(|error| self.not_opened(attempt, id, error))
    }
}
