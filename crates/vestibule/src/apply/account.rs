//! An account and what has a name in it: profiles, groups, skills, services.

use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};
use vestibule_auth::{ResourceKind, Rule, Ruled, missing_name, next_id, service_twice};
use vestibule_model::{Account, Group, HostPort, Profile, RoleType, Service, SignOn, Skill};
use vestibule_store::AccountRows;

use super::declared::{
    DeclaredAccount, DeclaredGroup, DeclaredProfile, DeclaredService, DeclaredSkill, IdOrName,
};
use super::draft::AccountDraft;
use super::look::look;
use super::problem::Problem;
use crate::input_error::of_value;

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
    set(&mut account.second_factor, declared.second_factor.as_ref());
    set(&mut account.features, declared.features.as_ref());
    set(&mut account.time_zone, declared.time_zone.as_ref());
    services(element, &mut account.services, &declared.services)?;
    look(element, &mut account.look, declared.look.as_ref())?;
    policies(element, account, declared)
}

/// What to say of a `policy` that the file names for an account that is there `before`, and whose policies are others. It is no
/// refusal: the file that made the account is applied again.
pub(super) fn policy_in_vain(
    element: &str,
    before: Option<Account>,
    after: &Account,
    declared: &DeclaredAccount,
) -> Result<Option<String>, Problem> {
    let (Some(before), Some(policy)) = (before, declared.policy) else { return Ok(None) };
    let mut as_new = policy.copied_into(before);
    settings(element, &mut as_new, declared)?;
    let reason = format_args!(
        "the account is there already and keeps its policies, which are not those of \"{}\"; to change them, declare \
         password_policy, lockout_policy, agent_lockout_policy, session_policy or livevox_session_policy",
        policy.name()
    );
    let note = (as_new != *after).then(|| Problem::new(element, "policy", reason).to_string());
    Ok(note)
}

/// What ends when an account logs in by single sign-on alone, and the way back.
pub(crate) const SSO_ONLY: &str = "passwords of users do not count any more, and the sessions that were opened by one end; API keys, \
    clients and administrators go on. The way back is sign_on = \"password\" (vestibule account set ACCOUNT --sign-on password)";

/// What to say of an account that does from now on.
pub(super) fn only_by_sso(element: &str, before: Option<&Account>, after: &Account) -> Option<String> {
    let was = before.map_or(SignOn::Password, |before| before.sign_on);
    let becomes = was == SignOn::Password && after.sign_on == SignOn::SsoOnly;
    becomes.then(|| Problem::new(element, "sign_on", SSO_ONLY).to_string())
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

/// "": none.
pub(super) fn set_optional(value: &mut Option<String>, declared: Option<&String>) {
    if let Some(text) = declared {
        *value = Some(text.clone()).filter(|text| !text.is_empty());
    }
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
        Problem::new(element, key.trim_end_matches('.'), of_value(error.inner().message()))
    })?;
    Ok(())
}

fn services(element: &str, present: &mut Vec<Service>, declared: &[DeclaredService]) -> Result<(), Problem> {
    let mut seen = HashSet::new();
    for service in declared {
        if !seen.insert(&service.name) {
            return Err(Problem::broken(element, service_twice(&service.name)));
        }
        if service.removed {
            present.retain(|other| other.name != service.name);
            continue;
        }
        let base_uri = service.base_uri.as_deref().map(address);
        let new = || Service { name: service.name.clone(), base_uri: None };
        let service = find_or_add(present, |other| other.name == service.name, new);
        set(&mut service.base_uri, base_uri.as_ref());
    }
    Ok(())
}

/// A host as it is stored; one that is none is left to the rules.
fn address(text: &str) -> Option<String> {
    let parsed = text.parse::<HostPort>().map_or_else(|_| text.to_owned(), |host| host.0);
    (!text.is_empty()).then_some(parsed)
}

pub(super) fn profile(account: &mut AccountDraft, declared: &DeclaredProfile) -> Result<(), Problem> {
    let element = format!("profile {}/{}", account.rows.account.id, declared.name);
    let known = profiles(&account.rows).collect::<Vec<_>>();
    if declared.removed {
        let id = present_id(&element, &known, declared.id, &declared.name)?;
        account.rows.profiles.retain(|profile| Some(profile.id) != id);
        return account.claim_removed(&element, Some(ResourceKind::Profile), id);
    }
    let id =
        identify(&element, numbering(account, ResourceKind::Profile), &known, declared.id, &declared.name)?;
    if !known.iter().any(|(present, _)| *present == id) {
        account.expect_not_removed(&element)?;
    }
    account.claim(&element, Some(ResourceKind::Profile), id)?;
    let new =
        || Profile { id, name: String::new(), role: RoleType::Agent, rank: None, permissions: Vec::new() };
    let profile = find_or_add(&mut account.rows.profiles, |profile| profile.id == id, new);
    profile.name.clone_from(&declared.name);
    set(&mut profile.role, declared.role.as_ref());
    set(&mut profile.rank, declared.rank.as_ref().map(|rank| &rank.0));
    let permissions = declared.permissions.as_ref().map(|set| set.iter().copied().collect());
    set(&mut profile.permissions, permissions.as_ref());
    profile.tidy();
    Ok(())
}

