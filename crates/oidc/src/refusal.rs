//! Why an ID token is refused, in words, with what to do about it.

use vestibule_model::{Issued, Millis, Reason, Utc};

/// How much a refusal tells of what somebody wrote, in characters.
pub(crate) const LONGEST_TOLD: usize = 200;

/// How many values of a list it tells.
pub(crate) const MOST_TOLD: usize = 10;

/// Why an ID token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not three parts of base64url with JSON in them, or too long.
    #[error("this is no ID token: {0}")]
    Malformed(&'static str),
    /// Another algorithm than the connection has.
    #[error("the token's algorithm is {found:?}, and the connection has {expected:?}")]
    Algorithm {
        /// What the token says.
        found: String,
        /// What the connection says.
        expected: Vec<&'static str>,
    },
    /// Of another kind: an access token, a logout token.
    #[error("the token is of the type {0:?}, which is no ID token's")]
    Type(String),
    /// A header that has to be understood and is not (RFC 7515 §4.1.11).
    #[error("the token has critical headers that are not understood")]
    CriticalHeader,
    /// No key of the provider has the token's key id, or is one for its algorithm.
    #[error("{}", no_key(.0.as_deref()))]
    UnknownKey(Option<String>),
    /// No key of the provider made the signature.
    #[error("the signature is wrong")]
    Signature,
    /// Of another provider.
    #[error("the issuer is {found:?}, and the connection is that of {expected:?}")]
    Issuer {
        /// What the token has.
        found: String,
        /// What the connection has.
        expected: String,
    },
    /// Meant for another client.
    #[error("the audience is {found:?}, and the connection's client is {expected:?}")]
    Audience {
        /// What the token has.
        found: Vec<String>,
        /// The client id of the connection.
        expected: String,
    },
    /// Given to another client (OpenID Connect Core §3.1.3.7, rules 4 and 5).
    #[error("{}", given_to(found.as_deref(), expected))]
    AuthorizedParty {
        /// What the token has; None: it has several audiences and does not say which of them it was given to.
        found: Option<String>,
        /// The client id of the connection.
        expected: String,
    },
    /// Not valid any more.
    #[error("it ended at {}, and it is {} here: {} s too late, with {} s allowed{}", Utc(*until), Utc(issued.now), apart(issued.now, *until), issued.skew_s, issued.too_late())]
    Late {
        /// Its `exp`.
        until: Millis,
        /// When it was made, and the time here.
        issued: Issued,
    },
    /// Not valid yet, or made in the future.
    #[error("its {claim} is {}, and it is {} here: {} s too early, with {} s allowed{}", Utc(*from), Utc(issued.now), apart(*from, issued.now), issued.skew_s, issued.too_early())]
    Early {
        /// `nbf` or `iat`.
        claim: &'static str,
        /// What it says.
        from: Millis,
        /// When it was made, and the time here.
        issued: Issued,
    },
    /// The nonce of another attempt, or none.
    #[error("the nonce is not that of this browser's attempt")]
    Nonce,
    /// It names nobody.
    #[error("the token has no subject")]
    NoSubject,
}

/// Why a logout token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRefusal {
    /// Not three parts of base64url with JSON in them, too long, or without what a logout token has (OpenID Connect Back-Channel
    /// Logout §2.4).
    #[error("this is no logout token: {0}")]
    NotALogout(&'static str),
    /// Of another kind: an access token.
    #[error("the token is of the type {0:?}, which is no logout token's")]
    Type(String),
    /// For what an ID token would be refused for as well.
    #[error(transparent)]
    AsIdToken(Refusal),
}

impl From<Refusal> for LogoutRefusal {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::NotALogout(why),
            Refusal::Type(found) => Self::Type(found),
            other => Self::AsIdToken(other),
        }
    }
}

impl LogoutRefusal {
    /// Whether other keys may verify the token: the provider may have changed them. To be asked seldom, whatever comes.
    pub const fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::AsIdToken(refusal) if refusal.asks_for_new_keys())
    }
}

impl Reason for LogoutRefusal {
    const NOTHING_PROVED: Self = Self::AsIdToken(Refusal::NOTHING_PROVED);

    fn fix(&self) -> &'static str {
        match self {
            Self::NotALogout(_) | Self::Type(_) => {
                "let the provider send logout tokens (OpenID Connect Back-Channel Logout), and nothing else, to the connection's back-channel logout URI"
            }
            Self::AsIdToken(Refusal::Algorithm { .. }) => {
                "set the algorithm by which the provider signs logout tokens, which is that of the client's ID tokens, to one that the connection has"
            }
            Self::AsIdToken(refusal) => refusal.fix(),
        }
    }
}

fn no_key(id: Option<&str>) -> String {
    match id {
        Some(id) => format!("the provider has no key {id:?} for the token's algorithm"),
        None => "the token names no key, and the provider has none for its algorithm".to_owned(),
    }
}

fn given_to(found: Option<&str>, expected: &str) -> String {
    match found {
        Some(found) => {
            format!("the token was given to the client {found:?}, and the connection's is {expected:?}")
        }
        None => format!(
            "the token has several audiences and does not say to which client it was given; the connection's is {expected:?}"
        ),
    }
}

fn apart(later: Millis, earlier: Millis) -> u64 {
    later.since(earlier).as_secs()
}

impl Refusal {
    /// Whether other keys may verify the token: the provider may have changed them. To be asked seldom, whatever comes.
    pub const fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::UnknownKey(_) | Self::Signature)
    }
}

impl Reason for Refusal {
    const NOTHING_PROVED: Self = Self::Signature;

    fn fix(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "send the provider's id_token, not its access token",
            Self::Algorithm { .. } => {
                "set the client's ID token signing algorithm at the provider to one that the connection has"
            }
            Self::Type(_) => "send the provider's id_token",
            Self::CriticalHeader => "take the critical headers out at the provider",
            Self::UnknownKey(_) | Self::Signature => {
                "look whether the provider's jwks_uri shows the keys that it signs with; they are read again at most once a minute, or by connection refresh"
            }
            Self::Issuer { .. } => {
                "set the connection's issuer to the token's, if this is the right provider: they are compared letter by letter"
            }
            Self::Audience { .. } | Self::AuthorizedParty { .. } => {
                "set the connection's client id to that of the client at the provider"
            }
            Self::Early { .. } => {
                "set the clocks of both machines by NTP: that of the identity provider is ahead; a connection can allow ten minutes of clock skew at most"
            }
            Self::Late { .. } => {
                "set the clocks of both machines by NTP: that of the identity provider is behind, or what it made was kept too long; a connection can allow ten minutes of clock skew at most"
            }
            Self::Nonce => {
                "begin the login anew: the answer belongs to another browser, or to an attempt that is over"
            }
            Self::NoSubject => "let the provider send the claim sub",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_in_words() {
        let expected = || "us".to_owned();
        let told = [
            Refusal::UnknownKey(Some("k".into())),
            Refusal::UnknownKey(None),
            Refusal::AuthorizedParty { found: Some("other".into()), expected: expected() },
            Refusal::AuthorizedParty { found: None, expected: expected() },
        ]
        .map(|refusal| refusal.to_string());
        assert!(told[0].contains(r#"no key "k""#) && told[2].contains(r#"the client "other""#), "{told:?}");
        assert!(told.iter().all(|told| !told.contains("Some(") && !told.contains("None")), "{told:?}");
    }
}
