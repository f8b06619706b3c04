//! The service: log in, refresh, revoke, lock-out, keys. Every rule about who may stay is in this crate.
//!
//! Owns the directory in memory, the live-session table, the hash pool and the counters of failures. Knows no
//! HTTP and no database: dialects translate to and from its calls, and a [`vestibule_store::Store`] remembers.
//! Time is an argument of every call; only the background tasks hold a clock.

mod administration;
mod attempt;
mod audit;
mod authorize;
mod background;
mod change_password;
mod consumed;
mod deferred_writes;
mod detach_on_drop;
mod directory;
mod directory_follower;
mod eligibility;
mod ends;
mod federated;
mod feed;
mod figures;
mod follow;
mod gateway;
mod identity_providers;
mod last_uses;
mod live;
#[cfg(test)]
#[path = "live/tests.rs"]
mod live_tests;
#[cfg(test)]
#[path = "live/walk_tests.rs"]
mod live_walk_tests;
mod livevox_id;
mod load;
mod log_in;
mod log_out;
mod login_guard;
mod master_keys;
mod open;
mod outgoing;
mod page_session;
mod password;
mod recognise;
mod reference;
mod refresh;
mod rules;
mod sealed_text;
mod second_factor;
mod self_service;
mod sentinel;
mod service;
mod sessions;
mod settings;
mod signing_keys;
mod steady_clock;
mod store_health;
mod strength;
mod sync;
mod traffic;
mod waiting;
mod watched_store;
mod why;
mod work_pool;

pub use federated::addresses as sso_addresses;

// Which, `administration` says: a line for each of its files.
pub use administration::*;
pub use attempt::ProvedUser;
pub use audit::End;
pub use authorize::{Accepted, Authorized, Credential, CredentialKind, Credentials, Granted, Showing};
pub use change_password::{ChangePasswordError, PasswordChange};
pub use directory::{
    AccountEntry, AccountFacts, AccountUser, Directory, Grants, KnownValues, NamedValues, ServiceAddresses,
    UsableConnection, UsableOidc, UserEntry, check_api_key, check_connection, open_api_key,
    open_connection_secret, renew_own_key, seal_api_key, seal_connection_secret,
};
pub use eligibility::IneligibleReason;
pub use federated::{
    ATTEMPT_LASTS, AddressesByName, AttemptFor, ConnectionTest, FederatedAttempt, LogoutDone, LogoutError,
    NoAdministrationOrigin, Origins, SAML_METADATA, ShownAssertion, ShownCode, ShownIdToken, ShownLogout,
    ShownMessage, ShownPassword, TEST_LASTS, TestError, TestId, TestReport, TestStep,
};
pub use feed::{
    EventStream, EventWriter, EventsError, FeedFigures, FeedFull, FeedLimits, GatewayEvent, StreamCut, Told,
};
pub use figures::{FigureCounts, FigurePoint, Figures, HashCapacity};
pub use gateway::{
    ApplicationMethod, ApplicationPrincipal, CompiledRule, Decision, HeldRequest, Objection, Principal,
    SignedUse, Stored, Unauthenticated,
};
pub use identity_providers::{
    IdentityProviderError, ListedKey, blank_oidc, blank_saml, certificate_as_pem, keys_in_order,
    read_certificate, read_certificates, read_metadata, saml_connection,
};
pub use load::RecallError;
pub use log_in::{ApplicationCredentials, LogIn, LogInError, LoggedIn, LoginScope, UserCredentials};
pub use log_out::LogOutError;
pub use login_guard::HashPoolGauges;
pub use master_keys::{KeySource, KeySourceError, Keys};
pub use outgoing::{
    NoOutgoing, Outgoing, OutgoingAnswer, OutgoingError, OutgoingFuture, OutgoingRequest, SharedOutgoing,
};
pub use page_session::{PageSession, ShownPage};
pub use password::{LONGEST_PASSWORD, NewPassword, SetPasswordError, set_password};
pub use refresh::{Presented, RefreshError};
pub use rules::{
    AccountIndex, Installation, InstallationIndex, Kind, LONGEST_NAME, LONGEST_TEXT, LONGEST_VALUE,
    Neighbours, PolicyInWords, Reference, Referring, ResourceKind, Rule, RuleInWords, Ruled, SHORTEST_SECRET,
    Violation, account_id_violation, account_violations, check_deleted_account, check_has_owner,
    check_owner_left, check_password_of, check_token_holder, check_value, check_values_together,
    client_id_violation, gateway_rule_violations, may_log_in, missing_name, next_id, next_user_number,
    policies_in_words, service_twice, taken, tidy_gateway_rule, untie,
};
pub use second_factor::{Enrolment, EnrolmentError, PasswordStep, SetUpOnTheWayIn, ShownEnrolment, Ticket};
pub use sentinel::{
    ActiveToken, AuthorizationError, AuthorizationRefusal, AuthorizationRequest, Authorizing, CODE_LIFE,
    ClientToken, CodeGrant, OauthCredentials, RefreshedToken, ShownClientToken, TokenError, UserToken,
};
pub use service::{Auth, StartError};
pub use sessions::{Listed, SessionAccessError};
pub use settings::{BlockList, FailureLimit, HashSettings, Intervals, Settings, TrafficRetention};
pub use signing_keys::{PublishedKey, SignError};
pub use store_health::{Purpose, Trouble};
pub use strength::{OwnWords, check_strength};
pub use traffic::{
    ApplicationStanding, ComparedLine, IDLE_AFTER, NoTrafficDays, Route, SAFE_AFTER, TrafficDays, TrafficKey,
    TrafficLine, TrafficLosses, TrafficReport, TrafficSums, TrafficVerdict, compare,
};
pub use vestibule_store::{AuditCount, AuditOrder, DigestHolder, DigestKind, DistinctSketch};
pub use why::{Evidence, Life, LifeState, Pasted, Step, WriteTime, life};
pub use work_pool::WorkPoolGauges;
