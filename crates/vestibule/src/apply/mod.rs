//! Bringing the directory into a declared state: what is there → what shall be there → the changes between.
//!
//! Owns the form of declarations and the rules of laying them over what is there. One file is one transaction: all of
//! it or nothing. Deletes what the file marks as removed, and nothing else. The demo account of `vestibule dev` goes the same way.

mod account;
mod application;
mod application_token;
mod client_metadata;
mod connection;
mod declared;
mod declared_connection;
mod difference;
mod digest;
mod draft;
mod export;
mod gateway_rule;
mod hash;
mod judge;
mod look;
mod named_path;
mod password;
mod problem;
#[cfg(test)]
mod tests;
mod user;
mod user_places;
mod values;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::Context;
use vestibule_auth::{HOME, Kind, owners, rests_on, untie};
use vestibule_crypto::Sealer;
use vestibule_model::{AccountId, Administrator, User, UserId};
use vestibule_store::{AccountRows, Change, DirectoryRows, Part, Sequence, Store, StoreError};
use vestibule_store_sqlite::DecodableRows;

pub(crate) use account::SSO_ONLY;
pub(crate) use declared::Declared;
pub(crate) use draft::{Generated, Tools};
pub(crate) use export::{Secrets, exported};
pub(crate) use judge::Broken;
pub(crate) use password::generated as generated_password;
pub(crate) use problem::Problem;

use crate::exit_code::Refusal;
use crate::input_error::InputError;
use declared::DeclaredAccount;
use difference::Difference;
use draft::{AccountDraft, Draft};

/// How often the directory is read again because somebody else changed it in the meantime.
const ATTEMPTS: usize = 5;

/// What leads from the present state to the declared one.
pub(crate) struct Plan {
    /// The transaction; empty when there is nothing to do.
    changes: Vec<Change>,
    /// The directory that it was planned upon.
    sequence: Sequence,
    /// What it does, for people.
    pub(crate) lines: Vec<String>,
    /// What the file says and what changes nothing, for people.
    pub(crate) notes: Vec<String>,
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
    let plan = plan(store, tools, declared, source).await?;
    apply_planned(store, tools, declared, source, plan).await
}

/// The same, beginning with a plan that was made before.
pub(crate) async fn apply_planned(
    store: &dyn Store,
    tools: &mut Tools<'_>,
    declared: &Declared,
    source: &str,
    mut plan: Plan,
) -> anyhow::Result<Plan> {
    for _ in 0..ATTEMPTS {
        if plan.changes.is_empty() {
            return Ok(plan);
        }
        match store.commit(plan.changes.clone()).await {
            Ok(_) => return Ok(plan),
            Err(StoreError::DirectoryMoved) => {}
            // Somebody else took a value while this was planned: planned anew, the rule says so, or another value is found.
            Err(StoreError::Constraint(_)) if has_moved(store, &plan).await? => {}
            Err(error) => return Err(error).context("nothing was applied"),
        }
        plan = self::plan(store, tools, declared, source).await?;
    }
    Err(StoreError::DirectoryMoved).context("nothing was applied")
}

async fn has_moved(store: &dyn Store, plan: &Plan) -> anyhow::Result<bool> {
    let changes = store.changes(plan.sequence).await.context("cannot read what changed")?;
    Ok(changes.sequence != plan.sequence)
}

/// What [`apply`] would do now.
pub(crate) async fn plan(
    store: &dyn Store,
    tools: &mut Tools<'_>,
    declared: &Declared,
    source: &str,
) -> anyhow::Result<Plan> {
    let present = Present::read(store, declared).await.context("cannot read the directory")?;
    plan_over(&present, tools, declared, source)
}

/// What is there.
#[derive(Default)]
pub(crate) struct Present {
    directory: DirectoryRows,
    administrators: Vec<Administrator>,
    /// What of that which the file names by its id has been deleted.
    deleted: BTreeSet<Part>,
}

impl Present {
    async fn read(store: &dyn Store, declared: &Declared) -> Result<Self, StoreError> {
        Ok(Self {
            directory: store.directory().await?,
            administrators: store.administrators().await?,
            deleted: store.deleted(declared.ids()).await?.into_iter().collect(),
        })
    }

    fn account(&self, id: AccountId) -> Option<&AccountRows> {
        self.directory.accounts.iter().find(|rows| rows.account.id == id)
    }
}

/// What of the stored rows that can be decoded breaks a rule, or is a credential that is good for nothing.
pub(crate) fn broken(stored: DecodableRows, sealer: &Sealer) -> Vec<Broken> {
    let DecodableRows { directory, administrators, undecodable } = stored;
    judge::broken(&Present { directory, administrators, deleted: BTreeSet::new() }, &undecodable, sealer)
}

/// What [`apply`] would do if this were there.
pub(crate) fn plan_over(
    present: &Present,
    tools: &mut Tools<'_>,
    declared: &Declared,
    source: &str,
) -> anyhow::Result<Plan> {
    let draft = draft(present, tools, declared).map_err(|problems| refused(source, problems))?;
    let mut difference = Difference::default();
    for id in &draft.removed {
        difference.remove_account(present.account(*id));
    }
    for (id, after) in &draft.accounts {
        difference.add(present.account(*id), after);
    }
    gateway_rule::add(&mut difference, &present.directory.gateway_rules, &draft.gateway_rules);
    if !difference.changes.is_empty() {
        let since = present.directory.sequence;
        let mut scopes = rests_on(&difference.changes);
        if draft.accounts.keys().any(|id| id.as_str() == HOME) {
            scopes.push(owners());
        }
        difference.changes.insert(0, Change::ExpectUnchanged { since, scopes });
        difference.changes.insert(1, Change::ExpectMasterKey(tools.generation));
        let entries = difference.told.into_iter().map(|told| tools.entry(told));
        difference.changes.extend(entries.map(|entry| Change::Audit(Box::new(entry))));
    }
    Ok(Plan {
        sequence: present.directory.sequence,
        changes: difference.changes,
        lines: difference.lines,
        notes: draft.notes,
        generated: draft.generated,
    })
}

