//! The caller: proved by an administration token or by the session of an administrator, with the role they have now.
//!
//! Token and role are read from the store at every request: who lost either is refused at once, also when another
//! process took it.

use std::net::IpAddr;
use std::time::Duration;

use vestibule_model::{
    AccountId, Actor, AdministratorRole, Dialect, EndReason, Means, Millis, Population, Session,
};
use vestibule_store::{Change, DigestKind};
use zeroize::Zeroizing;

use super::{Administration, AdministrationError, HOME};
use crate::audit::End;
use crate::authorize::Credentials;
use crate::change_password::ChangePasswordError;
use crate::log_in::{LogIn, LoginScope, UserCredentials};

/// How exactly it is remembered when a token was last used.
const LAST_USED_WITHIN: Duration = Duration::from_mins(1);

/// Somebody who administers, for the time of one request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// By which means they proved it.
    pub means: Means,
    /// What they may do.
    pub role: AdministratorRole,
    /// From where.
    pub address: Option<IpAddr>,
    /// When.
    pub now: Millis,
    session: Option<Session>,
}

/// What a request is about, as far as roles are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reads something of the installation as a whole.
    ReadInstallation,
    /// Changes it.
    WriteInstallation,
    /// Reads something of one account.
    ReadAccount(AccountId),
    /// Changes it.
    WriteAccount(AccountId),
}

/// An administrator who has just logged in.
#[derive(Debug)]
pub struct LoggedInAdministrator {
    /// The bearer of the session.
    pub bearer: String,
    /// When it ends if it is not used again.
    pub expires: Millis,
    /// What they may do.
    pub role: AdministratorRole,
}

impl Caller {
    /// Refuses what the role does not allow. Asked before anything is looked up, so that the answer for another account is
    /// the same whether or not there is one.
    pub fn require(&self, scope: Scope) -> Result<(), AdministrationError> {
        let allowed = match (self.role, scope) {
            (AdministratorRole::Owner, _) => true,
            (_, Scope::ReadAccount(account) | Scope::WriteAccount(account))
                if account == administrators_account() =>
            {
                false
            }
            (AdministratorRole::Administrator(own), Scope::ReadAccount(of) | Scope::WriteAccount(of))
            | (AdministratorRole::Auditor(Some(own)), Scope::ReadAccount(of)) => own == of,
            (AdministratorRole::Auditor(None), Scope::ReadAccount(_) | Scope::ReadInstallation) => true,
            (AdministratorRole::Administrator(_) | AdministratorRole::Auditor(_), _) => false,
        };
        if allowed { Ok(()) } else { Err(AdministrationError::NotAllowed) }
    }

    /// Refuses who may change nothing at all.
    pub(super) const fn require_some_writing(&self) -> Result<(), AdministrationError> {
        match self.role {
            AdministratorRole::Owner | AdministratorRole::Administrator(_) => Ok(()),
            AdministratorRole::Auditor(_) => Err(AdministrationError::NotAllowed),
        }
    }

    /// How the audit and other administrators know them.
    pub fn name(&self) -> &str {
        match &self.actor {
            Actor::User { name, .. }
            | Actor::AdministrationToken { name, .. }
            | Actor::CommandLine { name } => name,
            Actor::Unknown | Actor::System => "",
        }
    }

    /// The session by which they proved it; None: an administration token.
    pub(super) const fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The end of a session that they end: theirs, from where they are.
    pub(super) fn end(&self) -> End {
        self.end_for(EndReason::EndedByAdministrator)
    }

    fn end_for(&self, reason: EndReason) -> End {
        End { actor: self.actor.clone(), means: self.means, address: self.address, ..reason.into() }
    }
}

/// The administrators' account.
pub(crate) const fn administrators_account() -> AccountId {
    const ID: AccountId = match AccountId::new(HOME) {
        Some(id) => id,
        None => panic!("found out by the compiler"),
    };
    ID
}

