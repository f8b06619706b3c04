//! The program from outside: the real binary, on free ports and in folders of its own.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod administration;
mod apply;
mod audit;
mod backup;
mod certificates;
mod client;
mod config;
mod config_check;
mod database_file;
mod dev;
mod docs;
mod doctor;
mod exit_codes;
mod export;
mod full_disk;
mod healthcheck;
mod help;
mod limits;
mod log;
mod log_flood;
mod master_key;
mod metrics;
mod operations;
mod own_files;
mod pages;
mod policies;
mod service_manager;
mod set_back;
mod stop;
mod support;
mod undecodable;
