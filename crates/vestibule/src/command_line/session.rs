//! `vestibule session …` and `vestibule why`

use std::net::IpAddr;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use vestibule_model::{AccountId, ActorKey, EndReason, SessionOrder};

use super::service::{PageArguments, ServiceArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum SessionAction {
    /// List the live sessions that are looked for
    #[command(after_long_help = LIST_EXAMPLES)]
    List(ListSessions),
    /// List sessions that ended, with the reason, the newest end first
    #[command(after_long_help = ENDED_EXAMPLES)]
    Ended(ListEnded),
    /// Show one
    Show(OneSession),
    /// End one
    End(OneSession),
    /// End all sessions of a user, an application or an account, from an address, of a time, or of the whole installation
    #[command(after_long_help = END_ALL_EXAMPLES)]
    EndAll(EndSessions),
}

/// Whose sessions are meant, and what they were opened with.
#[derive(Debug, Args)]
pub(crate) struct WhoseSessions {
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
    /// Only those of this user, by id, or with --account by login name
    #[arg(long, value_name = "ID|LOGIN_NAME")]
    pub(crate) user: Option<String>,
    /// Only those opened with this API key, OAuth client or application token, by id, or with --account by name
    #[arg(long, value_name = "ID|NAME")]
    pub(crate) application: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListSessions {
    #[command(flatten)]
    pub(crate) whose: WhoseSessions,
    /// Only those opened from this address
    #[arg(long)]
    pub(crate) address: Option<IpAddr>,
    /// Only those opened at this time or later: 2026-11-25, 2026-11-25T10:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) opened_since: Option<String>,
    /// Only those opened before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) opened_before: Option<String>,
    /// In which order: by when they were opened, or used last
    #[arg(long, default_value = "newest", value_parser = PossibleValuesParser::new(SessionOrder::ALL.map(|order| order.to_string())))]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) pages: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ListEnded {
    #[command(flatten)]
    pub(crate) whose: WhoseSessions,
    /// Only those opened from this address
    #[arg(long)]
    pub(crate) opened_from: Option<IpAddr>,
    /// Only those that ended for this reason
    #[arg(long, value_parser = PossibleValuesParser::new(EndReason::ALL.map(|reason| reason.to_string())))]
    pub(crate) reason: Option<String>,
    /// Only those that this one ended: user:ID, administration-token:ID, connection:ID, command-line, system or unknown
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<ActorKey>,
    /// Only those that ended at this time or later: 2026-11-25, 2026-11-25T10:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only those that ended before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
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
    #[arg(required_unless_present_any = ["address", "everything", "opened_since", "opened_before"])]
    pub(crate) account: Option<AccountId>,
    /// Only those of this user, by id or login name
    #[arg(long, value_name = "ID|LOGIN_NAME", requires = "account", conflicts_with_all = ["application", "address"])]
    pub(crate) user: Option<String>,
    /// Only those opened with this API key, OAuth client or application token, by id or name
    #[arg(long, value_name = "ID|NAME", requires = "account", conflicts_with = "address")]
    pub(crate) application: Option<String>,
    /// Only those opened from this address; without an account, in every account
    #[arg(long)]
    pub(crate) address: Option<IpAddr>,
    /// Only those opened at this time or later: 2026-11-25, 2026-11-25T10:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) opened_since: Option<String>,
    /// Only those opened before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) opened_before: Option<String>,
    /// Those of every account, the administrators' too, but for the session by which this is asked
    #[arg(long, conflicts_with_all = ["account", "user", "application", "address", "opened_since", "opened_before"])]
    pub(crate) everything: bool,
    /// Do not ask whether all of an account, from an address, of a time or of the installation are meant
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WhyArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// The session's reference, or `-` to be asked for it: then it may be a bearer, a cookie or, of a session that
    /// lives, its LiveVox id as well. Those open the session, so never give them as an argument
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
  vestibule session list --account 12345678 --order long-unused
  vestibule session list --account 12345678 --opened-before 7d --all --json";

const ENDED_EXAMPLES: &str = "\
Examples:
  vestibule session ended --account 12345678 --user jane --since 7d
  vestibule session ended --reason ended-by-administrator --actor user:3705342601 --all --json";

const END_ALL_EXAMPLES: &str = "\
Examples:
  vestibule session end-all 12345678 --user jane
  vestibule session end-all 12345678 --address 192.0.2.7
  vestibule session end-all --address 2001:db8::7 --yes
  vestibule session end-all 12345678 --opened-before 30d
  vestibule session end-all --everything";

pub(crate) const WHY_ABOUT: &str = "\
Say why somebody was logged out: the life of a session, from its opening to its end, and who or what is behind the end.

The session is named by its reference, or by what its owner has: with `-` you are asked for that, or it is read from \
standard input. It is sent to the service, which does not keep it.";

pub(crate) const WHY_EXAMPLES: &str = "\
Examples:
  vestibule why 0f7c1fd2-6c3e-5a0b-9d0a-3f3a9f6f8a11
  vestibule why -
  vestibule why --account 12345678 --user jane";
