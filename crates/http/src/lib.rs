//! The faces of Vestibule: the routes of every dialect, of gateways, of self-service and of operators.
//!
//! Owns what is read from requests and the shapes of answers. Must not hold rules: those live in `vestibule-auth`. Sockets,
//! HTTP and the layers around every request are `vestibule-serve`'s, which knows no face.

pub mod admin;
pub mod api;
mod credential_body;
mod credentials;
mod domain;
mod gateway;
mod json;
mod liveperson;
mod livevox;
pub mod operations;
mod pages;
mod query;
mod self_service;
mod sentinel;
mod sso;
mod words;
