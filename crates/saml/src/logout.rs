//! Logouts that an identity provider asks for (SAML core §3.7, SAML profiles §4.4), and how they are answered.

use std::io::Read as _;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use vestibule_model::{Issued, Millis, Utc, told};
use x509_parser::parse_x509_certificate;

use crate::certificate::Certificate;
use crate::claims::expect_version;
use crate::logout_refusal::LogoutRefusal;
use crate::names::{ASSERTION, PROTOCOL, RSA_SHA256, RSA_SHA384, RSA_SHA512, SIGNATURES, SUCCESS};
use crate::refusal::{Malformed, Refusal, SignatureFlaw};
use crate::request::{SigningKey, to_redirect};
use crate::response::{Connection, decode};
use crate::signature::Signatures;
use crate::time;
use crate::xml::{Comments, LONGEST, Xml, escaped};

/// How long a logout counts after it was made, if it does not say so itself.
const COUNTS_FOR: std::time::Duration = std::time::Duration::from_mins(5);

/// How many sessions one logout may name.
const MOST_SESSIONS: usize = 100;

/// A logout that is genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its id: it is taken once, and the answer names it.
    pub id: String,
    /// Whom it names, letter by letter.
    pub subject: String,
    /// Which sessions there are over; none: all of the subject.
    pub sessions: Vec<String>,
    /// What is to come back with the answer.
    pub relay_state: String,
    /// When it was made, by the identity provider's clock.
    pub issued: Millis,
    /// Until when its id has to be remembered.
    pub single_use_until: Millis,
}

impl LogoutRequest {
    /// Looks at the query of a redirect, whose signature is over the query as it was sent (SAML bindings §3.4.4.1).
    pub fn from_redirect(query: &str, connection: &Connection, now: Millis) -> Result<Self, LogoutRefusal> {
        let sent = Sent::read(query)?;
        sent.verify(&connection.certificates)?;
        let text = inflated(&sent.document)?;
        let xml = Xml::parse(&text, Comments::Refused)?;
        Self::read(&xml, connection, now, sent.relay_state)
    }

    /// Looks at the field `SAMLRequest` of a form, whose signature is in the document.
    pub fn from_form(
        encoded: &str,
        relay_state: &str,
        connection: &Connection,
        now: Millis,
    ) -> Result<Self, LogoutRefusal> {
        let text = decode(encoded)?;
        let xml = Xml::parse(&text, Comments::Refused)?;
        let signatures = Signatures::verify(&xml, &connection.certificates);
        if let Some(refusal) = signatures.refusal() {
            return Err(refusal.into());
        }
        // What else there may be at the top is told first: nothing else is signed where a logout is.
        expect_logout(&xml)?;
        if !signatures.cover(&xml, xml.root) {
            return Err(LogoutRefusal::NotSigned);
        }
        Self::read(&xml, connection, now, relay_state.to_owned())
    }

    fn read(
        xml: &Xml<'_>,
        connection: &Connection,
        now: Millis,
        relay_state: String,
    ) -> Result<Self, LogoutRefusal> {
        expect_logout(xml)?;
        expect_version(xml, xml.root)?;
        let attribute = |name: &'static str| xml.attribute(xml.root, name).ok_or(Malformed::Missing(name));
        let filled =
            |name| attribute(name).ok().filter(|text| !text.is_empty()).ok_or(Malformed::Missing(name));
        let issuer = xml.child(xml.root, ASSERTION, "Issuer")?.ok_or(Malformed::Missing("Issuer"))?;
        let issuer = xml.text_of(issuer)?;
        if issuer != connection.identity_provider {
            let expected = connection.identity_provider.clone();
            return Err(Refusal::Issuer { found: told(&issuer, 200), expected }.into());
        }
        // What is signed has it, so that it is of no use anywhere else (SAML bindings §3.4.5.2, §3.5.5.2).
        let destination = filled("Destination")?;
        if !connection.addresses.iter().any(|address| address == destination) {
            let found = told(destination, 200);
            return Err(Refusal::Address { attribute: "Destination", found }.into());
        }
        let made = time::read(attribute("IssueInstant")?)?;
        let until = attribute("NotOnOrAfter").ok().map(time::read).transpose()?;
        let until = until.map_or(made.plus(COUNTS_FOR), |until| until.min(made.plus(COUNTS_FOR)));
        let skew = connection.clock_skew;
        let when = Issued { at: made, now, skew_s: skew.as_secs() };
        if now.plus(skew) < made {
            return Err(Refusal::Early { from: made, issued: when }.into());
        }
        if now >= until.plus(skew) {
            return Err(Refusal::Late { until, issued: when }.into());
        }
        let subject = xml.child(xml.root, ASSERTION, "NameID")?.ok_or(LogoutRefusal::NoSubject)?;
        let subject = xml.exact_text_of(subject)?;
        if subject.is_empty() {
            return Err(LogoutRefusal::NoSubject);
        }
        let sessions = xml.children(xml.root, PROTOCOL, "SessionIndex").collect::<Vec<_>>();
        // One that ended some of them would say that all are over.
        if sessions.len() > MOST_SESSIONS {
            return Err(Malformed::TooMuch("sessions").into());
        }
        Ok(Self {
            id: filled("ID")?.to_owned(),
            subject,
            sessions: sessions.into_iter().map(|session| xml.text_of(session)).collect::<Result<_, _>>()?,
            relay_state,
            issued: made,
            single_use_until: until.plus(skew),
        })
    }
}

