//! What a file makes and changes, judged by the rules of the directory, against the state that it leads to.

use std::collections::{HashMap, HashSet};
use std::fmt;

use vestibule_auth::{
    AccountIndex, HOME, InstallationIndex, Kind, Rule, Ruled, Violation, account_id_violation,
    account_violations, check_api_key, check_connection, check_deleted_account, check_has_owner,
    check_owner_left, client_id_violation, may_log_in,
};
use vestibule_crypto::{Sealer, check_hash};
use vestibule_model::{AccountId, OauthClient, User};
use vestibule_store::AccountRows;
use vestibule_store_sqlite::UndecodableRow;

use super::Present;
use super::difference::{Element, user_title};
use super::draft::Draft;
use super::gateway_rule;
use super::problem::Problem;

/// Every rule that the file would break.
pub(super) fn problems(present: &Present, draft: &Draft) -> Vec<Problem> {
    let is_touched = |id: &AccountId| draft.accounts.contains_key(id) || draft.removed.contains(id);
    let untouched = present.directory.accounts.iter().filter(|rows| !is_touched(&rows.account.id));
    let installation = InstallationIndex::of(untouched.chain(draft.accounts.values()));
    let removed = draft.removed.iter().filter_map(|id| Some((id, check_deleted_account(*id).err()?)));
    let mut found: Vec<Problem> =
        removed.map(|(id, violation)| Problem::broken(format_args!("account {id}"), violation)).collect();
    for (id, after) in &draft.accounts {
        let before = present.account(*id);
        let account = before.map(|rows| &rows.account);
        if account != Some(&after.account) {
            let broken = account_violations(&after.account, account, &installation);
            found.extend(all(&after.account.title(*id), broken));
        }
        if before.is_none() {
            found.extend(all(&after.account.title(*id), account_id_violation(*id, &installation)));
        }
        found.extend(members(before, after));
        let clients = before.map(|rows| &*rows.oauth_clients).unwrap_or_default();
        let is_new = |client: &&OauthClient| clients.iter().all(|known| known.id != client.id);
        for client in after.oauth_clients.iter().filter(is_new) {
            found.extend(all(&client.title(*id), client_id_violation(client, &installation)));
        }
        if id.as_str() == HOME {
            found.extend(owners(present, before, after));
        }
    }
    let before = &present.directory.gateway_rules;
    found.extend(gateway_rule::problems(before, &draft.gateway_rules, &installation));
    found
}

/// Something that is stored and breaks a rule.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) problem: Problem,
    /// None: it is of the installation.
    account: Option<AccountId>,
    /// Where in a file it is repaired: `[[account]] id = "1", [[account.user]] id = 5`.
    pub(crate) entry: String,
}

impl Broken {
    /// Whether what was not found may be this row, which cannot be decoded.
    fn may_rest_on(&self, row: &UndecodableRow) -> bool {
        let tables: &[&str] = match self.problem.rule {
            Some(Rule::ProfileMissing | Rule::ClientProfileMissing) => &["profiles"],
            Some(Rule::SkillMissing) => &["skills"],
            Some(Rule::GroupMissing | Rule::ManagedGroupMissing | Rule::GroupParentMissing) => &["groups"],
            Some(Rule::AllowedKeyMissing) => &["api_keys", "oauth_clients"],
            Some(Rule::IdentityConnectionMissing) => &["connections"],
            Some(Rule::GatewayAccountMissing) => &["accounts"],
            Some(Rule::GatewayApplicationMissing) => &["api_keys", "oauth_clients", "application_tokens"],
            // An administrator's row has the account that they administer.
            Some(Rule::OwnerLeft) if row.table == "administrators" => return true,
            Some(Rule::OwnerLeft) => &["users"],
            _ => &[],
        };
        // Of which account a row is may be what cannot be decoded.
        tables.contains(&row.table)
            && (self.account.is_none() || row.account.is_none_or(|account| Some(account) == self.account))
    }
}

/// Everything that is there and breaks a rule. Of what there are too many, one of the kind is named. What may refer to
/// a row that cannot be decoded breaks none: that is there.
pub(super) fn broken(present: &Present, undecodable: &[UndecodableRow], sealer: &Sealer) -> Vec<Broken> {
    let accounts = &present.directory.accounts;
    let installation = InstallationIndex::of(accounts);
    let mut found = Vec::new();
    for rows in accounts {
        let index = AccountIndex::of(rows);
        let own = account_violations(&rows.account, None, &installation);
        found.extend(with_entry(rows, &rows.account, own));
        found.extend(stored(rows, &rows.profiles, &index));
        found.extend(stored(rows, &rows.groups, &index));
        found.extend(stored(rows, &rows.skills, &index));
        found.extend(stored(rows, &rows.api_keys, &index));
        found.extend(stored(rows, &rows.oauth_clients, &index));
        for client in &rows.oauth_clients {
            found.extend(with_entry(rows, client, client_id_violation(client, &installation)));
        }
        found.extend(stored(rows, &rows.application_tokens, &index));
        found.extend(stored(rows, &rows.connections, &index));
        found.extend(stored(rows, &rows.users, &index));
        found.extend(unusable(rows, sealer));
        if rows.account.id.as_str() == HOME {
            let can = |id| rows.users.iter().any(|user| user.id == id && may_log_in(user));
            let owner = check_has_owner(&present.administrators, can).err();
            found.extend(with_entry(rows, &rows.account, owner));
        }
    }
    let rules = gateway_rule::broken(&present.directory.gateway_rules, &installation).into_iter();
    found.extend(rules.map(|(entry, problem)| Broken { problem, account: None, entry }));
    found.retain(|broken| !undecodable.iter().any(|row| broken.may_rest_on(row)));
    let mut seen = HashSet::new();
    found.retain(|broken| {
        let rule = broken.problem.rule.filter(|rule| rule.kind() == Kind::Conflict);
        rule.is_none_or(|rule| seen.insert((rule, broken.entry.split(',').next().map(str::to_owned))))
    });
    found
}

