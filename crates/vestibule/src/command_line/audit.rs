//! `vestibule audit …`: `verify` and `export` read a data directory, beside a service or without one; `list` and `download`
//! ask a service.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use vestibule_model::{AccountId, ActorKey, AuditAction, TargetKey};

use super::service::{PageArguments, ServiceArguments};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Ask a service for entries, the newest first
    #[command(after_long_help = LIST_EXAMPLES)]
    List(Box<ListEntries>),
    /// Ask a service for the audit as JSON lines, the oldest entry first; that it was asked is an entry itself
    #[command(after_long_help = DOWNLOAD_EXAMPLES)]
    Download(Box<DownloadArguments>),
    /// Say whether the audit in a data directory is what was written: nothing changed, removed, or in another order
    #[command(long_about = VERIFY_ABOUT, after_long_help = VERIFY_EXAMPLES)]
    Verify(VerifyArguments),
    /// Print the audit in a data directory as JSON lines, the oldest entry first
    #[command(long_about = EXPORT_ABOUT, after_long_help = EXPORT_EXAMPLES)]
    Export(ExportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListEntries {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    #[command(flatten)]
    pub(crate) filter: EntryFilter,
    /// The oldest first
    #[arg(long)]
    pub(crate) oldest_first: bool,
    #[command(flatten)]
    pub(crate) pages: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct DownloadArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    #[command(flatten)]
    pub(crate) filter: EntryFilter,
}

#[derive(Debug, Args)]
pub(crate) struct EntryFilter {
    /// Only what concerns this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
    /// Only what concerns this user, by id, or with --account by login name
    #[arg(long, value_name = "ID|LOGIN_NAME")]
    pub(crate) user: Option<String>,
    /// Only what concerns the session of this reference
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) session: Option<String>,
    /// Only this
    #[arg(long, value_parser = PossibleValuesParser::new(AuditAction::ALL.map(|action| action.to_string())))]
    pub(crate) action: Option<String>,
    /// Only what this one did: user:ID, administration-token:ID, connection:ID, command-line, system or unknown
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<ActorKey>,
    /// Only what was done by means of this API key, OAuth client or application token, by id, or with --account by name
    #[arg(long, value_name = "ID|NAME")]
    pub(crate) application: Option<String>,
    /// Only what was done from this address
    #[arg(long)]
    pub(crate) address: Option<IpAddr>,
    /// Only what made, changed or deleted this: its kind, such as user or api-key, a colon and its id
    #[arg(long, value_name = "KIND:ID")]
    pub(crate) target: Option<TargetKey>,
    /// Only the refusal of this id: what somebody was told whom an identity provider could not log in
    #[arg(long, value_name = "ID")]
    pub(crate) refusal: Option<String>,
    /// Only what happened at this time or later: 2026-11-25, 2026-11-25T10:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what happened before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DataArguments {
    /// The data directory to read [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration that names the data directory and the master key [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// A file with retired generations of the master key that are not in their place any more, in its form, mode 0600
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// What an earlier run named as the newest entry, kept somewhere else since: says also whether everything up to it is
    /// still what it was then
    #[arg(long, value_name = "ENTRY:TAG")]
    pub(crate) witness: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Only what happened at this time or later: 2026-11-25, 2026-11-25T10:00:00Z, or how long ago: 90m, 2h, 7d
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what happened before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only what concerns this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
}

const LIST_EXAMPLES: &str = "\
With --json there is one entry a line.

Examples:
  vestibule audit list --account 12345678 --user jane
  vestibule audit list --action log-in-refused --since 2h --all --json
  vestibule audit list --account 12345678 --actor user:3705342601 --address 192.0.2.7
  vestibule audit list --refusal 5be0cd19137e2179
With --refusal the details of the entry stand below it. It may come up to five seconds after the refusal.";

const DOWNLOAD_EXAMPLES: &str = "\
Example:
  vestibule audit download --since 2026-11-01 --until 2026-12-01 > audit.jsonl";

const VERIFY_ABOUT: &str = "\
Say whether the audit is what was written: nothing changed, nothing removed, nothing in another order.

Every entry carries a tag over itself and the tag before it, made under a key that is derived from the master key and \
is not in the database. Reads only; a service may be running on the same data directory.

Exit codes: 0 the audit is what was written, 1 it could not be verified, 2 wrong arguments, 4 it is not what was \
written: the first entry that is wrong is named.

The newest entry and its tag are printed. Kept somewhere else, and given to --witness at a later run, they prove that \
nothing up to it was changed since, not even by somebody who has the master key, and that the database was not put \
back to an earlier state.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  vestibule audit verify --config vestibule.toml
  vestibule audit verify --data-dir data --witness 1234:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const EXPORT_ABOUT: &str = "\
Print the audit as JSON lines, the oldest entry first.

Reads only; a service may be running on the same data directory. What a running service counts in memory, such as \
failed logins of the present minute, is not in the file yet.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  vestibule audit export --config vestibule.toml > audit.jsonl
  vestibule audit export --config vestibule.toml --since 2h
  vestibule audit export --data-dir data --since 2026-11-01 --until 2026-12-01 --account 12345678";
