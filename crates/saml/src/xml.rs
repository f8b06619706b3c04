//! The one parse of what an identity provider sent: bounded, without anything that parsers read differently.
//!
//! Refused are document types and entities, comments and processing instructions, ids that are not unique or stand in a
//! namespace, and encodings other than UTF-8. What is left every parser and every canonicalization reads in the same way
//! (ATTACKS of kind X6 and X8).

use std::collections::HashSet;

use bergshamra::xml::uppsala::{Document, Element, NodeId, NodeKind, Parser};
use vestibule_model::told;

use crate::names::{DSIG, XENC, XENC11};
use crate::refusal::Malformed;
use crate::scan::expect_bounded;

/// The longest document, in bytes. A response with a hundred groups has some twenty thousand.
pub const LONGEST: usize = 256 * 1024;

/// How deep elements may stand in each other. A response has some ten levels.
const DEEPEST: u32 = 64;

/// The local names of attributes that a signature may refer to.
const ID_NAMES: [&str; 4] = ["ID", "Id", "id", "AssertionID"];

/// What becomes of comments and processing instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comments {
    /// They refuse the document: of what is signed.
    Refused,
    /// They are passed over, but for those in the text of an element.
    PassedOver,
}

/// A document, and the text that it was read from.
pub(crate) struct Xml<'a> {
    pub(crate) document: Document<'a>,
    pub(crate) text: &'a str,
    pub(crate) root: NodeId,
}

impl<'a> Xml<'a> {
    pub(crate) fn parse(text: &'a str, comments: Comments) -> Result<Self, Malformed> {
        if text.len() > LONGEST {
            return Err(Malformed::TooLong);
        }
        if text.contains("<!DOCTYPE") {
            return Err(Malformed::DocumentType);
        }
        expect_bounded(text)?;
        let parser =
            Parser::new().with_forbid_dtd(true).with_max_entity_expansion(LONGEST).with_max_depth(DEEPEST);
        let document =
            parser.parse(text).map_err(|error| Malformed::NotXml(told(&error.to_string(), 200)))?;
        let declaration = document.xml_declaration.as_ref();
        if let Some(version) = declaration.map(|it| &it.version).filter(|version| ***version != *"1.0") {
            return Err(Malformed::NotXml(told(&format!("XML {version}"), 40)));
        }
        let encoding = declaration.and_then(|declaration| declaration.encoding.as_deref());
        if let Some(other) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
            return Err(Malformed::Encoding(told(other, 40)));
        }
        let root = document.document_element().ok_or_else(|| Malformed::NotXml("no element".into()))?;
        let xml = Self { document, text, root };
        xml.expect_plain(comments)?;
        Ok(xml)
    }

    /// Refuses what parsers read differently.
    fn expect_plain(&self, comments: Comments) -> Result<(), Malformed> {
        let mut ids = HashSet::new();
        for node in self.document.descendants(self.document.root()) {
            match self.document.node_kind(node) {
                Some(NodeKind::Comment(_)) if comments == Comments::Refused => {
                    return Err(Malformed::Comment);
                }
                Some(NodeKind::ProcessingInstruction(_)) if comments == Comments::Refused => {
                    return Err(Malformed::ProcessingInstruction);
                }
                Some(NodeKind::Element(element)) => {
                    // Readers of the library take an attribute by its name alone.
                    let namespace = element.name.namespace_uri.as_deref().unwrap_or_default();
                    let is_security = [DSIG, XENC, XENC11].contains(&namespace);
                    let mut named = element.attributes.iter().map(|attribute| &attribute.name);
                    if is_security && named.any(|name| name.namespace_uri.is_some()) {
                        return Err(Malformed::AttributeInNamespace(self.name(node)));
                    }
                    if comments == Comments::PassedOver {
                        continue;
                    }
                    for attribute in &element.attributes {
                        if !ID_NAMES.contains(&&*attribute.name.local_name) {
                            continue;
                        }
                        if attribute.name.namespace_uri.is_some() || !ids.insert(&*attribute.value) {
                            return Err(Malformed::Ids(told(&attribute.value, 100)));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn element(&self, node: NodeId) -> Option<&Element<'a>> {
        self.document.element(node)
    }

    /// Whether a node is an element of this name.
    pub(crate) fn is(&self, node: NodeId, namespace: &str, name: &str) -> bool {
        self.element(node).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// The name of an element as it is written, for reports; the beginning of one that is long.
    pub(crate) fn name(&self, node: NodeId) -> String {
        self.element(node).map_or_else(String::new, |element| told(&element.name.prefixed_name(), 64))
    }

    /// The value of an attribute that stands in no namespace.
    pub(crate) fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        let attributes = &self.element(node)?.attributes;
        let named =
            attributes.iter().find(|it| it.name.namespace_uri.is_none() && *it.name.local_name == *name);
        named.map(|attribute| &*attribute.value)
    }

    /// The child elements of a node.
    pub(crate) fn elements(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        self.document.children_iter(node).filter(|child| self.element(*child).is_some())
    }

    /// Those of this name.
    pub(crate) fn children(
        &self,
        node: NodeId,
        namespace: &'static str,
        name: &'static str,
    ) -> impl Iterator<Item = NodeId> {
        self.elements(node).filter(move |child| self.is(*child, namespace, name))
    }

    /// The one child of this name; None: there is none. Two are refused, where one is meant.
    pub(crate) fn child(
        &self,
        node: NodeId,
        namespace: &'static str,
        name: &'static str,
    ) -> Result<Option<NodeId>, Malformed> {
        let mut children = self.children(node, namespace, name);
        match (children.next(), children.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(Malformed::Doubled(name)),
        }
    }

    /// Every element of this name, wherever it stands.
    pub(crate) fn everywhere(&self, namespace: &str, name: &str) -> Vec<NodeId> {
        let mut all = self.document.descendants(self.document.root());
        all.retain(|node| self.is(*node, namespace, name));
        all
    }

    /// The text of an element that has nothing but text, white space around it taken away: of an address or a URI, which has none.
    pub(crate) fn text_of(&self, node: NodeId) -> Result<String, Malformed> {
        Ok(self.exact_text_of(node)?.trim_matches(WHITE_SPACE).to_owned())
    }

    /// The same letter by letter: of a name, where somebody may be meant by one with white space and somebody else without.
    pub(crate) fn exact_text_of(&self, node: NodeId) -> Result<String, Malformed> {
        let mut text = String::new();
        for child in self.document.children_iter(node) {
            match self.document.node_kind(child) {
                Some(NodeKind::Text(part) | NodeKind::CData(part)) => text.push_str(part),
                _ => return Err(Malformed::NotText(self.name(node))),
            }
        }
        Ok(text)
    }

    /// Where an element stands, for reports: `/samlp:Response/saml:Assertion`.
    pub(crate) fn path(&self, node: NodeId) -> String {
        let mut names: Vec<String> = self.document.ancestors(node).iter().map(|it| self.name(*it)).collect();
        names.retain(|name| !name.is_empty());
        names.reverse();
        names.push(self.name(node));
        format!("/{}", names.join("/"))
    }
}

/// White space of XML (XML 1.0 §2.3).
const WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Text as it stands in an attribute or an element.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
