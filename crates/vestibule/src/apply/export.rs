//! The directory as a file that brings it about: the other way round from the rest of this folder.

mod connection;

use std::collections::HashMap;

use anyhow::Context;
use serde::Serialize;
use toml::{Table, Value};
use vestibule_auth::open_api_key;
use vestibule_crypto::Sealer;
use vestibule_model::{
    Account, ApiKey, ApplicationToken, CheckValues, ClientMetadata, Group, Identity, Millis, OauthClient,
    PasswordCredential, Population, Profile, Service, SignOn, Skill, User, UserKind,
};
use vestibule_store::{AccountRows, DirectoryRows};
use zeroize::Zeroizing;

use self::connection::connection;
use super::{digest, gateway_rule, look};

/// What secrets are written with.
pub(crate) struct Secrets<'a> {
    /// Opens those of API keys.
    pub(crate) sealer: &'a Sealer,
    /// Name the master key that digests are kept under.
    pub(crate) check_values: CheckValues,
}

/// What may be written of secrets; None: nothing.
type Allowed<'a> = Option<&'a Secrets<'a>>;

/// The text of a file that brings this directory about.
pub(crate) fn exported(directory: &DirectoryRows, secrets: Allowed<'_>) -> anyhow::Result<Zeroizing<String>> {
    let accounts = directory.accounts.iter().map(|rows| account(rows, secrets));
    let accounts = accounts.collect::<anyhow::Result<Vec<Table>>>()?;
    let rules = directory.gateway_rules.iter().map(gateway_rule::exported);
    let mut file = Fields::default();
    file.put("account", accounts).list("gateway_rule", rules.collect::<anyhow::Result<_>>()?);
    let file = file.0;
    // As a value: so it writes the fields of a thing before the things in it.
    toml::to_string(&Value::Table(file)).map(Zeroizing::new).context("cannot write the directory as TOML")
}

/// A table that is filled field by field.
#[derive(Default)]
struct Fields(Table);

