//! How far the database's own file has come, its log left aside. After a crash the log is laid over the file, whichever file
//! that is: an older one, put back beside the log, would get the newest entries of the audit from it, and look new.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use vestibule_model::AuditMac;

use crate::chain::Head;

/// Looks into the file of a database.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    database: PathBuf,
    /// Names the file, and says that its log is not to be looked for; None: the path cannot be said so.
    uri: Option<String>,
}

impl Folded {
    pub(crate) fn of(database: &Path) -> Self {
        let escaped = database.to_str().map(|path| {
            // In this order: the escapes have the sign themselves.
            path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
        });
        let uri = escaped.map(|path| format!("file:{path}?immutable=1"));
        Self { database: database.to_owned(), uri }
    }

    /// The newest entry of the audit that is folded into the file; None: the file is none yet, or is just being written.
    pub(crate) fn newest(&self, mac: &dyn AuditMac) -> Option<i64> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let file = Connection::open_with_flags(self.uri.as_ref()?, flags).ok()?;
        Some(Head::read(&file, mac).ok()??.newest.sequence)
    }

    /// The same, once it is durable.
    pub(crate) fn durable(&self, mac: &dyn AuditMac) -> io::Result<Option<i64>> {
        let newest = self.newest(mac);
        if newest.is_some() {
            File::open(&self.database)?.sync_data()?;
        }
        Ok(newest)
    }
}
