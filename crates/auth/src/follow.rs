//! Following the directory: what this process or another changed in the store is read, put in its place in memory, and the
//! sessions that rested on what is gone are ended.
//!
//! What a change costs is what it changed: one part of an account is read, not the account, and no user's entry is made anew
//! until somebody looks for it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use vestibule_model::{AccountId, UserId};
use vestibule_store::{AccountRows, ChangedPart, DirectoryChanges, Part, PartRow, Sequence, StoreError};

use crate::directory::AccountEntry;
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

    /// The same for whoever has the lock.
    ///
    /// What is read is as it is now, which may be later than `sequence`: then it is read once more the next time, and is the
    /// same. A change that is decided meanwhile waits for the lock in this process; one of another process comes next time.
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

    /// Puts parts of an account in their place.
    fn follow_parts(
        &self,
        before: &AccountEntry,
        parts: Parts,
        sequence: Sequence,
        due: &mut Due<'_>,
    ) -> Result<(), StoreError> {
        let (mut users, mut facts) = (BTreeMap::new(), Parts::new());
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
            due.add(self.ends_of_resting_on(before, &named));
        }
        for (id, row) in users {
            self.follow_user((before.account.id, id), row, due);
        }
        Ok(())
    }

    fn follow_user(&self, (account, id): (AccountId, UserId), row: Option<PartRow>, due: &mut Due<'_>) {
        let Some(entry) = self.directory.account(account) else { return };
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
        due.add(self.ends_of_user((account, id), before));
    }

    async fn reload(&self, id: AccountId, sequence: Sequence, due: &mut Due<'_>) -> Result<(), StoreError> {
        if let Some(rows) = self.store.account(id).await? {
            return self.put_whole(rows, sequence, due);
        }
        self.forget(id, due);
        Ok(())
    }

    fn put_whole(
        &self,
        mut rows: AccountRows,
        sequence: Sequence,
        due: &mut Due<'_>,
    ) -> Result<(), StoreError> {
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
