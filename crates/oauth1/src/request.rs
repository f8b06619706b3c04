//! A request as it came, and what is read of it. Nothing is read twice: what is signed is what was decoded here.

use std::str::FromStr;

use vestibule_model::HostPort;

use crate::authorization::{Parameters as HeaderParameters, is_oauth, is_token, oauth_parameters};
use crate::encoding::{decode, decode_form, form_pairs};
use crate::parameters::Parameters;
use crate::protocol::{Collected, Place, is_signature, says_signed};
use crate::{Part, Problem, Rejection, Signed};

/// The longest Authorization header that is read, in bytes.
pub const MAX_AUTHORIZATION_BYTES: usize = 4 * 1024;

/// The longest path that is read, and the longest query, in bytes; no method and no host is longer.
pub const MAX_TARGET_BYTES: usize = 16 * 1024;

/// The longest form that is read, in bytes.
pub const MAX_FORM_BYTES: usize = 32 * 1024;

/// The most parameters that are read, of header, query and form together.
pub const MAX_PARAMETERS: usize = 512;

/// The most of them that are of the protocol, which knows ten.
pub const MAX_PROTOCOL_PARAMETERS: usize = 16;

/// A request as its client sent it. Where a gateway stands between, these are the values that the gateway got.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method. It is signed in upper case (RFC 5849 §3.4.1.1).
    pub method: &'a str,
    /// How the client reached the service.
    pub scheme: Scheme,
    /// The Host header: a host, and its port if there is one.
    pub host: &'a str,
    /// The path of the target, as it was sent. Nothing stands for `/`.
    pub path: &'a str,
    /// What stands behind the first `?` of the target, as it was sent.
    pub query: Option<&'a str>,
    /// The values of all Authorization headers.
    pub authorization: &'a [&'a [u8]],
    /// The body, where [`is_form`] holds for its type. No other body is signed.
    pub form: Option<&'a [u8]>,
}

/// How a service is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// As it is signed, with what separates it from the host.
    fn prefix(self) -> &'static str {
        match self {
            Self::Http => "http://",
            Self::Https => "https://",
        }
    }

    /// What the port is that is not signed (§3.4.1.2).
    fn default_port(self) -> &'static str {
        match self {
            Self::Http => ":80",
            Self::Https => ":443",
        }
    }
}

impl FromStr for Scheme {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [(Self::Http, "http"), (Self::Https, "https")]
            .into_iter()
            .find_map(|(scheme, name)| text.eq_ignore_ascii_case(name).then_some(scheme))
            .ok_or("this must be http or https")
    }
}

/// Whether a Content-Type is that of a body whose parameters are signed (RFC 5849 §3.4.1.3.1). Whatever begins with the name of forms is
/// one, also among several that a proxy has joined: services are not strict about what follows.
pub fn is_form(content_type: &[u8]) -> bool {
    const FORM: &[u8] = b"application/x-www-form-urlencoded";
    content_type.split(|byte| *byte == b',').any(|one| {
        one.trim_ascii_start().get(..FORM.len()).is_some_and(|name| name.eq_ignore_ascii_case(FORM))
    })
}

