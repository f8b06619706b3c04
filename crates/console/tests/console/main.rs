//! The console over the wire: a real server, a browser without scripts.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

mod account_forms;
mod accounts;
mod audit;
mod choices;
mod colours;
mod connection_deeds;
mod connections;
mod counted_ends;
mod coverage;
mod deeds;
mod editing;
mod ends;
mod forms;
mod headers;
mod installation;
mod installation_forms;
mod kept;
mod login;
mod long_forms;
mod making;
mod markup;
mod overview;
mod own;
mod plain_http;
mod policies;
mod renewing;
mod resource_forms;
mod second_factor;
mod sessions;
mod start;
mod support;
mod traffic;
mod typing;
mod user_deeds;
mod users;
