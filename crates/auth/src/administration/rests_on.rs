//! What of the directory a change was decided on: it is refused if that has changed in between, and by nothing else.

use std::collections::BTreeSet;

use vestibule_model::AccountId;
use vestibule_store::{Change, Changed, DirectoryScope, Part, PartKind};

use super::administrators_account;

/// What changes rest on, so that whoever decided on them is told when that has changed. That a value is unique is the store's
/// to know, and needs no expectation.
pub fn rests_on(changes: &[Change]) -> Vec<DirectoryScope> {
    let scopes: BTreeSet<DirectoryScope> = changes.iter().flat_map(scopes_of).collect();
    scopes.into_iter().collect()
}

/// That an owner is left who may log in: whoever takes one away rests on all who administer.
pub fn owners() -> DirectoryScope {
    of_kind(administrators_account(), PartKind::User)
}

fn scopes_of(change: &Change) -> Vec<DirectoryScope> {
    match change {
        Change::PutAccount(account) => vec![itself(account.id)],
        // Everything in it is counted for the audit, and goes.
        Change::DeleteAccount(account) => vec![itself(*account), of_kind(*account, PartKind::User)],
        // A user is written whole, what logins change of it too, and refers to all of these.
        Change::PutUser(user) => {
            let account = user.account;
            let referred = [
                PartKind::Profile,
                PartKind::Group,
                PartKind::Skill,
                PartKind::ApiKey,
                PartKind::OauthClient,
                PartKind::Connection,
            ];
            let mut scopes = vec![itself(account), DirectoryScope::User(user.id)];
            scopes.extend(referred.map(|kind| of_kind(account, kind)));
            if account == administrators_account() {
                scopes.push(owners());
            }
            scopes
        }
        Change::DeleteUser(user)
        | Change::SetLock { user, .. }
        | Change::SetPassword { user, .. }
        | Change::SetSecondFactor { user, .. } => {
            vec![DirectoryScope::User(*user)]
        }
        // How many there are of a kind, their names, and what is above a group.
        Change::PutProfile(account, _) => numbered(*account, PartKind::Profile),
        Change::PutGroup(account, _) => numbered(*account, PartKind::Group),
        Change::PutSkill(account, _) => numbered(*account, PartKind::Skill),
        // The app key of one is no client id of another: bots are tied to either by it.
        Change::PutApiKey(account, _) | Change::PutOauthClient(account, _) => {
            vec![
                itself(*account),
                of_kind(*account, PartKind::ApiKey),
                of_kind(*account, PartKind::OauthClient),
            ]
        }
        Change::PutApplicationToken(account, _) | Change::DeleteApplicationToken(account, _) => {
            numbered(*account, PartKind::ApplicationToken)
        }
        Change::PutConnection(account, _) => numbered(*account, PartKind::Connection),
        // Nobody refers to what goes, or no more.
        Change::DeleteConnection(account, _) => deleted(*account, PartKind::Connection),
        Change::DeleteApiKey(account, _) => deleted(*account, PartKind::ApiKey),
        Change::DeleteOauthClient(account, _) => deleted(*account, PartKind::OauthClient),
        Change::DeleteProfile(account, _) => deleted(*account, PartKind::Profile),
        Change::DeleteGroup(account, _) => deleted(*account, PartKind::Group),
        Change::DeleteSkill(account, _) => deleted(*account, PartKind::Skill),
        // How many there are. What accounts and applications they name may go at any time.
        Change::PutGatewayRule(_) | Change::DeleteGatewayRule(_) => {
            vec![DirectoryScope::Part(Changed::GatewayRules)]
        }
        // What is no part of the directory.
        _ => Vec::new(),
    }
}

const fn itself(account: AccountId) -> DirectoryScope {
    DirectoryScope::part(account, Part::Account)
}

const fn of_kind(account: AccountId, kind: PartKind) -> DirectoryScope {
    DirectoryScope::Kind(account, kind)
}

fn numbered(account: AccountId, kind: PartKind) -> Vec<DirectoryScope> {
    vec![itself(account), of_kind(account, kind)]
}

fn deleted(account: AccountId, kind: PartKind) -> Vec<DirectoryScope> {
    vec![itself(account), of_kind(account, kind), of_kind(account, PartKind::User)]
}
