//! `vestibule master-key generate`: another generation beside those that there are.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::Context;
use vestibule_crypto::{MasterKeys, OsRng};

use crate::command_line::GenerateMasterKey;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::exit_code::Refusal;
use crate::master_key::{self, MasterKeySource};
use crate::{private_file, screen};

/// Adds it to the file, or says what to put into the variable.
pub(crate) fn generate(arguments: &GenerateMasterKey) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data.data_dir.as_ref());
    let config = config::load(arguments.data.config.as_deref(), flags)?.config;
    let data = DataDir::at(&config.server.data_dir);
    match MasterKeySource::of(&config.master_key, &data) {
        MasterKeySource::File(file) => add_to_file(&file),
        MasterKeySource::Variable(name) => show_for_variable(&name),
    }
}

/// One at a time: of two who add at once the second sees the first's.
fn add_to_file(file: &Path) -> anyhow::Result<()> {
    let shown = file.display();
    // The file itself, where its name is a link.
    let file = &fs::canonicalize(file).with_context(|| format!("cannot read {shown}"))?;
    let _turn = take_turn(file).with_context(|| format!("cannot lock {shown}"))?;
    let had = master_key::read(file)?.last();
    let text = private_file::read(file)?;
    // The operator's other lines stay.
    let (generation, text) = MasterKeys::added_to_text(&text, &OsRng)?.ok_or_else(no_more)?;
    private_file::replace(file, &text, 0o600).with_context(|| format!("cannot write {shown}"))?;
    screen::say(format_args!(
        "added generation {generation} to {shown}, behind generation {had}; nothing uses it yet. If `vestibule master-key list` \
         says that {had} is distributed, that one waits unused, and is left out once {generation} is in force\n\
         next: copy the file to every node and to where you keep the key, then\n  \
         vestibule master-key reload\n  vestibule master-key rotate {generation}"
    ));
    Ok(())
}

/// The lock of the file that has the name now: whoever had the turn before may have put another in its place.
fn take_turn(file: &Path) -> io::Result<File> {
    loop {
        let Some((turn, metadata)) = private_file::open(file)? else {
            return Err(io::Error::other(format!("it is {}", private_file::NOT_REGULAR)));
        };
        turn.lock()?;
        if metadata.ino() == fs::metadata(file)?.ino() {
            return Ok(turn);
        }
    }
}

/// Somebody else's to set: it is shown, because nothing else can be done with it.
fn show_for_variable(name: &str) -> anyhow::Result<()> {
    let mut keys = master_key::from_environment(name)?;
    let generation = keys.add(&OsRng).ok_or_else(no_more)?;
    let text = keys.to_text();
    screen::complain(format_args!(
        "put this line into the environment variable {name} of every node, start them anew, then run\n  \
         vestibule master-key rotate {generation}"
    ));
    let line = zeroize::Zeroizing::new(text.trim_end().replace('\n', ","));
    screen::say(&*line);
    Ok(())
}

fn no_more() -> anyhow::Error {
    Refusal::new(format_args!("there are 255 generations of the master key, and there are no more")).into()
}
