//! Administration over HTTP: the tests mirror the tree of its paths.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod accounts;
mod administrators;
mod administrators_connections;
mod api_keys;
mod application_tokens;
mod applications;
mod audit;
mod audited;
mod connection_secrets;
mod connection_tests;
mod connections;
mod console_sessions;
mod coverage;
mod described;
mod docs;
mod ended_sessions;
mod events;
mod figures;
mod gateway_rules;
mod idempotency;
mod login;
mod look;
mod numbered;
mod oauth_clients;
mod openapi;
mod order;
mod policies;
mod refusals;
mod renewal;
mod search;
mod second_factor;
mod session_ends;
mod session_order;
mod session_times;
mod sessions;
mod store_failures;
mod support;
mod tokens;
mod traffic;
mod unrelated;
mod user_search;
mod users;
mod walk;
mod why;
