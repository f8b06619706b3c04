//! Why a logout is refused, in words, with what to do about it.

use vestibule_model::Reason;

use crate::refusal::{Malformed, Refusal, SignatureFlaw};

/// Why a logout that an identity provider asks for is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRefusal {
    /// At the top there is no logout request.
    #[error("the document is {0:?}, not a SAML logout request")]
    NotALogout(String),
    /// No signature covers it.
    #[error("nothing signs the logout request")]
    NotSigned,
    /// An algorithm that counts in documents, and not for what is signed over a query.
    #[error(
        "the signature of the query is refused: its algorithm {0} is not taken there, only RSA (PKCS #1 1.5)"
    )]
    NotOverQuery(String),
    /// It names nobody.
    #[error("the logout request names no subject")]
    NoSubject,
    /// For what a login would be refused for as well.
    #[error(transparent)]
    AsLogin(#[from] Refusal),
}

impl From<Malformed> for LogoutRefusal {
    fn from(malformed: Malformed) -> Self {
        Self::AsLogin(malformed.into())
    }
}

impl LogoutRefusal {
    /// Whether other certificates may verify it: the identity provider may have changed them. To be asked seldom, whatever comes.
    pub const fn asks_for_new_certificates(&self) -> bool {
        matches!(self, Self::AsLogin(refusal) if refusal.asks_for_new_certificates())
    }
}

impl Reason for LogoutRefusal {
    const NOTHING_PROVED: Self = Self::NotSigned;

    fn fix(&self) -> &'static str {
        match self {
            Self::NotALogout(_) => {
                "let the identity provider send logout requests of SAML 2.0, and nothing else, to the connection's logout URL"
            }
            Self::NotSigned => "let the identity provider sign its logout requests",
            Self::NotOverQuery(_) => {
                "let the identity provider send its logout requests by HTTP POST, or sign those by redirect by RSA with SHA-256"
            }
            Self::NoSubject => {
                "let the identity provider send the NameID of the login in its logout requests"
            }
            Self::AsLogin(refusal) => fix_of(refusal),
        }
    }
}

/// What to do about what refuses a login as well.
fn fix_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Malformed(
            Malformed::NotBase64
            | Malformed::PercentEncoded
            | Malformed::NotDeflated
            | Malformed::NotUtf8
            | Malformed::NotXml(_),
        ) => {
            "look whether SAMLRequest arrives whole: by redirect it is deflated and then base64, by HTTP POST base64 alone"
        }
        Refusal::Address { .. } => {
            "set the logout URL at the identity provider to the one in the connection's metadata"
        }
        Refusal::Signature { flaw: SignatureFlaw::Algorithm(_), .. } => {
            "set SHA-256 for the signatures of logout requests at the identity provider"
        }
        other => other.fix(),
    }
}