impl Administration<'_> {
    /// Whose administration token or session bearer this is.
    pub async fn administrator(
        &self,
        bearer: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Caller, AdministrationError> {
        if bearer.starts_with(super::tokens::PREFIX) {
            self.token_caller(bearer, address, now).await
        } else {
            self.session_caller(bearer, address, now).await
        }
    }

    async fn token_caller(
        &self,
        secret: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Caller, AdministrationError> {
        let mut found = None;
        // As many questions whatever it is.
        for digest in self.auth.keys.secrets().digests(secret.as_bytes()) {
            found = self.auth.store.administration_token(digest).await?.or(found);
        }
        let token = found.filter(|token| token.is_valid(now)).ok_or(AdministrationError::NotProved)?;
        if token.last_used.is_none_or(|used| now.since(used) >= LAST_USED_WITHIN) {
            let touch = Change::TouchAdministrationToken { token: token.id, last_used: now };
            self.auth.deferred.commit(vec![touch]);
        }
        let kind = DigestKind::AdministrationToken;
        self.auth.redo_digest(kind, token.id.0, None, token.secret, secret.as_bytes());
        let actor = Actor::AdministrationToken { id: token.id, name: token.name };
        let means = Means::AdministrationToken;
        Ok(Caller { actor, means, role: token.role, address, now, session: None })
    }

    async fn session_caller(
        &self,
        bearer: &str,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Caller, AdministrationError> {
        self.auth
            .recall(Credentials { bearer: Some(bearer), ..Credentials::default() })
            .await
            .map_err(|error| AdministrationError::Store(error.into_source()))?;
        let granted = self.auth.authorize_administrator(bearer, address, now);
        let granted = granted.ok_or(AdministrationError::NotProved)?;
        let role = self.role_of(granted.user.id).await?.ok_or(AdministrationError::NotProved)?;
        let actor = Actor::User { id: granted.user.id, name: granted.user.login_name.clone() };
        Ok(Caller { actor, means: Means::Session, role, address, now, session: Some(granted.session) })
    }

    /// Refuses a caller who has lost token, session or role since they proved it. Asked at the moment of a change.
    pub(super) async fn expect_eligible(&self, caller: &Caller) -> Result<(), AdministrationError> {
        let role = match (&caller.actor, &caller.session) {
            (Actor::AdministrationToken { id, .. }, _) => {
                let tokens = self.auth.store.administration_tokens().await?;
                let token =
                    tokens.into_iter().find(|token| token.id == *id && token.is_valid(self.auth.clock.now()));
                token.map(|token| token.role)
            }
            (_, Some(session)) => {
                let lives = self.auth.live.with(session.id, self.auth.clock.now(), |live| {
                    self.auth.directory.may_go_on(live, caller.address, caller.now)
                });
                if lives == Some(true) { self.role_of(session.user).await? } else { None }
            }
            (_, None) => None,
        };
        if role == Some(caller.role) { Ok(()) } else { Err(AdministrationError::NotProved) }
    }

    /// Logs an administrator in: as any user of the administrators' account, with the same limits and the same cost.
    pub async fn log_in_administrator(
        &self,
        user_name: String,
        password: Zeroizing<Vec<u8>>,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<LoggedInAdministrator, AdministrationError> {
        let (at, credentials) = of_administrator(user_name, password, address, now);
        let logged_in = self.auth.log_in_user(at, credentials).await.map_err(AdministrationError::LogIn)?;
        let Some(role) = self.role_of(logged_in.user.id).await? else {
            self.auth.ends.end_detached(logged_in.session, EndReason::LoggedOut.into()).await?;
            return Err(AdministrationError::NotAllowed);
        };
        let bearer = self.auth.keys.tokens().bearer(logged_in.session.id).to_string();
        Ok(LoggedInAdministrator { bearer, expires: logged_in.session.expires_at(), role })
    }

    /// Changes the password of an administrator who proves the old one, also when that has expired or must be changed, and
    /// ends their sessions.
    pub async fn change_administrator_password(
        &self,
        user_name: String,
        password: Zeroizing<Vec<u8>>,
        new: Zeroizing<String>,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<(), AdministrationError> {
        let (at, credentials) = of_administrator(user_name, password, address, now);
        self.auth.change_password(at, credentials, new).await.map_err(|error| match error {
            ChangePasswordError::LogIn(error) => AdministrationError::LogIn(error),
            ChangePasswordError::Policy(violation) => {
                AdministrationError::invalid("new_password", violation.to_string())
            }
        })
    }

    /// Ends the caller's own session; a token has none.
    pub async fn log_out_administrator(&self, caller: &Caller) -> Result<(), AdministrationError> {
        let conflict = || AdministrationError::Conflict("a token has no session: revoke it instead".into());
        let session = caller.session.clone().ok_or_else(conflict)?;
        Ok(self.auth.ends.end_detached(session, caller.end_for(EndReason::LoggedOut)).await?)
    }
}

/// A login in the scope of administration.
fn of_administrator(
    user_name: String,
    password: Zeroizing<Vec<u8>>,
    address: Option<IpAddr>,
    now: Millis,
) -> (LogIn, UserCredentials) {
    let (dialect, scope) = (Dialect::LivePerson, LoginScope::Administration);
    let at = LogIn { account: Some(administrators_account()), dialect, scope, address, now };
    (at, UserCredentials { user_name, population: Some(Population::User), password })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: AdministratorRole) -> Caller {
        let (actor, means) = (Actor::System, Means::System);
        Caller { actor, means, role, address: None, now: Millis::EPOCH, session: None }
    }

    fn allows(role: AdministratorRole, scope: Scope) -> bool {
        caller(role).require(scope).is_ok()
    }

    fn scopes(account: AccountId) -> [Scope; 4] {
        let (read, write) = (Scope::ReadAccount(account), Scope::WriteAccount(account));
        [Scope::ReadInstallation, Scope::WriteInstallation, read, write]
    }

    #[test]
    fn an_owner_may_do_everything() {
        let all = [scopes(administrators_account()), scopes("a".parse().unwrap())].concat();
        assert!(all.into_iter().all(|scope| allows(AdministratorRole::Owner, scope)));
    }

    #[test]
    fn the_administrator_of_an_account_may_do_everything_there_and_nothing_elsewhere() {
        let here: AccountId = "a".parse().unwrap();
        let role = AdministratorRole::Administrator(here);
        assert_eq!(scopes(here).map(|scope| allows(role, scope)), [false, false, true, true]);
        assert_eq!(scopes("b".parse().unwrap()).map(|scope| allows(role, scope)), [false; 4]);
    }

    #[test]
    fn an_auditor_only_reads() {
        let here: AccountId = "a".parse().unwrap();
        let (one, every) = (AdministratorRole::Auditor(Some(here)), AdministratorRole::Auditor(None));
        assert_eq!(scopes(here).map(|scope| allows(one, scope)), [false, false, true, false]);
        assert_eq!(scopes(here).map(|scope| allows(every, scope)), [true, false, true, false]);
        assert_eq!(scopes("b".parse().unwrap()).map(|scope| allows(one, scope)), [false; 4]);
    }

    #[test]
    fn nobody_but_an_owner_reaches_the_administrators_account() {
        let here = AdministratorRole::Administrator(administrators_account());
        for role in [
            here,
            AdministratorRole::Auditor(None),
            AdministratorRole::Auditor(Some(administrators_account())),
        ] {
            assert!(!allows(role, Scope::ReadAccount(administrators_account())), "{role:?}");
            assert!(!allows(role, Scope::WriteAccount(administrators_account())), "{role:?}");
        }
    }
}
