//! How an account's pages look, as its account shows it; and `/admin/v1/accounts/{account}/logo`, which takes the logo as the bytes
//! of its file, so that neither an account nor a list of them is as long as its logos.

use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, Scope};
use vestibule_model::{Accent, Account, AccountId, Logo, LogoKind, Look};
use vestibule_serve::layers::LimitedBody;

use super::AdminState;
use super::accounts::{AccountItem, item};
use super::condition::{Condition, tagged};
use super::forms::{AccentText, ContactText, LookName, Picture};
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, PathParameters, account_named, json};
use crate::json::is_of_type;
use crate::pages::logo_address;

/// How the account's pages look; null is the look of nobody in particular.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Look)]
pub(super) struct LookFields {
    /// The name in the head of its pages.
    #[schema(value_type = Option<LookName>)]
    name: Option<String>,
    /// The colour of its buttons, `#rrggbb`. What is written on them, and the colour of links, is made so that it can be read.
    #[schema(value_type = Option<AccentText>)]
    accent: Option<String>,
    /// Whom somebody asks who has forgotten a password: an address for mail or of https, which is linked, or any other words.
    #[schema(value_type = Option<ContactText>)]
    contact: Option<String>,
}

impl LookFields {
    pub(super) fn of(look: Look) -> Self {
        let accent = look.accent.map(|accent| accent.to_string());
        Self { name: look.name, accent, contact: look.contact }
    }

    pub(super) fn onto(self, present: &Look) -> Result<Look, AdministrationError> {
        let accent = self.accent.as_deref().map(str::parse::<Accent>).transpose();
        let accent =
            accent.map_err(|error| AdministrationError::invalid("look.accent", error.to_string()))?;
        Ok(Look { name: self.name, accent, contact: self.contact, logo: present.logo.clone() })
    }
}

/// The logo of an account's pages, as `PUT …/logo` has set it.
#[derive(Serialize, ToSchema)]
#[schema(as = Logo)]
pub(super) struct LogoItem {
    /// `image/png`, `image/jpeg` or `image/webp`.
    #[serde(rename = "type")]
    media_type: String,
    /// In bytes.
    size: usize,
    /// Where pages load it; changes with its bytes.
    path: String,
}

impl LogoItem {
    pub(super) fn of(account: AccountId, logo: &Logo) -> Self {
        Self {
            media_type: logo.kind().map(LogoKind::media_type).unwrap_or_default().to_owned(),
            size: logo.bytes().len(),
            path: logo_address(account, logo),
        }
    }
}

/// The bytes of what is said to be a picture. Of which kind it is, they say themselves: programs that are made of the description say
/// one kind of all.
pub(super) struct PictureBody(Bytes);

impl FromRequest<AdminState> for PictureBody {
    type Rejection = AdminError;

    async fn from_request(request: Request, _admin: &AdminState) -> Result<Self, AdminError> {
        let (parts, body) = request.into_parts();
        if !LogoKind::ALL.into_iter().any(|kind| is_of_type(&parts.headers, kind.media_type())) {
            return Err(AdminError::NoPicture);
        }
        LimitedBody::read(&parts.extensions, body).await.0.map(Self).map_err(AdminError::Unread)
    }
}

/// Sets the logo of the account's pages: the bytes of a picture of at most 64 KiB and 1024 by 1024 pixels. It is shown on white.
#[utoipa::path(put, path = "/admin/v1/accounts/{account}/logo", tag = "accounts", security(("bearer" = [])),
    params(("account" = String, Path), ("If-Match" = String, Header)),
    request_body(content((Picture = "image/png"), (Picture = "image/jpeg"), (Picture = "image/webp"))),
    responses((status = 200, body = AccountItem), (status = 412, body = Problem),
    (status = 415, body = Problem, description = "The body is not said to be a picture."),
    (status = 422, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn set_logo(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    headers: HeaderMap,
    body: Result<PictureBody, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    let PictureBody(bytes) = body?;
    let logo = Logo::new(&*bytes);
    let condition = Condition::of_change(&headers);
    let edit = |present: &Account| Ok(with_logo(present, Some(logo.clone())));
    let unchanged = |present: &Account| condition.require(&item(present));
    let item = item(&admin.auth.administration().change_account(&caller, account, edit, unchanged).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Takes the logo of the account's pages away: they show the name.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/logo", tag = "accounts", security(("bearer" = [])),
    params(("account" = String, Path), ("If-Match" = String, Header)), responses((status = 204),
    (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn remove_logo(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    let condition = Condition::of_change(&headers);
    let edit = |present: &Account| Ok(with_logo(present, None));
    let unchanged = |present: &Account| condition.require(&item(present));
    admin.auth.administration().change_account(&caller, account, edit, unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn with_logo(present: &Account, logo: Option<Logo>) -> Account {
    Account { look: Look { logo, ..present.look.clone() }, ..present.clone() }
}
