//! All or none: what a transaction did so far, and how to undo it.

mod parts;

use std::collections::BTreeSet;
use std::sync::Arc;

use vestibule_model::{AuditRecord, Session, SessionId};

use super::administration::Administration;
use super::answers::Answers;
use super::audit::Audit;
use super::consumed::Consumed;
use super::directory::Directory;
use super::federated_logins::Logins;
use super::master_keys::MasterKeys;
use super::sentinel::Sentinel;
use super::session_versions::SessionVersions;
use super::traffic::Traffic;
use super::{Tables, Uses};
use crate::{
    Change, Changed, DirectoryScope, FederatedLogin, LastUse, Outcome, Part, SealHolder, Sequence,
    SessionNumber, SessionsDecision, StoreError,
};

/// Everything but the sessions.
type Shared = (
    Arc<Directory>,
    Arc<Administration>,
    Arc<Audit>,
    Arc<Answers>,
    Arc<Consumed>,
    Arc<Logins>,
    Arc<Sentinel>,
    Arc<Uses>,
    Arc<MasterKeys>,
    Arc<SessionVersions>,
    Arc<Traffic>,
);

pub(super) struct Transaction<'a> {
    pub(super) tables: &'a mut Tables,
    /// Everything but the sessions before the transaction.
    before: Shared,
    /// The sessions that were changed, each as it was before that, in the order of changing.
    pub(super) undo: Vec<(SessionNumber, Option<Session>)>,
    pub(super) outcome: Outcome,
    changed: BTreeSet<Changed>,
    /// How many changes of the directory stay, and how many are forgotten at most.
    trim: Option<(u64, u64)>,
}

impl<'a> Transaction<'a> {
    pub(super) fn begin(tables: &'a mut Tables) -> Self {
        let before = (
            Arc::clone(&tables.directory),
            Arc::clone(&tables.administration),
            Arc::clone(&tables.audit),
            Arc::clone(&tables.answers),
            Arc::clone(&tables.consumed),
            Arc::clone(&tables.federated_logins),
            Arc::clone(&tables.sentinel),
            Arc::clone(&tables.uses),
            Arc::clone(&tables.master_keys),
            Arc::clone(&tables.session_versions),
            Arc::clone(&tables.traffic),
        );
        let (undo, outcome, changed) = (Vec::new(), Outcome::default(), BTreeSet::new());
        Self { tables, before, undo, outcome, changed, trim: None }
    }

