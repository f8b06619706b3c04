//! The directory as it will be: what is there, changed element by element.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use vestibule_auth::{
    ApplicationValue, ResourceKind, Rule, check_token_holder, new_account, seal_api_key, taken, ten_digits,
};
use vestibule_crypto::{Argon2Params, Engine, KeyRing, Sealer, SecretHasher};
use vestibule_model::{
    AccountId, Actor, ApiKey, ApplicationId, ApplicationToken, AuditRecord, CheckValues, ConnectionId,
    GatewayRule, Generation, Means, Millis, NamedPolicy, Rng, SecretDigest, UserId, visible,
};
use vestibule_store::{AccountRows, Part};
use zeroize::Zeroizing;

use super::Present;
use super::application::check_given;
use super::difference::{Told, token_title};
use super::digest;
use super::problem::Problem;
use super::user_places::UserPlaces;

/// What is needed to make credentials.
pub(crate) struct Tools<'a> {
    pub(crate) rng: &'a dyn Rng,
    pub(crate) now: Millis,
    /// What hashes passwords, on as many threads as the machine has.
    pub(crate) engine: Engine,
    pub(crate) params: Argon2Params,
    pub(crate) sealer: Sealer,
    pub(crate) secrets: SecretHasher,
    /// The generation of the master key that both use: it must be in force still when what they made is stored.
    pub(crate) generation: Generation,
    /// Those of the master keys that are known, by which digests from elsewhere are judged.
    pub(crate) check_values: CheckValues,
    /// Who applies.
    pub(crate) actor: Actor,
}

impl<'a> Tools<'a> {
    /// The tools of an installation.
    pub(crate) fn new(
        keys: &KeyRing,
        rng: &'a dyn Rng,
        now: Millis,
        actor: Actor,
        hashing: &crate::config::HashingSettings,
    ) -> Self {
        Self {
            rng,
            now,
            engine: hashing.engine.0,
            params: hashing.params(),
            sealer: Sealer::derive(keys),
            secrets: SecretHasher::derive(keys),
            generation: keys.active(),
            check_values: keys.check_values(),
            actor,
        }
    }

    /// What the audit says of a change.
    pub(super) fn entry(&self, told: Told) -> AuditRecord {
        let means = match self.actor {
            Actor::CommandLine { .. } => Means::CommandLine,
            _ => Means::System,
        };
        AuditRecord {
            account: told.account,
            user: told.user,
            target: Some(told.target),
            before: told.before,
            after: told.after,
            ..AuditRecord::new(self.now, told.action, self.actor.clone(), means)
        }
    }

    /// Seals both secrets of a key.
    pub(super) fn seal(&self, key: &mut ApiKey, secret: &str, token_secret: &str) {
        seal_api_key(&self.sealer, self.rng, key, secret, token_secret);
    }
}

/// A secret that nobody knows yet but us.
#[derive(Debug)]
pub(crate) struct Generated {
    /// `user 12345678/alice`
    pub(crate) owner: String,
    /// `password`
    pub(crate) name: &'static str,
    /// The secret.
    pub(crate) value: String,
}

/// The directory in the making. Only accounts that the file names are in here.
pub(super) struct Draft {
    pub(super) accounts: BTreeMap<AccountId, AccountRows>,
    /// Accounts that are removed.
    pub(super) removed: BTreeSet<AccountId>,
    pub(super) gateway_rules: Vec<GatewayRule>,
    pub(super) generated: Vec<Generated>,
    /// What the file says in vain.
    pub(super) notes: Vec<String>,
    pub(super) passwords: Vec<NewPasswordOf>,
    highest_number: Option<i32>,
    /// Of the whole installation.
    user_ids: HashSet<UserId>,
    application_ids: HashSet<(ResourceKind, ApplicationId)>,
    connection_ids: HashSet<ConnectionId>,
    /// Whose ids are not given again.
    deleted: BTreeSet<Part>,
    /// Whose each token is or was before: one that is given up is free at the next run.
    tokens: HashMap<SecretDigest, TokenHolder>,
}

/// The application that has a token.
#[derive(Clone)]
struct TokenHolder {
    id: ApplicationId,
    /// As messages name it.
    title: String,
}

/// The kinds of things that have one space of ids.
const APPLICATIONS: [ResourceKind; 3] =
    [ResourceKind::ApiKey, ResourceKind::OauthClient, ResourceKind::ApplicationToken];

/// What a file says of a secret of which a digest is kept.
#[derive(Clone, Copy)]
pub(super) struct GivenSecret<'a> {
    pub(super) text: Option<&'a String>,
    /// As an export writes it.
    pub(super) digest: Option<&'a str>,
}

/// A password that is to be hashed, when everything else is known to be right.
pub(super) struct NewPasswordOf {
    pub(super) account: AccountId,
    /// Where among the account's users.
    pub(super) index: usize,
    pub(super) element: String,
    pub(super) text: Zeroizing<String>,
    /// Since when they have it; None: since now.
    pub(super) since: Option<Millis>,
}

