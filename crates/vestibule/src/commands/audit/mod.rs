//! `vestibule audit`: reads the audit of a data directory, or asks a service for it. Changes nothing.

mod ask;
mod export;
mod verify;

use anyhow::bail;
use vestibule_crypto::KeyRing;

pub(crate) use ask::{download, list};
pub(crate) use export::export;
pub(crate) use verify::{NotAsWritten, verify};

use crate::command_line::DataArguments;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::{master_key, witness};

/// The data directory, which has a database, and its master keys. Makes neither.
fn open(arguments: &DataArguments) -> anyhow::Result<(DataDir, KeyRing)> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    let data = DataDir::at(&config.server.data_dir);
    if !data.database().exists() {
        bail!("there is no database at {}", data.database().display());
    }
    let keys = master_key::load_existing(&config.master_key, &data)?;
    witness::look_for_lost_commits(&data);
    Ok((data, KeyRing::new(&keys)))
}
