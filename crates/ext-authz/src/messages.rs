//! The messages, by the numbers of their fields in Envoy's API v3 and in `grpc.health.v1`.
//!
//! What protobuf calls a string is read as bytes: on the wire both are the same, bytes are taken out of what arrived without a copy, and
//! one header that is no UTF-8 does not make the whole request unreadable. A map is read as the list that it is on the
//! wire, so that a key that stands there twice is seen.

use bytes::Bytes;
use prost::{Enumeration, Message, Oneof};

/// `envoy.service.auth.v3.CheckRequest`
#[derive(Clone, PartialEq, Message)]
pub struct CheckRequest {
    /// What Envoy holds.
    #[prost(message, optional, tag = "1")]
    pub attributes: Option<Attributes>,
}

/// `envoy.service.auth.v3.AttributeContext`
#[derive(Clone, PartialEq, Message)]
pub struct Attributes {
    /// Who sent it.
    #[prost(message, optional, tag = "1")]
    pub source: Option<Peer>,
    /// The request itself.
    #[prost(message, optional, tag = "4")]
    pub request: Option<Request>,
    /// What the configuration of the route says of it.
    #[prost(message, repeated, tag = "10")]
    pub context_extensions: Vec<Entry>,
}

/// `envoy.service.auth.v3.AttributeContext.Peer`
#[derive(Clone, PartialEq, Message)]
pub struct Peer {
    /// The other end of the connection that the request came on.
    #[prost(message, optional, tag = "1")]
    pub address: Option<Address>,
}

/// `envoy.config.core.v3.Address`: one that is no socket's is left out.
#[derive(Clone, PartialEq, Message)]
pub struct Address {
    /// An address and a port.
    #[prost(message, optional, tag = "1")]
    pub socket_address: Option<SocketAddress>,
}

/// `envoy.config.core.v3.SocketAddress`
#[derive(Clone, PartialEq, Message)]
pub struct SocketAddress {
    /// The address without the port.
    #[prost(bytes = "bytes", tag = "2")]
    pub address: Bytes,
}

/// `envoy.service.auth.v3.AttributeContext.Request`
#[derive(Clone, PartialEq, Message)]
pub struct Request {
    /// Its parts as HTTP has them.
    #[prost(message, optional, tag = "2")]
    pub http: Option<HttpRequest>,
}

/// `envoy.service.auth.v3.AttributeContext.HttpRequest`
#[derive(Clone, PartialEq, Message)]
pub struct HttpRequest {
    /// Its method.
    #[prost(bytes = "bytes", tag = "2")]
    pub method: Bytes,
    /// Its headers, those of one name joined by commas.
    #[prost(message, repeated, tag = "3")]
    pub headers: Vec<Entry>,
    /// Its path and query, as they were sent.
    #[prost(bytes = "bytes", tag = "4")]
    pub path: Bytes,
    /// The host that it is for.
    #[prost(bytes = "bytes", tag = "5")]
    pub host: Bytes,
    /// `http` or `https`.
    #[prost(bytes = "bytes", tag = "6")]
    pub scheme: Bytes,
    /// Its body as text, with `with_request_body`; what is no UTF-8 is not what was sent.
    #[prost(bytes = "bytes", tag = "11")]
    pub body: Bytes,
    /// Its body as it was sent: instead of `body`, with `pack_as_bytes`.
    #[prost(bytes = "bytes", tag = "12")]
    pub raw_body: Bytes,
    /// Its headers as they were sent: instead of `headers`, with `encode_raw_headers`.
    #[prost(message, optional, tag = "13")]
    pub header_map: Option<HeaderMap>,
}

/// An entry of a `map<string, string>`.
#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    /// Its key.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    /// Its value.
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
}

/// `envoy.config.core.v3.HeaderMap`
#[derive(Clone, PartialEq, Message)]
pub struct HeaderMap {
    /// In the order in which they were sent.
    #[prost(message, repeated, tag = "1")]
    pub headers: Vec<HeaderValue>,
}

