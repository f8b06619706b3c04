//! An identity provider that signs whatever it is told to, for tests.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test that cannot be set up has failed, and says where"
)]

use std::sync::LazyLock;

use bergshamra::keys::loader::load_rsa_private_pem;
use bergshamra::{DsigContext, KeysManager, sign};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use vestibule_model::Millis;

/// 2026-11-29T20:00:00Z.
pub const NOW: Millis = Millis::from_unix(1_795_982_400_000);
/// The identity provider.
pub const ENTITY: &str = "https://idp.example/metadata";
/// The service's entity id.
pub const AUDIENCE: &str = "https://sp.example/metadata";
/// Where it takes responses.
pub const ADDRESS: &str = "https://sp.example/acs";
/// The id of its request.
pub const REQUEST: &str = "_request1";

/// A key with its certificate.
pub struct Signer {
    /// The private key.
    pub key_pem: String,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

impl Signer {
    /// A new one.
    pub fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let params = CertificateParams::new(vec!["idp.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { key_pem: key.serialize_pem(), certificate: certificate.der().to_vec() }
    }

    /// Fills in the first signature of a document.
    pub fn sign(&self, template: &str) -> String {
        let mut keys = KeysManager::new();
        keys.add_key(load_rsa_private_pem(self.key_pem.as_bytes()).unwrap());
        sign(&DsigContext::new_permissive(keys), template).unwrap()
    }
}

/// The identity provider's.
pub static IDP: LazyLock<Signer> = LazyLock::new(Signer::new);
/// Somebody else's.
pub static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::new);

/// What stands in a response; each part can be replaced before it is signed.
#[derive(Clone)]
pub struct Made {
    /// Its id, as XML or as text.
    pub id: String,
    /// When it was made, as XML or as text.
    pub issued: String,
    /// Its issuer, as XML or as text.
    pub issuer: String,
    /// Its subject, as XML or as text.
    pub subject: String,
    /// Its confirmation, as XML or as text.
    pub confirmation: String,
    /// Its conditions, as XML or as text.
    pub conditions: String,
    /// Its statements, as XML or as text.
    pub statements: String,
    /// Its status, as XML or as text.
    pub status: String,
    /// Its response, as XML or as text.
    pub response: String,
}

/// A confirmation by bearer.
pub fn confirmation(recipient: &str, until: &str, request: Option<&str>) -> String {
    let request = request.map_or_else(String::new, |request| format!(r#" InResponseTo="{request}""#));
    format!(
        r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData Recipient="{recipient}" NotOnOrAfter="{until}"{request}/></saml:SubjectConfirmation>"#
    )
}

/// An empty signature of the element of this id.
pub fn signature(id: &str) -> String {
    let (method, digest) =
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256");
    format!(
        r##"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:SignatureMethod Algorithm="{method}"/><ds:Reference URI="#{id}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms><ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"##
    )
}

impl Made {
    /// What is taken.
    pub fn usual() -> Self {
        Self {
            id: "_assertion1".into(),
            issued: "2026-11-29T20:00:00Z".into(),
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
    pub fn assertion(&self, signature: &str) -> String {
        let Self { id, issued, issuer, subject, confirmation, conditions, statements, .. } = self;
        format!(
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{issued}"><saml:Issuer>{issuer}</saml:Issuer>{signature}<saml:Subject>{subject}{confirmation}</saml:Subject>{conditions}{statements}</saml:Assertion>"#
        )
    }

    /// A response around this, with this in the place of its own signature.
    pub fn around(&self, inside: &str, signature: &str) -> String {
        let Self { issuer, status, response, .. } = self;
        format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" {response}><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</saml:Issuer>{signature}{status}{inside}</samlp:Response>"#
        )
    }

    /// A signed assertion.
    pub fn signed_assertion(&self) -> String {
        IDP.sign(&self.assertion(&signature(&self.id)))
    }

    /// A response with a signed assertion.
    pub fn response(&self) -> String {
        self.around(&self.signed_assertion(), "")
    }

    /// A signed response with an assertion that has no signature of its own.
    pub fn signed_response(&self) -> String {
        IDP.sign(&self.around(&self.assertion(""), &signature("_response1")))
    }
}
