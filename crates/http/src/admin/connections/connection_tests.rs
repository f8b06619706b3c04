//! Tests of a connection through a browser: made here, gone through at the sign-on pages, read here again.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_auth::{AccountResourceId, ConnectionTest};
use vestibule_model::Connection;

use super::report::Report;
use crate::admin::AdminState;
use crate::admin::problem::{AdminError, Problem};
use crate::admin::request::{AuthenticatedCaller, PathParameters, account_named, json};
use crate::sso::addresses::test_address;

/// A test of a connection, which a browser goes through like a login.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionBrowserTest)]
struct Item {
    /// Beyond guessing: whoever has it may go through the test.
    id: String,
    /// Where a browser begins it.
    login_address: String,
    /// Until when it is kept: milliseconds since 1970.
    expires: i64,
    /// What came of it, once a browser has come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report>,
}

impl Item {
    fn of(admin: &AdminState, test: &ConnectionTest, connection: &Connection) -> Self {
        Self {
            id: test.id.to_string(),
            login_address: test_address(&admin.origins, test.account, connection, test.id),
            expires: test.expires.as_unix(),
            report: test.report.as_deref().cloned().map(Report::from),
        }
    }
}

/// Makes a test of the connection, which may be disabled. A browser that begins at `login_address` logs in at the identity provider; what comes back is
/// examined as a login is. Nobody is signed in here, no user is made, and nothing is used up. The test waits for ten minutes; an account has 50 at most, of which the oldest goes.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/connections/{id}/tests", tag = "connections",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Item), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(in crate::admin) async fn begin_test(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
) -> Result<Response, AdminError> {
    let at = AccountResourceId { account: account_named(&account)?, id };
    let (test, connection) = admin.auth.administration().begin_connection_test(&caller, at)?;
    Ok(json(StatusCode::OK, &Item::of(&admin, &test, &connection)))
}

/// A test of the connection, with its report once a browser has come back from the identity provider.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/connections/{id}/tests/{test}", tag = "connections",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path), ("test" = String, Path)),
    responses((status = 200, body = Item), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(in crate::admin) async fn read_test(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id, test)): PathParameters<(String, i64, String)>,
) -> Result<Response, AdminError> {
    let at = AccountResourceId { account: account_named(&account)?, id };
    let (test, connection) = admin.auth.administration().find_connection_test(&caller, at, &test)?;
    Ok(json(StatusCode::OK, &Item::of(&admin, &test, &connection)))
}
