//! Files that the service writes, each of which needs a name of its own.

use std::path::{self, Path, PathBuf};

use super::Config;
use super::findings::Conflict;
use crate::data_dir::DataDir;
use crate::draft::{BESIDE_A_DATABASE, with_suffix};
use crate::{end_journal, witness};

const WITNESS: &str = "durability.witness";
const JOURNAL: &str = "durability.end_journal";

/// A witness or a journal of ends under the name of another file that the service has would be written over it.
pub(super) fn one_file_twice(config: &Config, found: &mut Vec<Conflict>) {
    let data = DataDir::at(&config.server.data_dir);
    let (witness, journal) = (witness::place(config, &data), end_journal::place(config, &data));
    let others = others(config, &data);
    let files = [(WITNESS, &config.durability.witness), (JOURNAL, &config.durability.end_journal)];
    for (key, file) in files {
        let Some(file) = file else { continue };
        let other = others.iter().find(|(_, other)| is_same(file, other));
        if let Some((what, _)) = other {
            let reason = format!("{} is {what}: name a file of its own", file.display());
            found.push(Conflict::of(&[key], reason));
        }
    }
    if is_same(&witness, &journal) {
        let named = if config.durability.witness.is_some() { [WITNESS, JOURNAL] } else { [JOURNAL, WITNESS] };
        let reason = format!(
            "{} is both the witness and the journal of ends: name a file for each",
            witness.display()
        );
        found.push(Conflict::of(&named, reason));
    }
}

/// What else lies somewhere.
fn others(config: &Config, data: &DataDir) -> Vec<(&'static str, PathBuf)> {
    let database = data.database();
    let mut others = vec![
        ("the lock of the data directory", data.lock_file()),
        ("the file with the first owner's password", data.first_owner()),
        ("the file that says when the last backup was made", data.last_backup()),
        ("the certificate of the development CA", data.ca_certificate()),
        ("the key of the development CA", data.ca_key()),
        ("the master key", data.master_key()),
    ];
    others.extend(BESIDE_A_DATABASE.map(|suffix| ("the database's log", with_suffix(&database, suffix))));
    others.push(("the database", database));
    let server = &config.server;
    let named = [
        ("the master key", &config.master_key.file),
        ("the certificate", &server.tls_certificate),
        ("the certificate's key", &server.tls_key),
        ("the administration's certificate", &server.admin_tls_certificate),
        ("the key of the administration's certificate", &server.admin_tls_key),
    ];
    others.extend(named.into_iter().filter_map(|(what, file)| Some((what, file.clone()?))));
    others
}

/// Whether both are one file, as far as that can be told without those that are not there yet.
fn is_same(one: &Path, other: &Path) -> bool {
    whole(one) == whole(other)
}

/// The file's own path: without links, and its folder's where it is not there itself.
fn whole(file: &Path) -> PathBuf {
    let absolute = path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let in_its_folder = || Some(absolute.parent()?.canonicalize().ok()?.join(absolute.file_name()?));
    absolute.canonicalize().ok().or_else(in_its_folder).unwrap_or(absolute.clone())
}
