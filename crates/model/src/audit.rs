//! The audit: what an entry says. Who did what to whom, when, from where, by which means, and how it went.
//!
//! Owns the words, not the keeping: a store gives an entry its place in the chain. Nothing in here may hold a secret, a
//! token or a hash, nor a session's id: sessions are named by their reference. What somebody typed as a login name that
//! is nobody's is not kept either, because people type passwords there.

use std::net::IpAddr;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::audit_action::AuditAction;
use crate::audit_place::AuditPlace;
use crate::{
    AccountId, AdministrationTokenId, ApplicationId, ConnectionId, Dialect, EndReason, Generation,
    MasterKeyRecord, Millis, SessionReference, UserId,
};

/// Computes the tags that chain entries to each other, under keys that are not in the database.
pub trait AuditMac: Send + Sync + 'static {
    /// The tag of `message` under a generation of the master key: nobody without the key can compute it. None: that
    /// generation is not at hand.
    fn tag(&self, generation: Generation, message: &[u8]) -> Option<[u8; 32]>;

    /// A database was opened that uses these generations, all of which are at hand: whatever else takes its keys from the same
    /// place uses them as it says.
    fn follow(&self, _records: &[MasterKeyRecord]) {}
}

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its place.
    #[serde(rename = "sequence")]
    pub place: AuditPlace,
    /// What it says.
    #[serde(flatten)]
    pub record: AuditRecord,
}

/// What an entry says. Serialised for people and programs: absent fields are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// When it happened; of a folded entry, when it happened first.
    pub at: Millis,
    /// What was done.
    pub action: AuditAction,
    /// Why a session ended, or something was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<AuditReason>,
    /// The account that it concerns; None: the installation, or an account that does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The user that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The login name that this user had then. Left to the store, which knows it: see [`Self::given_user_name`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The session that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionReference>,
    /// Who did it.
    pub actor: Actor,
    /// By which means.
    #[serde(flatten)]
    pub means: Means,
    /// The dialect of the request, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// What was made, changed or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<AuditTarget>,
    /// The fields that changed, as they were: a JSON object without secrets.
    #[serde(serialize_with = "json", skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The fields that changed, as they are now: a JSON object without secrets.
    #[serde(serialize_with = "json", skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What else explains it, such as the policy behind the end of a session: a JSON object without secrets.
    #[serde(serialize_with = "json", skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// How often it happened: more than once in an entry that floods were folded into.
    pub count: u32,
    /// When it happened last, in a folded entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
}

impl AuditRecord {
    /// Something that happened once, told of with as little as there can be; set what else is known.
    pub const fn new(at: Millis, action: AuditAction, actor: Actor, means: Means) -> Self {
        Self {
            at,
            action,
            reason: None,
            account: None,
            user: None,
            user_name: None,
            session: None,
            actor,
            means,
            dialect: None,
            address: None,
            target: None,
            before: None,
            after: None,
            details: None,
            count: 1,
            until: None,
        }
    }

    /// The login name of the user that it concerns, if the entry says it itself: as such, or because they did it.
    pub fn given_user_name(&self) -> Option<&str> {
        let own = match &self.actor {
            Actor::User { id, name } if self.user == Some(*id) => Some(name.as_str()),
            _ => None,
        };
        self.user_name.as_deref().or(own)
    }

    /// The same of a user who is gone, and is what the entry is about.
    pub fn user_name_of_target(&self) -> Option<&str> {
        let (user, target) = (self.user?, self.target.as_ref()?);
        let is_user = target.kind == TargetKind::User && target.id == user.to_string();
        is_user.then_some(target.name.as_str())
    }
}

/// Why a session ended, or something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum AuditReason {
    /// Of [`AuditAction::SessionEnded`].
    Ended(EndReason),
    /// Of everything that was refused.
    Refused(Refusal),
}

/// Why something was refused. For operators: whoever was refused is told less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// There is no account of that id or code.
    UnknownAccount,
    /// There is no user of that name.
    UnknownUser,
    /// The password is wrong.
    WrongPassword,
    /// The values of the API key or the OAuth client are wrong.
    WrongKey,
    /// The key is right, but disabled, not allowed for login, not the user's, or not allowed from that address.
    KeyNotAllowed,
    /// The application token is wrong or disabled.
    WrongApplicationToken,
    /// The user is locked.
    Locked,
    /// The account or the user is disabled.
    Disabled,
    /// The password has expired.
    PasswordExpired,
    /// The password must be changed first.
    MustChangePassword,
    /// Users of the account log in through its identity provider only.
    SsoOnly,
    /// The account has not the feature that bots need.
    BotFeatureOff,
    /// The user has as many sessions as the policy allows.
    TooManySessions,
    /// Account or user name are on the block list.
    Blocked,
    /// The address has failed too often.
    TooManyFailures,
    /// Too many logins were waiting.
    Overloaded,
    /// What an identity provider sent is refused; the details say by which check, and what to do about it.
    AssertionRefused,
    /// What an identity provider sent, or the code of a second factor, was taken before.
    AlreadyUsed,
    /// The password is right, and the second factor was not shown.
    SecondFactorNeeded,
    /// The password is right, and the account asks for a second factor, which the user has not set up.
    SecondFactorNotSet,
    /// The code of the second factor is wrong.
    WrongOneTimeCode,
    /// There is no enabled connection that takes what an identity provider sent.
    NoConnection,
    /// The identity provider did not answer, or answered with an error.
    ProviderFailed,
    /// The user was changed in the same moment.
    Stale,
    /// The new password breaks the policy.
    PasswordPolicy,
    /// There is no such session, or what was shown is not genuine.
    NoSession,
    /// The session lives, but its user may not stay.
    MayNotStay,
    /// The caller did not prove who they are.
    NotProved,
    /// The caller's role does not allow it.
    NotAllowed,
    /// The authorization code is not genuine, over, or not for this client, address or verifier.
    WrongCode,
    /// The authorization code, or the refresh token, was used before.
    TokenReused,
    /// The client asked for a scope that it does not have.
    WrongScope,
}

