//! `vestibule backup`, its `verify`, and `vestibule restore`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BackupArguments {
    #[command(subcommand)]
    pub(crate) action: Option<BackupAction>,
    /// The file to make
    #[arg(required = true)]
    pub(crate) file: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// The data directory to back up [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration that names the data directory and the place of the master key
    /// [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BackupAction {
    /// Say whether a file is a backup as it was made: nothing in it changed, cut off or added
    #[command(long_about = VERIFY_ABOUT, after_long_help = VERIFY_EXAMPLES)]
    Verify(VerifyBackupArguments),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyBackupArguments {
    /// The backup
    pub(crate) file: PathBuf,
    /// The master key that the backup belongs to: the file `master.key` of the service that was backed up
    /// [default: the key that the configuration names]
    #[arg(long, value_name = "MASTER_KEY_FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The configuration that names the place of the master key [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct RestoreArguments {
    /// The backup
    pub(crate) file: PathBuf,
    /// The master key that the backup belongs to: the file `master.key` of the service that was backed up
    /// [default: the key that is in its place already]
    #[arg(long, value_name = "MASTER_KEY_FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Replace the database and the master key that are there; both are kept under other names
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// End all sessions of the backup: everybody logs in anew. This is the default
    #[arg(long, conflicts_with = "keep_sessions")]
    pub(crate) end_sessions: bool,
    /// Let the sessions of the backup live again, those too that were ended after it was made
    #[arg(long)]
    pub(crate) keep_sessions: bool,
    /// Restore it also if it is not as it was made, or has no seal to tell; the audit says that this was done
    #[arg(long)]
    pub(crate) unauthenticated: bool,
    /// The data directory to make [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration that names the data directory and the place of the master key
    /// [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

pub(super) const BACKUP_ABOUT: &str = "\
Copy the database into a file, while the service runs.

The copy is one moment of the database: everything that was acknowledged before the backup began is in it. It is checked \
before it gets its name; a backup that fails leaves nothing behind. Only its owner can read it.

It is sealed under the master key, which has to be at hand: nobody without the key can change it unnoticed. The master key \
is not in it: without the key the copy opens no session and no secret. Keep a copy of the key in another place; both \
together are what `vestibule restore` needs.

A file whose name is `verify` is made as `./verify`.";

pub(super) const BACKUP_EXAMPLES: &str = "\
Examples:
  vestibule backup /backups/vestibule.db --config vestibule.toml
  vestibule backup /backups/$(date +%F).db --data-dir data
  vestibule backup verify /backups/vestibule.db --key /safe/master.key";

const VERIFY_ABOUT: &str = "\
Say whether a file is a backup as `vestibule backup` made it: nothing in it changed, cut off or added.

Needs the master key that the backup belongs to. Reads the file and touches nothing. Exit code 0 means that it is; 2 that \
it is not, or belongs to another master key, or has no seal, as backups of version 0.1 have none.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  vestibule backup verify /backups/vestibule.db --config vestibule.toml
  vestibule backup verify /backups/vestibule.db --key /safe/master.key";

pub(super) const RESTORE_ABOUT: &str = "\
Make a data directory from a backup and its master key.

The backup is checked as a whole before anything is replaced: that it is what `vestibule backup` made under this master key, \
byte by byte, that it is a database of this program, undamaged, and of a schema that this version knows. A server on the same data directory has to be stopped first. A database or another master key that \
is there is replaced only with --overwrite, and is kept under another name even then.

A backup that version 0.1 made, or a copy made by other means, has no seal, and is refused unless you say \
--unauthenticated: then whoever could write the file decides who administers. The audit says that it was restored so.

All sessions of the backup end, because it does not know which of them were ended after it was made: by a logout, by an \
administrator, by a new password. With --keep-sessions they live again; that is right when the service was stopped \
before the backup was made, as for a move to another machine.

Everything else is as it was when the backup was made. What was changed since has to be changed again: passwords, locks, \
users and keys that were disabled.";

pub(super) const RESTORE_EXAMPLES: &str = "\
Examples:
  vestibule restore /backups/vestibule.db --key /safe/master.key --config vestibule.toml
  vestibule restore /backups/vestibule.db --key /safe/master.key --data-dir /tmp/rehearsal";
