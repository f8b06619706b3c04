//! `vestibule witness renew`: somebody says that the database is the newest there is.

use anyhow::anyhow;
use vestibule_crypto::KeyRing;

use crate::command_line::RenewArguments;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::{master_key, replace, screen, witness};

/// Accepts the database as it is.
pub(crate) fn renew(arguments: &RenewArguments) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    if !DataDir::at(&config.server.data_dir).database().exists() {
        return Err(anyhow!("there is no database in {}", config.server.data_dir.display()));
    }
    let (data, _lock) = DataDir::open_alone(&config.server.data_dir)?;
    replace::give_to_owner(&data.lock_file(), &data)?;
    let keys = KeyRing::new(&master_key::load_existing(&config.master_key, &data)?);
    let file = witness::open(&config, &data, &keys)?;
    let accepted = witness::accept(file, &data, &keys)?;
    let shown = witness::place(&config, &data);
    match accepted {
        Some(standing) => screen::say(format_args!(
            "{}: accepted as it is, and witnessed in {}",
            witness::in_words(standing, &shown),
            shown.display()
        )),
        None => screen::say(format_args!("{} agrees with the database: nothing to accept", shown.display())),
    }
    Ok(())
}
