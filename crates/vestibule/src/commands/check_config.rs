//! `vestibule config check`: what would keep a service from its start, or its clients from it. Makes and changes nothing.

use vestibule_crypto::KeyRing;
use vestibule_model::Clock;

use crate::clock::SystemClock;
use crate::command_line::ConfigArguments;
use crate::config::{self, Flags, Loaded};
use crate::data_dir::DataDir;
use crate::input_error::InputError;
use crate::{certificates, end_journal, master_key, screen, witness};

/// Checks the settings and then the files that they name.
pub(crate) fn check_config(arguments: &ConfigArguments) -> anyhow::Result<()> {
    let loaded = config::load(arguments.config.as_deref(), Flags::default())?;
    let doubtful = check_files(&loaded)?;
    for doubt in doubtful {
        screen::complain(format_args!("warning: {doubt}"));
    }
    screen::say("OK");
    Ok(())
}

/// Everything that is wrong with them. Answers what nothing is refused for.
fn check_files(loaded: &Loaded) -> Result<Vec<InputError>, InputError> {
    let config = &loaded.config;
    let data = DataDir::at(&config.server.data_dir);
    let mut errors = Vec::new();
    let doubtful = certificates::check(loaded, SystemClock.now()).unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    });
    errors.extend(data.check().err());
    match master_key::check(&config.master_key, &data) {
        Ok(Some(keys)) => {
            let journal = end_journal::check(config, &data, &KeyRing::new(&keys));
            errors.extend(found("durability.end_journal", journal));
        }
        Ok(None) => {}
        Err(error) => errors.push(error),
    }
    errors.extend(found("durability.witness", witness::check(config, &data)));
    InputError::all(errors).map_or(Ok(doubtful), Err)
}

/// A disk that does not answer, too, is something that a start would be refused for.
fn found(key: &str, outcome: anyhow::Result<()>) -> Option<InputError> {
    let error = outcome.err()?;
    Some(error.downcast().unwrap_or_else(|error| InputError::new(key, format_args!("{error:#}"))))
}
