//! How far the database's own file has come, its log left aside. After a crash the log is laid over the file, whichever
//! file that is: an older one, put back beside the log, would get the newest entries of the audit from it, and look new.
//!
//! The file is opened by `SQLite` only: to close any other descriptor of it gives up every lock that the process has on it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use vestibule_model::AuditMac;

use crate::chain::ChainHead;

/// The newest entry of the audit that is folded into the file; None: there is none, or the file is only half written.
pub(crate) fn folded(database: &Path, mac: &dyn AuditMac) -> Option<i64> {
    // In this order: the escapes have the sign themselves.
    let path = database.to_str()?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Said so, `SQLite` does not look for a log.
    let file = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags).ok()?;
    Some(ChainHead::read(&file, mac).ok()??.newest.sequence)
}
