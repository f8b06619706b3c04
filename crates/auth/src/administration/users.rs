//! Users of both populations: looked at, made, changed, deleted. Lists of them are in `user_search`, passwords and locks in
//! `passwords`.

use std::sync::Arc;

use uuid::{Builder, Uuid};
use vestibule_model::{AccountId, Administrator, Millis, Population, User, UserId, UserKind};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use super::account_resources::check;
use super::audited_write::{AuditDetails, AuditedWrite};
use super::caller::administrators_account;
use super::random::ten_digits;
use super::rests_on::owners;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::directory::AccountUser;
use crate::directory::{AccountEntry, UserEntry};
use crate::rules::next_user_number;

/// A user who is to be made, the rest left to whoever fills it in.
pub struct NewUser {
    /// Which namespace the login name stands in.
    pub population: Population,
    /// What kind of user.
    pub kind: UserKind,
    /// The first password; None: nobody logs in as this user until there is one.
    pub password: Option<Zeroizing<String>>,
}

impl Administration<'_> {
    /// When a user of an account last opened a session; None: never.
    pub async fn last_login(
        &self,
        caller: &Caller,
        account: AccountId,
        user: UserId,
    ) -> Result<Option<Millis>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let last = self.auth.store.last_logins(account, vec![user]).await?;
        Ok(last.first().map(|(_, at)| *at))
    }

    /// One user of an account.
    pub fn user_of_id(
        &self,
        caller: &Caller,
        account: AccountId,
        id: UserId,
    ) -> Result<Arc<UserEntry>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        self.present_user(account, id)
    }

    /// The users of this login name that an account has: one of each population at most.
    pub fn users_named(
        &self,
        caller: &Caller,
        account: AccountId,
        login_name: &str,
    ) -> Result<Vec<Arc<UserEntry>>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        let of = |population| entry.user_named(Some(population), login_name);
        Ok([Population::User, Population::Agent].into_iter().filter_map(of).collect())
    }

    /// Whether failed logins keep a user out at present.
    pub fn is_locked(&self, caller: &Caller, user: &UserEntry) -> bool {
        self.auth.login_guard.is_locked(user, caller.now)
    }

    /// Refuses who may not change this user, and a user who is not there: asked before the rest of a request is looked at.
    pub fn expect_user(
        &self,
        caller: &Caller,
        AccountUser { account, user: id }: AccountUser,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.present_user(account, id).map(drop)
    }

    /// Makes a user. `fill` sets the login name and whatever else is wanted; who is given no other names is called by that.
    pub async fn make_user(
        &self,
        caller: &Caller,
        account: AccountId,
        new: NewUser,
        fill: impl Fn(&mut User) -> Result<(), AdministrationError>,
        idempotency: Idempotency<'_, User>,
    ) -> Result<User, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let mut pid = [0; 16];
        self.auth.rng.fill(&mut pid);
        let pid = Builder::from_random_bytes(pid).into_uuid();
        let id = UserId(ten_digits(&*self.auth.rng));
        let entry = self.account_entry(account)?;
        let blank = User { population: new.population, kind: new.kind, ..new_user(id, account, pid) };
        // What is wrong with the rest is said before anything is hashed.
        let mut draft = blank.clone();
        fill(&mut draft)?;
        name_by_login_name(&mut draft);
        check(&mut draft, None, &entry)?;
        let password = match &new.password {
            Some(password) => Some(self.first_password(caller, &entry, &draft, password).await?),
            None => None,
        };
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let number = next_user_number(entry.highest_user_number())?;
            let mut user = User { number, password: password.clone(), ..blank.clone() };
            fill(&mut user)?;
            name_by_login_name(&mut user);
            check(&mut user, None, &entry)?;
            let details = AuditDetails::made(&user).in_account(account).about(id);
            let written = AuditedWrite::one(Change::PutUser(user.clone().into()), details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &user)), user))
        })
        .await
    }

    /// Changes a user; what `edit` is not to change stays. It is given the present one, and may refuse; `unchanged` is
    /// asked about that one last. The user's sessions end when they rest on what was changed.
    pub async fn change_user(
        &self,
        caller: &Caller,
        AccountUser { account, user: id }: AccountUser,
        edit: impl Fn(&mut User) -> Result<(), AdministrationError>,
        unchanged: impl Fn(&User) -> Result<(), AdministrationError>,
    ) -> Result<User, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let _administration = self.lock_if_administrators(account).await;
        let administrators = self.administrators_of(account).await?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let before = entry.user(id).ok_or(AdministrationError::NotFound("user"))?;
            let mut after = User::clone(&before);
            edit(&mut after)?;
            if after != **before {
                check(&mut after, Some(&**before), &entry)?;
            }
            unchanged(&before)?;
            if after == **before {
                return Ok((None, after));
            }
            if before.enabled && !after.enabled {
                self.keep_an_owner(&administrators, id)?;
            }
            if after.invalidates_sessions_of(&before) {
                after.credential_version += 1;
            }
            let details = AuditDetails::changed::<User>(&before, &after).in_account(account).about(id);
            Ok((Some(AuditedWrite::one(Change::PutUser(after.clone().into()), details)), after))
        })
        .await
    }

    /// Deletes a user. `unchanged` is asked about the present one.
    pub async fn delete_user(
        &self,
        caller: &Caller,
        AccountUser { account, user: id }: AccountUser,
        unchanged: impl Fn(&User) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        let _administration = self.lock_if_administrators(account).await;
        let administrators = self.administrators_of(account).await?;
        self.write_directory(caller, || {
            let user = self.present_user(account, id)?;
            unchanged(&user)?;
            self.keep_an_owner(&administrators, id)?;
            let details = AuditDetails::deleted::<User>(&user).in_account(account).about(id);
            let mut written = AuditedWrite::one(Change::DeleteUser(id), details);
            if account == administrators_account() {
                written = written.resting_on(owners());
            }
            Ok((Some(written), ()))
        })
        .await
    }

    pub(super) fn account_entry(&self, account: AccountId) -> Result<Arc<AccountEntry>, AdministrationError> {
        self.auth.directory.account(account).ok_or(AdministrationError::NotFound("account"))
    }

    pub(super) fn present_user(
        &self,
        account: AccountId,
        id: UserId,
    ) -> Result<Arc<UserEntry>, AdministrationError> {
        self.account_entry(account)?.user(id).ok_or(AdministrationError::NotFound("user"))
    }

    /// Users of the administrators' account change in turn with roles, so that an owner is left whatever comes together.
    async fn lock_if_administrators(&self, account: AccountId) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        if account == administrators_account() {
            Some(self.state().lock_administrators().await)
        } else {
            None
        }
    }

    /// Who administers, if that is the account of those who do; nobody of another account does.
    async fn administrators_of(&self, account: AccountId) -> Result<Vec<Administrator>, StoreError> {
        if account == administrators_account() {
            self.auth.store.administrators().await
        } else {
            Ok(Vec::new())
        }
    }
}

fn name_by_login_name(user: &mut User) {
    for name in [&mut user.full_name, &mut user.nickname] {
        if name.is_empty() {
            name.clone_from(&user.login_name);
        }
    }
}

/// A user as new ones are, still without names: a human of the population of users, enabled, without a password.
pub fn new_user(id: UserId, account: AccountId, pid: Uuid) -> User {
    User {
        id,
        account,
        pid,
        number: 1,
        population: Population::User,
        kind: UserKind::Human,
        login_name: String::new(),
        full_name: String::new(),
        nickname: String::new(),
        email: String::new(),
        enabled: true,
        allowed_app_key: None,
        max_chats: 0,
        max_async_chats: 0,
        profiles: Vec::new(),
        skills: Vec::new(),
        member_of: None,
        manager_of: Vec::new(),
        must_change_password: false,
        password: None,
        credential_version: 1,
        identities: Vec::new(),
        locked_at: None,
        second_factor: None,
    }
}