/// A group but for the one above it, which may be declared further down. Answers its id, unless it is removed.
pub(super) fn group(account: &mut AccountDraft, declared: &DeclaredGroup) -> Result<Option<i64>, Problem> {
    let element = format!("group {}/{}", account.rows.account.id, declared.name);
    let known = groups(&account.rows).collect::<Vec<_>>();
    if declared.removed {
        let id = present_id(&element, &known, declared.id, &declared.name)?;
        account.rows.groups.retain(|group| Some(group.id) != id);
        return account.claim_removed(&element, Some(ResourceKind::Group), id).map(|()| None);
    }
    let id =
        identify(&element, numbering(account, ResourceKind::Group), &known, declared.id, &declared.name)?;
    if !known.iter().any(|(present, _)| *present == id) {
        account.expect_not_removed(&element)?;
    }
    account.claim(&element, Some(ResourceKind::Group), id)?;
    let new = || Group { id, name: String::new(), parent: None };
    let group = find_or_add(&mut account.rows.groups, |group| group.id == id, new);
    group.name.clone_from(&declared.name);
    Ok(Some(id))
}

/// The group above that of the id.
pub(super) fn group_parent(
    account: &mut AccountDraft,
    id: i64,
    declared: &DeclaredGroup,
) -> Result<(), Problem> {
    let Some(parent) = &declared.parent else { return Ok(()) };
    let element = format!("group {}/{}", account.rows.account.id, declared.name);
    let by = Referrer { element: &element, key: "parent", rule: Rule::GroupParentMissing };
    let parent = optional_group(by, &account.rows, parent)?;
    if let Some(group) = account.rows.groups.iter_mut().find(|group| group.id == id) {
        group.parent = parent;
    }
    Ok(())
}

pub(super) fn skill(account: &mut AccountDraft, declared: &DeclaredSkill) -> Result<(), Problem> {
    let element = format!("skill {}/{}", account.rows.account.id, declared.name);
    let known = skills(&account.rows).collect::<Vec<_>>();
    if declared.removed {
        let id = present_id(&element, &known, declared.id, &declared.name)?;
        account.rows.skills.retain(|skill| Some(skill.id) != id);
        return account.claim_removed(&element, Some(ResourceKind::Skill), id);
    }
    let id =
        identify(&element, numbering(account, ResourceKind::Skill), &known, declared.id, &declared.name)?;
    if !known.iter().any(|(present, _)| *present == id) {
        account.expect_not_removed(&element)?;
    }
    account.claim(&element, Some(ResourceKind::Skill), id)?;
    let new = || Skill { id, name: String::new() };
    let skill = find_or_add(&mut account.rows.skills, |skill| skill.id == id, new);
    skill.name.clone_from(&declared.name);
    Ok(())
}

/// Ids and names of profiles.
pub(super) fn profiles(rows: &AccountRows) -> impl Iterator<Item = (i64, &str)> + Clone {
    rows.profiles.iter().map(|profile| (profile.id, profile.name.as_str()))
}

/// Ids and names of groups.
pub(super) fn groups(rows: &AccountRows) -> impl Iterator<Item = (i64, &str)> + Clone {
    rows.groups.iter().map(|group| (group.id, group.name.as_str()))
}

/// Ids and names of skills.
pub(super) fn skills(rows: &AccountRows) -> impl Iterator<Item = (i64, &str)> + Clone {
    rows.skills.iter().map(|skill| (skill.id, skill.name.as_str()))
}

/// The id of a group that is referred to, or None for the empty name.
pub(super) fn optional_group(
    by: Referrer<'_>,
    rows: &AccountRows,
    group: &IdOrName,
) -> Result<Option<i64>, Problem> {
    if *group == IdOrName::Name(String::new()) {
        return Ok(None);
    }
    resolve(by, groups(rows), group).map(Some)
}

/// What refers to something.
#[derive(Clone, Copy)]
pub(super) struct Referrer<'a> {
    pub(super) element: &'a str,
    pub(super) key: &'static str,
    /// That what is referred to has to be there.
    pub(super) rule: Rule,
}

/// The id of what is referred to. Whether there is one of an id, the rules say.
pub(super) fn resolve<'a>(
    Referrer { element, key, rule }: Referrer<'_>,
    things: impl Iterator<Item = (i64, &'a str)>,
    named: &IdOrName,
) -> Result<i64, Problem> {
    let name = match named {
        IdOrName::Id(id) => return Ok(*id),
        IdOrName::Name(name) => name,
    };
    let mut ids = things.filter(|(_, other)| other == name).map(|(id, _)| id);
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Problem::broken(element, missing_name(rule, name))),
        (Some(_), Some(_)) => {
            let reason = format!("there are several {name:?}: say which by its id");
            Err(Problem::new(element, key, reason))
        }
    }
}

/// Among what a new id is chosen, besides those that there are.
struct Numbering {
    kind: ResourceKind,
    /// By what the file declares elsewhere.
    claimed: Vec<i64>,
}

/// The id of a thing declared by name, or by id and name. An id finds the thing, whatever its name was.
fn identify(
    element: &str,
    Numbering { kind, claimed }: Numbering,
    things: &[(i64, &str)],
    id: Option<i64>,
    name: &str,
) -> Result<i64, Problem> {
    let present = present_id(element, things, id, name)?;
    match present.or(id) {
        Some(id) => Ok(id),
        None => next_id(kind, things.iter().map(|(id, _)| *id).chain(claimed))
            .map_err(|violation| Problem::broken(element, violation)),
    }
}

fn numbering(account: &AccountDraft, kind: ResourceKind) -> Numbering {
    Numbering { kind, claimed: account.claimed(kind) }
}

/// The id of what is there already; None: there is nothing of this id, or without one of this name.
pub(super) fn present_id(
    element: &str,
    things: &[(i64, &str)],
    id: Option<i64>,
    name: &str,
) -> Result<Option<i64>, Problem> {
    if id.is_some() {
        return Ok(id.filter(|id| things.iter().any(|(other, _)| other == id)));
    }
    let mut of_name = things.iter().filter(|(_, other)| *other == name).map(|(id, _)| *id);
    match (of_name.next(), of_name.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(Problem::new(element, "id", "needed, because there are several of this name")),
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
