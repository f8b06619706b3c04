//! Why a signed request is refused, in the words that clients know: those of the OAuth Problem Reporting extension, as contract
//! liveperson §3 has them.

use std::fmt;

use crate::encoding::encode;
use crate::request::{
    MAX_AUTHORIZATION_BYTES, MAX_FORM_BYTES, MAX_PARAMETERS, MAX_PROTOCOL_PARAMETERS, MAX_TARGET_BYTES,
};

/// Why a request is refused. Its text ([`fmt::Display`]) is the body of the answer, a 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The signature is not that of this request by this key.
    SignatureInvalid,
    /// The token is not the key's.
    TokenRejected,
    /// There is no such key.
    ConsumerKeyUnknown,
    /// The time is out of the window, which is told in seconds since 1970.
    TimestampRefused {
        /// The first that would be taken.
        earliest: i64,
        /// The last that would be taken.
        latest: i64,
    },
    /// The nonce was used with this time, key and token.
    NonceUsed,
    /// These have to be there.
    ParameterAbsent(Vec<&'static str>),
    /// Something is there that must not be.
    ParameterRejected(Rejection),
    /// `oauth_version` is something else than `1.0`.
    VersionRejected,
    /// Neither HMAC-SHA1 nor HMAC-SHA256.
    SignatureMethodRejected,
}

/// What must not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Protocol parameters that stand there more than once (RFC 5849 §3.1).
    Repeated(Vec<String>),
    /// Protocol parameters beside those of another place: header, query and form exclude each other (RFC 5849 §3.5).
    InSeveralPlaces(Vec<String>),
    /// More than one Authorization header.
    SeveralHeaders,
    /// A protocol parameter whose value is none.
    Value(&'static str),
    /// Not in its syntax.
    Malformed(Part),
    /// Longer than is read.
    TooLong(Part),
    /// More parameters than are read, protocol parameters or all.
    TooMany,
}

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The Authorization header.
    Authorization,
    /// The method.
    Method,
    /// The host, or its port.
    Host,
    /// The path.
    Path,
    /// The query.
    Query,
    /// The form in the body.
    Form,
}

impl Problem {
    /// The value of `oauth_problem`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SignatureInvalid => "signature_invalid",
            Self::TokenRejected => "token_rejected",
            Self::ConsumerKeyUnknown => "consumer_key_unknown",
            Self::TimestampRefused { .. } => "timestamp_refused",
            Self::NonceUsed => "nonce_used",
            Self::ParameterAbsent(_) => "parameter_absent",
            Self::ParameterRejected(_) => "parameter_rejected",
            Self::VersionRejected => "version_rejected",
            Self::SignatureMethodRejected => "signature_method_rejected",
        }
    }

    fn advice(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::SignatureInvalid => "the oauth_signature is invalid",
            Self::TokenRejected => "the oauth_token is unacceptable to the Service Provider",
            Self::ConsumerKeyUnknown => "the oauth_consumer_key is unknown to the Service Provider",
            Self::TimestampRefused { .. } => "the oauth_timestamp is unacceptable to the Service Provider",
            Self::NonceUsed => "the oauth_nonce was used in a previous request",
            Self::ParameterAbsent(_) => "a required parameter is absent",
            Self::ParameterRejected(rejection) => return write!(out, "{rejection}"),
            Self::VersionRejected => "the oauth_version is unacceptable to the Service Provider",
            Self::SignatureMethodRejected => {
                "the oauth_signature_method is unacceptable to the Service Provider"
            }
        })
    }

    /// The parameters of the extension that say more.
    fn details(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParameterAbsent(names) => list(out, "oauth_parameters_absent", names),
            Self::ParameterRejected(Rejection::Repeated(names) | Rejection::InSeveralPlaces(names)) => {
                list(out, "oauth_parameters_rejected", names)
            }
            Self::ParameterRejected(Rejection::Value(name)) => {
                list(out, "oauth_parameters_rejected", &[name])
            }
            Self::TimestampRefused { earliest, latest } => {
                write!(out, "&oauth_acceptable_timestamps={earliest}-{latest}")
            }
            Self::VersionRejected => out.write_str("&oauth_acceptable_versions=1.0-1.0"),
            _ => Ok(()),
        }
    }
}

/// Names are encoded, and once more the list of them, as the extension says.
fn list(out: &mut fmt::Formatter<'_>, name: &str, names: &[impl AsRef<str>]) -> fmt::Result {
    let names: Vec<String> = names.iter().map(|name| encode(name.as_ref().as_bytes()).to_string()).collect();
    write!(out, "&{name}={}", encode(names.join("&").as_bytes()))
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "oauth_problem={}&oauth_problem_advice=", self.name())?;
        self.advice(out)?;
        self.details(out)
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Rejection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated(_) => out.write_str("a protocol parameter is repeated"),
            Self::InSeveralPlaces(_) => out.write_str("protocol parameters are in more than one place"),
            Self::SeveralHeaders => out.write_str("there is more than one Authorization header"),
            Self::Value(name) => write!(out, "the {name} is malformed"),
            Self::Malformed(part) => write!(out, "the {part} is malformed"),
            Self::TooLong(part) => write!(out, "the {part} is longer than {} bytes", part.max_bytes()),
            Self::TooMany => write!(
                out,
                "there are more than {MAX_PARAMETERS} parameters or more than {MAX_PROTOCOL_PARAMETERS} protocol parameters"
            ),
        }
    }
}

impl Part {
    fn max_bytes(self) -> usize {
        match self {
            Self::Authorization => MAX_AUTHORIZATION_BYTES,
            Self::Method | Self::Host | Self::Path | Self::Query => MAX_TARGET_BYTES,
            Self::Form => MAX_FORM_BYTES,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Authorization => "Authorization header",
            Self::Method => "method",
            Self::Host => "host",
            Self::Path => "path",
            Self::Query => "query",
            Self::Form => "form",
        })
    }
}
