//! What entries of the audit are asked for by: who did it, and what was made, changed or deleted, without the names of the time.

use std::fmt;
use std::str::FromStr;

use serde::de::IntoDeserializer as _;
use serde::{Deserialize as _, Serialize as _};

use crate::{
    Actor, AdministrationTokenId, ApplicationId, AuditRecord, AuditTarget, ConnectionId, Means, TargetKind,
    UserId,
};

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorKey {
    /// Somebody who did not prove who they are.
    Unknown,
    /// This user.
    User(UserId),
    /// The holder of this administration token.
    AdministrationToken(AdministrationTokenId),
    /// Whoever an identity provider vouched for, by this connection.
    Connection(ConnectionId),
    /// Somebody with access to the data directory, whatever their name.
    CommandLine,
    /// The service itself.
    System,
}

/// What was made, changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetKey {
    /// What kind of thing.
    pub kind: TargetKind,
    /// Its id.
    pub id: String,
}

impl Actor {
    /// What it is asked for by.
    pub const fn key(&self) -> ActorKey {
        match self {
            Self::Unknown => ActorKey::Unknown,
            Self::User { id, .. } => ActorKey::User(*id),
            Self::AdministrationToken { id, .. } => ActorKey::AdministrationToken(*id),
            Self::Connection { id, .. } => ActorKey::Connection(*id),
            Self::CommandLine { .. } => ActorKey::CommandLine,
            Self::System => ActorKey::System,
        }
    }
}

impl Means {
    /// The application that it is, if it is one.
    pub const fn application(self) -> Option<ApplicationId> {
        match self {
            Self::ApplicationToken(id) | Self::ApiKey(id) | Self::OauthClient(id) => Some(id),
            _ => None,
        }
    }
}

impl TargetKey {
    /// Whether the entry is about this.
    pub fn is_of(&self, record: &AuditRecord) -> bool {
        let is_it = |target: &AuditTarget| target.kind == self.kind && target.id == self.id;
        record.target.as_ref().is_some_and(is_it)
    }
}

impl fmt::Display for ActorKey {
    /// The word for its kind, as entries have it, and the id behind a colon.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => out.write_str("unknown"),
            Self::User(id) => write!(out, "user:{id}"),
            Self::AdministrationToken(id) => write!(out, "administration-token:{id}"),
            Self::Connection(id) => write!(out, "connection:{id}"),
            Self::CommandLine => out.write_str("command-line"),
            Self::System => out.write_str("system"),
        }
    }
}

impl fmt::Display for TargetKey {
    /// The word for its kind, as entries have it, and the id behind a colon.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.serialize(&mut *out)?;
        write!(out, ":{}", self.id)
    }
}

impl TargetKey {
    /// The most bytes of the text that names it: no kind has an id as long.
    pub const LONGEST: usize = 100;
}

/// A text that names nothing that is made, changed or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this names nothing: a kind such as user or api-key, a colon and an id")]
pub struct NoTargetKey;

impl FromStr for TargetKey {
    type Err = NoTargetKey;

    /// As it is displayed.
    fn from_str(text: &str) -> Result<Self, NoTargetKey> {
        let (kind, id) = text.split_once(':').filter(|_| text.len() <= Self::LONGEST).ok_or(NoTargetKey)?;
        let kind = TargetKind::deserialize(kind.into_deserializer());
        let kind = kind.map_err(|_: serde::de::value::Error| NoTargetKey)?;
        Ok(Self { kind, id: id.to_owned() })
    }
}

/// A text that names no actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this names no actor: user:ID, administration-token:ID, connection:ID, command-line, system or unknown"
)]
pub struct NoActorKey;

impl FromStr for ActorKey {
    type Err = NoActorKey;

    /// As it is displayed.
    fn from_str(text: &str) -> Result<Self, NoActorKey> {
        let Some((kind, id)) = text.split_once(':') else {
            return match text {
                "unknown" => Ok(Self::Unknown),
                "command-line" => Ok(Self::CommandLine),
                "system" => Ok(Self::System),
                _ => Err(NoActorKey),
            };
        };
        let id = id.parse().map_err(|_| NoActorKey)?;
        match kind {
            "user" => Ok(Self::User(UserId(id))),
            "administration-token" => Ok(Self::AdministrationToken(AdministrationTokenId(id))),
            "connection" => Ok(Self::Connection(ConnectionId(id))),
            _ => Err(NoActorKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_as_it_is_displayed() {
        for key in [
            ActorKey::Unknown,
            ActorKey::User(UserId(-5)),
            ActorKey::AdministrationToken(AdministrationTokenId(i64::MAX)),
            ActorKey::Connection(ConnectionId(3)),
            ActorKey::CommandLine,
            ActorKey::System,
        ] {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }

    #[test]
    fn another_text_names_no_actor() {
        for text in ["", "user", "user:", "user:x", "system:1", "jane", "user:1:2", "user: 1", "User:1"] {
            assert_eq!(text.parse::<ActorKey>(), Err(NoActorKey), "{text}");
        }
    }

    #[test]
    fn a_thing_is_read_as_it_is_displayed() {
        for (kind, id) in
            [(TargetKind::ApiKey, "5"), (TargetKind::GatewayRule, "a:b"), (TargetKind::Audit, "")]
        {
            let key = TargetKey { kind, id: id.to_owned() };
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        let long = format!("user:{}", "0".repeat(TargetKey::LONGEST - 4));
        for text in ["", "user", "users:1", "User:1", &long] {
            assert_eq!(text.parse::<TargetKey>(), Err(NoTargetKey), "{text}");
        }
    }

    #[test]
    fn the_kind_of_an_actor_is_the_word_of_entries() {
        for actor in [
            Actor::Unknown,
            Actor::User { id: UserId(1), name: String::new() },
            Actor::AdministrationToken { id: AdministrationTokenId(1), name: String::new() },
            Actor::Connection { id: ConnectionId(1), name: String::new() },
            Actor::CommandLine { name: String::new() },
            Actor::System,
        ] {
            let kind = serde_json::to_value(&actor).unwrap()["kind"].as_str().unwrap().to_owned();
            let key = actor.key().to_string();
            assert_eq!(key.split(':').next(), Some(kind.as_str()));
        }
    }
}
