//! An account and what has a name in it: profiles, groups, skills, services.

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};
use vestibule_auth::next_id;
use vestibule_model::{Account, Group, HostPort, Profile, RoleType, Service, Skill};
use vestibule_store::AccountRows;

use super::declared::{DeclaredAccount, DeclaredGroup, DeclaredProfile, DeclaredService, DeclaredSkill};
use super::problem::Problem;

/// What the file says about the account itself.
pub(super) fn settings(
    element: &str,
    account: &mut Account,
    declared: &DeclaredAccount,
) -> Result<(), Problem> {
    set(&mut account.code, declared.code.as_ref());
    set(&mut account.number, declared.number.as_ref());
    set(&mut account.state, declared.state.as_ref());
    set(&mut account.sign_on, declared.sign_on.as_ref());
    set(&mut account.features, declared.features.as_ref());
    set(&mut account.time_zone, declared.time_zone.as_ref());
    if jiff::tz::TimeZone::get(&account.time_zone).is_err() {
        let reason =
            format!("there is no time zone {:?}; names are such as Europe/Athens", account.time_zone);
        return Err(Problem::new(element, "time_zone", reason));
    }
    policies(element, account, declared)?;
    services(element, &mut account.services, &declared.services)
}

fn policies(element: &str, account: &mut Account, declared: &DeclaredAccount) -> Result<(), Problem> {
    let Account { password_policy: password, lockout_policy: users, agent_lockout_policy: agents, .. } =
        account;
    if let Some(strength) = declared.password_strength {
        *password = password.clone().with_strength(strength);
    }
    overlay(element, "password_policy", password, declared.password_policy.as_ref())?;
    overlay(element, "lockout_policy", users, declared.lockout_policy.as_ref())?;
    overlay(element, "agent_lockout_policy", agents, declared.agent_lockout_policy.as_ref())?;
    let Account { session_policy: liveperson, livevox_session_policy: livevox, .. } = account;
    overlay(element, "session_policy", liveperson, declared.session_policy.as_ref())?;
    overlay(element, "livevox_session_policy", livevox, declared.livevox_session_policy.as_ref())
}

/// Takes over what was declared, if something was.
pub(super) fn set<T: Clone>(value: &mut T, declared: Option<&T>) {
    if let Some(declared) = declared {
        *value = declared.clone();
    }
}

/// Lays the keys that were declared over a policy.
fn overlay<T>(element: &str, key: &str, policy: &mut T, declared: Option<&Table>) -> Result<(), Problem>
where
    T: Serialize + DeserializeOwned,
{
    let Some(declared) = declared else { return Ok(()) };
    let mut table = Table::try_from(&*policy).map_err(|error| Problem::new(element, key, error))?;
    table.extend(declared.clone());
    *policy = serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let key = format!("{key}.{}", error.path());
        Problem::new(element, key.trim_end_matches('.'), error.inner().message())
    })?;
    Ok(())
}

fn services(element: &str, present: &mut Vec<Service>, declared: &[DeclaredService]) -> Result<(), Problem> {
    for service in declared {
        let base_uri = match service.base_uri.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(host) => {
                let parsed = host.parse::<HostPort>().map_err(|reason| {
                    Problem::new(format_args!("{element}: service {:?}", service.name), "base_uri", reason)
                })?;
                Some(Some(parsed.0))
            }
        };
        let new = || Service { name: service.name.clone(), base_uri: None };
        let service = find_or_add(present, |other| other.name == service.name, new);
        set(&mut service.base_uri, base_uri.as_ref());
    }
    Ok(())
}

pub(super) fn profile(rows: &mut AccountRows, declared: &DeclaredProfile) -> Result<(), Problem> {
    let element = format!("profile {}/{}", rows.account.id, declared.name);
    let names = rows.profiles.iter().map(|profile| (profile.id, profile.name.as_str()));
    let id = identify(&element, names, declared.id, &declared.name)?;
    let new =
        || Profile { id, name: String::new(), role: RoleType::Agent, rank: None, permissions: Vec::new() };
    let profile = find_or_add(&mut rows.profiles, |profile| profile.id == id, new);
    profile.name.clone_from(&declared.name);
    set(&mut profile.role, declared.role.as_ref());
    profile.rank = declared.rank.or(profile.rank);
    let permissions = declared.permissions.as_ref().map(|set| set.iter().copied().collect());
    set(&mut profile.permissions, permissions.as_ref());
    Ok(())
}