impl Fields {
    fn put(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// Words of the model, as it writes them.
    fn word(&mut self, key: &str, value: impl Serialize) -> anyhow::Result<&mut Self> {
        let value = Value::try_from(value).with_context(|| format!("cannot write {key}"))?;
        Ok(self.put(key, value))
    }

    fn list(&mut self, key: &str, things: Vec<Table>) -> &mut Self {
        if things.is_empty() { self } else { self.put(key, things) }
    }
}

fn account(rows: &AccountRows, secrets: Allowed<'_>) -> anyhow::Result<Table> {
    let names = Names::of(rows);
    let mut fields = settings(&rows.account)?;
    let profiles = rows.profiles.iter().map(profile).collect::<anyhow::Result<_>>()?;
    let keys = rows.api_keys.iter().map(|key| api_key(key, secrets)).collect::<anyhow::Result<_>>()?;
    let clients = rows.oauth_clients.iter().map(|client| oauth_client(client, &names, secrets));
    let tokens = rows.application_tokens.iter().map(|token| application_token(token, secrets));
    let connections = rows.connections.iter().map(|own| connection(own, &names, secrets));
    let users = rows.users.iter().map(|one| user(one, &rows.account, &names, secrets));
    fields
        .list("profile", profiles)
        .list("group", rows.groups.iter().map(|one| group(one, &names)).collect())
        .list("skill", rows.skills.iter().map(skill).collect())
        .list("service", rows.account.services.iter().map(service).collect())
        .list("api_key", keys)
        .list("oauth_client", clients.collect::<anyhow::Result<_>>()?)
        .list("application_token", tokens.collect())
        .list("connection", connections.collect::<anyhow::Result<_>>()?)
        .list("user", users.collect::<anyhow::Result<_>>()?);
    Ok(fields.0)
}

fn settings(account: &Account) -> anyhow::Result<Fields> {
    let mut fields = Fields::default();
    fields
        .put("id", account.id.as_str())
        .put("code", account.code.as_str())
        .put("number", i64::from(account.number))
        .put("time_zone", account.time_zone.as_str())
        .word("state", account.state)?
        .word("sign_on", account.sign_on)?
        .word("second_factor", account.second_factor)?
        .word("features", &account.features)?
        .word("password_policy", &account.password_policy)?
        .word("lockout_policy", &account.lockout_policy)?
        .word("agent_lockout_policy", &account.agent_lockout_policy)?
        .word("session_policy", &account.session_policy)?
        .word("livevox_session_policy", &account.livevox_session_policy)?;
    if let Some(look) = look::exported(&account.look) {
        fields.put("look", look);
    }
    Ok(fields)
}

fn profile(profile: &Profile) -> anyhow::Result<Table> {
    let mut fields = Fields::default();
    fields.put("id", profile.id).put("name", profile.name.as_str()).word("role", profile.role)?;
    fields.word("permissions", &profile.permissions)?;
    if let Some(rank) = profile.rank {
        fields.word("rank", rank)?;
    }
    Ok(fields.0)
}

fn group(group: &Group, names: &Names<'_>) -> Table {
    let mut fields = Fields::default();
    fields.put("id", group.id).put("name", group.name.as_str());
    if let Some(parent) = group.parent {
        fields.put("parent", names.group(parent));
    }
    fields.0
}

fn skill(skill: &Skill) -> Table {
    let mut fields = Fields::default();
    fields.put("id", skill.id).put("name", skill.name.as_str());
    fields.0
}

fn service(service: &Service) -> Table {
    let mut fields = Fields::default();
    fields.put("name", service.name.as_str());
    if let Some(host) = &service.base_uri {
        fields.put("base_uri", host.as_str());
    }
    fields.0
}

fn api_key(key: &ApiKey, secrets: Allowed<'_>) -> anyhow::Result<Table> {
    let mut fields = Fields::default();
    let addresses: Vec<String> = key.addresses.iter().map(ToString::to_string).collect();
    fields
        .put("id", key.id.0)
        .put("name", key.name.as_str())
        .put("developer", key.developer.as_str())
        .put("description", key.description.as_str())
        .put("enabled", key.enabled)
        .put("addresses", addresses)
        .put("app_key", key.app_key.as_str())
        .word("privileges", &key.privileges)?;
    if let Some(secrets) = secrets {
        let [secret, token_secret] = open_api_key(secrets.sealer, key)
            .with_context(|| format!("cannot open the secrets of the API key {:?}", key.name))?;
        let text = |secret: &[u8]| {
            let text = str::from_utf8(secret).map(str::to_owned);
            text.with_context(|| format!("a secret of the API key {:?} is no text", key.name))
        };
        fields
            .put("access_token", key.access_token.as_str())
            .put("secret", text(&secret)?)
            .put("access_token_secret", text(&token_secret)?);
    }
    Ok(fields.0)
}

fn put_metadata(fields: &mut Fields, metadata: &ClientMetadata, names: &Names<'_>) -> anyhow::Result<()> {
    let profiles = metadata.enabled_for_profiles.iter().map(|id| names.profile(*id));
    fields
        .put("display_name", metadata.display_name.as_str())
        .put("description", metadata.description.as_str())
        .put("logo_uri", metadata.logo_uri.as_str())
        .word("grant_types", &metadata.grant_types)?
        .put("redirect_uris", metadata.redirect_uris.clone())
        .put("public", metadata.public)
        .put("consent", metadata.consent)
        .put("scopes", metadata.scopes.clone())
        .word("refresh_rotation", metadata.refresh_rotation)?
        .put("enabled_for_profiles", profiles.collect::<Vec<Value>>())
        .put("resource_server", metadata.resource_server);
    Ok(())
}

fn oauth_client(client: &OauthClient, names: &Names<'_>, secrets: Allowed<'_>) -> anyhow::Result<Table> {
    let mut fields = Fields::default();
    let addresses: Vec<String> = client.addresses.iter().map(ToString::to_string).collect();
    fields
        .put("id", client.id.0)
        .put("name", client.name.as_str())
        .put("enabled", client.enabled)
        .put("addresses", addresses)
        .put("client_id", client.client_id.as_str())
        .word("privileges", &client.privileges)?;
    put_metadata(&mut fields, &client.metadata, names)?;
    if let Some(text) = secrets.and_then(|secrets| digest::text(&client.secret, &secrets.check_values)) {
        fields.put("secret_digest", text);
    }
    Ok(fields.0)
}

fn application_token(token: &ApplicationToken, secrets: Allowed<'_>) -> Table {
    let mut fields = Fields::default();
    fields.put("id", token.id.0).put("name", token.name.as_str()).put("enabled", token.enabled);
    if let Some(text) = secrets.and_then(|secrets| digest::text(&token.token, &secrets.check_values)) {
        fields.put("token_digest", text);
    }
    fields.0
}

fn user(user: &User, account: &Account, names: &Names<'_>, secrets: Allowed<'_>) -> anyhow::Result<Table> {
    let mut fields = Fields::default();
    let managed: Vec<Value> = user.manager_of.iter().map(|id| names.group(*id)).collect();
    fields
        .put("id", user.id.0)
        .put("pid", user.pid.to_string())
        .put("number", i64::from(user.number))
        .put("login_name", user.login_name.as_str())
        .word("kind", user.kind)?
        .put("full_name", user.full_name.as_str())
        .put("nickname", user.nickname.as_str())
        .put("email", user.email.as_str())
        .put("enabled", user.enabled)
        .put("max_chats", i64::from(user.max_chats))
        .put("max_async_chats", i64::from(user.max_async_chats))
        .put("profiles", user.profiles.iter().map(|id| names.profile(*id)).collect::<Vec<Value>>())
        .put("skills", user.skills.iter().map(|id| names.skill(*id)).collect::<Vec<Value>>())
        .put("manager_of", managed);
    // Whoever is given a generated password where the file is applied has to change that one.
    if user.must_change_password {
        fields.put("must_change_password", true);
    }
    if user.population == Population::Agent {
        fields.word("population", user.population)?;
    }
    if let Some(group) = user.member_of {
        fields.put("group", names.group(group));
    }
    if let Some(key) = &user.allowed_app_key {
        fields.put("allowed_app_key", key.as_str());
    }
    if !user.identities.is_empty() {
        let identity = |one: &Identity| {
            let mut fields = Fields::default();
            fields.put("connection", names.connection(one.connection.0)).put("subject", one.subject.as_str());
            fields.0
        };
        fields.put("identities", user.identities.iter().map(identity).collect::<Vec<Table>>());
    }
    if user.kind == UserKind::Human && user.password.is_none() && account.sign_on == SignOn::Password {
        fields.put("generate_password", false);
    }
    if secrets.is_some() {
        if let Some(password) = &user.password {
            put_password(&mut fields, password)?;
        }
        if let Some(since) = user.locked_at {
            fields.put("locked_since", time(since)?);
        }
    }
    Ok(fields.0)
}

fn put_password(fields: &mut Fields, password: &PasswordCredential) -> anyhow::Result<()> {
    fields.put("password_hash", password.hash.as_str()).put("password_changed", time(password.changed_at)?);
    if !password.history.is_empty() {
        fields.put("password_history", password.history.clone());
    }
    Ok(())
}

fn time(time: Millis) -> anyhow::Result<String> {
    let time = jiff::Timestamp::from_millisecond(time.as_unix()).context("a time out of range is stored")?;
    Ok(time.to_string())
}

/// Names that stand for one thing each.
struct Names<'a> {
    profiles: HashMap<i64, &'a str>,
    groups: HashMap<i64, &'a str>,
    skills: HashMap<i64, &'a str>,
    connections: HashMap<i64, &'a str>,
}

