//! Following the directory: whoever may not go on since it changed ends. What is read and put in its place is the follower's
//! (`directory_follower`); whose sessions rest on it, `ends::stale` finds.

use vestibule_model::ConnectionId;
use vestibule_store::{Part, StoreError};

use crate::directory_follower::{DirectoryTurn, Superseded};
use crate::ends::PendingEnds;
use crate::service::Auth;

impl Auth {
    /// Reads what changed in the store, and ends the sessions of users who lost their right to them. Nothing is lost when
    /// this fails: it begins where it last succeeded, and an end that was not stored is tried again.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let pending = {
            let turn = self.follower.turn().await;
            self.follow_in(&turn).await?
        };
        pending.end_all().await
    }

    /// The same, but the ends of sessions are left to [`Ends::store_pending`](crate::ends::Ends::store_pending): whoever follows does not wait for them.
    pub(crate) async fn follow_only(&self) -> Result<(), StoreError> {
        let turn = self.follower.turn().await;
        self.follow_in(&turn).await?.leave();
        Ok(())
    }

    /// The same for whoever has the turn.
    ///
    /// The sessions of whoever may not stay have left the table when this answers. Their ends are to be stored when the
    /// turn is over, so that nobody who changes something else waits for them.
    pub(crate) async fn follow_in(&self, turn: &DirectoryTurn<'_>) -> Result<PendingEnds<'_>, StoreError> {
        let mut pending = self.ends.pending();
        turn.follow(|superseded| {
            match &superseded {
                Superseded::Parts { parts, .. } => {
                    pending.add_connections(parts.iter().filter_map(connection));
                }
                // Which of the account's connections changed is not known.
                Superseded::Users { .. } => self.ends.look_at_all(),
                Superseded::User { .. } => {}
            }
            pending.add(self.ends.of_superseded(superseded));
        })
        .await?;
        // Also those of a time before when the store did not tell: the directory has moved on since.
        if self.ends.is_to_look_at_all() {
            pending.add_connections(self.store.federated_connections().await?);
            self.ends.has_looked_at_all();
        }
        Ok(pending)
    }
}

const fn connection(part: &Part) -> Option<ConnectionId> {
    match part {
        Part::Connection(id) => Some(*id),
        _ => None,
    }
}
