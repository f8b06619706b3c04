//! The console over the wire: a real server, a browser without scripts.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

mod coverage;
mod forms;
mod headers;
mod login;
mod overview;
mod plain_http;
mod second_factor;
mod support;
