//! Bringing the directory into a declared state: what is there → what shall be there → the changes between.
//!
//! Owns the form of declarations and the rules of laying them over what is there. One file is one transaction: all of
//! it or nothing. Deletes nothing. The demo account of `vestibule dev` goes the same way.

mod account;
mod application;
mod application_token;
mod declared;
mod difference;
mod draft;
mod password;
mod problem;
#[cfg(test)]
mod tests;
mod user;

use std::collections::HashSet;

use anyhow::Context;
use vestibule_auth::rests_on;
use vestibule_model::AccountId;
use vestibule_store::{AccountRows, Change, DirectoryRows, Store, StoreError};

pub(crate) use declared::Declared;
pub(crate) use draft::{Generated, Tools};
pub(crate) use password::generated as generated_password;

use crate::input_error::InputError;
use declared::DeclaredAccount;
use difference::Difference;
use draft::Draft;
use problem::Problem;

/// How often the directory is read again because somebody else changed it in the meantime.
const ATTEMPTS: usize = 5;

/// What leads from the present state to the declared one.
pub(crate) struct Plan {
    /// The transaction; empty when there is nothing to do.
    changes: Vec<Change>,
    /// What it does, for people.
    pub(crate) lines: Vec<String>,
    /// Secrets that exist once the transaction is done, and are never shown again.
    pub(crate) generated: Vec<Generated>,
}

/// Brings the store into the declared state, and tells what was done. `source` names the declaration.
pub(crate) async fn apply(
    store: &dyn Store,
    tools: &mut Tools<'_>,
    declared: &Declared,
    source: &str,
) -> anyhow::Result<Plan> {
    for _ in 0..ATTEMPTS {
        let plan = plan(store, tools, declared, source).await?;
        if plan.changes.is_empty() {
            return Ok(plan);
        }
        match store.commit(plan.changes.clone()).await {
            Ok(()) => return Ok(plan),
            Err(StoreError::DirectoryMoved) => {}
            Err(error) => return Err(error).context("nothing was applied"),
        }
    }
    Err(StoreError::DirectoryMoved).context("nothing was applied")
}

/// What [`apply`] would do now.
pub(crate) async fn plan(
    store: &dyn Store,
    tools: &mut Tools<'_>,
    declared: &Declared,
    source: &str,
) -> anyhow::Result<Plan> {
    let directory = store.directory().await.context("cannot read the directory")?;
    plan_over(&directory, tools, declared, source)
}

/// What [`apply`] would do if this were there.
pub(crate) fn plan_over(
    directory: &DirectoryRows,
    tools: &mut Tools<'_>,
    declared: &Declared,
    source: &str,
) -> anyhow::Result<Plan> {
    let draft = lay_over(directory, tools, declared)
        .map_err(|problem| InputError::at(source, problem.place, problem.reason))?;
    let mut difference = Difference::default();
    for (id, after) in &draft.accounts {
        difference.add(present(directory, *id), after);
    }
    if !difference.changes.is_empty() {
        let scopes = rests_on(&difference.changes);
        difference.changes.insert(0, Change::ExpectUnchanged { since: directory.sequence, scopes });
        difference.changes.insert(1, Change::ExpectMasterKey(tools.generation));
        let entries = difference.told.into_iter().map(|told| tools.entry(told));
        difference.changes.extend(entries.map(|entry| Change::Audit(Box::new(entry))));
    }
    Ok(Plan { changes: difference.changes, lines: difference.lines, generated: draft.generated })
}

fn present(directory: &DirectoryRows, id: AccountId) -> Option<&AccountRows> {
    directory.accounts.iter().find(|rows| rows.account.id == id)
}

/// The declared accounts as they will be.
fn lay_over(directory: &DirectoryRows, tools: &mut Tools<'_>, declared: &Declared) -> Result<Draft, Problem> {
    let mut draft = Draft::of(directory);
    for account in &declared.accounts {
        let element = format!("account {}", account.id);
        if draft.accounts.contains_key(&account.id) {
            return Err(Problem::new(element, "id", "declared twice"));
        }
        let before = present(directory, account.id);
        let mut rows = before.cloned().unwrap_or_else(|| draft.new_account(account.id, account.policy));
        account::settings(&element, &mut rows.account, account)?;
        draft.claim(&element, &rows.account)?;
        refuse_twins(account)?;
        members(&mut draft, &mut rows, tools, account)?;
        application::expect_names(before, &rows)?;
        draft.accounts.insert(account.id, rows);
    }
    Ok(draft)
}

/// What belongs to an account, in an order in which each finds what it refers to.
fn members(
    draft: &mut Draft,
    rows: &mut AccountRows,
    tools: &mut Tools<'_>,
    declared: &DeclaredAccount,
) -> Result<(), Problem> {
    declared.profiles.iter().try_for_each(|profile| account::profile(rows, profile))?;
    declared.groups.iter().try_for_each(|group| account::group(rows, group))?;
    declared.groups.iter().try_for_each(|group| account::group_parent(rows, group))?;
    declared.skills.iter().try_for_each(|skill| account::skill(rows, skill))?;
    declared.api_keys.iter().try_for_each(|key| application::api_key(draft, rows, tools, key))?;
    declared
        .oauth_clients
        .iter()
        .try_for_each(|client| application::oauth_client(draft, rows, tools, client))?;
    declared
        .application_tokens
        .iter()
        .try_for_each(|token| application_token::application_token(draft, rows, tools, token))?;
    declared.users.iter().try_for_each(|user| user::user(draft, rows, tools, user))
}

/// Nothing may be declared twice: the later would silently win.
fn refuse_twins(declared: &DeclaredAccount) -> Result<(), Problem> {
    let id = declared.id;
    let key = |kind: &str, name: &str| format!("{kind} {id}/{name}");
    let number = |kind: &str, number: Option<i64>| number.map(|number| format!("{kind} {id}/id {number}"));
    let titles = (declared.profiles.iter().map(|profile| key("profile", &profile.name)))
        .chain(declared.groups.iter().map(|group| key("group", &group.name)))
        .chain(declared.skills.iter().map(|skill| key("skill", &skill.name)))
        .chain(declared.services.iter().map(|service| key("service", &service.name)))
        .chain(declared.api_keys.iter().map(|api_key| key("api key", &api_key.name)))
        .chain(declared.oauth_clients.iter().map(|client| key("oauth client", &client.name)))
        .chain(declared.application_tokens.iter().map(|token| difference::token_title(id, &token.name)))
        .chain(declared.profiles.iter().filter_map(|profile| number("profile", profile.id)))
        .chain(declared.groups.iter().filter_map(|group| number("group", group.id)))
        .chain(declared.skills.iter().filter_map(|skill| number("skill", skill.id)))
        .chain(declared.users.iter().map(|user| {
            difference::user_title(id, user.population, &user.population.name_key(&user.login_name))
        }));
    let mut seen = HashSet::new();
    for title in titles {
        if !seen.insert(title.clone()) {
            return Err(Problem::new(title, "name", "declared twice"));
        }
    }
    Ok(())
}
