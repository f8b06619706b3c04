//! Single sign-on, over the wire.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod administration;
mod assertion;
mod browser;
mod connection_test;
mod consumed;
mod ends;
mod id_token;
mod logout;
mod metadata;
mod password;
mod provider;
mod provisioning;
mod slow_providers;
mod staying;
mod support;
mod unsolicited;
mod vendor;
