//! Turns of users: what is decided on the sessions of one user is decided one after the other.

use tokio::sync::{Mutex, MutexGuard};
use vestibule_model::UserId;

/// How many users can take turns independently of each other.
const LOCKS: usize = 1_024;

/// One lock for many users: those who share it take turns needlessly, which costs a commit's time and no more.
pub(super) struct UserTurns(Vec<Mutex<()>>);

impl UserTurns {
    pub(super) fn new() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }

    /// The user's turn, for as long as the answer is held.
    pub(super) async fn of(&self, user: UserId) -> MutexGuard<'_, ()> {
        let index = user.0.rem_euclid(i64::try_from(LOCKS).unwrap_or(1));
        self.0[usize::try_from(index).unwrap_or(0)].lock().await
    }
}
