//! Rows for blocks that have none: they were written by a version that made none.

use rusqlite::Connection;

use super::{block_of, index, is_indexed};

/// How many blocks are looked at in one turn: some milliseconds.
const LOOKS: usize = 1_000;

/// How far a process has filled: from the newest block down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Filling {
    /// It has not begun.
    #[default]
    Begins,
    /// This block is the next.
    At(i64),
    /// Every block has its rows, and those that become full get theirs.
    Done,
}

/// Makes the rows of one block that has none, if there is one among some hundreds. `first` and `newest` are the first and last entry.
pub(crate) fn fill(
    connection: &Connection,
    filling: Filling,
    first: i64,
    newest: i64,
) -> rusqlite::Result<Filling> {
    let oldest_whole = oldest_whole(first);
    let mut block = match filling {
        Filling::Begins => block_of(newest + 1) - 1,
        Filling::At(block) => block,
        Filling::Done => return Ok(Filling::Done),
    };
    for _ in 0..LOOKS {
        if block < oldest_whole {
            return Ok(Filling::Done);
        }
        if !is_indexed(connection, block)? {
            index(connection, block)?;
            return Ok(Filling::At(block - 1));
        }
        block -= 1;
    }
    Ok(Filling::At(block))
}

/// The first block that has lost no entry, where `first` is the first that is left. Entries are numbered from 1.
const fn oldest_whole(first: i64) -> i64 {
    if first <= 1 { 0 } else { block_of(first - 1) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_index;

    #[test]
    fn a_block_is_whole_from_its_first_entry_on() {
        assert_eq!(audit_index::sequences(1), (1_024, 2_047));
        assert_eq!([1, 2, 1_023, 1_024, 1_025, 2_048].map(oldest_whole), [0, 1, 1, 1, 2, 2]);
    }
}
