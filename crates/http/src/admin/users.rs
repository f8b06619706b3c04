//! `/admin/v1/accounts/{account}/users`: users of both populations, their passwords and locks.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vestibule_auth::{AccountUser, AtNextLogin, NewUser, PageRequest, Scope, UserFilter};
use vestibule_model::{ConnectionId, Identity, Millis, Population, User, UserId, UserKind};
use zeroize::Zeroizing;

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::{Line, Name, Password, Subject};
use super::idempotency::{CreatedResponse, CreationState, Idempotent, KEY_DESCRIPTION, created};
use super::paging::limit;
use super::patch::Patch;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, PathParameters, QueryParameters, account_named, json};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UserQuery {
    population: Option<Population>,
    /// Whose login name begins so; agents' names regardless of case.
    name: Option<String>,
    /// Who may log in, or may not.
    enabled: Option<bool>,
    /// The most users in the page: 1 to 1000, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
}

/// What of a user can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserDetails)]
pub(super) struct Details {
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
    must_change_password: bool,
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
struct Item {
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
struct UserWithLastLogin {
    #[serde(flatten)]
    item: Item,
    /// When they last opened a session: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Users)]
struct Page {
    users: Vec<UserWithLastLogin>,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A user who is to be made: the login name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
struct NewUserBody {
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPassword {
    #[schema(value_type = Password)]
    password: String,
    /// Whether another one must be chosen at the next login: true unless told.
    #[serde(default = "yes")]
    must_change_password: bool,
}

/// The users of an account, in the order of their ids.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/users", tag = "users", security(("bearer" = [])),
    params(("account" = String, Path), UserQuery), responses((status = 200, body = Page),
    (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    wanted: Result<QueryParameters<UserQuery>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::ReadAccount(account))?;
    let QueryParameters(wanted) = wanted?;
    let page = PageRequest { limit: limit(wanted.limit)?, cursor: wanted.cursor.as_deref() };
    let filter =
        UserFilter { population: wanted.population, name_prefix: wanted.name, enabled: wanted.enabled };
    let page = admin.auth.administration().users(&caller, account, filter, page).await?;
    let last = |user: &User| page.last_logins.get(&user.id).copied();
    let users = page.users.iter().map(|user| with_last_login(user, last(user))).collect();
    Ok(json(StatusCode::OK, &Page { users, next: page.next }))
}

/// Makes a user.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/users", tag = "users", security(("bearer" = [])),
    params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)),
    request_body = NewUserBody, responses((status = 201, body = Item),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn make(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    body: Result<Idempotent<Patch>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    let Idempotent(mut patch, key) = body?;
    let pending = match key.begin(&admin, &caller, Scope::WriteAccount(account)).await? {
        CreationState::New(pending) => pending,
        CreationState::Replay(answer) => return Ok(answer),
    };
    let new = NewUser {
        population: patch.take("population")?.unwrap_or(Population::User),
        kind: patch.take("kind")?.unwrap_or(UserKind::Human),
        password: patch.take::<String>("password")?.map(Zeroizing::new),
    };
    let has_password = new.password.is_some();
    let fill = |user: &mut User| {
        let blank = Details { must_change_password: has_password, ..details(user) };
        patch.over(&blank)?.onto(user);
        name_by_login_name(user);
        Ok(())
    };
    let stored = |made: &User| answer(made).stored();
    let made = admin
        .auth
        .administration()
        .make_user(&caller, account, new, fill, pending.with_response(&stored))
        .await?;
    Ok(created(&answer(&made)))
}

/// One user.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/users/{user}", tag = "users", security(("bearer" = [])),
    params(("account" = String, Path), ("user" = i64, Path)),
    responses((status = 200, body = UserWithLastLogin), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
) -> Result<Response, AdminError> {
    let (account, id) = (account_named(&account)?, UserId(user));
    let user = admin.auth.administration().user_of_id(&caller, account, id)?;
    let seen = with_last_login(&user, admin.auth.administration().last_login(&caller, account, id).await?);
    Ok(tagged(json(StatusCode::OK, &seen), &seen.item))
}

/// Changes a user. Sessions end when the user is disabled, or gets other profiles or another key.
#[utoipa::path(patch, path = "/admin/v1/accounts/{account}/users/{user}", tag = "users",
    security(("bearer" = [])),
    params(("account" = String, Path), ("user" = i64, Path), ("If-Match" = String, Header)),
    request_body(content = Details, content_type = "application/merge-patch+json"),
    responses((status = 200, body = Item), (status = 409, body = Problem), (status = 412, body = Problem),
    (status = 422, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
    headers: HeaderMap,
    patch: Result<Patch, AdminError>,
) -> Result<Response, AdminError> {
    let target = AccountUser { account: account_named(&account)?, user: UserId(user) };
    admin.auth.administration().expect_user(&caller, target)?;
    let patch = patch?;
    let condition = Condition::of_change(&headers);
    let edit = |user: &mut User| {
        patch.over(&details(user))?.onto(user);
        Ok(())
    };
    let unchanged = |present: &User| condition.require(&item(present));
    let item = item(&admin.auth.administration().change_user(&caller, target, edit, unchanged).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Deletes a user, and ends their sessions. What the audit tells of them stays.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/users/{user}", tag = "users",
    security(("bearer" = [])),
    params(("account" = String, Path), ("user" = i64, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |user: &User| condition.require(&item(user));
    admin
        .auth
        .administration()
        .delete_user(
            &caller,
            AccountUser { account: account_named(&account)?, user: UserId(user) },
            unchanged,
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a user's password, and ends their sessions. A lock stays.
#[utoipa::path(put, path = "/admin/v1/accounts/{account}/users/{user}/password", tag = "users",
    security(("bearer" = [])), params(("account" = String, Path), ("user" = i64, Path)),
    request_body = SetPassword, responses((status = 204), (status = 404, body = Problem),
    (status = 412, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn set_password(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
    body: Result<JsonBody<SetPassword>, AdminError>,
) -> Result<StatusCode, AdminError> {
    let user = AccountUser { account: account_named(&account)?, user: UserId(user) };
    admin.auth.administration().expect_user(&caller, user)?;
    let JsonBody(wanted) = body?;
    let at_next_login =
        if wanted.must_change_password { AtNextLogin::MustChange } else { AtNextLogin::MayKeep };
    admin
        .auth
        .administration()
        .set_user_password(&caller, user, Zeroizing::new(wanted.password), at_next_login)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lifts the lock that failed logins have set, and forgets them.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/users/{user}/unlock", tag = "users",
    security(("bearer" = [])), params(("account" = String, Path), ("user" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn unlock(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
) -> Result<StatusCode, AdminError> {
    admin.auth.administration().unlock_user(&caller, account_named(&account)?, UserId(user)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the second factor of a user away whose device and recovery codes are lost: the password is enough from then on.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/users/{user}/second-factor", tag = "users",
    security(("bearer" = [])), params(("account" = String, Path), ("user" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn reset_second_factor(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
) -> Result<StatusCode, AdminError> {
    let (account, user) = (account_named(&account)?, UserId(user));
    admin.auth.administration().reset_second_factor(&caller, account, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

const fn yes() -> bool {
    true
}

/// Who is given no other names is called by the login name.
fn name_by_login_name(user: &mut User) {
    for name in [&mut user.full_name, &mut user.nickname] {
        if name.is_empty() {
            name.clone_from(&user.login_name);
        }
    }
}

fn answer(made: &User) -> CreatedResponse {
    let item = item(made);
    CreatedResponse::new(&format!("/admin/v1/accounts/{}/users/{}", made.account, made.id), &item, &item)
}

fn with_last_login(user: &User, last_login: Option<Millis>) -> UserWithLastLogin {
    UserWithLastLogin { item: item(user), last_login: last_login.map(Millis::as_unix) }
}

fn item(user: &User) -> Item {
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

fn details(user: &User) -> Details {
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
    fn onto(self, user: &mut User) {
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
