//! Single sign-on, over the wire.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

mod consumed;
mod staying;
