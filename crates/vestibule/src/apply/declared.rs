//! What a file for `vestibule apply` may say. `None` is "as it is, or the default when it is new".

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::{Error, value::StrDeserializer};
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};
use uuid::Uuid;
use vestibule_model::{
    AccountId, AccountState, ApplicationId, ConnectionId, Feature, GrantType, Millis, NamedPolicy, Network,
    Population, Privilege, Rank, RefreshRotation, RoleType, SecondFactorPolicy, SignOn, Strength, UserId,
    UserKind,
};
use vestibule_store::Part;

use super::declared_connection::DeclaredConnection;
use super::gateway_rule::DeclaredGatewayRule;
use super::named_path::names_along;
use crate::input_error::{InputError, of_value, position};

/// A whole file. None of these types can be shown by `Debug`: they hold secrets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    #[serde(default, rename = "account")]
    pub(super) accounts: Vec<DeclaredAccount>,
    #[serde(default, rename = "gateway_rule")]
    pub(super) gateway_rules: Vec<DeclaredGatewayRule>,
}

impl Declared {
    /// Everything that it names by an id that is of the whole installation.
    pub(super) fn ids(&self) -> Vec<Part> {
        let of_account = |account: &DeclaredAccount| {
            let users = account.users.iter().filter_map(|user| Some(Part::User(UserId(user.id?))));
            let keys = account.api_keys.iter().filter_map(|key| Some(Part::ApiKey(ApplicationId(key.id?))));
            let clients = account.oauth_clients.iter();
            let clients = clients.filter_map(|client| Some(Part::OauthClient(ApplicationId(client.id?))));
            let tokens = account.application_tokens.iter();
            let tokens = tokens.filter_map(|token| Some(Part::ApplicationToken(ApplicationId(token.id?))));
            let connections = account.connections.iter();
            let connections = connections.filter_map(|own| Some(Part::Connection(ConnectionId(own.id?))));
            users.chain(keys).chain(clients).chain(tokens).chain(connections).collect::<Vec<_>>()
        };
        self.accounts.iter().flat_map(of_account).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredAccount {
    pub(super) id: AccountId,
    /// Takes it away, with everything in it; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    pub(super) code: Option<String>,
    pub(super) number: Option<i32>,
    pub(super) time_zone: Option<String>,
    pub(super) state: Option<AccountState>,
    pub(super) sign_on: Option<SignOn>,
    pub(super) second_factor: Option<SecondFactorPolicy>,
    pub(super) features: Option<BTreeSet<Feature>>,
    /// What a new account begins with; of one that is there already it changes nothing.
    pub(super) policy: Option<NamedPolicy>,
    /// Several keys of the password policy by one word; the policy's own keys go over it.
    pub(super) password_strength: Option<Strength>,
    /// Policies are laid over the present ones, key by key.
    pub(super) password_policy: Option<Table>,
    pub(super) lockout_policy: Option<Table>,
    pub(super) agent_lockout_policy: Option<Table>,
    pub(super) session_policy: Option<Table>,
    pub(super) livevox_session_policy: Option<Table>,
    pub(super) look: Option<DeclaredLook>,
    #[serde(default, rename = "profile")]
    pub(super) profiles: Vec<DeclaredProfile>,
    #[serde(default, rename = "group")]
    pub(super) groups: Vec<DeclaredGroup>,
    #[serde(default, rename = "skill")]
    pub(super) skills: Vec<DeclaredSkill>,
    #[serde(default, rename = "service")]
    pub(super) services: Vec<DeclaredService>,
    #[serde(default, rename = "api_key")]
    pub(super) api_keys: Vec<DeclaredApiKey>,
    #[serde(default, rename = "oauth_client")]
    pub(super) oauth_clients: Vec<DeclaredOauthClient>,
    #[serde(default, rename = "application_token")]
    pub(super) application_tokens: Vec<DeclaredApplicationToken>,
    #[serde(default, rename = "connection")]
    pub(super) connections: Vec<DeclaredConnection>,
    #[serde(default, rename = "user")]
    pub(super) users: Vec<DeclaredUser>,
}

/// How the account's pages look. "": none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredLook {
    pub(super) name: Option<String>,
    pub(super) accent: Option<String>,
    pub(super) contact: Option<String>,
    /// The bytes of a picture, in base64.
    pub(super) logo: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredProfile {
    pub(super) id: Option<i64>,
    pub(super) name: String,
    /// Takes it away; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    pub(super) role: Option<RoleType>,
    /// "": that of the role.
    #[serde(default, deserialize_with = "rank")]
    pub(super) rank: Option<DeclaredRank>,
    pub(super) permissions: Option<BTreeSet<i32>>,
}

/// The rank that a profile gives; None: that of its role.
pub(super) struct DeclaredRank(pub(super) Option<Rank>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredGroup {
    pub(super) id: Option<i64>,
    pub(super) name: String,
    /// Takes it away; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    /// The group above; "": none.
    pub(super) parent: Option<IdOrName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredSkill {
    pub(super) id: Option<i64>,
    pub(super) name: String,
    /// Takes it away; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredService {
    pub(super) name: String,
    /// Takes it away; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    /// "": this server.
    pub(super) base_uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredApiKey {
    /// Finds it under whatever name; the id of a new one, if there is none of this id.
    pub(super) id: Option<i64>,
    pub(super) name: String,
    /// Takes it away, and ends its sessions; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    pub(super) developer: Option<String>,
    pub(super) description: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) privileges: Option<BTreeSet<Privilege>>,
    #[serde(default, deserialize_with = "networks")]
    pub(super) addresses: Option<Vec<Network>>,
    pub(super) app_key: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) secret: Option<String>,
    pub(super) access_token: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) access_token_secret: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredOauthClient {
    /// Finds it under whatever name; the id of a new one, if there is none of this id.
    pub(super) id: Option<i64>,
    pub(super) name: String,
    /// Takes it away, and ends its sessions; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    pub(super) enabled: Option<bool>,
    pub(super) privileges: Option<BTreeSet<Privilege>>,
    #[serde(default, deserialize_with = "networks")]
    pub(super) addresses: Option<Vec<Network>>,
    pub(super) display_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) logo_uri: Option<String>,
    pub(super) grant_types: Option<BTreeSet<GrantType>>,
    pub(super) redirect_uris: Option<Vec<String>>,
    pub(super) public: Option<bool>,
    pub(super) consent: Option<bool>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) refresh_rotation: Option<RefreshRotation>,
    pub(super) enabled_for_profiles: Option<BTreeSet<IdOrName>>,
    pub(super) resource_server: Option<bool>,
    pub(super) client_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) secret: Option<String>,
    /// For one that is new: what an export has in the place of `secret`.
    #[serde(default, deserialize_with = "secret")]
    pub(super) secret_digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredApplicationToken {
    /// Finds it under whatever name; the id of a new one, if there is none of this id.
    pub(super) id: Option<i64>,
    /// What it is known by within the account.
    pub(super) name: String,
    /// Takes it away, and ends its sessions; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    pub(super) enabled: Option<bool>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) token: Option<String>,
    /// For one that is new: what an export has in the place of `token`.
    #[serde(default, deserialize_with = "secret")]
    pub(super) token_digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredUser {
    /// Finds it under whatever name; the id of a new one, if there is none of this id.
    pub(super) id: Option<i64>,
    pub(super) login_name: String,
    /// Takes it away, and ends their sessions; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    #[serde(default = "user_population")]
    pub(super) population: Population,
    pub(super) kind: Option<UserKind>,
    pub(super) full_name: Option<String>,
    pub(super) nickname: Option<String>,
    pub(super) email: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) profiles: Option<BTreeSet<IdOrName>>,
    /// "": none.
    pub(super) group: Option<IdOrName>,
    pub(super) manager_of: Option<BTreeSet<IdOrName>>,
    pub(super) skills: Option<BTreeSet<IdOrName>>,
    pub(super) max_chats: Option<i32>,
    pub(super) max_async_chats: Option<i32>,
    /// "": none.
    pub(super) allowed_app_key: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) password: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) password_hash: Option<String>,
    #[serde(default, deserialize_with = "point_in_time")]
    pub(super) password_changed: Option<Millis>,
    pub(super) must_change_password: Option<bool>,
    /// Taken with `password_hash`: the hashes before it, newest first.
    #[serde(default, deserialize_with = "secrets")]
    pub(super) password_history: Option<Vec<String>>,
    /// Whether somebody who needs a password and has none gets one: true unless told.
    pub(super) generate_password: Option<bool>,
    /// Of somebody who is new: since when too many failed logins have locked them.
    #[serde(default, deserialize_with = "point_in_time")]
    pub(super) locked_since: Option<Millis>,
    /// Of somebody who is new; it does not change.
    pub(super) pid: Option<Uuid>,
    /// Of somebody who is new; it does not change.
    pub(super) number: Option<i32>,
    /// Only `false` is allowed.
    pub(super) locked: Option<bool>,
    /// Only `false` is allowed.
    pub(super) second_factor: Option<bool>,
    /// As whom identity providers know them.
    pub(super) identities: Option<Vec<DeclaredIdentity>>,
}

