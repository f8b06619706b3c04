//! The answers to a gateway: who it is, in headers, or a refusal in the shape of the credential.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;
use vestibule_auth::{
    ApplicationMethod, ApplicationPrincipal, Granted, Objection, Principal, RecallError, Unauthenticated,
};
use vestibule_model::{Application, IdentityHeader, Millis, RefusalStyle};
use vestibule_serve::layers::{Cause, Fields, PlainResponse};

use crate::admin::typed_problem;
use crate::credentials::PresentedKind;
use crate::liveperson::SessionFailure;
use crate::livevox::error_body;
use crate::words;

/// What a check comes to, in whichever protocol it is asked.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The request may pass, and these headers say whose it is. The gateway puts them over whatever the client sent.
    Allowed(Fields),
    /// It may not, and this is what the client is answered.
    Refused(PlainResponse),
}

impl Outcome {
    /// The same, where the log says by which rule it was refused, if it says anything.
    pub(super) fn by_rule(self, rule: &str) -> Self {
        match self {
            Self::Refused(PlainResponse { cause: Some(Cause(source)), status, fields, body }) => {
                let cause = Some(Cause(Arc::new(ByRule { rule: rule.to_owned(), source })));
                Self::Refused(PlainResponse { cause, status, fields, body })
            }
            other => other,
        }
    }
}

/// Why something was refused, and by which rule.
#[derive(Debug, thiserror::Error)]
#[error("by the rule {rule}")]
struct ByRule {
    rule: String,
    source: Arc<dyn Error + Send + Sync>,
}

impl From<Outcome> for PlainResponse {
    /// Over HTTP, where the answer to the gateway is also that to the client.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allowed(mut fields) => {
                fields.set(CACHE_CONTROL, "no-store");
                Self { status: StatusCode::OK, fields, body: Cow::Borrowed(b""), cause: None }
            }
            Outcome::Refused(answer) => answer,
        }
    }
}

/// What the rule tells of who it is. Every header is always there, also when it is empty, so that none that a client sent survives.
pub(super) fn identity(principal: Principal<'_>, told: &[IdentityHeader], now: Millis) -> Fields {
    let mut fields = Fields::default();
    for header in IdentityHeader::ALL {
        fields.add(name(header), |text| {
            if told.contains(&header) {
                match &principal {
                    Principal::Session(granted) => push(text, header, granted, now),
                    Principal::Application(application) => push_application(text, header, application),
                }
            }
        });
    }
    fields
}

/// Names are checked when they are compiled, not at every answer.
const fn name(header: IdentityHeader) -> HeaderName {
    match header {
        IdentityHeader::Account => const { HeaderName::from_static("x-vestibule-account") },
        IdentityHeader::User => const { HeaderName::from_static("x-vestibule-user") },
        IdentityHeader::UserName => const { HeaderName::from_static("x-vestibule-user-name") },
        IdentityHeader::Application => const { HeaderName::from_static("x-vestibule-application") },
        IdentityHeader::Session => const { HeaderName::from_static("x-vestibule-session") },
        IdentityHeader::Roles => const { HeaderName::from_static("x-vestibule-roles") },
        IdentityHeader::Privileges => const { HeaderName::from_static("x-vestibule-privileges") },
        IdentityHeader::SecondsLeft => const { HeaderName::from_static("x-vestibule-seconds-left") },
        IdentityHeader::Skills => const { HeaderName::from_static("x-vestibule-skills") },
        IdentityHeader::MaxChats => const { HeaderName::from_static("x-vestibule-max-chats") },
        IdentityHeader::MaxAsyncChats => const { HeaderName::from_static("x-vestibule-max-async-chats") },
        IdentityHeader::Method => const { HeaderName::from_static("x-vestibule-method") },
    }
}

/// Writes the value of a header about an application in its own name. Those about a user are empty.
fn push_application(text: &mut String, header: IdentityHeader, principal: &ApplicationPrincipal<'_>) {
    match header {
        IdentityHeader::Account => text.push_str(principal.account.account.id.as_str()),
        IdentityHeader::Application => push_id(text, principal.application),
        IdentityHeader::Method => text.push_str(match principal.method {
            ApplicationMethod::ApiKeySignature => "api-key-signature",
            ApplicationMethod::OauthClientToken => "oauth-client-token",
        }),
        _ => {}
    }
}

fn push_id(text: &mut String, application: Application) {
    if let Some(id) = words::application(application) {
        push_number(text, id);
    }
}

