//! The HTTP server under every listener: the accept loop, TLS, HTTP/1.1 and HTTP/2, the fast path, and the layers that every
//! request passes on its way in and out.
//!
//! Knows no route, no protocol of ours and no rule: what answers is given to it as [`layers::Routes`], and with it the shape
//! in which each group of paths writes a refusal ([`layers::RefusalShapes`]). Imports run from [`server`] to [`layers`] and not
//! back. What pages with forms share stands in [`forms`].

pub mod forms;
mod histogram;
pub mod layers;
pub mod metrics;
mod paged_body;
pub mod server;

pub use metrics::HttpMetrics;
pub use paged_body::{PagedBody, Piece};
