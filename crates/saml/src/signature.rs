//! Which elements of a document are signed by the identity provider.
//!
//! The structure of every signature is looked at before any of them is verified: the library follows references that no SAML
//! signature has. What it says it verified has to be the very element that the signature stands in. A signature that is wrong
//! refuses the document, whatever others there are: what it was to protect is not known (ATTACKS X1, X3, X7).

use bergshamra::dsig::verify::verify_all_document_with_source;
use bergshamra::xml::NodeId;
use bergshamra::{DsigContext, VerifyResult};
use vestibule_model::told;

use crate::certificate::{self, Certificate};
use crate::names::{ASSERTION, CANONICALIZATIONS, DIGESTS, DSIG, ENVELOPED, EXC_C14N, PROTOCOL, SIGNATURES};
use crate::refusal::{Refusal, SignatureFlaw};
use crate::xml::Xml;

/// That of the response and that of the assertion.
const MOST_SIGNATURES: usize = 2;

/// How many prefixes a canonicalization treats as if they were used. Identity providers name one to five.
const MOST_PREFIXES: usize = 16;

/// A signature of a document: where it stands, by which certificate it was verified, and what is wrong with it.
struct Signature {
    element: String,
    algorithm: String,
    certificate: Option<String>,
    flaw: Option<SignatureFlaw>,
}

/// The signatures of a document, and the elements that they cover.
pub(crate) struct Signatures {
    all: Vec<Signature>,
    /// Elements with everything in them.
    covered: Vec<NodeId>,
}

impl Signatures {
    /// Verifies every signature of the document by these certificates, and by nothing that the document says of keys.
    pub(crate) fn verify(xml: &Xml<'_>, certificates: &[Certificate]) -> Self {
        let nodes = xml.everywhere(DSIG, "Signature");
        if nodes.len() > MOST_SIGNATURES {
            let flaw = Some(SignatureFlaw::Place);
            let (element, algorithm) = (xml.name(xml.root), String::new());
            let too_many = Signature { element, algorithm, certificate: None, flaw };
            return Self { all: vec![too_many], covered: Vec::new() };
        }
        let mut all: Vec<Signature> = nodes
            .iter()
            .map(|node| {
                let element = xml.document.parent(*node).map_or_else(String::new, |parent| xml.path(parent));
                let algorithm = algorithm_of(xml, *node).unwrap_or_default();
                Signature { element, algorithm, certificate: None, flaw: flaw_of(xml, *node).err() }
            })
            .collect();
        let mut covered = Vec::new();
        if !nodes.is_empty() && all.iter().all(|signature| signature.flaw.is_none()) {
            let outcomes = outcomes(xml, certificates, nodes.len());
            for ((node, signature), outcome) in nodes.iter().zip(&mut all).zip(outcomes) {
                match outcome.and_then(|outcome| covered_by(xml, *node, outcome)) {
                    Ok((element, certificate)) => {
                        signature.certificate = Some(certificate);
                        covered.push(element);
                    }
                    Err(why) => signature.flaw = Some(SignatureFlaw::Wrong(why)),
                }
            }
        }
        Self { all, covered }
    }

    /// All of them, for a report.
    pub(crate) fn told(&self) -> impl Iterator<Item = vestibule_model::Signature> {
        self.all.iter().map(|signature| vestibule_model::Signature {
            element: signature.element.clone(),
            algorithm: signature.algorithm.clone(),
            verified_by: signature.certificate.clone(),
            flaw: signature.flaw.as_ref().map(ToString::to_string),
        })
    }

    /// The first signature that is wrong.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.all.iter().find_map(|signature| {
            let flaw = signature.flaw.clone()?;
            Some(Refusal::Signature { element: signature.element.clone(), flaw })
        })
    }

    /// Whether one covers this element, by itself or with the one that it is a child of.
    pub(crate) fn cover(&self, xml: &Xml<'_>, element: NodeId) -> bool {
        let parent = xml.document.parent(element);
        self.covered.iter().any(|covered| *covered == element || Some(*covered) == parent)
    }
}

/// What the library says of each signature, in the order of the document.
fn outcomes(xml: &Xml<'_>, certificates: &[Certificate], count: usize) -> Vec<Result<VerifyResult, String>> {
    // Trusts these keys alone, and no place for a reference but the signature's own surroundings.
    let context = DsigContext::new(certificate::keys(certificates));
    match verify_all_document_with_source(&context, &xml.document, Some(xml.text)) {
        Ok(outcomes) if outcomes.len() == count => outcomes.into_iter().map(Ok).collect(),
        Ok(_) => vec![Err("the signatures cannot be told apart".to_owned()); count],
        Err(error) => vec![Err(error.to_string()); count],
    }
}

/// The element that a signature was verified to cover, which is the one that it stands in, and the certificate.
fn covered_by(xml: &Xml<'_>, node: NodeId, outcome: VerifyResult) -> Result<(NodeId, String), String> {
    let (signature_node, references, key_info) = match outcome {
        VerifyResult::Valid { signature_node, references, key_info } => {
            (signature_node, references, key_info)
        }
        VerifyResult::Invalid { reason } => return Err(reason),
    };
    let [reference] = &references[..] else { return Err("it has not one reference".to_owned()) };
    let covered = reference.resolved_node.filter(|_| reference.digest_verified);
    match covered {
        Some(covered) if signature_node == node && xml.document.parent(node) == Some(covered) => {
            let certificate = key_info.x509_chain.first().map(|der| certificate::fingerprint(der));
            Ok((covered, certificate.unwrap_or_default()))
        }
        _ => Err("it covers another element than the one that it stands in".to_owned()),
    }
}

