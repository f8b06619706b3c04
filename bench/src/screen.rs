//! What is printed: the result on standard output, progress and errors on standard error.

use std::fmt;
use std::io::{self, Write};

/// A result, or a child's line to its parent. A reader that has gone away is no reason to stop.
pub(crate) fn print(text: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Progress, and why the program ends.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
