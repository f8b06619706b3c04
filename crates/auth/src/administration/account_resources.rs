//! What belongs to an account and has an id there: every kind is listed, looked at, changed and deleted in the same way.
//!
//! What is particular to a kind is said by the kind, in a file of its own.

use std::sync::Arc;

use vestibule_model::{AccountId, Application, Audited, User};
use vestibule_store::{Change, PartRow};

use super::audited_write::{AuditDetails, AuditedWrite};
use super::named::{AccountResourceId, PageRequest};
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::AccountEntry;
use crate::rules::{Ruled, untie};

/// A kind of thing that accounts have.
pub trait AccountResource: Ruled + Audited + Clone + PartialEq + Send + Sync + 'static {
    /// What people call it.
    const KIND: &'static str;

    /// What it is found by; no other of the kind has it in the account.
    fn id(&self) -> i64;

    /// Those of an account, in the order of their ids.
    fn all(account: &AccountEntry) -> Vec<&Self>;

    /// The change that puts it into its account.
    fn put(self, account: AccountId) -> Change;

    /// The change that deletes it.
    fn delete(&self, account: AccountId) -> Change;

    /// What bots name that are tied to it; None: nobody is tied to things of the kind.
    fn public_id(&self) -> Option<&str> {
        None
    }

    /// What sessions rest on, if they may rest on what is different in `after`: the application, and what it would be.
    fn rested_on(&self, _after: &Self) -> Option<(Application, PartRow)> {
        None
    }
}

/// A page of things of one kind, in the order of their ids.
pub struct AccountResourcePage<P> {
    /// The things.
    pub resources: Vec<P>,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

impl Administration<'_> {
    /// The things of a kind that an account has: at most `limit`.
    pub fn account_resources<P: AccountResource>(
        &self,
        caller: &Caller,
        account: AccountId,
        PageRequest { limit, cursor }: PageRequest<'_>,
    ) -> Result<AccountResourcePage<P>, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        let question = format!("{} of {account}", P::KIND);
        let behind: Option<i64> = match cursor {
            Some(cursor) => {
                let id = self.read_cursor(&question, cursor)?.parse();
                Some(id.map_err(|_| AdministrationError::Cursor)?)
            }
            None => None,
        };
        let all = P::all(&entry);
        let first = all.partition_point(|part| behind.is_some_and(|behind| part.id() <= behind));
        let (page, rest) = all[first..].split_at(limit.min(all.len() - first));
        let next = page.last().filter(|_| !rest.is_empty());
        let next = next.map(|last| self.cursor(&question, &last.id().to_string()));
        Ok(AccountResourcePage { resources: page.iter().copied().cloned().collect(), next })
    }

    /// One of them.
    pub fn account_resource<P: AccountResource>(
        &self,
        caller: &Caller,
        account: AccountId,
        id: i64,
    ) -> Result<P, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        present(&*self.account_entry(account)?, id).cloned()
    }

    /// Refuses who may not change it, and what is not there: asked before the rest of a request is looked at.
    pub fn expect_account_resource<P: AccountResource>(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        present::<P>(&*self.account_entry(account)?, id).map(drop)
    }

    /// Changes one of them. `edit` is given the present one, and may refuse; `unchanged` is asked about it last.
    pub async fn change_account_resource<P: AccountResource>(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        edit: impl Fn(&P) -> Result<P, AdministrationError>,
        unchanged: impl Fn(&P) -> Result<(), AdministrationError>,
    ) -> Result<P, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let before = present::<P>(&entry, id)?;
            let mut after = edit(before)?;
            if after != *before {
                check(&mut after, Some(before), &entry)?;
            }
            unchanged(before)?;
            if after == *before {
                return Ok((None, after));
            }
            let details = AuditDetails::changed(before, &after).in_account(account);
            Ok((Some(AuditedWrite::one(after.clone().put(account), details)), after))
        })
        .await
    }

    /// Deletes one of them, and takes it from the bots that are tied to it. `unchanged` is asked about the present one.
    pub async fn delete_account_resource<P: AccountResource>(
        &self,
        caller: &Caller,
        AccountResourceId { account, id }: AccountResourceId,
        unchanged: impl Fn(&P) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        self.write_directory(caller, || {
            let entry: Arc<AccountEntry> = self.account_entry(account)?;
            let part = present::<P>(&entry, id)?;
            unchanged(part)?;
            part.in_use(&*entry).map_or(Ok(()), Err)?;
            let details = AuditDetails::deleted(part).in_account(account);
            let untied = untied(part, &entry);
            Ok((Some(untied.and(part.delete(account), details)), ()))
        })
        .await
    }
}

/// Takes it from the bots that are tied to it. Their credentials are no others: that their sessions end of what is gone is said by
/// its deletion.
fn untied<P: AccountResource>(part: &P, entry: &AccountEntry) -> AuditedWrite {
    let Some(public_id) = part.public_id().filter(|id| !is_of_two(entry, id)) else {
        return AuditedWrite::default();
    };
    let bots = entry.users_who(|user| user.allowed_app_key.as_deref() == Some(public_id));
    bots.iter().fold(AuditedWrite::default(), |written, bot| {
        let mut after = User::clone(bot);
        untie(&mut after, public_id);
        let details = AuditDetails::changed::<User>(bot, &after);
        let details = details.in_account(bot.account).about(bot.id);
        written.and(Change::PutUser(after.into()), details)
    })
}

/// Whether a key and a client share a public id, as they may from before that was refused: the other one stays.
fn is_of_two(entry: &AccountEntry, public_id: &str) -> bool {
    entry.api_key(public_id).is_some() && entry.oauth_client(public_id).is_some()
}

/// Puts the lists of a thing in their order, and refuses it by the first rule that it breaks. `before` is what it was; None: it
/// is new.
pub(super) fn check<T: Ruled>(
    thing: &mut T,
    before: Option<&T>,
    account: &AccountEntry,
) -> Result<(), AdministrationError> {
    thing.tidy();
    Ok(thing.violations(before, account).into_iter().next().map_or(Ok(()), Err)?)
}

/// The one of this id.
pub(super) fn present<P: AccountResource>(
    account: &AccountEntry,
    id: i64,
) -> Result<&P, AdministrationError> {
    let found = P::all(account).into_iter().find(|part| part.id() == id);
    found.ok_or(AdministrationError::NotFound(P::KIND))
}
