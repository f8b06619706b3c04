//! Users.

use std::collections::{BTreeSet, HashSet};

use uuid::Builder;
use vestibule_auth::{HOME, Rule, Ruled, new_user, next_user_number, taken};
use vestibule_model::{AccountId, User, UserId, UserKind};
use vestibule_store::AccountRows;

use super::account::{Referrer, groups, optional_group, profiles, resolve, set, skills};
use super::connection::identities;
use super::declared::{DeclaredUser, IdOrName};
use super::draft::{AccountDraft, Draft, Tools};
use super::password::{self, Position};
use super::problem::Problem;

/// Puts a user into its account.
pub(super) fn user(
    draft: &mut Draft,
    account: &mut AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredUser,
) -> Result<(), Problem> {
    let element = element(account.rows.account.id, declared);
    let index = index_of(account, declared);
    let mut user = if let Some(index) = index {
        account.rows.users[index].clone()
    } else {
        account.expect_not_removed(&element)?;
        made_new(&element, draft, account, tools, declared)?
    };
    account.claim(&element, None, user.id.0)?;
    fields(&element, &mut user, declared)?;
    references(&element, &mut user, &account.rows, declared)?;
    user.tidy();
    let index = index.unwrap_or(account.rows.users.len());
    password::declare(
        draft,
        &account.rows.account,
        Position { element: &element, index },
        &mut user,
        tools,
        declared,
    )?;
    set(&mut user.must_change_password, declared.must_change_password.as_ref());
    account.users.add(index, &user);
    match account.rows.users.get_mut(index) {
        Some(present) => *present = user,
        None => account.rows.users.push(user),
    }
    Ok(())
}

/// Takes those users away that the file removes, before anything else is said of users.
pub(super) fn remove(account: &mut AccountDraft, declared: &[DeclaredUser]) -> Result<(), Problem> {
    let mut gone = HashSet::new();
    for declared in declared.iter().filter(|declared| declared.removed) {
        let id = as_declared(account, declared).map(|index| account.rows.users[index].id.0);
        account.claim_removed(&element(account.rows.account.id, declared), None, id)?;
        gone.extend(id);
    }
    account.remove_users(&gone);
    Ok(())
}

fn index_of(account: &AccountDraft, declared: &DeclaredUser) -> Option<usize> {
    let by_name = || account.users.find(None, declared.population, &declared.login_name);
    let of_this_instance = is_of_the_instance(account.rows.account.id);
    as_declared(account, declared).or_else(|| of_this_instance.then(by_name).flatten())
}

/// Who has the id that is declared; without one, the name.
fn as_declared(account: &AccountDraft, declared: &DeclaredUser) -> Option<usize> {
    account.users.find(declared.id.map(UserId), declared.population, &declared.login_name)
}

/// Whether ids, numbers and pids of an account's users are the instance's own: the first start of each makes an `admin`, and
/// no client ever sees an administrator's. A file from another instance means those who are there, by their names.
fn is_of_the_instance(account: AccountId) -> bool {
    account.as_str() == HOME
}

/// How messages name the user.
fn element(account: AccountId, declared: &DeclaredUser) -> String {
    super::difference::user_title(account, declared.population, &declared.login_name)
}

fn made_new(
    element: &str,
    draft: &mut Draft,
    account: &AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredUser,
) -> Result<User, Problem> {
    let is_taken = |number: &i32| account.users.numbers.contains(number);
    let may_be_another = is_of_the_instance(account.rows.account.id);
    let number = match declared.number.filter(|number| !(may_be_another && is_taken(number))) {
        Some(number) if is_taken(&number) => Err(taken(Rule::UserNumberTaken)),
        Some(number) => Ok(number),
        None => next_user_number(account.users.highest_number),
    };
    let number = number.map_err(|violation| Problem::broken(element, violation))?;
    if declared.locked_since.is_some_and(|time| time > tools.now) {
        return Err(Problem::new(element, "locked_since", "this lies in the future"));
    }
    let mut pid = [0; 16];
    tools.rng.fill(&mut pid);
    let pid = declared.pid.unwrap_or_else(|| Builder::from_random_bytes(pid).into_uuid());
    Ok(User {
        number,
        population: declared.population,
        kind: declared.kind.unwrap_or(UserKind::Human),
        login_name: declared.login_name.clone(),
        full_name: declared.login_name.clone(),
        nickname: declared.login_name.clone(),
        locked_at: declared.locked_since,
        ..new_user(draft.new_user_id(element, declared.id, tools.rng)?, account.rows.account.id, pid)
    })
}

fn fields(element: &str, user: &mut User, declared: &DeclaredUser) -> Result<(), Problem> {
    if declared.population != user.population {
        let reason = "a user's population does not change: declare another user";
        return Err(Problem::new(element, "population", reason));
    }
    if declared.kind.is_some_and(|kind| kind != user.kind) {
        return Err(Problem::new(element, "kind", "a user's kind does not change: declare another user"));
    }
    let may_differ = is_of_the_instance(user.account);
    if declared.pid.is_some_and(|pid| pid != user.pid) && !may_differ {
        return Err(Problem::new(element, "pid", "a user's pid does not change"));
    }
    if declared.number.is_some_and(|number| number != user.number) && !may_differ {
        return Err(Problem::new(element, "number", "a user's number does not change"));
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
    match declared.second_factor {
        None => {}
        Some(false) => user.second_factor = None,
        Some(true) => {
            let reason = "only false is allowed, which takes it away; whoever has it sets it up";
            return Err(Problem::new(element, "second_factor", reason));
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
    let profile = Referrer { element, key: "profiles", rule: Rule::ProfileMissing };
    set(&mut user.profiles, resolve_all(profile, || profiles(rows), declared.profiles.as_ref())?.as_ref());
    let skill = Referrer { element, key: "skills", rule: Rule::SkillMissing };
    set(&mut user.skills, resolve_all(skill, || skills(rows), declared.skills.as_ref())?.as_ref());
    let managed = Referrer { element, key: "manager_of", rule: Rule::ManagedGroupMissing };
    set(&mut user.manager_of, resolve_all(managed, || groups(rows), declared.manager_of.as_ref())?.as_ref());
    if let Some(group) = &declared.group {
        let by = Referrer { element, key: "group", rule: Rule::GroupMissing };
        user.member_of = optional_group(by, rows, group)?;
    }
    identities(element, user, rows, declared.identities.as_ref())?;
    // What they are tied to already is meant by itself, also where something else has that for its name.
    let key = declared.allowed_app_key.as_ref().filter(|key| user.allowed_app_key.as_ref() != Some(*key));
    if let Some(key) = key {
        user.allowed_app_key = app_key(element, rows, key)?;
    }
    Ok(())
}

/// The ids of what is referred to; None: nothing is said of it.
pub(super) fn resolve_all<'a, I: Iterator<Item = (i64, &'a str)>>(
    by: Referrer<'_>,
    things: impl Fn() -> I,
    named: Option<&BTreeSet<IdOrName>>,
) -> Result<Option<Vec<i64>>, Problem> {
    let Some(named) = named else { return Ok(None) };
    named.iter().map(|one| resolve(by, things(), one)).collect::<Result<_, _>>().map(Some)
}

/// The `app_key` or client id that is meant: by the name of its key or client, or by itself. "": none.
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
        // Whether there is one, the rules say.
        [] => Ok(Some(meant.to_owned())),
        _ => Err(Problem::new(element, "allowed_app_key", format_args!("there are several {meant:?}"))),
    }
}
