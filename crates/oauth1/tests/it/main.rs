//! Requests as clients sign them, and as an attacker does.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod bounds;
mod deviations;
mod header;
mod oauthlib;
mod peer;
mod places;
mod problems;
mod properties;
mod recorded;
mod requests_oauthlib;
mod rfc5849;
mod sent;
mod vectors;