/// Writes the value of a header.
fn push(text: &mut String, header: IdentityHeader, granted: &Granted<'_>, now: Millis) {
    let user = granted.user();
    match header {
        IdentityHeader::Account => text.push_str(user.account().account.id.as_str()),
        IdentityHeader::User => push_number(text, user.id.0),
        IdentityHeader::UserName => push_visible(text, &user.login_name),
        IdentityHeader::Application => push_id(text, granted.application()),
        IdentityHeader::Session => {
            let mut buffer = Uuid::encode_buffer();
            text.push_str(Uuid::from_bytes(granted.reference()).hyphenated().encode_lower(&mut buffer));
        }
        IdentityHeader::Roles => text.push_str(words::role(user.grants().rank)),
        IdentityHeader::Privileges => text.push_str(&user.grants().privileges_text),
        IdentityHeader::SecondsLeft => {
            let seconds = granted.expires_at().since(now).as_secs();
            push_number(text, i64::try_from(seconds).unwrap_or(i64::MAX));
        }
        IdentityHeader::Skills => {
            for (index, skill) in user.skills.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                push_number(text, *skill);
            }
        }
        IdentityHeader::MaxChats => push_number(text, user.max_chats.into()),
        IdentityHeader::MaxAsyncChats => push_number(text, user.max_async_chats.into()),
        IdentityHeader::Method => text.push_str(words::method(granted.method())),
    }
}

fn push_number(text: &mut String, number: i64) {
    text.push_str(itoa::Buffer::new().format(number));
}

/// Text as a header's value: visible ASCII as it is, everything else and `%` percent-encoded (RFC 3986 §2.1).
fn push_visible(value: &mut String, text: &str) {
    if text.bytes().all(is_visible) {
        value.push_str(text);
        return;
    }
    for byte in text.bytes() {
        if is_visible(byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
}

const fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'%'
}

/// 503: the store cannot tell now whether there is such a session.
pub(super) fn unavailable(error: RecallError) -> Response {
    let mut answer = (
        StatusCode::SERVICE_UNAVAILABLE,
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (RETRY_AFTER, "1")],
        r#"{"error":"The service is starting"}"#,
    )
        .into_response();
    answer.extensions_mut().insert(Cause(Arc::new(error)));
    answer
}

/// The form of a refusal's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A sentence in an object.
    Sentence,
    Oauth,
    Liveperson,
    Livevox,
    Problem,
}

impl Shape {
    /// That of a rule, which may be that of the credential that is presented.
    pub(super) fn of(style: RefusalStyle, presented: impl FnOnce() -> PresentedKind) -> Self {
        match style {
            RefusalStyle::ByCredential | RefusalStyle::Redirect => match presented() {
                PresentedKind::Bearer => Self::Oauth,
                PresentedKind::Cookie => Self::Liveperson,
                PresentedKind::LivevoxId => Self::Livevox,
                PresentedKind::None => Self::Sentence,
            },
            RefusalStyle::Livevox => Self::Livevox,
            RefusalStyle::Liveperson => Self::Liveperson,
            RefusalStyle::Oauth => Self::Oauth,
            RefusalStyle::Problem => Self::Problem,
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Oauth => "text/plain",
            Self::Problem => PROBLEM,
            Self::Sentence | Self::Liveperson | Self::Livevox => "application/json",
        }
    }
}

const PROBLEM: &str = "application/problem+json";

/// 401: nobody knows who it is. Also what is contradictory is answered so: of the answers that gateways take for a no, it is the
/// one that all of them take so.
pub(super) fn refused(shape: Shape, why: Unauthenticated, now: Millis) -> PlainResponse {
    let is_signed = matches!(why, Unauthenticated::Signature(_));
    let mut answer = unauthenticated(shape, why, now);
    answer.fields.set(WWW_AUTHENTICATE, if is_signed { OAUTH } else { "Bearer" });
    answer
}

/// 401 that asks for nothing to be shown.
fn unauthenticated(shape: Shape, why: Unauthenticated, now: Millis) -> PlainResponse {
    const TEXT: &str = "oauth_problem=token_rejected&oauth_problem_advice=\
                        the oauth_token is unacceptable to the Service Provider";
    const STATUS: StatusCode = StatusCode::UNAUTHORIZED;
    let problem = match &why {
        Unauthenticated::Signature(problem) => Some(problem),
        Unauthenticated::Nobody
        | Unauthenticated::NotTaken
        | Unauthenticated::OtherAccount
        | Unauthenticated::SeveralHolders => None,
    };
    let body: Cow<'static, [u8]> = match shape {
        Shape::Oauth => {
            problem.map_or(TEXT.into(), |it| Cow::Owned(it.to_string())).into_owned().into_bytes().into()
        }
        Shape::Liveperson => SessionFailure::CsrfInvalid.body(now).into(),
        Shape::Livevox => error_body(STATUS, "Authorization error").into_bytes().into(),
        Shape::Sentence => br#"{"error":"Not authenticated"}"#.into(),
        Shape::Problem => {
            let detail = "Nothing that is shown opens a session that may be used";
            let detail = problem.map_or(detail.into(), |problem| Cow::Owned(problem.to_string()));
            typed_problem("urn:vestibule:not-authenticated", STATUS, &detail).into_bytes().into()
        }
    };
    let mut fields = Fields::default();
    fields.set(CONTENT_TYPE, shape.content_type());
    fields.set(CACHE_CONTROL, "no-store");
    PlainResponse { status: STATUS, fields, body, cause: cause(shape, why) }
}

