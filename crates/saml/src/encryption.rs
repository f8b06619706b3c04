//! Encrypted assertions (SAML core §2.3.4, XML Encryption 1.1).
//!
//! The algorithms are looked at before anything is decrypted. What comes out is a document of its own, read like any other.

use std::fmt::Write as _;

use bergshamra::keys::loader::load_pem_auto;
use bergshamra::xml::NodeId;
use bergshamra::{EncContext, Key, KeysManager, decrypt};

use crate::names::{ASSERTION, CBC_CIPHERS, CIPHERS, DSIG, KEY_TRANSPORTS, XENC};
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
    /// CBC, which tells whoever may ask often what was encrypted.
    WithCbc,
}

/// The document of an encrypted assertion: an element `EncryptedAssertion` with the assertion in it.
pub(crate) fn decrypted(
    xml: &Xml<'_>,
    encrypted: NodeId,
    keys: &[DecryptionKey],
    ciphers: Ciphers,
) -> Result<String, EncryptionFlaw> {
    let data = xml.child(encrypted, XENC, "EncryptedData").ok().flatten();
    let data = data.ok_or(EncryptionFlaw::Structure("EncryptedData"))?;
    expect_algorithm(xml, data, |algorithm| {
        CIPHERS.contains(&algorithm) || ciphers == Ciphers::WithCbc && CBC_CIPHERS.contains(&algorithm)
    })?;
    let key = encrypted_key(xml, encrypted, data)?;
    expect_algorithm(xml, key, |algorithm| KEY_TRANSPORTS.contains(&algorithm))?;
    for part in [data, key] {
        let cipher = xml.child(part, XENC, "CipherData").ok().flatten();
        let value = cipher.and_then(|cipher| xml.child(cipher, XENC, "CipherValue").ok().flatten());
        value.ok_or(EncryptionFlaw::Structure("CipherData"))?;
    }
    if keys.is_empty() {
        return Err(EncryptionFlaw::NoKey);
    }
    let text = by_itself(xml, encrypted).ok_or(EncryptionFlaw::Structure("EncryptedAssertion"))?;
    keys.iter().find_map(|key| with_key(&text, key)).ok_or(EncryptionFlaw::Wrong)
}

fn with_key(text: &str, key: &DecryptionKey) -> Option<String> {
    let mut keys = KeysManager::new();
    keys.add_key(key.0.clone());
    let context = EncContext::new(keys).with_disable_cipher_reference(true).with_max_pbkdf2_iterations(0);
    decrypt(&context, text).ok()
}

/// The one key: in the data, or beside it.
fn encrypted_key(xml: &Xml<'_>, encrypted: NodeId, data: NodeId) -> Result<NodeId, EncryptionFlaw> {
    let refused = || EncryptionFlaw::Structure("EncryptedKey");
    let info = xml.child(data, DSIG, "KeyInfo").ok().flatten().ok_or_else(refused)?;
    let mut keys =
        xml.children(info, XENC, "EncryptedKey").chain(xml.children(encrypted, XENC, "EncryptedKey"));
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(refused()),
    }
}

fn expect_algorithm(
    xml: &Xml<'_>,
    node: NodeId,
    counts: impl Fn(&str) -> bool,
) -> Result<(), EncryptionFlaw> {
    let method = xml.child(node, XENC, "EncryptionMethod").ok().flatten();
    let method = method.ok_or(EncryptionFlaw::Structure("EncryptionMethod"))?;
    match xml.attribute(method, "Algorithm") {
        Some(algorithm) if counts(algorithm) => Ok(()),
        other => Err(EncryptionFlaw::Algorithm(other.unwrap_or_default().to_owned())),
    }
}

/// The text of an element with the namespaces that it has from those around it.
fn by_itself(xml: &Xml<'_>, node: NodeId) -> Option<String> {
    let source = xml.document.node_source(node)?;
    let mut declared = Vec::<(String, String)>::new();
    for around in xml.document.ancestors(node) {
        for (prefix, namespace) in
            xml.element(around).into_iter().flat_map(|element| &element.namespace_declarations)
        {
            if declared.iter().all(|(known, _)| known != prefix) {
                declared.push((prefix.to_string(), namespace.to_string()));
            }
        }
    }
    let mut text = "<decrypted".to_owned();
    for (prefix, namespace) in &declared {
        let colon = if prefix.is_empty() { "" } else { ":" };
        // Writing to a string does not fail.
        let _ = write!(text, " xmlns{colon}{prefix}=\"{}\"", escaped(namespace));
    }
    let _ = write!(text, ">{source}</decrypted>");
    Some(text)
}

/// The assertion in a decrypted document.
pub(crate) fn assertion(xml: &Xml<'_>) -> Result<NodeId, EncryptionFlaw> {
    let all = xml.everywhere(ASSERTION, "Assertion");
    let encrypted = xml.child(xml.root, ASSERTION, "EncryptedAssertion").ok().flatten();
    match (&all[..], encrypted) {
        ([assertion], Some(encrypted)) if xml.document.parent(*assertion) == Some(encrypted) => {
            Ok(*assertion)
        }
        _ => Err(EncryptionFlaw::Wrong),
    }
}
