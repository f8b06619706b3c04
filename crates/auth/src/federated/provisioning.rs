//! Users who are made at their first login ("just in time"), where the connection says so: out of what a genuine message says,
//! by the rules that administrators keep, once.

use std::sync::Arc;

use vestibule_model::{
    AccountId, Actor, AuditAction, AuditRecord, Audited as _, Connection, Identity, Linking, Refusal, User,
    UserId, difference,
};
use vestibule_store::{Change, DirectoryScope, Part, Sequence, StoreError};

use super::link::{Linked, Named, Unlinked, found};
use super::{TAKEN_BEFORE, Told, Vouching};
use crate::administration::rests_on;
use crate::audit::Attempt;
use crate::directory::{AccountEntry, UsableConnection, UserEntry};
use crate::log_in::LogInError;
use crate::open::Once;
use crate::rules::{Rule, Ruled as _, Violation};
use crate::service::Auth;

/// How often it is decided anew because somebody else changed in between what it rests on.
const ATTEMPTS: usize = 5;

/// What a message says of somebody.
pub(super) trait Says {
    /// The values of an attribute or claim.
    fn values(&self, name: &str) -> Vec<&str>;
}

impl Says for vestibule_saml::Claims {
    fn values(&self, name: &str) -> Vec<&str> {
        let attributes = self.attributes.iter().filter(|attribute| attribute.name == name);
        attributes.flat_map(|attribute| attribute.values.iter().map(String::as_str)).collect()
    }
}

impl Says for vestibule_oidc::Claims {
    fn values(&self, name: &str) -> Vec<&str> {
        match self.others.get(name) {
            Some(serde_json::Value::Array(values)) => {
                values.iter().filter_map(|value| value.as_str()).collect()
            }
            _ => self.text(name).into_iter().collect(),
        }
    }
}

/// Somebody whom a genuine message names, whom nobody knows, and whom the connection makes a user of.
#[derive(Debug)]
pub(crate) struct Newcomer {
    named: Named,
    pub(crate) login_name: String,
    full_name: String,
    email: String,
    pub(crate) profiles: Vec<i64>,
}

impl Newcomer {
    /// What the message says of them.
    pub(super) fn of(connection: &Connection, named: Named, says: &dyn Says) -> Result<Self, Unlinked> {
        let provisioning = &connection.provisioning;
        let one = |name: &Option<String>| match name {
            None => Ok(None),
            Some(name) => match says.values(name)[..] {
                [] => Ok(None),
                [value] => Ok(Some(value.to_owned())),
                _ => Err(Unlinked::Claim(format!("it has several values of {name}"))),
            },
        };
        let login_name = match (connection.linking, &provisioning.login_name) {
            (Linking::LoginName, _) => named.login_name.clone(),
            (Linking::Subject, None) => named.subject.clone(),
            (Linking::Subject, claim @ Some(name)) => one(claim)?.ok_or_else(|| {
                Unlinked::Claim(format!("it has not {name}, of which the login name of a new user is made"))
            })?,
        };
        let values = provisioning.profile_claim.as_deref().map(|name| says.values(name)).unwrap_or_default();
        let given = values.into_iter().filter_map(|value| provisioning.profile_map.get(value));
        let profiles = provisioning.profiles.iter().chain(given).copied().collect();
        Ok(Self {
            login_name,
            full_name: one(&provisioning.full_name)?.unwrap_or_default(),
            email: one(&provisioning.email)?.unwrap_or_default(),
            profiles,
            named,
        })
    }

    /// As a user of the connection's account.
    pub(super) fn user(&self, connection: &Connection, blank: User) -> User {
        let identities = match connection.linking {
            Linking::LoginName => Vec::new(),
            Linking::Subject => {
                vec![Identity { connection: connection.id, subject: self.named.subject.clone() }]
            }
        };
        let mut user = User {
            population: connection.population,
            login_name: self.login_name.clone(),
            full_name: self.full_name.clone(),
            email: self.email.clone(),
            profiles: self.profiles.clone(),
            identities,
            ..blank
        };
        user.tidy();
        user
    }

    /// What to do about a rule that keeps them from being made.
    const fn fix(rule: Rule) -> &'static str {
        match rule {
            Rule::LoginNameTaken => {
                "a user has this name and is not linked to this one: give that user the identity, or let the identity provider send another login name"
            }
            Rule::ProfileMissing => "take the profile out of the connection's provisioning, or make it",
            _ => "let the identity provider send what the rules of users take, or make the user by hand",
        }
    }
}

/// A rule that keeps a newcomer from being made: in words, and what to do.
pub(crate) struct NotMade {
    pub(super) why: String,
    pub(super) fix: &'static str,
}

impl From<&Violation> for NotMade {
    fn from(violation: &Violation) -> Self {
        let why = format!("the user cannot be made: {}: {}", violation.rule.field(), violation.reason);
        Self { why, fix: Newcomer::fix(violation.rule) }
    }
}

/// Who is made, by what.
struct Making<'a> {
    attempt: Attempt,
    account: AccountId,
    connection: &'a Arc<UsableConnection>,
    newcomer: &'a Newcomer,
    once: Once,
}

/// What becomes of a newcomer.
enum Decided {
    /// Somebody made them.
    Known(Arc<AccountEntry>, Arc<UserEntry>),
    /// Made now.
    Made(UserId),
    /// Something changed in the same moment.
    Again,
}

