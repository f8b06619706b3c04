//! Requests to a server of this machine, which does what it should not.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

mod bounds;
mod private_networks;
mod server;
mod tls;
