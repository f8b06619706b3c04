//! The protocol parameters of a request (RFC 5849 §3.1): which there are, where they stand, and that each stands there once.

use vestibule_model::Millis;

use crate::request::MAX_PROTOCOL_PARAMETERS;
use crate::{Problem, Rejection, SignatureMethod};

/// What the names of all of them begin with.
const PREFIX: &str = "oauth_";

const CONSUMER_KEY: &str = "oauth_consumer_key";
const TOKEN: &str = "oauth_token";
const SIGNATURE_METHOD: &str = "oauth_signature_method";
const SIGNATURE: &str = "oauth_signature";
const TIMESTAMP: &str = "oauth_timestamp";
const NONCE: &str = "oauth_nonce";
const VERSION: &str = "oauth_version";

/// Where parameters stand (RFC 5849 §3.5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Header,
    Query,
    Form,
}

/// Every parameter of the protocol that a request has, known or not.
#[derive(Default)]
pub(crate) struct Collected(Vec<(Place, String, Vec<u8>)>);

/// What they say.
pub(crate) struct Protocol {
    pub(crate) consumer_key: String,
    pub(crate) token: String,
    pub(crate) method: SignatureMethod,
    /// As it is encoded in Base64; not examined.
    pub(crate) signature: String,
    pub(crate) timestamp: Millis,
    /// As it was written, digits alone.
    pub(crate) timestamp_text: String,
    pub(crate) nonce: String,
}

/// Whether a name outside of the header says that the request is signed. Not `oauth_token` and `oauth_verifier`: browsers that
/// come back from a provider of OAuth 1.0 bring them along (§2.2).
pub(crate) fn says_signed(name: &[u8]) -> bool {
    [CONSUMER_KEY, SIGNATURE_METHOD, SIGNATURE].iter().any(|known| known.as_bytes() == name)
}

pub(crate) fn is_signature(name: &[u8]) -> bool {
    name == SIGNATURE.as_bytes()
}

impl Collected {
    /// Takes a parameter, if it is of the protocol.
    pub(crate) fn add(&mut self, place: Place, name: &[u8], value: &[u8]) -> Result<(), Problem> {
        if !name.starts_with(PREFIX.as_bytes()) {
            return Ok(());
        }
        if self.0.len() == MAX_PROTOCOL_PARAMETERS {
            return Err(Problem::ParameterRejected(Rejection::TooMany));
        }
        self.0.push((place, String::from_utf8_lossy(name).into_owned(), value.to_vec()));
        Ok(())
    }

    /// What they say, if each stands there once and all in one place. `header`: there is one of this scheme, so that is the place.
    pub(crate) fn read(self, header: Option<Place>) -> Result<Protocol, Problem> {
        let place = header.or_else(|| self.0.first().map(|(place, ..)| *place));
        let elsewhere = self.names(|_, (at, ..)| Some(*at) != place);
        if !elsewhere.is_empty() {
            return Err(Problem::ParameterRejected(Rejection::InSeveralPlaces(elsewhere)));
        }
        let repeated =
            self.names(|before, (_, name, _)| before.iter().any(|(_, earlier, _)| earlier == name));
        if !repeated.is_empty() {
            return Err(Problem::ParameterRejected(Rejection::Repeated(repeated)));
        }
        self.protocol()
    }

    /// The names of those that are chosen, among them by what stands before them.
    fn names(
        &self,
        chosen: impl Fn(&[(Place, String, Vec<u8>)], &(Place, String, Vec<u8>)) -> bool,
    ) -> Vec<String> {
        let each = self.0.iter().enumerate();
        let mut names: Vec<String> = each
            .filter(|(at, parameter)| chosen(&self.0[..*at], parameter))
            .map(|(_, (_, name, _))| name.clone())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn protocol(mut self) -> Result<Protocol, Problem> {
        if self.take(VERSION)?.is_some_and(|version| version != "1.0") {
            return Err(Problem::VersionRejected);
        }
        let method = self.take(SIGNATURE_METHOD)?.map(|name| SignatureMethod::named(&name));
        // Those of methods that prove nothing may lack the rest (§3.1).
        if method == Some(None) {
            return Err(Problem::SignatureMethodRejected);
        }
        let (consumer_key, token) = (self.take(CONSUMER_KEY)?, self.take(TOKEN)?);
        let (signature, nonce) = (self.take(SIGNATURE)?, self.take(NONCE)?);
        let timestamp = self.take(TIMESTAMP)?;
        let absent = [
            (CONSUMER_KEY, consumer_key.is_none()),
            (TOKEN, token.is_none()),
            (SIGNATURE_METHOD, method.is_none()),
            (SIGNATURE, signature.is_none()),
            (TIMESTAMP, timestamp.is_none()),
            (NONCE, nonce.is_none()),
        ];
        let (
            Some(consumer_key),
            Some(token),
            Some(Some(method)),
            Some(signature),
            Some(timestamp),
            Some(nonce),
        ) = (consumer_key, token, method, signature, timestamp, nonce)
        else {
            let names = absent.iter().filter(|(_, is_absent)| *is_absent).map(|(name, _)| *name);
            return Err(Problem::ParameterAbsent(names.collect()));
        };
        if nonce.is_empty() {
            return Err(rejected(NONCE));
        }
        let (timestamp, timestamp_text) = (read_timestamp(&timestamp)?, timestamp);
        Ok(Protocol { consumer_key, token, method, signature, timestamp, timestamp_text, nonce })
    }

    /// The value of one that stands there once at most.
    fn take(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        let Some(at) = self.0.iter().position(|(_, known, _)| known == name) else {
            return Ok(None);
        };
        let (_, _, value) = self.0.swap_remove(at);
        String::from_utf8(value).map(Some).map_err(|_| rejected(name))
    }
}

fn rejected(name: &'static str) -> Problem {
    Problem::ParameterRejected(Rejection::Value(name))
}

/// Seconds since 1970: a positive integer (§3.3).
fn read_timestamp(text: &str) -> Result<Millis, Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: Option<i64> = text.parse().ok().filter(|seconds| digits && *seconds > 0);
    let milliseconds = seconds.and_then(|seconds| seconds.checked_mul(1000));
    milliseconds.map(Millis::from_unix).ok_or_else(|| rejected(TIMESTAMP))
}
