//! `vestibule traffic`

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use vestibule_model::{AccountId, TrafficBy};

use super::service::ServiceArguments;

#[derive(Debug, Args)]
pub(crate) struct TrafficArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// Of which account; none: what is of no account, calls of administrators and requests of nobody who is known
    pub(crate) account: Option<AccountId>,
    /// By what it is summed up
    #[arg(long, value_parser = summaries(), default_value_t = TrafficBy::Application)]
    pub(crate) by: TrafficBy,
    /// From this day on, UTC: 2026-11-25, or how long ago: 7d
    #[arg(long, value_name = "DAY", default_value = "29d")]
    pub(crate) since: String,
    /// Until this day, UTC, itself included [default: today]
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<String>,
    /// Of one application alone: none, unknown, administrator, or api-key:ID, oauth-client:ID, application-token:ID
    #[arg(long, value_name = "KEY")]
    pub(crate) application: Option<String>,
    /// Print a table for spreadsheets (CSV)
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// Takes the words that the administration API has.
fn summaries() -> impl TypedValueParser<Value = TrafficBy> {
    let of = |word: String| TrafficBy::ALL.into_iter().find(|by| by.to_string() == word);
    PossibleValuesParser::new(TrafficBy::ALL.map(|by| by.to_string()))
        .try_map(move |word| of(word).ok_or("no such summary"))
}

pub(crate) const ABOUT: &str = "\
Say how many requests an account's applications made, and which of them nobody needs any more.

Every decision of the service is counted: checks of gateways, logins, refreshes, logouts, and calls that show a session. What was \
counted until now is told.";

pub(crate) const EXAMPLES: &str = "\
Examples:
  vestibule traffic 12345678
  vestibule traffic 12345678 --by route --since 7d --application application-token:4711
  vestibule traffic 12345678 --by day --since 2026-11-01 --csv
  vestibule traffic --by outcome";
