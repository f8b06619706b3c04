//! `vestibule backup verify`: whether a file is a backup as it was made.

use vestibule_crypto::KeyRing;
use vestibule_store_sqlite::in_force;

use super::{go_on, shown_time};
use crate::backup_file::{BackupFile, Doubt, Label};
use crate::command_line::VerifyBackupArguments;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::input_error::InputError;
use crate::progress::Bar;
use crate::{master_key, screen, signals};

/// Reads the file through, and says what its seal says. Touches nothing.
pub(crate) fn verify_backup(arguments: &VerifyBackupArguments) -> anyhow::Result<()> {
    let config = config::load(arguments.config.as_deref(), Flags::default())?.config;
    let data = DataDir::at(&config.server.data_dir);
    let keys = master_key::given_or_existing(arguments.key.as_deref(), &config.master_key, &data)?;
    let shown = arguments.file.display();
    let label = read(BackupFile::open(&arguments.file)?, &KeyRing::new(&keys))?;
    let label = label.map_err(|doubt| InputError::new(&shown, doubt))?;
    let in_force = in_force(&arguments.file).map_err(|error| InputError::new(&shown, error))?;
    label.is_of(in_force).map_err(|doubt| InputError::new(&shown, doubt))?;
    let (made, version, length) = (shown_time(label.made()), label.version(), label.length());
    screen::say(format_args!(
        "{shown} is as it was made {made} by version {version}: {length} bytes, under generation {in_force} of the master key"
    ));
    Ok(())
}

fn read(mut file: BackupFile, keys: &KeyRing) -> anyhow::Result<Result<Label, Doubt>> {
    if let Err(doubt) = file.look(keys) {
        return Ok(Err(doubt));
    }
    let mut stop = signals::listen()?;
    let bar = Bar::new("verifying");
    file.read(keys, &mut |_, (done, total)| {
        bar.at(done, total);
        go_on(&mut stop)
    })
}
