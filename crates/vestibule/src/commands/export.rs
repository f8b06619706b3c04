//! `vestibule export`: the directory as a file for `vestibule apply`.

use std::io;
use std::path::Path;

use anyhow::Context;
use vestibule_crypto::{KeyRing, Sealer};
use vestibule_model::{AuditAction, AuditRecord, Clock, Means};
use vestibule_store::{Change, Store};
use zeroize::Zeroizing;

use super::{operator, small_runtime};
use crate::apply::{Secrets, exported};
use crate::clock::SystemClock;
use crate::command_line::ExportDirectory;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::exit_code::Refusal;
use crate::witness::{self, Use};
use crate::{master_key, private_file, screen};

/// Writes what is there to standard output, or with its secrets into a file.
pub(crate) fn export(arguments: &ExportDirectory) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    let data = DataDir::open_existing(&config.server.data_dir)?;
    let keys = master_key::load(&config.master_key, &data)?;
    let Some(file) = &arguments.with_secrets else {
        let store = witness::open_store(&config, &data, &keys, Use::LeaveAsItIs)?;
        let text = small_runtime()?.block_on(read(&store, None))?;
        return screen::write(&text).context("cannot write the export");
    };
    if file.symlink_metadata().is_ok() {
        return Err(there_already(file));
    }
    let store = witness::open_store(&config, &data, &keys, Use::Leave)?;
    let runtime = small_runtime()?;
    let text = runtime.block_on(with_secrets(&store, &keys))?;
    let written = private_file::create_after(file, &text, || {
        runtime.block_on(tell(&store)).map_err(|error| io::Error::other(format!("{error:#}")))
    });
    match written {
        Ok(()) => screen::complain(format_args!("wrote {}; whoever reads it can log in", file.display())),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(there_already(file)),
        Err(error) => return Err(error).with_context(|| format!("cannot write {}", file.display())),
    }
    Ok(())
}

fn there_already(file: &Path) -> anyhow::Error {
    Refusal::new(format_args!("{} is there already; nothing was written", file.display())).into()
}

async fn with_secrets(store: &dyn Store, keys: &KeyRing) -> anyhow::Result<Zeroizing<String>> {
    let sealer = Sealer::derive(keys);
    let secrets = Secrets { sealer: &sealer, check_values: keys.check_values() };
    read(store, Some(&secrets)).await
}

/// The audit is told before anything is in the file.
async fn tell(store: &dyn Store) -> anyhow::Result<()> {
    let entry =
        AuditRecord::new(SystemClock.now(), AuditAction::DirectoryExported, operator(), Means::CommandLine);
    store.commit(vec![Change::Audit(Box::new(entry))]).await.context("the audit cannot be told")?;
    Ok(())
}

async fn read(store: &dyn Store, secrets: Option<&Secrets<'_>>) -> anyhow::Result<Zeroizing<String>> {
    let directory = store.directory().await.context("cannot read the directory")?;
    exported(&directory, secrets)
}
