//! Tokens as a provider makes them, and as an attacker does.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod authorization;
mod discovery;
mod id_token;
mod keys;
mod logout_token;
mod provider;
mod token;
