//! The rules of connections to identity providers, and of as whom those know users.

use std::collections::HashSet;

use vestibule_model::{
    Connection, Identity, Linking, OidcConnection, Protocol, SamlConnection, User, has_hidden,
};
use vestibule_oidc::{Algorithm, Keys};
use vestibule_saml::Certificate;

use super::applications::{Newcomer, room};
use super::client_metadata::is_redirect_uri as is_address;
use super::neighbours::{Neighbours, Reference, ResourceKind};
use super::numbered::id_violation;
use super::rule::Rule;
use super::texts::name_violation;
use super::violation::{Ruled, Violation, changed};

/// How many certificates, audiences, targets, scopes, or identities of a user there may be.
const MOST: usize = 100;

/// The longest entity id, issuer, client id or claim, in characters (SAML core §8.3.6).
const LONGEST_NAME: usize = 1_024;

impl Ruled for Connection {
    fn tidy(&mut self) {
        once(&mut self.targets);
        self.provisioning.profiles.sort_unstable();
        self.provisioning.profiles.dedup();
        match &mut self.protocol {
            Protocol::Saml(saml) => {
                once(&mut saml.audiences);
                once(&mut saml.certificates);
            }
            Protocol::Oidc(oidc) => {
                once(&mut oidc.algorithms);
                oidc.scopes.retain(|scope| scope != "openid");
                once(&mut oidc.scopes);
            }
        }
    }

    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let mut found = Vec::new();
        if changed(before, self, |own| &own.name) {
            found.extend((!Self::is_name(&self.name)).then(|| Violation::of(Rule::ConnectionName)));
            let is_taken = neighbours.has_other_named(ResourceKind::Connection, self.id.0, &self.name);
            found.extend(is_taken.then(|| Violation::of(Rule::ConnectionNameTaken)));
        }
        if changed(before, self, |own| &own.display_name) {
            let rules = (Rule::ConnectionDisplayNameLength, Rule::ConnectionDisplayNameCharacters);
            found.extend(name_violation(rules, &self.display_name));
        }
        if self.clock_skew > Self::MAX_CLOCK_SKEW {
            found.push(Violation::with(Rule::ConnectionClockSkew, Self::MAX_CLOCK_SKEW.as_secs()));
        }
        if changed(before, self, |own| &own.targets) {
            let wrong = self.targets.iter().position(|target| !is_target(target));
            found.extend(wrong.map(|index| Violation::with(Rule::ConnectionTarget, index + 1)));
            found.extend(many(Rule::ConnectionTargetCount, self.targets.len()));
        }
        if changed(before, self, |own| &own.provisioning) || changed(before, self, |own| &own.linking) {
            found.extend(of_provisioning(self, before, neighbours));
        }
        found.extend(match (&self.protocol, before.map(|before| &before.protocol)) {
            (Protocol::Saml(saml), Some(Protocol::Saml(before))) => of_saml(saml, Some(before)),
            (Protocol::Saml(saml), None) => of_saml(saml, None),
            (Protocol::Oidc(oidc), Some(Protocol::Oidc(before))) => of_oidc(oidc, Some(before)),
            (Protocol::Oidc(oidc), None) => of_oidc(oidc, None),
            _ => vec![Violation::of(Rule::ConnectionProtocol)],
        });
        if before.is_none() {
            found.extend(id_violation(Rule::ConnectionId, self.id.0));
            let new = Newcomer { kind: ResourceKind::Connection, id: self.id.0, neighbours };
            found.extend(room(Rule::ConnectionCount, &new, Self::MAX_PER_ACCOUNT, "connections"));
        }
        found
    }

    fn in_use(&self, neighbours: &dyn Neighbours) -> Option<Violation> {
        let users = neighbours.referring(Reference::Connection(self.id.0)).users;
        (users > 0).then(|| Violation::with(Rule::ConnectionInUse, users))
    }
}

