//! Metadata: of an identity provider, read; of this service, written (SAML metadata §2).
//!
//! An identity provider's metadata is believed because of how it came, by an administrator or over TLS from the address that an
//! administrator gave. So a signature in it is not looked at.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::xml::NodeId;
use vestibule_model::{Millis, told};

use crate::certificate::{Certificate, CertificateError};
use crate::names::{CIPHERS, DSIG, METADATA, OAEP_MGF1P, POST, PROTOCOL, REDIRECT};
use crate::refusal::Malformed;
use crate::time;
use crate::xml::{Comments, Xml, escaped};

/// What an identity provider says of itself.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Its entity id: the issuer of its responses.
    pub entity_id: String,
    /// Where browsers are sent for a login, by redirect.
    pub login_url: String,
    /// Where browsers are sent for a logout, by redirect; None: it has none.
    pub logout_url: Option<String>,
    /// By which it signs.
    pub certificates: Vec<Certificate>,
    /// Certificates that are not taken: those beside them still count.
    pub refused_certificates: Vec<RefusedCertificate>,
    /// Whether it wants requests that are signed.
    pub wants_signed_requests: bool,
    /// Until when this counts; None: not told.
    pub valid_until: Option<Millis>,
}

/// A certificate for signing that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("certificate {number}: {error}")]
pub struct RefusedCertificate {
    /// Which it is of the metadata's certificates for signing, from 1.
    pub number: usize,
    /// Why.
    pub error: CertificateError,
}

/// Several of them in words.
fn told_refused(refused: &[RefusedCertificate]) -> String {
    refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Metadata that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It cannot be read.
    #[error("the metadata is refused: {0}")]
    Malformed(#[from] Malformed),
    /// Not metadata of one entity.
    #[error("the document is {0:?}, not the metadata of one entity")]
    NotAnEntity(String),
    /// Several entities, where it is not said which is meant.
    #[error("the metadata is that of several entities, none of which is meant: give the metadata of one")]
    SeveralEntities,
    /// No identity provider of SAML 2.0.
    #[error("the entity is no identity provider of SAML 2.0")]
    NoIdentityProvider,
    /// No address for logins by redirect.
    #[error("the identity provider has no address for logins by HTTP-Redirect")]
    NoLoginUrl,
    /// An address that is not one of http or https.
    #[error("{0:?} is no address of http or https")]
    Url(String),
    /// No certificate that counts; why those are not taken that there are.
    #[error("the identity provider has no certificate that is taken{}", because(.0))]
    NoCertificate(Vec<RefusedCertificate>),
}

fn because(refused: &[RefusedCertificate]) -> String {
    if refused.is_empty() { String::new() } else { format!(": {}", told_refused(refused)) }
}

impl IdentityProvider {
    /// Which certificates are not taken, and why, in words; None: all are taken.
    pub fn told_refused_certificates(&self) -> Option<String> {
        (!self.refused_certificates.is_empty()).then(|| told_refused(&self.refused_certificates))
    }

    /// Reads metadata. Of several entities that one is meant which is named.
    pub fn read(text: &str, entity_id: Option<&str>) -> Result<Self, MetadataError> {
        let xml = Xml::parse(text.trim_start_matches('\u{feff}').trim_start(), Comments::PassedOver)?;
        let entity = entity(&xml, entity_id)?;
        let roles = xml.children(entity, METADATA, "IDPSSODescriptor");
        let speaks_saml2 = |role: &NodeId| {
            let protocols = xml.attribute(*role, "protocolSupportEnumeration").unwrap_or_default();
            protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL)
        };
        let role = roles.into_iter().find(speaks_saml2).ok_or(MetadataError::NoIdentityProvider)?;
        let (certificates, refused_certificates) = certificates(&xml, role)?;
        if certificates.is_empty() {
            return Err(MetadataError::NoCertificate(refused_certificates));
        }
        let entity_id = xml.attribute(entity, "entityID").filter(|id| !id.is_empty());
        let entity_id = entity_id.ok_or(Malformed::Missing("entityID"))?.to_owned();
        let valid_until = xml.attribute(entity, "validUntil").map(time::read).transpose()?;
        Ok(Self {
            entity_id,
            login_url: address(&xml, role, "SingleSignOnService")?.ok_or(MetadataError::NoLoginUrl)?,
            logout_url: address(&xml, role, "SingleLogoutService")?,
            certificates,
            refused_certificates,
            wants_signed_requests: matches!(
                xml.attribute(role, "WantAuthnRequestsSigned"),
                Some("true" | "1")
            ),
            valid_until,
        })
    }
}

/// The one entity, or that of this id; where none is named, the one that is an identity provider.
fn entity(xml: &Xml<'_>, entity_id: Option<&str>) -> Result<NodeId, MetadataError> {
    if !["EntityDescriptor", "EntitiesDescriptor"].iter().any(|name| xml.is(xml.root, METADATA, name)) {
        return Err(MetadataError::NotAnEntity(xml.name(xml.root)));
    }
    let all = xml.everywhere(METADATA, "EntityDescriptor");
    let is_meant = |node: &&NodeId| match entity_id {
        Some(id) => xml.attribute(**node, "entityID") == Some(id),
        None => all.len() == 1 || xml.children(**node, METADATA, "IDPSSODescriptor").next().is_some(),
    };
    let mut meant = all.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(*one),
        _ => Err(MetadataError::SeveralEntities),
    }
}

