//! What a process leaves behind when it is stopped or killed, by a clock that the test turns.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed, and says where")]

mod last_uses;
mod playback;
mod process;
