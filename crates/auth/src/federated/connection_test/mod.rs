//! Tests of a connection: the examination of a login, told as a whole instead of opening a session.

mod report;

pub use report::{TestReport, TestStep};
