//! Why a login is refused, in words, with what to do about it.

use vestibule_model::{Issued, Reason, Utc};

/// A document that is not read any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not base64 (RFC 4648 §4), white space left aside.
    #[error("it is not base64")]
    NotBase64,
    /// Percent-encoded, as it stands in the text of a form.
    #[error("it is percent-encoded, as it stands in a form")]
    PercentEncoded,
    /// Longer than [`crate::LONGEST`].
    #[error("it is longer than {} bytes", crate::LONGEST)]
    TooLong,
    /// What comes by redirect, and is not compressed as it has to be (SAML bindings §3.4.4.1).
    #[error("it is not deflated (RFC 1951)")]
    NotDeflated,
    /// Bytes that are no UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// An encoding that is declared and is another than UTF-8.
    #[error("it declares the encoding {0:?}; only UTF-8 is read")]
    Encoding(String),
    /// A document type: entities and default values come with it.
    #[error("it has a document type")]
    DocumentType,
    /// Not well-formed, or too deep.
    #[error("it is no XML that is read: {0}")]
    NotXml(String),
    /// More of something than any response has.
    #[error("it has more {0} than are read")]
    TooMuch(&'static str),
    /// An attribute in a namespace, on an element of a signature or an encryption.
    #[error("{0} has an attribute in a namespace")]
    AttributeInNamespace(String),
    /// A comment, which parsers and canonicalizations treat differently.
    #[error("it has a comment")]
    Comment,
    /// A processing instruction.
    #[error("it has a processing instruction")]
    ProcessingInstruction,
    /// An id that stands twice, or in a namespace: what a signature covers could be read in two ways.
    #[error("its ids are ambiguous: {0:?}")]
    Ids(String),
    /// Two elements where one is meant.
    #[error("it has two elements {0} in a place where there is one")]
    Doubled(&'static str),
    /// An element or attribute that has to be there.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// Elements inside of what is text.
    #[error("{0} has more than text in it")]
    NotText(String),
    /// A time that is not written as SAML core §1.3.3 has it.
    #[error("{0:?} is no time in UTC")]
    Time(String),
    /// A version other than 2.0.
    #[error("it is of SAML {0:?}, not of 2.0")]
    Version(String),
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFlaw {
    /// It does not stand in the element that it signs, or twice.
    #[error("it stands where no signature of a response or an assertion stands")]
    Place,
    /// Its structure is not that of a SAML signature: one reference, to the element that it stands in.
    #[error("its {0} is not as SAML has it")]
    Structure(&'static str),
    /// An algorithm that does not count, such as SHA-1 or HMAC.
    #[error("its algorithm {0} does not count")]
    Algorithm(String),
    /// Nothing that was signed by a certificate of the connection.
    #[error("no certificate of the connection made it, or what it covers was changed: {0}")]
    Wrong(String),
}

/// What is wrong with an encrypted assertion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionFlaw {
    /// A cipher or key transport that does not count, such as CBC or RSA 1.5.
    #[error("its algorithm {0} does not count")]
    Algorithm(String),
    /// Its structure is not that of an encrypted assertion.
    #[error("its {0} is not as SAML has it")]
    Structure(&'static str),
    /// The connection has no key for it.
    #[error("the connection has no key to decrypt with")]
    NoKey,
    /// No key of the connection decrypts it to an assertion. Why is not told: it would be an oracle.
    #[error("no key of the connection decrypts it to an assertion")]
    Wrong,
}

/// Why a login is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The document cannot be read.
    #[error("the document is refused: {0}")]
    Malformed(#[from] Malformed),
    /// At the top there is neither a response nor an assertion.
    #[error("the document is {0:?}, not a SAML response or assertion")]
    NotAResponse(String),
    /// A response with no assertion, or with several.
    #[error("the response has {0} assertions, not one")]
    Assertions(usize),
    /// The assertion cannot be decrypted.
    #[error("the encrypted assertion is refused: {0}")]
    Encryption(#[from] EncryptionFlaw),
    /// A signature is wrong. One is enough: what it was to protect is not known.
    #[error("the signature of {element} is refused: {flaw}")]
    Signature {
        /// The element that it stands in.
        element: String,
        /// What is wrong.
        flaw: SignatureFlaw,
    },
    /// No signature covers the assertion.
    #[error("nothing that is signed covers the assertion")]
    NotSigned,
    /// The identity provider says that the login failed.
    #[error("the identity provider answers with the status {code}{}", message.as_ref().map_or(String::new(), |text| format!(": {text}")))]
    Status {
        /// The innermost status code.
        code: String,
        /// Its words.
        message: Option<String>,
    },
    /// Of another identity provider.
    #[error("the issuer is {found:?}, and the connection is that of {expected:?}")]
    Issuer {
        /// What the document has.
        found: String,
        /// The entity id of the connection.
        expected: String,
    },
    /// Meant for another address.
    #[error("{attribute} is {found:?}, which is no address of this connection")]
    Address {
        /// `Destination` or `Recipient`.
        attribute: &'static str,
        /// What the document has.
        found: String,
    },
    /// Not valid yet.
    #[error("it is valid from {} on, and it is {} here: {} s too early, with {} s allowed{}", Utc(*from), Utc(issued.now), apart(*from, issued.now), issued.skew_s, issued.too_early())]
    Early {
        /// Its `NotBefore`.
        from: vestibule_model::Millis,
        /// When it was made, and the time here.
        issued: Issued,
    },
    /// Not valid any more.
    #[error("it was valid until {}, and it is {} here: {} s too late, with {} s allowed{}", Utc(*until), Utc(issued.now), apart(issued.now, *until), issued.skew_s, issued.too_late())]
    Late {
        /// Its `NotOnOrAfter`.
        until: vestibule_model::Millis,
        /// When it was made, and the time here.
        issued: Issued,
    },
    /// The session at the identity provider has ended.
    #[error("the session at the identity provider was to end {}, and it is {} here, with {skew_s} s allowed", Utc(*until), Utc(*now))]
    SessionOver {
        /// Its `SessionNotOnOrAfter`.
        until: vestibule_model::Millis,
        /// The time here.
        now: vestibule_model::Millis,
        /// The clock skew that is allowed, in seconds.
        skew_s: u64,
    },
    /// Meant for others.
    #[error("the audience is {found:?}, and the connection answers to {expected:?}")]
    Audience {
        /// What the document has.
        found: Vec<String>,
        /// What the connection has.
        expected: Vec<String>,
    },
    /// A condition that is not understood has to be met (SAML core §2.5.1.1).
    #[error("the condition {0:?} is not understood")]
    Condition(String),
    /// The subject is confirmed in no way that counts.
    #[error("the subject is not confirmed by bearer")]
    NotBearer,
    /// An answer to a request that this browser did not make, or that it has not made now.
    #[error("{}", other_request(found.as_deref(), expected.as_deref()))]
    InResponseTo {
        /// What the document has; None: it answers no request.
        found: Option<String>,
        /// The request that was made; None: there is none.
        expected: Option<String>,
    },
    /// It answers no request, and the connection does not allow that.
    #[error("it answers no request, and the connection takes no login that begins at the identity provider")]
    Unsolicited,
    /// It names nobody.
    #[error("the assertion names no subject")]
    NoSubject,
    /// It names somebody with white space around the name.
    #[error("the NameID {0:?} has white space around it, so that it is not clear who is meant")]
    PaddedSubject(String),
}

fn other_request(found: Option<&str>, expected: Option<&str>) -> String {
    let found =
        found.map_or("it answers no request".to_owned(), |id| format!("it answers the request {id:?}"));
    match expected {
        Some(expected) => format!("{found}, and the one that is waited for is {expected:?}"),
        None => format!("{found}, and this browser waits for none"),
    }
}

fn apart(later: vestibule_model::Millis, earlier: vestibule_model::Millis) -> u64 {
    later.since(earlier).as_secs()
}

impl Refusal {
    /// Whether other certificates may verify the document: the identity provider may have changed them. To be asked seldom,
    /// whatever comes.
    pub const fn asks_for_new_certificates(&self) -> bool {
        matches!(self, Self::Signature { flaw: SignatureFlaw::Wrong(_), .. })
    }
}

impl Reason for Refusal {
    const NOTHING_PROVED: Self = Self::NotSigned;

    fn fix(&self) -> &'static str {
        match self {
            Self::Malformed(Malformed::NotBase64 | Malformed::NotUtf8 | Malformed::NotXml(_)) => {
                "look whether the form's field SAMLResponse arrives whole: proxies and browsers' extensions change it"
            }
            Self::Malformed(Malformed::PercentEncoded) => {
                "give what the field SAMLResponse has once it is decoded: + / and = in the place of %2B %2F and %3D"
            }
            Self::Malformed(_) | Self::Assertions(_) => {
                "no identity provider in its usual setting sends this: look at what stands between it and this service"
            }
            Self::NotAResponse(_) => "let the identity provider send a SAML 2.0 response by HTTP POST",
            Self::Encryption(EncryptionFlaw::Algorithm(_)) => {
                "set AES-GCM and RSA-OAEP at the identity provider, or allow CBC for the connection"
            }
            Self::Encryption(_) => {
                "give the identity provider the connection's metadata anew: it encrypts for another certificate"
            }
            Self::Signature { flaw: SignatureFlaw::Algorithm(_), .. } => {
                "set SHA-256 for signature and digest at the identity provider"
            }
            Self::Signature { flaw: SignatureFlaw::Wrong(_), .. } => {
                "the identity provider has another certificate: read its metadata anew, or add the new certificate beside the old one"
            }
            Self::Signature { .. } => {
                "no identity provider in its usual setting signs like this: look at what stands between it and this service"
            }
            Self::NotSigned => "let the identity provider sign the response or the assertion",
            Self::Status { .. } => "the reason is in the identity provider's own log",
            Self::Issuer { .. } => {
                "set the connection's identity provider entity id to the issuer, if this is the right one"
            }
            Self::Address { .. } => {
                "set the consumer URL at the identity provider to the one in the connection's metadata"
            }
            Self::Early { .. } => {
                "set the clocks of both machines by NTP: that of the identity provider is ahead; a connection can allow ten minutes of clock skew at most"
            }
            Self::Late { .. } => {
                "set the clocks of both machines by NTP: that of the identity provider is behind, or what it made was kept too long; a connection can allow ten minutes of clock skew at most"
            }
            Self::Audience { .. } => {
                "set the audience, or service provider entity id, at the identity provider to that of the connection"
            }
            Self::Condition(_) => "take the condition out at the identity provider",
            Self::NotBearer => "let the identity provider confirm the subject by bearer",
            Self::InResponseTo { .. } => {
                "begin the login anew: the answer belongs to another browser, or to an attempt that is over"
            }
            Self::Unsolicited => {
                "begin the login at this service, or allow logins that begin at the identity provider for the connection"
            }
            Self::SessionOver { .. } => {
                "let users log in at the identity provider again, and look at how long sessions last there and at the clocks"
            }
            Self::NoSubject => "let the identity provider send a NameID",
            Self::PaddedSubject(_) => {
                "take the white space out of the name at the identity provider, or let it send another attribute as NameID"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_in_words() {
        let told =
            [(Some("_1"), Some("_2")), (Some("_1"), None), (None, Some("_2"))].map(|(found, expected)| {
                let owned = |id: Option<&str>| id.map(str::to_owned);
                Refusal::InResponseTo { found: owned(found), expected: owned(expected) }.to_string()
            });
        let expected = [
            r#"it answers the request "_1", and the one that is waited for is "_2""#,
            r#"it answers the request "_1", and this browser waits for none"#,
            r#"it answers no request, and the one that is waited for is "_2""#,
        ];
        assert_eq!(told, expected);
    }
}
