//! What tests are made of: a whole server on a free port with data of its own, a clock that the test turns,
//! accounts to log in to, HTTP clients, and a store that fails on command.
//!
//! Nothing here stands in for anything: the server, the store and the engine are the real ones.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod audit_check;
mod browser;
mod clock;
#[cfg(feature = "clocked")]
mod clocked;
mod events;
mod facts;
mod failing_store;
mod fixture;
pub mod identity_provider;
mod patience;
mod program;
mod provider;
mod server;
mod warnings;

pub use browser::{Browser, Shown, form};
pub use clock::TestClock;
#[cfg(feature = "clocked")]
pub use clocked::{Background, OWNER_PASSWORD, run_clocked};
pub use events::{EventReader, ReadEvent};
pub use facts::TestFacts;
pub use failing_store::{FailingStore, Fault, Faults, Gate, Operation};
pub use fixture::{ACCOUNT, AccountFixture, CHEAP, Key, OTHER_TOKEN, TOKEN, password};
pub use patience::within_a_minute;
pub use program::Program;
pub use provider::{Asked, ScriptedProvider};
pub use server::{ORIGIN, RETURN_ORIGIN, TestServer, session_of};
pub use warnings::Warnings;
