//! What the audit tells of a thing that is made, changed or deleted: its fields by name, without its secrets.
//!
//! A secret is only ever told to be there, or to be another than before; so is a picture, which is too long to be told.

use serde_json::{Map, Value, json};

use crate::{
    Account, AdministrationToken, Administrator, ApiKey, ApplicationToken, AuditTarget, Connection,
    ConnectionSecret, GatewayRule, Group, MasterKeyRecord, OauthClient, Profile, Protocol, SigningKey, Skill,
    Superseded, TargetKind, User,
};

/// Something whose changes the audit tells.
pub trait Audited {
    /// What kind of thing, and which.
    fn audit_target(&self) -> AuditTarget;

    /// Its fields by name, those that hold secrets left out.
    fn audited_fields(&self) -> Map<String, Value>;

    /// Its secrets by the names of their fields, as they are kept: sealed or hashed. They are compared and never told, and so are
    /// pictures.
    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        Vec::new()
    }
}

/// The fields that differ, as they were and as they are: JSON objects, None where there is nothing to tell. A thing that
/// is made has no before, one that is deleted no after.
pub fn difference<T: Audited>(before: Option<&T>, after: Option<&T>) -> (Option<String>, Option<String>) {
    let mut was = before.map(Audited::audited_fields).unwrap_or_default();
    let mut is = after.map(Audited::audited_fields).unwrap_or_default();
    if before.is_some() && after.is_some() {
        was.retain(|name, value| is.get(name) != Some(value) || is.remove(name).is_none());
    }
    if let Some(after) = after {
        let earlier = before.map(Audited::audited_secrets).unwrap_or_default();
        for (name, secret) in after.audited_secrets() {
            let word = match earlier.iter().find(|(known, _)| *known == name) {
                Some((_, known)) if *known == secret => continue,
                Some(_) => "another",
                None => "set",
            };
            is.insert(name.to_owned(), word.into());
        }
        let gone = earlier
            .iter()
            .filter(|(name, _)| !after.audited_secrets().iter().any(|(other, _)| other == name));
        is.extend(gone.map(|(name, _)| ((*name).to_owned(), "removed".into())));
    }
    (text(was), text(is))
}

fn text(fields: Map<String, Value>) -> Option<String> {
    (!fields.is_empty()).then(|| Value::Object(fields).to_string())
}

fn target(kind: TargetKind, id: &dyn ToString, name: &str) -> AuditTarget {
    AuditTarget { kind, id: id.to_string(), name: name.to_owned() }
}

/// Tells until when the secrets before the present ones work, if there are any.
fn with_superseded<V>(
    mut fields: Map<String, Value>,
    superseded: Option<&Superseded<V>>,
) -> Map<String, Value> {
    let until = superseded.map(|before| ("previous_values_until".to_owned(), json!(before.until)));
    fields.extend(until);
    fields
}

/// An object's fields.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

impl Audited for Account {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::Account, &self.id, &self.code)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!({
            "code": self.code, "number": self.number, "time_zone": self.time_zone, "state": self.state,
            "sign_on": self.sign_on, "second_factor": self.second_factor, "features": self.features, "services": self.services,
            "password_policy": self.password_policy, "lockout_policy": self.lockout_policy,
            "agent_lockout_policy": self.agent_lockout_policy, "session_policy": self.session_policy,
            "livevox_session_policy": self.livevox_session_policy, "look": self.look,
        }))
    }

    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        self.look.logo.iter().map(|logo| ("logo", logo.bytes())).collect()
    }
}

impl Audited for User {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::User, &self.id, &self.login_name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!({
            "number": self.number, "population": self.population, "kind": self.kind, "login_name": self.login_name,
            "full_name": self.full_name, "nickname": self.nickname, "email": self.email, "enabled": self.enabled,
            "allowed_app_key": self.allowed_app_key, "max_chats": self.max_chats,
            "max_async_chats": self.max_async_chats, "profiles": self.profiles, "skills": self.skills,
            "member_of": self.member_of, "manager_of": self.manager_of,
            "must_change_password": self.must_change_password, "locked_at": self.locked_at,
            "identities": self.identities,
            "password_changed_at": self.password.as_ref().map(|password| password.changed_at),
            "recovery_codes": self.second_factor.as_ref().map(|factor| factor.recovery.len()),
        }))
    }

    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        let password = self.password.iter().map(|password| ("password", password.hash.as_bytes()));
        let factor = self.second_factor.iter().map(|factor| ("second_factor", factor.sealed.as_slice()));
        password.chain(factor).collect()
    }
}

impl Audited for Profile {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::Profile, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!({
            "name": self.name, "role": self.role, "rank": self.rank, "permissions": self.permissions,
        }))
    }
}

impl Audited for Group {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::Group, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!({ "name": self.name, "parent": self.parent }))
    }
}

impl Audited for Skill {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::Skill, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!({ "name": self.name }))
    }
}

impl Audited for ApiKey {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::ApiKey, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        let fields = object(json!({
            "app_key": self.app_key, "name": self.name, "developer": self.developer,
            "description": self.description, "enabled": self.enabled, "privileges": self.privileges,
            "addresses": self.addresses,
        }));
        with_superseded(fields, self.superseded.as_ref())
    }

    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        vec![
            ("secret", &self.sealed_secret),
            ("access_token", self.access_token.as_bytes()),
            ("access_token_secret", &self.sealed_access_token_secret),
        ]
    }
}

