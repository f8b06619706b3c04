//! `vestibule administrator …` and `vestibule administration-token …`

use clap::{Args, Subcommand};
use vestibule_model::AccountId;

#[derive(Debug, Subcommand)]
pub(crate) enum AdministratorAction {
    /// List the administrators
    List,
    /// Give a user of the account `administrators` a role, or another one
    #[command(after_long_help = SET_EXAMPLES)]
    Set(SetAdministrator),
    /// Take a user's role
    Remove(OneAdministrator),
}

#[derive(Debug, Args)]
pub(crate) struct OneAdministrator {
    /// The user's id or login name
    #[arg(value_name = "ID|LOGIN_NAME")]
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct SetAdministrator {
    #[command(flatten)]
    pub(crate) one: OneAdministrator,
    #[command(flatten)]
    pub(crate) role: RoleArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RoleArguments {
    /// What they may do: everything, everything in one account, or read
    #[arg(long, value_parser = ["owner", "administrator", "auditor"])]
    pub(crate) role: String,
    /// The account that the role is limited to
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdministrationTokenAction {
    /// List the tokens, expired and revoked ones included
    List,
    /// Show one
    Show(OneToken),
    /// Make one; its secret is shown once
    #[command(visible_alias = "add", after_long_help = CREATE_EXAMPLES)]
    Create(CreateToken),
    /// Make one stop working; it stays in the list
    Revoke(OneToken),
}

#[derive(Debug, Args)]
pub(crate) struct OneToken {
    /// Its id or its name
    #[arg(value_name = "ID|NAME")]
    pub(crate) token: String,
}

#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    /// What it is for; no two have the same name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) role: RoleArguments,
    /// When it stops working, a year away at most: how long from now, or a time such as 2027-01-31
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(crate) expires: String,
}

const SET_EXAMPLES: &str = "\
Example:
  vestibule user add administrators jane --generate-password
  vestibule administrator set jane --role administrator --account 12345678";

const CREATE_EXAMPLES: &str = "\
Examples:
  vestibule administration-token create deploy --role owner --expires 7d
  vestibule administration-token create metrics --role auditor --account 12345678
Use one from a script:
  VESTIBULE_CLIENT_TOKEN=$(cat token) vestibule session list --server https://admin.example.com";
