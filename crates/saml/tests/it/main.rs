//! Responses as an identity provider makes them, and as an attacker does.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod accepted;
mod bounds;
mod conditions;
mod documents;
mod encrypted;
mod identity_provider;
mod logout;
mod metadata;
mod peers;
mod report;
mod request;
mod samlsign;
mod signatures;
mod xmlsec1;