/// One account in the making.
pub(super) struct AccountDraft {
    pub(super) rows: AccountRows,
    pub(super) users: UserPlaces,
    /// What the file has said something about.
    named: HashMap<(Option<ResourceKind>, i64), String>,
    /// What it removes, as messages name it.
    removed: HashSet<String>,
}

impl AccountDraft {
    pub(super) fn of(rows: AccountRows) -> Self {
        Self { users: UserPlaces::of(&rows.users), rows, named: HashMap::new(), removed: HashSet::new() }
    }

    /// Refuses what is declared a second time: the later would silently win. Without a kind: a user.
    pub(super) fn claim(
        &mut self,
        element: &str,
        kind: Option<ResourceKind>,
        id: i64,
    ) -> Result<(), Problem> {
        match self.named.insert((kind, id), element.to_owned()) {
            None => Ok(()),
            Some(other) if other == element => Err(Problem::new(element, "name", "declared twice")),
            Some(other) => {
                Err(Problem::new(element, "id", format_args!("declared twice: {other} has it as well")))
            }
        }
    }

    /// The same for what is removed, if it was there.
    pub(super) fn claim_removed(
        &mut self,
        element: &str,
        kind: Option<ResourceKind>,
        id: Option<i64>,
    ) -> Result<(), Problem> {
        self.removed.insert(element.to_owned());
        id.map_or(Ok(()), |id| self.claim(element, kind, id))
    }

    /// The ids of a kind that the file has said something about: what it removes keeps its id to itself for now.
    pub(super) fn claimed(&self, kind: ResourceKind) -> Vec<i64> {
        let of_kind = self.named.keys().filter(|(claimed, _)| *claimed == Some(kind));
        of_kind.map(|(_, id)| *id).collect()
    }

    /// Refuses to make anew what the file removes: each run would do both again.
    pub(super) fn expect_not_removed(&self, element: &str) -> Result<(), Problem> {
        let is_removed = self.removed.contains(element);
        if is_removed { Err(Problem::new(element, "name", "declared twice")) } else { Ok(()) }
    }

    /// Takes users away.
    pub(super) fn remove_users(&mut self, gone: &HashSet<i64>) {
        if gone.is_empty() {
            return;
        }
        let highest = self.users.highest_number;
        self.rows.users.retain(|user| !gone.contains(&user.id.0));
        self.users = UserPlaces::of(&self.rows.users);
        // A number that somebody had is nobody else's in the same transaction.
        self.users.highest_number = highest;
    }
}

impl Draft {
    pub(super) fn of(present: &Present) -> Self {
        let rows = || present.directory.accounts.iter();
        let keys = rows().flat_map(|rows| rows.api_keys.iter().map(|key| (ResourceKind::ApiKey, key.id)));
        let clients = rows()
            .flat_map(|rows| rows.oauth_clients.iter().map(|client| (ResourceKind::OauthClient, client.id)));
        let tokens =
            || rows().flat_map(|rows| rows.application_tokens.iter().map(|token| (rows.account.id, token)));
        Self {
            accounts: BTreeMap::new(),
            removed: BTreeSet::new(),
            gateway_rules: present.directory.gateway_rules.clone(),
            generated: Vec::new(),
            notes: Vec::new(),
            passwords: Vec::new(),
            highest_number: rows().map(|rows| rows.account.number).max(),
            user_ids: rows().flat_map(|rows| rows.users.iter().map(|user| user.id)).collect(),
            connection_ids: rows().flat_map(|rows| rows.connections.iter().map(|own| own.id)).collect(),
            application_ids: keys
                .chain(clients)
                .chain(tokens().map(|(_, token)| (ResourceKind::ApplicationToken, token.id)))
                .collect(),
            deleted: present.deleted.clone(),
            tokens: tokens()
                .flat_map(|(account, token)| {
                    let before = token.superseded.map(|before| before.values);
                    let holder = TokenHolder { id: token.id, title: token_title(account, &token.name) };
                    [Some(token.token), before]
                        .into_iter()
                        .flatten()
                        .map(move |digest| (digest, holder.clone()))
                })
                .collect(),
        }
    }

    /// An account as new ones are. A file that names no policy is of before there were any, and its passwords with it.
    pub(super) fn new_account(&self, id: AccountId, policy: Option<NamedPolicy>) -> AccountRows {
        let numbers = self.accounts.values().map(|rows| rows.account.number);
        let blank = new_account(id, numbers.chain(self.highest_number).max());
        AccountRows::empty(match policy {
            Some(policy) => policy.copied_into(blank),
            None => blank,
        })
    }

    /// Refuses a token that another application has, under whichever generation of the master key.
    pub(super) fn refuse_taken(
        &self,
        element: &str,
        token: &ApplicationToken,
        digests: &[SecretDigest],
    ) -> Result<(), Problem> {
        let mut owners = digests.iter().filter_map(|digest| self.tokens.get(digest));
        owners.try_for_each(|owner| Self::expect_holder(element, token.id, owner))
    }

