//! Accounts and what belongs to them, and which values must be unique among them.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_model::{
    Account, AccountId, ApiKey, Application, ApplicationId, ApplicationToken, Connection, ConnectionId,
    GatewayRule, Group, OauthClient, Profile, SecretDigest, Skill, User, UserId,
};

use crate::{
    AccountRows, ApplicationTouch, Changed, DigestHolder, DigestKind, Part, PartRow, SealHolder, StoreError,
};

/// Counts end here: databases know no larger number.
const MANY: u64 = i64::MAX.unsigned_abs();

#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) profiles: BTreeMap<(AccountId, i64), Profile>,
    pub(super) groups: BTreeMap<(AccountId, i64), Group>,
    pub(super) skills: BTreeMap<(AccountId, i64), Skill>,
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) api_keys: BTreeMap<ApplicationId, (AccountId, ApiKey)>,
    pub(super) oauth_clients: BTreeMap<ApplicationId, (AccountId, OauthClient)>,
    pub(super) application_tokens: BTreeMap<ApplicationId, (AccountId, ApplicationToken)>,
    pub(super) connections: BTreeMap<ConnectionId, (AccountId, Connection)>,
    pub(super) gateway_rules: BTreeMap<String, GatewayRule>,
    pub(super) retired: RetiredIds,
}

/// Ids of a kind of application, or of connections, that were deleted.
pub(super) type Retired<K = ApplicationId> = BTreeSet<K>;

/// Ids that are never given again.
#[derive(Clone, Debug, Default)]
pub(super) struct RetiredIds {
    pub(super) users: BTreeSet<UserId>,
    pub(super) api_keys: Retired,
    pub(super) oauth_clients: Retired,
    pub(super) application_tokens: Retired,
    pub(super) connections: Retired<ConnectionId>,
}

impl RetiredIds {
    pub(super) fn contains(&self, part: Part) -> bool {
        match part {
            Part::User(id) => self.users.contains(&id),
            Part::ApiKey(id) => self.api_keys.contains(&id),
            Part::OauthClient(id) => self.oauth_clients.contains(&id),
            Part::ApplicationToken(id) => self.application_tokens.contains(&id),
            Part::Connection(id) => self.connections.contains(&id),
            _ => false,
        }
    }
}

impl Directory {
    /// One account and everything that belongs to it.
    pub(super) fn rows(&self, id: AccountId) -> Option<AccountRows> {
        let users = self.users.values().filter(|user| user.account == id).cloned().collect();
        self.rows_without_users(id).map(|rows| AccountRows { users, ..rows })
    }

    /// The same without its users.
    pub(super) fn rows_without_users(&self, id: AccountId) -> Option<AccountRows> {
        Some(AccountRows {
            account: self.accounts.get(&id)?.clone(),
            profiles: numbered(&self.profiles, id),
            groups: numbered(&self.groups, id),
            skills: numbered(&self.skills, id),
            users: Vec::new(),
            api_keys: owned(&self.api_keys, id),
            oauth_clients: owned(&self.oauth_clients, id),
            application_tokens: owned(&self.application_tokens, id),
            connections: owned(&self.connections, id),
        })
    }

    /// Every rule of the gate, by name.
    pub(super) fn rules(&self) -> Vec<GatewayRule> {
        self.gateway_rules.values().cloned().collect()
    }

    /// A part as it is; None: it is not there, or an account with everything in it.
    pub(super) fn part(&self, changed: Changed) -> Option<PartRow> {
        let Changed::OfAccount { account, part } = changed else {
            return Some(PartRow::GatewayRules(self.rules()));
        };
        match part {
            Part::Everything => None,
            Part::Account => self.accounts.get(&account).cloned().map(Box::new).map(PartRow::Account),
            Part::Profile(id) => self.profiles.get(&(account, id)).cloned().map(PartRow::Profile),
            Part::Group(id) => self.groups.get(&(account, id)).cloned().map(PartRow::Group),
            Part::Skill(id) => self.skills.get(&(account, id)).cloned().map(PartRow::Skill),
            Part::ApiKey(id) => application(&self.api_keys, account, id).map(PartRow::ApiKey),
            Part::OauthClient(id) => application(&self.oauth_clients, account, id).map(PartRow::OauthClient),
            Part::ApplicationToken(id) => {
                application(&self.application_tokens, account, id).map(PartRow::ApplicationToken)
            }
            Part::Connection(id) => application(&self.connections, account, id).map(PartRow::Connection),
            Part::User(id) | Part::Credentials(id) => {
                let user = self.users.get(&id).filter(|user| user.account == account);
                user.cloned().map(Box::new).map(PartRow::User)
            }
        }
    }

    /// The application tokens of an account.
    pub(super) fn tokens(&self, account: AccountId) -> Vec<ApplicationToken> {
        owned(&self.application_tokens, account)
    }

