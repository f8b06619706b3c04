//! `/console/accounts`: those that the caller may see.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AccountSearch, PageRequest, Scope};
use vestibule_model::Account;

use super::account_address;
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, PAGE, Pager, Table, counted};
use crate::refused::ConsoleError;
use crate::routes::{ACCOUNTS, NEW_ACCOUNT};
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "accounts.html")]
struct ListPage {
    frame: Frame,
    text: String,
    actions: Vec<(&'static str, String)>,
    count: String,
    table: Table,
    pager: Pager,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let cursor = signed_in.request.asked("cursor");
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let text = signed_in.request.asked("text").unwrap_or_default().trim().to_owned();
    let search = AccountSearch { text: Some(text.clone()).filter(|text| !text.is_empty()), state: None };
    let wanted = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let page = administration.search_accounts(caller, &search, wanted)?;
    let row = |account: &Account| {
        let users = administration.account_counts(caller, account.id).map_or(0, |counts| counts.users);
        vec![
            Cell::code(account.id).to(account_address(account.id)),
            Cell::text(account.look.name.as_deref().unwrap_or_default()),
            Cell::code(&account.code),
            words::state(account.state),
            Cell::words(words::sign_on(account.sign_on)),
            Cell::number(u64::try_from(users).unwrap_or(u64::MAX)),
        ]
    };
    let may = caller.require(Scope::WriteInstallation).is_ok();
    let table = Table {
        name: "Accounts",
        head: vec!["Account", "Name", "Code", "State", "Sign-on", "Users"],
        rows: page.accounts.iter().map(row).collect(),
        empty: if search.text.is_some() {
            "No account is so. Write less of its id or code."
        } else {
            "There is no account yet."
        },
    };
    let shown = ListPage {
        frame: Frame::of(signed_in.viewer(), "Accounts").saying(Done::said(&signed_in.request)),
        actions: may.then(|| ("New account", NEW_ACCOUNT.to_owned())).into_iter().collect(),
        count: counted(page.total, "account", "accounts"),
        table,
        pager: Pager::of(ACCOUNTS, &[("text", &text)], cursor.as_deref(), page.next.as_deref()),
        text,
    };
    Ok(answer::page(StatusCode::OK, &shown))
}
