//! Accounts, and what belongs to an account as a whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Dialect, LockoutPolicy, Look, PasswordPolicy, Population, SecondFactorPolicy, SessionPolicy,
};

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
    /// Whether a password is enough of those who show one.
    pub second_factor: SecondFactorPolicy,
    /// What is switched on for the account.
    pub features: BTreeSet<Feature>,
    /// The hosts that the Domain API names, in the order in which they are listed.
    pub services: Vec<Service>,
    /// What a new password must satisfy and how long it lasts.
    pub password_policy: PasswordPolicy,
    /// When failed logins lock somebody of the population of users.
    pub lockout_policy: LockoutPolicy,
    /// When failed logins lock somebody of the population of agents.
    pub agent_lockout_policy: LockoutPolicy,
    /// How long sessions opened in the LivePerson dialect live, and how many a user may have.
    pub session_policy: SessionPolicy,
    /// The same for sessions opened in the LiveVox dialect.
    pub livevox_session_policy: SessionPolicy,
    /// How its pages look.
    pub look: Look,
}

impl Account {
    /// How many application tokens an account may have (contract livevox §2).
    pub const MAX_APPLICATION_TOKENS: usize = 5;

    /// When failed logins lock somebody of this population.
    pub const fn lockout_policy_of(&self, population: Population) -> &LockoutPolicy {
        match population {
            Population::User => &self.lockout_policy,
            Population::Agent => &self.agent_lockout_policy,
        }
    }

    /// How long sessions opened in this dialect live, and how many a user may have.
    pub const fn session_policy_of(&self, dialect: Dialect) -> &SessionPolicy {
        match dialect {
            Dialect::LivePerson => &self.session_policy,
            Dialect::LiveVox => &self.livevox_session_policy,
            Dialect::Pages => &SessionPolicy::PAGES,
        }
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AccountState {
    /// In use.
    Enabled,
    /// Nobody logs in, no session is refreshed.
    Disabled,
}

/// How users of an account prove who they are. Applications are not affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SignOn {
    /// By password.
    Password,
    /// Only through the account's identity provider: passwords do not work for user login.
    SsoOnly,
}

/// Something an account can have switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Feature {
    /// Application login by bots (contract liveperson §3).
    #[serde(rename = "User Type - Bot")]
    UserTypeBot,
}

/// An entry of the Domain API: which host serves an API of this account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Service {
    /// The service's name, case-sensitive, e.g. `agentVep`.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 254, pattern = r"^[!-~]([ -~]*[!-~])?$")
    )]
    pub name: String,
    /// Host, or `host:port`; no scheme, no path. None: this server, as it is reached from outside.
    #[cfg_attr(feature = "openapi", schema(format = "host-port", max_length = 253))]
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
    /// The rank it gives, where that is not the one of its role.
    pub rank: Option<Rank>,
    /// Privilege numbers, ascending.
    pub permissions: Vec<i32>,
}

impl Profile {
    /// The rank it gives.
    pub fn rank(&self) -> Rank {
        self.rank.unwrap_or(match self.role {
            RoleType::Administrator | RoleType::Lpa => Rank::SysAdmin,
            RoleType::CampaignManager => Rank::SuperUser,
            RoleType::AgentManager => Rank::Manager,
            RoleType::Agent => Rank::Agent,
        })
    }
}

/// How much of an account its holder may see and do, from least to most (contract livevox §6, Roles).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Rank {
    /// Their own affairs.
    Agent,
    /// Agents and their work.
    Manager,
    /// The account's technology.
    ItUser,
    /// Everything but system administrators.
    SuperUser,
    /// Everything.
    SysAdmin,
}

/// A profile's role (contract liveperson §5, `roleTypeId`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