    /// The user of this id.
    pub(super) fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    pub(super) fn put_account(&mut self, account: Account) -> Result<(), StoreError> {
        let mut others = self.accounts.values().filter(|other| other.id != account.id);
        if others.any(|other| other.code == account.code || other.number == account.number) {
            return refuse("the account's code or number is taken");
        }
        self.accounts.insert(account.id, account);
        Ok(())
    }

    pub(super) fn put_profile(&mut self, account: AccountId, profile: Profile) -> Result<(), StoreError> {
        self.expect_account(account)?;
        self.profiles.insert((account, profile.id), profile);
        Ok(())
    }

    pub(super) fn put_group(&mut self, account: AccountId, group: Group) -> Result<(), StoreError> {
        self.expect_account(account)?;
        self.groups.insert((account, group.id), group);
        Ok(())
    }

    pub(super) fn put_skill(&mut self, account: AccountId, skill: Skill) -> Result<(), StoreError> {
        self.expect_account(account)?;
        self.skills.insert((account, skill.id), skill);
        Ok(())
    }

    pub(super) fn put_user(&mut self, user: User) -> Result<(), StoreError> {
        self.expect_account(user.account)?;
        if self.users.get(&user.id).is_some_and(|before| before.account != user.account) {
            return refuse("the user belongs to another account");
        }
        if self.retired.users.contains(&user.id) {
            return refuse("the id is that of a deleted user");
        }
        let mut others =
            self.users.values().filter(|other| other.account == user.account && other.id != user.id);
        if others.any(|other| other.number == user.number || name_key(other) == name_key(&user)) {
            return refuse("the user's number or login name is taken in its account");
        }
        let mut identities = self.users.values().filter(|other| other.id != user.id);
        if identities.any(|other| other.identities.iter().any(|one| user.identities.contains(one)))
            || user.identities.iter().collect::<BTreeSet<_>>().len() < user.identities.len()
        {
            return refuse("an identity of the user is taken");
        }
        self.users.insert(user.id, user);
        Ok(())
    }

    pub(super) fn put_api_key(&mut self, account: AccountId, key: ApiKey) -> Result<(), StoreError> {
        self.expect_account(account)?;
        expect_unused(&self.retired.api_keys, key.id)?;
        expect_free(&self.api_keys, account, key.id, |other| other.app_key == key.app_key)?;
        self.api_keys.insert(key.id, (account, key));
        Ok(())
    }

    pub(super) fn put_oauth_client(
        &mut self,
        account: AccountId,
        client: OauthClient,
    ) -> Result<(), StoreError> {
        self.expect_account(account)?;
        expect_unused(&self.retired.oauth_clients, client.id)?;
        expect_free(&self.oauth_clients, account, client.id, |other| other.client_id == client.client_id)?;
        self.oauth_clients.insert(client.id, (account, client));
        Ok(())
    }

    pub(super) fn put_application_token(
        &mut self,
        account: AccountId,
        mut token: ApplicationToken,
    ) -> Result<(), StoreError> {
        self.expect_account(account)?;
        expect_unused(&self.retired.application_tokens, token.id)?;
        expect_free(&self.application_tokens, account, token.id, |other| other.name == token.name)?;
        let mut others = self.application_tokens.values().filter(|(_, other)| other.id != token.id);
        if others.any(|(_, other)| digests(other).any(|taken| digests(&token).any(|one| one == taken))) {
            return refuse("the application token is taken");
        }
        if let Some((_, before)) = self.application_tokens.get(&token.id) {
            (token.last_used, token.requests) = (before.last_used, before.requests);
        }
        token.requests = token.requests.min(MANY);
        self.application_tokens.insert(token.id, (account, token));
        Ok(())
    }

    pub(super) fn put_connection(
        &mut self,
        account: AccountId,
        connection: Connection,
    ) -> Result<(), StoreError> {
        self.expect_account(account)?;
        expect_unused(&self.retired.connections, connection.id)?;
        expect_free(&self.connections, account, connection.id, |other| other.name == connection.name)?;
        self.connections.insert(connection.id, (account, connection));
        Ok(())
    }

    /// The API keys and OAuth clients of an account, keys first, each by id.
    pub(super) fn keys_and_clients(&self, account: AccountId) -> Vec<Application> {
        let keys = self.api_keys.iter().filter(|(_, (of, _))| *of == account);
        let clients = self.oauth_clients.iter().filter(|(_, (of, _))| *of == account);
        let keys = keys.map(|(id, _)| Application::ApiKey(*id));
        keys.chain(clients.map(|(id, _)| Application::OauthClient(*id))).collect()
    }

    pub(super) fn touch_application(&mut self, touch: ApplicationTouch) {
        if let Some((_, token)) = self.application_tokens.get_mut(&touch.application) {
            token.last_used = token.last_used.max(Some(touch.last_used));
            token.requests = token.requests.saturating_add(touch.requests).min(MANY);
        }
    }

    /// Whether the holder has the secret that is sealed as `old`, which is `new` from now on.
    pub(super) fn reseal(&mut self, holder: SealHolder, old: &[u8], new: &[u8]) -> bool {
        let found = self.seals_of(holder).into_iter().filter(|sealed| **sealed == old);
        found.map(|sealed| new.clone_into(sealed)).count() > 0
    }