impl Auth {
    /// The user whom a genuine message names; made now if the connection makes users and nobody knows them.
    pub(super) async fn linked_user(
        self: &Arc<Self>,
        attempt: Attempt,
        entry: Arc<AccountEntry>,
        connection: &Arc<UsableConnection>,
        linked: Linked,
        once: Once,
    ) -> Result<Vouching, LogInError> {
        let told = Told::of(connection);
        let refuse = |why, told| self.refuse_federated(attempt, None, why, told);
        match linked {
            Ok(user) => Ok(Vouching { entry, user, once: Some(once) }),
            Err(Unlinked::Claim(why)) => {
                Err(refuse(Refusal::AssertionRefused, told.by(Unlinked::CHECK).because(why)))
            }
            Err(Unlinked::NoUser(name)) => {
                Err(refuse(Refusal::UnknownUser, told.by(Unlinked::CHECK).naming_nobody(&name)))
            }
            Err(Unlinked::Newcomer(newcomer)) => {
                let (account, newcomer) = (entry.account.id, &*newcomer);
                self.made(Making { attempt, account, connection, newcomer, once }).await
            }
        }
    }

    /// Makes the user, unless somebody did meanwhile. What vouches for them is used up in the same commit: shown again it makes
    /// nobody, also when the user is deleted.
    async fn made(self: &Arc<Self>, making: Making<'_>) -> Result<Vouching, LogInError> {
        let turn = self.follower.turn().await;
        let mut pending = self.ends.pending();
        let mut outcome = Ok(Decided::Again);
        for _ in 0..ATTEMPTS {
            pending.append(self.follow_in(&turn).await.map_err(LogInError::Store)?);
            outcome = self.decided(&making, turn.sequence()).await;
            if !matches!(outcome, Ok(Decided::Again)) {
                break;
            }
        }
        pending.append(self.follow_in(&turn).await.map_err(LogInError::Store)?);
        drop(turn);
        pending.end_all().await.map_err(LogInError::Store)?;
        let moved = LogInError::Store(StoreError::DirectoryMoved);
        match outcome? {
            Decided::Known(entry, user) => Ok(Vouching { entry, user, once: Some(making.once) }),
            Decided::Made(id) => {
                let entry = self.directory.account(making.account);
                let made =
                    entry.and_then(|entry| Some(Vouching { user: entry.user(id)?, entry, once: None }));
                made.ok_or(moved)
            }
            Decided::Again => Err(moved),
        }
    }

    /// By the directory as it is at `since`.
    async fn decided(&self, making: &Making<'_>, since: Sequence) -> Result<Decided, LogInError> {
        let Making { attempt, account, connection, newcomer, once } = *making;
        let refuse = |why, told| Err(self.refuse_federated(attempt, None, why, told));
        let told = Told::of(connection);
        let entry = self.directory.account(account);
        let present =
            entry.as_ref().and_then(|entry| Some((entry, entry.connection(connection.connection.id)?)));
        // As it was when the newcomer was read out of the message.
        let makes = |usable: &UsableConnection| {
            let (present, read) = (&usable.connection, &connection.connection);
            present.enabled
                && present.provisioning.enabled
                && present.provisioning == read.provisioning
                && present.linking == read.linking
        };
        let Some((entry, present)) = present.filter(|(_, present)| makes(present)) else {
            return refuse(
                Refusal::NoConnection,
                told.because("the connection was changed in the same moment"),
            );
        };
        if let Ok(user) = found(entry, &present.connection, &newcomer.named) {
            return Ok(Decided::Known(Arc::clone(entry), user));
        }
        let user = self
            .may_be_made(entry, &present.connection, newcomer)
            .map_err(|kept| self.kept_out(attempt, told.clone().naming(&newcomer.login_name), kept))?;
        let id = user.id;
        match self.store.commit(changes(attempt, &present.connection, user, once, since)).await {
            Ok(_) => Ok(Decided::Made(id)),
            // Somebody else took the name in between: then the rule says so, in its own words.
            Err(StoreError::DirectoryMoved | StoreError::Constraint(_)) => Ok(Decided::Again),
            Err(StoreError::AlreadyConsumed) => refuse(Refusal::AlreadyUsed, told.because(TAKEN_BEFORE)),
            Err(error) => Err(LogInError::Store(error)),
        }
    }
}

/// What makes the user, with what it rests on and what the audit is told.
fn changes(
    attempt: Attempt,
    connection: &Connection,
    user: User,
    once: Once,
    since: Sequence,
) -> Vec<Change> {
    let (before, after) = difference(None, Some(&user));
    let actor = Actor::Connection { id: connection.id, name: connection.name.clone() };
    let record = AuditRecord {
        account: Some(user.account),
        user: Some(user.id),
        address: attempt.at.address,
        target: Some(user.audit_target()),
        before,
        after,
        ..AuditRecord::new(attempt.at.now, AuditAction::Created, actor, attempt.means)
    };
    let account = user.account;
    let put = Change::PutUser(user.into());
    let mut scopes = rests_on(std::slice::from_ref(&put));
    scopes.push(DirectoryScope::part(account, Part::Connection(connection.id)));
    vec![Change::ExpectUnchanged { since, scopes }, once.into(), put, Change::Audit(Box::new(record))]
}

/// Who is found is made no second time.
pub(super) fn or_newcomer(linked: Linked, connection: &Connection, named: Named, says: &dyn Says) -> Linked {
    match linked {
        Err(Unlinked::NoUser(_)) if connection.provisioning.enabled => {
            Err(Unlinked::Newcomer(Box::new(Newcomer::of(connection, named, says)?)))
        }
        other => other,
    }
}
