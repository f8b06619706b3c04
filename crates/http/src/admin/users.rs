//! `/admin/v1/accounts/{account}/users`: users of both populations, their passwords and locks.

mod representation;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_auth::{
    AccountUser, AtNextLogin, Idempotency, NewUser, PageRequest, Scope, UserOrder, UserSearch,
};
use vestibule_model::{Population, User, UserId, UserKind};
use zeroize::Zeroizing;

use self::representation::{
    Details, Item, NewUserBody, Page, UserWithLastLogin, details, item, with_last_login,
};
use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::Password;
use super::idempotency::{CreatedResponse, CreationState, Idempotent, KEY_DESCRIPTION, created};
use super::paging::limit;
use super::patch::Patch;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, PathParameters, QueryParameters, account_named, json};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UserQuery {
    /// Whose login name, full name, nickname or e-mail address has this in it, regardless of case, or whose id or number it is.
    text: Option<String>,
    /// Whose login name begins so; agents' names regardless of case.
    name: Option<String>,
    population: Option<Population>,
    kind: Option<UserKind>,
    /// Who may log in, or may not.
    enabled: Option<bool>,
    /// Whom failed logins keep out at present, or do not.
    locked: Option<bool>,
    /// `id` unless told.
    #[param(inline)]
    order: Option<Order>,
    /// The most users in the page: 1 to 1000, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
}

/// In which order: by id, by login name regardless of case, or those who logged in last first, who are 10,000 at most.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = UserOrder)]
enum Order {
    Id,
    LoginName,
    LastLogin,
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

/// The users of an account who are looked for, in an order.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/users", tag = "users", security(("bearer" = [])),
    params(("account" = String, Path), UserQuery), responses((status = 200, body = Page),
    (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, body = Problem)))]
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
    let search = UserSearch {
        text: wanted.text,
        name_prefix: wanted.name,
        population: wanted.population,
        kind: wanted.kind,
        enabled: wanted.enabled,
        locked: wanted.locked,
        connection: None,
        order: wanted.order.map_or_else(UserOrder::default, UserOrder::from),
    };
    let page = admin.auth.administration().search_users(&caller, account, &search, page).await?;
    let last = |user: &User| page.last_logins.get(&user.id).copied();
    let users = page.users.iter().map(|user| with_last_login(user, last(user))).collect();
    Ok(json(StatusCode::OK, &Page { users, total: page.total, next: page.next }))
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
        let mut blank = details(user);
        blank.must_change_password = has_password;
        patch.over(&blank)?.onto(user);
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
        .set_user_password(&caller, user, Zeroizing::new(wanted.password), at_next_login, Idempotency::none())
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

/// Takes the second factor of a user away whose device and recovery codes are lost.
///
/// From then on the password is enough, or, where a second factor is required, only to set up another. One's own is not reset (409):
/// it is removed at `/admin/v1/second-factor/remove`.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/users/{user}/second-factor", tag = "users",
    security(("bearer" = [])), params(("account" = String, Path), ("user" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn reset_second_factor(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
) -> Result<StatusCode, AdminError> {
    let (account, user) = (account_named(&account)?, UserId(user));
    admin.auth.administration().reset_second_factor(&caller, account, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Order> for UserOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::Id => Self::Id,
            Order::LoginName => Self::LoginName,
            Order::LastLogin => Self::LastLogin,
        }
    }
}

const fn yes() -> bool {
    true
}

fn answer(made: &User) -> CreatedResponse {
    let item = item(made);
    CreatedResponse::new(&format!("/admin/v1/accounts/{}/users/{}", made.account, made.id), &item, &item)
}