impl<'a> Names<'a> {
    fn of(rows: &'a AccountRows) -> Self {
        Self {
            profiles: unique(super::account::profiles(rows)),
            groups: unique(super::account::groups(rows)),
            skills: unique(super::account::skills(rows)),
            connections: unique(rows.connections.iter().map(|own| (own.id.0, own.name.as_str()))),
        }
    }

    fn profile(&self, id: i64) -> Value {
        name_or_id(&self.profiles, id)
    }

    fn group(&self, id: i64) -> Value {
        name_or_id(&self.groups, id)
    }

    fn connection(&self, id: i64) -> Value {
        name_or_id(&self.connections, id)
    }

    fn skill(&self, id: i64) -> Value {
        name_or_id(&self.skills, id)
    }
}

/// Things by id, without those whose name another has too, or that have none.
fn unique<'a>(things: impl Iterator<Item = (i64, &'a str)> + Clone) -> HashMap<i64, &'a str> {
    let mut holders: HashMap<&str, usize> = HashMap::new();
    things.clone().for_each(|(_, name)| *holders.entry(name).or_default() += 1);
    things.filter(|(_, name)| !name.is_empty() && holders.get(name) == Some(&1)).collect()
}

/// What is not there any more is meant by its id as well.
fn name_or_id(names: &HashMap<i64, &str>, id: i64) -> Value {
    names.get(&id).map_or(Value::Integer(id), |name| Value::String((*name).to_owned()))
}