/// Leads a browser to the login page: 303, or where the gateway passes no redirect on a 401 that says where that is. Its client is
/// not asked to show anything: nginx would say so beside the redirect.
pub(super) fn to_login(location: &str, passed_on: bool, shape: Shape, now: Millis) -> PlainResponse {
    let mut answer = if passed_on {
        let mut fields = Fields::default();
        fields.set(CACHE_CONTROL, "no-store");
        PlainResponse { status: StatusCode::SEE_OTHER, fields, body: Cow::Borrowed(b""), cause: None }
    } else {
        unauthenticated(shape, Unauthenticated::Nobody, now)
    };
    answer.fields.add(LOCATION, |text| text.push_str(location));
    answer
}

/// RFC 5849 §3.5.1.
const OAUTH: &str = r#"OAuth realm="Vestibule""#;

/// What the log says of a 401. That nothing was shown that counts goes without saying.
fn cause(shape: Shape, why: Unauthenticated) -> Option<Cause> {
    match (why, shape) {
        (Unauthenticated::Nobody, Shape::Liveperson) => Some(Cause(Arc::new(SessionFailure::CsrfInvalid))),
        (Unauthenticated::Nobody, _) => None,
        (why, _) => Some(Cause(Arc::new(why))),
    }
}

/// 503: a request that counts once cannot be taken now.
pub(super) fn not_now(why: NotNow) -> PlainResponse {
    let mut fields = Fields::default();
    fields.set(CONTENT_TYPE, "application/json");
    fields.set(CACHE_CONTROL, "no-store");
    fields.set(RETRY_AFTER, "1");
    let body: &[u8] = match why {
        NotNow::Full => br#"{"error":"Too many signed requests"}"#,
        NotNow::Unstored => br#"{"error":"Signed requests cannot be stored"}"#,
    };
    let (body, cause) = (body.into(), Some(Cause(Arc::new(why))));
    PlainResponse { status: StatusCode::SERVICE_UNAVAILABLE, fields, body, cause }
}

/// Why it cannot.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum NotNow {
    /// What has to be remembered does not fit.
    #[error("as many signed requests are remembered as may be")]
    Full,
    /// The store, which has to remember it, does not.
    #[error("the use of a signed request cannot be stored")]
    Unstored,
}

/// 403: it is known who they are, and the rule is not for them. What of the rule it is, the log has.
pub(super) fn not_for_them(shape: Shape, objection: Objection, now: Millis) -> PlainResponse {
    const TEXT: &str = "oauth_problem=permission_denied&oauth_problem_advice=\
                        the Service Provider does not allow this to the user";
    const STATUS: StatusCode = StatusCode::FORBIDDEN;
    const DETAIL: &str = "This is not allowed to whoever holds this session";
    let body: Cow<'static, [u8]> = match shape {
        Shape::Oauth => TEXT.as_bytes().into(),
        Shape::Liveperson => SessionFailure::NotAllowed.body(now).into(),
        Shape::Livevox => error_body(STATUS, DETAIL).into_bytes().into(),
        Shape::Sentence => br#"{"error":"Not allowed"}"#.into(),
        Shape::Problem => {
            typed_problem("urn:vestibule:not-allowed-by-rule", STATUS, DETAIL).into_bytes().into()
        }
    };
    let mut fields = Fields::default();
    fields.set(CONTENT_TYPE, shape.content_type());
    fields.set(CACHE_CONTROL, "no-store");
    PlainResponse { status: STATUS, fields, body, cause: Some(Cause(Arc::new(objection))) }
}

/// Why a check by kind is refused whatever the credentials are.
#[derive(Debug, thiserror::Error)]
pub(super) enum Forbidden {
    #[error("the connection comes from no network of `gateways.networks`")]
    NotAGateway,
    #[error("there is no rule {0:?}")]
    UnknownRule(String),
}

impl Forbidden {
    /// The problem's type, and its text for the gateway.
    const fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotAGateway => (
                "urn:vestibule:not-a-gateway",
                "Gateways alone are answered here, and this is not the address of one",
            ),
            Self::UnknownRule(_) => {
                ("urn:vestibule:unknown-rule", "There is no rule of the name in this check's path")
            }
        }
    }
}

/// 403: what is wrong is the gateway's configuration or ours, and no other credential changes it.
pub(super) fn forbidden(why: Forbidden) -> PlainResponse {
    let (kind, detail) = why.told();
    let mut fields = Fields::default();
    fields.set(CONTENT_TYPE, PROBLEM);
    fields.set(CACHE_CONTROL, "no-store");
    let status = StatusCode::FORBIDDEN;
    let body = typed_problem(kind, status, detail).into_bytes().into();
    PlainResponse { status, fields, body, cause: Some(Cause(Arc::new(why))) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn visible(text: &str) -> String {
        let mut value = String::new();
        push_visible(&mut value, text);
        value
    }

    #[test]
    fn names_are_encoded_where_headers_need_it() {
        assert_eq!(visible("name@example.com"), "name@example.com");
        assert_eq!(visible("Jürgen 100%\r\n"), "J%C3%BCrgen%20100%25%0D%0A");
    }

    proptest! {
        #[test]
        fn every_name_is_a_headers_value(name in ".*") {
            prop_assert!(visible(&name).bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
