//! The rules of a gateway's rules.

use vestibule_model::{Application, GatewayCredential, GatewayRule, GatewayRuleSettings, RefusalStyle};

use super::neighbours::Installation;
use super::rule::Rule;
use super::violation::{Violation, changed};
use crate::gateway::path::PathPattern;

/// The most rules of the gate.
const MOST_RULES: usize = 200;

/// The most of what a rule lists: accounts, privileges, applications.
const MOST_LISTED: usize = 1_000;

/// The most patterns of paths: each is held against each path.
const MOST_PATHS: usize = 100;

/// Leaves of what is there twice the first.
pub fn tidy_gateway_rule(settings: &mut GatewayRuleSettings) {
    once(&mut settings.credentials);
    once(&mut settings.accounts);
    once(&mut settings.privileges);
    once(&mut settings.user_kinds);
    once(&mut settings.populations);
    once(&mut settings.applications);
    once(&mut settings.paths);
    once(&mut settings.identity_headers);
}

fn once<T: PartialEq>(list: &mut Vec<T>) {
    let mut kept = Vec::with_capacity(list.len());
    for value in list.drain(..) {
        // What is too long is refused, and not worth looking through.
        if kept.len() > MOST_LISTED || !kept.contains(&value) {
            kept.push(value);
        }
    }
    *list = kept;
}

/// Every rule that a rule of the gate breaks. `before` is what it was, and `others` how many there are besides; None: it is new.
pub fn gateway_rule_violations(
    rule: &GatewayRule,
    before: Option<&GatewayRule>,
    others: usize,
    installation: &dyn Installation,
) -> Vec<Violation> {
    let mut found = Vec::new();
    let (before, after) = (before.map(|before| &before.settings), &rule.settings);
    if before.is_none() {
        let is_name = GatewayRule::is_name(&rule.name);
        found.extend((!is_name).then(|| Violation::with(Rule::GatewayRuleName, GatewayRule::LONGEST_NAME)));
        let is_full = others >= MOST_RULES && rule.name != GatewayRule::DEFAULT;
        found.extend(is_full.then(|| Violation::with(Rule::GatewayRuleCount, MOST_RULES)));
    }
    if changed(before, after, |settings| &settings.credentials) {
        let is_empty = after.credentials.is_empty();
        found.extend(is_empty.then(|| Violation::of(Rule::GatewayCredentialMissing)));
    }
    if before.is_none_or(|before| before != after) {
        found.extend(lets_nobody_through(after).then(|| Violation::of(Rule::GatewayCredentialsOfNoUser)));
    }
    let leads_nowhere =
        after.refusals == RefusalStyle::Redirect && !after.credentials.contains(&GatewayCredential::Page);
    if changed(before, after, |settings| &settings.refusals)
        || changed(before, after, |settings| &settings.credentials)
    {
        found.extend(leads_nowhere.then(|| Violation::of(Rule::GatewayRedirectWithoutPage)));
    }
    if changed(before, after, |settings| &settings.accounts) {
        found.extend(too_many(Rule::GatewayAccountCount, &after.accounts, MOST_LISTED));
        let missing = after.accounts.iter().find(|id| !installation.has_account(id.as_str()));
        found.extend(missing.map(|id| Violation::with(Rule::GatewayAccountMissing, format_args!("id {id}"))));
    }
    if changed(before, after, |settings| &settings.privileges) {
        found.extend(too_many(Rule::GatewayPrivilegeCount, &after.privileges, MOST_LISTED));
    }
    if changed(before, after, |settings| &settings.applications) {
        found.extend(too_many(Rule::GatewayApplicationCount, &after.applications, MOST_LISTED));
        let missing = after.applications.iter().find(|one| !installation.has_application(**one));
        found.extend(missing.map(|one| Violation::with(Rule::GatewayApplicationMissing, id_of(*one))));
    }
    if changed(before, after, |settings| &settings.paths) {
        found.extend(too_many(Rule::GatewayPathCount, &after.paths, MOST_PATHS));
        let wrong = (1..).zip(&after.paths).find_map(|(number, path)| {
            let why = PathPattern::new(path).err()?;
            Some(Violation::with(Rule::GatewayPath, number).because(why))
        });
        found.extend(wrong);
    }
    found
}

/// Whether something is asked of users, and nothing that is taken shows one.
fn lets_nobody_through(settings: &GatewayRuleSettings) -> bool {
    let asks_of_users = settings.minimum_rank.is_some()
        || !settings.privileges.is_empty()
        || !settings.user_kinds.is_empty()
        || !settings.populations.is_empty();
    let shows_none = |credential: &GatewayCredential| {
        matches!(credential, GatewayCredential::Signature | GatewayCredential::ClientToken)
    };
    let credentials = &settings.credentials;
    asks_of_users && !credentials.is_empty() && credentials.iter().all(shows_none)
}

fn too_many<T>(rule: Rule, list: &[T], most: usize) -> Option<Violation> {
    (list.len() > most).then(|| Violation::with(rule, most))
}

fn id_of(application: Application) -> String {
    application.id().map_or_else(String::new, |id| format!("id {}", id.0))
}
