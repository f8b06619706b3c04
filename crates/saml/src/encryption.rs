//! Encrypted assertions (SAML core §2.3.4, XML Encryption 1.1).
//!
//! The library is never shown what came: what it decrypts is written anew from the values that were looked at here, so that it
//! cannot find another key, cipher or ciphertext than those. What comes out is a document of its own, read like any other.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra::enc::decrypt::decrypt_to_bytes;
use bergshamra::keys::loader::load_pem_auto;
use bergshamra::xml::NodeId;
use bergshamra::{EncContext, Key, KeysManager};
use vestibule_model::told;

use crate::names::{ASSERTION, CBC_CIPHERS, CIPHERS, DSIG, OAEP, OAEP_MGF1P, XENC, XENC11};
use crate::refusal::EncryptionFlaw;
use crate::xml::{Xml, escaped};

/// A private key of a connection.
#[derive(Clone)]
pub struct DecryptionKey(Key);

impl DecryptionKey {
    /// Reads an RSA key in PEM (PKCS #8 or #1). None: it is none.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let key = load_pem_auto(pem, None).ok()?;
        key.has_private_key().then_some(Self(key))
    }
}

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("DecryptionKey(…)")
    }
}

/// Which ciphers count besides those that notice a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ciphers {
    /// None.
    #[default]
    Authenticated,
    /// CBC too, inside of a signed response alone: elsewhere the answers to changed ciphertexts would tell what was encrypted.
    WithCbc,
}

/// What there is to decrypt.
struct Encrypted {
    cipher: String,
    transport: Transport,
    key: String,
    data: String,
}

/// How the key of an assertion is encrypted: RSA-OAEP, where the library has one digest for both of its parts.
#[derive(Clone, Copy)]
enum Transport {
    Sha1,
    Sha256,
}

/// The text of an encrypted assertion, as a document with the namespaces of the place where it stood. `is_covered`: something signed
/// covers it from outside.
pub(crate) fn decrypted(
    xml: &Xml<'_>,
    encrypted: NodeId,
    keys: &[DecryptionKey],
    ciphers: Ciphers,
    is_covered: bool,
) -> Result<String, EncryptionFlaw> {
    let read = Encrypted::read(xml, encrypted)?;
    let is_cbc = CBC_CIPHERS.contains(&&*read.cipher);
    let counts = CIPHERS.contains(&&*read.cipher) || is_cbc && ciphers == Ciphers::WithCbc && is_covered;
    if !counts {
        return Err(EncryptionFlaw::Algorithm(told(&read.cipher, 100)));
    }
    if keys.is_empty() {
        return Err(EncryptionFlaw::NoKey);
    }
    let anew = read.to_xml();
    let plain = keys.iter().find_map(|key| with_key(&anew, key)).ok_or(EncryptionFlaw::Wrong)?;
    let plain = String::from_utf8(plain).map_err(|_| EncryptionFlaw::Wrong)?;
    Ok(in_its_place(xml, encrypted, &plain))
}

impl Encrypted {
    /// One `EncryptedData`, one `EncryptedKey`, in it or beside it, and nothing else of the kind in the document.
    fn read(xml: &Xml<'_>, encrypted: NodeId) -> Result<Self, EncryptionFlaw> {
        let only = |name: &'static str| match xml.everywhere(XENC, name)[..] {
            [one] => Ok(one),
            _ => Err(EncryptionFlaw::Structure(name)),
        };
        let (data, key) = (only("EncryptedData")?, only("EncryptedKey")?);
        if xml.document.parent(data) != Some(encrypted) {
            return Err(EncryptionFlaw::Structure("EncryptedData"));
        }
        let info = child(xml, data, DSIG, "KeyInfo")?;
        if !matches!(xml.document.parent(key), Some(place) if place == info || place == encrypted) {
            return Err(EncryptionFlaw::Structure("EncryptedKey"));
        }
        for retrieval in xml.children(info, DSIG, "RetrievalMethod") {
            let id = xml.attribute(retrieval, "URI").and_then(|uri| uri.strip_prefix('#'));
            if id.is_none() || id != xml.attribute(key, "Id") {
                return Err(EncryptionFlaw::Structure("RetrievalMethod"));
            }
        }
        let method = child(xml, data, XENC, "EncryptionMethod")?;
        let cipher = xml.attribute(method, "Algorithm").unwrap_or_default().to_owned();
        let (key, transport) = (cipher_value(xml, key)?, transport(xml, key)?);
        Ok(Self { cipher, transport, key, data: cipher_value(xml, data)? })
    }

    /// The same as a document: data of no XML type, so that the plaintext comes out as it is.
    fn to_xml(&self) -> String {
        let Self { cipher, transport, key, data } = self;
        let transport = match transport {
            Transport::Sha1 => format!("<xenc:EncryptionMethod Algorithm=\"{OAEP_MGF1P}\"/>"),
            Transport::Sha256 => format!(
                "<xenc:EncryptionMethod Algorithm=\"{OAEP}\">\
                 <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
                 <xenc11:MGF xmlns:xenc11=\"{XENC11}\" Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/>\
                 </xenc:EncryptionMethod>"
            ),
        };
        format!(
            "<xenc:EncryptedData xmlns:xenc=\"{XENC}\" MimeType=\"application/octet-stream\">\
             <xenc:EncryptionMethod Algorithm=\"{cipher}\"/><ds:KeyInfo xmlns:ds=\"{DSIG}\"><xenc:EncryptedKey>{transport}\
             <xenc:CipherData><xenc:CipherValue>{key}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>\
             <xenc:CipherData><xenc:CipherValue>{data}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"
        )
    }
}

