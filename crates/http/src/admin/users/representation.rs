//! Users as the API writes and reads them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_model::{ConnectionId, Identity, Millis, Population, User, UserKind};

use crate::admin::forms::{Line, Name, Password, Subject};

/// What of a user can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserDetails)]
pub(in crate::admin) struct Details {
    /// What the user types; unique within account and population.
    #[schema(value_type = Name)]
    login_name: String,
    #[schema(value_type = Line)]
    full_name: String,
    /// What consumers see.
    #[schema(value_type = Line)]
    nickname: String,
    #[schema(value_type = Line)]
    email: String,
    /// Whether the user may log in and keep sessions.
    enabled: bool,
    /// Of a bot: the `app_key` or client id that it logs in with.
    allowed_app_key: Option<String>,
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    max_chats: i32,
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    max_async_chats: i32,
    /// Ids of profiles.
    profiles: Vec<i64>,
    /// Ids of skills.
    skills: Vec<i64>,
    /// The id of a group.
    member_of: Option<i64>,
    /// Ids of groups.
    manager_of: Vec<i64>,
    /// Whether another password must be chosen before the next login.
    pub(super) must_change_password: bool,
    /// As whom identity providers know the user: each of them one user has.
    #[schema(max_items = 100)]
    identities: Vec<UserIdentity>,
}

/// A user as an identity provider names them.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserIdentity {
    /// The id of a connection.
    connection: i64,
    /// The `NameID`, or the claim `sub`, letter by letter.
    #[schema(value_type = Subject)]
    subject: String,
}

/// What a tag names: a login is no change.
#[derive(Serialize, ToSchema)]
#[schema(as = UserItem)]
pub(in crate::admin) struct Item {
    id: i64,
    pid: Uuid,
    account: String,
    /// The LiveVox user number.
    number: i32,
    population: Population,
    kind: UserKind,
    has_password: bool,
    /// Times are milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_changed_at: Option<i64>,
    /// Since when too many failed logins have locked the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_at: Option<i64>,
    /// Whether the user has a second factor.
    has_second_factor: bool,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(in crate::admin) struct UserWithLastLogin {
    #[serde(flatten)]
    pub(super) item: Item,
    /// When they last opened a session: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Users)]
pub(in crate::admin) struct Page {
    pub(super) users: Vec<UserWithLastLogin>,
    /// How many there are in all, on this page and on others.
    pub(super) total: usize,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// A user who is to be made: the login name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(in crate::admin) struct NewUserBody {
    /// What the user types; unique within account and population.
    #[schema(value_type = Name)]
    login_name: String,
    /// `user` unless told.
    population: Option<Population>,
    /// `human` unless told.
    kind: Option<UserKind>,
    /// The first password; it has to be changed at the first login unless `must_change_password` is false.
    #[schema(value_type = Option<Password>)]
    password: Option<String>,
    #[serde(flatten)]
    details: Details,
}

pub(super) fn with_last_login(user: &User, last_login: Option<Millis>) -> UserWithLastLogin {
    UserWithLastLogin { item: item(user), last_login: last_login.map(Millis::as_unix) }
}

pub(super) fn item(user: &User) -> Item {
    Item {
        id: user.id.0,
        pid: user.pid,
        account: user.account.to_string(),
        number: user.number,
        population: user.population,
        kind: user.kind,
        has_password: user.password.is_some(),
        password_changed_at: user.password.as_ref().map(|password| password.changed_at.as_unix()),
        locked_at: user.locked_at.map(Millis::as_unix),
        has_second_factor: user.second_factor.is_some(),
        details: details(user),
    }
}

pub(super) fn details(user: &User) -> Details {
    Details {
        login_name: user.login_name.clone(),
        full_name: user.full_name.clone(),
        nickname: user.nickname.clone(),
        email: user.email.clone(),
        enabled: user.enabled,
        allowed_app_key: user.allowed_app_key.clone(),
        max_chats: user.max_chats,
        max_async_chats: user.max_async_chats,
        profiles: user.profiles.clone(),
        skills: user.skills.clone(),
        member_of: user.member_of,
        manager_of: user.manager_of.clone(),
        must_change_password: user.must_change_password,
        identities: user
            .identities
            .iter()
            .map(|one| UserIdentity { connection: one.connection.0, subject: one.subject.clone() })
            .collect(),
    }
}

impl Details {
    pub(super) fn onto(self, user: &mut User) {
        user.login_name = self.login_name;
        user.full_name = self.full_name;
        user.nickname = self.nickname;
        user.email = self.email;
        user.enabled = self.enabled;
        user.allowed_app_key = self.allowed_app_key;
        user.max_chats = self.max_chats;
        user.max_async_chats = self.max_async_chats;
        user.profiles = self.profiles;
        user.skills = self.skills;
        user.member_of = self.member_of;
        user.manager_of = self.manager_of;
        user.must_change_password = self.must_change_password;
        let identity =
            |one: UserIdentity| Identity { connection: ConnectionId(one.connection), subject: one.subject };
        user.identities = self.identities.into_iter().map(identity).collect();
    }
}
