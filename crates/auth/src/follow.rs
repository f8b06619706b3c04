//! Following the directory: what this process or another changed in the store is read, put in its place in memory, and the
//! sessions that rested on what is gone are ended.
//!
//! What a change costs is what it changed: one part of an account is read, not the account, and no user's entry is made anew
//! until somebody looks for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use vestibule_model::{AccountId, UserId};
use vestibule_store::{AccountRows, ChangedPart, DirectoryChanges, Part, PartRow, Sequence, StoreError};

use crate::directory::{AccountEntry, UserEntry};
use crate::ends::Due;
use crate::service::Auth;

/// Parts of an account, as they are now.
type Parts = Vec<(Part, Option<PartRow>)>;

impl Auth {
    /// Reads what changed in the store, and ends the sessions of users who lost their right to them. Nothing is lost when
    /// this fails: it begins where it last succeeded, and an end that was not stored is tried again.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let due = {
            let _locked = self.directory_lock.lock().await;
            self.follow_locked().await?
        };
        due.end_all().await
    }

    /// The same, but the ends of sessions are left to [`Auth::end_due`]: whoever follows does not wait for them.
    pub(crate) async fn follow_only(&self) -> Result<(), StoreError> {
        let _locked = self.directory_lock.lock().await;
        self.follow_locked().await?.leave();
        Ok(())
    }

    /// The same for whoever has the lock.
    ///
    /// Parts are read in one snapshot with their sequence. An account that is read as a whole may be read later than that: what
    /// changed in between is read once more the next time, and is the same. A change that is decided meanwhile waits for the
    /// lock in this process; one of another process comes next time.
    ///
    /// The sessions of whoever may not stay have left the table when this answers. Their ends are due: to be stored when the lock
    /// is free again, so that nobody who changes something else waits for them.
    pub(crate) async fn follow_locked(&self) -> Result<Due<'_>, StoreError> {
        let DirectoryChanges { changed, is_trimmed, sequence } = self.store.changes(self.sequence()).await?;
        if is_trimmed {
            return self.read_anew().await;
        }
        // One that fails keeps none of the others.
        let (mut changed, mut followed) = (changed.into_iter().peekable(), Ok(()));
        let mut due = Due::none(self);
        while let Some(first) = changed.next() {
            let account = first.changed.account;
            let mut parts = vec![of_account(first)];
            while let Some(next) = changed.next_if(|next| next.changed.account == account) {
                parts.push(of_account(next));
            }
            let is_whole = matches!(parts[0], (Part::Everything, _) | (Part::Account, None));
            let one = match self.directory.account(account) {
                Some(entry) if !is_whole => self.follow_parts(&entry, parts, sequence, &mut due),
                _ => self.reload(account, sequence, &mut due).await,
            };
            followed = one.and(followed);
        }
        followed?;
        self.sequence.store(sequence.0, Ordering::Relaxed);
        Ok(due)
    }

    /// Reads the whole directory: what changed is not known.
    async fn read_anew(&self) -> Result<Due<'_>, StoreError> {
        let (rows, mut due) = (self.store.directory().await?, Due::none(self));
        let (mut gone, mut followed) = (self.directory.account_ids(), Ok(()));
        for account in rows.accounts {
            gone.retain(|id| *id != account.account.id);
            followed = self.put_whole(account, rows.sequence, &mut due).and(followed);
        }
        for account in gone {
            self.forget(account, &mut due);
        }
        followed?;
        self.sequence.store(rows.sequence.0, Ordering::Relaxed);
        Ok(due)
    }

    /// Puts parts of an account in their place, and then looks for the sessions that rested on what was there: what one
    /// transaction changed is looked at together. What cannot be opened keeps none of the users.
    fn follow_parts(
        &self,
        before: &AccountEntry,
        parts: Parts,
        sequence: Sequence,
        due: &mut Due<'_>,
    ) -> Result<(), StoreError> {
        let (mut users, mut facts, mut followed) = (BTreeMap::new(), Parts::new(), Ok(()));
        for (part, row) in parts {
            match part {
                Part::User(id) | Part::Credentials(id) => drop(users.insert(id, row)),
                _ => facts.push((part, row)),
            }
        }
        let named: Vec<Part> = facts.iter().map(|(part, _)| *part).collect();
        if !facts.is_empty() {
            match before.with(facts, sequence, &self.sealer) {
                Ok(after) => self.directory.put_facts(after),
                Err(error) => followed = Err(StoreError::Unavailable(Box::new(error))),
            }
        }
        let account = before.account.id;
        let Some(present) = self.directory.account(account) else { return followed };
        let put = |(id, row)| (id, self.put_user(&present, id, row));
        let changed: Vec<(UserId, Option<Arc<UserEntry>>)> = users.into_iter().map(put).collect();
        if followed.is_ok() && !named.is_empty() {
            due.add(self.ends_of_resting_on(before, &named));
        }
        for (id, before) in changed {
            due.add(self.ends_of_user((account, id), before));
        }
        followed
    }

    /// Puts a user in the place of the one before, who is given back; without a row the user is gone.
    fn put_user(&self, entry: &AccountEntry, id: UserId, row: Option<PartRow>) -> Option<Arc<UserEntry>> {
        let before = match row {
            Some(PartRow::User(user)) => entry.put_user(*user),
            _ => entry.remove_user(id),
        };
        self.put_unstored_locks_over(entry);
        let is_locked = entry.user(id).is_some_and(|user| user.locked_at.is_some());
        if before.as_ref().is_some_and(|before| before.locked_at.is_some()) && !is_locked {
            self.login_guard.forget_failures(id);
        }
        before
    }

    /// Locks that the store refused stand over what was read. They are put there when the users can be found, under the lock of
    /// the users: one that is refused in this moment finds the user as read, and puts itself there. Elsewhere they stand already.
    fn put_unstored_locks_over(&self, entry: &AccountEntry) {
        for user in self.unstored_locks.refused_users() {
            entry.update_user(user, |user| self.unstored_locks.put_over(user));
        }
    }

    async fn reload(&self, id: AccountId, sequence: Sequence, due: &mut Due<'_>) -> Result<(), StoreError> {
        if let Some(rows) = self.store.account(id).await? {
            return self.put_whole(rows, sequence, due);
        }
        self.forget(id, due);
        Ok(())
    }

    fn put_whole(&self, rows: AccountRows, sequence: Sequence, due: &mut Due<'_>) -> Result<(), StoreError> {
        let id = rows.account.id;
        let entry = AccountEntry::build(rows, sequence, (&self.sealer, &self.costs))
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let before = self.directory.put(entry);
        let Some(after) = self.directory.account(id) else { return Ok(()) };
        self.put_unstored_locks_over(&after);
        let Some(before) = before else { return Ok(()) };
        let users = before.users();
        for user in users.iter().filter(|user| user.locked_at.is_some()) {
            if after.user(user.id).is_some_and(|user| user.locked_at.is_none()) {
                self.login_guard.forget_failures(user.id);
            }
        }
        due.add(self.ends_of_users(id, users));
        Ok(())
    }

    /// An account was deleted.
    fn forget(&self, id: AccountId, due: &mut Due<'_>) {
        if let Some(before) = self.directory.remove(id) {
            due.add(self.ends_of_users(id, before.users()));
        }
    }
}

fn of_account(part: ChangedPart) -> (Part, Option<PartRow>) {
    (part.changed.part, part.row)
}
