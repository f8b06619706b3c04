//! The request that a gateway holds as its client signed it (RFC 5849): what of it the gateway tells, and when that is too little.

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use bytes::Bytes;
use vestibule_oauth1::{Request, Scheme, is_form, is_oauth};
use vestibule_serve::layers::{Headers, Refusal};

use super::kind::Reported;

/// The body of the request that a gateway holds.
#[derive(Clone, Debug, Default)]
pub(super) enum HeldBody {
    /// The gateway does not send it, or it is of no matter.
    #[default]
    NotSent,
    /// A form.
    Form(Bytes),
    /// A form that was not read.
    Unread(Refusal),
}

/// Why it cannot be known whether a signature is right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unverifiable {
    #[error(
        "a signature is of a target, and none is known here: gateways have to ask at the path of their kind"
    )]
    NoTarget,
    #[error("the client sends a form, whose parameters are signed, and the gateway does not send it along")]
    FormNotSent,
    #[error("the form, whose parameters are signed, was not read: {0:?}")]
    FormNotRead(Refusal),
    #[error("the gateway says neither http nor https")]
    Scheme,
}

/// The values of Authorization, as far as it matters how many there are.
pub(super) struct Authorization<'a> {
    values: [&'a [u8]; 2],
    count: usize,
}

impl<'a> Authorization<'a> {
    pub(super) fn of(headers: Headers<'a>) -> Self {
        let mut found = Self { values: [b""; 2], count: 0 };
        for (place, value) in found.values.iter_mut().zip(headers.all(&AUTHORIZATION)) {
            *place = value;
            found.count += 1;
        }
        found
    }

    fn values(&self) -> &[&'a [u8]] {
        &self.values[..self.count]
    }
}

/// Whether the client sends a form, by the type that it gives its body.
pub(super) fn sends_form(headers: Headers<'_>) -> bool {
    headers.all(&CONTENT_TYPE).any(is_form)
}

/// The request as it may be signed; None: it does not say that it is. `reported`: what the gateway says of it; None: nobody says.
pub(super) fn signable<'a>(
    reported: Option<&Reported<'a>>,
    headers: Headers<'a>,
    authorization: &'a Authorization<'a>,
    body: &'a HeldBody,
) -> Result<Option<Request<'a>>, Unverifiable> {
    let authorization = authorization.values();
    let Some(reported) = reported else {
        let is_signed = authorization.iter().any(|header| is_oauth(header));
        return if is_signed { Err(Unverifiable::NoTarget) } else { Ok(None) };
    };
    let scheme = reported.scheme();
    let (path, query) = match reported.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (reported.target, None),
    };
    let request = Request {
        method: reported.method,
        scheme: scheme.unwrap_or(Scheme::Https),
        host: reported.host,
        path,
        query,
        authorization,
        form: if let HeldBody::Form(form) = body { Some(form) } else { None },
    };
    if !request.is_signed() {
        return Ok(None);
    }
    // The content of these two means nothing (RFC 9110 §9.3.1, §9.3.2), and clients send none.
    let may_have_form = !matches!(reported.method, "GET" | "HEAD") && sends_form(headers);
    match body {
        _ if scheme.is_none() => Err(Unverifiable::Scheme),
        HeldBody::Unread(why) => Err(Unverifiable::FormNotRead(*why)),
        HeldBody::NotSent if may_have_form => Err(Unverifiable::FormNotSent),
        HeldBody::NotSent | HeldBody::Form(_) => Ok(Some(request)),
    }
}

impl Reported<'_> {
    /// How the gateway is reached. Traefik says `ws` and `wss` of an upgrade to a WebSocket, which clients sign as any request.
    pub(super) fn scheme(&self) -> Option<Scheme> {
        let of_upgrade = [("ws", Scheme::Http), ("wss", Scheme::Https)];
        let of_upgrade = || of_upgrade.into_iter().find(|(name, _)| self.scheme.eq_ignore_ascii_case(name));
        self.scheme.parse().ok().or_else(|| of_upgrade().map(|(_, scheme)| scheme))
    }
}
