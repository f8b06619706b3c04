//! `vestibule signing-key …`

use clap::{Args, Subcommand};

use super::service::ServiceArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum SigningKeyAction {
    /// Ask a service which keys its signed tokens are verified by, and which of them signs
    List(ServiceArguments),
    /// Have a service make its next signing key: published now, in use in an hour
    #[command(long_about = ROTATE_ABOUT)]
    Rotate(ServiceArguments),
    /// Delete a signing key that somebody else may have: its tokens are refused from now on
    Delete(DeleteSigningKey),
}

#[derive(Debug, Args)]
pub(crate) struct DeleteSigningKey {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// Its id, as `vestibule signing-key list` tells it
    pub(crate) id: i64,
    /// Do not ask whether it is meant
    #[arg(long)]
    pub(crate) yes: bool,
}

const ROTATE_ABOUT: &str = "\
Have a service make its next signing key.

It is in the key set at once and signs in an hour, when whoever keeps the key set has seen it. The key before it stays in the \
key set until the last token that it signed is over, and is deleted then. No token becomes invalid.";
