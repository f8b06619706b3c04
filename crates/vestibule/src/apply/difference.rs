//! What stands between two states of an account: the changes of one transaction, and a line for each.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use vestibule_model::{
    Account, AccountId, ApiKey, ApplicationToken, AuditAction, AuditTarget, Audited, Group, OauthClient,
    PasswordCredential, Population, Profile, Skill, User, UserId,
};
use vestibule_store::{AccountRows, Change};

/// Something that is put into the store as a whole.
pub(super) trait Element: Audited + Clone + PartialEq {
    /// What tells it from others of its kind, and stays.
    fn id(&self) -> i64;
    /// How people are told of it.
    fn title(&self, account: AccountId) -> String;
    /// Every field by the name of its key, and whether it differs.
    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)>;
    /// The user that it is.
    fn user(&self) -> Option<UserId> {
        None
    }
    /// The change that stores it.
    fn put(self, account: AccountId) -> Change;
    /// The change that removes it, with the sessions that rest on it.
    fn delete(&self, account: AccountId) -> Change;
}

/// Changes, in an order in which each finds what it refers to, and their lines.
#[derive(Default)]
pub(super) struct Difference {
    pub(super) changes: Vec<Change>,
    pub(super) lines: Vec<String>,
    /// An entry of the audit for each change, without who made it and when.
    pub(super) told: Vec<Told>,
}

/// What the audit tells of a change.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) action: AuditAction,
    pub(super) account: AccountId,
    pub(super) user: Option<UserId>,
    pub(super) target: AuditTarget,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Difference {
    /// Adds what leads from `before` to `after`: first what goes, so that its names are free for what comes.
    pub(super) fn add(&mut self, before: Option<&AccountRows>, after: &AccountRows) {
        let account = after.account.id;
        if let Some(before) = before {
            self.gone(account, &before.users, &after.users);
            self.gone(account, &before.application_tokens, &after.application_tokens);
            self.gone(account, &before.oauth_clients, &after.oauth_clients);
            self.gone(account, &before.api_keys, &after.api_keys);
            self.gone(account, &before.skills, &after.skills);
            self.gone(account, &before.groups, &after.groups);
            self.gone(account, &before.profiles, &after.profiles);
        }
        self.element(account, before.map(|rows| &rows.account), &after.account);
        self.elements(account, before.map(|rows| &*rows.profiles), &after.profiles);
        self.elements(account, before.map(|rows| &*rows.groups), &after.groups);
        self.elements(account, before.map(|rows| &*rows.skills), &after.skills);
        self.elements(account, before.map(|rows| &*rows.api_keys), &after.api_keys);
        self.elements(account, before.map(|rows| &*rows.oauth_clients), &after.oauth_clients);
        self.elements(account, before.map(|rows| &*rows.application_tokens), &after.application_tokens);
        self.elements(account, before.map(|rows| &*rows.users), &after.users);
    }

    /// Adds the removal of an account, with everything in it.
    pub(super) fn remove_account(&mut self, before: Option<&AccountRows>) {
        if let Some(rows) = before {
            self.removed(rows.account.id, &rows.account);
        }
    }

    fn gone<T: Element>(&mut self, account: AccountId, before: &[T], after: &[T]) {
        let staying: HashSet<i64> = after.iter().map(Element::id).collect();
        for element in before.iter().filter(|element| !staying.contains(&element.id())) {
            self.removed(account, element);
        }
    }

    fn removed<T: Element>(&mut self, account: AccountId, element: &T) {
        self.lines.push(format!("- {}", element.title(account)));
        let (was, is) = vestibule_model::difference(Some(element), None);
        let (target, user) = (element.audit_target(), element.user());
        let action = AuditAction::Deleted;
        self.told.push(Told { action, account, user, target, before: was, after: is });
        self.changes.push(element.delete(account));
    }

    fn elements<T: Element>(&mut self, account: AccountId, before: Option<&[T]>, after: &[T]) {
        let earlier = before.unwrap_or_default().iter().map(|element| (element.id(), element));
        let earlier: HashMap<i64, &T> = earlier.collect();
        for element in after {
            self.element(account, earlier.get(&element.id()).copied(), element);
        }
    }

    fn element<T: Element>(&mut self, account: AccountId, before: Option<&T>, after: &T) {
        let title = after.title(account);
        match before {
            Some(before) if before == after => return,
            Some(before) => {
                let changed: Vec<&str> = after
                    .fields(before)
                    .into_iter()
                    .filter(|(_, differs)| *differs)
                    .map(|(name, _)| name)
                    .collect();
                self.lines.push(format!("~ {title}: {}", changed.join(", ")));
            }
            None => self.lines.push(format!("+ {title}")),
        }
        let (was, is) = vestibule_model::difference(before, Some(after));
        let action = if before.is_some() { AuditAction::Changed } else { AuditAction::Created };
        let (target, user) = (after.audit_target(), after.user());
        self.told.push(Told { action, account, user, target, before: was, after: is });
        self.changes.push(after.clone().put(account));
    }
}

/// `user 12345678/alice`, or `agent 12345678/bob`.
pub(super) fn user_title(account: AccountId, population: Population, login_name: &str) -> String {
    let population = match population {
        Population::User => "user",
        Population::Agent => "agent",
    };
    title(population, account, login_name)
}

