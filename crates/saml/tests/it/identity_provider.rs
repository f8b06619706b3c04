//! An identity provider that signs whatever it is told to.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::keys::loader::load_rsa_private_pem;
use bergshamra::{DsigContext, KeysManager, sign};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use vestibule_model::Millis;
use vestibule_saml::{
    Arrival, Certificate, Ciphers, Connection, Login, Refusal, Report, Unsolicited, examine,
};

/// 2026-11-29T20:00:00Z.
pub(crate) const NOW: Millis = Millis::from_unix(1_795_982_400_000);
pub(crate) const ENTITY: &str = "https://idp.example/metadata";
pub(crate) const AUDIENCE: &str = "https://sp.example/metadata";
pub(crate) const ADDRESS: &str = "https://sp.example/acs";
pub(crate) const REQUEST: &str = "_request1";

/// A key with its certificate.
pub(crate) struct Signer {
    pub(crate) key_pem: String,
    pub(crate) certificate: Vec<u8>,
}

impl Signer {
    fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let params = CertificateParams::new(vec!["idp.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { key_pem: key.serialize_pem(), certificate: certificate.der().to_vec() }
    }

    /// Fills in the first signature of a document.
    pub(crate) fn sign(&self, template: &str) -> String {
        let mut keys = KeysManager::new();
        keys.add_key(load_rsa_private_pem(self.key_pem.as_bytes()).unwrap());
        sign(&DsigContext::new_permissive(keys), template).unwrap()
    }
}

/// The identity provider's, and somebody else's.
pub(crate) static IDP: LazyLock<Signer> = LazyLock::new(Signer::new);
pub(crate) static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::new);

/// What stands in a response; each part can be replaced before it is signed.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) id: &'static str,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) confirmation: String,
    pub(crate) conditions: String,
    pub(crate) statements: String,
    pub(crate) status: String,
    pub(crate) response: String,
}

pub(crate) fn confirmation(recipient: &str, until: &str, request: Option<&str>) -> String {
    let request = request.map_or_else(String::new, |request| format!(r#" InResponseTo="{request}""#));
    format!(
        r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData Recipient="{recipient}" NotOnOrAfter="{until}"{request}/></saml:SubjectConfirmation>"#
    )
}

/// An empty signature of the element of this id.
pub(crate) fn signature(id: &str) -> String {
    let (method, digest) =
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256");
    format!(
        r##"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="{method}"/><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"##
    )
}

impl Made {
    /// What is taken.
    pub(crate) fn usual() -> Self {
        Self {
            id: "_assertion1",
            issuer: ENTITY.into(),
            subject: "<saml:NameID>name@example.com</saml:NameID>".into(),
            confirmation: confirmation(ADDRESS, "2026-11-29T20:05:00Z", Some(REQUEST)),
            conditions: format!(
                r#"<saml:Conditions NotBefore="2026-11-29T19:59:30Z" NotOnOrAfter="2026-11-29T20:05:00Z"><saml:AudienceRestriction><saml:Audience>{AUDIENCE}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"#
            ),
            statements: r#"<saml:AuthnStatement AuthnInstant="2026-11-29T19:59:59Z" SessionIndex="_session1"/><saml:AttributeStatement><saml:Attribute Name="loginName"><saml:AttributeValue>name@example.com</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#.into(),
            status: r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>"#.into(),
            response: format!(r#"ID="_response1" Version="2.0" IssueInstant="2026-11-29T20:00:00Z" Destination="{ADDRESS}" InResponseTo="{REQUEST}""#),
        }
    }

    /// The assertion with this in the place of its signature.
    pub(crate) fn assertion(&self, signature: &str) -> String {
        let Self { id, issuer, subject, confirmation, conditions, statements, .. } = self;
        format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="2026-11-29T20:00:00Z"><saml:Issuer>{issuer}</saml:Issuer>{signature}<saml:Subject>{subject}{confirmation}</saml:Subject>{conditions}{statements}</saml:Assertion>"#
        )
    }

    /// A response around this, with this in the place of its own signature.
    pub(crate) fn around(&self, inside: &str, signature: &str) -> String {
        let Self { issuer, status, response, .. } = self;
        format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" {response}><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</saml:Issuer>{signature}{status}{inside}</samlp:Response>"#
        )
    }

    /// A signed assertion.
    pub(crate) fn signed_assertion(&self) -> String {
        IDP.sign(&self.assertion(&signature(self.id)))
    }

    /// A response with a signed assertion.
    pub(crate) fn response(&self) -> String {
        self.around(&self.signed_assertion(), "")
    }

    /// A signed response with an assertion that has no signature of its own.
    pub(crate) fn signed_response(&self) -> String {
        IDP.sign(&self.around(&self.assertion(""), &signature("_response1")))
    }
}

pub(crate) fn connection() -> Connection {
    Connection {
        identity_provider: ENTITY.into(),
        certificates: vec![Certificate::from_der(&IDP.certificate).unwrap()],
        audiences: vec![AUDIENCE.into()],
        addresses: vec![ADDRESS.into()],
        decryption_keys: Vec::new(),
        ciphers: Ciphers::Authenticated,
        clock_skew: Duration::from_mins(1),
        unsolicited: Unsolicited::Refused,
    }
}

pub(crate) fn report_by(document: &str, connection: &Connection, now: Millis) -> Report {
    examine(&STANDARD.encode(document), connection, Arrival { now, request: Some(REQUEST) })
}

pub(crate) fn report(document: &str) -> Report {
    report_by(document, &connection(), NOW)
}

pub(crate) fn login(document: &str) -> Result<Login, Refusal> {
    report(document).outcome()
}

/// Refuses the document, and says why.
pub(crate) fn refusal(document: &str) -> Refusal {
    login(document).expect_err("the document was taken")
}
