//! The checks of gateways: whether the request that one holds may pass. No store is asked but for sessions while they are being loaded
//! and uses of signatures that outlive the process, and no body is read but that of a form that may be signed.
//!
//! `/gateway/check` goes by the credentials in its headers alone, and so believes nobody. Below it, each kind of gateway (`kind.rs`)
//! has a path of its own, at which it is believed what it says of its request, if it comes from a network of gateways.
//! `crate::credentials` reads what is presented, the engine says whether it opens anything.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::header::USER_AGENT;
use axum::http::{Extensions, HeaderName, Method};
use axum::response::Response;
use vestibule_auth::{
    Accepted, CompiledRule, Credentials, Decision, HeldRequest, Principal, RecallError, Showing, SignedUse,
    Stored, Unauthenticated,
};
use vestibule_model::{GatewayCredential, GatewayRule, Millis, RefusalStyle};
use vestibule_oauth1::{MAX_FORM_BYTES, Problem, Scheme};
use vestibule_serve::layers::{
    Cause, Fields, Headers, LimitedBody, PlainResponse, Refusal, RequestHead, ResponseFuture, Shortcut,
};

use super::answer::{
    self, Forbidden, NotNow, Outcome, Shape, forbidden, identity, not_for_them, not_now, refused, unavailable,
};
use super::kind::{KindPath, Misreported, Reported};
use super::redirect;
use super::signed::{Authorization, HeldBody, Unverifiable, sends_form, signable};
use crate::api::ApiState;
use crate::credentials::{Contradiction, PresentedCredentials};
use crate::pages::cookies::PageCookie;

/// The route's pattern.
pub(super) const CHECK: &str = "/gateway/check";

/// That of the checks by kind.
const CHECK_BY_KIND: &str = "/gateway/check/{kind}/rule/{rule}";

/// The body of a refusal, for gateways that read headers alone.
const REFUSAL: HeaderName = HeaderName::from_static("x-vestibule-refusal");

/// By which Envoy tells whether it sends a part of a body alone.
const PARTIAL_BODY: HeaderName = HeaderName::from_static("x-envoy-auth-partial-body");

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
        self.0
            .auth
            .is_loaded()
            .then(|| Question::of(head).answer(&self.0, Stored::Not))?
            .ok()
            .map(PlainResponse::from)
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
        // It may have to be read.
        if sends_form(head.headers) {
            return None;
        }
        let path = KindPath::of(head.target).filter(|_| self.0.auth.is_loaded())?;
        let asked = Question::by_kind(&self.0, path, head);
        match asked {
            Ok(asked) => asked.answer(&self.0, Stored::Not).ok().map(|outcome| asked.response(outcome)),
            Err(why) => Some(forbidden(why)),
        }
    }

    fn answer(&self, request: Request) -> ResponseFuture {
        let api = Arc::clone(&self.0);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let head = RequestHead::of(&parts);
            // It was recognised, so there is one.
            let path = KindPath::of(head.target).ok_or(Forbidden::UnknownRule(String::new()));
            Ok(match path.and_then(|path| Question::by_kind(&api, path, head)) {
                Ok(question) => {
                    let body = question.read(&api, &parts.extensions, body).await;
                    question.with_body(body).recall_and_answer(&api).await
                }
                Err(why) => forbidden(why).into(),
            })
        })
    }
}

/// Whether this other end of a connection is a gateway, which is believed what it says.
pub(super) fn is_gateway(api: &ApiState, peer: Option<IpAddr>) -> bool {
    peer.is_some_and(|peer| api.gateways.iter().any(|network| network.contains(peer)))
}

/// What a check asks about.
pub(super) struct Question<'a> {
    /// The name of the rule that it is answered by.
    rule: &'a str,
    /// Those of the request.
    headers: Headers<'a>,
    /// What a gateway says of the request; None: nobody does.
    reported: Option<Result<Reported<'a>, Misreported>>,
    /// The client's address, where no gateway says it.
    address: Option<IpAddr>,
    body: HeldBody,
}