/// Who did it. Names are those of the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Actor {
    /// Somebody who did not prove who they are.
    Unknown,
    /// A user.
    User {
        /// Who.
        id: UserId,
        /// The login name.
        name: String,
    },
    /// The holder of an administration token.
    AdministrationToken {
        /// Which.
        id: AdministrationTokenId,
        /// The token's name.
        name: String,
    },
    /// Whoever an identity provider vouches for, by a connection that makes users.
    Connection {
        /// Which.
        id: ConnectionId,
        /// The connection's name.
        name: String,
    },
    /// Somebody with access to the data directory.
    CommandLine {
        /// The operating system's user.
        name: String,
    },
    /// The service itself, by a policy or in the course of time.
    System,
}

/// By which means it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "means", content = "application", rename_all = "kebab-case")]
pub enum Means {
    /// Nothing that proves anything.
    Nothing,
    /// A password.
    Password,
    /// A password, and an application token with it.
    ApplicationToken(ApplicationId),
    /// The values of an API key.
    ApiKey(ApplicationId),
    /// An OAuth client's id and secret.
    OauthClient(ApplicationId),
    /// An assertion of a SAML identity provider.
    Saml,
    /// An ID token of an OpenID provider.
    Oidc,
    /// A session.
    Session,
    /// An administration token.
    AdministrationToken,
    /// The command line, on the machine.
    CommandLine,
    /// None: the service did it.
    System,
}

/// What was made, changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditTarget {
    /// What kind of thing.
    pub kind: TargetKind,
    /// Its id.
    pub id: String,
    /// Its name at the time, for people.
    pub name: String,
}

/// The kinds of things that can be made, changed and deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// An account.
    Account,
    /// A user.
    User,
    /// A profile.
    Profile,
    /// A group.
    Group,
    /// A skill.
    Skill,
    /// An API key.
    ApiKey,
    /// An OAuth client.
    OauthClient,
    /// An application token.
    ApplicationToken,
    /// An administration token.
    AdministrationToken,
    /// A user's role as an administrator.
    Administrator,
    /// The audit itself.
    Audit,
    /// A generation of the master key.
    MasterKey,
    /// A connection to an identity provider.
    Connection,
    /// A key that tokens are signed with.
    SigningKey,
    /// A rule of the gate.
    GatewayRule,
}

/// JSON text as the JSON that it is; text that is none, as a string.
#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn json<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match text.as_deref().map(serde_json::from_str::<&RawValue>) {
        Some(Ok(value)) => value.serialize(serializer),
        _ => text.serialize(serializer),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> AuditRecord {
        let actor = Actor::User { id: UserId(17), name: "jane".into() };
        AuditRecord::new(Millis::from_unix(5), AuditAction::Changed, actor, Means::Session)
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let entry = AuditEntry { place: AuditPlace::in_first(1), record: record() };
        let expected = json!({
            "sequence": 1, "at": 5, "action": "changed", "actor": { "kind": "user", "id": 17, "name": "jane" },
            "means": "session", "count": 1,
        });
        assert_eq!(serde_json::to_value(entry).unwrap(), expected);
    }

    #[test]
    fn the_means_name_their_application() {
        let record = AuditRecord { means: Means::ApiKey(ApplicationId(7)), ..record() };
        let value = serde_json::to_value(record).unwrap();
        assert_eq!((&value["means"], &value["application"]), (&json!("api-key"), &json!(7)));
    }

    #[test]
    fn the_reason_of_an_end_is_a_word() {
        let reason = Some(AuditReason::Ended(EndReason::LoggedOut));
        let value = serde_json::to_value(AuditRecord { reason, ..record() }).unwrap();
        assert_eq!(value["reason"], json!("logged-out"));
    }

    #[test]
    fn before_and_after_are_json_and_no_text() {
        let record = AuditRecord { before: Some(r#"{"enabled":true}"#.into()), ..record() };
        assert_eq!(serde_json::to_value(record).unwrap()["before"], json!({ "enabled": true }));
    }

    #[test]
    fn what_is_no_json_is_a_string() {
        let record = AuditRecord { after: Some("{".into()), ..record() };
        assert_eq!(serde_json::to_value(record).unwrap()["after"], json!("{"));
    }
}
