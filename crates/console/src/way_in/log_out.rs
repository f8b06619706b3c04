//! `/console/logout`: the way out.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::cookies::SESSION;
use crate::refused::ConsoleError;
use crate::routes::LOGIN;
use crate::signed_in::{OwnPosted, Posted};
use crate::{ConsoleState, answer};

/// `POST`. Ends the session, and has the browser forget what it has seen of it.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    OwnPosted(Posted { signed_in, .. }): OwnPosted,
) -> Result<Response, ConsoleError> {
    console.administration().log_out_administrator(&signed_in.caller).await?;
    let mut answer = answer::see_other(&format!("{LOGIN}?done=signed-out"));
    SESSION.clear(answer.headers_mut(), signed_in.request.secure);
    let site_data = HeaderName::from_static("clear-site-data");
    answer.headers_mut().insert(site_data, HeaderValue::from_static("\"cache\""));
    Ok(answer)
}
