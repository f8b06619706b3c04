//! What is said about an audit that was walked through.

use std::fmt;

use vestibule_model::Generation;

/// An entry's place and tag, kept somewhere else than the database: whoever can say it later can tell that nothing up
/// to it was changed, not even by somebody with the master key, and that the database was not put back to before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The entry's place.
    pub sequence: i64,
    /// Its tag.
    pub mac: [u8; 32],
}

impl fmt::Display for Witness {
    /// The place, and the tag behind a colon.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.sequence)?;
        self.mac.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// What is wrong with an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The head is missing, or was not sealed under this master key.
    HeadForged,
    /// This entry is not what was written there, or the one before it is not the one that was there.
    Changed(i64),
    /// Entries from the one to the other are missing.
    Missing(i64, i64),
    /// This entry stands outside of what was written: behind the newest, or before what retention left.
    Added(i64),
    /// The entry that the witness saw is another one now, or is missing.
    NotAsWitnessed(i64),
    /// Retention has removed the entry that the witness saw: it proves nothing any more.
    WitnessRemoved(i64),
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadForged => out.write_str("the head of the audit was changed or removed"),
            Self::Changed(at) => {
                write!(out, "entry {at} is not what was written, or does not follow what was before it")
            }
            Self::Missing(from, to) if from == to => write!(out, "entry {from} is missing"),
            Self::Missing(from, to) => write!(out, "entries {from} to {to} are missing"),
            Self::Added(at) => write!(out, "entry {at} was added from outside"),
            Self::WitnessRemoved(at) => {
                write!(
                    out,
                    "entry {at}, which was witnessed, was removed by retention: ask with a newer witness"
                )
            }
            Self::NotAsWitnessed(at) => {
                write!(out, "entry {at} is not the one that was there when it was witnessed")
            }
        }
    }
}

/// Entries of which nothing can be said: the generation of the master key that they were written under is not at hand. That
/// nothing of them was removed or put in another order is known from what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unverifiable {
    /// The generation.
    pub generation: Generation,
    /// The first of them.
    pub first: i64,
    /// The last of them.
    pub last: i64,
}

impl fmt::Display for Unverifiable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generation, first, last } = self;
        if first == last {
            write!(out, "entry {first} cannot be verified")?;
        } else {
            write!(out, "entries {first} to {last} cannot be verified")?;
        }
        write!(out, ": generation {generation} of the master key is not at hand")
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many entries were looked at.
    pub entries: u64,
    /// The place of the first of them, or of the one that will be the first.
    pub first: i64,
    /// The first thing that is wrong; None: nothing is.
    pub finding: Option<Finding>,
    /// How many things are wrong.
    pub findings: u64,
    /// What could not be looked at for want of a key, by generation; no finding.
    pub unverifiable: Vec<Unverifiable>,
    /// The newest entry, to be kept elsewhere; None: the head is forged, or there never was an entry.
    pub newest: Option<Witness>,
}
