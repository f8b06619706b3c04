//! Envoy's external authorization over gRPC (`envoy.service.auth.v3.Authorization`), and the health of the service (`grpc.health.v1`).
//!
//! Knows the wire and nothing else: what becomes of a request that Envoy holds is said by [`Decide`]; sockets, limits and
//! logs are around it. The messages have the fields that are read or written here and no others: protobuf leaves out what it does not
//! know.

mod health;
mod held;
pub mod messages;
mod service;

pub use held::{HeldRequest, SentBody};
pub use service::{Answer, Cause, CheckService, Decide, Decision, Header, Told};
