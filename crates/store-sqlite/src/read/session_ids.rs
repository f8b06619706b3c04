//! Ids of sessions as a database orders them: those of a generation of the master key, and those of the first form.

use rusqlite::Connection;
use vestibule_model::Generation;

/// Behind every id.
const BEHIND_ALL: [u8; 17] = [u8::MAX; 17];

/// A range of ids: its beginning, and what stands behind it.
type IdRange = (Vec<u8>, Vec<u8>);

/// Where the ids of sessions under a generation are, in their order: those of the second form begin with a zero and the
/// generation, those of the first with the generation.
pub(crate) fn ids_under(generation: Generation) -> [IdRange; 2] {
    let next = generation.next().map(Generation::number);
    let second = next.map_or(vec![1], |next| vec![0, next]);
    let first = next.map_or(BEHIND_ALL.to_vec(), |next| vec![next]);
    [(vec![0, generation.number()], second), (vec![generation.number()], first)]
}

/// Whether there is one of the first form. They stand behind all others.
pub(crate) fn has_session_ids_of_first_form(snapshot: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sessions WHERE id >= x'01')";
    snapshot.prepare_cached(sql)?.query_row([], |row| row.get(0))
}
