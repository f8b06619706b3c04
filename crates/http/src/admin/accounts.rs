//! `/admin/v1/accounts`: accounts with their policies, features and services.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vestibule_auth::{AccountSearch, AdministrationError, PageRequest, Scope};
use vestibule_model::{
    Account, AccountId, AccountState, Feature, LockoutPolicy, NamedPolicy, PasswordPolicy,
    SecondFactorPolicy, Service, SessionPolicy, SignOn,
};

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::{AccountIdText, Name, TimeZone};
use super::idempotency::{CreatedResponse, CreationState, Idempotent, KEY_DESCRIPTION, created};
use super::look::{LogoItem, LookFields};
use super::paging::limit;
use super::patch::Patch;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AccountQuery {
    /// Whose id or code has this in it, regardless of case, or whose number it is.
    text: Option<String>,
    /// In this state.
    state: Option<AccountState>,
    /// The most accounts in the page: 1 to 1000, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
}

/// What of an account can be changed. A change names the fields that it changes; policies likewise.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountDetails)]
pub(super) struct Details {
    /// The LiveVox client code; unique. The account's id unless told.
    #[schema(value_type = Name)]
    code: String,
    /// The LiveVox client number; unique. The next one unless told.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    number: i32,
    /// An IANA name such as `Europe/Athens`; `UTC` unless told.
    #[schema(value_type = TimeZone)]
    time_zone: String,
    state: AccountState,
    sign_on: SignOn,
    /// Whether a password is enough of users who show one; `required`: whoever has no second factor sets one up first.
    second_factor: SecondFactorPolicy,
    #[schema(value_type = Vec<Feature>)]
    features: BTreeSet<Feature>,
    /// The hosts that the Domain API names.
    #[schema(max_items = 1000)]
    services: Vec<Service>,
    password_policy: PasswordPolicy,
    lockout_policy: LockoutPolicy,
    agent_lockout_policy: LockoutPolicy,
    session_policy: SessionPolicy,
    livevox_session_policy: SessionPolicy,
    look: LookFields,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountItem {
    id: String,
    logo: Option<LogoItem>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Accounts)]
struct Page {
    accounts: Vec<AccountItem>,
    /// How many there are in all, on this page and on others.
    total: usize,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An account that is to be made: only the id is needed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
struct NewAccount {
    /// 1 to 20 of the characters A-Z, a-z, 0-9 and _
    #[schema(value_type = AccountIdText)]
    id: String,
    /// After which policy it is made: `modern` unless told. Policies of its own that the request names go over it.
    policy: Option<NamedPolicy>,
    #[schema(inline = false)]
    #[serde(flatten)]
    details: Details,
}

/// The accounts that are looked for and that the caller may see, in the order of their ids.
#[utoipa::path(get, path = "/admin/v1/accounts", tag = "accounts", security(("bearer" = [])), params(AccountQuery),
    responses((status = 200, body = Page), (status = 400, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    QueryParameters(wanted): QueryParameters<AccountQuery>,
) -> Result<Response, AdminError> {
    let page = PageRequest { limit: limit(wanted.limit)?, cursor: wanted.cursor.as_deref() };
    let search = AccountSearch { text: wanted.text, state: wanted.state };
    let page = admin.auth.administration().search_accounts(&caller, &search, page)?;
    let accounts = page.accounts.iter().map(item).collect();
    Ok(json(StatusCode::OK, &Page { accounts, total: page.total, next: page.next }))
}

/// Makes an account.
#[utoipa::path(post, path = "/admin/v1/accounts", tag = "accounts", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = NewAccount, responses((status = 201, body = AccountItem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn make(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    body: Result<Idempotent<Patch>, AdminError>,
) -> Result<Response, AdminError> {
    admin.auth.administration().expect_account(&caller, Scope::WriteInstallation)?;
    let Idempotent(mut patch, key) = body?;
    let pending = match key.begin(&admin, &caller, Scope::WriteInstallation).await? {
        CreationState::New(pending) => pending,
        CreationState::Replay(answer) => return Ok(answer),
    };
    let id: AccountId = patch.need("id")?;
    let policy = patch.take::<NamedPolicy>("policy")?.unwrap_or_default();
    let fill = |blank: Account| patch.over(&details(&blank))?.onto(&blank);
    let stored = |made: &Account| answer(made).stored();
    let made = admin
        .auth
        .administration()
        .make_account(&caller, id, policy, fill, pending.with_response(&stored))
        .await?;
    Ok(created(&answer(&made)))
}

/// One account.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}", tag = "accounts", security(("bearer" = [])),
    params(("account" = String, Path)), responses((status = 200, body = AccountItem), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
) -> Result<Response, AdminError> {
    let item = item(&admin.auth.administration().account_of_id(&caller, account_named(&account)?)?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Changes an account. Sessions end that it does not allow any more.
#[utoipa::path(patch, path = "/admin/v1/accounts/{account}", tag = "accounts", security(("bearer" = [])),
    params(("account" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Details, content_type = "application/merge-patch+json"),
    responses((status = 200, body = AccountItem), (status = 409, body = Problem), (status = 412, body = Problem),
    (status = 422, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    headers: HeaderMap,
    patch: Result<Patch, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    let patch = patch?;
    let condition = Condition::of_change(&headers);
    let edit = |present: &Account| patch.over(&details(present))?.onto(present);
    let unchanged = |present: &Account| condition.require(&item(present));
    let item = item(&admin.auth.administration().change_account(&caller, account, edit, unchanged).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Deletes an account with everything that belongs to it, and ends its sessions. What the audit tells of it stays.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}", tag = "accounts", security(("bearer" = [])),
    params(("account" = String, Path), ("If-Match" = String, Header)), responses((status = 204),
    (status = 409, body = Problem), (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &Account| condition.require(&item(present));
    admin.auth.administration().delete_account(&caller, account_named(&account)?, unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(made: &Account) -> CreatedResponse {
    let item = item(made);
    CreatedResponse::new(&format!("/admin/v1/accounts/{}", made.id), &item, &item)
}

/// An account as it is shown.
pub(super) fn item(account: &Account) -> AccountItem {
    let logo = account.look.logo.as_ref().map(|logo| LogoItem::of(account.id, logo));
    AccountItem { id: account.id.to_string(), logo, details: details(account) }
}

fn details(account: &Account) -> Details {
    let account = account.clone();
    Details {
        code: account.code,
        number: account.number,
        time_zone: account.time_zone,
        state: account.state,
        sign_on: account.sign_on,
        second_factor: account.second_factor,
        features: account.features,
        services: account.services,
        password_policy: account.password_policy,
        lockout_policy: account.lockout_policy,
        agent_lockout_policy: account.agent_lockout_policy,
        session_policy: account.session_policy,
        livevox_session_policy: account.livevox_session_policy,
        look: LookFields::of(account.look),
    }
}

impl Details {
    fn onto(self, account: &Account) -> Result<Account, AdministrationError> {
        Ok(Account {
            id: account.id,
            code: self.code,
            number: self.number,
            time_zone: self.time_zone,
            state: self.state,
            sign_on: self.sign_on,
            second_factor: self.second_factor,
            features: self.features,
            services: self.services,
            password_policy: self.password_policy,
            lockout_policy: self.lockout_policy,
            agent_lockout_policy: self.agent_lockout_policy,
            session_policy: self.session_policy,
            livevox_session_policy: self.livevox_session_policy,
            look: self.look.onto(&account.look)?,
        })
    }
}
