//! Filling the live-session table from the store while requests are answered.
//!
//! Until it is complete a miss is no answer: the session that a request shows is read from the store by its id first
//! ([`Auth::recall`]). What has to know all sessions of a user, as a login must, waits for the table; so does a LiveVox
//! id that may be ours, by which the store finds nothing.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, watch};
use tokio::task::yield_now;
use tokio::time::sleep;
use vestibule_model::SessionId;
use vestibule_store::{StoreError, StoredSession};

use crate::audit::why_not_current;
use crate::authorize::{Credential, Credentials};
use crate::eligibility::BEFORE_ALL_TIME;
use crate::service::Auth;

/// How many sessions are read from the store at once: some four for each shard of the table (0.6 MB). Larger pages are not read
/// faster, and what they needed stays with the allocator.
const PAGE: usize = 4_000;

/// How many are put into the table before others have their turn: one or two milliseconds.
const BETWEEN_PAUSES: usize = 1_000;

/// How long to wait before the store is asked again after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The store does not tell, and the table does not know yet. Whether there is such a session is unknown.
#[derive(Debug, thiserror::Error)]
#[error("the session cannot be read from the store yet")]
pub struct RecallError(#[source] StoreError);

impl RecallError {
    pub(crate) fn into_source(self) -> StoreError {
        self.0
    }
}

fn note_failure(error: &StoreError) {
    let cause = error.source().map(tracing::field::display);
    tracing::error!(%error, cause, "the sessions cannot be read from the store; it is tried again");
}

/// Of the table while it is filled: whoever waits for it, and whoever puts single sessions into it meanwhile.
pub(crate) struct Loading {
    /// Set when the table is complete.
    complete: watch::Sender<bool>,
    /// Held in part by whoever puts a single session of the store into the table, as a whole while the table becomes complete.
    recalls: RwLock<()>,
}

impl Loading {
    pub(crate) fn new() -> Self {
        Self { complete: watch::Sender::new(false), recalls: RwLock::default() }
    }

    async fn recall(&self) -> RwLockReadGuard<'_, ()> {
        self.recalls.read().await
    }

    async fn nobody_recalls(&self) -> RwLockWriteGuard<'_, ()> {
        self.recalls.write().await
    }

    fn announce(&self) {
        self.complete.send_replace(true);
    }

    async fn complete(&self) {
        // The sender lives as long as this.
        let _ = self.complete.subscribe().wait_for(|complete| *complete).await;
    }
}

impl Auth {
    /// Fills the table, however often the store fails meanwhile. To be called once.
    pub async fn load(&self) {
        let mut asked = self.store.sessions(None, PAGE);
        let (mut after, mut newest_use) = (None, None);
        loop {
            match asked.await {
                Ok(page) => {
                    newest_use = page.iter().map(|stored| stored.session.last_used).max().max(newest_use);
                    let last = page.last().map(|stored| stored.number).filter(|_| page.len() == PAGE);
                    // Asked for before this page is put in: the store reads while the table fills.
                    let next = last.map(|last| self.store.sessions(Some(last), PAGE));
                    self.keep_all(page).await;
                    let Some(next) = next else { break };
                    (asked, after) = (next, last);
                }
                Err(error) => {
                    note_failure(&error);
                    sleep(PAUSE).await;
                    asked = self.store.sessions(after, PAGE);
                }
            }
        }
        if let Some(newest_use) = newest_use {
            self.clock.compare_with(newest_use);
        }
        {
            // Whoever has read a single session meanwhile puts it in before, or not at all.
            let _nobody_recalls = self.loading.nobody_recalls().await;
            self.live.complete();
        }
        self.ends.settle_journal();
        self.look_at_connections().await;
        self.loading.announce();
        tracing::info!(sessions = self.session_count(), "the table of live sessions is complete");
    }

    async fn look_at_connections(&self) {
        while let Err(error) = self.ends.look_at_all_connections().await {
            note_failure(&error);
            sleep(PAUSE).await;
        }
    }

    /// Puts a page of the store into the table, with pauses for others on this thread.
    async fn keep_all(&self, mut page: Vec<StoredSession>) {
        self.live.sort(&mut page);
        for some in page.chunks(BETWEEN_PAUSES) {
            for stored in some {
                self.keep_stored(stored.clone());
            }
            yield_now().await;
        }
    }

    /// Whether the table is complete.
    pub fn is_loaded(&self) -> bool {
        self.live.is_complete()
    }

    /// Returns when the table is complete.
    pub async fn loaded(&self) {
        if !self.is_loaded() {
            self.loading.complete().await;
        }
    }

    /// Reads the sessions that these show from the store, as long as the table may not have them. A credential that is not
    /// genuine costs nothing.
    pub async fn recall(&self, credentials: Credentials<'_>) -> Result<(), RecallError> {
        if !self.is_loaded() {
            for credential in credentials.iter() {
                self.recall_one(credential).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn recall_one(&self, credential: Credential<'_>) -> Result<(), RecallError> {
        let ids: Vec<SessionId> = match credential {
            Credential::Bearer(bearer) => self.keys.tokens().read_bearer(bearer).into_iter().collect(),
            Credential::Cookies(cookies) => {
                cookies.iter().filter_map(|cookie| self.keys.tokens().read_cookie(cookie)).collect()
            }
            Credential::PageCookie(cookie) => {
                self.keys.tokens().read_page_cookie(cookie).into_iter().collect()
            }
            Credential::LivevoxId(id) => {
                self.loaded_for_livevox_id(id).await;
                return Ok(());
            }
        };
        self.recall_all(ids).await
    }

    pub(crate) async fn recall_all(&self, ids: Vec<SessionId>) -> Result<(), RecallError> {
        let _recalling = self.loading.recall().await;
        let now = self.clock.now();
        for id in ids {
            if self.is_loaded() {
                return Ok(());
            }
            if self.live.with(id, now, |_| ()).is_none()
                && let Some(stored) = self.store.session(id).await.map_err(RecallError)?
            {
                self.keep_stored(stored);
            }
        }
        Ok(())
    }

    /// Puts a session of the store into the table, unless its end is in the journal. What in it lies ahead was told by a clock
    /// that ran ahead.
    pub(crate) fn keep_stored(&self, StoredSession { number, session }: StoredSession) {
        if self.ends.is_ended_by_journal(&session) {
            return;
        }
        let stored = StoredSession { number, session: session.as_of(self.clock.now()) };
        let session = &stored.session;
        // One that has expired is removed like any other, in its time: what only the clock says ends nothing here, since it
        // may be wrong at a start.
        let user = self.directory.user_of(session);
        let current = user.is_some_and(|user| {
            self.live.insert_stored(&stored, Arc::clone(&user));
            // Whoever changed the user in the meantime has looked for sessions to end, and not seen this one; nor has anybody
            // who changed something while no service ran.
            self.directory.is_current(session, BEFORE_ALL_TIME)
        });
        if !current {
            self.live.remove(session.id);
            let account = self.directory.account(session.account);
            let reason = why_not_current(session, None, account.as_deref(), self.clock.now());
            self.ends.end_later(session, &reason.into());
        }
    }
}
