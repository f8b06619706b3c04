//! Rules of the gate, which belong to no account: read from a file, judged, and written to one.

use std::collections::{BTreeMap, HashSet};

use anyhow::Context;
use serde::Deserialize;
use toml::{Table, Value};
use vestibule_auth::{Installation, Rule, gateway_rule_violations, tidy_gateway_rule};
use vestibule_model::{
    AccountId, Application, AuditAction, Audited, GatewayCredential, GatewayRule, GatewayRuleSettings,
    IdentityHeader, Population, RefusalStyle, UserKind, visible,
};
use vestibule_store::Change;

use super::account::set;
use super::declared::{DeclaredRank, rank};
use super::difference::{Difference, Told};
use super::problem::Problem;
use super::values;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredGatewayRule {
    pub(super) name: String,
    /// Takes it away; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    credentials: Option<Vec<GatewayCredential>>,
    accounts: Option<Vec<AccountId>>,
    privileges: Option<Vec<i32>>,
    /// "": any.
    #[serde(default, deserialize_with = "rank")]
    minimum_rank: Option<DeclaredRank>,
    user_kinds: Option<Vec<UserKind>>,
    populations: Option<Vec<Population>>,
    applications: Option<Vec<Application>>,
    paths: Option<Vec<String>>,
    refusals: Option<RefusalStyle>,
    identity_headers: Option<Vec<IdentityHeader>>,
    application_addresses: Option<bool>,
}

fn title(name: &str) -> String {
    format!("gateway rule {name}")
}

/// The rules as they will be, by name.
pub(super) fn lay_over(
    present: &[GatewayRule],
    declared: &[DeclaredGatewayRule],
) -> Result<Vec<GatewayRule>, Problem> {
    let mut rules: BTreeMap<String, GatewayRule> =
        present.iter().map(|rule| (rule.name.clone(), rule.clone())).collect();
    let mut seen = HashSet::new();
    for declared in declared {
        if !seen.insert(&declared.name) {
            return Err(Problem::new(title(&declared.name), "name", "declared twice"));
        }
        if declared.removed {
            rules.remove(&declared.name);
            continue;
        }
        let blank = || GatewayRule { name: declared.name.clone(), settings: GatewayRuleSettings::default() };
        let rule = rules.entry(declared.name.clone()).or_insert_with(blank);
        let settings = &mut rule.settings;
        set(&mut settings.credentials, declared.credentials.as_ref());
        set(&mut settings.accounts, declared.accounts.as_ref());
        set(&mut settings.privileges, declared.privileges.as_ref());
        if let Some(DeclaredRank(rank)) = declared.minimum_rank {
            settings.minimum_rank = rank;
        }
        set(&mut settings.user_kinds, declared.user_kinds.as_ref());
        set(&mut settings.populations, declared.populations.as_ref());
        set(&mut settings.applications, declared.applications.as_ref());
        set(&mut settings.paths, declared.paths.as_ref());
        set(&mut settings.refusals, declared.refusals.as_ref());
        set(&mut settings.identity_headers, declared.identity_headers.as_ref());
        set(&mut settings.application_addresses, declared.application_addresses.as_ref());
        tidy_gateway_rule(settings);
    }
    Ok(rules.into_values().collect())
}

/// Every rule of the directory that they break.
pub(super) fn problems(
    before: &[GatewayRule],
    after: &[GatewayRule],
    installation: &dyn Installation,
) -> Vec<Problem> {
    let judged = after.iter().flat_map(|rule| {
        let earlier = named(before, &rule.name);
        // Nothing is asked about what stays as it is.
        let is_judged = earlier != Some(rule);
        let others = after.iter().filter(|other| other.name != rule.name).count();
        let found = is_judged.then(|| gateway_rule_violations(rule, earlier, others, installation));
        found.into_iter().flatten().map(|violation| Problem::broken(title(&rule.name), violation))
    });
    once(judged)
}

/// The same of rules that are stored.
pub(super) fn broken(rules: &[GatewayRule], installation: &dyn Installation) -> Vec<(String, Problem)> {
    let found = problems(&[], rules, installation).into_iter();
    found.map(|problem| ("[[gateway_rule]]".to_owned(), problem)).collect()
}

/// That there are too many is said of one of them.
fn once(problems: impl Iterator<Item = Problem>) -> Vec<Problem> {
    let mut is_full = false;
    let mut is_new = |problem: &Problem| {
        problem.rule != Some(Rule::GatewayRuleCount) || !std::mem::replace(&mut is_full, true)
    };
    problems.filter(|problem| is_new(problem)).collect()
}

fn named<'a>(rules: &'a [GatewayRule], name: &str) -> Option<&'a GatewayRule> {
    rules.iter().find(|rule| rule.name == name)
}

/// Adds what leads from some rules to others: first what goes. The one that there always is neither comes nor goes.
pub(super) fn add(difference: &mut Difference, before: &[GatewayRule], after: &[GatewayRule]) {
    let unset = GatewayRule::unset_default();
    let unset = |name: &str| (name == unset.name).then_some(&unset);
    for gone in before.iter().filter(|rule| named(after, &rule.name).is_none()) {
        let change = Change::DeleteGatewayRule(gone.name.clone());
        change_rule(difference, (Some(gone), unset(&gone.name)), gone, change);
    }
    for rule in after {
        let earlier = named(before, &rule.name).or_else(|| unset(&rule.name));
        change_rule(difference, (earlier, Some(rule)), rule, Change::PutGatewayRule(rule.clone().into()));
    }
}

/// Adds what becomes of one of them, if anything does.
fn change_rule(
    difference: &mut Difference,
    (before, after): (Option<&GatewayRule>, Option<&GatewayRule>),
    of: &GatewayRule,
    change: Change,
) {
    let title = title(&of.name);
    let (action, line) = match (before, after) {
        (before, after) if before == after => return,
        (Some(before), Some(after)) => {
            (AuditAction::Changed, format!("~ {title}: {}", values::of_installation(before, after)))
        }
        (None, _) => (AuditAction::Created, format!("+ {title}")),
        (_, None) => (AuditAction::Deleted, format!("- {title}")),
    };
    difference.lines.push(visible(&line));
    difference.told.push(told(action, before, after, of));
    difference.changes.push(change);
}

fn told(
    action: AuditAction,
    before: Option<&GatewayRule>,
    after: Option<&GatewayRule>,
    of: &GatewayRule,
) -> Told {
    let (before, after) = vestibule_model::difference(before, after);
    Told { action, account: None, user: None, target: of.audit_target(), before, after }
}

/// The table that brings a rule about.
pub(super) fn exported(rule: &GatewayRule) -> anyhow::Result<Table> {
    let settings = Value::try_from(&rule.settings).context("cannot write a gateway rule")?;
    let mut table = match settings {
        Value::Table(table) => table,
        _ => Table::new(),
    };
    table.insert("name".to_owned(), rule.name.clone().into());
    Ok(table)
}