/// The address of a service by HTTP redirect.
fn address(xml: &Xml<'_>, role: NodeId, service: &'static str) -> Result<Option<String>, MetadataError> {
    let mut services = xml.children(role, METADATA, service);
    let by_redirect = services.find(|service| xml.attribute(*service, "Binding") == Some(REDIRECT));
    let location = by_redirect.and_then(|service| xml.attribute(service, "Location"));
    let is_address = |url: &str| {
        (url.starts_with("https://") || url.starts_with("http://"))
            && url.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match location {
        Some(url) if !is_address(url) => Err(MetadataError::Url(told(url, 200))),
        location => Ok(location.map(ToOwned::to_owned)),
    }
}

type Read = (Vec<Certificate>, Vec<RefusedCertificate>);

/// The certificates for signing: of keys for that, or for whatever use.
fn certificates(xml: &Xml<'_>, role: NodeId) -> Result<Read, Malformed> {
    let (mut taken, mut refused) = (Vec::<Certificate>::new(), Vec::new());
    let keys = xml.children(role, METADATA, "KeyDescriptor");
    let keys = keys.filter(|key| matches!(xml.attribute(*key, "use"), None | Some("signing")));
    let data = keys.flat_map(|key| {
        let info = xml.children(key, DSIG, "KeyInfo");
        info.flat_map(|info| xml.children(info, DSIG, "X509Data"))
            .flat_map(|data| xml.children(data, DSIG, "X509Certificate"))
            .collect::<Vec<_>>()
    });
    for (number, node) in (1..).zip(data) {
        let text: String = xml.text_of(node)?.split_ascii_whitespace().collect();
        let der = STANDARD.decode(text).map_err(|_| CertificateError::Unreadable);
        match der.and_then(|der| Certificate::from_der(&der)) {
            Ok(certificate) if taken.iter().any(|known| known.der() == certificate.der()) => {}
            Ok(certificate) => taken.push(certificate),
            Err(error) => refused.push(RefusedCertificate { number, error }),
        }
    }
    Ok((taken, refused))
}

/// What this service says of itself to the identity provider of a connection.
#[derive(Clone, Copy, Debug)]
pub struct ServiceProvider<'a> {
    /// Our entity id.
    pub entity_id: &'a str,
    /// Where responses are taken by HTTP POST; the first is the usual one.
    pub consumer_urls: &'a [String],
    /// Where logouts are taken by HTTP redirect.
    pub logout_url: Option<&'a str>,
    /// The certificate of the key that signs requests, in DER.
    pub signing_certificate: Option<&'a [u8]>,
    /// Those of the keys that assertions may be encrypted for, in DER.
    pub encryption_certificates: &'a [Vec<u8>],
}

impl ServiceProvider<'_> {
    /// The metadata as a document.
    pub fn to_xml(&self) -> String {
        let signed = self.signing_certificate.is_some();
        let mut xml = format!(
            "<md:EntityDescriptor xmlns:md=\"{METADATA}\" entityID=\"{}\"><md:SPSSODescriptor \
             AuthnRequestsSigned=\"{signed}\" WantAssertionsSigned=\"true\" protocolSupportEnumeration=\"{PROTOCOL}\">",
            escaped(self.entity_id)
        );
        if let Some(der) = self.signing_certificate {
            push_key(&mut xml, "signing", der, "");
        }
        // Those that are taken: without them the identity provider may choose others.
        let methods: String = [CIPHERS[0], CIPHERS[2], OAEP_MGF1P]
            .map(|method| format!("<md:EncryptionMethod Algorithm=\"{method}\"/>"))
            .concat();
        for der in self.encryption_certificates {
            push_key(&mut xml, "encryption", der, &methods);
        }
        // Writing to a string does not fail.
        if let Some(url) = self.logout_url {
            let _ =
                write!(xml, "<md:SingleLogoutService Binding=\"{REDIRECT}\" Location=\"{}\"/>", escaped(url));
        }
        for (index, url) in self.consumer_urls.iter().enumerate() {
            let default = if index == 0 { " isDefault=\"true\"" } else { "" };
            let _ = write!(
                xml,
                "<md:AssertionConsumerService Binding=\"{POST}\" Location=\"{}\" index=\"{index}\"{default}/>",
                escaped(url)
            );
        }
        xml.push_str("</md:SPSSODescriptor></md:EntityDescriptor>");
        xml
    }
}

fn push_key(xml: &mut String, usage: &str, der: &[u8], methods: &str) {
    let _ = write!(
        xml,
        "<md:KeyDescriptor use=\"{usage}\"><ds:KeyInfo xmlns:ds=\"{DSIG}\"><ds:X509Data><ds:X509Certificate>{}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo>{methods}</md:KeyDescriptor>",
        STANDARD.encode(der)
    );
}
