//! A file in the making: it has another name until it is complete and on the disk, and is gone if it never is.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::private_file::{draft_of, sync_folder};

/// What SQLite may leave beside a database.
pub(crate) const BESIDE_A_DATABASE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file beside the one that it will become. Removed when dropped before that.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    target: PathBuf,
    is_placed: bool,
}

/// What to do about a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Present {
    /// It stays, and the draft is given up with `AlreadyExists`.
    Keep,
    /// It goes.
    Replace,
}

impl Draft {
    /// An empty file, for its owner only.
    pub(crate) fn of(target: &Path) -> io::Result<Self> {
        let path = draft_of(target);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path, target: target.to_owned(), is_placed: false })
    }

    /// Where it is now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Syncs it, gives it its name, and syncs that.
    pub(crate) fn place(mut self, present: Present) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        match present {
            Present::Replace => fs::rename(&self.path, &self.target)?,
            Present::Keep => rename_to_nothing(&self.path, &self.target)?,
        }
        self.is_placed = true;
        sync_folder(&self.target)
    }
}

/// Renames unless there is something of that name, in one step where the file system knows how to.
fn rename_to_nothing(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if !to.try_exists()? => fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(io::ErrorKind::AlreadyExists.into()),
        renamed => Ok(renamed?),
    }
}

/// A path with something at its end.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.is_placed {
            return;
        }
        // Nothing better can be done about a file that cannot be removed.
        let _ = fs::remove_file(&self.path);
        for suffix in BESIDE_A_DATABASE {
            let _ = fs::remove_file(with_suffix(&self.path, suffix));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    fn draft(target: &Path) -> Draft {
        let draft = Draft::of(target).unwrap();
        fs::write(draft.path(), "new").unwrap();
        draft
    }

    #[test]
    fn becomes_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        draft(&target).place(Present::Keep).unwrap();
        assert_eq!((fs::read_to_string(&target).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
    }

    #[test]
    fn leaves_nothing_when_it_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        drop(draft(&folder.path().join("file")));
        assert_eq!(names(folder.path()).len(), 0);
    }

    #[test]
    fn what_is_there_is_kept_unless_it_shall_go() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        fs::write(&target, "old").unwrap();
        let refused = draft(&target).place(Present::Keep).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read_to_string(&target).unwrap().as_str(), names(folder.path()).len()), ("old", 1));
        draft(&target).place(Present::Replace).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
    }
}
