//! Facts: rules of the gate belong to the installation, and are followed like the rest of the directory.

use vestibule_model::{GatewayRule, GatewayRuleSettings};

use super::given;
use super::samples::{HERE, account, gateway_rule, id, skill};
use crate::{Change, Changed, ChangedPart, DirectoryScope, PartRow, Sequence, Store, StoreError};

fn put(rule: GatewayRule) -> Change {
    Change::PutGatewayRule(rule.into())
}

fn delete(name: &str) -> Change {
    Change::DeleteGatewayRule(name.into())
}

async fn rules(store: &dyn Store) -> Vec<GatewayRule> {
    store.directory().await.unwrap().gateway_rules
}

async fn sequence(store: &dyn Store) -> Sequence {
    store.directory().await.unwrap().sequence
}

async fn changes(store: &dyn Store, after: Sequence) -> Vec<ChangedPart> {
    store.changes(after).await.unwrap().changed
}

fn as_they_are(rules: &[GatewayRule]) -> ChangedPart {
    ChangedPart { changed: Changed::GatewayRules, row: Some(PartRow::GatewayRules(rules.to_vec())) }
}

pub async fn a_rule_of_the_gate_is_read_back(store: &dyn Store) {
    let bare = GatewayRule { settings: GatewayRuleSettings::default(), ..gateway_rule("default") };
    given(store, [gateway_rule("reports"), bare.clone()].map(put)).await;
    let expected = [bare, gateway_rule("reports")];
    assert_eq!(rules(store).await, expected);
    assert_eq!(store.directory_without_users().await.unwrap().gateway_rules, expected);
}

pub async fn a_rule_of_the_gate_is_replaced_by_one_of_the_same_name(store: &dyn Store) {
    given(store, [put(gateway_rule("reports"))]).await;
    let other = GatewayRule { settings: GatewayRuleSettings::default(), ..gateway_rule("reports") };
    given(store, [put(other.clone())]).await;
    assert_eq!(rules(store).await, [other]);
}

pub async fn a_deleted_rule_of_the_gate_is_gone_and_may_be_made_again(store: &dyn Store) {
    given(store, ["a", "b"].map(gateway_rule).map(put)).await;
    given(store, [delete("a"), delete("none")]).await;
    assert_eq!(rules(store).await, [gateway_rule("b")]);
    given(store, [put(gateway_rule("a"))]).await;
    assert_eq!(rules(store).await, ["a", "b"].map(gateway_rule));
}

pub async fn a_rule_of_the_gate_outlives_the_accounts_that_it_names(store: &dyn Store) {
    given(store, [Change::PutAccount(account(HERE).into()), put(gateway_rule("a"))]).await;
    given(store, [Change::DeleteAccount(id(HERE))]).await;
    assert_eq!(rules(store).await, [gateway_rule("a")]);
}

pub async fn rules_of_the_gate_are_followed_all_together(store: &dyn Store) {
    let before = sequence(store).await;
    given(store, [put(gateway_rule("b"))]).await;
    given(store, [put(gateway_rule("a"))]).await;
    assert_eq!(changes(store, before).await, [as_they_are(&["a", "b"].map(gateway_rule))]);
    let before = sequence(store).await;
    given(store, [delete("a")]).await;
    assert_eq!(changes(store, before).await, [as_they_are(&[gateway_rule("b")])]);
    let before = sequence(store).await;
    given(store, [delete("a")]).await;
    assert_eq!(sequence(store).await, before);
}

pub async fn rules_of_the_gate_are_followed_beside_accounts(store: &dyn Store) {
    let before = sequence(store).await;
    let account = Change::PutAccount(account(HERE).into());
    given(store, [account, Change::PutSkill(id(HERE), skill(1)), put(gateway_rule("a"))]).await;
    let found = changes(store, before).await;
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains(&as_they_are(&[gateway_rule("a")])));
}

pub async fn what_rests_on_rules_of_the_gate_is_refused_when_one_changed(store: &dyn Store) {
    given(store, [Change::PutAccount(account(HERE).into())]).await;
    let on_rules = DirectoryScope::Part(Changed::GatewayRules);
    let on_account = DirectoryScope::Part(Changed::everything(id(HERE)));
    for (change, scope, is_met) in [
        (put(gateway_rule("a")), on_rules, true),
        (delete("a"), on_rules, true),
        (delete("a"), on_rules, false),
        (put(gateway_rule("a")), on_account, false),
        (Change::PutSkill(id(HERE), skill(1)), on_rules, false),
        (Change::DeleteAccount(id(HERE)), on_rules, false),
    ] {
        let since = sequence(store).await;
        given(store, [change.clone()]).await;
        let outcome = store.commit(vec![Change::ExpectUnchanged { since, scopes: vec![scope] }]).await;
        assert_eq!(matches!(outcome, Err(StoreError::DirectoryMoved)), is_met, "{change:?}");
    }
}