impl<'a> Question<'a> {
    /// One about credentials and nothing else.
    fn of(head: RequestHead<'a>) -> Self {
        Self {
            rule: GatewayRule::DEFAULT,
            headers: head.headers,
            reported: None,
            address: head.address,
            body: HeldBody::NotSent,
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
        if !is_gateway(api, peer) {
            return Err(Forbidden::NotAGateway);
        }
        let reported = Some(reported());
        Ok(Self { rule, headers, reported, address: None, body: HeldBody::NotSent })
    }

    /// The same with the request's body.
    pub(super) fn with_body(self, body: HeldBody) -> Self {
        Self { body, ..self }
    }

    /// The form that the gateway sends along, where the rule may ask for its signature.
    async fn read(&self, api: &ApiState, extensions: &Extensions, body: Body) -> HeldBody {
        let may_be_asked =
            api.auth.with_gateway_rule(self.rule, |rule| rule.takes(GatewayCredential::Signature));
        if may_be_asked != Some(true) || body.is_end_stream() || !sends_form(self.headers) {
            return HeldBody::NotSent;
        }
        // Envoy says so, if its configuration lets it.
        if self.headers.all(&PARTIAL_BODY).any(|value| value != b"false") {
            return HeldBody::Unread(Refusal::BodyTooLarge);
        }
        match LimitedBody::read_at_most(extensions, body, MAX_FORM_BYTES).await.0 {
            Ok(form) => HeldBody::Form(form),
            Err(why) => HeldBody::Unread(why),
        }
    }

    async fn recall_and_answer(&self, api: &ApiState) -> Response {
        match self.recall_and_decide(api).await {
            Ok(outcome) => self.response(outcome).into(),
            Err(error) => unavailable(error),
        }
    }

    /// The answer over HTTP. A gateway that keeps the body of a refusal to itself finds it in a header too.
    fn response(&self, outcome: Outcome) -> PlainResponse {
        let is_refused = matches!(outcome, Outcome::Refused(_));
        let mut response = PlainResponse::from(outcome);
        let is_kept = || self.reported().ok().flatten().is_some_and(|reported| !reported.passes_refusals);
        if is_refused
            && is_kept()
            && let Ok(body) = std::str::from_utf8(&response.body)
        {
            response.fields.set(REFUSAL, body);
        }
        response
    }

    /// The answer while the table of live sessions may be incomplete, or when the store has to remember the request. A store that does
    /// not answer is no reason to refuse a session that may be live.
    pub(super) async fn recall_and_decide(&self, api: &ApiState) -> Result<Outcome, RecallError> {
        if !api.auth.is_loaded() {
            self.recall(api).await?;
        }
        let used = match self.answer(api, Stored::Not) {
            Ok(outcome) => return Ok(outcome),
            Err(used) => used,
        };
        let stored = api.auth.store_signed_use(used).await;
        // It was stored, or was not: nothing is asked for twice.
        Ok(self.answer(api, stored).unwrap_or_else(|_| Outcome::Refused(not_now(NotNow::Full))))
    }

    /// Sees to it that what is shown is looked up, while the table of live sessions is incomplete.
    async fn recall(&self, api: &ApiState) -> Result<(), RecallError> {
        let presented = api.auth.with_gateway_rule(self.rule, |rule| {
            let reported = self.reported().ok()?;
            Some(self.presented(reported, rule))
        });
        if let Some(presented) = presented.flatten()
            && let Ok(credentials) = presented.credentials()
        {
            api.auth.recall(credentials).await?;
        }
        Ok(())
    }

    fn reported(&self) -> Result<Option<&Reported<'a>>, Misreported> {
        self.reported.as_ref().map(|reported| reported.as_ref().map_err(|why| *why)).transpose()
    }