impl Request<'_> {
    /// Whether this is a signed request: it has an Authorization header of the scheme `OAuth`, or else a consumer key, a signature
    /// or its method in the query or the form.
    pub fn is_signed(&self) -> bool {
        let says_signed = |pairs: &[u8]| {
            form_pairs(pairs).any(|(name, _)| decode_form(name).is_some_and(|name| says_signed(&name)))
        };
        self.authorization.iter().any(|header| is_oauth(header))
            || self.query.is_some_and(|query| says_signed(query.as_bytes()))
            || self.form.is_some_and(says_signed)
    }

    /// What a signed request says; nothing of one that is not signed.
    pub fn read(&self) -> Result<Option<Signed>, Problem> {
        if !self.is_signed() {
            return Ok(None);
        }
        let uri = self.base_string_uri()?;
        let mut reader = Reader::default();
        let header = self.header(&mut reader)?;
        for (part, place, pairs) in
            [(Part::Query, Place::Query, self.query.map(str::as_bytes)), (Part::Form, Place::Form, self.form)]
        {
            reader.form(part, place, pairs.unwrap_or_default())?;
        }
        let protocol = reader.protocol.read(header)?;
        reader.parameters.sort();
        Ok(Some(Signed::new(protocol, self.method.to_ascii_uppercase(), uri, reader.parameters)))
    }

    /// Reads the header, if there is one of this scheme, and no other beside it.
    fn header(&self, reader: &mut Reader) -> Result<Option<Place>, Problem> {
        let Some(parameters) = self.authorization.iter().find_map(|header| oauth_parameters(header)) else {
            return Ok(None);
        };
        if self.authorization.len() > 1 {
            return Err(Problem::ParameterRejected(Rejection::SeveralHeaders));
        }
        reader.header(parameters)?;
        Ok(Some(Place::Header))
    }

    /// Scheme, host and path (RFC 5849 §3.4.1.2); the method is looked at here too.
    fn base_string_uri(&self) -> Result<String, Problem> {
        let Self { method, scheme, host, path, .. } = self;
        for (part, text) in [(Part::Method, method), (Part::Host, host), (Part::Path, path)] {
            within(part, text.len(), MAX_TARGET_BYTES)?;
        }
        if method.is_empty() || !method.bytes().all(is_token) {
            return Err(malformed(Part::Method));
        }
        if host.parse::<HostPort>().is_err() {
            return Err(malformed(Part::Host));
        }
        let starts_right = path.is_empty() || path.starts_with('/');
        if !starts_right || path.contains(['?', '#']) || !is_visible(path) {
            return Err(malformed(Part::Path));
        }
        let host = host.strip_suffix(scheme.default_port()).unwrap_or(host).to_ascii_lowercase();
        let path = if path.is_empty() { "/" } else { path };
        Ok([scheme.prefix(), &host, path].concat())
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    protocol: Collected,
    parameters: Parameters,
    read: usize,
}

impl Reader {
    fn header(&mut self, header: &[u8]) -> Result<(), Problem> {
        let part = Part::Authorization;
        within(part, header.len(), MAX_AUTHORIZATION_BYTES)?;
        for parameter in HeaderParameters(header) {
            let (name, value) = parameter.map_err(|_| malformed(part))?;
            // What it is for is not told by RFC 5849; it is not signed (§3.4.1.3.1), and need not be encoded.
            if name.eq_ignore_ascii_case(b"realm") {
                continue;
            }
            let (name, value) = (decode(name), decode(&value));
            let (Some(name), Some(value)) = (name, value) else {
                return Err(malformed(part));
            };
            self.parameter(Place::Header, &name, &value)?;
        }
        Ok(())
    }

    fn form(&mut self, part: Part, place: Place, pairs: &[u8]) -> Result<(), Problem> {
        let (limit, is_right) = match place {
            Place::Form => (MAX_FORM_BYTES, true),
            _ => (
                MAX_TARGET_BYTES,
                std::str::from_utf8(pairs).is_ok_and(|text| !text.contains('#') && is_visible(text)),
            ),
        };
        within(part, pairs.len(), limit)?;
        if !is_right {
            return Err(malformed(part));
        }
        for (name, value) in form_pairs(pairs) {
            let (Some(name), Some(value)) = (decode_form(name), decode_form(value)) else {
                return Err(malformed(part));
            };
            self.parameter(place, &name, &value)?;
        }
        Ok(())
    }

    fn parameter(&mut self, place: Place, name: &[u8], value: &[u8]) -> Result<(), Problem> {
        self.read += 1;
        if self.read > MAX_PARAMETERS {
            return Err(Problem::ParameterRejected(Rejection::TooMany));
        }
        self.protocol.add(place, name, value)?;
        // All but the signature itself (§3.4.1.3.1).
        if !is_signature(name) {
            self.parameters.add(name, value);
        }
        Ok(())
    }
}

/// Without white space and control characters, which no target has.
fn is_visible(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
}

fn within(part: Part, length: usize, limit: usize) -> Result<(), Problem> {
    if length <= limit { Ok(()) } else { Err(Problem::ParameterRejected(Rejection::TooLong(part))) }
}

fn malformed(part: Part) -> Problem {
    Problem::ParameterRejected(Rejection::Malformed(part))
}
