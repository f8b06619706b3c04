//! `vestibule session …` and `vestibule why`

use std::net::IpAddr;

use clap::{Args, Subcommand};
use vestibule_model::AccountId;

use super::service::{PageArguments, ServiceArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum SessionAction {
    /// List the live sessions that are looked for
    #[command(after_long_help = LIST_EXAMPLES)]
    List(ListSessions),
    /// Show one
    Show(OneSession),
    /// End one
    End(OneSession),
    /// End all sessions of a user, an application or an account
    EndAll(EndSessions),
}

#[derive(Debug, Args)]
pub(crate) struct ListSessions {
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
    /// Only those of this user, by id, or with --account by login name
    #[arg(long, value_name = "ID|LOGIN_NAME")]
    pub(crate) user: Option<String>,
    /// Only those opened with this API key, OAuth client or application token, by id, or with --account by name
    #[arg(long, value_name = "ID|NAME")]
    pub(crate) application: Option<String>,
    /// Only those opened from this address
    #[arg(long)]
    pub(crate) address: Option<IpAddr>,
    /// Only those opened at this time or later: 2026-11-25, 2026-11-25T10:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) opened_since: Option<String>,
    /// Only those opened before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) opened_before: Option<String>,
    #[command(flatten)]
    pub(crate) pages: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct OneSession {
    /// The session's reference, as it is listed
    pub(crate) reference: String,
}

#[derive(Debug, Args)]
pub(crate) struct EndSessions {
    /// The account's id
    pub(crate) account: AccountId,
    /// Only those of this user, by id or login name
    #[arg(long, value_name = "ID|LOGIN_NAME", conflicts_with = "application")]
    pub(crate) user: Option<String>,
    /// Only those opened with this API key, OAuth client or application token, by id or name
    #[arg(long, value_name = "ID|NAME")]
    pub(crate) application: Option<String>,
    /// Do not ask whether all of an account are meant
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WhyArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// The session's reference, or `-` to be asked for it: then it may be a bearer, a cookie or a LiveVox session id as
    /// well. Those open the session, so never give them as an argument
    #[arg(required_unless_present = "user", conflicts_with = "user")]
    pub(crate) session: Option<String>,
    /// The sessions of this user, by id or login name
    #[arg(long, value_name = "ID|LOGIN_NAME", requires = "account")]
    pub(crate) user: Option<String>,
    /// The user's account
    #[arg(long, value_name = "ID", requires = "user")]
    pub(crate) account: Option<AccountId>,
}

const LIST_EXAMPLES: &str = "\
Examples:
  vestibule session list --account 12345678 --user jane
  vestibule session list --address 192.0.2.7 --opened-since 2h
  vestibule session list --account 12345678 --opened-before 7d --all --json";

pub(crate) const WHY_ABOUT: &str = "\
Say why somebody was logged out: the life of a session, from its opening to its end, and who or what is behind the end.

The session is named by its reference, or by what its owner has: with `-` you are asked for that, or it is read from \
standard input. It is sent to the service, which does not keep it.";

pub(crate) const WHY_EXAMPLES: &str = "\
Examples:
  vestibule why 0f7c1fd2-6c3e-5a0b-9d0a-3f3a9f6f8a11
  vestibule why -
  vestibule why --account 12345678 --user jane";
