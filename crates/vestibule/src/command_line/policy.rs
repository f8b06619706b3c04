//! `vestibule policy …`

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyAction {
    /// List them with what they ask of passwords and when they lock
    List,
    /// Show one with everything that it sets
    Show(OnePolicy),
}

#[derive(Debug, Args)]
pub(crate) struct OnePolicy {
    /// Its name
    pub(crate) name: String,
}
