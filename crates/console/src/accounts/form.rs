//! Forms by which an account is changed: each is about a part of it. What is the same for all of them is here.

use axum::response::Response;
use vestibule_auth::{AdministrationError, PageRequest, Scope, UserSearch};
use vestibule_model::{Account, AccountId};

use super::account_address;
use crate::ConsoleState;
use crate::forms::{EditForm, Field, FormSpec, Values, edit, show_edit};
use crate::frame::{Frame, Viewer};
use crate::parts::counted;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::{Posted, SignedIn};
use crate::users::ends;

/// A part of an account that has a form of its own.
pub(super) trait AccountPart: Send + Sync {
    /// What its page is called.
    fn title(&self) -> &'static str;

    /// Where it is shown, below the account's own address.
    fn shown_at(&self) -> &'static str;

    /// Its fields.
    fn fields(&self, values: &Values) -> Vec<Field>;

    /// What they hold for an account.
    fn values(&self, account: &Account) -> Values;

    /// Gives an account what they hold.
    fn apply(&self, values: &Values, account: &mut Account) -> Result<(), AdministrationError>;

    /// What follows from a change besides ends of sessions, in sentences.
    fn consequences(&self, _before: &Account, _after: &Account) -> Vec<String> {
        Vec::new()
    }

    /// Whom a change touches; None: nobody in particular.
    fn touched(&self) -> Option<UserSearch> {
        None
    }
}

struct AccountForm<'a, P> {
    console: &'a ConsoleState,
    signed_in: &'a SignedIn,
    account: AccountId,
    part: P,
}

impl<P: AccountPart> FormSpec for AccountForm<'_, P> {
    fn frame(&self, viewer: Viewer<'_>) -> Frame {
        let title = format!("{} of {}", self.part.title(), self.account);
        let own = account_address(self.account);
        Frame::of(viewer, title).below([("Accounts", ACCOUNTS), (self.account.as_str(), &own)])
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        self.part.fields(values)
    }

    fn deed(&self) -> String {
        "Save".to_owned()
    }

    fn back(&self) -> String {
        format!("{}{}", account_address(self.account), self.part.shown_at())
    }
}

impl<P: AccountPart> EditForm for AccountForm<'_, P> {
    type Thing = Account;

    fn scope(&self) -> Scope {
        Scope::WriteAccount(self.account)
    }

    fn present(&self) -> Result<Account, AdministrationError> {
        self.console.administration().account_of_id(&self.signed_in.caller, self.account)
    }

    fn values(&self, account: &Account) -> Values {
        self.part.values(account)
    }

    fn apply(&self, values: &Values, account: &mut Account) -> Result<(), AdministrationError> {
        self.part.apply(values, account)
    }

    async fn consequences(
        &self,
        before: &Account,
        after: &Account,
    ) -> Result<Vec<String>, AdministrationError> {
        let (administration, caller) = (self.console.administration(), &self.signed_in.caller);
        let mut told = self.part.consequences(before, after);
        if let Some(search) = self.part.touched() {
            let one = PageRequest { limit: 1, cursor: None };
            let touched = administration.search_users(caller, self.account, &search, one).await?.total;
            told.push(format!("This touches {}.", counted(touched, "user", "users")));
        }
        let ended = administration.sessions_ended_by_change(caller, after).await?;
        told.extend(ends(ended));
        Ok(told)
    }

    async fn change(
        &self,
        edit: impl Fn(&mut Account) -> Result<(), AdministrationError> + Send + Sync,
        unchanged: impl Fn(&Account) -> Result<(), AdministrationError> + Send + Sync,
    ) -> Result<(), AdministrationError> {
        let edit = |present: &Account| {
            let mut account = present.clone();
            edit(&mut account)?;
            Ok(account)
        };
        let administration = self.console.administration();
        administration.change_account(&self.signed_in.caller, self.account, edit, unchanged).await.map(drop)
    }
}

/// `GET` of the form of a part.
pub(super) fn show_part(
    console: &ConsoleState,
    signed_in: &SignedIn,
    account: AccountId,
    part: impl AccountPart,
) -> Result<Response, ConsoleError> {
    show_edit(signed_in, &AccountForm { console, signed_in, account, part })
}

/// `POST` of the form of a part.
pub(super) async fn submit_part(
    console: &ConsoleState,
    posted: &Posted,
    account: AccountId,
    part: impl AccountPart,
) -> Result<Response, ConsoleError> {
    edit(posted, &AccountForm { console, signed_in: &posted.signed_in, account, part }).await
}
