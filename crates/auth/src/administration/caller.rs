//! The caller: proved by an administration token or by the session of an administrator, with the role they have now.
//!
//! Token and role are read from the store at every request: who lost either is refused at once, also when another
//! process took it.

use std::net::IpAddr;
use std::time::Duration;

use vestibule_model::{
    AccountId, Actor, AdministratorRole, AuditAction, AuditRecord, Dialect, EndReason, Means, Millis,
    Session, SessionId, TrafficOutcome,
};
use vestibule_store::{Change, DigestKind};

use super::{Administration, AdministrationError, HOME};
use crate::audit::End;
use crate::authorize::{Authorized, Credentials};
use crate::traffic::{self, Route};

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
    /// Whether they have to set up a second factor before anything else.
    lacks_second_factor: bool,
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

impl Caller {
    /// Refuses what the role does not allow. Asked before anything is looked up, so that the answer for another account is
    /// the same whether or not there is one.
    pub fn require(&self, scope: Scope) -> Result<(), AdministrationError> {
        self.expect_second_factor()?;
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

    /// Refuses who has to set up a second factor first: a session that was opened without one, where there has to be one, is for
    /// that alone. Asked before everything that is not about the caller's own second factor or session.
    pub const fn expect_second_factor(&self) -> Result<(), AdministrationError> {
        if self.lacks_second_factor { Err(AdministrationError::SecondFactorToBeSetUp) } else { Ok(()) }
    }

    /// Refuses who may change nothing at all.
    pub const fn require_some_writing(&self) -> Result<(), AdministrationError> {
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
            | Actor::Connection { name, .. }
            | Actor::CommandLine { name } => name,
            Actor::Unknown | Actor::System => "",
        }
    }

    /// The session by which they proved it; None: an administration token.
    pub(super) const fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Whether they ask in this session.
    pub fn is_in(&self, session: SessionId) -> bool {
        self.session.as_ref().is_some_and(|own| own.id == session)
    }

    /// The end of a session that they end: theirs, from where they are.
    pub(super) fn end(&self) -> End {
        self.end_for(EndReason::EndedByAdministrator)
    }

    pub(super) fn end_for(&self, reason: EndReason) -> End {
        let (actor, means, address, dialect) =
            (self.actor.clone(), self.means, self.address, self.console_dialect());
        End { actor, means, address, dialect, ..reason.into() }
    }

    /// An entry of the audit about what they do.
    pub(super) fn record(&self, action: AuditAction) -> AuditRecord {
        let (address, dialect) = (self.address, self.console_dialect());
        let record = AuditRecord::new(self.now, action, self.actor.clone(), self.means);
        AuditRecord { address, dialect, ..record }
    }

    /// The dialect of whoever asks in the console; the API has none.
    pub(super) fn console_dialect(&self) -> Option<Dialect> {
        self.session.as_ref().map(|own| own.dialect).filter(|dialect| *dialect == Dialect::Pages)
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

    /// Counts a request of administration that showed of its caller what proved one, or nothing.
    pub(super) fn count_request(
        &self,
        caller: Option<&Caller>,
        outcome: TrafficOutcome,
        address: Option<IpAddr>,
        now: Millis,
    ) {
        let caller = caller.map_or(traffic::Caller::UNKNOWN, |_| traffic::Caller::ADMINISTRATOR);
        self.auth.count_own(Route::ADMINISTRATION, caller, outcome, address, now);
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
        Ok(Caller { actor, means, role: token.role, address, now, session: None, lacks_second_factor: false })
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
        self.holder_of(granted, address, now).await
    }

    /// Whoever shows this session, if they administer.
    pub(super) async fn holder_of(
        &self,
        granted: Option<Authorized>,
        address: Option<IpAddr>,
        now: Millis,
    ) -> Result<Caller, AdministrationError> {
        let granted = granted.ok_or(AdministrationError::NotProved)?;
        let role = self.role_of(granted.user.id).await?.ok_or(AdministrationError::NotProved)?;
        let actor = Actor::User { id: granted.user.id, name: granted.user.login_name.clone() };
        let lacks_second_factor = self.lacks_second_factor(&granted.user);
        let session = Some(granted.session);
        Ok(Caller { actor, means: Means::Session, role, address, now, session, lacks_second_factor })
    }

    /// Refuses a caller who has lost token, session, role or second factor since they proved it. Asked at the moment of a change.
    pub(super) async fn expect_eligible(&self, caller: &Caller) -> Result<(), AdministrationError> {
        let role = match (&caller.actor, &caller.session) {
            (Actor::AdministrationToken { id, .. }, _) => {
                let tokens = self.auth.store.administration_tokens().await?;
                let token =
                    tokens.into_iter().find(|token| token.id == *id && token.is_valid(self.auth.clock.now()));
                token.map(|token| token.role)
            }
            (_, Some(session)) => {
                let role = self.role_of(session.user).await?;
                let lives = self.auth.live.with(session.id, self.auth.clock.now(), |live| {
                    self.auth.directory.may_go_on(live, caller.address, caller.now)
                });
                let entry = self.account_entry(administrators_account())?;
                let lacks = entry.user(session.user).is_some_and(|user| self.lacks_second_factor(&user));
                if lacks && !caller.lacks_second_factor {
                    return Err(AdministrationError::SecondFactorToBeSetUp);
                }
                role.filter(|_| lives == Some(true))
            }
            (_, None) => None,
        };
        if role == Some(caller.role) { Ok(()) } else { Err(AdministrationError::NotProved) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: AdministratorRole) -> Caller {
        let (actor, means) = (Actor::System, Means::System);
        Caller {
            actor,
            means,
            role,
            address: None,
            now: Millis::EPOCH,
            session: None,
            lacks_second_factor: false,
        }
    }

    fn allows(role: AdministratorRole, scope: Scope) -> bool {
        caller(role).require(scope).is_ok()
    }

    fn scopes(account: AccountId) -> [Scope; 4] {
        let (read, write) = (Scope::ReadAccount(account), Scope::WriteAccount(account));
        [Scope::ReadInstallation, Scope::WriteInstallation, read, write]
    }

    #[test]
    fn who_has_to_set_up_a_second_factor_may_do_nothing() {
        let owner = Caller { lacks_second_factor: true, ..caller(AdministratorRole::Owner) };
        for scope in scopes("a".parse().unwrap()) {
            let refused = owner.require(scope);
            assert!(matches!(refused, Err(AdministrationError::SecondFactorToBeSetUp)), "{scope:?}");
        }
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
