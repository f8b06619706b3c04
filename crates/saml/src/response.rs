//! A response, or an assertion by itself, that an identity provider sent: every check, in order (SAML profiles §4.1.4).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::xml::NodeId;
use vestibule_model::{Issued, Millis, Utc, told};

use crate::certificate::Certificate;
use crate::claims::{Claims, Confirmation, expect_version};
use crate::encryption::{self, Ciphers, DecryptionKey};
use crate::names::{ASSERTION, PROTOCOL, SUCCESS};
use crate::refusal::{EncryptionFlaw, Malformed, Refusal};
use crate::report::{Check, Report};
use crate::signature::Signatures;
use crate::xml::{Comments, LONGEST, Xml, escaped};

/// A connection to an identity provider.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The identity provider's entity id: the issuer of what it sends.
    pub identity_provider: String,
    /// By which it signs; several while one takes the place of another.
    pub certificates: Vec<Certificate>,
    /// The audiences that this service answers to: its entity id first.
    pub audiences: Vec<String>,
    /// The addresses at which this service takes what is meant for the connection.
    pub addresses: Vec<String>,
    /// Of these, those that may be written with any query: what is in it does not say for whom the document is.
    pub addresses_with_query: Vec<String>,
    /// The keys of this service that assertions may be encrypted for.
    pub decryption_keys: Vec<DecryptionKey>,
    /// Which ciphers count.
    pub ciphers: Ciphers,
    /// By how much the clocks may differ.
    pub clock_skew: Duration,
    /// Whether logins may begin at the identity provider.
    pub unsolicited: Unsolicited,
}

/// Whether an assertion that answers no request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsolicited {
    /// It is refused.
    Refused,
    /// It counts: logins may begin at the identity provider.
    Taken,
}

/// When a document came, and what it was waited for.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The time.
    pub now: Millis,
    /// The id of the request that this very browser made; None: it made none.
    pub request: Option<&'a str>,
}

/// Looks at the field `SAMLResponse` of a form, or what else carries a response or an assertion in base64.
pub fn examine(encoded: &str, connection: &Connection, arrival: Arrival<'_>) -> Report {
    let mut report = Report::default();
    let text = match decode(encoded) {
        Ok(text) => text,
        Err(malformed) => {
            report.note(Check::Document, "", Some(malformed.into()));
            return report;
        }
    };
    let examination = Examination { connection, arrival };
    if let Err(malformed) = examination.run(&text, &mut report) {
        // Wherever in it that is: the checks that were noted before have said what they found.
        report.note(Check::Document, "", Some(malformed.into()));
    }
    report.steps.sort_by_key(|step| step.check);
    report
}

/// Whether the issuer may be the one of this entity id, as far as can be told without reading the document: it stands in it
/// somewhere. A choice between connections, and nothing to believe.
pub fn may_name(encoded: &str, entity_id: &str) -> bool {
    decode(encoded).is_ok_and(|text| text.contains(entity_id) || text.contains(&escaped(entity_id)))
}

pub(crate) fn decode(encoded: &str) -> Result<String, Malformed> {
    // Four characters are three bytes; lines may be broken.
    if encoded.len() > LONGEST * 3 / 2 {
        return Err(Malformed::TooLong);
    }
    let is_space = |byte: &u8| byte.is_ascii_whitespace();
    let bytes = if encoded.as_bytes().iter().any(is_space) {
        STANDARD.decode(encoded.bytes().filter(|byte| !is_space(byte)).collect::<Vec<u8>>())
    } else {
        STANDARD.decode(encoded)
    };
    // What people copy from a browser's tools has percent signs.
    let flaw = if encoded.contains('%') { Malformed::PercentEncoded } else { Malformed::NotBase64 };
    let bytes = bytes.map_err(|_| flaw)?;
    String::from_utf8(bytes).map_err(|_| Malformed::NotUtf8)
}

struct Examination<'a> {
    connection: &'a Connection,
    arrival: Arrival<'a>,
}