/// `envoy.config.core.v3.HeaderValue`
#[derive(Clone, PartialEq, Message)]
pub struct HeaderValue {
    /// The header's name.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    /// Its value.
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
    /// Its value, where it is told as bytes.
    #[prost(bytes = "bytes", tag = "3")]
    pub raw_value: Bytes,
}

/// `envoy.service.auth.v3.CheckResponse`
#[derive(Clone, PartialEq, Message)]
pub struct CheckResponse {
    /// Whether the request may pass: 0 is yes.
    #[prost(message, optional, tag = "1")]
    pub status: Option<Status>,
    /// What becomes of the request.
    #[prost(oneof = "HttpResponse", tags = "2, 3")]
    pub http_response: Option<HttpResponse>,
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    /// A status code of gRPC.
    #[prost(int32, tag = "1")]
    pub code: i32,
}

/// `envoy.service.auth.v3.CheckResponse.http_response`
#[derive(Clone, PartialEq, Oneof)]
pub enum HttpResponse {
    /// The client is answered.
    #[prost(message, tag = "2")]
    Denied(DeniedHttpResponse),
    /// The request goes on.
    #[prost(message, tag = "3")]
    Ok(OkHttpResponse),
}

/// `envoy.service.auth.v3.DeniedHttpResponse`
#[derive(Clone, PartialEq, Message)]
pub struct DeniedHttpResponse {
    /// The answer's status.
    #[prost(message, optional, tag = "1")]
    pub status: Option<HttpStatus>,
    /// Its headers.
    #[prost(message, repeated, tag = "2")]
    pub headers: Vec<HeaderValueOption>,
    /// Its body, which is UTF-8.
    #[prost(bytes = "bytes", tag = "3")]
    pub body: Bytes,
}

/// `envoy.type.v3.HttpStatus`
#[derive(Clone, PartialEq, Message)]
pub struct HttpStatus {
    /// The number.
    #[prost(int32, tag = "1")]
    pub code: i32,
}

/// `envoy.service.auth.v3.OkHttpResponse`
#[derive(Clone, PartialEq, Message)]
pub struct OkHttpResponse {
    /// What the request's headers become.
    #[prost(message, repeated, tag = "2")]
    pub headers: Vec<HeaderValueOption>,
}

/// `envoy.config.core.v3.HeaderValueOption`
#[derive(Clone, PartialEq, Message)]
pub struct HeaderValueOption {
    /// The header.
    #[prost(message, optional, tag = "1")]
    pub header: Option<HeaderValue>,
    /// What becomes of one that is there.
    #[prost(enumeration = "HeaderAppendAction", tag = "3")]
    pub append_action: i32,
    /// Whether it is set also when it is empty.
    #[prost(bool, tag = "4")]
    pub keep_empty_value: bool,
}

/// `envoy.config.core.v3.HeaderValueOption.HeaderAppendAction`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum HeaderAppendAction {
    /// It gets another value.
    AppendIfExistsOrAdd = 0,
    /// It stays.
    AddIfAbsent = 1,
    /// It is replaced, or added.
    OverwriteIfExistsOrAdd = 2,
    /// It is replaced, and not added.
    OverwriteIfExists = 3,
}

/// `grpc.health.v1.HealthCheckRequest`
#[derive(Clone, PartialEq, Message)]
pub struct HealthCheckRequest {
    /// The full name of a service, or nothing for all of them.
    #[prost(bytes = "bytes", tag = "1")]
    pub service: Bytes,
}

/// `grpc.health.v1.HealthCheckResponse`
#[derive(Clone, PartialEq, Message)]
pub struct HealthCheckResponse {
    /// How it is.
    #[prost(enumeration = "ServingStatus", tag = "1")]
    pub status: i32,
}

/// `grpc.health.v1.HealthCheckResponse.ServingStatus`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum ServingStatus {
    /// Nobody knows.
    Unknown = 0,
    /// It answers.
    Serving = 1,
    /// It does not answer now.
    NotServing = 2,
    /// There is no such service; only told to those who watch.
    ServiceUnknown = 3,
}
