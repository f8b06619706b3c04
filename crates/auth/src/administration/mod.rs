//! Administration: who may look at the service and change it, and how they do. What may be stored at all, `rules` says.
//!
//! A file for each kind of thing. Every change is one commit with its entry in the audit (`audited_write`). Knows no HTTP.
//!
//! The account [`HOME`] is where administrators live. Nobody but an owner looks into it or changes it: whoever could set
//! an owner's password would be one.

mod account_resources;
mod accounts;
mod administrators;
mod api_keys;
mod application_tokens;
mod applications;
mod audit;
mod audited_write;
mod caller;
mod connection_certificates;
mod connection_creation;
mod connection_logins;
mod connection_test;
mod connections;
mod consequences;
mod console;
mod console_sso;
mod counts;
mod cursor;
mod end_job_table;
mod end_jobs;
mod ended_by_change;
mod ended_sessions;
mod error;
mod events;
mod expiries;
mod figures;
mod first;
mod gateway_rules;
mod idempotency;
mod kept_form;
mod live_sessions;
mod log_in;
mod master_keys;
mod named;
mod numbered_resources;
mod oauth_clients;
mod ordered_page;
mod own_sessions;
mod passwords;
mod random;
mod recent_counts;
mod refusals;
mod renewal;
mod rests_on;
mod search;
mod second_factor;
mod sessions;
mod signing_keys;
mod state;
mod tokens;
mod traffic;
mod turns;
mod user_search;
mod users;
mod values;
mod why;

use std::sync::Arc;

use crate::service::Auth;

pub use account_resources::{AccountResource, AccountResourcePage};
pub use accounts::{AccountPage, AccountSearch, new_account};
pub use administrators::{LastSeen, NamedAdministrator, RoleKind};
pub use api_keys::{GivenKey, KeyWithSecrets};
pub use application_tokens::TokenWithText;
pub use applications::{WithSecrets, new_api_key, new_oauth_client};
pub use audit::{AuditExport, AuditExportError, AuditFilter, SeenAudit};
pub(crate) use caller::administrators_account;
pub use caller::{Caller, Scope};
pub use connection_certificates::{ConnectionCertificate, ConnectionCertificates, EndingCertificate};
pub use connection_creation::{ConnectionRequest, ProtocolKind, ProviderPreset};
pub use connection_logins::{CameIn, LastLogins, LookedAt};
pub use connection_test::has_browser_tests;
pub use connections::{NewKey, RereadConnection, check_client_secret, new_connection};
pub use consequences::{Affected, Consequences};
pub use console::{ConsoleCredentials, ConsoleStep, Touch};
pub use console_sso::{AnswerBy, AtConsole, BegunAtConsole, ConsoleConnection};
pub use counts::AccountCounts;
pub use end_jobs::{EndJob, EndJobId, EndJobState, EndsAsked, EndsPreview};
pub use ended_sessions::{Ended, EndedFilter};
pub use error::AdministrationError;
pub use expiries::{ExpiringSecret, Expiry};
pub use first::{FirstOwner, FirstOwnerError, HOME, MIN_PASSWORD_LENGTH, MadeOwner};
pub use idempotency::{Idempotency, IdempotencyState, IdempotentRequest, PendingCreation, StoredResponse};
pub use live_sessions::{SessionFilter, SessionPage};
pub use log_in::{AdministratorCredentials, AdministratorsPlace, LoggedInAdministrator, OpenedSession};
pub use master_keys::{ListedMasterKey, SessionsUnderIt};
pub use named::{AccountResourceId, PageRequest};
pub use numbered_resources::NumberedResource;
pub use oauth_clients::{ClientWithSecret, GivenClient};
pub use passwords::AtNextLogin;
pub use random::ten_digits;
pub use refusals::NotedRequest;
pub use renewal::{Overlap, Renewable};
pub use rests_on::{owners, rests_on};
pub use search::{FoundApplication, FoundConnection, FoundSession, MOST_FINDS, SearchFinds};
pub use second_factor::{OwnSecondFactor, SetUpSecondFactor, ShownFactor};
pub use signing_keys::ListedSigningKey;
pub(crate) use state::AdministrationState;
pub(crate) use tokens::PREFIX as TOKEN_PREFIX;
pub use tokens::{MadeToken, NewToken};
pub use traffic::TrafficAsked;
pub use user_search::{UserOrder, UserPage, UserSearch};
pub use users::{NewUser, new_user};
pub use values::ApplicationValue;

/// Everything that administrators ask of the engine: what they may see, and what they may change.
pub struct Administration<'a> {
    auth: &'a Arc<Auth>,
}

impl Auth {
    /// What administrators ask.
    pub const fn administration(self: &Arc<Self>) -> Administration<'_> {
        Administration { auth: self }
    }
}

impl Administration<'_> {
    fn state(&self) -> &AdministrationState {
        &self.auth.administration
    }
}
