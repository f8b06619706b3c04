//! What an assertion says: read from its own element and from nothing else (SAML core §2).

use bergshamra::xml::NodeId;
use vestibule_model::{Claim, Millis, Statement, told};

use crate::names::{ASSERTION, BEARER};
use crate::refusal::Malformed;
use crate::time;
use crate::xml::Xml;

/// Whom an assertion names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameId {
    /// The name, letter by letter.
    pub value: String,
    /// Its format, as a URI; None: not told.
    pub format: Option<String>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its values that are text, letter by letter.
    pub values: Vec<String>,
}

/// What an assertion says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Its id: it is taken once.
    pub id: String,
    /// When it was made.
    pub issued: Millis,
    /// Who made it.
    pub issuer: String,
    /// Whom it names.
    pub name_id: Option<NameId>,
    /// By what whoever shows it is that subject.
    pub confirmations: Vec<Confirmation>,
    /// From when on it is valid.
    pub not_before: Option<Millis>,
    /// Until when.
    pub not_on_or_after: Option<Millis>,
    /// For whom: each of these restrictions has to be met by one of its audiences.
    pub audiences: Vec<Vec<String>>,
    /// Conditions that are not understood, by name.
    pub other_conditions: Vec<String>,
    /// The session at the identity provider, for a logout that comes from there.
    pub session_index: Option<String>,
    /// When the identity provider wants the session to end, the first of these times.
    pub session_ends: Option<Millis>,
    /// When the user proved who they are.
    pub authenticated: Option<Millis>,
    /// What it says of them.
    pub attributes: Vec<Attribute>,
}

/// A confirmation by bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The address that it is meant for.
    pub recipient: Option<String>,
    /// From when on it counts, which a bearer's never has (SAML profiles §4.1.4.2).
    pub not_before: Option<Millis>,
    /// Until when it counts.
    pub not_on_or_after: Option<Millis>,
    /// The request that it answers.
    pub in_response_to: Option<String>,
}

impl Statement for Claims {
    fn told(&self) -> Vec<Claim> {
        let one = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| Claim::new(name, vec![value.clone()]))
        };
        let time = |name: &str, at: Option<Millis>| {
            at.map(|at| Claim { time: Some(at), ..Claim::new(name, vec![at.to_string()]) })
        };
        let confirmation = self.confirmations.first();
        let audiences = self.audiences.concat();
        let fixed = [
            Some(Claim::new("ID", vec![self.id.clone()])),
            Some(Claim::new("Issuer", vec![self.issuer.clone()])),
            self.name_id.as_ref().map(|name| Claim::new("NameID", vec![name.value.clone()])),
            confirmation.and_then(|it| one("Recipient", &it.recipient)),
            confirmation.and_then(|it| one("InResponseTo", &it.in_response_to)),
            time("IssueInstant", Some(self.issued)),
            time("NotBefore", self.not_before),
            time("NotOnOrAfter", self.not_on_or_after),
            confirmation.and_then(|it| time("SubjectConfirmationData NotOnOrAfter", it.not_on_or_after)),
            time("AuthnInstant", self.authenticated),
            one("SessionIndex", &self.session_index),
            time("SessionNotOnOrAfter", self.session_ends),
            (!audiences.is_empty()).then(|| Claim::new("Audience", audiences)),
        ];
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|attribute| Claim::new(&attribute.name, attribute.values.clone()));
        fixed.into_iter().flatten().chain(attributes).collect()
    }
}