fn child(
    xml: &Xml<'_>,
    node: NodeId,
    namespace: &'static str,
    name: &'static str,
) -> Result<NodeId, EncryptionFlaw> {
    xml.child(node, namespace, name).ok().flatten().ok_or(EncryptionFlaw::Structure(name))
}

/// The ciphertext of data or a key, base64 and nothing else.
fn cipher_value(xml: &Xml<'_>, node: NodeId) -> Result<String, EncryptionFlaw> {
    let flaw = || EncryptionFlaw::Structure("CipherValue");
    let value = child(xml, child(xml, node, XENC, "CipherData")?, XENC, "CipherValue")?;
    let text: String = xml.text_of(value).map_err(|_| flaw())?.split_ascii_whitespace().collect();
    STANDARD.decode(&text).map_err(|_| flaw())?;
    Ok(text)
}

/// RSA 1.5 answers questions about other ciphertexts, so it does not count.
fn transport(xml: &Xml<'_>, key: NodeId) -> Result<Transport, EncryptionFlaw> {
    let method = child(xml, key, XENC, "EncryptionMethod")?;
    let algorithm = xml.attribute(method, "Algorithm").unwrap_or_default();
    if xml.children(method, XENC, "OAEPparams").next().is_some() {
        return Err(EncryptionFlaw::Structure("OAEPparams"));
    }
    let named = |namespace, name: &'static str| {
        let of = xml.child(method, namespace, name).map_err(|_| EncryptionFlaw::Structure(name))?;
        Ok(of.map(|of| xml.attribute(of, "Algorithm").unwrap_or_default()))
    };
    let (digest, mask) = (named(DSIG, "DigestMethod")?, named(XENC11, "MGF")?);
    let is_sha1 = |name: Option<&str>| name.is_none_or(|name| name.ends_with("sha1"));
    let is_sha256 = |name: Option<&str>| name.is_some_and(|name| name.ends_with("sha256"));
    match algorithm {
        OAEP_MGF1P | OAEP if is_sha1(digest) && is_sha1(mask) => Ok(Transport::Sha1),
        OAEP if is_sha256(digest) && is_sha256(mask) => Ok(Transport::Sha256),
        OAEP_MGF1P | OAEP => {
            let parts = [Some(algorithm), digest, mask].into_iter().flatten().collect::<Vec<_>>();
            Err(EncryptionFlaw::Algorithm(told(&parts.join(" with "), 300)))
        }
        other => Err(EncryptionFlaw::Algorithm(told(other, 100))),
    }
}

fn with_key(text: &str, key: &DecryptionKey) -> Option<Vec<u8>> {
    let mut keys = KeysManager::new();
    keys.add_key(key.0.clone());
    let context = EncContext::new(keys).with_disable_cipher_reference(true).with_max_pbkdf2_iterations(0);
    decrypt_to_bytes(&context, text).ok()
}

/// A text with the namespaces that the place of an element has.
fn in_its_place(xml: &Xml<'_>, node: NodeId, plain: &str) -> String {
    let mut declared = Vec::<(String, String)>::new();
    let around = std::iter::once(node).chain(xml.document.ancestors(node));
    for (prefix, namespace) in
        around.filter_map(|node| xml.element(node)).flat_map(|element| &element.namespace_declarations)
    {
        if declared.iter().all(|(known, _)| known != prefix) {
            declared.push((prefix.to_string(), namespace.to_string()));
        }
    }
    let mut text = "<decrypted".to_owned();
    for (prefix, namespace) in &declared {
        let colon = if prefix.is_empty() { "" } else { ":" };
        // Writing to a string does not fail.
        let _ = write!(text, " xmlns{colon}{prefix}=\"{}\"", escaped(namespace));
    }
    let _ = write!(text, ">{}</decrypted>", without_declaration(plain));
    text
}

/// An assertion may have been a document of its own before it was encrypted.
fn without_declaration(plain: &str) -> &str {
    let behind = plain.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>"));
    behind.map_or(plain, |(_, rest)| rest)
}

/// The assertion in a decrypted document.
pub(crate) fn assertion(xml: &Xml<'_>) -> Result<NodeId, EncryptionFlaw> {
    let all = xml.everywhere(ASSERTION, "Assertion");
    match (&all[..], xml.elements(xml.root).count()) {
        ([assertion], 1) if xml.document.parent(*assertion) == Some(xml.root) => Ok(*assertion),
        _ => Err(EncryptionFlaw::Wrong),
    }
}
