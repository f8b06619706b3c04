//! Accounts, and what belongs to an account as a whole.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AccountId, LockoutPolicy, PasswordPolicy, SessionPolicy};

/// A customer's site: the LivePerson account and the LiveVox client are the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The id in LivePerson paths.
    pub id: AccountId,
    /// The LiveVox client code; unique in the installation.
    pub code: String,
    /// The LiveVox client number, int32 on the wire; unique in the installation.
    pub number: i32,
    /// IANA name, e.g. `Europe/Athens`.
    pub time_zone: String,
    /// Whether anybody may log in.
    pub state: AccountState,
    /// Whether users may log in with a password.
    pub sign_on: SignOn,
    /// What is switched on for the account.
    pub features: BTreeSet<Feature>,
    /// The hosts that the Domain API names, in the order in which they are listed.
    pub services: Vec<Service>,
    /// What a new password must satisfy and how long it lasts.
    pub password_policy: PasswordPolicy,
    /// When failed logins lock a user.
    pub lockout_policy: LockoutPolicy,
    /// How long sessions live and how many a user may have.
    pub session_policy: SessionPolicy,
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// In use.
    Enabled,
    /// Nobody logs in, no session is refreshed.
    Disabled,
}

/// How users of an account prove who they are. Applications are not affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignOn {
    /// By password.
    Password,
    /// Only through the account's identity provider: passwords do not work for user login.
    SsoOnly,
}

/// Something an account can have switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Feature {
    /// Application login by bots (contract liveperson §3).
    #[serde(rename = "User Type - Bot")]
    UserTypeBot,
}

/// An entry of the Domain API: which host serves an API of this account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The service's name, case-sensitive, e.g. `agentVep`.
    pub name: String,
    /// Host, or `host:port`; no scheme, no path. None: this server, as it is reached from outside.
    pub base_uri: Option<String>,
}

/// A set of permissions that users carry, scoped to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Unique within the account.
    pub id: i64,
    /// The display name.
    pub name: String,
    /// What kind of role it gives.
    pub role: RoleType,
    /// Privilege numbers, ascending.
    pub permissions: Vec<i32>,
}

/// A profile's role (contract liveperson §5, `roleTypeId`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleType {
    /// 1
    Administrator,
    /// 2
    Agent,
    /// 3
    AgentManager,
    /// 4
    CampaignManager,
    /// 5: staff of the vendor, `isLPA` on the wire.
    Lpa,
}

impl RoleType {
    /// The number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Administrator => 1,
            Self::Agent => 2,
            Self::AgentManager => 3,
            Self::CampaignManager => 4,
            Self::Lpa => 5,
        }
    }

    /// The role of a number on the wire.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Administrator),
            2 => Some(Self::Agent),
            3 => Some(Self::AgentManager),
            4 => Some(Self::CampaignManager),
            5 => Some(Self::Lpa),
            _ => None,
        }
    }
}

/// A group of agents within an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Unique within the account; -1 is the main group.
    pub id: i64,
    /// The display name.
    pub name: String,
    /// The group above, if any.
    pub parent: Option<i64>,
}

/// A skill that conversations are routed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Unique within the account.
    pub id: i64,
    /// The display name.
    pub name: String,
}

impl Feature {
    /// The feature's name, as accounts and the vendor's pages spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserTypeBot => "User Type - Bot",
        }
    }
}

impl FromStr for Feature {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "User Type - Bot" => Ok(Self::UserTypeBot),
            other => Err(format!("unknown feature {other:?}")),
        }
    }
}
