//! The faces of Vestibule: the server loop, the layers every request passes, and the routes behind them.
//!
//! Owns the wire: sockets, HTTP, the shapes of answers. Must not hold rules: those live in `vestibule-auth`.

pub mod admin;
pub mod api;
mod credentials;
mod domain;
mod gateway;
mod json;
pub mod layers;
mod liveperson;
mod livevox;
pub mod operations;
mod own;
mod query;
pub mod server;
mod words;