/// How users are made; profiles that were named before may be gone since.
fn of_provisioning(
    connection: &Connection,
    before: Option<&Connection>,
    neighbours: &dyn Neighbours,
) -> Vec<Violation> {
    let own = &connection.provisioning;
    let is_wrong = |text: &String| name(Rule::ProvisioningName, text);
    let mut found: Vec<Violation> = own.names().find_map(is_wrong).into_iter().collect();
    let is_of_no_use = own.login_name.is_some() && connection.linking == Linking::LoginName;
    found.extend(is_of_no_use.then(|| Violation::of(Rule::ProvisioningLoginName)));
    let count = own.all_profiles().count();
    if count > MOST {
        found.extend(many(Rule::ProvisioningProfileCount, count));
        return found;
    }
    let had =
        |id: &i64| before.is_some_and(|before| before.provisioning.all_profiles().any(|had| had == *id));
    let missing = own.all_profiles().find(|id| !had(id) && !neighbours.has(Reference::Profile(*id)));
    let missing =
        missing.map(|id| Violation::with(Rule::ProvisioningProfileMissing, format_args!("id {id}")));
    found.extend(missing);
    let is_half = own.profile_claim.is_some() == own.profile_map.is_empty();
    found.extend(is_half.then(|| Violation::of(Rule::ProvisioningMap)));
    found
}

fn of_saml(saml: &SamlConnection, before: Option<&SamlConnection>) -> Vec<Violation> {
    let mut found = Vec::new();
    if changed(before, saml, |saml| &saml.identity_provider) {
        found.extend(name(Rule::SamlIdentityProvider, &saml.identity_provider));
    }
    let urls = [
        (Rule::SamlLoginUrl, Some(&saml.login_url), before.map(|before| Some(&before.login_url))),
        (Rule::SamlLogoutUrl, saml.logout_url.as_ref(), before.map(|before| before.logout_url.as_ref())),
        (
            Rule::SamlMetadataUrl,
            saml.metadata_url.as_ref(),
            before.map(|before| before.metadata_url.as_ref()),
        ),
    ];
    for (rule, url, before) in urls {
        let is_wrong = before != Some(url) && url.is_some_and(|url| !is_address(url));
        found.extend(is_wrong.then(|| Violation::of(rule)));
    }
    if changed(before, saml, |saml| &saml.certificates) {
        found.extend(saml.certificates.is_empty().then(|| Violation::of(Rule::SamlCertificateMissing)));
        found.extend(many(Rule::SamlCertificateCount, saml.certificates.len()));
        let refused = |(place, der): (usize, &vestibule_model::Der)| {
            let why = Certificate::from_der(&der.0).err()?;
            Some(Violation::with(Rule::SamlCertificate, format_args!("number {}: {why}", place + 1)))
        };
        found.extend(saml.certificates.iter().enumerate().find_map(refused));
    }
    if changed(before, saml, |saml| &saml.audiences) {
        found.extend(many(Rule::SamlAudienceCount, saml.audiences.len()));
        found.extend(saml.audiences.iter().find_map(|audience| name(Rule::SamlAudience, audience)));
    }
    let signs_without_key = saml.sign_requests && saml.key.is_none();
    found.extend(signs_without_key.then(|| Violation::of(Rule::SamlKeyMissing)));
    found
}

