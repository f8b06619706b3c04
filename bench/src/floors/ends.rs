//! How many ends of sessions the store alone makes durable: what a logout commits, from as many tasks as there are
//! connections, each waiting for its commit.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use tokio::task::JoinSet;
use vestibule_model::{SessionId, User};
use vestibule_store::{Change, Store as _};
use vestibule_store_sqlite::SqliteStore;

use super::{Arguments, entries};
use crate::data::{Instance, Size, enough_for};
use crate::figures::{Round, nanos};
use crate::fixture::open_store;
use crate::load::{Window, block_on};
use crate::timing;

/// More than it ends in a second.
const AT_MOST: f64 = 200_000.0;

pub(crate) fn measure(arguments: &Arguments) -> Result<Round> {
    let size = Size::of(enough_for(AT_MOST, arguments.warm_up() + arguments.span()));
    let instance = Instance::build(tempfile::tempdir_in(&arguments.data)?, size)?;
    let all = instance.sessions().map(|(id, user)| (id, user.clone())).collect();
    let sessions = Arc::new(Sessions { all, next: AtomicUsize::new(0) });
    block_on(async {
        let store = open_store(instance.folder(), &instance.fixture.master)?;
        let window = Arc::new(Window::default());
        let mut tasks = JoinSet::new();
        for _ in 0..arguments.tasks {
            tasks.spawn(end_all(Arc::clone(&store), Arc::clone(&sessions), Arc::clone(&window)));
        }
        let (elapsed, cpu) = window.measure(arguments.warm_up(), arguments.span(), process::id()).await?;
        let latencies = tasks.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Round::new(latencies.concat(), elapsed, cpu))
    })
}

/// Sessions, each of which ends once.
struct Sessions {
    all: Vec<(SessionId, User)>,
    next: AtomicUsize,
}

impl Sessions {
    fn next(&self) -> Option<&(SessionId, User)> {
        self.all.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

async fn end_all(store: Arc<SqliteStore>, sessions: Arc<Sessions>, window: Arc<Window>) -> Result<Vec<u64>> {
    let mut latencies = Vec::new();
    while !window.is_over() {
        let Some((session, user)) = sessions.next() else {
            window.close();
            break;
        };
        let asked = timing::now();
        store.commit(vec![Change::EndSession(*session), entries::logged_out(*session, user)]).await?;
        if window.is_open() {
            latencies.push(nanos(asked.elapsed()));
        }
    }
    Ok(latencies)
}
