//! Sessions as administrators look at one of them, and end one or many. Lists of them are in `live_sessions`.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{AccountId, ApplicationId, SessionReference, UserId};
use vestibule_store::EndedSessions;

use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::AccountUser;
use crate::sessions::Listed;

impl Administration<'_> {
    /// The session of this reference. One of an account that the caller may not see is none.
    pub async fn session_of_reference(
        &self,
        caller: &Caller,
        reference: SessionReference,
    ) -> Result<Listed, AdministrationError> {
        self.auth.loaded().await;
        let found = self.auth.with_reference(reference.0, caller.now, |live| {
            (live.entry.session(), Arc::clone(&live.entry.holder))
        });
        let found = found.map(|(session, user)| self.auth.listed(session, user, caller.now));
        let visible = |listed: &Listed| {
            caller.require(Scope::ReadAccount(listed.session.account)).is_ok()
                && self.auth.directory.is_current(&listed.session, caller.now)
        };
        found.filter(visible).ok_or(AdministrationError::NotFound("session"))
    }

    /// Ends one session.
    pub async fn end_session(
        &self,
        caller: &Caller,
        reference: SessionReference,
    ) -> Result<(), AdministrationError> {
        caller.require_some_writing()?;
        let listed = self.session_of_reference(caller, reference).await?;
        caller.require(Scope::WriteAccount(listed.session.account))?;
        Ok(self.auth.ends.end_detached(listed.session, caller.end()).await?)
    }

    /// Ends every session of a user; answers how many there were.
    pub async fn end_sessions_of_user(
        &self,
        caller: &Caller,
        account: AccountId,
        user: UserId,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let entry = self.auth.directory.account(account).ok_or(AdministrationError::NotFound("account"))?;
        entry.user(user).ok_or(AdministrationError::NotFound("user"))?;
        Ok(self.auth.end_all_of_user(AccountUser { account, user }, caller.end()).await?)
    }

    /// Ends every session that was opened with an application of an account; answers how many there were.
    pub async fn end_sessions_of_application(
        &self,
        caller: &Caller,
        account: AccountId,
        application: ApplicationId,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let entry = self.auth.directory.account(account).ok_or(AdministrationError::NotFound("account"))?;
        let kinds = entry.applications_of_id(application);
        if kinds.is_empty() {
            return Err(AdministrationError::NotFound("application"));
        }
        let (mut ended, mut failed) = (0, None);
        for application in kinds {
            match self.auth.end_all_of_application(account, application, caller.end()).await {
                Ok(of_kind) => ended += of_kind,
                // It is tried again, and does not keep the others.
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(ended), |error| Err(error.into()))
    }

    /// Ends every session of an account; answers how many there were. Costs a look at every session there is.
    pub async fn end_sessions_of_account(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.auth.directory.account(account).ok_or(AdministrationError::NotFound("account"))?;
        Ok(self.auth.end_selected(EndedSessions::OfAccount(account), account, caller.end()).await?)
    }

    /// Ends every session of an account, or of all accounts, that was opened from an address; answers how many there were. The
    /// caller's own may be among them.
    pub async fn end_sessions_from_address(
        &self,
        caller: &Caller,
        account: Option<AccountId>,
        address: IpAddr,
    ) -> Result<usize, AdministrationError> {
        caller.require(account.map_or(Scope::WriteInstallation, Scope::WriteAccount))?;
        if account.is_some_and(|account| self.auth.directory.account(account).is_none()) {
            return Err(AdministrationError::NotFound("account"));
        }
        let from = EndedSessions::FromAddress(address.to_canonical());
        Ok(self.auth.end_selected(from, account, caller.end()).await?)
    }

    /// Ends every session there is, of administrators too, but not the one by which the caller asks; answers how many there were.
    pub async fn end_all_sessions(&self, caller: &Caller) -> Result<usize, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let own = caller.session().map(|session| session.id);
        let all = own.map_or(EndedSessions::All, EndedSessions::AllBut);
        Ok(self.auth.end_selected(all, None, caller.end()).await?)
    }
}
