//! The load: connections that send one request after the other, drawn at random from those prepared, and look at
//! every answer. Runs on one thread, on the core that the bench has been pinned to.
//!
//! The load never sleeps: where it has a core of its own it asks the system for answers again and again. Otherwise a
//! server that is slower than the load would have to wake the load's core for nearly every answer, which costs it
//! several microseconds (in a virtual machine more), and a faster one would not: the faster would look faster still.

mod connection;
mod draw;
mod request;
mod window;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

pub(crate) use draw::Draw;
pub(crate) use request::{check, post};
pub(crate) use window::Window;

use crate::benches::Plan;
use crate::child::Server;
use crate::figures::{Round, nanos};
use crate::timing;
use connection::Connection;

/// Requests, ready to be sent.
pub(crate) type Requests = Arc<Vec<Box<[u8]>>>;

/// Loads a server as planned, and tells what it did. Fails when a single answer is not a 200.
pub(crate) fn drive(plan: &Plan, server: &Server, requests: &Requests) -> Result<Round> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let window = Arc::new(Window::default());
        let mut clients = JoinSet::new();
        for seed in 0..plan.connections {
            let connection = Connection::open(server.address).await.context("cannot connect")?;
            clients.spawn(ask(connection, Arc::clone(requests), Draw::seeded(seed), Arc::clone(&window)));
        }
        if plan.server_cpu != plan.load_cpu {
            tokio::spawn(stay_awake());
        }
        let (elapsed, cpu) = window.measure(plan.warm_up, plan.span, server.process()).await?;
        let latencies = clients.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(Round::new(latencies.concat(), elapsed, cpu))
    })
}

/// One client: until the window is over. Answers that come while it is open count.
async fn ask(
    mut connection: Connection,
    requests: Requests,
    mut draw: Draw,
    window: Arc<Window>,
) -> Result<Vec<u64>> {
    let mut latencies = Vec::new();
    while !window.is_over() {
        let request = requests.get(draw.below(requests.len())).context("there is nothing to ask")?;
        let asked = timing::now();
        connection.exchange(request).await?;
        if window.is_open() {
            latencies.push(nanos(asked.elapsed()));
        }
    }
    Ok(latencies)
}

/// Keeps the runtime from sleeping: each time round it looks for what has arrived.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}