impl Audited for OauthClient {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::OauthClient, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        let fields = object(json!({
            "client_id": self.client_id, "name": self.name, "enabled": self.enabled,
            "privileges": self.privileges, "addresses": self.addresses,
        }));
        let fields = fields.into_iter().chain(object(json!(self.metadata))).collect();
        with_superseded(fields, self.superseded.as_ref())
    }

    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        vec![("secret", &self.secret.tag)]
    }
}

impl Audited for ApplicationToken {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::ApplicationToken, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        let fields = object(json!({ "name": self.name, "enabled": self.enabled }));
        with_superseded(fields, self.superseded.as_ref())
    }

    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        vec![("token", &self.token.tag)]
    }
}

impl Audited for Connection {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::Connection, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        let (protocol, settings) = match &self.protocol {
            Protocol::Saml(saml) => ("saml", object(json!(saml))),
            Protocol::Oidc(oidc) => ("oidc", object(json!(oidc))),
        };
        let mut fields = object(json!({
            "name": self.name, "display_name": self.display_name, "enabled": self.enabled,
            "population": self.population, "linking": self.linking,
            "clock_skew_seconds": self.clock_skew.as_secs(), "targets": self.targets,
            "provisioning": self.provisioning,
        }));
        // Key sets are long, and tell nobody anything.
        let settings = settings.into_iter().filter(|(name, _)| name != "jwks");
        fields.extend(settings.map(|(name, value)| (format!("{protocol}.{name}"), value)));
        fields
    }

    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        let name = |which| match which {
            ConnectionSecret::Key => "private_key",
            ConnectionSecret::PreviousKey => "previous_private_key",
            ConnectionSecret::ClientSecret => "client_secret",
        };
        let keys = self.oidc().map(|oidc| ("oidc.jwks", oidc.jwks.as_bytes()));
        self.seals().map(|(which, sealed)| (name(which), sealed.as_slice())).chain(keys).collect()
    }
}

impl Audited for GatewayRule {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::GatewayRule, &self.name, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!(self.settings))
    }
}

impl Audited for AdministrationToken {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::AdministrationToken, &self.id, &self.name)
    }

    fn audited_fields(&self) -> Map<String, Value> {
        let mut fields = object(json!(self.role));
        fields.extend(object(json!({ "name": self.name, "expires": self.expires, "revoked": self.revoked })));
        fields
    }

    fn audited_secrets(&self) -> Vec<(&'static str, &[u8])> {
        vec![("secret", &self.secret.tag)]
    }
}

impl Audited for Administrator {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::Administrator, &self.user, "")
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!(self.role))
    }
}

impl Audited for SigningKey {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::SigningKey, &self.id, &format!("signing key {}", self.id))
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!({ "created": self.created, "used_from": self.used_from }))
    }
}

impl Audited for MasterKeyRecord {
    fn audit_target(&self) -> AuditTarget {
        target(TargetKind::MasterKey, &self.generation, &format!("generation {}", self.generation))
    }

    fn audited_fields(&self) -> Map<String, Value> {
        object(json!({ "state": self.state }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApplicationId, Millis, SecretDigest, SecretVersion};

    fn client() -> OauthClient {
        OauthClient {
            id: ApplicationId(5),
            client_id: "web".into(),
            secret: SecretDigest::from([7; 32]),
            secret_version: SecretVersion(1),
            superseded: None,
            name: "Web".into(),
            enabled: true,
            privileges: Vec::new(),
            addresses: Vec::new(),
            metadata: crate::ClientMetadata::default(),
        }
    }

    fn told(before: Option<&OauthClient>, after: Option<&OauthClient>) -> (Value, Value) {
        let read =
            |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
        let (before, after) = difference(before, after);
        (read(before), read(after))
    }

    #[test]
    fn only_what_changed_is_told() {
        let after = OauthClient { enabled: false, name: "W".into(), ..client() };
        let expected = (json!({ "enabled": true, "name": "Web" }), json!({ "enabled": false, "name": "W" }));
        assert_eq!(told(Some(&client()), Some(&after)), expected);
    }

    #[test]
    fn what_did_not_change_is_nothing_to_tell() {
        assert_eq!(difference(Some(&client()), Some(&client())), (None, None));
    }

    #[test]
    fn a_new_thing_has_no_before_and_tells_that_its_secret_is_set() {
        let (before, after) = told(None, Some(&client()));
        assert_eq!(
            (before, &after["secret"], &after["client_id"]),
            (Value::Null, &json!("set"), &json!("web"))
        );
    }

    #[test]
    fn a_deleted_thing_has_no_after() {
        let (before, after) = told(Some(&client()), None);
        assert_eq!((&before["client_id"], after), (&json!("web"), Value::Null));
    }

    #[test]
    fn how_long_the_secret_before_works_is_told_and_when_it_is_gone() {
        let superseded = Superseded { values: SecretDigest::from([7; 32]), until: Millis::from_unix(1_000) };
        let renewed =
            OauthClient { secret: SecretDigest::from([8; 32]), superseded: Some(superseded), ..client() };
        let after = json!({ "secret": "another", "previous_values_until": 1_000 });
        assert_eq!(told(Some(&client()), Some(&renewed)), (Value::Null, after));
        let erased = OauthClient { superseded: None, ..renewed.clone() };
        let before = json!({ "previous_values_until": 1_000 });
        assert_eq!(told(Some(&renewed), Some(&erased)), (before, Value::Null));
    }

    #[test]
    fn another_secret_is_told_and_not_which() {
        let after = OauthClient { secret: SecretDigest::from([8; 32]), ..client() };
        assert_eq!(told(Some(&client()), Some(&after)), (Value::Null, json!({ "secret": "another" })));
    }
}