fn expect_logout(xml: &Xml<'_>) -> Result<(), LogoutRefusal> {
    if xml.is(xml.root, PROTOCOL, "LogoutRequest") {
        return Ok(());
    }
    Err(LogoutRefusal::NotALogout(told(&xml.name(xml.root), 100)))
}

/// What a redirect carries, as text. No more of it is inflated than is read.
fn inflated(deflated: &[u8]) -> Result<String, Malformed> {
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 1;
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(deflated).take(most).read_to_end(&mut bytes);
    read.map_err(|_| Malformed::NotDeflated)?;
    if bytes.len() > LONGEST {
        return Err(Malformed::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| Malformed::NotUtf8)
}

/// The parameters of a redirect.
struct Sent {
    document: Vec<u8>,
    relay_state: String,
    algorithm: String,
    signature: Vec<u8>,
    /// What is signed: those parameters as they were sent, in the order that SAML has them in.
    signed: String,
}

impl Sent {
    fn read(query: &str) -> Result<Self, LogoutRefusal> {
        let raw = |name: &str| {
            let mut found = query.split('&').filter(|pair| pair.split('=').next() == Some(name));
            match (found.next(), found.next()) {
                (found, None) => Ok(found),
                (_, Some(_)) => Err(Malformed::Doubled("parameters of one name")),
            }
        };
        let (document, relay_state) = (raw("SAMLRequest")?, raw("RelayState")?);
        let (algorithm, signature) = (raw("SigAlg")?, raw("Signature")?);
        let signed: Vec<&str> = [document, relay_state, algorithm].into_iter().flatten().collect();
        let text = |pair: Option<&str>| {
            let mut pairs = form_urlencoded::parse(pair.unwrap_or_default().as_bytes());
            pairs.next().map_or_else(String::new, |(_, value)| value.into_owned())
        };
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| Malformed::NotBase64);
        document.ok_or(Malformed::Missing("SAMLRequest"))?;
        signature.ok_or(LogoutRefusal::NotSigned)?;
        Ok(Self {
            document: bytes(&text(document))?,
            relay_state: text(relay_state),
            algorithm: text(algorithm),
            signature: bytes(&text(signature))?,
            signed: signed.join("&"),
        })
    }

    fn verify(&self, certificates: &[Certificate]) -> Result<(), LogoutRefusal> {
        let refused =
            |flaw| LogoutRefusal::from(Refusal::Signature { element: "the query".to_owned(), flaw });
        let algorithm = match self.algorithm.as_str() {
            RSA_SHA256 => &RSA_PKCS1_2048_8192_SHA256,
            RSA_SHA384 => &RSA_PKCS1_2048_8192_SHA384,
            RSA_SHA512 => &RSA_PKCS1_2048_8192_SHA512,
            other if SIGNATURES.contains(&other) => {
                return Err(LogoutRefusal::NotOverQuery(other.to_owned()));
            }
            other => return Err(refused(SignatureFlaw::Algorithm(told(other, 100)))),
        };
        let is_by = |certificate: &Certificate| {
            parse_x509_certificate(certificate.der()).is_ok_and(|(_, parsed)| {
                let key = &parsed.public_key().subject_public_key.data;
                let key = UnparsedPublicKey::new(algorithm, key);
                key.verify(self.signed.as_bytes(), &self.signature).is_ok()
            })
        };
        if certificates.iter().any(is_by) {
            return Ok(());
        }
        Err(refused(SignatureFlaw::Wrong("no certificate verifies it".to_owned())))
    }
}

/// The answer to a logout: that it is done.
#[derive(Clone, Copy, Debug)]
pub struct LogoutResponse<'a> {
    /// Its id, beyond guessing: an `NCName`.
    pub id: &'a str,
    /// The id of the request.
    pub in_response_to: &'a str,
    /// When it is made.
    pub now: Millis,
    /// The identity provider's address for logouts.
    pub destination: &'a str,
    /// Our entity id.
    pub issuer: &'a str,
}

impl LogoutResponse<'_> {
    /// The answer as a document.
    pub fn to_xml(&self) -> String {
        format!(
            "<samlp:LogoutResponse xmlns:samlp=\"{PROTOCOL}\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{}\" Destination=\"{}\" \
             InResponseTo=\"{}\"><saml:Issuer xmlns:saml=\"{ASSERTION}\">{}</saml:Issuer><samlp:Status>\
             <samlp:StatusCode Value=\"{SUCCESS}\"/></samlp:Status></samlp:LogoutResponse>",
            escaped(self.id),
            Utc(self.now),
            escaped(self.destination),
            escaped(self.in_response_to),
            escaped(self.issuer),
        )
    }

    /// The address that the browser is sent to: HTTP redirect, signed if there is a key.
    pub fn to_redirect(&self, relay_state: &str, key: Option<&SigningKey>) -> String {
        to_redirect(self.destination, ("SAMLResponse", &self.to_xml()), relay_state, key)
    }
}
