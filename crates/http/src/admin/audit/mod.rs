//! `/admin/v1/audit`: read a page at a time, or exported whole.

mod entry;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vestibule_auth::{AuditExport, AuditFilter, AuditOrder, PageRequest};
use vestibule_model::{
    ApplicationId, AuditAction, AuditLine, Millis, NoTargetKey, RefusalId, SessionReference, TargetKey,
    UserId,
};

use vestibule_serve::PagedBody;

use super::AdminState;
use super::forms::{AccountIdText, ActorText, AddressText, TargetText};
use super::paging::{limit, total};
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, QueryParameters, account_of_filter, actor_of_filter, json};
use entry::Entry;

/// Which end comes first.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Order {
    NewestFirst,
    OldestFirst,
}

/// What an export is limited to. Every filter that is set has to be met.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// Of this account.
    #[param(value_type = Option<AccountIdText>)]
    account: Option<String>,
    /// About the user of this id.
    user: Option<i64>,
    /// About the session of this reference.
    session: Option<Uuid>,
    /// Of this action, such as `session-ended`.
    action: Option<AuditAction>,
    /// The one that tells of this refusal: the 16 digits that whoever was refused was told.
    #[param(min_length = 16, max_length = 16, pattern = "^[0-9A-Fa-f]{16}$")]
    refusal: Option<String>,
    /// Of what this one did: `user:ID`, `administration-token:ID`, `connection:ID`, `command-line`, `system` or `unknown`.
    #[param(inline, value_type = Option<ActorText>)]
    actor: Option<String>,
    /// Of what was done by means of the API key, OAuth client or application token of this id.
    application: Option<i64>,
    /// Of what was done from this address.
    #[param(inline, value_type = Option<AddressText>)]
    address: Option<IpAddr>,
    /// About this thing, which was made, changed or deleted: its kind, such as `user`, a colon and its id.
    #[param(inline, value_type = Option<TargetText>)]
    target: Option<String>,
    /// Not before this time: milliseconds since 1970.
    since: Option<i64>,
    /// Before this time.
    until: Option<i64>,
    /// The oldest first unless told.
    #[param(inline)]
    order: Option<Order>,
}

/// The same, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EntryQuery {
    /// Of this account.
    #[param(value_type = Option<AccountIdText>)]
    account: Option<String>,
    /// About the user of this id.
    user: Option<i64>,
    /// About the session of this reference.
    session: Option<Uuid>,
    /// Of this action, such as `session-ended`.
    action: Option<AuditAction>,
    /// The one that tells of this refusal: the 16 digits that whoever was refused was told.
    #[param(min_length = 16, max_length = 16, pattern = "^[0-9A-Fa-f]{16}$")]
    refusal: Option<String>,
    /// Of what this one did: `user:ID`, `administration-token:ID`, `connection:ID`, `command-line`, `system` or `unknown`.
    #[param(inline, value_type = Option<ActorText>)]
    actor: Option<String>,
    /// Of what was done by means of the API key, OAuth client or application token of this id.
    application: Option<i64>,
    /// Of what was done from this address.
    #[param(inline, value_type = Option<AddressText>)]
    address: Option<IpAddr>,
    /// About this thing, which was made, changed or deleted: its kind, such as `user`, a colon and its id.
    #[param(inline, value_type = Option<TargetText>)]
    target: Option<String>,
    /// Not before this time: milliseconds since 1970.
    since: Option<i64>,
    /// Before this time.
    until: Option<i64>,
    /// The newest first unless told.
    #[param(inline)]
    order: Option<Order>,
    /// The most entries in the page: 1 to 1000, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
    /// `true`: to be told also how many there are on all pages, which takes longer.
    total: Option<bool>,
}

/// A page. It may have fewer entries than were asked for, or none, although more follow: go on while there is `next`.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditPage)]
struct Page {
    #[schema(value_type = Vec<Entry>)]
    entries: Vec<AuditLine>,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How many there are on all pages, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    /// Whether that is the exact number; if not, there are at least so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_is_exact: Option<bool>,
}

