//! Sessions of the console: of the pages' dialect, of the administrators' account, shown by a cookie of their own (ADR 65).
//!
//! Neither a bearer nor a cookie of another dialect or of `/me/` shows one, and its cookie shows nothing else.

use std::net::IpAddr;

use vestibule_crypto::TokenText;
use vestibule_model::{Dialect, EndReason, Means, Millis, Population, SessionId};
use zeroize::Zeroizing;

use super::log_in::log_in_from;
use super::{Administration, AdministrationError, Caller, LoggedInAdministrator};
use crate::audit::{self, End};
use crate::log_in::UserCredentials;
use crate::second_factor::{PasswordStep, Ticket};

/// What an administrator types to sign in.
pub struct ConsoleCredentials {
    /// The login name.
    pub user_name: String,
    /// The password.
    pub password: Zeroizing<Vec<u8>>,
}

/// What a right password, or the word of an identity provider, has come to.
pub enum ConsoleStep {
    /// That was all.
    LoggedIn(LoggedInAdministrator),
    /// The code is still to come; whoever shows this has made the first step.
    Code(Ticket),
}

/// Whether a request keeps a session alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Somebody has asked for something.
    Use,
    /// A page that is open asks by itself.
    Look,
}

impl Administration<'_> {
    /// The first step of signing in to the console, with the limits and the cost of any login. Who has no role is refused.
    pub async fn log_in_to_console(
        &self,
        shown: ConsoleCredentials,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<ConsoleStep, AdministrationError> {
        let ConsoleCredentials { user_name, password } = shown;
        let credentials = UserCredentials { user_name, population: Some(Population::User), password };
        let step = self.auth.log_in_by_steps(log_in_from(Dialect::Pages, address, now), credentials).await;
        match step.map_err(AdministrationError::of_log_in)? {
            PasswordStep::LoggedIn(logged_in) => self.let_in(logged_in).await.map(ConsoleStep::LoggedIn),
            PasswordStep::Code(ticket) => Ok(ConsoleStep::Code(ticket)),
            // In this scope whoever lacks one is let in to set it up.
            PasswordStep::SetUp(_) => Err(AdministrationError::NotAllowed),
        }
    }

    /// Whether somebody who has made the first step may still show the code.
    pub fn awaits_code(&self, ticket: &Ticket, address: Option<IpAddr>, now: Millis) -> bool {
        self.auth.is_good(log_in_from(Dialect::Pages, address, now), ticket)
    }

    /// The second step: the code of whoever has made the first.
    pub async fn show_console_code(
        &self,
        ticket: &Ticket,
        code: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<LoggedInAdministrator, AdministrationError> {
        let at = log_in_from(Dialect::Pages, address, now);
        let logged_in = self.auth.log_in_with_code(at, ticket, code).await;
        self.let_in(logged_in.map_err(AdministrationError::of_log_in)?).await
    }

    /// Whose console it is that is shown by this cookie, with the role they have now.
    pub async fn console_caller(
        &self,
        cookie: &str,
        touch: Touch,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Caller, AdministrationError> {
        let id = self.auth.keys.tokens().read_console_cookie(cookie);
        let id = id.ok_or(AdministrationError::NotProved)?;
        self.recalled(id).await?;
        self.holder_of(self.auth.authorize_console(id, touch, address, now), address, now).await
    }

    /// Ends the session that is shown by this cookie, whatever the role of its holder: another takes its place in the browser.
    pub async fn end_console_session(
        &self,
        cookie: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<(), AdministrationError> {
        let Some(id) = self.auth.keys.tokens().read_console_cookie(cookie) else { return Ok(()) };
        self.recalled(id).await?;
        let Some(held) = self.auth.authorize_console(id, Touch::Look, address, now) else { return Ok(()) };
        let end = End {
            actor: audit::actor(&held.user),
            means: Means::Session,
            address,
            dialect: Some(held.session.dialect),
            ..EndReason::LoggedOut.into()
        };
        Ok(self.auth.ends.end_detached(held.session, end).await?)
    }

    /// Has the session of this id in the table, if it lives.
    async fn recalled(&self, id: SessionId) -> Result<(), AdministrationError> {
        if !self.auth.is_loaded() {
            let recalled = self.auth.recall_all(vec![id]).await;
            recalled.map_err(|error| AdministrationError::Store(error.into_source()))?;
        }
        Ok(())
    }

    /// What the forms of a caller's console carry; None: they came by other means, and there are none.
    pub fn console_csrf(&self, caller: &Caller) -> Option<TokenText> {
        caller.session().map(|session| self.auth.keys.tokens().console_csrf(session.id))
    }

    /// Whether a form is one of this caller's console.
    pub fn console_csrf_matches(&self, caller: &Caller, text: &str) -> bool {
        let is_its = |id| self.auth.keys.tokens().console_csrf_matches(id, text);
        caller.session().is_some_and(|session| is_its(session.id))
    }
}
