//! Following the directory: what this process or another changed in the store is read, put in its place in memory, and the
//! sessions that rested on what is gone are ended.
//!
//! What a change costs is what it changed: one part of an account is read, not the account, and no user's entry is made anew
//! until somebody looks for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use vestibule_model::{AccountId, Application, Session, User, UserId};
use vestibule_store::{AccountRows, ChangedPart, DirectoryChanges, Part, PartRow, Sequence, StoreError};

use crate::audit::{End, why_not_current};
use crate::directory::{AccountEntry, UserEntry};
use crate::live::{Entry, Holder, LiveSessions};
use crate::service::Auth;

/// Parts of an account, as they are now.
type Parts = Vec<(Part, Option<PartRow>)>;

impl Auth {
    /// Reads what changed in the store, and ends the sessions of users who lost their right to them. Nothing is lost when
    /// this fails: it begins where it last succeeded, and an end that was not stored is tried again.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let _turn = self.directory_lock.lock().await;
        self.follow_locked().await
    }

    /// The same for whoever has the lock.
    ///
    /// What is read is as it is now, which may be later than `sequence`: then it is read once more the next time, and is the
    /// same. A change that is decided meanwhile waits for the lock in this process; one of another process comes next time.
    pub(crate) async fn follow_locked(&self) -> Result<(), StoreError> {
        let DirectoryChanges { changed, is_trimmed, sequence } = self.store.changes(self.sequence()).await?;
        if is_trimmed {
            return self.read_anew().await;
        }
        // One that fails keeps none of the others.
        let (mut changed, mut followed) = (changed.into_iter().peekable(), Ok(()));
        while let Some(first) = changed.next() {
            let account = first.changed.account;
            let mut parts = vec![of_account(first)];
            while let Some(next) = changed.next_if(|next| next.changed.account == account) {
                parts.push(of_account(next));
            }
            let is_whole = matches!(parts[0], (Part::Everything, _) | (Part::Account, None));
            let one = match self.directory.account(account) {
                Some(entry) if !is_whole => self.follow_parts(&entry, parts, sequence).await,
                _ => self.reload(account, sequence).await,
            };
            followed = one.and(followed);
        }
        followed?;
        self.sequence.store(sequence.0, Ordering::Relaxed);
        Ok(())
    }

    /// Reads the whole directory: what changed is not known.
    async fn read_anew(&self) -> Result<(), StoreError> {
        let rows = self.store.directory().await?;
        let (mut gone, mut followed) = (self.directory.account_ids(), Ok(()));
        for account in rows.accounts {
            gone.retain(|id| *id != account.account.id);
            followed = self.put_whole(account, rows.sequence).await.and(followed);
        }
        for account in gone {
            followed = self.forget(account).await.and(followed);
        }
        followed?;
        self.sequence.store(rows.sequence.0, Ordering::Relaxed);
        Ok(())
    }

    /// Puts parts of an account in their place.
    async fn follow_parts(
        &self,
        before: &AccountEntry,
        parts: Parts,
        sequence: Sequence,
    ) -> Result<(), StoreError> {
        let (mut users, mut facts, mut followed) = (BTreeMap::new(), Parts::new(), Ok(()));
        for (part, row) in parts {
            match part {
                Part::User(id) | Part::Credentials(id) => drop(users.insert(id, row)),
                _ => facts.push((part, row)),
            }
        }
        if !facts.is_empty() {
            let named: Vec<Part> = facts.iter().map(|(part, _)| *part).collect();
            let after = before
                .with(facts, sequence, &self.sealer)
                .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
            self.directory.put_facts(after);
            followed = self.end_sessions_resting_on(before, &named).await;
        }
        for (id, row) in users {
            followed = self.follow_user((before.account.id, id), row).await.and(followed);
        }
        followed
    }

    async fn follow_user(
        &self,
        (account, id): (AccountId, UserId),
        row: Option<PartRow>,
    ) -> Result<(), StoreError> {
        let Some(entry) = self.directory.account(account) else { return Ok(()) };
        let row = match row {
            Some(PartRow::User(mut user)) => {
                self.unstored_locks.put_over(&mut user);
                Some(*user)
            }
            _ => None,
        };
        let is_locked = row.as_ref().is_some_and(|user| user.locked_at.is_some());
        let before = match row {
            Some(row) => entry.put_user(row),
            None => entry.remove_user(id),
        };
        if before.as_ref().is_some_and(|before| before.locked_at.is_some()) && !is_locked {
            self.lockouts.forget(id);
        }
        self.end_stale_sessions(id, before.as_deref().map(|before| &**before)).await
    }

    async fn reload(&self, id: AccountId, sequence: Sequence) -> Result<(), StoreError> {
        let Some(rows) = self.store.account(id).await? else { return self.forget(id).await };
        self.put_whole(rows, sequence).await
    }

    async fn put_whole(&self, mut rows: AccountRows, sequence: Sequence) -> Result<(), StoreError> {
        let id = rows.account.id;
        rows.users.iter_mut().for_each(|user| self.unstored_locks.put_over(user));
        let entry = AccountEntry::build(rows, sequence, (&self.sealer, &self.costs))
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let Some(before) = self.directory.put(entry) else { return Ok(()) };
        let Some(after) = self.directory.account(id) else { return Ok(()) };
        let users = before.users();
        for user in users.iter().filter(|user| user.locked_at.is_some()) {
            if after.user(user.id).is_some_and(|user| user.locked_at.is_none()) {
                self.lockouts.forget(user.id);
            }
        }
        self.end_stale_sessions_of(&users).await
    }

    /// An account was deleted.
    async fn forget(&self, id: AccountId) -> Result<(), StoreError> {
        let Some(before) = self.directory.remove(id) else { return Ok(()) };
        self.end_stale_sessions_of(&before.users()).await
    }

    /// Ends the sessions whose user may not stay since these parts of the account, which are not users, have changed.
    /// `before` is the account as it was.
    async fn end_sessions_resting_on(&self, before: &AccountEntry, parts: &[Part]) -> Result<(), StoreError> {
        if parts.contains(&Part::Account) {
            return self.end_stale_sessions_of(&before.users()).await;
        }
        let applications: Vec<Application> =
            parts.iter().filter_map(|part| application(*part)).filter(|one| before.has(*one)).collect();
        if applications.is_empty() {
            return Ok(());
        }
        let (now, mut ended) = (self.clock.now(), Ok(()));
        for shard in 0..LiveSessions::<UserEntry>::WALK {
            let of_account = |entry: &Entry<UserEntry>| Holder::account(&*entry.holder) == before.account.id;
            let (found, _) = self.live.of_shard_with(shard, now, (&applications, of_account));
            for found in found {
                ended = self.end_if_stale(&found.session, Some(&found.holder)).await.and(ended);
            }
        }
        ended
    }

    /// The ends of all are begun, whatever becomes of one: whoever is gone is not found a second time.
    async fn end_stale_sessions_of(&self, users: &[Arc<UserEntry>]) -> Result<(), StoreError> {
        let mut ended = Ok(());
        for user in users {
            ended = self.end_stale_sessions(user.id, Some(user)).await.and(ended);
        }
        ended
    }

    /// Ends the sessions whose user may not stay any more: what ended so is not revived when the cause is gone.
    /// `before` is the user as it was, if that is still known.
    async fn end_stale_sessions(&self, user: UserId, before: Option<&User>) -> Result<(), StoreError> {
        let mut ended = Ok(());
        for session in self.live.of_user(user, self.clock.now()) {
            ended = self.end_if_stale(&session, before).await.and(ended);
        }
        ended
    }

    async fn end_if_stale(&self, session: &Session, before: Option<&User>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let may = self.live.with(session.id, now, |live| self.may_go_on(live, session.address, now));
        if may != Some(false) {
            return Ok(());
        }
        let account = self.directory.account(session.account);
        let reason = why_not_current(session, before, account.as_deref(), now);
        let user_name = before.map(|user| user.login_name.clone());
        self.end(session, &End { user_name, ..reason.into() }).await
    }
}

fn of_account(part: ChangedPart) -> (Part, Option<PartRow>) {
    (part.changed.part, part.row)
}

/// What sessions are opened with, if the part is that.
const fn application(part: Part) -> Option<Application> {
    match part {
        Part::ApiKey(id) => Some(Application::ApiKey(id)),
        Part::OauthClient(id) => Some(Application::OauthClient(id)),
        Part::ApplicationToken(id) => Some(Application::Token(id)),
        _ => None,
    }
}