/// The entries that the caller may see.
#[utoipa::path(get, path = "/admin/v1/audit", tag = "audit", security(("bearer" = [])), params(EntryQuery),
    responses((status = 200, body = Page), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    QueryParameters(wanted): QueryParameters<EntryQuery>,
) -> Result<Response, AdminError> {
    let (limit, cursor, is_counted) =
        (limit(wanted.limit)?, wanted.cursor.clone(), wanted.total == Some(true));
    let filter = Filters::from(wanted).filter(Order::NewestFirst)?;
    let administration = admin.auth.administration();
    let page = PageRequest { limit, cursor: cursor.as_deref() };
    let page = administration.audit_seen_by(&caller, filter.clone(), page).await?;
    let count =
        if is_counted { Some(administration.count_audit_seen_by(&caller, filter).await?) } else { None };
    let (total, total_is_exact) = total(count);
    let entries = page.entries.into_iter().map(AuditLine::from).collect();
    Ok(json(StatusCode::OK, &Page { entries, next: page.next, total, total_is_exact }))
}

/// Everything that the caller may see and that was written until now, as JSON lines: one entry in each. Leaves an entry of
/// its own, `audit-exported`. An answer that breaks off is not whole.
#[utoipa::path(get, path = "/admin/v1/audit/export", tag = "audit", security(("bearer" = [])), params(Filters),
    responses((status = 200, body = Entry, content_type = "application/jsonl"), (status = 400, body = Problem),
    (status = 403, body = Problem)))]
pub(super) async fn export(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    QueryParameters(filters): QueryParameters<Filters>,
) -> Result<Response, AdminError> {
    let filter = filters.filter(Order::OldestFirst)?;
    let export = admin.auth.administration().begin_audit_export(&caller, filter).await?;
    let headers = [
        (CONTENT_TYPE, "application/jsonl"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((
        headers,
        Body::new(PagedBody::of(export, move |export: AuditExport| {
            export.next_lines(Arc::clone(&admin.auth))
        })),
    )
        .into_response())
}

impl From<EntryQuery> for Filters {
    fn from(wanted: EntryQuery) -> Self {
        Self {
            account: wanted.account,
            user: wanted.user,
            session: wanted.session,
            action: wanted.action,
            refusal: wanted.refusal,
            actor: wanted.actor,
            application: wanted.application,
            address: wanted.address,
            target: wanted.target,
            since: wanted.since,
            until: wanted.until,
            order: wanted.order,
        }
    }
}

impl Filters {
    fn filter(self, order: Order) -> Result<AuditFilter, AdminError> {
        Ok(AuditFilter {
            account: self.account.as_deref().map(account_of_filter).transpose()?,
            user: self.user.map(UserId),
            session: self.session.map(|session| SessionReference(session.into_bytes())),
            action: self.action,
            refusal: self.refusal.as_deref().map(refusal).transpose()?,
            actor: self.actor.as_deref().map(actor_of_filter).transpose()?,
            application: self.application.map(ApplicationId),
            address: self.address,
            target: self.target.as_deref().map(target).transpose()?,
            since: self.since.map(Millis::from_unix),
            until: self.until.map(Millis::from_unix),
            order: match self.order.unwrap_or(order) {
                Order::NewestFirst => AuditOrder::NewestFirst,
                Order::OldestFirst => AuditOrder::OldestFirst,
            },
            ..AuditFilter::default()
        })
    }
}

fn refusal(text: &str) -> Result<RefusalId, AdminError> {
    let reason = "this is no id of a refusal: 16 hexadecimal digits".into();
    RefusalId::read(text).ok_or(AdminError::Malformed { field: "refusal".into(), reason })
}

fn target(text: &str) -> Result<TargetKey, AdminError> {
    let malformed =
        |error: NoTargetKey| AdminError::Malformed { field: "target".into(), reason: error.to_string() };
    text.parse().map_err(malformed)
}
