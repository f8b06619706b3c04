//! Administrators and their tokens.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_model::{
    AccountId, AdministrationToken, AdministrationTokenId, Administrator, AdministratorRole, Millis,
    SecretDigest, UserId,
};

use super::directory::{Directory, refuse};
use crate::{Change, StoreError};

#[derive(Clone, Debug, Default)]
pub(super) struct Administration {
    roles: BTreeMap<UserId, AdministratorRole>,
    tokens: BTreeMap<AdministrationTokenId, AdministrationToken>,
    retired: BTreeSet<AdministrationTokenId>,
}

impl Administration {
    pub(super) fn administrators(&self) -> Vec<Administrator> {
        self.roles.iter().map(|(user, role)| Administrator { user: *user, role: *role }).collect()
    }

    pub(super) fn tokens(&self) -> Vec<AdministrationToken> {
        self.tokens.values().cloned().collect()
    }

    pub(super) fn token(&self, secret: SecretDigest) -> Option<AdministrationToken> {
        self.tokens.values().find(|token| token.secret == secret).cloned()
    }

    pub(super) fn apply(&mut self, change: Change, directory: &Directory) -> Result<(), StoreError> {
        match change {
            Change::PutAdministrator(administrator) => self.put_role(administrator, directory)?,
            Change::PutAdministrationToken(token) => self.put_token(*token, directory)?,
            Change::DeleteAdministrator(user) => self.delete_role(user),
            Change::DeleteAdministrationToken(token) => self.delete_token(token),
            Change::TouchAdministrationToken { token, last_used } => self.touch_token(token, last_used),
            _ => {}
        }
        Ok(())
    }

    fn put_role(&mut self, administrator: Administrator, directory: &Directory) -> Result<(), StoreError> {
        if directory.user(administrator.user).is_none() {
            return refuse("the user does not exist");
        }
        expect_account(administrator.role, directory)?;
        self.roles.insert(administrator.user, administrator.role);
        Ok(())
    }

    pub(super) fn delete_role(&mut self, user: UserId) {
        self.roles.remove(&user);
    }

    fn put_token(&mut self, mut token: AdministrationToken, directory: &Directory) -> Result<(), StoreError> {
        expect_account(token.role, directory)?;
        if self.retired.contains(&token.id) {
            return refuse("the id is that of a deleted administration token");
        }
        let mut others = self.tokens.values().filter(|other| other.id != token.id);
        if others.any(|other| other.name == token.name || other.secret == token.secret) {
            return refuse("the administration token's name or secret is taken");
        }
        if let Some(before) = self.tokens.get(&token.id) {
            token.last_used = before.last_used;
        }
        self.tokens.insert(token.id, token);
        Ok(())
    }

    pub(super) fn redo_digest(&mut self, id: i64, old: SecretDigest, new: SecretDigest) {
        let token = self.tokens.get_mut(&AdministrationTokenId(id));
        if let Some(token) = token.filter(|token| token.secret == old) {
            token.secret = new;
        }
    }

    pub(super) fn delete_token(&mut self, id: AdministrationTokenId) {
        if self.tokens.remove(&id).is_some() {
            self.retired.insert(id);
        }
    }

    fn touch_token(&mut self, id: AdministrationTokenId, last_used: Millis) {
        if let Some(token) = self.tokens.get_mut(&id) {
            token.last_used = token.last_used.max(Some(last_used));
        }
    }

    /// Takes everything that is limited to an account.
    pub(super) fn delete_account(&mut self, account: AccountId) {
        self.roles.retain(|_, role| role.account() != Some(account));
        let limited = self.tokens.values().filter(|token| token.role.account() == Some(account));
        for id in limited.map(|token| token.id).collect::<Vec<_>>() {
            self.delete_token(id);
        }
    }
}

fn expect_account(role: AdministratorRole, directory: &Directory) -> Result<(), StoreError> {
    match role.account() {
        Some(account) => directory.expect_account(account),
        None => Ok(()),
    }
}
