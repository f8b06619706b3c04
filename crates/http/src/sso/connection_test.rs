//! A test of a connection through a browser: which attempt is one, and what the page says at its end.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use vestibule_auth::{FederatedAttempt, TestError, TestId, TestReport, UsableConnection};
use vestibule_model::Dialect;
use vestibule_pages::Message;
use vestibule_serve::layers::Refusal;

use super::addresses::TEST;
use super::attempt::ATTEMPTS;
use super::finish;
use super::saml::ResponseForm;
use crate::api::ApiState;
use crate::pages::{AccountLook, PageRefused, PageRequest, answer};
use crate::query;

/// What a browser begins.
pub(super) struct Begun {
    pub(super) usable: Arc<UsableConnection>,
    pub(super) test: Option<TestId>,
}

/// The connection of this name, for a login if it is enabled, or for a test that waits for a browser.
///
/// # Errors
///
/// The page that says why not.
pub(super) fn begun(api: &ApiState, request: &PageRequest, connection: &str) -> Result<Begun, Box<Response>> {
    let refused = |refusal: Refusal| Box::new(PageRefused::from(refusal).into_response());
    let Some(test) = query::value(&request.query, TEST) else {
        let usable = super::enabled(api, request.account, connection).map_err(refused)?;
        return Ok(Begun { usable, test: None });
    };
    let test = TestId::read(&test);
    let awaited =
        test.and_then(|test| Some((api.auth.tested_connection(request.account, connection, test)?, test)));
    let (usable, test) = awaited.ok_or_else(|| Box::new(over(api, request)))?;
    Ok(Begun { usable, test: Some(test) })
}

/// What whoever goes through a test is told when no such test waits: the same, whether or not there was one.
pub(super) fn over(api: &ApiState, request: &PageRequest) -> Response {
    let text = "This test of a connection was used, is over, or there was none. Whoever administers the connection makes \
                another one: in the console, or by vestibule connection test ACCOUNT NAME --browser.";
    page(api, request, StatusCode::NOT_FOUND, ("Test over", text))
}

/// Ends the test of an attempt with a response, at whatever address of ours it came.
pub(super) async fn by_response(
    api: &ApiState,
    request: &PageRequest,
    form: ResponseForm,
    attempt: &FederatedAttempt,
) -> Result<Response, PageRefused> {
    let (_, connection) = attempt.place();
    let shown = form.shown(api, request, Some(connection), Some(attempt));
    let at = finish::log_in(api, request, Dialect::Pages, None);
    let report = api.auth.test_by_assertion(at, attempt, shown).await;
    let mut answer = told(api, request, report)?;
    ATTEMPTS.forget(answer.headers_mut(), attempt.key(), request.secure);
    Ok(answer)
}

/// What the browser shows at the end: whether the login would have been taken, or what refuses it first and what to do.
pub(super) fn told(
    api: &ApiState,
    request: &PageRequest,
    report: Result<Arc<TestReport>, TestError>,
) -> Result<Response, PageRefused> {
    let report = match report {
        Ok(report) => report,
        Err(TestError::Overloaded) => return Err(Refusal::Overloaded.into()),
        Err(TestError::Over) => return Ok(over(api, request)),
        Err(TestError::TooMany) => {
            let text = "Too much was refused that came from your address. Wait a minute, then open the address of the test again.";
            let mut told = page(api, request, StatusCode::TOO_MANY_REQUESTS, ("Test not made", text));
            answer::wait(told.headers_mut(), Some(60));
            return Ok(told);
        }
    };
    let whole = "Nobody was signed in. The whole report is where the test was made.";
    let (title, text) = if let Some(step) = report.refusing() {
        let (check, why) = (&step.check, step.refusal.as_deref().unwrap_or_default());
        let fix = step.fix.as_deref().unwrap_or_default();
        ("Test failed", format!("{check}: {why}. What to do: {fix}. {whole}"))
    } else {
        let user = report.user.as_deref().unwrap_or_default();
        ("Test passed", format!("This would sign in {user}. {whole}"))
    };
    Ok(page(api, request, StatusCode::OK, (title, &text)))
}

fn page(api: &ApiState, request: &PageRequest, status: StatusCode, (title, text): (&str, &str)) -> Response {
    let look = AccountLook::of(api, request.account);
    answer::page(status, &Message { look: look.look(), title, text, link: None, goes_to: None })
}