fn stored<T: Element + Ruled>(rows: &AccountRows, things: &[T], index: &AccountIndex) -> Vec<Broken> {
    things.iter().flat_map(|thing| with_entry(rows, thing, thing.violations(None, index))).collect()
}

/// Secrets that cannot be opened, with which no service starts, and hashes that no password can be verified against.
fn unusable(rows: &AccountRows, sealer: &Sealer) -> Vec<Broken> {
    let account = rows.account.id;
    let broken = |title: &str, field: &str, entry: String, why: &dyn fmt::Display| Broken {
        problem: Problem::new(title, field, why),
        account: Some(account),
        entry,
    };
    let keys = rows.api_keys.iter().filter_map(|key| {
        let why = check_api_key(sealer, key).err()?;
        Some(broken(&key.title(account), "secret", entry_of(account, key), &why))
    });
    let users = rows.users.iter().filter_map(|user| {
        let password = user.password.as_ref()?;
        let mut hashes = std::iter::once(&password.hash).chain(&password.history);
        let why = hashes.find_map(|hash| check_hash(hash).err())?;
        Some(broken(&user.title(account), "password", entry_of(account, user), &why))
    });
    let connections = rows.connections.iter().filter_map(|own| {
        let why = check_connection(sealer, own).err()?;
        Some(broken(&own.title(account), "client_secret or private_key", entry_of(account, own), &why))
    });
    keys.chain(connections).chain(users).collect()
}

/// Where in a file a thing is.
fn entry_of<T: Element>(account: AccountId, thing: &T) -> String {
    let entry = format!("[[account]] id = \"{account}\"");
    match T::ENTRY {
        Some(kind) => format!("{entry}, [[account.{kind}]] id = {}", thing.id()),
        None => entry,
    }
}

fn with_entry<T: Element>(
    rows: &AccountRows,
    thing: &T,
    violations: impl IntoIterator<Item = Violation>,
) -> Vec<Broken> {
    let account = rows.account.id;
    let entry = entry_of(account, thing);
    let title = thing.title(account);
    let broken = |violation| Broken {
        problem: Problem::broken(&title, violation),
        account: Some(account),
        entry: entry.clone(),
    };
    violations.into_iter().map(broken).collect()
}

fn members(before: Option<&AccountRows>, after: &AccountRows) -> Vec<Problem> {
    let (id, index) = (after.account.id, AccountIndex::of(after));
    let mut found = things(id, before.map(|rows| &*rows.profiles), &after.profiles, &index);
    found.extend(things(id, before.map(|rows| &*rows.groups), &after.groups, &index));
    found.extend(things(id, before.map(|rows| &*rows.skills), &after.skills, &index));
    found.extend(things(id, before.map(|rows| &*rows.api_keys), &after.api_keys, &index));
    found.extend(things(id, before.map(|rows| &*rows.oauth_clients), &after.oauth_clients, &index));
    let tokens = before.map(|rows| &*rows.application_tokens);
    found.extend(things(id, tokens, &after.application_tokens, &index));
    found.extend(things(id, before.map(|rows| &*rows.connections), &after.connections, &index));
    found.extend(things(id, before.map(|rows| &*rows.users), &after.users, &index));
    found
}

fn things<T: Element + Ruled>(
    account: AccountId,
    before: Option<&[T]>,
    after: &[T],
    index: &AccountIndex,
) -> Vec<Problem> {
    let before = before.unwrap_or_default();
    let known: HashMap<i64, &T> = before.iter().map(|thing| (thing.id(), thing)).collect();
    let mut found = Vec::new();
    for thing in after {
        let earlier = known.get(&thing.id()).copied();
        if earlier != Some(thing) {
            found.extend(all(&thing.title(account), thing.violations(earlier, index)));
        }
    }
    let staying: HashSet<i64> = after.iter().map(Element::id).collect();
    for gone in before.iter().filter(|thing| !staying.contains(&thing.id())) {
        found.extend(all(&gone.title(account), gone.in_use(index)));
    }
    found
}

/// Whoever is an owner and can log in no more leaves another one who can.
fn owners(present: &Present, before: Option<&AccountRows>, after: &AccountRows) -> Vec<Problem> {
    let staying: HashMap<_, &User> = after.users.iter().map(|user| (user.id, user)).collect();
    let can = |id| staying.get(&id).is_some_and(|user| may_log_in(user));
    let users = before.into_iter().flat_map(|rows| &rows.users);
    let leaving =
        users.filter(|user| staying.get(&user.id).is_none_or(|after| user.enabled && !after.enabled));
    let found = leaving.filter_map(|user| {
        let violation = check_owner_left(&present.administrators, user.id, can).err()?;
        let title = user_title(user.account, user.population, &user.login_name);
        Some(Problem::broken(title, violation))
    });
    found.collect()
}

fn all(title: &str, broken: impl IntoIterator<Item = Violation>) -> impl Iterator<Item = Problem> {
    broken.into_iter().map(move |violation| Problem::broken(title, violation))
}
