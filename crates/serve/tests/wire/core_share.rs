//! The share of a worker's core that threads of idle priority get.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Site, get_request};

#[tokio::test]
async fn a_server_asks_for_work_of_idle_threads_and_answers_while_there_is_some() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let has_work = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        true
    };
    let site = Site::start_with(|settings| settings.has_idle_work = Some(Box::new(has_work)));
    let is_asked = (0..100_000).any(|_| {
        assert_eq!(site.ask(&get_request("/plain")).status_line, "HTTP/1.1 200 OK");
        asked.load(Ordering::Relaxed) >= 20
    });
    assert!(is_asked);
}
