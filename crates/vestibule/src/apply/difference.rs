//! What stands between two states of an account: the changes of one transaction, and a line for each.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use vestibule_model::{
    Account, AccountId, ApiKey, ApplicationToken, AuditAction, AuditTarget, Audited, Connection, Group,
    OauthClient, Population, Profile, Skill, User, UserId, visible,
};
use vestibule_store::{AccountRows, Change};

use super::values;

/// Something that is put into the store as a whole.
pub(super) trait Element: Audited + Clone + PartialEq {
    /// What an entry of a file for it is called; None: it is the account itself.
    const ENTRY: Option<&'static str>;
    /// What tells it from others of its kind, and stays.
    fn id(&self) -> i64;
    /// How people are told of it.
    fn title(&self, account: AccountId) -> String;
    /// The user that it is.
    fn user(&self) -> Option<UserId> {
        None
    }
    /// What the audit has a word of its own for in a change to `after`, and what this is when nothing but that is done.
    fn named_step(&self, _after: &Self) -> Option<(AuditAction, Self)> {
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
    /// The entries of the audit for each change, without who made it and when.
    pub(super) told: Vec<Told>,
}

/// An account as it was, if it was there, and as it will be.
type BeforeAndAfter<'a> = (Option<&'a AccountRows>, &'a AccountRows);

/// What the audit tells of a change.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) action: AuditAction,
    /// None: none.
    pub(super) account: Option<AccountId>,
    pub(super) user: Option<UserId>,
    pub(super) target: AuditTarget,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Told {
    fn of<T: Element>(action: AuditAction, account: AccountId, before: Option<&T>, after: &T) -> Self {
        let (was, is) = vestibule_model::difference(before, Some(after));
        Self {
            action,
            account: Some(account),
            user: after.user(),
            target: after.audit_target(),
            before: was,
            after: is,
        }
    }
}

impl Difference {
    /// Adds what leads from `before` to `after`: first what goes, so that its names are free for what comes.
    pub(super) fn add(&mut self, before: Option<&AccountRows>, after: &AccountRows) {
        let account = after.account.id;
        if let Some(before) = before {
            self.gone(account, &before.users, &after.users);
            self.gone(account, &before.connections, &after.connections);
            self.gone(account, &before.application_tokens, &after.application_tokens);
            self.gone(account, &before.oauth_clients, &after.oauth_clients);
            self.gone(account, &before.api_keys, &after.api_keys);
            self.gone(account, &before.skills, &after.skills);
            self.gone(account, &before.groups, &after.groups);
            self.gone(account, &before.profiles, &after.profiles);
        }
        let rows = (before, after);
        self.element(rows, before.map(|rows| &rows.account), &after.account);
        self.elements(rows, |rows| &rows.profiles);
        self.elements(rows, |rows| &rows.groups);
        self.elements(rows, |rows| &rows.skills);
        self.elements(rows, |rows| &rows.api_keys);
        self.elements(rows, |rows| &rows.oauth_clients);
        self.elements(rows, |rows| &rows.application_tokens);
        self.elements(rows, |rows| &rows.connections);
        self.elements(rows, |rows| &rows.users);
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
        self.lines.push(visible(&format!("- {}", element.title(account))));
        let (was, is) = vestibule_model::difference(Some(element), None);
        let (target, user) = (element.audit_target(), element.user());
        let action = AuditAction::Deleted;
        self.told.push(Told { action, account: Some(account), user, target, before: was, after: is });
        self.changes.push(element.delete(account));
    }

    fn elements<T: Element>(&mut self, rows: BeforeAndAfter<'_>, of: impl Fn(&AccountRows) -> &Vec<T>) {
        let earlier = rows.0.map(&of).into_iter().flatten().map(|element| (element.id(), element));
        let earlier: HashMap<i64, &T> = earlier.collect();
        for element in of(rows.1) {
            self.element(rows, earlier.get(&element.id()).copied(), element);
        }
    }

