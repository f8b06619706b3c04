//! `vestibule gateway-rule …`

use clap::{Args, Subcommand};

use super::thing::OtherFields;

#[derive(Debug, Subcommand)]
pub(crate) enum GatewayRuleAction {
    /// List them with what they ask for
    List,
    /// Show one with everything that it asks for
    Show(OneGatewayRule),
    /// Make one, or change what is named of one; checks go by it at once
    #[command(after_long_help = SET_EXAMPLES)]
    Set(SetGatewayRule),
    /// Remove one: checks that name it are refused. `default` goes back to what it was at first
    #[command(visible_alias = "delete")]
    Remove(OneGatewayRule),
}

#[derive(Debug, Args)]
pub(crate) struct OneGatewayRule {
    /// Its name
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct SetGatewayRule {
    #[command(flatten)]
    pub(crate) one: OneGatewayRule,
    /// What is taken, in the order in which it counts: bearer, livevox-id, cookie, bearer-in-target; signature: of API keys, client-token: of OAuth clients, page: of the service's own pages
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    pub(crate) credentials: Vec<String>,
    /// Of which accounts users have to be, by their ids; none: of any
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(crate) accounts: Vec<String>,
    /// The privilege numbers that users have to have, all of them; none: any
    #[arg(long, value_name = "NUMBER,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) privileges: Vec<String>,
    /// The rank that users have to have at least: agent, manager, it-user, super-user, sys-admin; none: any
    #[arg(long, value_name = "RANK")]
    pub(crate) minimum_rank: Option<String>,
    /// Patterns of paths, of which one has to match: /a/b, /a/* for one segment, /a/** for everything below; none: any path
    #[arg(long, value_name = "PATTERN,…", value_delimiter = ',')]
    pub(crate) paths: Vec<String>,
    /// In what shape is refused: by-credential, livevox, liveperson, oauth, problem; redirect: browsers to the login page
    #[arg(long, value_name = "SHAPE")]
    pub(crate) refusals: Option<String>,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

const SET_EXAMPLES: &str = "\
Examples:
  vestibule gateway-rule set reports --accounts 12345678 --paths '/v1/reports/**' --minimum-rank manager
  vestibule gateway-rule set reports --minimum-rank none --field 'applications=[{\"kind\":\"none\"}]'
  vestibule gateway-rule set default --credentials bearer,cookie";
