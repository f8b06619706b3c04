//! Users.

use std::collections::BTreeSet;

use uuid::Builder;
use vestibule_auth::new_user;
use vestibule_model::{AccountId, Population, Rng, User, UserKind};
use vestibule_store::AccountRows;

use super::account::{optional_group, resolve, set};
use super::declared::DeclaredUser;
use super::draft::{Draft, Tools};
use super::password;
use super::problem::Problem;

/// Puts a user into its account.
pub(super) fn user(
    draft: &mut Draft,
    rows: &mut AccountRows,
    tools: &mut Tools<'_>,
    declared: &DeclaredUser,
) -> Result<(), Problem> {
    let element = element(rows.account.id, declared);
    if declared.login_name.trim().is_empty() {
        return Err(Problem::new(&element, "login_name", "must not be empty"));
    }
    let population = declared.population;
    let place = |form: fn(Population, &str) -> String| {
        let wanted = form(population, &declared.login_name);
        let is_it =
            |user: &User| user.population == population && form(population, &user.login_name) == wanted;
        rows.users.iter().position(is_it)
    };
    let before = place(Population::spelling)
        .or_else(|| place(Population::name_key))
        .map(|position| rows.users.swap_remove(position));
    let mut user = match &before {
        Some(user) => user.clone(),
        None => made_new(&element, draft, rows, tools.rng, declared)?,
    };
    fields(&element, &mut user, declared)?;
    references(&element, &mut user, rows, declared)?;
    password::apply((draft, &rows.account), &element, &mut user, tools, declared)?;
    set(&mut user.must_change_password, declared.must_change_password.as_ref());
    if before.is_some_and(|before| user.invalidates_sessions_of(&before)) {
        user.credential_version += 1;
    }
    rows.users.push(user);
    Ok(())
}

/// How messages name the user.
fn element(account: AccountId, declared: &DeclaredUser) -> String {
    super::difference::user_title(account, declared.population, &declared.login_name)
}

fn made_new(
    element: &str,
    draft: &mut Draft,
    rows: &AccountRows,
    rng: &dyn Rng,
    declared: &DeclaredUser,
) -> Result<User, Problem> {
    let highest = rows.users.iter().map(|user| user.number).max().unwrap_or(0);
    let number =
        highest.checked_add(1).ok_or_else(|| Problem::new(element, "login_name", "no number is free"))?;
    let mut pid = [0; 16];
    rng.fill(&mut pid);
    Ok(User {
        number: number.max(1),
        population: declared.population,
        kind: declared.kind.unwrap_or(UserKind::Human),
        login_name: declared.login_name.clone(),
        full_name: declared.login_name.clone(),
        nickname: declared.login_name.clone(),
        ..new_user(draft.new_user_id(rng), rows.account.id, Builder::from_random_bytes(pid).into_uuid())
    })
}

fn fields(element: &str, user: &mut User, declared: &DeclaredUser) -> Result<(), Problem> {
    if declared.kind.is_some_and(|kind| kind != user.kind) {
        return Err(Problem::new(element, "kind", "a user's kind does not change: declare another user"));
    }
    match declared.locked {
        None => {}
        Some(false) => user.locked_at = None,
        Some(true) => {
            let reason =
                "only false is allowed, which unlocks; to keep somebody out, declare enabled = false";
            return Err(Problem::new(element, "locked", reason));
        }
    }
    user.login_name.clone_from(&declared.login_name);
    set(&mut user.full_name, declared.full_name.as_ref());
    set(&mut user.nickname, declared.nickname.as_ref());
    set(&mut user.email, declared.email.as_ref());
    set(&mut user.enabled, declared.enabled.as_ref());
    set(&mut user.max_chats, declared.max_chats.as_ref());
    set(&mut user.max_async_chats, declared.max_async_chats.as_ref());
    Ok(())
}

/// What the user refers to must be there, in the store or in the file.
fn references(
    element: &str,
    user: &mut User,
    rows: &AccountRows,
    declared: &DeclaredUser,
) -> Result<(), Problem> {
    let profiles = || rows.profiles.iter().map(|profile| (profile.id, profile.name.as_str()));
    let skills = || rows.skills.iter().map(|skill| (skill.id, skill.name.as_str()));
    let groups = || rows.groups.iter().map(|group| (group.id, group.name.as_str()));
    set(&mut user.profiles, resolve_all(element, "profiles", profiles, declared.profiles.as_ref())?.as_ref());
    set(&mut user.skills, resolve_all(element, "skills", skills, declared.skills.as_ref())?.as_ref());
    set(
        &mut user.manager_of,
        resolve_all(element, "manager_of", groups, declared.manager_of.as_ref())?.as_ref(),
    );
    if let Some(group) = &declared.group {
        user.member_of = optional_group(element, "group", rows, group)?;
    }
    if let Some(key) = &declared.allowed_app_key {
        if user.kind != UserKind::Bot && !key.is_empty() {
            return Err(Problem::new(element, "allowed_app_key", "only a bot logs in with an API key"));
        }
        user.allowed_app_key = app_key(element, rows, key)?;
    }
    Ok(())
}

fn resolve_all<'a, I: Iterator<Item = (i64, &'a str)>>(
    element: &str,
    key: &str,
    things: impl Fn() -> I,
    names: Option<&BTreeSet<String>>,
) -> Result<Option<Vec<i64>>, Problem> {
    let Some(names) = names else { return Ok(None) };
    let ids = names.iter().map(|name| resolve(element, key, things(), name));
    let mut ids = ids.collect::<Result<Vec<i64>, Problem>>()?;
    ids.sort_unstable();
    Ok(Some(ids))
}

/// The `app_key` or client id that is meant: by itself, or by the name of its key or client. "": none.
fn app_key(element: &str, rows: &AccountRows, meant: &str) -> Result<Option<String>, Problem> {
    if meant.is_empty() {
        return Ok(None);
    }
    let keys = rows.api_keys.iter().map(|key| (&key.app_key, &key.name));
    let clients = rows.oauth_clients.iter().map(|client| (&client.client_id, &client.name));
    let all: Vec<(&String, &String)> = keys.chain(clients).collect();
    if all.iter().any(|(id, _)| *id == meant) {
        return Ok(Some(meant.to_owned()));
    }
    match all.iter().filter(|(_, name)| *name == meant).collect::<Vec<_>>()[..] {
        [(id, _)] => Ok(Some((*id).clone())),
        [] => Err(Problem::new(element, "allowed_app_key", format_args!("there is no API key {meant:?}"))),
        _ => Err(Problem::new(element, "allowed_app_key", format_args!("there are several {meant:?}"))),
    }
}