/// A group but for the one above it, which may be declared further down.
pub(super) fn group(rows: &mut AccountRows, declared: &DeclaredGroup) -> Result<(), Problem> {
    let element = format!("group {}/{}", rows.account.id, declared.name);
    let names = rows.groups.iter().map(|group| (group.id, group.name.as_str()));
    let id = identify(&element, names, declared.id, &declared.name)?;
    let group = find_or_add(
        &mut rows.groups,
        |group| group.id == id,
        || Group { id, name: String::new(), parent: None },
    );
    group.name.clone_from(&declared.name);
    Ok(())
}

/// The group above a group; there must be no way back.
pub(super) fn group_parent(rows: &mut AccountRows, declared: &DeclaredGroup) -> Result<(), Problem> {
    let Some(parent) = &declared.parent else { return Ok(()) };
    let element = format!("group {}/{}", rows.account.id, declared.name);
    let parent = optional_group(&element, "parent", rows, parent)?;
    let Some(position) = rows.groups.iter().position(|group| group.name == declared.name) else {
        return Ok(());
    };
    rows.groups[position].parent = parent;
    let mut above = parent;
    for _ in 0..rows.groups.len() {
        let Some(id) = above else { return Ok(()) };
        above = rows.groups.iter().find(|group| group.id == id).and_then(|group| group.parent);
    }
    above.map_or(Ok(()), |_| Err(Problem::new(&element, "parent", "this group would be above itself")))
}

pub(super) fn skill(rows: &mut AccountRows, declared: &DeclaredSkill) -> Result<(), Problem> {
    let element = format!("skill {}/{}", rows.account.id, declared.name);
    let names = rows.skills.iter().map(|skill| (skill.id, skill.name.as_str()));
    let id = identify(&element, names, declared.id, &declared.name)?;
    let skill = find_or_add(&mut rows.skills, |skill| skill.id == id, || Skill { id, name: String::new() });
    skill.name.clone_from(&declared.name);
    Ok(())
}

/// The id of a group named, or None for the empty name.
pub(super) fn optional_group(
    element: &str,
    key: &str,
    rows: &AccountRows,
    name: &str,
) -> Result<Option<i64>, Problem> {
    if name.is_empty() {
        return Ok(None);
    }
    let names = rows.groups.iter().map(|group| (group.id, group.name.as_str()));
    resolve(element, key, names, name).map(Some)
}

/// The id of the one thing of this name.
pub(super) fn resolve<'a>(
    element: &str,
    key: &str,
    things: impl Iterator<Item = (i64, &'a str)>,
    name: &str,
) -> Result<i64, Problem> {
    let mut ids = things.filter(|(_, other)| *other == name).map(|(id, _)| id);
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Problem::new(element, key, format_args!("there is no {name:?}"))),
        (Some(_), Some(_)) => Err(Problem::new(element, key, format_args!("there are several {name:?}"))),
    }
}

/// The id of a thing declared by name, or by id and name.
fn identify<'a>(
    element: &str,
    things: impl Iterator<Item = (i64, &'a str)> + Clone,
    id: Option<i64>,
    name: &str,
) -> Result<i64, Problem> {
    if name.is_empty() {
        return Err(Problem::new(element, "name", "must not be empty"));
    }
    let of_name = things.clone().find(|(_, other)| *other == name).map(|(id, _)| id);
    match (id, of_name) {
        (Some(id), Some(other)) if id != other => {
            Err(Problem::new(element, "id", format_args!("the name is taken by id {other}")))
        }
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => next_id(things.map(|(id, _)| id))
            .ok_or_else(|| Problem::new(element, "id", "needed, because there is no next one")),
    }
}

/// The element that `is` finds, or a new one at the end.
pub(super) fn find_or_add<T>(
    elements: &mut Vec<T>,
    is: impl Fn(&T) -> bool,
    new: impl FnOnce() -> T,
) -> &mut T {
    let position = elements.iter().position(is).unwrap_or_else(|| {
        elements.push(new());
        elements.len() - 1
    });
    &mut elements[position]
}
