//! Asking a running service over its administration API: which service, who asks, requests, and how answers are shown.
//!
//! Owns nothing of what a command means: those are in `commands`. Secrets come from a prompt, standard input, the
//! environment or the file of saved services, never from an argument, and no error shows one.

mod address;
mod advice;
mod column;
mod environment;
mod failure;
mod fields;
mod http;
mod names;
mod output;
mod pages;
mod prompt;
mod resource_path;
mod response;
mod secret;
mod servers;
mod service;

pub(crate) use address::{Address, Plaintext};
pub(crate) use environment::KNOWN as ENVIRONMENT;
pub(crate) use failure::{ServiceError, Wanted};
pub(crate) use fields::{Fields, list};
pub(crate) use http::Client;
pub(crate) use names::{Named, id_of, only, user_of};
pub(crate) use output::Output;
pub(crate) use pages::{Extent, items, walk};
pub(crate) use prompt::{
    ask, ask_secret, ask_secret_twice, confirm, next_secret_from_stdin, secret_from_stdin,
};
pub(crate) use resource_path::ResourcePath;
pub(crate) use response::JsonResponse;
pub(crate) use secret::Secret;
pub(crate) use servers::{Saved, Servers};
pub(crate) use service::{Service, Target, TokenFrom, absolute};