    fn element<T: Element>(&mut self, rows: BeforeAndAfter<'_>, before: Option<&T>, after: &T) {
        let account = rows.1.account.id;
        let title = after.title(account);
        match (before, rows.0) {
            (Some(before), _) if before == after => return,
            (Some(before), Some(earlier)) => {
                let changes = values::changes((before, earlier), (after, rows.1));
                self.lines.push(visible(&format!("~ {title}: {changes}")));
            }
            _ => self.lines.push(visible(&format!("+ {title}"))),
        }
        self.tell(account, before, after);
        self.changes.push(after.clone().put(account));
    }

    /// What has a word of its own is told by it, and apart from what else was changed.
    fn tell<T: Element>(&mut self, account: AccountId, before: Option<&T>, after: &T) {
        let mut told = |action, before, after| self.told.push(Told::of(action, account, before, after));
        let Some(before) = before else { return told(AuditAction::Created, None, after) };
        let Some((action, between)) = before.named_step(after) else {
            return told(AuditAction::Changed, Some(before), after);
        };
        told(action, Some(before), &between);
        if between != *after {
            told(AuditAction::Changed, Some(&between), after);
        }
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
    const ENTRY: Option<&'static str> = None;

    fn id(&self) -> i64 {
        0
    }

    fn title(&self, account: AccountId) -> String {
        format!("account {account}")
    }

    fn put(self, _: AccountId) -> Change {
        Change::PutAccount(Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteAccount(account)
    }
}

impl Element for Profile {
    const ENTRY: Option<&'static str> = Some("profile");

    fn id(&self) -> i64 {
        self.id
    }

    fn title(&self, account: AccountId) -> String {
        title("profile", account, &self.name)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutProfile(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteProfile(account, self.id)
    }
}

impl Element for Group {
    const ENTRY: Option<&'static str> = Some("group");

    fn id(&self) -> i64 {
        self.id
    }

    fn title(&self, account: AccountId) -> String {
        title("group", account, &self.name)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutGroup(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteGroup(account, self.id)
    }
}

impl Element for Skill {
    const ENTRY: Option<&'static str> = Some("skill");

    fn id(&self) -> i64 {
        self.id
    }

    fn title(&self, account: AccountId) -> String {
        title("skill", account, &self.name)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutSkill(account, self)
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteSkill(account, self.id)
    }
}

impl Element for ApiKey {
    const ENTRY: Option<&'static str> = Some("api_key");

    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        title("api key", account, &self.name)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutApiKey(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApiKey(account, self.id)
    }
}

impl Element for OauthClient {
    const ENTRY: Option<&'static str> = Some("oauth_client");

    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        title("oauth client", account, &self.name)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutOauthClient(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteOauthClient(account, self.id)
    }
}

impl Element for ApplicationToken {
    const ENTRY: Option<&'static str> = Some("application_token");

    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        token_title(account, &self.name)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutApplicationToken(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteApplicationToken(account, self.id)
    }
}

impl Element for Connection {
    const ENTRY: Option<&'static str> = Some("connection");

    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        title("connection", account, &self.name)
    }

    fn put(self, account: AccountId) -> Change {
        Change::PutConnection(account, Box::new(self))
    }

    fn delete(&self, account: AccountId) -> Change {
        Change::DeleteConnection(account, self.id)
    }
}

impl Element for User {
    const ENTRY: Option<&'static str> = Some("user");

    fn id(&self) -> i64 {
        self.id.0
    }

    fn title(&self, account: AccountId) -> String {
        user_title(account, self.population, &self.login_name)
    }

    fn user(&self) -> Option<UserId> {
        Some(self.id)
    }

    fn named_step(&self, after: &Self) -> Option<(AuditAction, Self)> {
        let is_removed = self.second_factor.is_some() && after.second_factor.is_none();
        let between = || Self { second_factor: None, ..self.clone() };
        is_removed.then(|| (AuditAction::SecondFactorRemoved, between()))
    }

    fn put(self, _: AccountId) -> Change {
        Change::PutUser(Box::new(self))
    }

    fn delete(&self, _: AccountId) -> Change {
        Change::DeleteUser(self.id)
    }
}