/// A profile, group or skill of the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged, expecting = "this must be a name or an id")]
pub(super) enum IdOrName {
    /// The one of this id: of several with one name, or one that has none any more.
    Id(i64),
    /// The one of this name.
    Name(String),
}

impl Declared {
    /// Reads a file's text. `path` is for messages.
    pub(crate) fn read(path: &Path, text: &str) -> Result<Self, InputError> {
        let shown = path.display().to_string();
        let document =
            toml::Deserializer::parse(text).map_err(|error| InputError::toml(&shown, text, &error))?;
        serde_path_to_error::deserialize(document).map_err(|error| {
            let place = format!("{shown}{}", position(text, error.inner()));
            let key = format!("{}{}", error.path(), names_along(text, error.path()));
            InputError::at(place, key, of_value(error.inner().message()))
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredIdentity {
    /// By name or id.
    pub(super) connection: IdOrName,
    pub(super) subject: String,
}

const fn user_population() -> Population {
    Population::User
}

pub(super) fn rank<'de, D: Deserializer<'de>>(value: D) -> Result<Option<DeclaredRank>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() {
        return Ok(Some(DeclaredRank(None)));
    }
    Rank::deserialize(StrDeserializer::<D::Error>::new(&text)).map(|rank| Some(DeclaredRank(Some(rank))))
}

fn networks<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Vec<Network>>, D::Error> {
    let texts = Vec::<String>::deserialize(value)?;
    texts.iter().map(|text| text.parse()).collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}

/// A secret, which no message repeats, whatever it is.
pub(super) fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    match toml::Value::deserialize(value)? {
        toml::Value::String(text) => Ok(Some(text)),
        _ => Err(D::Error::custom("expected a string")),
    }
}

/// The same for a list.
fn secrets<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Vec<String>>, D::Error> {
    let list = match Value::deserialize(value)? {
        Value::Array(items) => items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    list.map(Some).ok_or_else(|| D::Error::custom("expected a list of strings"))
}

/// RFC 3339, as text or as TOML's own date with time.
fn point_in_time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Millis>, D::Error> {
    let text = match Value::deserialize(value)? {
        Value::String(text) => text,
        Value::Datetime(time) => time.to_string(),
        _ => return Err(D::Error::custom("this must be a point in time such as 2026-01-31T12:00:00Z")),
    };
    let time: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
    Ok(Some(Millis::from_unix(time.as_millisecond())))
}