    fn expect_holder(element: &str, token: ApplicationId, holder: &TokenHolder) -> Result<(), Problem> {
        check_token_holder(token, Some(holder.id)).map_err(|violation| {
            Problem::broken(element, violation.because(format_args!("{} has it", holder.title)))
        })
    }

    /// Takes a token for an application, unless another has it.
    pub(super) fn claim_token(&mut self, element: &str, token: &ApplicationToken) -> Result<(), Problem> {
        let mine = || TokenHolder { id: token.id, title: element.to_owned() };
        Self::expect_holder(element, token.id, self.tokens.entry(token.token).or_insert_with(mine))
    }

    fn expect_not_deleted(&self, element: &str, part: Part, rule: Rule) -> Result<(), Problem> {
        let is_deleted = self.deleted.contains(&part);
        if is_deleted { Err(Problem::broken(element, taken(rule))) } else { Ok(()) }
    }

    /// The id that is wanted, or one that nobody has.
    pub(super) fn new_user_id(
        &mut self,
        element: &str,
        wanted: Option<i64>,
        rng: &dyn Rng,
    ) -> Result<UserId, Problem> {
        if let Some(id) = wanted {
            self.expect_not_deleted(element, Part::User(UserId(id)), Rule::UserIdDeleted)?;
            let is_free = self.user_ids.insert(UserId(id));
            let refusal = || Problem::broken(element, taken(Rule::UserIdTaken));
            return is_free.then_some(UserId(id)).ok_or_else(refusal);
        }
        loop {
            let id = UserId(ten_digits(rng));
            if self.user_ids.insert(id) {
                return Ok(id);
            }
        }
    }

    /// The same for a connection.
    pub(super) fn new_connection_id(
        &mut self,
        element: &str,
        wanted: Option<i64>,
        rng: &dyn Rng,
    ) -> Result<ConnectionId, Problem> {
        if let Some(id) = wanted {
            self.expect_not_deleted(element, Part::Connection(ConnectionId(id)), Rule::ConnectionIdDeleted)?;
            let is_free = self.connection_ids.insert(ConnectionId(id));
            let refusal = || Problem::broken(element, taken(Rule::ConnectionIdTaken));
            return is_free.then_some(ConnectionId(id)).ok_or_else(refusal);
        }
        loop {
            let id = ConnectionId(ten_digits(rng));
            if self.connection_ids.insert(id) {
                return Ok(id);
            }
        }
    }

    /// The same for an application.
    pub(super) fn new_application_id(
        &mut self,
        element: &str,
        kind: ResourceKind,
        wanted: Option<i64>,
        rng: &dyn Rng,
    ) -> Result<ApplicationId, Problem> {
        if let Some(id) = wanted {
            let part = match kind {
                ResourceKind::OauthClient => Part::OauthClient(ApplicationId(id)),
                ResourceKind::ApplicationToken => Part::ApplicationToken(ApplicationId(id)),
                _ => Part::ApiKey(ApplicationId(id)),
            };
            self.expect_not_deleted(element, part, Rule::ApplicationIdDeleted)?;
            let is_free = self.application_ids.insert((kind, ApplicationId(id)));
            let refusal = || Problem::broken(element, taken(Rule::ApplicationIdTaken));
            return is_free.then_some(ApplicationId(id)).ok_or_else(refusal);
        }
        loop {
            let id = ApplicationId(ten_digits(rng));
            if APPLICATIONS.iter().all(|kind| !self.application_ids.contains(&(*kind, id))) {
                self.application_ids.insert((kind, id));
                return Ok(id);
            }
        }
    }

    /// What was declared, or a value that is generated for it, and told.
    pub(super) fn value(
        &mut self,
        owner: &str,
        value: ApplicationValue,
        declared: Option<&String>,
        rng: &dyn Rng,
    ) -> Result<String, Problem> {
        if let Some(declared) = declared {
            check_given(owner, value, declared)?;
            return Ok(declared.clone());
        }
        let generated = value.generate(rng);
        self.generate(owner, value.field(), &generated);
        Ok(generated)
    }

    /// The digest of what was declared, of what is generated, or the one that was declared itself.
    pub(super) fn digest(
        &mut self,
        owner: &str,
        value: ApplicationValue,
        given: GivenSecret<'_>,
        tools: &Tools<'_>,
    ) -> Result<SecretDigest, Problem> {
        match (given.text, given.digest) {
            (Some(_), Some(_)) => {
                let reason = format!("{}_digest is there as well: choose one", value.field());
                Err(Problem::new(owner, value.field(), reason))
            }
            (None, Some(text)) => digest::read(text, &tools.check_values)
                .map_err(|reason| Problem::new(owner, &format!("{}_digest", value.field()), reason)),
            (text, None) => {
                let text = self.value(owner, value, text, tools.rng)?;
                Ok(tools.secrets.digest(text.as_bytes()))
            }
        }
    }

    pub(super) fn generate(&mut self, owner: &str, name: &'static str, value: &str) {
        self.generated.push(Generated { owner: visible(owner), name, value: value.to_owned() });
    }
}