fn of_oidc(oidc: &OidcConnection, before: Option<&OidcConnection>) -> Vec<Violation> {
    let mut found = Vec::new();
    if changed(before, oidc, |oidc| &oidc.issuer) {
        found.extend((!is_address(&oidc.issuer)).then(|| Violation::of(Rule::OidcIssuer)));
    }
    if changed(before, oidc, |oidc| &oidc.client_id) {
        found.extend(name(Rule::OidcClientId, &oidc.client_id));
    }
    let urls = [
        (
            Rule::OidcAuthorizationEndpoint,
            Some(&oidc.authorization_endpoint),
            before.map(|before| Some(&before.authorization_endpoint)),
        ),
        (
            Rule::OidcTokenEndpoint,
            Some(&oidc.token_endpoint),
            before.map(|before| Some(&before.token_endpoint)),
        ),
        (Rule::OidcJwksUri, oidc.jwks_uri.as_ref(), before.map(|before| before.jwks_uri.as_ref())),
        (
            Rule::OidcEndSessionEndpoint,
            oidc.end_session_endpoint.as_ref(),
            before.map(|before| before.end_session_endpoint.as_ref()),
        ),
    ];
    for (rule, url, before) in urls {
        let is_wrong = before != Some(url) && url.is_some_and(|url| !is_address(url));
        found.extend(is_wrong.then(|| Violation::of(rule)));
    }
    if changed(before, oidc, |oidc| &oidc.jwks) {
        let refused = Keys::read(&oidc.jwks).err();
        found.extend(refused.map(|error| Violation::with(Rule::OidcJwks, error)));
    }
    if changed(before, oidc, |oidc| &oidc.algorithms) {
        let is_known = |name: &String| Algorithm::read(name).is_some();
        let is_wrong = oidc.algorithms.is_empty() || !oidc.algorithms.iter().all(is_known);
        let known = Algorithm::ALL.map(Algorithm::name).join(", ");
        found.extend(is_wrong.then(|| Violation::with(Rule::OidcAlgorithms, known)));
    }
    if changed(before, oidc, |oidc| &oidc.scopes) {
        let is_scope = |scope: &String| {
            (1..=128).contains(&scope.len()) && scope.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let is_wrong = oidc.scopes.len() > MOST || !oidc.scopes.iter().all(is_scope);
        found.extend(is_wrong.then(|| Violation::with(Rule::OidcScopes, MOST)));
    }
    if changed(before, oidc, |oidc| &oidc.login_name_claim) {
        // An address for mail is no name: providers let users choose it.
        let is_email = oidc.login_name_claim == "email";
        found.extend(is_email.then(|| Violation::of(Rule::OidcLoginNameClaimEmail)));
        found.extend(name(Rule::OidcLoginNameClaim, &oidc.login_name_claim));
    }
    found
}

/// What identity providers know a user as: the connections have to be there, but for those that were named before.
pub(super) fn identities(user: &User, before: Option<&User>, neighbours: &dyn Neighbours) -> Vec<Violation> {
    if !changed(before, user, |user| &user.identities) {
        return Vec::new();
    }
    let had = |identity: &Identity| before.is_some_and(|before| before.identities.contains(identity));
    let is_subject = |subject: &str| {
        (1..=Identity::LONGEST_SUBJECT).contains(&subject.chars().count())
            && !subject.chars().any(char::is_control)
    };
    let mut found: Vec<Violation> = many(Rule::IdentityCount, user.identities.len()).into_iter().collect();
    for identity in user.identities.iter().filter(|identity| !had(identity)) {
        if !is_subject(&identity.subject) {
            found.push(Violation::with(Rule::IdentitySubject, Identity::LONGEST_SUBJECT));
        }
        if !neighbours.has(Reference::Connection(identity.connection.0)) {
            found.push(Violation::with(
                Rule::IdentityConnectionMissing,
                format_args!("id {}", identity.connection),
            ));
        }
        if neighbours.has_other_identity(user.id, identity) {
            found.push(Violation::of(Rule::IdentityTaken));
        }
    }
    found
}

/// A text that is compared letter by letter: something, seen, no spaces around it, not long.
fn name(rule: Rule, text: &str) -> Option<Violation> {
    let length = text.chars().count();
    let is_wrong = length == 0 || length > LONGEST_NAME || text.trim() != text || has_hidden(text);
    is_wrong.then(|| Violation::with(rule, LONGEST_NAME))
}

fn many(rule: Rule, count: usize) -> Option<Violation> {
    (count > MOST).then(|| Violation::with(rule, MOST))
}

/// An address of https, or a path of this service.
fn is_target(text: &str) -> bool {
    let is_path = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= LONGEST_NAME
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
    is_path || text.starts_with("https://") && is_address(text)
}

/// Each value once, in the order of the first ones.
fn once<T: Clone + Eq + std::hash::Hash>(all: &mut Vec<T>) {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(one.clone()));
}

#[cfg(test)]
mod tests {
    use super::is_target;

    #[test]
    fn a_target_is_an_address_of_https_or_a_path_of_this_service() {
        for text in ["https://app.example/start?a=b", "https://app.example", "/me/acme/", "/a?b=c"] {
            assert!(is_target(text), "{text}");
        }
        for text in [
            "",
            "//evil.example",
            "/\\evil.example",
            "http://app.example",
            "javascript:x",
            "/a b",
            "/a\n",
            "/a#b",
        ] {
            assert!(!is_target(text), "{text:?}");
        }
    }
}
