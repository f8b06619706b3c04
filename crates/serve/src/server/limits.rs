//! What a connection may cost.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use crate::layers::TrustedProxies;

/// Limits on connections. The defaults are meant for the open internet.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Worker threads. Default: one per core.
    pub threads: NonZeroUsize,
    /// Open connections per listening address. Beyond it new ones wait in the kernel's queue until one ends; every
    /// address has its own count, so a flood on one cannot silence another.
    pub connections: usize,
    /// Open connections per listening address from one client: an IPv4 address, or an IPv6 network of 64 bits. Further
    /// ones are closed at once. 0: any number.
    pub connections_per_address: usize,
    /// Whose connections are not counted by address: those of many clients come from them.
    pub proxies: TrustedProxies,
    /// How long a client may take for the TLS handshake, and for the head of a request.
    pub header_timeout: Duration,
    /// How long a connection may stay open without a request, counted from its last one.
    pub idle_timeout: Duration,
    /// How many requests one HTTP/2 connection may have under way.
    pub streams: u32,
    /// How often an HTTP/2 client is asked whether it is still there; it has `header_timeout` to answer.
    pub ping_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            connections: 10_000,
            connections_per_address: 1_000,
            proxies: TrustedProxies::default(),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            streams: 128,
            ping_interval: Duration::from_secs(20),
        }
    }
}
