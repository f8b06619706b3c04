//! The server and its layers, seen from the other end of a socket.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod core_share;
mod cors;
mod limits;
mod metrics;
mod pipelining;
mod protocols;
mod refusals;
mod requests;
mod responsive;
mod shutdown;
mod streamed;
mod support;