    fn seals_of(&mut self, holder: SealHolder) -> Vec<&mut Vec<u8>> {
        match holder {
            SealHolder::SigningKey(_) => Vec::new(),
            SealHolder::User(account, user) => {
                let user = self.users.get_mut(&user).filter(|user| user.account == account);
                let factor = user.and_then(|user| user.second_factor.as_mut());
                factor.into_iter().map(|factor| &mut factor.sealed).collect()
            }
            SealHolder::ApiKey(account, key) => {
                let key = self.api_keys.get_mut(&key).filter(|(of, _)| *of == account);
                let Some((_, key)) = key else { return Vec::new() };
                let before = key.superseded.iter_mut().map(|before| &mut before.values);
                let before = before
                    .flat_map(|values| [&mut values.sealed_secret, &mut values.sealed_access_token_secret]);
                [&mut key.sealed_secret, &mut key.sealed_access_token_secret]
                    .into_iter()
                    .chain(before)
                    .collect()
            }
            SealHolder::Connection(account, id) => {
                let connection = self.connections.get_mut(&id).filter(|(of, _)| *of == account);
                connection
                    .into_iter()
                    .flat_map(|(_, own)| own.seals_mut())
                    .map(|(_, sealed)| sealed)
                    .collect()
            }
        }
    }

    /// Whether the holder has the digest `old`, which is `new` from now on.
    pub(super) fn redo_digest(
        &mut self,
        holder: &DigestHolder,
        old: SecretDigest,
        new: SecretDigest,
    ) -> bool {
        let id = ApplicationId(holder.id);
        let is_mine = |of: &AccountId| Some(*of) == holder.account;
        let (present, before) = match holder.kind {
            DigestKind::ApplicationToken => match self.application_tokens.get_mut(&id) {
                Some((of, token)) if is_mine(of) => (&mut token.token, &mut token.superseded),
                _ => return false,
            },
            DigestKind::OauthClient => match self.oauth_clients.get_mut(&id) {
                Some((of, client)) if is_mine(of) => (&mut client.secret, &mut client.superseded),
                _ => return false,
            },
            DigestKind::AdministrationToken => return false,
        };
        let before = before.iter_mut().map(|before| &mut before.values);
        let found = std::iter::once(present).chain(before).filter(|digest| **digest == old);
        found.map(|digest| *digest = new).count() > 0
    }

    pub(super) fn expect_account(&self, id: AccountId) -> Result<(), StoreError> {
        if self.accounts.contains_key(&id) { Ok(()) } else { refuse("the account does not exist") }
    }
}

/// What an account has of a kind that is numbered within the account.
fn numbered<T: Clone>(rows: &BTreeMap<(AccountId, i64), T>, account: AccountId) -> Vec<T> {
    rows.range((account, i64::MIN)..=(account, i64::MAX)).map(|(_, row)| row.clone()).collect()
}

/// What an account has of a kind that is numbered in the installation.
fn owned<K, T: Clone>(rows: &BTreeMap<K, (AccountId, T)>, account: AccountId) -> Vec<T> {
    rows.values().filter(|(owner, _)| *owner == account).map(|(_, row)| row.clone()).collect()
}

fn expect_unused<K: Ord + Copy>(retired: &Retired<K>, id: K) -> Result<(), StoreError> {
    if retired.contains(&id) {
        refuse("the id is that of a deleted application or connection")
    } else {
        Ok(())
    }
}

/// Neither is the id another account's, nor is the name taken in this one.
fn expect_free<K: Ord + Copy, T>(
    rows: &BTreeMap<K, (AccountId, T)>,
    account: AccountId,
    id: K,
    same_name: impl Fn(&T) -> bool,
) -> Result<(), StoreError> {
    if rows.get(&id).is_some_and(|(owner, _)| *owner != account) {
        return refuse("the application or connection belongs to another account");
    }
    let mut others = rows.iter().filter(|(other, (owner, _))| **other != id && *owner == account);
    if others.any(|(_, (_, other))| same_name(other)) {
        return refuse("the application's key, client id or name is taken in its account");
    }
    Ok(())
}

/// What a token is found by.
fn digests(token: &ApplicationToken) -> impl Iterator<Item = SecretDigest> {
    [Some(token.token), token.superseded.map(|before| before.values)].into_iter().flatten()
}

fn name_key(user: &User) -> (vestibule_model::Population, String) {
    (user.population, user.population.name_key(&user.login_name))
}

pub(super) fn refuse(why: &str) -> Result<(), StoreError> {
    Err(StoreError::Constraint(why.to_owned()))
}

/// One of the applications or connections of an account.
fn application<K: Ord + Copy, T: Clone>(
    all: &BTreeMap<K, (AccountId, T)>,
    account: AccountId,
    id: K,
) -> Option<Box<T>> {
    all.get(&id).filter(|(owner, _)| *owner == account).map(|(_, application)| Box::new(application.clone()))
}
