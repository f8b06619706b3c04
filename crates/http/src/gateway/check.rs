//! The checks of gateways: whether the request that one holds may pass. No body is read, no store is asked.
//!
//! `/gateway/check` goes by the credentials in its headers alone, and so believes nobody. Below it, each kind of gateway (`kind.rs`)
//! has a path of its own, at which it is believed what it says of its request, if it comes from a network of gateways.
//! `crate::credentials` reads what is presented, the engine says whether it opens anything.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use vestibule_auth::{CompiledRule, Decision, Granted, RecallError, Showing};
use vestibule_model::GatewayRule;
use vestibule_serve::layers::{Cause, Headers, PlainResponse, RequestHead, ResponseFuture, Shortcut};

use super::answer::{Forbidden, Outcome, Shape, forbidden, identity, not_for_them, refused, unavailable};
use super::kind::{KindPath, Misreported, Reported};
use crate::api::ApiState;
use crate::credentials::PresentedCredentials;

/// The route's pattern.
pub(super) const CHECK: &str = "/gateway/check";

/// That of the checks by kind.
const CHECK_BY_KIND: &str = "/gateway/check/{kind}/rule/{rule}";

/// The check before the router.
pub(crate) struct CheckShortcut(pub(crate) Arc<ApiState>);

impl Shortcut for CheckShortcut {
    fn route(&self) -> &'static str {
        CHECK
    }

    fn recognises(&self, method: &Method, path: &str) -> bool {
        path == CHECK && [Method::GET, Method::HEAD, Method::POST].contains(method)
    }

    fn answer_at_once(&self, head: RequestHead<'_>) -> Option<PlainResponse> {
        self.0.auth.is_loaded().then(|| Question::of(head).answer(&self.0).into())
    }

    fn answer(&self, request: Request) -> ResponseFuture {
        let api = Arc::clone(&self.0);
        Box::pin(async move { Ok(recall_and_check(&api, request).await) })
    }
}

/// The check through the router, for odd spellings of its path.
pub(super) async fn handle(State(api): State<ApiState>, request: Request) -> Response {
    recall_and_check(&api, request).await
}

async fn recall_and_check(api: &ApiState, request: Request) -> Response {
    let parts = request.into_parts().0;
    Question::of(RequestHead::of(&parts)).recall_and_answer(api).await
}

/// The checks by kind, whatever the method: Envoy asks by that of its request. The router never sees them, since it would not leave
/// what Envoy appends as it is.
pub(crate) struct KindCheckShortcut(pub(crate) Arc<ApiState>);

impl Shortcut for KindCheckShortcut {
    fn route(&self) -> &'static str {
        CHECK_BY_KIND
    }

    fn recognises(&self, _method: &Method, path: &str) -> bool {
        KindPath::of(path).is_some()
    }

    fn answer_at_once(&self, head: RequestHead<'_>) -> Option<PlainResponse> {
        let path = KindPath::of(head.target).filter(|_| self.0.auth.is_loaded())?;
        let asked = Question::by_kind(&self.0, path, head);
        Some(asked.map_or_else(forbidden, |asked| asked.answer(&self.0).into()))
    }

    fn answer(&self, request: Request) -> ResponseFuture {
        let api = Arc::clone(&self.0);
        Box::pin(async move {
            let parts = request.into_parts().0;
            let head = RequestHead::of(&parts);
            // It was recognised, so there is one.
            let path = KindPath::of(head.target).ok_or(Forbidden::UnknownRule(String::new()));
            Ok(match path.and_then(|path| Question::by_kind(&api, path, head)) {
                Ok(question) => question.recall_and_answer(&api).await,
                Err(why) => forbidden(why).into(),
            })
        })
    }
}

/// What a check asks about.
pub(super) struct Question<'a> {
    /// The name of the rule that it is answered by.
    rule: &'a str,
    /// What the request is for, as the client sent it; None: that is not known.
    target: Option<&'a str>,
    presented: PresentedCredentials<'a>,
    /// The client's address.
    address: Option<IpAddr>,
    /// That the gateway does not say what it asks about.
    misreported: Option<Misreported>,
}

