//! `vestibule account …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestibule_model::AccountId;

use super::service::PageArguments;
use super::thing::OtherFields;

#[derive(Debug, Subcommand)]
pub(crate) enum AccountAction {
    /// List the accounts
    List(ListAccounts),
    /// Show one with its policies, features and services
    Show(OneAccount),
    /// Make one
    #[command(visible_alias = "create", after_long_help = ADD_EXAMPLES)]
    Add(AddAccount),
    /// Change fields of one
    #[command(after_long_help = SET_EXAMPLES)]
    Set(SetAccount),
    /// Remove one with everything that it has
    Remove(RemoveAccount),
}

#[derive(Debug, Args)]
pub(crate) struct ListAccounts {
    /// Only those whose id or code has this in it, or whose number it is
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// Only those in this state
    #[arg(long, value_parser = ["enabled", "disabled"])]
    pub(crate) state: Option<String>,
    #[command(flatten)]
    pub(crate) pages: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct OneAccount {
    /// The account's id
    pub(crate) account: AccountId,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveAccount {
    /// The account's id
    pub(crate) account: AccountId,
    /// Do not ask whether it is meant
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AddAccount {
    /// After which policy it is made; `vestibule policy list` has them [default: modern]
    #[arg(long, value_name = "NAME", value_parser = ["modern", "liveperson", "livevox"])]
    pub(crate) policy: Option<String>,
    #[command(flatten)]
    pub(crate) fields: SetAccount,
}

#[derive(Debug, Args)]
pub(crate) struct SetAccount {
    /// The account's id
    pub(crate) account: AccountId,
    /// LiveVox's client code [default for a new one: its id]
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// LiveVox's client number [default for a new one: the next that is free]
    #[arg(long)]
    pub(crate) number: Option<i32>,
    /// Its time zone, such as Europe/Athens [default for a new one: UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
    /// Whether anybody may log in
    #[arg(long, value_parser = ["enabled", "disabled"])]
    pub(crate) state: Option<String>,
    /// How its users prove who they are
    #[arg(long, value_parser = ["password", "sso-only"])]
    pub(crate) sign_on: Option<String>,
    /// Whether a password is enough of its users; required: whoever has no second factor sets one up at the next sign-in
    #[arg(long, value_parser = ["optional", "required"])]
    pub(crate) second_factor: Option<String>,
    /// What is switched on, such as "User Type - Bot" for the login of bots; may be given several times; none: nothing
    #[arg(long = "feature", value_name = "NAME")]
    pub(crate) features: Vec<String>,
    /// A service that the Domain API names, and its host; without a host it is this server. All of them: may be given
    /// several times; none: no service
    #[arg(long = "service", value_name = "NAME[=HOST]")]
    pub(crate) services: Vec<String>,
    #[command(flatten)]
    pub(crate) look: LookArguments,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

/// How its pages look.
#[derive(Debug, Args)]
#[command(next_help_heading = "How its pages look")]
pub(crate) struct LookArguments {
    /// The name in the head of its pages; none: the account's id
    #[arg(long, value_name = "NAME")]
    pub(crate) display_name: Option<String>,
    /// The colour of its buttons, #RRGGBB; none: that of the service. Whatever it is, the pages can be read
    #[arg(long, value_name = "COLOUR")]
    pub(crate) accent: Option<String>,
    /// Whom to ask who has forgotten a password: an address for mail or of https, or any other words; none
    #[arg(long, value_name = "WORDS")]
    pub(crate) contact: Option<String>,
    /// A file with the picture in the head of its pages: PNG, JPEG or WebP of at most 64 KiB and 1024 by 1024 pixels; none
    #[arg(long, value_name = "FILE")]
    pub(crate) logo: Option<PathBuf>,
}

const ADD_EXAMPLES: &str = r#"Example:
  vestibule account add 12345678 --code ACME --time-zone Europe/Athens --feature "User Type - Bot" --service agentVep"#;

const SET_EXAMPLES: &str = "\
Policies are fields within fields; `vestibule account show` has their names:
  vestibule account set 12345678 --field password_policy.min_length=12 --field lockout_policy.failures=9
  vestibule account set 12345678 --field agent_lockout_policy.unlock=by-administrator
  vestibule account set 12345678 --field lockout_policy.unlock.after-minutes=15
  vestibule account set 12345678 --field session_policy.idle_seconds=28800 --field session_policy.concurrency=one

How its pages look:
  vestibule account set 12345678 --display-name Acme --accent '#2b5797' --contact help@acme.example --logo acme.png";