impl Examination<'_> {
    fn run(&self, text: &str, report: &mut Report) -> Result<(), Malformed> {
        let xml = Xml::parse(text, Comments::Refused)?;
        report.note(Check::Document, format!("{} bytes, {}", text.len(), xml.name(xml.root)), None);

        let is_response = xml.is(xml.root, PROTOCOL, "Response");
        if !is_response && !xml.is(xml.root, ASSERTION, "Assertion") {
            report.note(Check::Assertion, "", Some(Refusal::NotAResponse(xml.name(xml.root))));
            return Ok(());
        }
        expect_version(&xml, xml.root)?;
        if is_response && !is_successful(&xml, report)? {
            return Ok(());
        }
        let Some(assertion) = only_assertion(&xml, is_response, report) else { return Ok(()) };

        let signatures = Signatures::verify(&xml, &self.connection.certificates);
        report.signatures.extend(signatures.told());
        if let Some(refusal) = signatures.refusal() {
            report.note(Check::Signatures, "", Some(refusal));
            return Ok(());
        }
        let is_covered = signatures.cover(&xml, assertion);
        if xml.is(assertion, ASSERTION, "Assertion") {
            self.judge(&xml, assertion, is_covered, report)?;
        } else {
            self.decrypt_and_judge(&xml, assertion, is_covered, report)?;
        }
        if is_response {
            self.check_response(&xml, report)?;
        }
        Ok(())
    }

    /// An encrypted assertion: covered from outside, or by a signature of its own.
    fn decrypt_and_judge(
        &self,
        xml: &Xml<'_>,
        encrypted: NodeId,
        is_covered: bool,
        report: &mut Report,
    ) -> Result<(), Malformed> {
        let Connection { decryption_keys, ciphers, certificates, .. } = self.connection;
        let text = match encryption::decrypted(xml, encrypted, decryption_keys, *ciphers, is_covered) {
            Ok(text) => text,
            Err(flaw) => {
                report.note(Check::Decryption, "", Some(flaw.into()));
                return Ok(());
            }
        };
        // What comes out and is no assertion is answered like what does not come out.
        let refused = || Some(Refusal::Encryption(EncryptionFlaw::Wrong));
        let Ok(inner) = Xml::parse(&text, Comments::Refused) else {
            report.note(Check::Decryption, "", refused());
            return Ok(());
        };
        let Ok(assertion) = encryption::assertion(&inner) else {
            report.note(Check::Decryption, "", refused());
            return Ok(());
        };
        report.note(Check::Decryption, "the assertion was encrypted", None);
        let signatures = Signatures::verify(&inner, certificates);
        report.signatures.extend(signatures.told());
        if let Some(refusal) = signatures.refusal() {
            report.note(Check::Signatures, "", Some(refusal));
            return Ok(());
        }
        let is_covered = is_covered || signatures.cover(&inner, assertion);
        self.judge(&inner, assertion, is_covered, report)
    }

    /// Everything about the assertion, which something signed covers.
    fn judge(
        &self,
        xml: &Xml<'_>,
        assertion: NodeId,
        is_covered: bool,
        report: &mut Report,
    ) -> Result<(), Malformed> {
        if !is_covered {
            report.note(Check::Signatures, "", Some(Refusal::NotSigned));
            return Ok(());
        }
        report.note(Check::Signatures, self.covered_by(report), None);
        let claims = Claims::read(xml, assertion)?;
        self.check_issuer(&claims.issuer, report);
        self.check_conditions(&claims, report);
        self.check_confirmations(&claims, report);
        self.check_session(&claims, report);
        let name = claims.name_id.as_ref().map_or("", |name| &name.value);
        let refusal = if name.trim().is_empty() {
            Some(Refusal::NoSubject)
        } else {
            is_padded(name).then(|| Refusal::PaddedSubject(told(name, 200)))
        };
        report.note(Check::Subject, name, refusal);
        report.claims = Some(claims);
        Ok(())
    }

    /// By which certificates the document is signed, all of whose signatures are right: told so that people compare and renew them.
    fn covered_by(&self, report: &Report) -> String {
        let signed = |certificate: &&Certificate| {
            let fingerprint = Some(certificate.fingerprint());
            report.signatures.iter().any(|signature| signature.verified_by == fingerprint)
        };
        let words = |certificate: &Certificate| {
            let (subject, until) = (told(certificate.subject(), 80), Utc(certificate.not_after()));
            format!("{} ({subject}, valid until {until})", certificate.fingerprint())
        };
        let by: Vec<String> = self.connection.certificates.iter().filter(signed).map(words).collect();
        format!("the assertion is covered, by the certificate {}", by.join(" and "))
    }

    fn check_issuer(&self, issuer: &str, report: &mut Report) {
        let expected = &self.connection.identity_provider;
        let refusal = (issuer != expected)
            .then(|| Refusal::Issuer { found: told(issuer, 200), expected: expected.clone() });
        report.note(Check::Issuer, issuer, refusal);
    }

    fn check_conditions(&self, claims: &Claims, report: &mut Report) {
        self.check_time(claims.issued, (claims.not_before, claims.not_on_or_after), report);
        let expected = &self.connection.audiences;
        // No restriction is none: then the recipient alone says for whom it is.
        let missed = claims.audiences.iter().find(|any| !any.iter().any(|one| expected.contains(one)));
        let refusal =
            missed.map(|found| Refusal::Audience { found: found.clone(), expected: expected.clone() });
        report.note(Check::Audience, claims.audiences.concat().join(", "), refusal);
        let other = claims.other_conditions.first();
        let refusal = other.map(|name| Refusal::Condition(name.clone()));
        report.note(Check::Conditions, claims.other_conditions.join(", "), refusal);
    }

    fn check_time(
        &self,
        issued: Millis,
        (from, until): (Option<Millis>, Option<Millis>),
        report: &mut Report,
    ) {
        let (now, skew) = (self.arrival.now, self.connection.clock_skew);
        let issued = Issued { at: issued, now, skew_s: skew.as_secs() };
        let early = from.filter(|from| now.plus(skew) < *from).map(|from| Refusal::Early { from, issued });
        let late = until.filter(|until| now >= until.plus(skew)).map(|until| Refusal::Late { until, issued });
        let told = |time: Option<Millis>| time.map_or_else(|| "…".to_owned(), |time| Utc(time).to_string());
        report.note(Check::Time, format!("{} to {}", told(from), told(until)), early.or(late));
    }

    /// The session that the identity provider speaks of may be over (SAML core §2.7.2).
    fn check_session(&self, claims: &Claims, report: &mut Report) {
        let (now, skew) = (self.arrival.now, self.connection.clock_skew);
        let Some(until) = claims.session_ends else { return };
        let is_over = now >= until.plus(skew);
        let refusal = is_over.then_some(Refusal::SessionOver { until, now, skew_s: skew.as_secs() });
        report.note(Check::Time, format!("the session there ends {}", Utc(until)), refusal);
    }

    /// One of the confirmations by bearer has to be right as a whole; told of is the first.
    fn check_confirmations(&self, claims: &Claims, report: &mut Report) {
        let Some(first) = claims.confirmations.first() else {
            report.note(Check::Address, "", Some(Refusal::NotBearer));
            return;
        };
        let judged = |confirmation: &Confirmation| {
            let mut own = Report::default();
            self.check_confirmation(claims.issued, confirmation, &mut own);
            own
        };
        let all = claims.confirmations.iter().map(judged);
        let right = all.into_iter().find(|own| own.refusals().next().is_none());
        report.steps.extend(right.unwrap_or_else(|| judged(first)).steps);
        // As long as any of them counts: the document must not be taken again by another one.
        let ends = claims.confirmations.iter().filter_map(|confirmation| confirmation.not_on_or_after);
        report.counts_until = ends.max().map(|last| last.plus(self.connection.clock_skew));
    }

    fn check_confirmation(&self, issued: Millis, confirmation: &Confirmation, report: &mut Report) {
        let recipient = confirmation.recipient.as_deref().unwrap_or_default();
        self.check_address("Recipient", recipient, report);
        // A bearer's confirmation always ends (SAML profiles §4.1.4.2).
        let until = confirmation.not_on_or_after.unwrap_or(Millis::EPOCH);
        self.check_time(issued, (confirmation.not_before, Some(until)), report);
        self.check_request(confirmation.in_response_to.as_deref(), report);
    }

    fn check_address(&self, attribute: &'static str, found: &str, report: &mut Report) {
        let before_query = found.split_once('?').map(|(before, _)| before);
        let is_ours = self.connection.addresses.iter().any(|address| address == found)
            || self.connection.addresses_with_query.iter().any(|address| before_query == Some(address));
        let refusal = (!is_ours).then(|| Refusal::Address { attribute, found: told(found, 200) });
        report.note(Check::Address, format!("{attribute} {found}"), refusal);
    }

    fn check_request(&self, found: Option<&str>, report: &mut Report) {
        let expected = self.arrival.request;
        let refusal = match (found, expected) {
            (Some(found), Some(expected)) if found == expected => None,
            (None, None) if self.connection.unsolicited == Unsolicited::Taken => None,
            (None, None) => Some(Refusal::Unsolicited),
            _ => Some(Refusal::InResponseTo {
                found: found.map(|found| told(found, 200)),
                expected: expected.map(ToOwned::to_owned),
            }),
        };
        report.note(Check::Request, found.unwrap_or("no request"), refusal);
    }

    /// What the response says besides: it may be unsigned, so it can only refuse.
    fn check_response(&self, xml: &Xml<'_>, report: &mut Report) -> Result<(), Malformed> {
        if let Some(issuer) = xml.child(xml.root, ASSERTION, "Issuer")? {
            self.check_issuer(&xml.text_of(issuer)?, report);
        }
        if let Some(destination) = xml.attribute(xml.root, "Destination").filter(|it| !it.is_empty()) {
            self.check_address("Destination", destination, report);
        }
        if let Some(request) = xml.attribute(xml.root, "InResponseTo") {
            self.check_request(Some(request), report);
        }
        Ok(())
    }
}

