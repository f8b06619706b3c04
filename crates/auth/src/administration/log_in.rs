//! Logins of administrators, in the scope of administration; their own passwords, and the ends of their own sessions.

use std::net::IpAddr;

use vestibule_model::{AdministratorRole, Dialect, EndReason, Millis, Population, Session};
use zeroize::Zeroizing;

use super::caller::administrators_account;
use super::{Administration, AdministrationError, Caller};
use crate::change_password::ChangePasswordError;
use crate::log_in::{LogIn, LoggedIn, LoginScope, UserCredentials};

/// What an administrator shows to log in, or to change the password.
pub struct AdministratorCredentials {
    /// The login name.
    pub user_name: String,
    /// The password.
    pub password: Zeroizing<Vec<u8>>,
    /// The code of the second factor; of whoever has none it is not looked at.
    pub code: Option<String>,
}

/// Where an administrator shows a password.
#[derive(Clone, Copy, Debug)]
pub struct AdministratorsPlace {
    /// The dialect of the API, or that of the pages for the console.
    pub dialect: Dialect,
    /// The address from which it comes.
    pub address: Option<IpAddr>,
}

/// An administrator who has just logged in.
#[derive(Debug)]
pub struct LoggedInAdministrator {
    /// The session, as it is shown.
    pub opened: OpenedSession,
    /// What they may do.
    pub role: AdministratorRole,
    /// Whether they have to set up a second factor before anything else.
    pub lacks_second_factor: bool,
}

/// A session of an administrator.
#[derive(Debug)]
pub struct OpenedSession {
    /// Its bearer; of a session of the console the value of its cookie.
    pub shown_by: String,
    /// When it ends if it is not used again.
    pub expires: Millis,
}

impl Administration<'_> {
    /// Logs an administrator in: as any user of the administrators' account, with the same limits and the same cost. One who has a
    /// second factor shows a code of it; without one they are refused after the right password.
    pub async fn log_in_administrator(
        &self,
        shown: AdministratorCredentials,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<LoggedInAdministrator, AdministrationError> {
        let (at, code) = (log_in_from(Dialect::LivePerson, address, now), shown.code.clone());
        let logged_in = self.auth.log_in_at_once(at, shown.into_user(), code.as_deref()).await;
        let logged_in = logged_in.map_err(AdministrationError::of_log_in)?;
        self.let_in(logged_in).await
    }

    /// Somebody who has logged in, if they still administer. Who has no role is given no session; that of who has lost it since ends.
    pub(super) async fn let_in(
        &self,
        logged_in: LoggedIn,
    ) -> Result<LoggedInAdministrator, AdministrationError> {
        let Some(role) = self.role_of(logged_in.user.id).await? else {
            self.auth.ends.end_detached(logged_in.session, EndReason::LoggedOut.into()).await?;
            return Err(AdministrationError::NotAllowed);
        };
        let lacks_second_factor = self.lacks_second_factor(&logged_in.user);
        Ok(LoggedInAdministrator { opened: self.show(&logged_in.session), role, lacks_second_factor })
    }

    pub(super) fn show(&self, session: &Session) -> OpenedSession {
        let tokens = self.auth.keys.tokens();
        let shown_by = match session.dialect {
            Dialect::Pages => tokens.console_cookie(session.id),
            Dialect::LivePerson | Dialect::LiveVox => tokens.bearer(session.id),
        };
        OpenedSession { shown_by: shown_by.to_string(), expires: session.expires_at() }
    }

    /// Changes the password of an administrator who proves the old one, also when that has expired or must be changed, and
    /// ends their sessions. One who has a second factor shows a code of it.
    pub async fn change_administrator_password(
        &self,
        shown: AdministratorCredentials,
        new: Zeroizing<String>,
        at: AdministratorsPlace,
        now: Millis,
    ) -> Result<(), AdministrationError> {
        let (at, code) = (log_in_from(at.dialect, at.address, now), shown.code.clone());
        let changed = self.auth.change_password_with_code(at, shown.into_user(), new, code.as_deref()).await;
        changed.map_err(|error| match error {
            ChangePasswordError::LogIn(error) => AdministrationError::LogIn(error),
            ChangePasswordError::Policy(violation) => {
                AdministrationError::invalid("new_password", violation.to_string())
            }
        })
    }

    /// Ends the caller's own session; a token has none.
    pub async fn log_out_administrator(&self, caller: &Caller) -> Result<(), AdministrationError> {
        let conflict = || AdministrationError::Conflict("a token has no session: revoke it instead".into());
        let session = caller.session().cloned().ok_or_else(conflict)?;
        Ok(self.auth.ends.end_detached(session, caller.end_for(EndReason::LoggedOut)).await?)
    }
}

impl AdministratorCredentials {
    fn into_user(self) -> UserCredentials {
        let Self { user_name, password, code: _ } = self;
        UserCredentials { user_name, population: Some(Population::User), password }
    }
}

/// A login in the scope of administration: of the API's dialect, or of the pages for a session of the console.
pub(super) const fn log_in_from(dialect: Dialect, address: Option<IpAddr>, now: Millis) -> LogIn {
    let scope = LoginScope::Administration;
    LogIn { account: Some(administrators_account()), dialect, scope, address, now }
}
