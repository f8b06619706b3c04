//! What people read: standard output, and the last words on standard error. Logs are somewhere else (`logging`).

use std::fmt;
use std::io::{self, Write};

/// A line on standard output. A reader that has gone away is no reason to stop.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A whole text on standard output, for a file or another program: what cannot be written is told.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A line on standard error.
pub(crate) fn complain(line: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A question on standard error; the answer stands on the same line.
pub(crate) fn ask(question: impl fmt::Display) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{question}");
    let _ = err.flush();
}
