//! Files that nobody but their owner may read: written whole or not at all, refused when others can read them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::OFlags;
use vestibule_crypto::{OsRng, random_hex};
use zeroize::Zeroizing;

/// Anybody but the owner.
const OTHERS: u32 = 0o077;

/// The largest file that is read: none of ours has more than a few hundred bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// What is said of a pipe, a device or a folder under the name of a file.
pub(crate) const NOT_REGULAR: &str = "not a regular file";

/// A regular file and what it is; None: something else has the name, which is not waited for as a pipe without a writer would be.
pub(crate) fn open(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    let at_once = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(at_once).open(path)?;
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}

/// Reads a text, unless others can read it too.
pub(crate) fn read(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let shown = path.display();
    let Some((mut file, metadata)) = open(path).with_context(|| format!("cannot read {shown}"))? else {
        bail!("{shown} is {NOT_REGULAR}");
    };
    if metadata.len() > MAX_BYTES {
        bail!("{shown} is larger than {MAX_BYTES} bytes");
    }
    let mode = metadata.permissions().mode();
    if mode & OTHERS != 0 {
        bail!("{shown} is open to others (mode {:04o}): run `chmod 600 {shown}`", mode & 0o7777);
    }
    let mut text = Zeroizing::new(String::new());
    Read::take(&mut file, MAX_BYTES)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {shown}"))?;
    Ok(text)
}

/// Makes a file with mode 0600, synced to the disk before it has its name. Fails with `AlreadyExists` when there is
/// one of that name, whoever was faster.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    create_after(path, text, || Ok(()))
}

/// The same. `before` is done when there is a place for the text, and before anything of it is there.
pub(crate) fn create_after(
    path: &Path,
    text: &str,
    before: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let draft = draft_of(path);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked = before().and_then(|()| fill(file, text)).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    linked.and(removed)?;
    sync_folder(path)
}

/// Makes a file or replaces the one of that name, whose owner has the new one too.
pub(crate) fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let draft = draft_of(path);
    write(&draft, text, mode)?;
    let named = keep_owner(path, &draft).and_then(|()| fs::rename(&draft, path));
    if named.is_err() {
        let _ = fs::remove_file(&draft);
    }
    named?;
    sync_folder(path)
}

/// Whoever could read the file before shall go on to: root may replace what belongs to the service.
fn keep_owner(path: &Path, draft: &Path) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(before) => before,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if before.uid() == fs::metadata(draft)?.uid() {
        return Ok(());
    }
    chown(draft, Some(before.uid()), Some(before.gid()))
}

fn write(draft: &Path, text: &str, mode: u32) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(draft)?;
    let filled = fill(file, text);
    if filled.is_err() {
        let _ = fs::remove_file(draft);
    }
    filled
}

fn fill(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Beside the file, under a name that nobody else has: process ids come again, in containers each time.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", random_hex(&OsRng, 8)))
}

/// Makes the name of a file durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        create(&path, "text").unwrap();
        assert_eq!(read(&path).unwrap().as_str(), "text");
    }

    #[test]
    fn a_file_that_is_there_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        create(&path, "first").unwrap();
        assert_eq!(create(&path, "second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path).unwrap().as_str(), "first");
    }

    #[test]
    fn no_draft_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        create(&folder.path().join("secret"), "text").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_that_is_too_large_is_refused_rather_than_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        create(&path, &"x".repeat(64 * 1024)).unwrap();
        read(&path).unwrap();
        replace(&path, &"x".repeat(64 * 1024 + 1), 0o600).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("larger than 65536 bytes"));
    }

    #[test]
    fn a_file_that_a_group_can_read_is_refused_with_the_command_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        create(&path, "text").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refusal = read(&path).unwrap_err().to_string();
        assert!(refusal.contains("chmod 600") && refusal.contains("0640"), "{refusal}");
    }
}