    pub(super) fn run(mut self, changes: Vec<Change>) -> Result<Outcome, StoreError> {
        match changes.into_iter().enumerate().try_for_each(|(index, change)| self.apply(index, change)) {
            Ok(()) => {
                if let Some((keep, limit)) = self.trim {
                    self.tables.trim(keep, limit);
                }
                self.tables.changes.extend(Changed::condensed(&self.changed));
                Ok(self.outcome)
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    fn roll_back(self) {
        let tables = &mut *self.tables;
        (
            tables.directory,
            tables.administration,
            tables.audit,
            tables.answers,
            tables.consumed,
            tables.federated_logins,
            tables.sentinel,
            tables.uses,
            tables.master_keys,
            tables.session_versions,
            tables.traffic,
        ) = self.before;
        for (number, before) in self.undo.into_iter().rev() {
            tables.put_session(number, before);
        }
    }

    fn apply(&mut self, index: usize, change: Change) -> Result<(), StoreError> {
        self.changed.extend(change.in_directory());
        match change {
            Change::ExpectUnchanged { since, scopes } => return self.expect_unchanged(since, &scopes),
            Change::OpenSession(session) => return self.open_session(*session),
            Change::NoteFederatedLogin(login) => return self.note_federated_login(login),
            Change::NoteFederatedLogout(logout) => self.federated_logins().note_logout(logout),
            Change::CopyFederatedLogins { from, to } => return self.copy_federated_logins(from, to),
            Change::DecideOnSessions(decision) => return self.decide_on_sessions(&decision),
            Change::EndSession(_) | Change::EndIfUnusedSince { .. } | Change::EndSessions(_) => {
                self.end(index, change);
            }
            Change::NoteLastUses(uses) => uses.into_iter().for_each(|last_use| self.note_last_use(last_use)),
            Change::Audit(record) => self.write_audit(*record),
            // The model looks at every entry.
            Change::Probe | Change::IndexAudit => {}
            Change::TrimChanges { keep, limit } => self.trim = self.trim.max(Some((keep, limit))),
            Change::PruneAudit { before, limit } => self.audit().prune(before, limit),
            Change::CountTraffic(_) | Change::AgeTraffic { .. } => self.of_traffic(change),
            Change::RememberAnswer { answer, replaces_before } => {
                return self.answers().remember(*answer, replaces_before);
            }
            Change::ForgetAnswers { before, limit } => self.answers().forget(before, limit),
            Change::ForgetAnswersUnder(generation) => self.answers().forget_under(generation),
            Change::ConsumeOnce { value, expires } => return self.consumed().consume(value, expires),
            Change::ForgetExpired { before, limit } => {
                self.consumed().forget(before, limit);
                self.federated_logins().forget_logouts(before, limit);
            }
            Change::PutSigningKey(_) | Change::DeleteSigningKey(_) | Change::RotateRefreshToken { .. } => {
                return self.of_sentinel(change);
            }
            Change::ExpectMasterKey(_)
            | Change::ActivateMasterKey { .. }
            | Change::RetireMasterKey { .. } => {
                return self.change_master_keys(&change);
            }
            Change::PutAdministrator(_)
            | Change::DeleteAdministrator(_)
            | Change::PutAdministrationToken(_)
            | Change::DeleteAdministrationToken(_)
            | Change::TouchAdministrationToken { .. } => {
                let directory = Arc::clone(&self.tables.directory);
                return self.administration().apply(change, &directory);
            }
            Change::DeleteAccount(_)
            | Change::DeleteUser(_)
            | Change::DeleteProfile(..)
            | Change::DeleteGroup(..)
            | Change::DeleteSkill(..)
            | Change::DeleteApiKey(..)
            | Change::DeleteOauthClient(..)
            | Change::DeleteApplicationToken(..)
            | Change::DeleteConnection(..)
            | Change::DeleteGatewayRule(_) => {
                let changed = self.delete(&change);
                self.changed.extend(changed);
            }
            put => return self.put(put),
        }
        Ok(())
    }

    /// What makes or changes something in the directory.
    fn put(&mut self, change: Change) -> Result<(), StoreError> {
        let directory = Arc::make_mut(&mut self.tables.directory);
        match change {
            Change::PutAccount(account) => directory.put_account(*account)?,
            Change::PutProfile(account, profile) => directory.put_profile(account, profile)?,
            Change::PutGroup(account, group) => directory.put_group(account, group)?,
            Change::PutSkill(account, skill) => directory.put_skill(account, skill)?,
            Change::PutUser(user) => directory.put_user(*user)?,
            Change::PutApiKey(account, key) => directory.put_api_key(account, *key)?,
            Change::PutOauthClient(account, client) => directory.put_oauth_client(account, *client)?,
            Change::PutApplicationToken(account, token) => {
                directory.put_application_token(account, *token)?;
            }
            Change::PutConnection(account, connection) => directory.put_connection(account, *connection)?,
            Change::PutGatewayRule(rule) => drop(directory.gateway_rules.insert(rule.name.clone(), *rule)),
            Change::ReplacePasswordHash { user, old, new } => {
                let account = directory.replace_password_hash(user, &old, new);
                self.changed.extend(account.map(|account| Changed::credentials(account, user)));
            }
            Change::SetPassword { user, password, credential_version } => {
                let account = directory.set_password(user, *password, credential_version)?;
                self.changed.insert(Changed::credentials(account, user));
            }
            Change::SetSecondFactor { user, before, after } => {
                let account = directory.set_second_factor(user, before.as_deref(), after)?;
                self.changed.insert(Changed::credentials(account, user));
            }
            Change::SetLock { user, locked_at } => {
                let account = directory.set_lock(user, locked_at);
                self.changed.extend(account.map(|account| Changed::credentials(account, user)));
            }
            Change::Reseal { holder: SealHolder::SigningKey(key), old, new } => {
                self.sentinel().reseal(key, &old, new);
            }
            Change::Reseal { holder, old, new } => {
                let is_changed = directory.reseal(holder, &old, &new);
                self.changed.extend(holder.in_directory().filter(|_| is_changed));
            }
            Change::RedoDigest { holder, old, new } => match holder.account {
                Some(_) => {
                    let is_changed = directory.redo_digest(&holder, old, new);
                    self.changed.extend(holder.in_directory().filter(|_| is_changed));
                }
                None => self.administration().redo_digest(holder.id, old, new),
            },
            Change::TouchApplications(touches) => {
                for touch in touches {
                    directory.touch_application(touch);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Deletes; answers what that changed.
    fn delete(&mut self, change: &Change) -> Option<Changed> {
        let directory = Arc::make_mut(&mut self.tables.directory);
        match *change {
            Change::DeleteGatewayRule(ref name) => {
                directory.gateway_rules.remove(name).map(|_| Changed::GatewayRules)
            }
            Change::DeleteAccount(account) => {
                let users = directory.delete_account(account)?;
                self.administration().delete_account(account);
                self.traffic().forget(account);
                for user in users {
                    self.administration().delete_role(user);
                    self.session_versions().forget(user);
                }
                Some(Changed::everything(account))
            }
            Change::DeleteUser(user) => {
                let account = directory.delete_user(user)?;
                self.administration().delete_role(user);
                self.session_versions().forget(user);
                Some(Changed::user(account, user))
            }
            Change::DeleteProfile(account, id) => {
                let deleted = directory.delete_profile(account, id);
                deleted.then_some(Changed::OfAccount { account, part: Part::Profile(id) })
            }
            Change::DeleteGroup(account, id) => {
                let deleted = directory.delete_group(account, id);
                deleted.then_some(Changed::OfAccount { account, part: Part::Group(id) })
            }
            Change::DeleteSkill(account, id) => {
                let deleted = directory.delete_skill(account, id);
                deleted.then_some(Changed::OfAccount { account, part: Part::Skill(id) })
            }
            Change::DeleteApiKey(account, id) => {
                let deleted = directory.delete_api_key(account, id);
                deleted.then_some(Changed::OfAccount { account, part: Part::ApiKey(id) })
            }
            Change::DeleteOauthClient(account, id) => {
                let deleted = directory.delete_oauth_client(account, id);
                deleted.then_some(Changed::OfAccount { account, part: Part::OauthClient(id) })
            }
            Change::DeleteApplicationToken(account, id) => {
                let deleted = directory.delete_application_token(account, id);
                deleted.then_some(Changed::OfAccount { account, part: Part::ApplicationToken(id) })
            }
            Change::DeleteConnection(account, id) => {
                let deleted = directory.delete_connection(account, id);
                deleted.then_some(Changed::OfAccount { account, part: Part::Connection(id) })
            }
            _ => None,
        }
    }

    fn change_master_keys(&mut self, change: &Change) -> Result<(), StoreError> {
        match *change {
            Change::ExpectMasterKey(generation) => self.tables.master_keys.expect(generation),
            Change::ActivateMasterKey { generation, check_value, at } => {
                Arc::make_mut(&mut self.tables.master_keys).activate(generation, check_value, at)
            }
            Change::RetireMasterKey { generation, at } => {
                let remains = self.tables.remains(generation, at);
                Arc::make_mut(&mut self.tables.master_keys).retire(generation, at, &remains)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn write_audit(&mut self, mut record: AuditRecord) {
        let present = || {
            let user = self.tables.directory.user(record.user?)?;
            Some(user.login_name.clone())
        };
        let given = record.given_user_name().map(str::to_owned);
        let gone = || record.user_name_of_target().map(str::to_owned);
        record.user_name = record.user.and(given.or_else(present).or_else(gone));
        let generation = self.tables.master_keys.active();
        self.audit().write(record, generation);
    }

    fn expect_unchanged(&self, since: Sequence, scopes: &[DirectoryScope]) -> Result<(), StoreError> {
        let mut later = self.tables.changed_after(since).iter();
        let is_unchanged = !later.any(|changed| scopes.iter().any(|scope| scope.includes(changed)));
        let is_known = scopes.is_empty() || !self.tables.is_trimmed(since);
        if is_unchanged && is_known { Ok(()) } else { Err(StoreError::DirectoryMoved) }
    }

    fn decide_on_sessions(&mut self, decision: &SessionsDecision) -> Result<(), StoreError> {
        let is_theirs =
            |given| self.tables.session(given).is_some_and(|stored| stored.session.user == decision.user);
        if self.tables.directory.user(decision.user).is_none()
            || decision.given.is_some_and(|given| !is_theirs(given))
        {
            return Err(StoreError::SessionsMoved);
        }
        self.session_versions().decide(decision)
    }

    fn open_session(&mut self, session: Session) -> Result<(), StoreError> {
        let user = self.tables.directory.user(session.user).filter(|user| {
            user.account == session.account
                && user.enabled
                && user.credential_version == session.credential_version
        });
        if user.is_none() {
            return Err(StoreError::StaleCredentials);
        }
        if self.tables.numbers.contains_key(&session.id) {
            return Err(StoreError::Constraint("there is a session of this id already".into()));
        }
        Arc::make_mut(&mut self.tables.uses).note(&session);
        self.tables.highest_number += 1;
        let number = SessionNumber(self.tables.highest_number);
        self.undo.push((number, None));
        self.outcome.opened.push(number);
        self.tables.put_session(number, Some(session));
        Ok(())
    }

    fn copy_federated_logins(&mut self, from: SessionId, to: SessionId) -> Result<(), StoreError> {
        let is_there = self.tables.numbers.contains_key(&from);
        if self.tables.numbers.contains_key(&to) {
            self.federated_logins().copy(from, to);
        }
        is_there.then_some(()).ok_or(StoreError::StaleCredentials)
    }

    fn of_traffic(&mut self, change: Change) {
        match change {
            Change::CountTraffic(batch) => {
                let directory = Arc::clone(&self.tables.directory);
                self.traffic().count(*batch, |account| directory.accounts.contains_key(&account));
            }
            Change::AgeTraffic { days_before, months_before, now, limit } => {
                self.outcome.aged += self.traffic().age(days_before, months_before, now, limit);
            }
            _ => {}
        }
    }

    fn of_sentinel(&mut self, change: Change) -> Result<(), StoreError> {
        match change {
            Change::PutSigningKey(key) => self.sentinel().put_key(*key),
            Change::DeleteSigningKey(key) => self.sentinel().delete_key(key),
            Change::RotateRefreshToken { session, .. } if !self.tables.numbers.contains_key(&session) => {
                Err(StoreError::AlreadyConsumed)
            }
            Change::RotateRefreshToken { session, next } => self.sentinel().rotate(session, next),
            _ => Ok(()),
        }
    }

    fn note_federated_login(&mut self, login: FederatedLogin) -> Result<(), StoreError> {
        self.tables.federated_logins.expect_not_logged_out(&login)?;
        if self.tables.numbers.contains_key(&login.session) {
            self.federated_logins().note(login);
        }
        Ok(())
    }

    fn note_last_use(&mut self, LastUse { number, at }: LastUse) {
        if let Some(session) = self.tables.sessions.get_mut(&number) {
            self.undo.push((number, Some(session.clone())));
            session.last_used = session.last_used.max(at);
        }
    }
}
