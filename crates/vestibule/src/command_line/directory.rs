//! `vestibule doctor` and `vestibule export`: what is stored, looked at without a running service.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The data directory [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration that names the data directory and the master key
    /// [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportDirectory {
    /// Write what applications and users prove themselves by too, and all of it into this file instead: made with mode 0600,
    /// never over one that is there
    #[arg(long, value_name = "FILE")]
    pub(crate) with_secrets: Option<PathBuf>,
    /// The data directory [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration that names the data directory and the master key
    /// [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

pub(crate) const DOCTOR_ABOUT: &str = "\
Say which rows cannot be decoded, which accounts, users and keys break a rule, and how each is repaired.

The rules are those of the administration API and of `vestibule apply`. What an older version or another program has stored \
may break one: it goes on working, and other fields of it can be changed. Looks at everything in the data directory, with the \
service running or not, and changes nothing. Ends with exit code 8 if something was found.";

pub(crate) const DOCTOR_EXAMPLES: &str = "\
Examples:
  vestibule doctor --config vestibule.toml
  vestibule doctor --data-dir data";

pub(crate) const EXPORT_ABOUT: &str = "\
Write accounts, users and keys as a file that `vestibule apply` takes back.

Applied to the data directory that it is from, it changes nothing. It has no secrets unless `--with-secrets` asks for them: \
hashes of passwords, secrets of API keys, and the digests of those of OAuth clients and application tokens, which work under \
the same master key alone. That secrets were written is in the audit. A file with secrets, applied to an empty data directory \
with the same master key, makes the same accounts, users and keys, with the same ids.

Sessions, the audit, administrators' roles and administration tokens are not in it, nor secrets before a renewal: to keep \
those, make a backup.";

pub(crate) const EXPORT_EXAMPLES: &str = "\
Examples:
  vestibule export --config vestibule.toml > accounts.toml
  vestibule export --config vestibule.toml --with-secrets moving.toml";
