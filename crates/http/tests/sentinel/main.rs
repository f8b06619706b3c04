//! The sentinel over the wire: a real server, a real store, real HTTP.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod app_token;
mod authorize;
mod client_requests;
mod code;
mod grants;
mod guessed_secrets;
mod introspection;
mod keys;
mod provider;
mod public_clients;
mod refresh;
mod support;
