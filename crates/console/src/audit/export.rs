//! `/console/audit/export`: the entries as a file of JSON lines, as the API has them. It is made while it is sent.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use vestibule_auth::{AuditExport, AuditFilter, AuditOrder};
use vestibule_serve::PagedBody;
use vestibule_serve::forms::Zone;

use super::filter;
use crate::filters::Asked;
use crate::refused::ConsoleError;
use crate::signed_in::Posted;
use crate::{ConsoleState, answer};

/// `POST`: an export is told in the audit itself.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let asked = Asked::sent(&fields, &filter::NAMES);
    let asked = asked.with_user_id(&console.administration(), &signed_in.caller)?;
    let wanted = filter::read(&asked, &Zone::of("UTC"))?;
    let wanted = AuditFilter { order: AuditOrder::OldestFirst, ..wanted };
    let export = console.administration().begin_audit_export(&signed_in.caller, wanted).await?;
    let lines =
        PagedBody::of(export, move |export: AuditExport| export.next_lines(Arc::clone(&console.auth)));
    let mut file = answer::with_headers(Response::new(Body::new(lines)));
    file.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
    let name = HeaderValue::from_static("attachment; filename=\"audit.jsonl\"");
    file.headers_mut().insert(CONTENT_DISPOSITION, name);
    Ok(file)
}
