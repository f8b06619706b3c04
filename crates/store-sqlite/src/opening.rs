//! What an opening notices before anything is answered, and what follows from it.
//!
//! A database that is not as its witness saw it may be an older copy: nobody knows which of its sessions have ended since, so
//! all of them end, as with a restore. Everything is done and told in one transaction: a start that is cut short finds the
//! same again.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use vestibule_model::{AuditMac, AuditRecord, Rng};
use vestibule_store::StoreError;

use crate::chain::Chain;
use crate::log_tail::{self, LostCommits};
use crate::witness::{self, DatabaseId, Durable, Health, Keeper, Standing, Testimony, WitnessFile};
use crate::write;

/// What an opening is given besides the database.
pub struct Opening<'a> {
    /// The witness to compare the database with, and to keep while it is open, and randomness for the database's id, which
    /// its first testimony gives it; None: no witness.
    pub witness: Option<(WitnessFile, &'a dyn Rng)>,
    /// If the database is not as its witness says.
    pub in_doubt: InDoubt,
    /// The entry of the audit about something that was noticed; None: it is not told there.
    pub entry: &'a dyn Fn(&Noticed) -> Option<AuditRecord>,
}

/// What becomes of the sessions of a database that may be an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InDoubt {
    /// They end.
    EndSessions,
    /// They stay: somebody who knows the database says that it is the one.
    Accept,
}

/// What an opening noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// Commits that stood in the log are lost.
    LostCommits(LostCommits),
    /// The database has a witness from now on.
    FirstWitness,
    /// The database may be an older one: its sessions have ended.
    SetBack {
        /// What the comparison came to.
        standing: Standing,
        /// How many sessions it had.
        sessions: u64,
    },
    /// The database may be an older one, and was accepted as it is.
    Accepted(Standing),
}

/// Why an opening did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettleError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read the witness")]
    Witness(#[source] io::Error),
    #[error("cannot start a thread for the witness")]
    Thread(#[source] io::Error),
}

/// What was found before the database was opened.
pub(crate) struct Found {
    lost: Option<LostCommits>,
    /// The newest entry of the audit in the database's own file; None: nobody can tell.
    folded: Option<i64>,
    /// There is no log to be laid over it: the process before closed it, and synced it.
    is_closed: bool,
}

impl Found {
    /// Looks at the files of a database that nobody has opened.
    pub(crate) fn at(database: &Path, mac: &dyn AuditMac) -> io::Result<Self> {
        let is_closed = !log_tail::has_log(database);
        Ok(Self {
            lost: log_tail::lost_commits(database)?,
            folded: witness::folded(database, mac),
            is_closed,
        })
    }
}

/// What the store goes on with.
pub(crate) struct Settled {
    pub(crate) noticed: Vec<Noticed>,
    pub(crate) keeper: Option<Keeper>,
}

/// Does what has to be done before anybody uses the database.
pub(crate) fn settle(
    connection: &mut Connection,
    chain: &mut Chain,
    found: &Found,
    opening: Opening<'_>,
    health: &Arc<Health>,
) -> Result<Settled, SettleError> {
    let Found { lost, folded, is_closed } = *found;
    let mut noticed: Vec<Noticed> = lost.map(Noticed::LostCommits).into_iter().collect();
    let Opening { witness, in_doubt, entry } = opening;
    let Some((mut file, rng)) = witness else {
        tell(connection, chain, &mut noticed, None, entry)?;
        return Ok(Settled { noticed, keeper: None });
    };
    file.look_again().map_err(SettleError::Witness)?;
    let (standing, id) = witness::compare(connection, chain.mac(), file.said(), folded)?;
    let database = id.unwrap_or_else(|| DatabaseId::new(rng));
    // What a process that was killed has folded may not be on the disk yet.
    let known = if is_closed { folded } else { file.said_folded().filter(|_| !standing.is_doubtful()) };
    let durable = |newest| Durable { newest, folded: known.unwrap_or(0) };
    let mut is_kept = true;
    if standing == Standing::First {
        // Before the database says that it has a witness, and it says so only if it has: a start that is cut short in between
        // has lost none.
        is_kept = file.put(&Testimony::new(database, durable(chain.newest(connection)?))).is_ok();
        noticed.push(Noticed::FirstWitness);
    } else if standing.is_doubtful() {
        noticed.push(match in_doubt {
            InDoubt::EndSessions => Noticed::SetBack { standing, sessions: 0 },
            InDoubt::Accept => Noticed::Accepted(standing),
        });
    }
    tell(connection, chain, &mut noticed, is_kept.then_some(database), entry)?;
    let durable = durable(chain.newest(connection)?);
    let keeper = Keeper::start(file, database, durable, Arc::clone(health)).map_err(SettleError::Thread)?;
    Ok(Settled { noticed, keeper: Some(keeper) })
}

/// Ends what has to end, and tells the audit, in one transaction.
fn tell(
    connection: &mut Connection,
    chain: &mut Chain,
    noticed: &mut [Noticed],
    id: Option<DatabaseId>,
    entry: &dyn Fn(&Noticed) -> Option<AuditRecord>,
) -> Result<(), SettleError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    chain.begin();
    for noticed in noticed {
        if let Noticed::SetBack { sessions, .. } = noticed {
            *sessions = u64::try_from(write::sessions::delete_all(&transaction)?).unwrap_or(u64::MAX);
        }
        if let Some(record) = entry(noticed) {
            chain.append(&transaction, &record)?;
        }
    }
    if let Some(id) = id {
        witness::keep_id(&transaction, id)?;
    }
    chain.finish(&transaction)?;
    Ok(transaction.commit()?)
}

impl fmt::Debug for Opening<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Opening").finish_non_exhaustive()
    }
}
