//! The verbs of everything that an account has and that is named: profiles, groups, skills, keys, clients, tokens.

use clap::{Args, Subcommand};
use vestibule_model::AccountId;

use super::service::PageArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum ThingAction<F: Args> {
    /// List those of an account
    List(OfAccount),
    /// Show one with all its fields
    Show(OneThing),
    /// Make one; secrets that come with it are shown once
    #[command(visible_alias = "create")]
    Add(AddThing<F>),
    /// Change fields of one
    Set(SetThing<F>),
    /// Remove one
    Remove(OneThing),
}

/// The same, and other secrets for one.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretAction<F: Args> {
    #[command(flatten)]
    Thing(ThingAction<F>),
    /// Give one other secrets, shown once; those so far work beside them for a while
    #[command(after_long_help = RENEW_EXAMPLES)]
    Renew(RenewThing),
    /// End the overlap of one before its time: the secrets before the present ones, and their sessions
    EndOverlap(OneThing),
}

#[derive(Debug, Args)]
pub(crate) struct RenewThing {
    #[command(flatten)]
    pub(crate) one: OneThing,
    /// For how long the secrets so far go on working, such as 2h or 7d, 90 days at most; 0: they stop at once, and the
    /// sessions that rest on them end [default: 24h]
    #[arg(long, value_name = "SPAN")]
    pub(crate) overlap: Option<String>,
}

const RENEW_EXAMPLES: &str = "\
Examples:
  vestibule key renew 12345678 Bots
  vestibule token renew 12345678 dialler --overlap 7d
  vestibule client renew 12345678 reports --overlap 0
Put the new secret where it is needed:
  vestibule client renew 12345678 reports --json | jq --raw-output .secret";

#[derive(Debug, Args)]
pub(crate) struct OfAccount {
    /// The account's id
    pub(crate) account: AccountId,
    #[command(flatten)]
    pub(crate) pages: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct OneThing {
    /// The account's id
    pub(crate) account: AccountId,
    /// Its id or its name
    #[arg(value_name = "ID|NAME", allow_negative_numbers = true)]
    pub(crate) thing: String,
}

#[derive(Debug, Args)]
pub(crate) struct AddThing<F: Args> {
    /// The account's id
    pub(crate) account: AccountId,
    /// Its name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) fields: F,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

#[derive(Debug, Args)]
pub(crate) struct SetThing<F: Args> {
    #[command(flatten)]
    pub(crate) one: OneThing,
    /// Another name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) fields: F,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

/// Whatever the API has a field for.
#[derive(Debug, Args)]
pub(crate) struct OtherFields {
    /// Set any field by its name in the administration API, with dots for a field within a field; VALUE is JSON or text;
    /// null takes an optional value away, none is a text. May be given several times
    #[arg(long = "field", value_name = "NAME=VALUE", hide_short_help = true)]
    pub(crate) assignments: Vec<String>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Switch {
    Yes,
    No,
}

impl From<Switch> for serde_json::Value {
    fn from(switch: Switch) -> Self {
        Self::Bool(switch == Switch::Yes)
    }
}

#[derive(Debug, Args)]
pub(crate) struct ProfileFields {
    /// What kind of role it gives [default: agent]
    #[arg(long, value_parser = ["agent", "agent-manager", "campaign-manager", "administrator", "lpa"])]
    pub(crate) role: Option<String>,
    /// The rank it gives; none: that of the role
    #[arg(long, value_parser = ["sys-admin", "super-user", "it-user", "manager", "agent", "none"])]
    pub(crate) rank: Option<String>,
    /// The numbers of its permissions, with commas between; none: no permission
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) permissions: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct GroupFields {
    /// The group above it, by id or name; none: it is at the top
    #[arg(long, value_name = "ID|NAME", allow_negative_numbers = true)]
    pub(crate) parent: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SkillFields {}

#[derive(Debug, Args)]
pub(crate) struct KeyFields {
    /// Who made the application
    #[arg(long, value_name = "TEXT")]
    pub(crate) developer: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    #[command(flatten)]
    pub(crate) use_of: UseFields,
}

#[derive(Debug, Args)]
pub(crate) struct ClientFields {
    /// What users read as its name
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// A grant by which it may get tokens; may be given several times; none: it only logs bots in
    #[arg(long = "grant", value_parser = GRANTS)]
    pub(crate) grants: Vec<String>,
    /// Where its users may be sent back to, byte by byte; may be given several times; none: nowhere
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub(crate) redirect_uris: Vec<String>,
    /// What it may ask for in scope; may be given several times; none: nothing of its own
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Whether it can keep no secret, and proves itself by PKCE alone
    #[arg(long)]
    pub(crate) public: Option<Switch>,
    /// Whether users are asked whether they agree
    #[arg(long)]
    pub(crate) consent: Option<Switch>,
    /// Whether each use of a refresh token gives another one [default: of-public-clients]
    #[arg(long, value_parser = ["of-public-clients", "always", "never"])]
    pub(crate) refresh_rotation: Option<String>,
    /// Whether it is a resource server, which may ask what tokens are, and revoke them
    #[arg(long)]
    pub(crate) resource_server: Option<Switch>,
    #[command(flatten)]
    pub(crate) use_of: UseFields,
}

const GRANTS: [&str; 4] = ["client_credentials", "authorization_code", "refresh_token", "none"];

/// What a key or a client may be used for, and from where.
#[derive(Debug, Args)]
pub(crate) struct UseFields {
    /// Whether it may be used
    #[arg(long)]
    pub(crate) enabled: Option<Switch>,
    /// What it may be used for; may be given several times; none: no logins
    #[arg(long = "privilege", value_parser = PRIVILEGES)]
    pub(crate) privileges: Vec<String>,
    /// A network that it may be used from, such as 10.0.0.0/8; may be given several times; none: any
    #[arg(long = "address", value_name = "NETWORK")]
    pub(crate) addresses: Vec<String>,
}

const PRIVILEGES: [&str; 6] =
    ["user-login", "account-config-read", "account-config-write", "data-read", "app-key-management", "none"];

#[derive(Debug, Args)]
pub(crate) struct TokenFields {
    /// Whether it may be used
    #[arg(long)]
    pub(crate) enabled: Option<Switch>,
}
