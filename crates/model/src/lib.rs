//! What the words mean: accounts, users, keys, sessions, policies, time and randomness.
//!
//! Owns the types that every other crate speaks in, and the rules that need nothing but those types
//! (does this password satisfy that policy, has this session expired). Does no I/O, is not async, and
//! never asks the machine for the time or for random bytes: both are arguments.

mod account;
mod administration;
mod application;
mod audit;
mod audit_action;
mod audit_key;
mod audit_line;
mod audit_place;
mod audited;
mod client_metadata;
mod connection;
mod decoding;
mod digest;
mod ended_session;
mod gateway_rule;
mod host_port;
mod id;
mod look;
mod master_key;
mod named_policy;
mod network;
mod policy;
mod random;
mod record_seal;
mod refusal_id;
mod renewal;
mod report;
mod session;
mod session_order;
mod signing_key;
mod time;
mod traffic;
mod user;
mod visible;

pub use account::{Account, AccountState, Feature, Group, Profile, Rank, RoleType, Service, SignOn, Skill};
pub use administration::{AdministrationToken, Administrator, AdministratorRole, RememberedAnswer};
pub use application::{ApiKey, ApiKeyValues, ApplicationToken, OauthClient, Privilege, SecretDigest};
pub use audit::{
    Actor, AuditEntry, AuditMac, AuditReason, AuditRecord, AuditTarget, Means, Refusal, TargetKind,
};
pub use audit_action::AuditAction;
pub use audit_key::{ActorKey, NoActorKey, NoTargetKey, TargetKey};
pub use audit_line::AuditLine;
pub use audit_place::{AuditChain, AuditPlace, NoAuditPlace};
pub use audited::{Audited, difference};
pub use client_metadata::{ClientMetadata, GrantType, RefreshRotation};
pub use connection::{
    ClientSecretIn, Connection, ConnectionSecret, Der, Identity, Linking, NoBase64, OidcConnection, OwnKey,
    Protocol, Provisioning, SamlConnection,
};
pub use decoding::expected_kind;
pub use digest::digest;
pub use ended_session::EndedSession;
pub use gateway_rule::{GatewayCredential, GatewayRule, GatewayRuleSettings, IdentityHeader, RefusalStyle};
pub use host_port::HostPort;
pub use id::{
    AccountId, AdministrationTokenId, ApplicationId, ConnectionId, IdError, SessionId, SessionReference,
    SigningKeyId, UserId,
};
pub use look::{Accent, Logo, LogoKind, Look, NoColour};
pub use master_key::{
    CheckValues, Generation, KeyState, MasterKeyRecord, NoGeneration, seal_prefix, sealed_under,
};
pub use named_policy::NamedPolicy;
pub use network::{Network, NoNetwork};
pub use policy::{
    Concurrency, LockoutPolicy, PasswordPolicy, PasswordViolation, Reach, SecondFactorPolicy, SessionPolicy,
    Strength, Unlock, Weakness, WhenFull,
};
pub use random::Rng;
pub use record_seal::RecordSeal;
pub use refusal_id::RefusalId;
pub use renewal::{LONGEST_OVERLAP, SecretVersion, Superseded};
pub use report::{Claim, Issued, Login, Reason, Report, Signature, Statement, Step};
pub use session::{Application, AuthenticationMethod, Dialect, EndReason, Session};
pub use session_order::SessionOrder;
pub use signing_key::SigningKey;
pub use time::{Clock, Millis, Monotonic, Utc};
pub use traffic::{
    Day, Month, NoDay, NoTrafficApplication, TrafficApplication, TrafficBy, TrafficOutcome, hour_of_day,
};
pub use user::{PasswordCredential, Population, SecondFactor, User, UserKind};
pub use visible::{MOST_MARKS, has_hidden, has_stacked_marks, told, visible};