fn algorithm_of(xml: &Xml<'_>, signature: NodeId) -> Option<String> {
    let signed_info = xml.children(signature, DSIG, "SignedInfo").next()?;
    let method = xml.children(signed_info, DSIG, "SignatureMethod").next()?;
    xml.attribute(method, "Algorithm").map(|name| told(name, 100))
}

/// Refuses what is no signature as SAML core §5.4 has it: enveloped by a response or an assertion, with one reference to that
/// element's id, no transforms but the two, and algorithms that count.
fn flaw_of(xml: &Xml<'_>, signature: NodeId) -> Result<(), SignatureFlaw> {
    let parent = xml.document.parent(signature).ok_or(SignatureFlaw::Place)?;
    let is_place = is_signed_here(xml, parent) && xml.children(parent, DSIG, "Signature").count() == 1;
    if !is_place {
        return Err(SignatureFlaw::Place);
    }
    let id = xml.attribute(parent, "ID").filter(|id| !id.is_empty());
    let id = id.ok_or(SignatureFlaw::Structure("reference"))?;

    let signed_info = one(xml, signature, "SignedInfo")?;
    expect_children(xml, signature, &["SignedInfo", "SignatureValue", "KeyInfo"], "Signature")?;
    one(xml, signature, "SignatureValue")?;
    expect_children(
        xml,
        signed_info,
        &["CanonicalizationMethod", "SignatureMethod", "Reference"],
        "SignedInfo",
    )?;
    expect_canonicalization(xml, one(xml, signed_info, "CanonicalizationMethod")?)?;
    let method = one(xml, signed_info, "SignatureMethod")?;
    expect_algorithm(xml, method, &SIGNATURES)?;
    if xml.elements(method).next().is_some() {
        return Err(SignatureFlaw::Structure("SignatureMethod"));
    }

    let reference = one(xml, signed_info, "Reference")?;
    if xml.attribute(reference, "URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return Err(SignatureFlaw::Structure("reference"));
    }
    expect_children(xml, reference, &["Transforms", "DigestMethod", "DigestValue"], "reference")?;
    expect_algorithm(xml, one(xml, reference, "DigestMethod")?, &DIGESTS)?;
    one(xml, reference, "DigestValue")?;
    expect_transforms(xml, one(xml, reference, "Transforms")?)
}

/// Whether this is an element that SAML signs: a response, an assertion, or a logout at the top.
fn is_signed_here(xml: &Xml<'_>, element: NodeId) -> bool {
    xml.is(element, PROTOCOL, "Response")
        || xml.is(element, ASSERTION, "Assertion")
        || element == xml.root && xml.is(element, PROTOCOL, "LogoutRequest")
}

/// Enveloped signature, then at most one canonicalization.
fn expect_transforms(xml: &Xml<'_>, transforms: NodeId) -> Result<(), SignatureFlaw> {
    expect_children(xml, transforms, &["Transform"], "Transforms")?;
    let mut all = xml.children(transforms, DSIG, "Transform");
    let first = all.next().ok_or(SignatureFlaw::Structure("Transforms"))?;
    expect_algorithm(xml, first, &[ENVELOPED])?;
    if xml.elements(first).next().is_some() {
        return Err(SignatureFlaw::Structure("Transforms"));
    }
    if let Some(second) = all.next() {
        expect_canonicalization(xml, second)?;
    }
    match all.next() {
        None => Ok(()),
        Some(_) => Err(SignatureFlaw::Structure("Transforms")),
    }
}

/// A canonicalization, with at most a few prefixes that it treats as used.
fn expect_canonicalization(xml: &Xml<'_>, node: NodeId) -> Result<(), SignatureFlaw> {
    expect_algorithm(xml, node, &CANONICALIZATIONS)?;
    let mut inside = xml.elements(node);
    let prefixes = match (inside.next(), inside.next()) {
        (None, _) => return Ok(()),
        (Some(one), None) if xml.is(one, EXC_C14N, "InclusiveNamespaces") => xml.attribute(one, "PrefixList"),
        _ => None,
    };
    let is_short = |list: &str| list.split_ascii_whitespace().count() <= MOST_PREFIXES;
    prefixes.filter(|list| is_short(list)).map(drop).ok_or(SignatureFlaw::Structure("InclusiveNamespaces"))
}

/// The one child of this name.
fn one(xml: &Xml<'_>, node: NodeId, name: &'static str) -> Result<NodeId, SignatureFlaw> {
    xml.child(node, DSIG, name).ok().flatten().ok_or(SignatureFlaw::Structure(name))
}

/// Refuses children of other names.
fn expect_children(
    xml: &Xml<'_>,
    node: NodeId,
    names: &[&str],
    what: &'static str,
) -> Result<(), SignatureFlaw> {
    let is_known = |child: NodeId| names.iter().any(|name| xml.is(child, DSIG, name));
    if xml.elements(node).all(is_known) { Ok(()) } else { Err(SignatureFlaw::Structure(what)) }
}

fn expect_algorithm(xml: &Xml<'_>, node: NodeId, counting: &[&str]) -> Result<(), SignatureFlaw> {
    match xml.attribute(node, "Algorithm") {
        Some(algorithm) if counting.contains(&algorithm) => Ok(()),
        other => Err(SignatureFlaw::Algorithm(told(other.unwrap_or_default(), 100))),
    }
}