impl<'a> Question<'a> {
    /// One about credentials and nothing else.
    fn of(head: RequestHead<'a>) -> Self {
        Self {
            rule: GatewayRule::DEFAULT,
            target: None,
            presented: PresentedCredentials::of(head.headers),
            address: head.address,
            misreported: None,
        }
    }

    /// One of a gateway that asks over HTTP.
    fn by_kind(api: &ApiState, path: KindPath<'a>, head: RequestHead<'a>) -> Result<Self, Forbidden> {
        Self::by_gateway(api, head.peer, path.rule, head.headers, || path.reported(head))
    }

    /// One about a request that a gateway holds: by the rule that it names, with the request's headers, and what else it says
    /// of it. `peer` is the other end of its connection.
    pub(super) fn by_gateway(
        api: &ApiState,
        peer: Option<IpAddr>,
        rule: &'a str,
        headers: Headers<'a>,
        reported: impl FnOnce() -> Result<Reported<'a>, Misreported>,
    ) -> Result<Self, Forbidden> {
        let is_gateway = |peer: IpAddr| api.gateways.iter().any(|network| network.contains(peer));
        if !peer.is_some_and(is_gateway) {
            return Err(Forbidden::NotAGateway);
        }
        let (presented, target, address, misreported) = match reported() {
            Ok(Reported { target, address }) => {
                (PresentedCredentials::for_target(headers, target), Some(target), Some(address), None)
            }
            Err(misreported) => (PresentedCredentials::of(headers), None, None, Some(misreported)),
        };
        Ok(Self { rule, target, presented, address, misreported })
    }

    async fn recall_and_answer(&self, api: &ApiState) -> Response {
        match self.recall_and_decide(api).await {
            Ok(outcome) => PlainResponse::from(outcome).into(),
            Err(error) => unavailable(error),
        }
    }

    /// The answer while the table of live sessions may be incomplete. A store that does not answer is no reason to
    /// refuse a session that may be live.
    pub(super) async fn recall_and_decide(&self, api: &ApiState) -> Result<Outcome, RecallError> {
        if self.misreported.is_none()
            && let Ok(credentials) = self.presented.credentials()
        {
            api.auth.recall(credentials).await?;
        }
        Ok(self.answer(api))
    }

    fn answer(&self, api: &ApiState) -> Outcome {
        let answer = api.auth.with_gateway_rule(self.rule, |rule| self.answer_by(api, rule));
        answer.unwrap_or_else(|| Outcome::Refused(forbidden(Forbidden::UnknownRule(self.rule.to_owned()))))
    }

    fn answer_by(&self, api: &ApiState, rule: &CompiledRule) -> Outcome {
        let now = api.clock.now();
        let presented = || self.presented.kind(|bearer| api.auth.is_genuine_bearer(bearer));
        let shape = || Shape::of(rule.refusals(), presented);
        let refuse = |cause: Option<Cause>| {
            let answer = refused(shape(), now);
            Outcome::Refused(PlainResponse { cause: cause.or(answer.cause), ..answer })
        };
        if let Some(misreported) = self.misreported {
            return refuse(Some(Cause(Arc::new(misreported))));
        }
        let credentials = match self.presented.credentials() {
            Ok(credentials) => credentials,
            Err(contradiction) => return refuse(Some(Cause(Arc::new(contradiction)))),
        };
        let (accepted, account, address) = (rule.accepted(), self.presented.account(), self.address);
        let showing = Showing { credentials, accepted, account, address, now };
        let grant = |granted: Granted<'_>| identity(granted, rule.identity_headers(), now);
        match api.auth.decide(rule, self.target, showing, grant) {
            Decision::Granted(identity) => Outcome::Allowed(identity),
            Decision::Refused => refuse(None),
            Decision::Forbidden(objection) => Outcome::Refused(not_for_them(shape(), objection, now)),
        }
    }
}
