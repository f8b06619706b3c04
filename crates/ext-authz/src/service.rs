//! The service: a request that Envoy holds in, what becomes of it out.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, StatusCode};
use http_body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::health::{self, Health};
use crate::held::HeldRequest;
use crate::messages::{
    self, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValue,
    HeaderValueOption, HttpResponse, HttpStatus, OkHttpResponse,
};

/// The full name of the service.
pub(crate) const SERVICE: &str = "envoy.service.auth.v3.Authorization";

/// The path of its one call.
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// Why an answer is what it is, for the log.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Says what becomes of requests.
pub trait Decide: Send + Sync + 'static {
    /// What becomes of a request that Envoy holds. `caller` has what is known of the call, such as who asks.
    fn decide(&self, held: HeldRequest, caller: &Extensions) -> impl Future<Output = Answer> + Send;

    /// Whether requests can be decided now.
    fn is_ready(&self) -> bool;
}

/// The answer to a call.
#[derive(Debug)]
pub struct Answer {
    /// What becomes of the request.
    pub decision: Decision,
    /// Why, where that is worth telling whoever runs this.
    pub cause: Option<Cause>,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Decision {
    /// It goes on with these headers in place of whatever it has under their names, also where a value is empty.
    Allow(Vec<Header>),
    /// The client is answered this.
    Deny {
        /// With this status.
        status: StatusCode,
        /// With these headers.
        headers: Vec<Header>,
        /// With this body, which has to be UTF-8.
        body: Bytes,
    },
    /// Nobody can tell now. The call fails with `UNAVAILABLE`, and Envoy does what it is configured to do then.
    Unavailable,
}

/// A header: its name in lower case, and its value in visible ASCII.
pub type Header = (Bytes, Bytes);

/// What a call came to, for metrics and logs: an extension of every answer. Over HTTP all answers of gRPC look the same.
#[derive(Clone, Debug)]
pub struct Told {
    /// The status that the client is answered, or would be, had it asked itself.
    pub status: StatusCode,
    /// Why.
    pub cause: Option<Cause>,
}

/// Answers calls of Envoy, and questions after its own health.
#[derive(Debug)]
pub struct CheckService<D> {
    decide: Arc<D>,
}

impl<D> Clone for CheckService<D> {
    fn clone(&self) -> Self {
        Self { decide: Arc::clone(&self.decide) }
    }
}

impl<D: Decide> CheckService<D> {
    /// The path of a check.
    pub const CHECK: &'static str = CHECK;

    /// The paths of all calls.
    pub const PATHS: [&'static str; 2] = [CHECK, health::PATH];

    /// By whom requests are decided.
    pub fn new(decide: D) -> Self {
        Self { decide: Arc::new(decide) }
    }

    /// Answers a call of one of [`CheckService::PATHS`], whose message is as large as the body is.
    pub async fn answer<B>(&self, call: http::Request<B>) -> http::Response<tonic::body::Body>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>> + Send,
    {
        if !is_grpc(call.headers()) {
            let mut refused = http::Response::default();
            *refused.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return refused;
        }
        let mut answer = if call.uri().path() == health::PATH {
            let health = Health { is_ready: self.decide.is_ready() };
            Grpc::new(ProstCodec::default()).unary(health, call).await
        } else {
            let check = Check(Arc::clone(&self.decide));
            Grpc::new(ProstCodec::default()).unary(check, call).await
        };
        if let Some(status) = answer.extensions_mut().remove::<Status>() {
            answer.extensions_mut().insert(Told::of_failure(status));
        }
        answer
    }
}

/// Whether it is gRPC, by the type of its content: that alone tells, by the specification.
fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let behind = content_type.and_then(|value| value.strip_prefix("application/grpc"));
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(['+', ';']))
}

/// The call, with whom it asks.
struct Check<D>(Arc<D>);

type CheckFuture = Pin<Box<dyn Future<Output = Result<Response<CheckResponse>, Status>> + Send>>;

impl<D: Decide> UnaryService<CheckRequest> for Check<D> {
    type Response = CheckResponse;
    type Future = CheckFuture;

    fn call(&mut self, request: Request<CheckRequest>) -> CheckFuture {
        let decide = Arc::clone(&self.0);
        let (_metadata, caller, message) = request.into_parts();
        Box::pin(async move {
            let Answer { decision, cause } = decide.decide(message.into(), &caller).await;
            let Some((status, message)) = message_of(decision) else {
                let mut unavailable = Status::unavailable("requests cannot be decided now");
                cause.map(|cause| unavailable.set_source(cause));
                return Err(unavailable);
            };
            let mut response = Response::new(message);
            response.extensions_mut().insert(Told { status, cause });
            Ok(response)
        })
    }
}

fn message_of(decision: Decision) -> Option<(StatusCode, CheckResponse)> {
    let (status, code, told) = match decision {
        Decision::Allow(headers) => {
            let headers = headers.into_iter().map(option).collect();
            (StatusCode::OK, Code::Ok, HttpResponse::Ok(OkHttpResponse { headers }))
        }
        Decision::Deny { status, headers, body } => {
            let headers = headers.into_iter().map(option).collect();
            let code = if status == StatusCode::UNAUTHORIZED {
                Code::Unauthenticated
            } else {
                Code::PermissionDenied
            };
            let status_message = Some(HttpStatus { code: status.as_u16().into() });
            let denied = DeniedHttpResponse { status: status_message, headers, body };
            (status, code, HttpResponse::Denied(denied))
        }
        Decision::Unavailable => return None,
    };
    let message =
        CheckResponse { status: Some(messages::Status { code: code.into() }), http_response: Some(told) };
    Some((status, message))
}

fn option((name, value): Header) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key: name, value, raw_value: Bytes::new() }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        keep_empty_value: true,
    }
}

impl Told {
    /// A call that failed: but for these, because of what was sent.
    fn of_failure(failure: Status) -> Self {
        let status = match failure.code() {
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, cause: Some(Arc::new(failure)) }
    }
}
