//! The console over the wire: a real server, a browser without scripts.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

mod accounts;
mod audit;
mod connections;
mod coverage;
mod deeds;
mod ends;
mod forms;
mod headers;
mod installation;
mod login;
mod markup;
mod overview;
mod plain_http;
mod policies;
mod second_factor;
mod sessions;
mod support;
mod traffic;
mod users;