/// A wrong file, unless only what is there stands against what it says: the API answers 409 to that.
fn refused(source: &str, problems: Vec<Problem>) -> anyhow::Error {
    let is_there = |problem: &Problem| problem.rule.is_some_and(|rule| rule.kind() != Kind::Invalid);
    let only_what_is_there = problems.iter().all(is_there);
    let errors = problems.into_iter().map(|problem| InputError::at(source, problem.place, problem.reason));
    match InputError::all(errors) {
        Some(error) if only_what_is_there => Refusal::new(error).into(),
        Some(error) => error.into(),
        None => anyhow::anyhow!("nothing was applied"),
    }
}

/// The directory as the file leads to it. Everything is judged before anything is hashed.
fn draft(present: &Present, tools: &Tools<'_>, declared: &Declared) -> Result<Draft, Vec<Problem>> {
    let mut draft = lay_over(present, tools, declared).map_err(|problem| vec![problem])?;
    let problems = judge::problems(present, &draft);
    if !problems.is_empty() {
        return Err(problems);
    }
    hash::set_passwords(&mut draft, tools).map_err(|problem| vec![problem])?;
    for (id, after) in &mut draft.accounts {
        if let Some(before) = present.account(*id) {
            end_sessions(before, after);
        }
    }
    Ok(draft)
}

/// The declared accounts as they will be.
fn lay_over(present: &Present, tools: &Tools<'_>, declared: &Declared) -> Result<Draft, Problem> {
    let (mut draft, mut seen) = (Draft::of(present), HashSet::new());
    let present: HashMap<AccountId, &AccountRows> =
        present.directory.accounts.iter().map(|rows| (rows.account.id, rows)).collect();
    for account in &declared.accounts {
        let element = format!("account {}", account.id);
        if !seen.insert(account.id) {
            return Err(Problem::new(element, "id", "declared twice"));
        }
        if account.removed {
            if present.contains_key(&account.id) {
                draft.removed.insert(account.id);
            }
            continue;
        }
        let rows = present.get(&account.id).map(|rows| AccountRows::clone(rows));
        let rows = rows.unwrap_or_else(|| draft.new_account(account.id, account.policy));
        let mut rows = AccountDraft::of(rows);
        let before = present.contains_key(&account.id).then(|| rows.rows.account.clone());
        account::settings(&element, &mut rows.rows.account, account)?;
        draft.notes.extend(account::only_by_sso(&element, before.as_ref(), &rows.rows.account));
        draft.notes.extend(account::policy_in_vain(&element, before, &rows.rows.account, account)?);
        members(&mut draft, &mut rows, tools, account)?;
        draft.accounts.insert(account.id, rows.rows);
    }
    draft.gateway_rules = gateway_rule::lay_over(&draft.gateway_rules, &declared.gateway_rules)?;
    Ok(draft)
}

/// Ends the sessions of users whose sessions may not go on.
fn end_sessions(before: &AccountRows, after: &mut AccountRows) {
    let known: HashMap<UserId, &User> = before.users.iter().map(|user| (user.id, user)).collect();
    let gone = gone_applications(before, after);
    for user in &mut after.users {
        let Some(before) = known.get(&user.id) else { continue };
        // That sessions end of what is gone is said by its removal.
        let mut rest = Cow::Borrowed(*before);
        if let Some(key) = before.allowed_app_key.as_ref().filter(|key| gone.contains(key.as_str())) {
            untie(rest.to_mut(), key);
        }
        if user.invalidates_sessions_of(&rest) {
            user.credential_version += 1;
        }
    }
}

/// The public ids of keys and clients that are there no more.
fn gone_applications<'a>(before: &'a AccountRows, after: &AccountRows) -> HashSet<&'a str> {
    let staying: HashSet<&str> = public_ids(after).collect();
    public_ids(before).filter(|id| !staying.contains(id)).collect()
}

fn public_ids(rows: &AccountRows) -> impl Iterator<Item = &str> {
    let keys = rows.api_keys.iter().map(|key| key.app_key.as_str());
    keys.chain(rows.oauth_clients.iter().map(|client| client.client_id.as_str()))
}

/// What belongs to an account, in an order in which each finds what it refers to.
fn members(
    draft: &mut Draft,
    rows: &mut AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredAccount,
) -> Result<(), Problem> {
    declared.profiles.iter().try_for_each(|profile| account::profile(rows, profile))?;
    let groups = declared.groups.iter().map(|group| Ok((account::group(rows, group)?, group)));
    let groups = groups.collect::<Result<Vec<_>, Problem>>()?;
    let mut staying = groups.into_iter().filter_map(|(id, group)| Some((id?, group)));
    staying.try_for_each(|(id, group)| account::group_parent(rows, id, group))?;
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
    declared.connections.iter().try_for_each(|own| connection::connection(draft, rows, tools, own))?;
    user::remove(rows, &declared.users)?;
    let mut users = declared.users.iter().filter(|user| !user.removed);
    users.try_for_each(|user| user::user(draft, rows, tools, user))
}
