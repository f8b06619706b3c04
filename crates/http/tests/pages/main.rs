//! The service's own pages over the wire: a real server, a real store, real HTTP.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod browser;
mod device;
mod forms;
mod login;
mod look;
mod me;
mod overtaken;
mod required_factor;
mod second_factor;
mod sessions;
mod traffic;
