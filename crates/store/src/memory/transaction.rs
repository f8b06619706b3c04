//! All or none: what a transaction did so far, and how to undo it.

use std::collections::BTreeSet;
use std::sync::Arc;

use vestibule_model::{AccountId, Session, SessionId};

use super::Tables;
use super::directory::Directory;
use crate::{Change, Sequence, StoreError, Touch};

pub(super) struct Transaction<'a> {
    tables: &'a mut Tables,
    /// The directory before the transaction.
    before: Arc<Directory>,
    /// The sessions that were changed, each as it was before that, in the order of changing.
    undo: Vec<(SessionId, Option<Session>)>,
    changed: BTreeSet<AccountId>,
}

impl<'a> Transaction<'a> {
    pub(super) fn begin(tables: &'a mut Tables) -> Self {
        let before = Arc::clone(&tables.directory);
        Self { tables, before, undo: Vec::new(), changed: BTreeSet::new() }
    }

    pub(super) fn run(mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        match changes.into_iter().try_for_each(|change| self.apply(change)) {
            Ok(()) => {
                self.tables.changes.extend(self.changed);
                Ok(())
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    fn roll_back(self) {
        self.tables.directory = self.before;
        for (id, before) in self.undo.into_iter().rev() {
            match before {
                Some(session) => self.tables.sessions.insert(id, session),
                None => self.tables.sessions.remove(&id),
            };
        }
    }

    fn apply(&mut self, change: Change) -> Result<(), StoreError> {
        self.changed.extend(change.directory_account());
        match change {
            Change::ExpectSequence(sequence) => self.expect_sequence(sequence),
            Change::PutAccount(account) => self.directory().put_account(*account),
            Change::PutProfile(account, profile) => self.directory().put_profile(account, profile),
            Change::PutGroup(account, group) => self.directory().put_group(account, group),
            Change::PutSkill(account, skill) => self.directory().put_skill(account, skill),
            Change::PutUser(user) => self.directory().put_user(*user),
            Change::PutApiKey(account, key) => self.directory().put_api_key(account, *key),
            Change::PutOauthClient(account, client) => self.directory().put_oauth_client(account, *client),
            Change::PutApplicationToken(account, token) => {
                self.directory().put_application_token(account, *token)
            }
            Change::ReplacePasswordHash { user, old, new } => {
                let account = self.directory().replace_password_hash(user, &old, new);
                self.changed.extend(account);
                Ok(())
            }
            Change::SetPassword { user, password, credential_version } => {
                let account = self.directory().set_password(user, *password, credential_version)?;
                self.changed.insert(account);
                Ok(())
            }
            Change::SetLock { user, locked_at } => {
                let account = self.directory().set_lock(user, locked_at);
                self.changed.extend(account);
                Ok(())
            }
            Change::OpenSession(session) => self.open_session(*session),
            Change::EndSession(session) => {
                self.end_session(session);
                Ok(())
            }
            Change::TouchSessions(touches) => {
                for touch in touches {
                    self.touch(touch);
                }
                Ok(())
            }
            Change::TouchApplications(touches) => {
                for touch in touches {
                    self.directory().touch_application(touch);
                }
                Ok(())
            }
        }
    }

    /// The directory, to be changed: copied if that has not been done yet.
    fn directory(&mut self) -> &mut Directory {
        Arc::make_mut(&mut self.tables.directory)
    }

    fn expect_sequence(&self, expected: Sequence) -> Result<(), StoreError> {
        if self.tables.sequence() == expected { Ok(()) } else { Err(StoreError::DirectoryMoved) }
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
        if self.tables.sessions.contains_key(&session.id) {
            return Err(StoreError::Constraint("there is a session of this id already".into()));
        }
        self.undo.push((session.id, None));
        self.tables.sessions.insert(session.id, session);
        Ok(())
    }

    fn end_session(&mut self, id: SessionId) {
        if let Some(session) = self.tables.sessions.remove(&id) {
            self.undo.push((id, Some(session)));
        }
    }

    fn touch(&mut self, touch: Touch) {
        if let Some(session) = self.tables.sessions.get_mut(&touch.session) {
            self.undo.push((touch.session, Some(session.clone())));
            session.last_used = session.last_used.max(touch.last_used);
        }
    }
}
