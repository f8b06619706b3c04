//! How many logins the store alone makes durable: what a key login commits (the user's session before ends, another is
//! opened, and the audit tells of both), from as many tasks as there are connections, each waiting for its commit.

use std::process;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use vestibule_crypto::TokenKeys;
use vestibule_model::{Clock as _, SessionId, User};
use vestibule_store::{Change, Store as _};
use vestibule_store_sqlite::SqliteStore;

use super::{Arguments, entries};
use crate::benches::key_login::BOTS;
use crate::figures::{Round, nanos};
use crate::fixture::{Fixture, new_session, open_store};
use crate::load::{Draw, Window};
use crate::timing::{self, SystemClock};

pub(crate) fn measure(arguments: &Arguments) -> Result<Round> {
    let fixture = Fixture::bots(BOTS)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        fixture.write(&arguments.data, &[]).await?;
        let store = open_store(&arguments.data, &fixture.master)?;
        let tokens = TokenKeys::derive(&fixture.master);
        let window = Arc::new(Window::default());
        let mut tasks = JoinSet::new();
        for (users, seed) in hands(&fixture.users, arguments.tasks).into_iter().zip(1..) {
            let user =
                Writer { store: Arc::clone(&store), tokens: tokens.clone(), users, draw: Draw::seeded(seed) };
            tasks.spawn(user.work(Arc::clone(&window)));
        }
        let (elapsed, cpu) = window.measure(arguments.warm_up(), arguments.span(), process::id()).await?;
        let latencies = tasks.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Round::new(latencies.concat(), elapsed, cpu))
    })
}

/// Deals the users out, so that no two tasks ever write for one user.
fn hands(users: &[User], tasks: usize) -> Vec<Vec<(User, Option<SessionId>)>> {
    let hand = |task| users.iter().skip(task).step_by(tasks).map(|user| (user.clone(), None)).collect();
    (0..tasks.min(users.len())).map(hand).collect()
}

/// One task and its users, each with the session that lives.
struct Writer {
    store: Arc<SqliteStore>,
    tokens: TokenKeys,
    users: Vec<(User, Option<SessionId>)>,
    draw: Draw,
}

impl Writer {
    async fn work(mut self, window: Arc<Window>) -> Result<Vec<u64>> {
        let mut latencies = Vec::new();
        while !window.is_over() {
            let asked = timing::now();
            self.log_in().await?;
            if window.is_open() {
                latencies.push(nanos(asked.elapsed()));
            }
        }
        Ok(latencies)
    }

    async fn log_in(&mut self) -> Result<()> {
        let index = self.draw.below(self.users.len());
        let Some((user, lives)) = self.users.get_mut(index) else { return Ok(()) };
        let now = SystemClock.now();
        let session = new_session(&self.tokens, user, now);
        let id = session.id;
        let mut changes = vec![Change::OpenSession(Box::new(session)), entries::opened(id, user)];
        if let Some(before) = lives.replace(id) {
            changes.extend([Change::EndSession(before), entries::replaced(before, user, id)]);
        }
        self.store.commit(changes).await?;
        Ok(())
    }
}