/// Whether a name has white space around it: then it is not clear who is meant.
pub fn is_padded(name: &str) -> bool {
    name.trim() != name
}

/// The one assertion of the document, encrypted or not: of a response a child, and nowhere else another.
fn only_assertion(xml: &Xml<'_>, is_response: bool, report: &mut Report) -> Option<NodeId> {
    let mut all = xml.everywhere(ASSERTION, "Assertion");
    all.extend(xml.everywhere(ASSERTION, "EncryptedAssertion"));
    let is_in_place = |node: NodeId| {
        if is_response { xml.document.parent(node) == Some(xml.root) } else { node == xml.root }
    };
    match &all[..] {
        [assertion] if is_in_place(*assertion) => {
            report.note(Check::Assertion, xml.path(*assertion), None);
            Some(*assertion)
        }
        _ => {
            report.note(Check::Assertion, "", Some(Refusal::Assertions(all.len())));
            None
        }
    }
}

/// The status: whether there is an assertion to look for.
fn is_successful(xml: &Xml<'_>, report: &mut Report) -> Result<bool, Malformed> {
    let status = xml.child(xml.root, PROTOCOL, "Status")?.ok_or(Malformed::Missing("Status"))?;
    let code = xml.child(status, PROTOCOL, "StatusCode")?.ok_or(Malformed::Missing("StatusCode"))?;
    let value = |code| xml.attribute(code, "Value").unwrap_or_default().to_owned();
    if value(code) == SUCCESS {
        report.note(Check::Status, "success", None);
        return Ok(true);
    }
    let inner = xml.child(code, PROTOCOL, "StatusCode")?;
    let message = xml.child(status, PROTOCOL, "StatusMessage")?;
    let message = message.map(|message| xml.text_of(message)).transpose()?;
    let code = told(&inner.map_or_else(|| value(code), value), 200);
    let message = message.map(|message| told(&message, 500));
    report.note(Check::Status, code.clone(), Some(Refusal::Status { code, message }));
    Ok(false)
}
