//! The rules of API keys, OAuth clients and application tokens.

use ipnet::IpNet;
use vestibule_model::{Account, ApiKey, ApplicationToken, OauthClient};

use super::client_metadata;
use super::neighbours::{Installation, Neighbours, ResourceKind};
use super::numbered::id_violation;
use super::rule::Rule;
use super::texts::{name_violation, text_violation};
use super::violation::{Field, Ruled, Violation, changed};

/// How many OAuth clients an account may have: as many as API keys.
const MOST_CLIENTS: usize = ApiKey::MAX_PER_ACCOUNT;

/// How many networks an application may be used from.
const MOST_ADDRESSES: usize = 1_000;

impl Ruled for ApiKey {
    fn tidy(&mut self) {
        self.privileges.sort_unstable();
        self.privileges.dedup();
    }

    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let mut found = Vec::new();
        let renamed = changed(before, self, |key| &key.name);
        if renamed {
            found.extend(name_violation((Rule::ApiKeyNameLength, Rule::ApiKeyNameCharacters), &self.name));
        }
        let texts: [Field<Self, String>; 2] = [
            (Rule::ApiKeyDeveloper, |key| &key.developer),
            (Rule::ApiKeyDescription, |key| &key.description),
        ];
        let another = texts.into_iter().filter(|(_, text)| changed(before, self, text));
        found.extend(another.filter_map(|(rule, text)| text_violation(rule, text(self))));
        if changed(before, self, |key| &key.addresses) {
            found.extend(addresses(Rule::ApiKeyAddresses, &self.addresses));
        }
        if renamed && neighbours.has_other_named(ResourceKind::ApiKey, self.id.0, &self.name) {
            found.push(Violation::of(Rule::ApiKeyNameTaken));
        }
        if before.is_none() {
            found.extend(id_violation(Rule::ApplicationId, self.id.0));
            let new = Newcomer { kind: ResourceKind::ApiKey, id: self.id.0, neighbours };
            found.extend(room(Rule::ApiKeyCount, &new, Self::MAX_PER_ACCOUNT, "API keys"));
            found.extend(free(Rule::AppKeyTaken, &new, &self.app_key));
        }
        found
    }
}

impl Ruled for OauthClient {
    fn tidy(&mut self) {
        self.privileges.sort_unstable();
        self.privileges.dedup();
        client_metadata::tidy(&mut self.metadata);
    }

    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let mut found = Vec::new();
        if changed(before, self, |client| &client.name) {
            found.extend(name_violation((Rule::ClientNameLength, Rule::ClientNameCharacters), &self.name));
        }
        if changed(before, self, |client| &client.addresses) {
            found.extend(addresses(Rule::ClientAddresses, &self.addresses));
        }
        found.extend(client_metadata::violations(self, before, neighbours));
        if before.is_none() {
            found.extend(id_violation(Rule::ApplicationId, self.id.0));
            let new = Newcomer { kind: ResourceKind::OauthClient, id: self.id.0, neighbours };
            found.extend(room(Rule::ClientCount, &new, MOST_CLIENTS, "OAuth clients"));
            found.extend(free(Rule::ClientIdTaken, &new, &self.client_id));
        }
        found
    }
}

impl Ruled for ApplicationToken {
    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let mut found = Vec::new();
        if changed(before, self, |token| &token.name) {
            found.extend(name_violation((Rule::TokenNameLength, Rule::TokenNameCharacters), &self.name));
            let is_taken = neighbours.has_other_named(ResourceKind::ApplicationToken, self.id.0, &self.name);
            found.extend(is_taken.then(|| Violation::of(Rule::TokenNameTaken)));
        }
        if before.is_none() {
            found.extend(id_violation(Rule::ApplicationId, self.id.0));
            let new = Newcomer { kind: ResourceKind::ApplicationToken, id: self.id.0, neighbours };
            let most = Account::MAX_APPLICATION_TOKENS;
            found.extend(room(Rule::TokenCount, &new, most, "application tokens"));
        }
        found
    }
}

/// The audience of an ID token is the client, that of an application token the account: a client with an account's id would get
/// ID tokens that pass for application tokens. Asked of clients that are new.
pub fn client_id_violation(client: &OauthClient, installation: &dyn Installation) -> Option<Violation> {
    installation.has_account(&client.client_id).then(|| Violation::of(Rule::ClientIdOfAccount))
}

fn addresses(rule: Rule, addresses: &[IpNet]) -> Option<Violation> {
    (addresses.len() > MOST_ADDRESSES).then(|| Violation::with(rule, MOST_ADDRESSES))
}

/// Which thing is new, and beside what.
pub(super) struct Newcomer<'a> {
    pub(super) kind: ResourceKind,
    pub(super) id: i64,
    pub(super) neighbours: &'a dyn Neighbours,
}

/// Disabled ones count as well.
pub(super) fn room(rule: Rule, new: &Newcomer<'_>, most: usize, what: &str) -> Option<Violation> {
    let is_full = new.neighbours.others(new.kind, new.id) >= most;
    is_full.then(|| Violation::with(rule, format_args!("{most} {what}")))
}

/// What bots are tied to is one thing: no key and no client of the account has it.
fn free(rule: Rule, new: &Newcomer<'_>, public_id: &str) -> Option<Violation> {
    new.neighbours.has_other_application(new.kind, new.id, public_id).then(|| Violation::of(rule))
}