    /// What is shown, as far as the rule looks for it.
    fn presented(&self, reported: Option<&Reported<'a>>, rule: &CompiledRule) -> PresentedCredentials<'a> {
        let presented = match reported.filter(|_| rule.reads_target()) {
            Some(reported) => PresentedCredentials::for_target(self.headers, reported.target),
            None => PresentedCredentials::of(self.headers),
        };
        // Beside what proves an application it contradicts.
        let looks = [GatewayCredential::Page, GatewayCredential::Signature, GatewayCredential::ClientToken];
        if !looks.into_iter().any(|credential| rule.takes(credential)) {
            return presented;
        }
        // Over TLS a browser has it from this host alone: what is not said to be in clear counts as that.
        let secure = reported.is_none_or(|reported| reported.scheme() != Some(Scheme::Http));
        presented.with_page(PageCookie::Session.value(self.headers, secure))
    }

    /// The answer, or what has to be stored before there is one.
    fn answer(&self, api: &ApiState, stored: Stored) -> Result<Outcome, SignedUse> {
        let answer = api.auth.with_gateway_rule(self.rule, |rule| {
            self.answer_by(api, rule, stored).map(|outcome| outcome.by_rule(self.rule))
        });
        answer
            .unwrap_or_else(|| Ok(Outcome::Refused(forbidden(Forbidden::UnknownRule(self.rule.to_owned())))))
    }

    fn answer_by(&self, api: &ApiState, rule: &CompiledRule, stored: Stored) -> Result<Outcome, SignedUse> {
        let now = api.clock.now();
        let presented = self.presented(self.reported().ok().flatten(), rule);
        let kind = || presented.kind(|bearer| api.auth.is_genuine_bearer(bearer));
        let shape = || Shape::of(rule.refusals(), kind);
        // Requests may be signed without a header that would tell.
        let shape_of = |why: &Unauthenticated| match (why, rule.refusals()) {
            (Unauthenticated::Signature(_), RefusalStyle::ByCredential | RefusalStyle::Redirect) => {
                Shape::Oauth
            }
            _ => shape(),
        };
        Ok(match self.decide(api, rule, (&presented, stored), now) {
            Ok(Decision::ToBeStored(used)) => return Err(used),
            Ok(Decision::Granted(identity)) => Outcome::Allowed(identity),
            Ok(Decision::Refused(why)) => {
                let to_login = || self.login_page(api, rule, presented.account());
                let is_signed = matches!(why, Unauthenticated::Signature(_));
                let to_login = (!is_signed).then(to_login).flatten();
                Outcome::Refused(match to_login {
                    Some((page, passed_on)) => answer::to_login(&page, passed_on, shape(), now),
                    None => refused(shape_of(&why), why, now),
                })
            }
            Ok(Decision::Forbidden(objection)) => Outcome::Refused(not_for_them(shape(), objection, now)),
            Ok(Decision::Overloaded) => Outcome::Refused(not_now(NotNow::Full)),
            Ok(Decision::Unavailable) => Outcome::Refused(not_now(NotNow::Unstored)),
            Err(unclear) => {
                api.auth.count_unclear(self.target(), self.showing(now));
                let told = unclear.told();
                let answer = refused(shape_of(&told), told, now);
                Outcome::Refused(PlainResponse { cause: Some(Cause(Arc::new(unclear))), ..answer })
            }
        })
    }

    /// Where a browser is led that nobody is known by, and whether its gateway passes a redirect on; None: it is refused.
    fn login_page(
        &self,
        api: &ApiState,
        rule: &CompiledRule,
        account: Option<&str>,
    ) -> Option<(String, bool)> {
        let reported =
            self.reported().ok().flatten().filter(|_| rule.refusals() == RefusalStyle::Redirect)?;
        let account = account.and_then(|account| account.parse().ok()).or_else(|| rule.only_account());
        let page = redirect::login_page(api, reported, self.headers, account)?;
        Some((page, reported.passes_refusals))
    }

    fn decide(
        &self,
        api: &ApiState,
        rule: &CompiledRule,
        (presented, stored): (&PresentedCredentials<'_>, Stored),
        now: Millis,
    ) -> Result<Decision<Fields>, Unclear> {
        let reported = self.reported()?;
        let mut shown = self.showing(now);
        shown.credentials = presented.credentials()?;
        let authorization = Authorization::of(self.headers);
        let signable = if rule.takes(GatewayCredential::Signature) {
            signable(reported, self.headers, &authorization, &self.body)?
        } else {
            None
        };
        let (accepted, account) = (rule.accepted(), presented.account());
        let shown = Showing { accepted, account, ..shown };
        let held = HeldRequest { target: self.target(), signable, stored, shown };
        let grant = |principal: Principal<'_>| identity(principal, rule.identity_headers(), now);
        Ok(api.auth.decide(rule, &held, grant))
    }
}

impl Question<'_> {
    /// The target of the request, as the client sent it; None: nobody says it.
    fn target(&self) -> Option<&str> {
        self.reported().ok().flatten().map(|reported| reported.target)
    }

    /// From where it is asked and by whom, without what is shown.
    fn showing(&self, now: Millis) -> Showing<'_> {
        let reported = self.reported().ok().flatten();
        Showing {
            credentials: Credentials::default(),
            accepted: Accepted::Any,
            account: None,
            address: reported.map_or(self.address, |reported| Some(reported.address)),
            agent: self.headers.all(&USER_AGENT).next(),
            now,
        }
    }
}

/// Why nothing can be decided about a request, which is refused then.
#[derive(Debug, thiserror::Error)]
enum Unclear {
    #[error(transparent)]
    Misreported(#[from] Misreported),
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    #[error(transparent)]
    Unverifiable(#[from] Unverifiable),
}

impl Unclear {
    /// What the client is told.
    const fn told(&self) -> Unauthenticated {
        match self {
            Self::Misreported(_) | Self::Contradiction(_) => Unauthenticated::Nobody,
            Self::Unverifiable(_) => Unauthenticated::Signature(Problem::SignatureInvalid),
        }
    }
}
