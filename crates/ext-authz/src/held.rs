//! A request that Envoy holds, as its message tells of it.

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;

use crate::messages::{Attributes, CheckRequest, Entry, HeaderValue, HttpRequest};

/// A request that Envoy holds. What is missing is empty or none, and what that means is not said here.
#[derive(Clone, Debug)]
pub struct HeldRequest {
    attributes: Attributes,
    http: HttpRequest,
}

/// What Envoy sends along of a request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentBody {
    /// Nothing: there is none, or it is not configured.
    Nothing,
    /// Its beginning alone: it is longer than what is configured.
    Beginning,
    /// All of it, which is not empty.
    Whole(Bytes),
}

impl From<CheckRequest> for HeldRequest {
    fn from(CheckRequest { attributes }: CheckRequest) -> Self {
        let mut attributes = attributes.unwrap_or_default();
        let http = attributes.request.take().and_then(|request| request.http).unwrap_or_default();
        Self { attributes, http }
    }
}

impl HeldRequest {
    /// Its method.
    pub fn method(&self) -> &[u8] {
        &self.http.method
    }

    /// Its path and query, as they were sent.
    pub fn target(&self) -> &[u8] {
        &self.http.path
    }

    /// The host that it is for.
    pub fn host(&self) -> &[u8] {
        &self.http.host
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &[u8] {
        &self.http.scheme
    }

    /// The other end of the connection that it came on; None: that is no address.
    pub fn source(&self) -> Option<IpAddr> {
        let address = self.attributes.source.as_ref()?.address.as_ref()?.socket_address.as_ref()?;
        std::str::from_utf8(&address.address).ok()?.parse().ok()
    }

    /// Its headers, the values of one name each for itself or joined by commas, as Envoy is configured. A name that is no text,
    /// which no header has, is left out.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let raw = self.http.header_map.as_ref().map_or(&[][..], |map| &map.headers);
        // Envoy tells them in one of the two places. Should somebody else use both, both are read.
        let joined = self.http.headers.iter().map(|Entry { key, value }| (key, value));
        let raw = raw.iter().map(|HeaderValue { key, value, raw_value }| {
            (key, if raw_value.is_empty() { value } else { raw_value })
        });
        joined.chain(raw).filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, &value[..])))
    }

    /// Its body, as far as Envoy sends it along.
    pub fn body(&self) -> SentBody {
        let HttpRequest { body, raw_body, .. } = &self.http;
        let Some(body) = [raw_body, body].into_iter().find(|body| !body.is_empty()) else {
            return SentBody::Nothing;
        };
        // Envoy's own: what a client sends under this name it takes out of the message.
        let is_cut =
            self.headers().any(|(name, value)| name == "x-envoy-auth-partial-body" && value != b"false");
        if is_cut { SentBody::Beginning } else { SentBody::Whole(body.clone()) }
    }

    /// What the configuration of the route says under this key (`context_extensions`), which no client can; None: nothing.
    /// What is no text is none that means anything.
    pub fn context(&self, key: &str) -> Option<Cow<'_, str>> {
        // Of a map's entries with one key the last counts.
        let mut entries = self.attributes.context_extensions.iter().rev();
        let entry = entries.find(|entry| entry.key == key.as_bytes())?;
        Some(String::from_utf8_lossy(&entry.value))
    }
}
