//! How long a test waits for what happens beside it.

use std::time::Duration;

/// What `work` comes to, which has a minute for it, however busy the machine is.
///
/// # Panics
/// After a minute.
pub async fn within_a_minute<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), work).await.expect("it comes to its end within a minute")
}