/// `application token 12345678/demo`
pub(super) fn token_title(account: AccountId, name: &str) -> String {
    title("application token", account, name)
}

fn title(kind: &str, account: AccountId, name: impl Display) -> String {
    format!("{kind} {account}/{name}")
}

impl Element for Account {
    fn id(&self) -> i64 {
        0
    }

    fn title(&self, account: AccountId) -> String {
        format!("account {account}")
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        vec![
            ("code", self.code != other.code),
            ("number", self.number != other.number),
            ("time_zone", self.time_zone != other.time_zone),
            ("state", self.state != other.state),
            ("sign_on", self.sign_on != other.sign_on),
            ("features", self.features != other.features),
            ("services", self.services != other.services),
            ("password_policy", self.password_policy != other.password_policy),
            ("lockout_policy", self.lockout_policy != other.lockout_policy),
            ("agent_lockout_policy", self.agent_lockout_policy != other.agent_lockout_policy),
            ("session_policy", self.session_policy != other.session_policy),
            ("livevox_session_policy", self.livevox_session_policy != other.livevox_session_policy),
        ]
    }

    fn put(self, _: AccountId) -> Change {
        Change::PutAccount(Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteAccount(account)
    }
}

impl Element for Profile {
    fn id(&self) -> i64 {
        self.id
    }

    fn title(&self, account: AccountId) -> String {
        title("profile", account, &self.name)
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        vec![
            ("name", self.name != other.name),
            ("role", self.role != other.role),
            ("rank", self.rank != other.rank),
            ("permissions", self.permissions != other.permissions),
        ]
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutProfile(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteProfile(account, self.id)
    }
}

impl Element for Group {
    fn id(&self) -> i64 {
        self.id
    }

    fn title(&self, account: AccountId) -> String {
        title("group", account, &self.name)
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        vec![("name", self.name != other.name), ("parent", self.parent != other.parent)]
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutGroup(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteGroup(account, self.id)
    }
}

impl Element for Skill {
    fn id(&self) -> i64 {
        self.id
    }

    fn title(&self, account: AccountId) -> String {
        title("skill", account, &self.name)
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        vec![("name", self.name != other.name)]
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutSkill(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteSkill(account, self.id)
    }
}

impl Element for ApiKey {
    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        title("api key", account, &self.name)
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        let secrets = self.sealed_secret != other.sealed_secret
            || self.sealed_access_token_secret != other.sealed_access_token_secret;
        vec![
            ("name", self.name != other.name),
            ("developer", self.developer != other.developer),
            ("description", self.description != other.description),
            ("enabled", self.enabled != other.enabled),
            ("privileges", self.privileges != other.privileges),
            ("addresses", self.addresses != other.addresses),
            ("access_token", self.access_token != other.access_token),
            ("secrets", secrets),
        ]
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutApiKey(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApiKey(account, self.id)
    }
}

impl Element for OauthClient {
    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        title("oauth client", account, &self.name)
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        vec![
            ("name", self.name != other.name),
            ("enabled", self.enabled != other.enabled),
            ("privileges", self.privileges != other.privileges),
            ("addresses", self.addresses != other.addresses),
            ("secret", self.secret != other.secret),
        ]
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutOauthClient(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteOauthClient(account, self.id)
    }
}

impl Element for ApplicationToken {
    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        token_title(account, &self.name)
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        vec![
            ("name", self.name != other.name),
            ("enabled", self.enabled != other.enabled),
            ("token", self.token != other.token),
        ]
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutApplicationToken(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApplicationToken(account, self.id)
    }
}

impl Element for User {
    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        user_title(account, self.population, &self.login_name)
    }

    fn fields(&self, other: &Self) -> Vec<(&'static str, bool)> {
        let hash = |user: &Self| user.password.as_ref().map(|password| password.hash.clone());
        let since =
            |user: &Self| user.password.as_ref().map(|password: &PasswordCredential| password.changed_at);
        let password = hash(self) != hash(other);
        vec![
            ("login_name", self.login_name != other.login_name),
            ("full_name", self.full_name != other.full_name),
            ("nickname", self.nickname != other.nickname),
            ("email", self.email != other.email),
            ("enabled", self.enabled != other.enabled),
            ("profiles", self.profiles != other.profiles),
            ("group", self.member_of != other.member_of),
            ("manager_of", self.manager_of != other.manager_of),
            ("skills", self.skills != other.skills),
            ("max_chats", self.max_chats != other.max_chats),
            ("max_async_chats", self.max_async_chats != other.max_async_chats),
            ("allowed_app_key", self.allowed_app_key != other.allowed_app_key),
            ("password", password),
            ("password_changed", !password && since(self) != since(other)),
            ("must_change_password", self.must_change_password != other.must_change_password),
            ("locked", self.locked_at != other.locked_at),
        ]
    }

    fn user(&self) -> Option<UserId> {
        Some(self.id)
    }

    fn put(self, _: AccountId) -> Change {
        Change::PutUser(Box::new(self))
    }

    fn delete(&self, _: AccountId) -> Change {
        Change::DeleteUser(self.id)
    }
}