impl Claims {
    /// Reads the assertion at this element.
    pub(crate) fn read(xml: &Xml<'_>, assertion: NodeId) -> Result<Self, Malformed> {
        expect_version(xml, assertion)?;
        let id = xml.attribute(assertion, "ID").filter(|id| !id.is_empty());
        let made = xml.attribute(assertion, "IssueInstant").ok_or(Malformed::Missing("IssueInstant"))?;
        let issuer = xml.child(assertion, ASSERTION, "Issuer")?.ok_or(Malformed::Missing("Issuer"))?;
        let mut claims = Self {
            id: id.ok_or(Malformed::Missing("ID"))?.to_owned(),
            issued: time::read(made)?,
            issuer: xml.text_of(issuer)?,
            name_id: None,
            confirmations: Vec::new(),
            not_before: None,
            not_on_or_after: None,
            audiences: Vec::new(),
            other_conditions: Vec::new(),
            session_index: None,
            session_ends: None,
            authenticated: None,
            attributes: Vec::new(),
        };
        if let Some(subject) = xml.child(assertion, ASSERTION, "Subject")? {
            claims.read_subject(xml, subject)?;
        }
        if let Some(conditions) = xml.child(assertion, ASSERTION, "Conditions")? {
            claims.read_conditions(xml, conditions)?;
        }
        if let Some(statement) = xml.children(assertion, ASSERTION, "AuthnStatement").next() {
            claims.session_index = xml.attribute(statement, "SessionIndex").map(ToOwned::to_owned);
            claims.authenticated = time_of(xml, statement, "AuthnInstant")?;
        }
        for statement in xml.children(assertion, ASSERTION, "AuthnStatement") {
            let ends = time_of(xml, statement, "SessionNotOnOrAfter")?;
            claims.session_ends = [claims.session_ends, ends].into_iter().flatten().min();
        }
        for statement in xml.children(assertion, ASSERTION, "AttributeStatement") {
            for attribute in xml.children(statement, ASSERTION, "Attribute") {
                claims.attributes.push(read_attribute(xml, attribute)?);
            }
        }
        Ok(claims)
    }

    /// The only value of the attributes of this name; None: there is none, or several.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut values = self.attributes.iter().filter(|it| it.name == name).flat_map(|it| &it.values);
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }

    fn read_subject(&mut self, xml: &Xml<'_>, subject: NodeId) -> Result<(), Malformed> {
        if let Some(name) = xml.child(subject, ASSERTION, "NameID")? {
            let format = xml.attribute(name, "Format").map(ToOwned::to_owned);
            self.name_id = Some(NameId { value: xml.exact_text_of(name)?, format });
        }
        for confirmation in xml.children(subject, ASSERTION, "SubjectConfirmation") {
            if xml.attribute(confirmation, "Method") != Some(BEARER) {
                continue;
            }
            let Some(data) = xml.child(confirmation, ASSERTION, "SubjectConfirmationData")? else { continue };
            let attribute = |of: &str| xml.attribute(data, of).map(ToOwned::to_owned);
            self.confirmations.push(Confirmation {
                recipient: attribute("Recipient"),
                not_before: time_of(xml, data, "NotBefore")?,
                not_on_or_after: time_of(xml, data, "NotOnOrAfter")?,
                in_response_to: attribute("InResponseTo"),
            });
        }
        Ok(())
    }

    fn read_conditions(&mut self, xml: &Xml<'_>, conditions: NodeId) -> Result<(), Malformed> {
        self.not_before = time_of(xml, conditions, "NotBefore")?;
        self.not_on_or_after = time_of(xml, conditions, "NotOnOrAfter")?;
        for condition in xml.elements(conditions) {
            if xml.is(condition, ASSERTION, "AudienceRestriction") {
                let audiences = xml.children(condition, ASSERTION, "Audience");
                let audiences = audiences.map(|audience| xml.text_of(audience));
                self.audiences.push(audiences.collect::<Result<_, _>>()?);
            } else if !["OneTimeUse", "ProxyRestriction"]
                .iter()
                .any(|name| xml.is(condition, ASSERTION, name))
            {
                // Every assertion is taken once, and none is passed on.
                self.other_conditions.push(xml.name(condition));
            }
        }
        Ok(())
    }
}

/// Refuses what is of another version than 2.0.
pub(crate) fn expect_version(xml: &Xml<'_>, node: NodeId) -> Result<(), Malformed> {
    match xml.attribute(node, "Version") {
        Some("2.0") => Ok(()),
        other => Err(Malformed::Version(told(other.unwrap_or_default(), 40))),
    }
}

fn time_of(xml: &Xml<'_>, node: NodeId, name: &str) -> Result<Option<Millis>, Malformed> {
    xml.attribute(node, name).map(time::read).transpose()
}

fn read_attribute(xml: &Xml<'_>, attribute: NodeId) -> Result<Attribute, Malformed> {
    let name = xml.attribute(attribute, "Name").ok_or(Malformed::Missing("Name"))?;
    let values = xml.children(attribute, ASSERTION, "AttributeValue");
    // A value that is a structure of its own is none that a login uses.
    let values = values.filter_map(|value| xml.exact_text_of(value).ok());
    Ok(Attribute { name: name.to_owned(), values: values.collect() })
}
