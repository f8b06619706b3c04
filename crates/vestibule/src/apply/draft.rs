//! The directory as it will be: what is there, changed element by element.

use std::collections::{BTreeMap, HashMap, HashSet};

use vestibule_auth::{ApplicationValue, new_account, seal_api_key, ten_digits};
use vestibule_crypto::{Argon2Params, KeyRing, PasswordHasher, Sealer, SecretHasher};
use vestibule_model::{
    Account, AccountId, Actor, ApiKey, ApplicationId, ApplicationToken, AuditRecord, Generation, Means,
    Millis, NamedPolicy, Rng, SecretDigest, UserId,
};
use vestibule_store::{AccountRows, DirectoryRows};

use super::difference::{Told, token_title};
use super::problem::Problem;

/// What is needed to make credentials.
pub(crate) struct Tools<'a> {
    pub(crate) rng: &'a dyn Rng,
    pub(crate) now: Millis,
    pub(crate) hasher: PasswordHasher,
    pub(crate) params: Argon2Params,
    pub(crate) sealer: Sealer,
    pub(crate) secrets: SecretHasher,
    /// The generation of the master key that both use: it must be in force still when what they made is stored.
    pub(crate) generation: Generation,
    /// Who applies.
    pub(crate) actor: Actor,
}

impl<'a> Tools<'a> {
    /// The tools of an installation.
    pub(crate) fn new(
        keys: &KeyRing,
        (rng, now): (&'a dyn Rng, Millis),
        actor: Actor,
        hashing: &crate::config::HashingSettings,
    ) -> Self {
        Self {
            rng,
            now,
            hasher: PasswordHasher::new(hashing.engine.0),
            params: hashing.params(),
            sealer: Sealer::derive(keys),
            secrets: SecretHasher::derive(keys),
            generation: keys.active(),
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
            account: Some(told.account),
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
    pub(super) generated: Vec<Generated>,
    /// Of the whole installation.
    user_ids: HashSet<UserId>,
    application_ids: HashSet<ApplicationId>,
    codes: BTreeMap<String, AccountId>,
    numbers: BTreeMap<i32, AccountId>,
    /// Whose each token is or was before: one that is given up is free at the next run.
    tokens: HashMap<SecretDigest, (ApplicationId, String)>,
}

impl Draft {
    pub(super) fn of(directory: &DirectoryRows) -> Self {
        let rows = || directory.accounts.iter();
        let keys = rows().flat_map(|rows| rows.api_keys.iter().map(|key| key.id));
        let clients = rows().flat_map(|rows| rows.oauth_clients.iter().map(|client| client.id));
        let tokens =
            || rows().flat_map(|rows| rows.application_tokens.iter().map(|token| (rows.account.id, token)));
        Self {
            accounts: BTreeMap::new(),
            generated: Vec::new(),
            user_ids: rows().flat_map(|rows| rows.users.iter().map(|user| user.id)).collect(),
            application_ids: keys.chain(clients).chain(tokens().map(|(_, token)| token.id)).collect(),
            codes: rows().map(|rows| (rows.account.code.clone(), rows.account.id)).collect(),
            numbers: rows().map(|rows| (rows.account.number, rows.account.id)).collect(),
            tokens: tokens()
                .flat_map(|(account, token)| {
                    let before = token.superseded.map(|before| before.values);
                    let owner = (token.id, token_title(account, &token.name));
                    [Some(token.token), before]
                        .into_iter()
                        .flatten()
                        .map(move |digest| (digest, owner.clone()))
                })
                .collect(),
        }
    }

    /// An account as new ones are. A file that names no policy is of before there were any, and its passwords with it.
    pub(super) fn new_account(&self, id: AccountId, policy: Option<NamedPolicy>) -> AccountRows {
        let highest = self.numbers.last_key_value().map(|(number, _)| *number);
        let blank = new_account(id, highest);
        AccountRows::empty(match policy {
            Some(policy) => policy.copied_into(blank),
            None => blank,
        })
    }

    /// Takes code and number for an account, unless another has them.
    pub(super) fn claim(&mut self, element: &str, account: &Account) -> Result<(), Problem> {
        self.codes.retain(|_, owner| *owner != account.id);
        self.numbers.retain(|_, owner| *owner != account.id);
        if let Some(owner) = self.codes.insert(account.code.clone(), account.id) {
            return Err(Problem::new(
                element,
                "code",
                format_args!("{:?} is account {owner}'s", account.code),
            ));
        }
        if let Some(owner) = self.numbers.insert(account.number, account.id) {
            return Err(Problem::new(
                element,
                "number",
                format_args!("{} is account {owner}'s", account.number),
            ));
        }
        Ok(())
    }

    /// Refuses a token that another application has, under whichever generation of the master key.
    pub(super) fn refuse_taken(
        &self,
        element: &str,
        token: &ApplicationToken,
        digests: &[SecretDigest],
    ) -> Result<(), Problem> {
        let owners = digests.iter().filter_map(|digest| self.tokens.get(digest));
        match owners.into_iter().find(|(owner, _)| *owner != token.id) {
            Some((_, title)) => Err(Problem::new(element, "token", format_args!("this is that of {title}"))),
            None => Ok(()),
        }
    }

    /// Takes a token for an application, unless another has it.
    pub(super) fn claim_token(&mut self, element: &str, token: &ApplicationToken) -> Result<(), Problem> {
        let mine = || (token.id, element.to_owned());
        let (owner, title) = self.tokens.entry(token.token).or_insert_with(mine);
        if *owner == token.id {
            return Ok(());
        }
        Err(Problem::new(element, "token", format_args!("this is that of {title}")))
    }

    pub(super) fn new_user_id(&mut self, rng: &dyn Rng) -> UserId {
        loop {
            let id = UserId(ten_digits(rng));
            if self.user_ids.insert(id) {
                return id;
            }
        }
    }

    pub(super) fn new_application_id(&mut self, rng: &dyn Rng) -> ApplicationId {
        loop {
            let id = ApplicationId(ten_digits(rng));
            if self.application_ids.insert(id) {
                return id;
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
    ) -> String {
        declared.cloned().unwrap_or_else(|| {
            let generated = value.generate(rng);
            self.generate(owner, value.field(), &generated);
            generated
        })
    }

    pub(super) fn generate(&mut self, owner: &str, name: &'static str, value: &str) {
        self.generated.push(Generated { owner: owner.to_owned(), name, value: value.to_owned() });
    }
}
