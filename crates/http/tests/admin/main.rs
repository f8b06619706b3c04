//! Administration over HTTP: the tests mirror the tree of its paths.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod accounts;
mod administrators;
mod coverage;
mod login;
mod openapi;
mod sessions;
mod support;
mod tokens;
mod users;
