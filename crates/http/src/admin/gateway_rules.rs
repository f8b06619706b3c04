//! `/admin/v1/gateway-rules`: what gateways let through, by name.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, Idempotency, Scope};
use vestibule_model::{
    Application, ApplicationId, GatewayCredential, GatewayRule, GatewayRuleSettings, IdentityHeader,
    Population, Rank, RefusalStyle, UserKind,
};

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::{AccountIdText, PathPatternText};
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, PathParameters, json};

/// What a rule asks for, and what is answered by it. An empty list asks for nothing; what is left out is the default.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = GatewayRuleDetails)]
pub(super) struct Details {
    /// What is taken, in the order in which it counts; anything else only contradicts. What shows a session
    /// of a user, unless told.
    credentials: Vec<GatewayCredential>,
    /// Of which accounts users have to be.
    #[schema(value_type = Vec<AccountIdText>, max_items = 1000)]
    accounts: Vec<String>,
    /// The privilege numbers that a user's profiles have to give, all of them.
    #[schema(max_items = 1000)]
    privileges: Vec<i32>,
    /// The rank that a user has to have at least.
    minimum_rank: Option<Rank>,
    user_kinds: Vec<UserKind>,
    populations: Vec<Population>,
    /// With which of these sessions have to have been opened.
    #[schema(max_items = 1000)]
    applications: Vec<RuleApplication>,
    /// Patterns of the target's path, of which one has to match: `/a/b`, `/a/*` for any one segment, `/a/**` for everything
    /// below.
    #[schema(value_type = Vec<PathPatternText>, max_items = 100)]
    paths: Vec<String>,
    refusals: RefusalStyle,
    /// What the service behind the gateway is told. What the default rule tells, unless told.
    identity_headers: Vec<IdentityHeader>,
    /// Whether sessions that were opened with an OAuth client are taken only from its addresses. Those of an API key always are.
    application_addresses: bool,
}

/// What a session was opened with.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GatewayRuleApplication)]
struct RuleApplication {
    kind: ApplicationKind,
    /// Which; `none` has no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    id: Option<i64>,
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = GatewayRuleApplicationKind)]
enum ApplicationKind {
    /// A user's own login.
    None,
    ApiKey,
    OauthClient,
    ApplicationToken,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GatewayRule)]
struct Item {
    name: String,
    #[serde(flatten)]
    #[schema(inline)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
struct GatewayRules {
    rules: Vec<Item>,
}

impl Default for Details {
    fn default() -> Self {
        details(&GatewayRuleSettings::default())
    }
}

/// Every rule of the gate, by name: 200 at most, and the rule `default`, which there always is.
#[utoipa::path(get, path = "/admin/v1/gateway-rules", tag = "gateway rules", security(("bearer" = [])), responses(
    (status = 200, body = GatewayRules), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let rules = admin.auth.administration().gateway_rules(&caller)?.iter().map(item).collect();
    Ok(json(StatusCode::OK, &GatewayRules { rules }))
}

/// One rule of the gate.
#[utoipa::path(get, path = "/admin/v1/gateway-rules/{name}", tag = "gateway rules", security(("bearer" = [])),
    params(("name" = String, Path)), responses((status = 200, body = Item), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(name): PathParameters<String>,
) -> Result<Response, AdminError> {
    let item = item(&admin.auth.administration().gateway_rule(&caller, &name)?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Makes a rule of the gate, or puts other settings in the place of all that it has. Checks that name it go by it at once.
#[utoipa::path(put, path = "/admin/v1/gateway-rules/{name}", tag = "gateway rules", security(("bearer" = [])),
    params(("name" = String, Path, pattern = "^[a-z0-9][a-z0-9-]*$", max_length = 64),
    ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)),
    request_body = Details, responses((status = 200, body = Item), (status = 409, body = Problem), (status = 412, body = Problem),
    (status = 422, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn set(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(name): PathParameters<String>,
    headers: HeaderMap,
    body: Result<JsonBody<Details>, AdminError>,
) -> Result<Response, AdminError> {
    admin.auth.administration().expect_account(&caller, Scope::WriteInstallation)?;
    let JsonBody(wanted) = body?;
    let condition = Condition::of_put(&headers);
    let rule = GatewayRule { name, settings: settings(wanted)? };
    let unchanged = |present: Option<&GatewayRule>| condition.require_of(present.map(item).as_ref());
    let administration = admin.auth.administration();
    let rule = administration.set_gateway_rule(&caller, rule, unchanged, Idempotency::none()).await?;
    let item = item(&rule);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Deletes a rule of the gate: checks that name it are refused from now on. The rule `default` goes back to what it was at first.
#[utoipa::path(delete, path = "/admin/v1/gateway-rules/{name}", tag = "gateway rules", security(("bearer" = [])),
    params(("name" = String, Path), ("If-Match" = String, Header)), responses((status = 204),
    (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(name): PathParameters<String>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &GatewayRule| condition.require(&item(present));
    admin.auth.administration().delete_gateway_rule(&caller, &name, unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(rule: &GatewayRule) -> Item {
    Item { name: rule.name.clone(), details: details(&rule.settings) }
}

fn details(settings: &GatewayRuleSettings) -> Details {
    let settings = settings.clone();
    Details {
        credentials: settings.credentials,
        accounts: settings.accounts.iter().map(ToString::to_string).collect(),
        privileges: settings.privileges,
        minimum_rank: settings.minimum_rank,
        user_kinds: settings.user_kinds,
        populations: settings.populations,
        applications: settings.applications.into_iter().map(shown).collect(),
        paths: settings.paths,
        refusals: settings.refusals,
        identity_headers: settings.identity_headers,
        application_addresses: settings.application_addresses,
    }
}

fn settings(details: Details) -> Result<GatewayRuleSettings, AdministrationError> {
    let accounts = details.accounts.iter().map(|id| {
        let none = || AdministrationError::invalid("accounts", format!("there is none with the id {id:?}"));
        id.parse().map_err(|_| none())
    });
    Ok(GatewayRuleSettings {
        credentials: details.credentials,
        accounts: accounts.collect::<Result<_, _>>()?,
        privileges: details.privileges,
        minimum_rank: details.minimum_rank,
        user_kinds: details.user_kinds,
        populations: details.populations,
        applications: details.applications.into_iter().map(application).collect::<Result<_, _>>()?,
        paths: details.paths,
        refusals: details.refusals,
        identity_headers: details.identity_headers,
        application_addresses: details.application_addresses,
    })
}

fn shown(application: Application) -> RuleApplication {
    let (kind, id) = match application {
        Application::None => (ApplicationKind::None, None),
        Application::ApiKey(id) => (ApplicationKind::ApiKey, Some(id.0)),
        Application::OauthClient(id) => (ApplicationKind::OauthClient, Some(id.0)),
        Application::Token(id) => (ApplicationKind::ApplicationToken, Some(id.0)),
    };
    RuleApplication { kind, id }
}

fn application(RuleApplication { kind, id }: RuleApplication) -> Result<Application, AdministrationError> {
    Ok(match (kind, id.map(ApplicationId)) {
        (ApplicationKind::None, None) => Application::None,
        (ApplicationKind::ApiKey, Some(id)) => Application::ApiKey(id),
        (ApplicationKind::OauthClient, Some(id)) => Application::OauthClient(id),
        (ApplicationKind::ApplicationToken, Some(id)) => Application::Token(id),
        (ApplicationKind::None, Some(_)) => {
            return Err(AdministrationError::invalid("applications", "none has no id"));
        }
        (_, None) => return Err(AdministrationError::invalid("applications", "each has an id, but none")),
    })
}
